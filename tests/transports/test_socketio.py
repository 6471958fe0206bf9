"""Socket.IO as the wire carries it, over a running mock, by hand: what no client library would send as well."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from engineio import packet as engine_packet
from socketio import packet
from websockets.sync.client import ClientConnection, connect

from mock_server.engine.frames import Frame
from mock_server.engine.views import dumps
from mock_server.transports.socketio import Ready, event_packet
from tests.mock_process import Mock, ask, serving

NAMESPACE = "/realtime"
ORIGIN = "http://localhost:4200"


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with serving("eventplatform", "savebucks", "--single-port", "0", folder=tmp_path_factory.mktemp("mock")) as running:
        yield running


def address(mock: Mock, **query: Any) -> str:
    url = mock.url("realtime").replace("http", "ws", 1)
    return f"{url}/socket.io/?{urlencode({'EIO': 4, 'transport': 'websocket', **query})}"


def until(socket: ClientConnection, start: str) -> str:
    """What follows the start of the next packet that has it."""
    while not (text := str(socket.recv(timeout=5))).startswith(start):
        pass
    return text[len(start) :]


def opened(socket: ClientConnection, namespace: str = NAMESPACE) -> str:
    """The session of a namespace that was let in."""
    until(socket, "0")
    socket.send(f"40{namespace},")
    return str(json.loads(until(socket, f"40{namespace},"))["sid"])


def event(socket: ClientConnection, *parts: Any, number: int | None = None) -> None:
    socket.send(f"42{NAMESPACE},{'' if number is None else number}{json.dumps(parts)}")


def test_what_an_opening_sends_comes_after_the_client_is_in(mock: Mock) -> None:
    with connect(address(mock, userId=1)) as socket:
        session = opened(socket)
        name, data = json.loads(until(socket, f"42{NAMESPACE},"))
        assert (name, data["sessionId"]) == ("connected", session)


def test_a_refused_user_is_let_in_told_and_sent_away(mock: Mock) -> None:
    with connect(address(mock)) as socket:
        opened(socket)
        assert json.loads(until(socket, f"42{NAMESPACE},")) == ["error", {"message": "Unauthorized"}]
        assert str(socket.recv(timeout=5)) == f"41{NAMESPACE},"


@pytest.mark.parametrize("reserved", ["connect", "disconnect", "connect_error", "disconnecting", "open", "close"])
def test_an_event_with_a_reserved_name_is_an_event(mock: Mock, reserved: str) -> None:
    with connect(address(mock, userId=1)) as socket:
        opened(socket)
        event(socket, reserved, {}, number=1)
        ((answer,),) = [json.loads(until(socket, f"43{NAMESPACE},1"))]
        assert answer["message"].startswith(f"There is no message '{reserved}'.")
        event(socket, "heartbeat", number=2)
        assert "timestamp" in json.loads(until(socket, f"43{NAMESPACE},2"))[0]


def test_an_event_before_the_namespace_is_open_does_nothing(mock: Mock) -> None:
    with connect(address(mock, userId=1)) as socket:
        until(socket, "0")
        event(socket, "heartbeat", number=1)
        socket.send(f"40{NAMESPACE},")
        assert str(socket.recv(timeout=5)).startswith(f"40{NAMESPACE},")


@pytest.mark.parametrize("packet", ["42/realtime,{}", "49/realtime,", "42/realtime,[nope", "4" + "x" * 100])
def test_what_is_no_packet_ends_the_connection_and_no_other(mock: Mock, packet: str) -> None:
    with connect(address(mock, userId=1)) as other:
        opened(other)
        with connect(address(mock, userId=1)) as socket:
            opened(socket)
            socket.send(packet)
            assert until(socket, "1") == "", "Engine.IO's packet that closes"
        event(other, "heartbeat", number=1)
        assert until(other, f"43{NAMESPACE},1")


def test_a_binary_payload_is_refused(mock: Mock) -> None:
    with connect(address(mock, userId=1)) as socket:
        opened(socket)
        socket.send(f'451-{NAMESPACE},["lock-tickets",{{"_placeholder":true,"num":0}}]')
        socket.send(b"\x01\x02")
        name, data = json.loads(until(socket, f'42{NAMESPACE},["lock-tickets-response"')[1:-1].join(["[0,", "]"]))
        assert (name, data["success"]) == (0, False)


def test_an_unknown_namespace_is_refused_as_nodes_server_does(mock: Mock) -> None:
    with connect(address(mock, userId=1)) as socket:
        until(socket, "0")
        socket.send("40/nope,")
        assert json.loads(until(socket, "44/nope,")) == {"message": "Invalid namespace"}
        socket.send("40/realtime,")
        assert until(socket, "40/realtime,")


def test_a_namespace_is_opened_once_for_a_connection(mock: Mock) -> None:
    with connect(address(mock, userId=1)) as socket:
        opened(socket)
        socket.send(f"40{NAMESPACE},")
        event(socket, "heartbeat", number=1)
        assert until(socket, f"43{NAMESPACE},1")


def test_polling_answers_a_page_of_an_admitted_origin(mock: Mock) -> None:
    url = f"{mock.url('realtime')}/socket.io/?EIO=4&transport=polling&userId=1"
    status, headers, body = ask(url, headers={"origin": ORIGIN})
    assert (status, body[:1]) == (200, b"0")
    assert (headers["access-control-allow-origin"], headers["access-control-allow-credentials"]) == (ORIGIN, "true")
    assert "access-control-allow-origin" not in ask(url, headers={"origin": "https://evil.example"})[1]


def test_polling_is_preflighted(mock: Mock) -> None:
    asked = {"origin": ORIGIN, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    _, headers, _ = ask(f"{mock.url('realtime')}/socket.io/?EIO=4&transport=polling", headers=asked, method="OPTIONS")
    assert headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in headers["access-control-allow-methods"]


def test_an_older_protocol_is_refused(mock: Mock) -> None:
    assert ask(f"{mock.url('realtime')}/socket.io/?EIO=3&transport=polling")[0] == 400


def test_a_client_that_vanishes_frees_its_locks(mock: Mock) -> None:
    with connect(address(mock, userId=2)) as watcher:
        opened(watcher)
        event(watcher, "join-event-room", {"eventId": 1})
        with connect(address(mock, userId=4)) as socket:
            opened(socket)
            event(socket, "lock-tickets", {"eventId": 1, "categoryId": 2, "quantity": 3}, number=1)
            assert json.loads(until(socket, f"43{NAMESPACE},1"))[0]["success"]
            socket.socket.close()
        seen = [json.loads(until(watcher, f'42{NAMESPACE},["availability-update",')[:-1])["lockedTickets"] for _ in range(2)]
        assert seen == [3, 0]


def test_two_namespaces_share_a_connection(mock: Mock) -> None:
    with connect(address(mock, userId=1)) as socket:
        opened(socket)
        socket.send("40/other,")
        assert until(socket, "44/other,")
        event(socket, "heartbeat", number=1)
        assert until(socket, f"43{NAMESPACE},1")


@pytest.mark.parametrize("namespace", ["/", "/realtime"])
@pytest.mark.parametrize("data", [None, {"a": [1, "ü", None]}, "text", 5, [1, 2]])
@pytest.mark.parametrize("name", ["availability-update", 'with "quotes"', "chat:message"])
def test_a_frame_is_what_the_stock_server_sends(namespace: str, data: Any, name: str) -> None:
    frame = Frame(name, b"" if data is None else dumps(data))
    ours = Ready(event_packet("" if namespace == "/" else f"{namespace},", frame))
    stock = packet.Packet(packet.EVENT, namespace=namespace, data=[name] if data is None else [name, data])
    expected = engine_packet.Packet(engine_packet.MESSAGE, stock.encode()).encode()
    assert parts(ours.encode()) == parts(expected)
    assert ours.encode(b64=True) == ours.encode()


def parts(text: str) -> tuple[str, Any]:
    """Type and namespace of a packet, and its data."""
    head, _, data = text.partition("[")
    return head, json.loads(f"[{data}")
