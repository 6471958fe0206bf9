"""Raw WebSockets as a client meets them, over a running mock."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import WebSocket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mock_server.app import create_engine
from mock_server.engine.frames import Frame
from mock_server.transports.websocket import MOST_WAITING, Connection
from tests.mock_process import Mock, ask, serving
from understudy.contract.reader import read, specs_folder

PARTY = "10000000-0000-4000-8000-000000000001"
PING = json.dumps({"event": "ping"})


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with serving("cliick", "watchparty", "--single-port", "0", folder=tmp_path_factory.mktemp("mock")) as running:
        yield running


def base(mock: Mock, backend: str) -> str:
    """The WebSocket address of a backend's service."""
    services = next(item["services"] for item in mock.told["backends"] if item["name"] == backend)
    return str(services[0]["url"]).replace("http", "ws", 1)


def said(socket: ClientConnection, frame: str | bytes) -> Any:
    """The answer to a frame."""
    socket.send(frame)
    return json.loads(socket.recv(timeout=5))


def closed(address: str, **more: Any) -> tuple[int | None, str]:
    """Code and reason with which a socket is closed after it was accepted."""
    with connect(address, **more) as socket:
        with pytest.raises(ConnectionClosed) as end:
            socket.recv(timeout=5)
        assert end.value.rcvd is not None
        return end.value.rcvd.code, end.value.rcvd.reason


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ("{nope", "The frame is no JSON: "),
        ("[]", "A frame is an object whose 'event' names the message"),
        ('{"event": 5}', "A frame is an object whose 'event' names the message"),
        ('{"event": "pong"}', "There is no message 'pong'. Did you mean 'ping'?"),
        (b"\x00\x01", "Send text frames"),
        ('"' + "x" * (1 << 20) + '"', "The body is larger than 1048576 bytes"),
        ('"' + "ü" * (1 << 19) + '"', "The body is larger than 1048576 bytes"),
        ('{"event": "shop:join", "data": {"shopId": 5}}', "data.shopId must be a string"),
        ('{"event": "shop:join", "data": {"shopId": "' + "x" * 65 + '"}}', "data.shopId must be at most 64 characters long"),
        ('{"event": "ping", "data": ' + "[" * 5000 + "]" * 5000 + "}", "The frame is no JSON: "),
    ],
    ids=["no json", "no object", "no name", "unknown", "binary", "large", "large in bytes", "schema", "too long", "deep"],
)
def test_a_frame_that_is_none_is_answered_and_the_socket_stays(mock: Mock, frame: str | bytes, message: str) -> None:
    with connect(f"{base(mock, 'cliick')}/ws", max_size=None) as socket:
        answer = said(socket, frame)
        assert answer["event"] == "error"
        assert answer["data"]["message"].startswith(message)
        assert said(socket, PING) == {"event": "pong", "data": {}}


def test_a_refused_opening_can_be_read_by_a_page(mock: Mock) -> None:
    assert closed(f"{base(mock, 'cliick')}/ws?token=bad") == (4401, "The token is missing or not valid")
    assert closed(f"{base(mock, 'watchparty')}/ws/party/{PARTY}/")[0] == 4401


def test_an_address_that_is_none_is_closed_with_what_is_valid(mock: Mock) -> None:
    code, reason = closed(f"{base(mock, 'cliick')}/wss")
    assert (code, reason) == (4404, "There is no /wss here. Did you mean '/ws'?")


def test_an_address_is_found_with_and_without_its_last_slash(mock: Mock) -> None:
    assert closed(f"{base(mock, 'watchparty')}/ws/notifications")[0] == 4401
    with connect(f"{base(mock, 'cliick')}/ws/") as socket:
        assert said(socket, PING)["event"] == "pong"


def test_a_token_may_be_a_subprotocol_which_is_then_chosen(mock: Mock) -> None:
    service = base(mock, "watchparty")
    url = f"{service.replace('ws', 'http', 1)}/api/auth/login/"
    token = json.loads(ask(url, {"email": "user@example.com", "password": "password123"})[2])["access"]
    with connect(f"{service}/ws/notifications/", subprotocols=["jwt", token]) as socket:
        assert socket.subprotocol == "jwt"
        assert said(socket, '{"type": "ping"}') == {"type": "pong"}
    assert closed(f"{service}/ws/notifications/", subprotocols=["jwt", "bad"])[0] == 4401


def test_a_client_that_vanishes_leaves_nothing(mock: Mock) -> None:
    url = base(mock, "cliick").replace("ws", "http", 1)
    with connect(f"{base(mock, 'cliick')}/ws") as socket:
        assert said(socket, PING)
        assert len(json.loads(ask(f"{url}/__admin/sockets")[2])) == 1
        socket.socket.close()
    with connect(f"{base(mock, 'cliick')}/ws") as other:
        assert said(other, PING)
        assert len(json.loads(ask(f"{url}/__admin/sockets")[2])) == 1


def test_the_largest_frame_is_what_the_backend_says(tmp_path: Path) -> None:
    own = shutil.copytree(specs_folder() / "cliick", tmp_path / "cliick")
    settings = (own / "backend.yaml").read_text(encoding="utf-8")
    (own / "backend.yaml").write_text(f"{settings}limits: {{frame: 100}}\n", encoding="utf-8")
    (own / "guide.yaml").unlink(missing_ok=True)
    with serving(str(own), folder=tmp_path) as running, connect(f"{base(running, 'cliick')}/ws") as socket:
        assert said(socket, PING)["event"] == "pong"
        assert said(socket, PING + " " * 100)["data"]["message"] == "The body is larger than 100 bytes"


def test_a_client_that_takes_nothing_is_cut_off() -> None:
    engine = create_engine(read("cliick"))
    connection = Connection(engine, engine.contract.channels[0], cast(WebSocket, None))
    frame = Frame("pong", b'{"event":"pong"}')
    for _ in range(MOST_WAITING + 10):
        connection.deliver(frame)
    queued = [connection.queue.get_nowait() for _ in range(connection.queue.qsize())]
    assert queued[:-1] == ['{"event":"pong"}'] * MOST_WAITING
    assert queued[-1] == (1013, "Frames are not taken")
