"""The event platform: seats, locks, orders and roles."""

from typing import Any

import pytest

from fixtures.instants import seconds

from .client import Answer, Client

BACKEND = "eventplatform"
USER, SECOND, ORGANIZER, OTHER_ORGANIZER = "user@example.com", "second@example.com", "organizer@example.com", "organizer2@example.com"
VIP, GENERAL = 1, 2


def free(client: Client, category: int = VIP) -> int:
    found = client.get("/api/events/1/tickets").json
    one = next(item for item in found if item["id"] == category)
    assert one["availableSeats"] == one["totalSeats"] - one["reservedSeats"]
    assert 0 <= one["reservedSeats"] <= one["totalSeats"]
    inside = next(item for item in client.get("/api/events/1").json["ticketCategories"] if item["id"] == category)
    assert inside == one
    return int(one["availableSeats"])


def reserve(client: Client, quantity: int, by: str = USER, category: int = VIP) -> Answer:
    return client.post("/api/events/tickets/reserve", {"eventId": 1, "categoryId": category, "quantity": quantity}, by=by)


def release(client: Client, quantity: int, by: str = USER, category: int = VIP) -> Answer:
    return client.post("/api/events/tickets/release", {"categoryId": category, "quantity": quantity}, by=by)


def order(client: Client, quantity: int, by: str = USER, category: int = VIP, **more: Any) -> Answer:
    return client.post("/api/orders", {"eventId": 1, "categoryId": category, "quantity": quantity, **more}, by=by)


def cancel(client: Client, key: int, by: str = USER) -> Answer:
    return client.post(f"/api/orders/{key}/cancel", by=by)


def lock(client: Client, quantity: int, user: int = 1, category: int = VIP) -> str:
    """A lock as the socket makes it."""
    world, ledger = client.world, client.engine.runtime.ledgers["ticketCategories"]
    unit = world.store.begin()
    row = unit.get("ticketCategories", category)
    key = f"lock_{world.chance.text(8)}"
    ledger.lock(unit, row, quantity, user, client.now, client.now + seconds("5m"), {"id": key, "eventId": 1, "createdAt": "2030-01-01T00:00:00Z"})
    unit.commit()
    return key


def spend(client: Client, key: str, quantity: int, by: str = USER, category: int = VIP) -> Answer:
    return client.post("/api/orders/with-lock", {"eventId": 1, "categoryId": category, "quantity": quantity, "lockId": key}, by=by)


def test_login_and_registration_give_token_and_user(client: Client) -> None:
    assert client.login(USER).json.keys() == {"access_token", "user"}
    answer = client.post("/api/auth/register", {"username": "new@example.com", "password": "password123"})
    assert (answer.status, answer.json["user"]["role"]) == (201, "assistant")
    assert client.post("/api/auth/register", {"username": "new@example.com", "password": "password123"}).status == 409


def test_a_token_lives_a_day(client: Client) -> None:
    token = client.token(USER)
    client.advance(86399)
    assert client.get("/api/user", token=token).status == 200
    client.advance(1)
    assert client.get("/api/user", token=token).status == 401


@pytest.mark.parametrize(("path", "body", "status"), [("/api/user", None, 401), ("/api/events/999", None, 404), ("/api/events/x", None, 400)])
def test_errors_say_their_status(client: Client, path: str, body: Any, status: int) -> None:
    answer = client.get(path)
    assert answer.status == status
    assert answer.json.keys() == {"statusCode", "message", "error"}
    assert answer.json["statusCode"] == status


def test_a_reservation_takes_seats_and_a_release_gives_them_back(client: Client) -> None:
    before = free(client)
    assert reserve(client, 5).json == {"success": True, "availableSeats": before - 5, "message": "Tickets reserved successfully"}
    assert release(client, 2).json["availableSeats"] == before - 3
    assert release(client, 3).json["availableSeats"] == free(client) == before


def test_a_release_gives_back_only_what_this_user_reserved(client: Client) -> None:
    before = free(client)
    reserve(client, 2)
    assert [release(client, 1, by=SECOND).status, release(client, 3).status] == [409, 409]
    assert free(client) == before - 2


def test_a_reservation_has_no_end(client: Client) -> None:
    before = free(client)
    reserve(client, 2)
    client.advance(30 * 86400)
    assert free(client) == before - 2


