"""Real clients of a mock that is steered: reset, kicked, frozen, in a world of their own, on a bad network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..mock_process import Mock, ask
from .conftest import serving
from .eventplatform import Venue, figures
from .node import Clients, Frames, Met, SocketIO

AT_ONCE = {"reconnection": True, "reconnectionDelay": 10, "reconnectionDelayMax": 20}
WORLD = {"extraHeaders": {"X-Understudy-World": "other"}}


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    with serving("eventplatform", "--port", "0", folder=tmp_path) as running:
        yield running


@pytest.fixture
def own(mock: Mock, socketio: Clients[SocketIO]) -> Venue:
    """A venue that nobody else uses."""
    return Venue(mock, socketio)


def steer(mock: Mock, method: str, path: str, body: Any = None, world: str = "default") -> None:
    status, _, text = ask(f"{mock.url('realtime')}/__admin{path}", body, {"x-understudy-world": world}, method)
    assert status < 300, text


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_socket_comes_back_by_itself_after_a_reset(mock: Mock, own: Venue, transport: str) -> None:
    socket = own.open({"userId": 1}, transports=[transport], **AT_ONCE)
    first = socket.wait("connected")["sessionId"]
    steer(mock, "POST", "/reset")
    assert socket.wait("disconnect") in ("transport close", "transport error")  # the latter where no poll was open to be told
    assert socket.wait("connected")["sessionId"] != first
    socket.emit("join-event-room", {"eventId": 1})
    assert socket.wait("joined-event-room")["success"] is True


def test_a_socket_that_is_kicked_stays_away(mock: Mock, own: Venue) -> None:
    socket = own.open({"userId": 1}, **AT_ONCE)
    identity = socket.wait("connected")["sessionId"]
    steer(mock, "POST", f"/sockets/{identity}/kick")
    assert socket.wait("disconnect") == "io server disconnect"


def test_a_raw_socket_hears_why_it_is_closed(websocket: Clients[Frames], tmp_path: Path) -> None:
    with serving("cliick", "--port", "0", folder=tmp_path) as mock:
        url = f"{mock.url('api').replace('http', 'ws', 1)}/ws"
        first = websocket.open(url, [], {}, settle=lambda _: None)
        first.wait("open")  # so that it comes first in the list
        second = websocket.open(url, [], {}, settle=lambda _: None)
        second.wait("open")
        status, _, text = ask(f"{mock.url('api')}/__admin/sockets", None, {}, "GET")
        assert (status, text.count(b'"id"')) == (200, 2)
        identity = text.split(b'"id":"')[1].split(b'"')[0].decode()
        ask(f"{mock.url('api')}/__admin/sockets/{identity}/kick", {"code": 4009, "reason": "Go"}, {}, "POST")
        assert first.wait("close") == 4009
        ask(f"{mock.url('api')}/__admin/reset", None, {}, "POST")
        assert second.story("close")[-1] == Met("close", 1012)


def test_a_world_of_the_handshakes_header_is_its_own(mock: Mock, own: Venue) -> None:
    inside, outside = own.open({"userId": 1}, **WORLD), own.open({"userId": 1})
    for socket in (inside, outside):
        socket.wait("connected")
        socket.emit("join-event-room", {"eventId": 1})
        socket.wait("joined-event-room")
    inside.rest(), outside.rest()
    inside.emit("lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 4})
    assert figures(inside.wait("availability-update"))[1] == 4
    assert [item.event for item in outside.rest()] == []
    outside.emit("lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 75})
    assert figures(outside.wait("availability-update"))[:2] == (0, 75)
    steer(mock, "POST", "/clock/advance", {"seconds": 301}, "other")
    assert figures(inside.wait("availability-update"))[1] == 0
    assert "availability-update" not in [item.event for item in outside.rest()]


def test_an_acknowledgement_waits_as_long_as_a_fault_holds_its_message(mock: Mock, own: Venue) -> None:
    socket = own.open({"userId": 1})
    socket.wait("connected")
    steer(mock, "POST", "/faults", {"kind": "delay", "ms": 300, "match": {"message": "lock-tickets", "direction": "in"}})
    answer = socket.ask("lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 1})
    assert answer["success"] is True
    steer(mock, "POST", "/faults", {"kind": "drop", "match": {"message": "get-my-locks"}})
    socket.rest()
    socket.emit("get-my-locks", {})
    assert socket.rest() == []


def test_a_socket_is_kicked_by_a_fault_at_its_next_message(mock: Mock, own: Venue) -> None:
    socket = own.open({"userId": 1})
    socket.wait("connected")
    steer(mock, "POST", "/scenarios/offline")
    socket.emit("join-event-room", {"eventId": 1})
    assert socket.wait("disconnect") == "io server disconnect"
