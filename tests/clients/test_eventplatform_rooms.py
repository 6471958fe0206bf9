"""The event platform's rooms: who joins, and who hears of an event's seats."""

from typing import Any

import pytest

from .eventplatform import Venue, figures


def test_joining_is_confirmed(venue: Venue) -> None:
    user, event = venue.user(), venue.event(5)
    socket = venue.enter(user)
    socket.emit("join-event-room", {"eventId": event.id, "userId": user.id})
    reply = socket.wait("joined-event-room")
    assert (reply["success"], reply["eventId"]) == (True, event.id)
    assert isinstance(reply["message"], str)


def test_a_join_need_not_say_who_joins(venue: Venue) -> None:
    event, socket = venue.event(5), venue.enter(venue.user())
    socket.emit("join-event-room", {"eventId": event.id})
    assert socket.wait("joined-event-room")["eventId"] == event.id


@pytest.mark.parametrize("change", [{"userId": 1}, {"eventId": 999_999}], ids=["foreign user", "unknown event"])
def test_a_refused_join_is_an_error_and_no_join(venue: Venue, change: dict[str, int]) -> None:
    event, anna, ben = venue.event(5), venue.user(), venue.user()
    refused, locker = venue.enter(anna), venue.enter(ben)
    refused.emit("join-event-room", {"eventId": event.id, "userId": anna.id, **change})
    assert refused.wait("error") == {"message": "Failed to join event room"}
    locker.ask("lock-tickets", event.seats(2))
    assert refused.rest() == []


@pytest.mark.parametrize("body", [{}, {"eventId": "one"}, {"eventId": 0}, {"eventId": None}, "1", 1, None, []], ids=str)
def test_a_malformed_join_is_an_error(venue: Venue, body: Any) -> None:
    socket = venue.enter(venue.user())
    socket.emit("join-event-room", body)
    assert socket.wait("error")["message"]
    assert socket.rest() == []


def test_a_lock_is_told_to_everybody_in_the_room_and_to_the_sender(venue: Venue) -> None:
    event = venue.event(53)
    sender, *others = [venue.join(venue.user(), event) for _ in range(3)]
    sender.emit("lock-tickets", event.seats(5))
    for socket in (sender, *others):
        update = socket.wait("availability-update")
        assert update.keys() == {"eventId", "categoryId", "availableTickets", "lockedTickets", "totalTickets", "timestamp"}
        assert (update["eventId"], update["categoryId"], *figures(update)) == (event.id, event.categories[0], 48, 5, 53)


def test_an_unlock_is_told_to_everybody_in_the_room(venue: Venue) -> None:
    event = venue.event(9)
    sender, other = (venue.join(venue.user(), event) for _ in range(2))
    sender.emit("lock-tickets", event.seats(4))
    sender.emit("unlock-tickets", event.seats(4))
    for socket in (sender, other):
        assert [figures(socket.wait("availability-update")) for _ in range(2)] == [(5, 4, 9), (9, 0, 9)]


def test_the_room_of_another_event_hears_nothing(venue: Venue) -> None:
    event, another = venue.event(5), venue.event(5)
    sender, stranger = venue.join(venue.user(), event), venue.join(venue.user(), another)
    sender.ask("lock-tickets", event.seats(2))
    sender.ask("unlock-tickets", event.seats(2))
    assert stranger.rest() == []


def test_who_joined_no_room_hears_only_answers(venue: Venue) -> None:
    event = venue.event(5)
    sender, watcher, idle = venue.enter(venue.user()), venue.join(venue.user(), event), venue.enter(venue.user())
    sender.emit("lock-tickets", event.seats(2))
    watcher.wait("availability-update")
    assert [item.event for item in sender.rest()] == ["lock-tickets-response"]
    assert idle.rest() == []


def test_a_socket_may_watch_several_events(venue: Venue) -> None:
    one, two = venue.event(5), venue.event(7)
    watcher, sender = venue.join(venue.user(), one, two), venue.enter(venue.user())
    for event, total in ((one, 5), (two, 7)):
        sender.emit("lock-tickets", event.seats(2))
        update = watcher.wait("availability-update")
        assert (update["eventId"], *figures(update)) == (event.id, total - 2, 2, total)


def test_joining_twice_is_hearing_once(venue: Venue) -> None:
    event = venue.event(5)
    watcher, sender = venue.join(venue.user(), event, event), venue.enter(venue.user())
    sender.ask("lock-tickets", event.seats(2))
    assert [item.event for item in watcher.rest()] == ["availability-update"]
