"""The clients of the checks against the mock and against servers that are no good: what they hear, what they say of it, and when they give up."""

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_websocket

from contract_tests.checks import Outcome, plan
from contract_tests.options import Options
from contract_tests.realtime import lines
from contract_tests.running import opened, run_check
from contract_tests.sockets import Handshake, SocketIO, Unopened, client_of
from understudy.testing import Understudy, serve
from understudy.wire import socketio
from understudy.wire.socketio import Packet

OPTIONS = Options("any")


@pytest.fixture(scope="module")
def platform() -> Iterator[Understudy]:
    with serve("eventplatform") as mock:
        yield mock


def handshake(mock: Understudy, **more: Any) -> Handshake:
    return Handshake(mock.urls["realtime"].replace("http", "ws"), "/socket.io/", namespace="/realtime", **{"query": {"userId": 1}, **more})


def test_a_client_hears_events_and_acknowledgements(platform: Understudy) -> None:
    client = client_of(handshake(platform), OPTIONS).open(5)
    assert client.wait("connected", lambda data: data["success"]) is not None
    mark = client.emit("heartbeat", None, ack=True)
    assert client.wait("heartbeat-response", since=mark) is not None
    assert isinstance(client, SocketIO)
    assert client.wait_ack(2, mark) is not None
    client.close()
    assert client.wait_closed(2) is not None


def test_a_conversation_is_a_script_that_a_person_can_run(platform: Understudy) -> None:
    client = client_of(handshake(platform), OPTIONS).open(5)
    client.wait("connected")
    client.wait("joined-event-room", since=client.emit("join-event-room", {"eventId": 1}))
    opening, *said = client.frames().script().splitlines()
    client.close()
    assert re.fullmatch(r'const socket = require\("socket.io-client"\).io\("http://[^"]+/realtime", \{.*"query": \{"userId": 1\}\}\)', opening)
    joined = {"success": True, "eventId": 1, "message": "Joined event room"}
    assert said[1:] == ['> socket.emit("join-event-room", {"eventId": 1})', f'< "joined-event-room" {json.dumps(joined)}']


def test_a_refused_opening_is_told(platform: Understudy) -> None:
    client = client_of(handshake(platform, query={}), OPTIONS).open(5)
    assert client.wait_closed(2) == (1000, "io server disconnect")
    assert [item.name for item in client.heard] == ["error"]


def test_a_limit_of_messages_is_kept(platform: Understudy) -> None:
    client = client_of(handshake(platform), OPTIONS, (4, 0.3)).open(5)
    begin = client.opened_at
    for _ in range(7):
        mark = client.emit("heartbeat")
    found = client.wait("heartbeat-response", since=mark)
    client.close()
    assert found is not None
    assert found.at - begin > 0.5


def test_nothing_comes_in_time() -> None:
    with pytest.raises(Unopened, match=r"refused|failed"):
        client_of(Handshake("ws://localhost:9", "/ws"), OPTIONS).open(1)


