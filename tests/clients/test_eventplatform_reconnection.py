"""The event platform's sockets after a break: another id, another greeting, and nothing of what they had."""

from .eventplatform import Event, User, Venue, figures
from .node import SocketIO

AT_ONCE = {"reconnection": True, "reconnectionDelay": 10, "reconnectionDelayMax": 20}


def broken(venue: Venue, user: User, event: Event, act: str) -> SocketIO:
    """A socket in the room of an event, after a break."""
    socket = venue.join(user, event, **AT_ONCE)
    socket.do(act)
    socket.wait("disconnect")
    if act == "disconnect":
        socket.do("connect")
    socket.wait("connected")
    return socket


def test_a_socket_that_connects_again_is_greeted_with_another_id(venue: Venue) -> None:
    socket = venue.open({"userId": venue.user().id})
    first = socket.wait("connected")["sessionId"]
    socket.do("disconnect")
    assert socket.wait("disconnect") == "io client disconnect"
    socket.do("connect")
    second = socket.wait("connected")["sessionId"]
    assert second != first


def test_a_socket_whose_transport_breaks_comes_back_by_itself(venue: Venue) -> None:
    socket = venue.open({"userId": venue.user().id}, **AT_ONCE)
    ids = [socket.wait("connect")]
    assert socket.wait("connected")["sessionId"] == ids[0]
    socket.do("cut")
    ids.append(socket.wait("connect"))
    assert socket.wait("connected")["sessionId"] == ids[1]
    assert ids[0] != ids[1]


def test_a_socket_that_came_back_is_in_no_room_until_it_joins(venue: Venue) -> None:
    for act in ("disconnect", "cut"):
        event, user = venue.event(10), venue.user()
        socket, locker = broken(venue, user, event, act), venue.enter(venue.user())
        locker.ask("lock-tickets", event.seats(3))
        assert "availability-update" not in [item.event for item in socket.rest()]
        socket.ask("join-event-room", {"eventId": event.id})
        locker.ask("unlock-tickets", event.seats(3))
        assert figures(socket.wait("availability-update")) == (10, 0, 10)


def test_what_was_locked_before_a_break_can_be_locked_again(venue: Venue) -> None:
    event, user = venue.event(10), venue.user()
    socket, watcher = venue.enter(user, **AT_ONCE), venue.join(venue.user(), event)
    socket.ask("lock-tickets", event.seats(10))
    socket.do("cut")
    socket.wait("connected")
    assert [figures(watcher.wait("availability-update")) for _ in range(2)] == [(0, 10, 10), (10, 0, 10)]
    assert socket.ask("lock-tickets", event.seats(10))["success"] is True