def test_an_order_uses_the_own_reservation_first(client: Client) -> None:
    before = free(client)
    reserve(client, 3)
    assert order(client, 2).status == 201
    assert free(client) == before - 3
    assert order(client, 4).status == 201
    assert free(client) == before - 6
    assert release(client, 1).status == 409


def test_an_order_leaves_the_reservations_of_others_alone(client: Client) -> None:
    before = free(client)
    reserve(client, before - 1, by=SECOND)
    assert [order(client, 2).status, order(client, 1).status, order(client, before - 1, by=SECOND).status] == [409, 201, 201]
    assert free(client) == 0


def test_ordering_and_cancelling_leaves_the_seats_as_they_were(client: Client) -> None:
    before = free(client)
    made = order(client, 7).json
    assert free(client) == before - 7
    assert cancel(client, made["id"]).json["status"] == "cancelled"
    assert free(client) == before


@pytest.mark.parametrize("act", [reserve, order])
def test_more_than_there_is_is_refused_and_takes_nothing(client: Client, act: Any) -> None:
    before = free(client)
    assert act(client, before + 1).status == 409
    assert free(client) == before
    assert act(client, before).status in (200, 201)
    assert [reserve(client, 1, by=SECOND).status, order(client, 1, by=SECOND).status] == [409, 409]
    assert free(client) == 0


def test_many_small_orders_never_oversell(client: Client) -> None:
    before = free(client)
    good = [order(client, 4, by=who).status for _ in range(15) for who in (USER, SECOND)].count(201)
    assert good == before // 4
    assert free(client) == before % 4


def test_an_order_carries_prices_and_names(client: Client) -> None:
    made = order(client, 2, notes="Aisle").json
    assert (made["unitPrice"], made["totalPrice"], made["eventName"], made["categoryName"], made["notes"], made["status"]) == (
        150.0,
        300.0,
        "Summer Music Festival",
        "VIP",
        "Aisle",
        "pending",
    )


def test_an_order_completes_after_two_seconds(client: Client) -> None:
    key = order(client, 1).json["id"]
    client.advance(1.9)
    assert client.get(f"/api/orders/{key}", by=USER).json["status"] == "pending"
    client.advance(0.1)
    assert client.get(f"/api/orders/{key}", by=USER).json["status"] == "completed"
    assert [(item.message, item.room) for item in client.sent if item.message.startswith("order")] == [("order-completed", "user:1")]


def test_on_a_frozen_clock_an_order_stays_pending(client: Client) -> None:
    key = order(client, 1).json["id"]
    assert {client.get(f"/api/orders/{key}", by=USER).json["status"] for _ in range(20)} == {"pending"}


def test_a_cancelled_order_does_not_complete(client: Client) -> None:
    key = order(client, 1).json["id"]
    cancel(client, key)
    client.advance(10)
    assert client.get(f"/api/orders/{key}", by=USER).json["status"] == "cancelled"
    assert [item.message for item in client.sent if item.message.startswith("order")] == ["order-cancelled"]


def test_a_completed_order_is_cancelled_once(client: Client) -> None:
    before = free(client)
    key = order(client, 2).json["id"]
    client.advance(2)
    assert [cancel(client, key).status, cancel(client, key).status] == [200, 409]
    assert free(client) == before


def test_anothers_order_does_not_exist(client: Client) -> None:
    key = order(client, 1).json["id"]
    assert client.get(f"/api/orders/{key}", by=SECOND).status == 404
    assert cancel(client, key, by=SECOND).status == 404
    assert key not in [item["id"] for item in client.get("/api/orders", by=SECOND).json]


def test_availability_is_told_to_the_events_room(client: Client) -> None:
    before = free(client)
    reserve(client, 2)
    update = client.sent[-1]
    assert (update.message, update.room) == ("availability-update", "event:1")
    assert (update.data["availableTickets"], update.data["lockedTickets"], update.data["totalTickets"]) == (before - 2, 0, before - 2)


def test_a_lock_changes_no_figure_but_others_are_refused_beyond_it(client: Client) -> None:
    before = free(client)
    lock(client, before - 1)
    assert free(client) == before
    assert [reserve(client, 2, by=SECOND).status, order(client, 2, by=SECOND).status, order(client, 1, by=SECOND).status] == [409, 409, 201]


