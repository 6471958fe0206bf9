"""What is sent in one turn of the loop is written together, in its order, and nothing of it is lost."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from mock_server.transports.gathering import GatheringProtocol

COUNT = 50
Send = Callable[[Any], Awaitable[None]]


class Counting(GatheringProtocol):
    """Counts the writes of messages."""

    writes = 0

    def flush(self) -> None:
        if self.conn.writes:
            Counting.writes += 1
        super().flush()


async def _burst(_receive: Any, send: Send) -> None:
    for number in range(COUNT):
        await send({"type": "websocket.send", "text": str(number)})


async def _mixed(_receive: Any, send: Send) -> None:
    for number in range(COUNT):
        await send({"type": "websocket.send", **({"text": str(number)} if number % 2 else {"bytes": str(number).encode()})})
        await asyncio.sleep(0 if number % 3 else 0.001)


async def _closing(receive: Any, send: Send) -> None:
    await _burst(receive, send)
    await send({"type": "websocket.close", "code": 4401, "reason": "bye"})


def _application(act: Callable[[Any, Send], Awaitable[None]]) -> Any:
    async def run(scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        await act(receive, send)

    return run


async def _received(act: Callable[[Any, Send], Awaitable[None]]) -> tuple[list[Any], int | None]:
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(_application(act), ws=Counting, lifespan="off", log_level="error"))
    task = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:
        await asyncio.sleep(0.005)
    async with connect(f"ws://127.0.0.1:{bound.getsockname()[1]}") as client:
        received = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                received.append(await client.recv())
        code = client.close_code
    server.should_exit = True
    await task
    bound.close()
    return received, code


def test_a_burst_is_one_write() -> None:
    Counting.writes = 0
    received, _ = asyncio.run(_received(_burst))
    assert received == [str(number) for number in range(COUNT)]
    assert Counting.writes == 1


def test_messages_over_many_turns_keep_their_order() -> None:
    received, _ = asyncio.run(_received(_mixed))
    assert [item if isinstance(item, str) else item.decode() for item in received] == [str(number) for number in range(COUNT)]


def test_what_was_sent_before_a_close_arrives_before_it() -> None:
    received, code = asyncio.run(_received(_closing))
    assert (len(received), code) == (COUNT, 4401)
