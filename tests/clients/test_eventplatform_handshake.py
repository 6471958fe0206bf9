"""The event platform's sockets: who is let in, by which transport, and what the rest are told."""

from typing import Any

import pytest

from .eventplatform import User, Venue, beat
from .node import Met


def test_a_new_socket_is_greeted_with_its_own_id(venue: Venue) -> None:
    user = venue.user()
    socket = venue.open({"userId": user.id, "token": user.token})
    greeting = {"success": True, "sessionId": socket.wait("connect"), "message": "Connected to realtime service"}
    assert socket.wait("connected") == greeting


def test_a_user_needs_no_token(venue: Venue) -> None:
    socket = venue.open({"userId": venue.user().id})
    assert socket.wait("connected")["success"] is True


def test_every_socket_of_a_user_has_an_id_of_its_own(venue: Venue) -> None:
    query = {"userId": venue.user().id}
    ids = [venue.open(query).wait("connected")["sessionId"] for _ in range(3)]
    assert len(set(ids)) == 3


def bad_handshakes(one: User, other: User) -> dict[str, dict[str, Any]]:
    return {
        "no user": {},
        "no user but a token": {"token": one.token},
        "unknown user": {"userId": 999_999_999},
        "user that is no number": {"userId": "me"},
        "bad token": {"userId": one.id, "token": "bad"},
        "somebody else's token": {"userId": one.id, "token": other.token},
    }


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("case", ["no user", "no user but a token", "unknown user", "user that is no number", "bad token", "somebody else's token"])
def test_who_is_not_known_is_connected_told_so_and_closed(venue: Venue, case: str, transport: str) -> None:
    query = bad_handshakes(venue.user(), venue.user())[case]
    socket = venue.open(query, transports=[transport])
    first, *others = socket.story("disconnect")
    assert first.event == "connect"
    assert others == [Met("error", {"message": "Unauthorized"}), Met("disconnect", "io server disconnect")]


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_one_transport_is_enough(venue: Venue, transport: str) -> None:
    socket = venue.open({"userId": venue.user().id}, transports=[transport])
    socket.wait("connected")
    beat(socket)
    assert socket.do("transport") == transport


def test_polling_is_upgraded_to_websocket_without_a_loss(venue: Venue) -> None:
    socket = venue.open({"userId": venue.user().id}, transports=["polling", "websocket"])
    socket.wait("connected")
    for _ in range(5):
        socket.emit("heartbeat")
    assert socket.wait("upgrade") == "websocket"
    for _ in range(5):
        socket.emit("heartbeat")
    assert [socket.wait("heartbeat-response").keys() for _ in range(10)] == [{"timestamp"}] * 10
    assert socket.do("transport") == "websocket"


def test_what_is_sent_at_once_is_answered_after_the_greeting(venue: Venue) -> None:
    socket = venue.open({"userId": venue.user().id}, transports=["websocket"])
    socket.emit("heartbeat")
    assert [item.event for item in socket.story("heartbeat-response")] == ["connect", "connected", "heartbeat-response"]


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_what_is_sent_by_who_is_not_known_has_no_effect(venue: Venue, transport: str) -> None:
    event, user = venue.event(5), venue.user()
    watcher = venue.join(venue.user(), event)
    for _ in range(5):
        socket = venue.open({"userId": user.id, "token": "bad"}, transports=[transport])
        socket.emit("join-event-room", {"eventId": event.id})
        socket.emit("lock-tickets", event.seats(1))
        assert [item.event for item in socket.story("disconnect")] == ["connect", "error", "disconnect"]
    assert watcher.rest() == []
    assert watcher.ask("lock-tickets", event.seats(5))["success"] is True


def test_an_unknown_namespace_is_refused_as_a_node_server_does(venue: Venue) -> None:
    socket = venue.open({"userId": venue.user().id}, namespace="/nowhere")
    assert socket.wait("connect_error") == "Invalid namespace"
