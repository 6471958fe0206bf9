"""What is answered at once is, byte for byte, what is answered the long way; and what can't be answered at once goes that way."""

import asyncio
import contextlib
import json
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest
import uvicorn

from mock_server.app import Hosted, create_apps
from mock_server.control.admission import Admission
from mock_server.engine.engine import Engine
from mock_server.transports.guarding import GuardedProtocol
from mock_server.transports.http import DocumentApp
from mock_server.transports.limits import Limits
from mock_server.transports.prompt import limited
from understudy.contract.reader import read

LATEST = 20.0
PAUSE = 0.05  # seconds between two pieces: they are read apart
CLOSE = "Connection: close\r\n"
ORDER = {"eventId": 1, "categoryId": 1, "quantity": 1}


@pytest.fixture
def services() -> dict[str, Hosted]:
    return {item.service.name: item for item in create_apps([read("eventplatform")], start=1.9e9, admission=Admission())}


@pytest.fixture
def hosted(services: dict[str, Hosted]) -> Hosted:
    return services["gateway"]


@pytest.fixture
def long_ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that went uvicorn's way."""
    found: list[str] = []
    call = DocumentApp.__call__

    async def noted(self: DocumentApp, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            found.append(scope["path"])
        await call(self, scope, receive, send)

    monkeypatch.setattr(DocumentApp, "__call__", noted)
    return found


@contextlib.asynccontextmanager
async def serving(app: Any, limits: Limits = Limits(), prompt: bool = True, **options: Any) -> AsyncIterator[tuple[str, int]]:  # noqa: B008 - nothing of it changes
    bound = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=limited(limits) if prompt else GuardedProtocol,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        **options,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        async with asyncio.timeout(LATEST):
            while not server.started:
                await asyncio.sleep(0.005)
            yield bound.getsockname()
    finally:
        server.should_exit = True
        await task


def told(app: Any, pieces: Iterable[bytes], **options: Any) -> bytes:
    """What an application answers to bytes that come in pieces, until it closes."""

    async def run() -> bytes:
        async with serving(app, **options) as place:
            return await talk(place, pieces)

    return asyncio.run(run())


async def talk(place: tuple[str, int], pieces: Iterable[bytes]) -> bytes:
    reader, writer = await asyncio.open_connection(*place)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(PAUSE)
        return await reader.read()
    finally:
        writer.close()


def request(method: str, path: str, body: bytes | None = None, headers: str = "", last: bool = True, version: str = "1.1") -> bytes:
    sized = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body is not None else ""
    return f"{method} {path} HTTP/{version}\r\nHost: localhost\r\n{headers}{sized}{CLOSE if last else ''}\r\n".encode() + (body or b"")


def token(engine: Engine) -> str:
    return f"Authorization: Bearer {engine.world.tokens.issue('access', '1', 'x', engine.world.clock.now, 1e6)}\r\n"


REQUESTS = {
    "a read": request("GET", "/api/events/1"),
    "its head": request("HEAD", "/api/events/1"),
    "a list, compressed": request("GET", "/api/events?limit=5", headers="Accept-Encoding: gzip\r\n"),
    "a page of a browser": request("GET", "/api/events/1", headers="Origin: http://localhost:3000\r\n"),
    "a preflight": request("OPTIONS", "/api/events", headers="Origin: http://localhost:3000\r\nAccess-Control-Request-Method: GET\r\n"),
    "what is not there": request("GET", "/api/nothing"),
    "a method that is not there": request("PUT", "/api/events", b"{}"),
    "without a token": request("POST", "/api/orders", json.dumps(ORDER).encode()),
    "broken JSON": request("POST", "/api/auth/login", b'{"username":'),
    "no JSON": request("POST", "/api/auth/login", b"\xff\xfe"),
    "wrong values": request("POST", "/api/auth/login", b'{"username": 1}'),
    "of 1.0": request("GET", "/api/events/1", last=False, version="1.0"),
    "in chunks": request("POST", "/api/auth/login", headers="Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n") + b"2\r\n{}\r\n0\r\n\r\n",
    "a path with escapes": request("GET", "/api/events/%31"),
    "in a world of its own": request("GET", "/__world/alone/api/events/1"),
    "an encoding of nobody": request("GET", "/api/events/1", headers="X-Odd: \xe9\r\n"),
    "a proxy's": request("GET", "/api/events/1", headers="X-Forwarded-Proto: https\r\nX-Forwarded-For: 10.1.2.3\r\n"),
}


@pytest.mark.parametrize("data", REQUESTS.values(), ids=REQUESTS.keys())
def test_it_is_what_comes_the_long_way(hosted: Hosted, long_ways: list[str], data: bytes) -> None:
    prompt = told(hosted.app, [data])
    assert long_ways == []
    hosted.engine.reset(hosted.engine.world, 1.9e9)
    late = told(hosted.app, [data], prompt=False)
    assert len(long_ways) == 1
    moment = rb"20\d\d-\d\d-\d\dT[0-9:.]+Z"  # the clock runs on between the two
    assert re.sub(moment, b"", prompt) == re.sub(moment, b"", late)
    assert prompt.startswith(b"HTTP/1.1 ")


def test_both_ways_change_the_same_and_stand_in_the_log(hosted: Hosted, long_ways: list[str]) -> None:
    body, way = json.dumps(ORDER).encode(), token(hosted.engine)
    data = request("POST", "/api/orders", body, way)
    made = [told(hosted.app, pieces) for pieces in ([data], [data[:-5], data[-5:]])]
    assert [answer.split(b" ", 2)[1] for answer in made] == [b"201", b"201"]
    assert long_ways == ["/api/orders"]
    assert [(line.request.body, line.response.status) for line in hosted.engine.log] == [(body, 201)] * 2


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("gateway", "/openapi.json"),
        ("gateway", "/docs"),
        ("gateway", "/__admin/clock"),
        ("gateway", "/__world/w/__admin/clock"),
        ("realtime", "/socket.io/?EIO=4&transport=polling"),
    ],
)
def test_what_is_no_operation_goes_the_long_way(services: dict[str, Hosted], long_ways: list[str], service: str, path: str) -> None:
    assert b"HTTP/1.1 200" in told(services[service].app, [request("GET", path)])
    assert long_ways == [path.partition("?")[0]]


