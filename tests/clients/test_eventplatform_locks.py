"""The event platform's locks: what they give, what refuses them, and what each refusal leaves as it was."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from .eventplatform import Venue, figures


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_lock_says_its_id_its_end_and_what_is_left(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    socket = venue.enter(user)
    socket.emit("lock-tickets", event.seats(3, userId=user.id))
    reply = socket.wait("lock-tickets-response")
    assert reply.keys() == {"success", "lockId", "expiresAt", "availableTickets"}
    assert (reply["success"], reply["availableTickets"]) == (True, 7)


def test_a_lock_lives_five_minutes(venue: Venue) -> None:
    event, socket = venue.event(10), venue.enter(venue.user())
    socket.emit("lock-tickets", event.seats(3))
    reply = socket.wait("lock-tickets-response")
    (lock,) = socket.ask("get-my-locks")["locks"]
    assert lock["expiresAt"] == reply["expiresAt"]
    assert instant(lock["expiresAt"]) - instant(lock["createdAt"]) == timedelta(minutes=5)


def test_a_lock_ends_by_itself_and_that_is_told(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    owner, watcher = venue.enter(user), venue.join(venue.user(), event)
    lock = owner.ask("lock-tickets", event.seats(3))["lockId"]
    venue.advance(290)
    assert [figures(item.data) for item in watcher.rest()] == [(7, 3, 10)]
    venue.advance(11)
    assert figures(watcher.wait("availability-update")) == (10, 0, 10)
    assert owner.ask("get-my-locks") == {"locks": []}
    assert user.rest.status("POST", "/orders/with-lock", event.seats(3, lockId=lock)) == 409
    assert owner.ask("lock-tickets", event.seats(10))["success"] is True


def test_own_locks_are_listed_and_nobody_elses(venue: Venue) -> None:
    event, anna, ben = venue.event(10, 10), venue.user(), venue.user()
    mine, other = venue.enter(anna), venue.enter(ben)
    ids = [mine.ask("lock-tickets", event.seats(2, category))["lockId"] for category in (0, 1)]
    other.ask("lock-tickets", event.seats(1))
    mine.emit("get-my-locks")
    locks = mine.wait("my-locks-response")["locks"]
    assert {lock["lockId"] for lock in locks} == set(ids)
    for lock in locks:
        assert lock.keys() == {"lockId", "eventId", "categoryId", "quantity", "userId", "expiresAt", "createdAt"}
        assert (lock["eventId"], lock["quantity"], lock["userId"]) == (event.id, 2, anna.id)


def test_unlocking_frees_the_whole_lock(venue: Venue) -> None:
    event, socket = venue.event(10), venue.enter(venue.user())
    socket.ask("lock-tickets", event.seats(3))
    socket.emit("unlock-tickets", event.seats(1))
    assert socket.wait("unlock-tickets-response") == {"success": True}
    assert socket.ask("get-my-locks") == {"locks": []}
    assert socket.ask("lock-tickets", event.seats(10))["success"] is True


def test_locks_of_several_users_add_up(venue: Venue) -> None:
    event = venue.event(10)
    watcher = venue.join(venue.user(), event)
    left = [venue.enter(venue.user()).ask("lock-tickets", event.seats(count))["availableTickets"] for count in (3, 4, 3)]
    assert left == [7, 3, 0]
    assert [figures(watcher.wait("availability-update")) for _ in left] == [(7, 3, 10), (3, 7, 10), (0, 10, 10)]


def test_categories_are_locked_apart(venue: Venue) -> None:
    event, socket = venue.event(10, 20), venue.enter(venue.user())
    assert socket.ask("lock-tickets", event.seats(10, category=0))["availableTickets"] == 0
    assert socket.ask("lock-tickets", event.seats(5, category=1))["availableTickets"] == 15


REFUSALS = {
    "an event that there isn't": ({"eventId": 999_999}, "Event not found"),
    "a category that there isn't": ({"categoryId": 999_999}, "Ticket category not found"),
    "a category of another event": ({"categoryId": 1}, "Ticket category not found"),
    "more than there are": ({"quantity": 11}, "Not enough tickets available"),
    "somebody else's name": ({"userId": 1}, "Unauthorized"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_lock_says_why_and_changes_nothing(venue: Venue, case: str) -> None:
    change, why = REFUSALS[case]
    event = venue.event(10)
    watcher, socket = venue.join(venue.user(), event), venue.enter(venue.user())
    socket.emit("lock-tickets", {**event.seats(2), **change})
    assert socket.wait("lock-tickets-response") == {"success": False, "message": why}
    assert socket.ask("get-my-locks") == {"locks": []}
    assert watcher.rest() == []


def test_a_second_lock_in_a_category_is_refused(venue: Venue) -> None:
    event = venue.event(10)
    watcher, socket = venue.join(venue.user(), event), venue.enter(venue.user())
    socket.ask("lock-tickets", event.seats(2))
    socket.emit("lock-tickets", event.seats(1))
    socket.wait("lock-tickets-response")
    assert socket.wait("lock-tickets-response") == {"success": False, "message": "You have a lock in this category already"}
    assert [figures(item.data) for item in watcher.rest()] == [(8, 2, 10)]


def test_what_others_have_locked_is_not_there(venue: Venue) -> None:
    event = venue.event(10)
    one, two = venue.enter(venue.user()), venue.enter(venue.user())
    one.ask("lock-tickets", event.seats(8))
    assert two.ask("lock-tickets", event.seats(3)) == {"success": False, "message": "Not enough tickets available"}
    assert two.ask("lock-tickets", event.seats(2))["availableTickets"] == 0


def test_an_event_that_is_not_on_sale_is_not_locked(venue: Venue) -> None:
    event, socket = venue.event(10), venue.enter(venue.user())
    venue.organizer().put(f"/events/{event.id}", {"isActive": False})
    assert socket.ask("lock-tickets", event.seats(1)) == {"success": False, "message": "Event is not on sale"}


UNLOCKS = {
    "no lock of one's own": ({}, "You have no lock in this category"),
    "an event that there isn't": ({"eventId": 999_999}, "Event not found"),
    "a category that there isn't": ({"categoryId": 999_999}, "Ticket category not found"),
    "somebody else's name": ({"userId": 1}, "Unauthorized"),
}


@pytest.mark.parametrize("case", UNLOCKS)
def test_a_refused_unlock_says_why_and_changes_nothing(venue: Venue, case: str) -> None:
    change, why = UNLOCKS[case]
    event = venue.event(10)
    owner, socket = venue.join(venue.user(), event), venue.enter(venue.user())
    owner.ask("lock-tickets", event.seats(2))
    owner.wait("availability-update")
    socket.emit("unlock-tickets", {**event.seats(2), **change})
    assert socket.wait("unlock-tickets-response") == {"success": False, "message": why}
    assert [item.event for item in owner.rest()] == ["lock-tickets-response"]
    assert len(owner.ask("get-my-locks")["locks"]) == 1


MALFORMED: dict[str, Any] = {
    "no seats": {"quantity": 0},
    "fewer than none": {"quantity": -1},
    "half a seat": {"quantity": 1.5},
    "a quantity in letters": {"quantity": "2"},
    "no quantity": {"quantity": None},
    "an event in letters": {"eventId": "one"},
    "a list for a category": {"categoryId": [1]},
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_lock_is_refused_and_changes_nothing(venue: Venue, case: str) -> None:
    event = venue.event(10)
    watcher, socket = venue.join(venue.user(), event), venue.enter(venue.user())
    socket.emit("lock-tickets", {**event.seats(1), **MALFORMED[case]})
    reply = socket.wait("lock-tickets-response")
    assert (reply["success"], bool(reply["message"])) == (False, True)
    assert watcher.rest() == []


@pytest.mark.parametrize("body", ["lock", 7, None, [], {}], ids=repr)
def test_a_lock_that_is_no_lock_is_refused(venue: Venue, body: Any) -> None:
    socket = venue.enter(venue.user())
    socket.emit("lock-tickets", body)
    assert socket.wait("lock-tickets-response")["success"] is False
    assert socket.rest() == []


def test_bytes_are_refused_and_not_fatal(venue: Venue) -> None:
    event, socket = venue.event(10), venue.enter(venue.user())
    socket.do("emitBytes", "lock-tickets", event.seats(1), "quantity")
    assert socket.wait("lock-tickets-response")["success"] is False
    assert socket.rest() == []


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_message_of_two_megabytes_ends_its_connection_alone_as_a_node_server_does(venue: Venue, transport: str) -> None:
    event, user = venue.event(10), venue.user()
    socket, other = venue.enter(user, transports=[transport]), venue.enter(user)
    socket.emit("lock-tickets", event.seats(1, notes="x" * 2_000_000))
    assert socket.wait("disconnect") in ("transport close", "transport error")
    assert other.rest() == []
    assert other.ask("get-my-locks") == {"locks": []}


def test_an_event_without_any_data_is_refused_and_not_fatal(venue: Venue) -> None:
    socket = venue.enter(venue.user())
    socket.emit("lock-tickets")
    assert socket.wait("lock-tickets-response")["success"] is False
    socket.emit("unlock-tickets")
    assert socket.wait("unlock-tickets-response")["success"] is False
    assert socket.rest() == []