def test_a_lock_is_spent_once_by_its_owner(client: Client) -> None:
    before = free(client)
    key = lock(client, 2)
    assert spend(client, key, 2, by=SECOND).status == 409
    assert spend(client, key, 1).status == 409
    assert spend(client, key, 2, category=GENERAL).status == 409
    assert free(client) == before
    assert [spend(client, key, 2).status, spend(client, key, 2).status] == [201, 409]
    assert free(client) == before - 2


def test_a_lock_of_all_that_is_left_can_be_spent(client: Client) -> None:
    before = free(client)
    assert spend(client, lock(client, before), before).status == 201
    assert free(client) == 0


@pytest.mark.parametrize(("after", "status"), [(299, 201), (300, 409)])
def test_a_lock_lives_five_minutes(client: Client, after: float, status: int) -> None:
    key = lock(client, 2)
    client.advance(after)
    assert spend(client, key, 2).status == status


def test_an_expired_lock_frees_its_seats(client: Client) -> None:
    before = free(client)
    lock(client, before)
    assert order(client, 1, by=SECOND).status == 409
    client.advance(300)
    assert order(client, before, by=SECOND).status == 201


def test_an_unknown_lock_is_409(client: Client) -> None:
    assert spend(client, "lock_none", 1).status == 409


EVENT = {
    "eventName": "E",
    "eventCategory": "Music",
    "eventDate": "2030-01-01T20:00:00Z",
    "ticketCategories": [{"categoryName": "A", "price": 10, "totalSeats": 3}],
}


def test_organizers_alone_create_events(client: Client) -> None:
    assert client.post("/api/events", EVENT, by=USER).status == 403
    made = client.post("/api/events", EVENT, by=ORGANIZER)
    assert (made.status, made.json["createdBy"], made.json["ticketCategories"][0]["availableSeats"]) == (201, 2, 3)


@pytest.mark.parametrize(("who", "status"), [(None, 401), (USER, 403), (OTHER_ORGANIZER, 403), (ORGANIZER, 200)])
def test_its_organizer_alone_changes_an_event(client: Client, who: str | None, status: int) -> None:
    assert client.put_("/api/events/1", {"location": "Elsewhere"}, by=who).status == status


def test_an_event_with_orders_is_kept(client: Client) -> None:
    assert client.delete("/api/events/1", by=ORGANIZER).status == 409
    made = client.post("/api/events", EVENT, by=ORGANIZER).json["idEvent"]
    assert client.delete(f"/api/events/{made}", by=OTHER_ORGANIZER).status == 403
    assert client.delete(f"/api/events/{made}", by=ORGANIZER).status == 200
    assert client.get(f"/api/events/{made}").status == 404


def test_an_inactive_event_is_hidden_from_lists_and_not_sold(client: Client) -> None:
    client.put_("/api/events/1", {"isActive": False}, by=ORGANIZER)
    for path in ("/api/events", "/api/events/upcoming", "/api/events/category/Music"):
        assert 1 not in [item["idEvent"] for item in client.get(path).json]
    assert client.get("/api/events/1").json["isActive"] is False
    assert order(client, 1).status == 409


@pytest.mark.parametrize("path", ["/api/orders/all", "/api/orders/event/1"])
def test_orders_of_others_are_for_organizers(client: Client, path: str) -> None:
    assert [client.get(path, by=who).status for who in (USER, ORGANIZER)] == [403, 200]


def test_orders_of_an_event_are_its_own_alone(client: Client) -> None:
    assert {item["eventId"] for item in client.get("/api/orders/event/1", by=ORGANIZER).json} == {1}


def test_a_category_of_another_event_is_404(client: Client) -> None:
    other = next(row["id"] for row in client.rows("ticketCategories") if row["eventId"] != 1)
    assert [order(client, 1, category=other).status, reserve(client, 1, category=other).status] == [404, 404]


def test_a_list_that_is_kept_follows_what_is_shown_inside_its_rows(client: Client) -> None:
    """The second list finds the rows of the first rendered, and reads no categories itself."""

    def shown(query: str) -> int:
        first = next(item for item in client.get(f"/api/events{query}").json if item["idEvent"] == 1)
        return int(next(item["availableSeats"] for item in first["ticketCategories"] if item["id"] == VIP))

    assert shown("") == (before := shown("?unused=1"))
    reserve(client, 3)
    assert shown("?unused=1") == shown("") == before - 3