@contextmanager
def websocket(answer: Callable[[ServerConnection], None]) -> Iterator[str]:
    """A WebSocket server that does something with each connection."""

    def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(Exception):
            answer(connection)

    with serve_websocket(handle, "localhost", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"ws://localhost:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join(5)


def test_engine_io_is_answered_with_a_pong() -> None:
    heard: list[Any] = []

    def answer(connection: ServerConnection) -> None:
        connection.send('0{"sid":"a"}')
        heard.append(connection.recv(2))
        connection.send(socketio.encode(Packet(socketio.CONNECT, "/", {"sid": "b"})))
        connection.send("2")
        heard.append(connection.recv(2))

    with websocket(answer) as url:
        client = client_of(Handshake(url, "/socket.io/", namespace="/", auth={"token": "t"}), OPTIONS).open(2)
        client.wait_closed(2)
    assert heard == ['40{"token":"t"}', "3"]


def test_a_refusal_of_a_namespace_is_read() -> None:
    def answer(connection: ServerConnection) -> None:
        connection.send('0{"sid":"a"}')
        connection.recv(2)
        connection.send('44{"message":"Authentication failed"}')
        connection.recv(2)

    with websocket(answer) as url:
        client = client_of(Handshake(url, "/socket.io/", namespace="/"), OPTIONS).open(2)
        assert client.refused == {"message": "Authentication failed"}
        client.close()


@pytest.mark.parametrize("text", ["hello", '0{"sid":"a"}'])
def test_a_server_that_speaks_something_else_is_given_up(text: str) -> None:
    def answer(connection: ServerConnection) -> None:
        connection.send(text)
        connection.recv(2)

    with websocket(answer) as url, pytest.raises(Unopened, match="did not open"):
        client_of(Handshake(url, "/socket.io/", namespace="/"), OPTIONS).open(0.3)


def test_frames_that_are_no_messages_are_noted() -> None:
    def answer(connection: ServerConnection) -> None:
        connection.send("no JSON")
        connection.send(json.dumps({"type": "pong"}))
        connection.send(b"\x00\x01")
        connection.close(4401, "no token")

    with websocket(answer) as url:
        client = client_of(Handshake(url, "/ws", tag="type"), OPTIONS).open(2)
        assert client.wait_closed(2) == (4401, "no token")
        assert [item.name for item in client.heard] == ["(unreadable)", "pong", "(unreadable)"]
        assert client.lines[-1] == "< closed with 4401 no token"


# whole checks against targets that are no good


def outcome(options: Options, name: str) -> Outcome:
    with opened(options) as session:
        return run_check(session, next(check for check in plan(session.contract, ["realtime"]) if check.id == name))


def test_where_nothing_listens_one_check_says_so_and_the_others_are_not_made(platform: Understudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PATIENCE", 0.5)
    urls = tuple(f"{name}={url}" for name, url in platform.urls.items())
    options = Options("eventplatform", urls=urls, sockets=("realtime=ws://localhost:9",))
    with opened(options) as session:
        outcomes = {check.id: run_check(session, check) for check in plan(session.contract, ["realtime"])}
    assert [name for name, item in outcomes.items() if item.state == "failed"] == ["realtime.connect:realtime"]
    assert {item.state for item in outcomes.values()} == {"failed", "not checked"}


def test_a_server_that_only_polls_is_not_accused(platform: Understudy) -> None:
    class Polling(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = "upgrade" not in self.headers.get("connection", "").lower()
            self.send_response(200 if good else 400)
            self.end_headers()
            self.wfile.write(b'0{"sid":"a"}' if good else b"no")

        def log_message(self, *_args: Any) -> None:
            return

    server = HTTPServer(("localhost", 0), Polling)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        urls = tuple(f"{name}={url}" for name, url in platform.urls.items())
        found = outcome(Options("eventplatform", urls=urls, sockets=(f"realtime=ws://localhost:{server.server_port}",)), "realtime.connect:realtime")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    assert (found.state, found.findings) == ("not checked", ())
    assert "polling only" in found.why


def test_a_path_of_its_own_is_used(platform: Understudy) -> None:
    urls = tuple(f"{name}={url}" for name, url in platform.urls.items())
    found = outcome(Options("eventplatform", urls=urls, socket_path="/elsewhere"), "realtime.connect:realtime")
    assert found.state == "failed"
    assert outcome(Options("eventplatform", urls=urls, socket_path="/socket.io"), "realtime.connect:realtime").state == "passed"


def test_a_document_that_knows_no_accounts_is_checked_as_far_as_it_goes() -> None:
    document = str(Path(__file__).parents[1] / "engine" / "chat.asyncapi.yaml")
    with serve(document) as mock:
        options = Options(document, urls=tuple(f"{name}={url}" for name, url in mock.urls.items()))
        with opened(options) as session:
            outcomes = {check.id: run_check(session, check).state for check in plan(session.contract, ["realtime"]) if check.rule != "realtime.handshake"}
    assert outcomes["realtime.reply:hear"] == "passed"
    assert set(outcomes.values()) == {"passed"}


def test_a_channel_that_lets_nobody_in_is_one_finding_and_not_tried_again_by_each_check() -> None:
    opened_so_often: list[str] = []

    def answer(connection: ServerConnection) -> None:
        opened_so_often.append(str(connection.request.path if connection.request else ""))
        connection.close(4401, "who are you")

    with serve("watchparty") as mock, websocket(answer) as url:
        urls = tuple(f"{name}={address}" for name, address in mock.urls.items())
        with opened(Options("watchparty", urls=urls, sockets=(url,), layers=("realtime",))) as session:
            chat = [item for item in plan(session.contract, ["realtime"]) if item.id.split(":")[1] == "chat" or item.id == "realtime.connect:chat"]
            outcomes = {item.id: run_check(session, item) for item in chat}
    assert [name for name, item in outcomes.items() if item.state == "failed"] == ["realtime.connect:chat"]
    assert all("does not open" in item.why for name, item in outcomes.items() if name != "realtime.connect:chat")
    assert len(chat) > 3
    assert len(opened_so_often) <= 6
