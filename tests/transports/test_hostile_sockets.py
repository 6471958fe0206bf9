"""A WebSocket whose client reads nothing, answers nothing or never finishes a message ends, and holds no memory until then."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from mock_server.transports.gathering import MOST_FRAGMENTS, GatheringProtocol
from mock_server.transports.limits import Limits
from mock_server.transports.prompt import limited

HANDSHAKE = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
SHORT = 0.2  # seconds
LATEST = 5.0
PING = b"\x89\xfd\0\0\0\0" + b"x" * 125
EMPTY_FIRST, EMPTY_NEXT = b"\x01\x80\0\0\0\0", b"\x00\x80\0\0\0\0"


class Hasty(GatheringProtocol):
    """Closes soon where its client does not."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.close_timeout = SHORT


async def _talk(receive: Any, send: Any) -> str:
    """Sends until nothing more is taken."""
    while True:
        await send({"type": "websocket.send", "text": "x" * 100_000})
        await asyncio.sleep(0)


async def _listen(receive: Any, _send: Any) -> str:
    """Waits for the end."""
    while (await receive())["type"] != "websocket.disconnect":
        pass
    return "ended"


async def _ended(act: Callable[[Any, Any], Awaitable[str]], attack: Callable[[asyncio.StreamWriter], Awaitable[None]], read: bool = False) -> bytes:
    """Has a client attack that does not read, or reads; returns when the server has ended the connection and its application."""
    ends = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            await act(receive, send)
        finally:
            ends.set()

    bound = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=limited(Limits()), ws=Hasty, ws_ping_interval=SHORT, ws_ping_timeout=SHORT, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    reader, writer = await asyncio.open_connection(*bound.getsockname(), limit=2**14)
    found = b""
    try:
        async with asyncio.timeout(LATEST):
            writer.write(HANDSHAKE)
            await reader.readuntil(b"\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                await attack(writer)
                found = await reader.read(1000) if read else b""
            await ends.wait()
            while server.server_state.connections:
                await asyncio.sleep(0.01)
    finally:
        writer.transport.abort()
        server.should_exit = True
        await task
    return found


async def _nothing(writer: asyncio.StreamWriter) -> None:
    """Neither reads nor says anything."""


async def _pings(writer: asyncio.StreamWriter) -> None:
    for _ in range(1000):
        writer.write(PING * 1000)
        await writer.drain()


async def _fragments(writer: asyncio.StreamWriter) -> None:
    writer.write(EMPTY_FIRST + EMPTY_NEXT * (MOST_FRAGMENTS + 1))
    await writer.drain()


@pytest.mark.parametrize("act", [_talk, _listen])
def test_who_answers_no_ping_and_reads_nothing_is_ended(act: Callable[[Any, Any], Awaitable[str]]) -> None:
    asyncio.run(_ended(act, _nothing))


def test_who_pings_and_reads_no_answer_is_cut_off() -> None:
    asyncio.run(_ended(_listen, _pings))


def test_a_message_of_empty_fragments_without_end_is_ended() -> None:
    assert b"\x03\xf1more than 10000 fragments" in asyncio.run(_ended(_listen, _fragments, read=True))


def test_a_text_that_is_none_is_ended_with_its_code() -> None:
    async def junk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x81\x82\0\0\0\0\xff\xff")

    assert b"\x03\xefinvalid UTF-8" in asyncio.run(_ended(_listen, junk, read=True))
