"""Which operations and messages of a contract take and give back what is few."""

from load.staging.roles import moves, roles_of
from understudy.contract.model import Behavior, Json
from understudy.contract.reader import backend_names, read


def test_seats_that_are_locked_by_socket_have_all_roles() -> None:
    (roles,) = [item for item in roles_of(read("eventplatform")) if item.has("lock")]
    assert set(roles.http) == {"reserve", "release", "order", "spend", "cancel"}
    assert {role: receiver.message.name for role, (_, receiver) in roles.messages.items()} == {
        "lock": "lock-tickets", "unlock": "unlock-tickets", "mine": "get-my-locks", "join": "join-event-room",
    }  # fmt: skip
    assert roles.update is not None
    assert (roles.update[1].message.name, roles.hold) == ("availability-update", 300.0)
    assert (roles.stock.name, roles.parent.name if roles.parent else "") == ("ticketCategories", "events")


def test_tickets_that_are_ordered_by_request_alone_have_no_sockets() -> None:
    (roles,) = [item for item in roles_of(read("platng")) if item.has("order")]
    assert roles.has("order", "confirm")
    assert (roles.messages, roles.update, roles.hold) == ({}, None, 0.0)
    assert not roles.has("order", "lock")


def test_where_nothing_is_few_nobody_has_a_role() -> None:
    assert {name for name in backend_names() if roles_of(read(name))} == {"eventplatform", "platng"}


def test_an_operation_may_move_nothing_one_thing_or_many() -> None:
    one: dict[str, Json] = {"of": "seats", "key": "body.id"}
    values: tuple[Json, ...] = (None, one, [one, one])
    made = [Behavior("declared", "create", words={"take": value} if value else {}) for value in values]
    assert [moves(item, "take") for item in made] == [[], [one], [one, one]]
