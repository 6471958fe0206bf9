"""The event platform's seats by REST and by socket: one ledger, and whatever REST changes is told."""

import pytest

from .eventplatform import Event, User, Venue, figures


def locked(venue: Venue, user: User, event: Event, quantity: int) -> str:
    """The id of a lock that a new socket of a user has made."""
    return str(venue.enter(user).ask("lock-tickets", event.seats(quantity))["lockId"])


def test_reserving_and_releasing_are_told_with_the_figures_of_rest(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    watcher = venue.join(venue.user(), event)
    for path, free in (("reserve", 6), ("release", 10)):
        answer = user.rest.post(f"/events/tickets/{path}", event.seats(4))
        assert figures(watcher.wait("availability-update")) == (free, 0, free)
        assert [answer["availableSeats"]] == venue.free(event) == [free]


def test_ordering_and_cancelling_are_told_with_the_figures_of_rest(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    watcher = venue.join(venue.user(), event)
    order = user.rest.post("/orders", event.seats(3))
    assert figures(watcher.wait("availability-update")) == (7, 0, 7)
    assert venue.free(event) == [7]
    user.rest.post(f"/orders/{order['id']}/cancel")
    assert figures(watcher.wait("availability-update")) == (10, 0, 10)
    assert venue.free(event) == [10]


def test_what_rest_refuses_is_not_told(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    watcher = venue.join(venue.user(), event)
    assert user.rest.status("POST", "/events/tickets/reserve", event.seats(11)) == 409
    assert user.rest.status("POST", "/orders", event.seats(11)) == 409
    assert watcher.rest() == []


def test_a_lock_changes_no_figure_of_rest(venue: Venue) -> None:
    event = venue.event(10)
    locked(venue, venue.user(), event, 4)
    assert venue.free(event) == [10]


@pytest.mark.parametrize("path", ["/events/tickets/reserve", "/orders"])
def test_a_lock_limits_what_rest_sells(venue: Venue, path: str) -> None:
    event, owner, other = venue.event(10), venue.user(), venue.user()
    locked(venue, owner, event, 4)
    for user in (owner, other):
        assert user.rest.status("POST", path, event.seats(7)) == 409
    assert other.rest.status("POST", path, event.seats(6)) in (200, 201)


@pytest.mark.parametrize("path", ["/events/tickets/reserve", "/orders"])
def test_what_rest_has_sold_limits_locks(venue: Venue, path: str) -> None:
    event, socket = venue.event(10), venue.enter(venue.user())
    venue.user().rest.post(path, event.seats(7))
    assert socket.ask("lock-tickets", event.seats(4)) == {"success": False, "message": "Not enough tickets available"}
    assert socket.ask("lock-tickets", event.seats(3))["availableTickets"] == 0


def test_a_freed_lock_limits_nothing(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    socket = venue.enter(user)
    socket.ask("lock-tickets", event.seats(10))
    socket.ask("unlock-tickets", event.seats(10))
    assert venue.user().rest.status("POST", "/orders", event.seats(10)) == 201


def test_an_order_with_a_lock_spends_it(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    socket = venue.join(user, event)
    lock = socket.ask("lock-tickets", event.seats(4))["lockId"]
    order = user.rest.post("/orders/with-lock", event.seats(4, lockId=lock))
    assert order["status"] == "pending"
    assert [figures(socket.wait("availability-update")) for _ in range(2)] == [(6, 4, 10), (6, 0, 6)]
    assert socket.ask("get-my-locks") == {"locks": []}
    assert venue.free(event) == [6]


def test_an_order_with_a_lock_is_completed_and_told_to_the_buyer_alone(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    buyer, other = venue.join(user, event), venue.join(venue.user(), event)
    lock = buyer.ask("lock-tickets", event.seats(4))["lockId"]
    order = user.rest.post("/orders/with-lock", event.seats(4, lockId=lock))
    told = {**event.seats(4), "orderId": order["id"], "message": "Your order has been completed successfully!"}
    assert buyer.wait("order-completed") == told
    assert user.rest.get(f"/orders/{order['id']}")["status"] == "completed"
    assert {item.event for item in other.rest()} == {"availability-update"}


def test_a_cancelled_order_is_told_to_the_buyer_alone_and_never_completed(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    buyer, other = venue.join(user, event), venue.join(venue.user(), event)
    gone = user.rest.post("/orders", event.seats(4))
    user.rest.post(f"/orders/{gone['id']}/cancel")
    told = buyer.wait("order-cancelled")
    assert told.keys() == {"orderId", "eventId", "categoryId", "quantity", "message"}
    assert (told["orderId"], told["quantity"]) == (gone["id"], 4)
    kept = user.rest.post("/orders", event.seats(1))
    assert buyer.wait("order-completed")["orderId"] == kept["id"]
    assert "order-completed" not in [item.event for item in buyer.rest()]
    assert {item.event for item in other.rest()} == {"availability-update"}


def test_a_lock_is_spent_once(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    body = event.seats(2, lockId=locked(venue, user, event, 2))
    assert [user.rest.status("POST", "/orders/with-lock", body) for _ in range(2)] == [201, 409]
    assert venue.free(event) == [8]


@pytest.mark.parametrize("change", [{"quantity": 1}, {"quantity": 3}, {"category": 1}], ids=["fewer", "more", "another category"])
def test_a_lock_is_spent_as_it_was_made(venue: Venue, change: dict[str, int]) -> None:
    event, user = venue.event(10, 10), venue.user()
    body = event.seats(**{"quantity": 2, **change}, lockId=locked(venue, user, event, 2))
    assert user.rest.status("POST", "/orders/with-lock", body) == 409
    assert venue.free(event) == [10, 10]


def test_nobody_spends_another_user_s_lock(venue: Venue) -> None:
    event, owner, thief = venue.event(10), venue.user(), venue.user()
    body = event.seats(2, lockId=locked(venue, owner, event, 2))
    assert thief.rest.status("POST", "/orders/with-lock", body) == 409
    assert owner.rest.status("POST", "/orders/with-lock", body) == 201


def test_a_lock_that_was_freed_is_not_spent(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    socket = venue.enter(user)
    lock = socket.ask("lock-tickets", event.seats(2))["lockId"]
    socket.ask("unlock-tickets", event.seats(2))
    assert user.rest.status("POST", "/orders/with-lock", event.seats(2, lockId=lock)) == 409


def test_seats_that_were_bought_stay_bought_when_the_socket_closes(venue: Venue) -> None:
    event, user = venue.event(10, 10), venue.user()
    socket, watcher = venue.enter(user), venue.join(venue.user(), event)
    lock = socket.ask("lock-tickets", event.seats(2, category=0))["lockId"]
    user.rest.post("/orders/with-lock", event.seats(2, category=0, lockId=lock))
    socket.ask("lock-tickets", event.seats(3, category=1))
    socket.do("disconnect")
    updates = [watcher.wait("availability-update") for _ in range(4)]
    assert [figures(update) for update in updates] == [(8, 2, 10), (8, 0, 8), (7, 3, 10), (10, 0, 10)]
    assert venue.free(event) == [8, 10]
    assert watcher.rest() == []