def test_requests_that_come_at_once_are_answered_in_their_order(hosted: Hosted, long_ways: list[str]) -> None:
    hosted.engine.world.faults.add("latency", {"path": "/api/events/2"}, {"ms": 200})
    paths = ["/api/events/1", "/api/events/2", "/api/events/3", "/docs", "/api/events/4"]
    answer = told(hosted.app, [b"".join(request("GET", path, last=path == paths[-1]) for path in paths)])
    assert re.findall(rb'"idEvent":(\d)|(<!)', answer, re.IGNORECASE)[:5] == [(b"1", b""), (b"2", b""), (b"3", b""), (b"", b"<!"), (b"4", b"")]


def test_more_requests_than_may_wait_are_answered_where_they_come_in_time(hosted: Hosted) -> None:
    limits = Limits(waiting=8)
    data = b"".join(request("GET", "/api/events/1", last=number == 15) for number in range(16))
    answer = told(hosted.app, [data], limits=limits)
    assert answer.count(b"HTTP/1.1 200") == 16
    data = b"".join(request("GET", "/api/events/1", last=number == 39) for number in range(40))
    assert told(hosted.app, [data], limits=limits).count(b"HTTP/1.1 200") < 40


def test_nothing_is_done_after_the_last_request_of_a_connection(hosted: Hosted) -> None:
    told(hosted.app, [request("GET", "/api/events/1") + request("GET", "/api/events/2")])
    assert [line.request.path for line in hosted.engine.log] == ["/api/events/1"]


def test_a_request_before_garbage_is_answered(hosted: Hosted) -> None:
    answer = told(hosted.app, [request("GET", "/api/events/1", last=False) + b"\0\0nonsense\r\n\r\n"])
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"400"]


def test_a_body_that_breaks_off_does_nothing(hosted: Hosted) -> None:
    head = request("POST", "/api/auth/login", headers="Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n", last=False)
    answer = told(hosted.app, [head + b"2\r\n{}\r\nnonsense\r\n"])
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"400"]
    assert list(hosted.engine.log) == []


def test_who_waits_for_100_continue_is_told_to_go_on(hosted: Hosted) -> None:
    body = b'{"username": "user@example.com", "password": "password123"}'
    data = request("POST", "/api/auth/login", body, "Expect: 100-continue\r\n")
    answer = told(hosted.app, [data[: -len(body)], body])
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"100", b"200"]
    assert re.findall(rb"HTTP/1.1 (\d+)", told(hosted.app, [data])) == [b"200"]


def test_a_next_request_that_is_slower_than_keep_alive_is_waited_for(hosted: Hosted) -> None:
    slow = request("POST", "/api/auth/login", b"{}")
    pieces = [request("GET", "/api/events/1", last=False) + slow[:-1], *[b""] * 30, slow[-1:]]
    answer = told(hosted.app, pieces, timeout_keep_alive=1)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"400"]


def test_a_connection_that_waits_for_its_next_request_ends_as_ever(hosted: Hosted) -> None:
    assert told(hosted.app, [request("GET", "/api/events/1", last=False)], timeout_keep_alive=1, limits=Limits(head=15.0)).count(b"HTTP/1.1 200") == 1


def test_a_head_has_all_its_time_though_answers_came_before(hosted: Hosted) -> None:
    data = request("GET", "/api/events/1", last=False)
    answer = told(hosted.app, [data, data, data[:10]], limits=Limits(head=0.5), timeout_keep_alive=15)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200", b"408"]


def test_a_crash_is_told_in_the_log_and_answered(hosted: Hosted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def crash(_request: Any) -> Any:
        raise KeyError("planted")

    monkeypatch.setattr(hosted.app, "answer", crash)
    with caplog.at_level(logging.ERROR, "uvicorn.error"):
        answer = told(hosted.app, [request("GET", "/api/events/1")])
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error")
    assert "planted" in caplog.text


@pytest.mark.parametrize(
    ("kind", "settings", "found"),
    [
        ("truncate", {"bytes": 10}, lambda answer: answer.startswith(b"HTTP/1.1 200") and len(answer.partition(b"\r\n\r\n")[2]) == 10),
        ("reset", {}, lambda answer: answer == b""),
    ],
)
def test_a_connection_that_a_fault_ends_goes_the_long_way(hosted: Hosted, kind: str, settings: dict[str, Any], found: Callable[[bytes], bool]) -> None:
    hosted.engine.world.faults.add(kind, {"path": "/api/events/1"}, settings)
    try:
        answer = told(hosted.app, [request("GET", "/api/events/1")])
    except ConnectionError:
        answer = b""
    assert found(answer)


def test_a_client_that_reads_nothing_is_answered_no_further(hosted: Hosted) -> None:
    """Answers that it does not take fill its buffers; then requests wait, and are not done."""

    async def run() -> int:
        async with serving(hosted.app) as place:
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(place)
            client.setblocking(False)
            data = request("GET", "/api/events", last=False) * 50
            with contextlib.suppress(BlockingIOError):
                for _ in range(400):
                    client.send(data)
                    await asyncio.sleep(0)
            await asyncio.sleep(0.3)
            client.close()
            return hosted.engine.log.count

    assert asyncio.run(run()) < 2000
