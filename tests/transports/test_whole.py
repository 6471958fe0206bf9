"""A whole answer is, byte for byte, what uvicorn would send in two pieces."""

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mock_server.transports.whole import WHOLE, WholeCycle

JSON = (b"content-type", b"application/json")


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    def resume_reading(self) -> None: ...


class Wire:
    """A cycle of a request with what it writes. ended: how often it said that the answer is complete."""

    def __init__(self, method: str = "GET", keep_alive: bool = True, kind: type[RequestResponseCycle] = WholeCycle) -> None:
        self.transport: Any = Transport()
        self.ended = 0
        scope: Any = {"type": "http", "method": method, "http_version": "1.1", "path": "/"}
        logger = logging.getLogger("test")
        defaults = [(b"date", b"today")]
        flow = FlowControl(self.transport)
        self.cycle = kind(
            scope, self.transport, flow, logger, logger, False, defaults, asyncio.Event(), False, keep_alive, self._end
        )  # fmt: skip

    def _end(self) -> None:
        self.ended += 1


async def _send(wire: Wire, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await wire.cycle.send({"type": "http.response.start", "status": status, "headers": headers, WHOLE: True})
    await wire.cycle.send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, [JSON, (b"content-length", b"2")], b"{}"),
        (201, [JSON, (b"location", b"/a"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"content-length", b"7")], b'{"a":1}'),
        (204, [(b"content-length", b"0")], b""),
        (418, [(b"x-latin", b"\xe9"), (b"content-length", b"0")], b""),
        (200, [JSON, (b"connection", b"close"), (b"content-length", b"2")], b"{}"),
    ],
)
def test_it_is_what_uvicorn_sends(method: str, keep_alive: bool, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    body = b"" if method == "HEAD" else body
    expected, found = Wire(method, keep_alive, RequestResponseCycle), Wire(method, keep_alive)
    asyncio.run(_send(expected, status, headers if method != "HEAD" else headers[:-1], body))
    asyncio.run(_send(found, status, headers if method != "HEAD" else headers[:-1], body))
    assert b"".join(found.transport.writes) == b"".join(expected.transport.writes)
    assert (found.ended, found.transport.closed) == (expected.ended, expected.transport.closed) == (1, not found.cycle.keep_alive)
    assert (found.cycle.response_complete, found.cycle.response_started) == (True, True)


def test_it_is_one_write() -> None:
    wire = Wire()
    asyncio.run(_send(wire, 200, [JSON, (b"content-length", b"2")], b"{}"))
    assert len(wire.transport.writes) == 1


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: stolen=1", b"a\nb", b"a\rb", b"a\0b"])
def test_a_header_that_would_be_two_is_not_sent(value: bytes) -> None:
    wire = Wire()
    with pytest.raises(RuntimeError, match="Invalid HTTP header value"):
        asyncio.run(_send(wire, 200, [JSON, (b"x", value), (b"content-length", b"2")], b"{}"))
    assert wire.transport.writes == []


def test_nothing_is_sent_to_who_has_gone() -> None:
    wire = Wire()
    wire.cycle.disconnected = True
    asyncio.run(_send(wire, 200, [(b"content-length", b"0")], b""))
    assert (wire.transport.writes, wire.ended) == ([], 0)


def test_a_head_without_an_end_is_none_once_an_error_is_sent() -> None:
    async def act() -> None:
        await wire.cycle.send({"type": "http.response.start", "status": 200, "headers": [JSON], WHOLE: True})  # type: ignore[typeddict-unknown-key]
        await wire.cycle.send_500_response()

    wire = Wire()
    asyncio.run(act())
    assert b"".join(wire.transport.writes).startswith(b"HTTP/1.1 500 ")
    assert b"200 OK" not in b"".join(wire.transport.writes)


def test_a_body_in_pieces_is_sent_in_pieces() -> None:
    async def act() -> None:
        await wire.cycle.send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")], WHOLE: True})  # type: ignore[typeddict-unknown-key]
        await wire.cycle.send({"type": "http.response.body", "body": b"{", "more_body": True})
        await wire.cycle.send({"type": "http.response.body", "body": b"}"})

    wire = Wire()
    asyncio.run(act())
    assert b"".join(wire.transport.writes).endswith(b"\r\n\r\n{}")
