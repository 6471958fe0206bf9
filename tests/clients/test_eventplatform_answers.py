"""The event platform's answers: acknowledgements beside events, heartbeats, unknown events and too many."""

from datetime import datetime

from .eventplatform import Venue


def test_an_acknowledged_lock_is_answered_by_an_event_as_well(venue: Venue) -> None:
    event, socket = venue.event(10), venue.enter(venue.user())
    reply = socket.ask("lock-tickets", event.seats(2))
    assert (reply["success"], reply["availableTickets"]) == (True, 8)
    assert socket.wait("lock-tickets-response") == reply


def test_a_refused_lock_is_acknowledged_with_its_reason(venue: Venue) -> None:
    event, socket = venue.event(1), venue.enter(venue.user())
    reply = socket.ask("lock-tickets", event.seats(2))
    assert reply == {"success": False, "message": "Not enough tickets available"}
    assert socket.wait("lock-tickets-response") == reply


def test_every_request_can_be_acknowledged(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    socket = venue.enter(user)
    joined = socket.ask("join-event-room", {"eventId": event.id, "userId": user.id})
    assert socket.wait("joined-event-room") == joined
    socket.ask("lock-tickets", event.seats(2))
    locks = socket.ask("get-my-locks")
    assert socket.wait("my-locks-response") == locks
    unlocked = socket.ask("unlock-tickets", event.seats(2))
    assert socket.wait("unlock-tickets-response") == unlocked
    assert socket.ask("heartbeat") == socket.wait("heartbeat-response")


def test_a_heartbeat_is_answered_with_the_time(venue: Venue) -> None:
    socket = venue.enter(venue.user())
    socket.emit("heartbeat")
    assert datetime.fromisoformat(socket.wait("heartbeat-response")["timestamp"].replace("Z", "+00:00")).year >= 2024


def test_a_heartbeat_may_carry_data(venue: Venue) -> None:
    socket = venue.enter(venue.user())
    socket.emit("heartbeat", {})
    assert socket.wait("heartbeat-response")["timestamp"]


def test_an_unknown_event_is_an_error_and_the_socket_lives(venue: Venue) -> None:
    socket = venue.enter(venue.user())
    socket.emit("steal-tickets", {"eventId": 1})
    assert socket.wait("error")["message"]
    assert socket.rest() == []


def test_what_only_the_server_sends_is_unknown_from_a_client(venue: Venue) -> None:
    event = venue.event(10)
    watcher, socket = venue.join(venue.user(), event), venue.enter(venue.user())
    socket.emit("availability-update", event.seats(3))
    assert socket.wait("error")["message"]
    assert watcher.rest() == []


def test_more_than_twenty_events_in_a_second_are_refused(venue: Venue) -> None:
    user = venue.user()
    socket, other = venue.open({"userId": user.id}), venue.enter(user)
    socket.wait("connected")
    for _ in range(25):
        socket.emit("heartbeat")
    assert [socket.wait("heartbeat-response").keys() for _ in range(20)] == [{"timestamp"}] * 20
    assert [bool(socket.wait("error")["message"]) for _ in range(5)] == [True] * 5
    assert other.rest() == []


def test_a_socket_that_sent_too_much_is_served_again_a_second_later(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    socket = venue.enter(user)
    user.rest.post("/orders", event.seats(1))
    for _ in range(25):
        socket.emit("get-my-locks")
    socket.wait("order-completed")
    assert socket.ask("lock-tickets", event.seats(1))["success"] is True
