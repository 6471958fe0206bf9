"""What happens, as it happens: server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from mock_server.control.desk import Desk, Steering
from mock_server.engine.problem import Problem
from mock_server.state.world import World
from understudy.wire import jsons

router = APIRouter(tags=["events"])
MOST_WAITING = 1000  # events that a reader has not taken; what comes then is lost, and it is told so
MOST_READERS = 100
HEARTBEAT = 15.0  # seconds after which a comment shows that the connection is alive
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events: log, state, clock, faults, snapshots, worlds, sockets, reset, cleared, reloaded", "content": {"text/event-stream": {}}}
}


@router.get("/events", operation_id="streamEvents", response_class=StreamingResponse, responses=STREAM)
async def stream(desk: Steering, every: Annotated[bool, Query(alias="all", description="Those of all worlds")] = False) -> StreamingResponse:
    """Everything that happens in the world. The data of `log` is a line without bodies, its id that of the event."""
    if len(desk.engine.feed.listeners) >= MOST_READERS:
        raise Problem(503, None, f"There are {MOST_READERS} readers of events already.")
    await desk.peers.gather(desk.world)
    return StreamingResponse(_events(desk, every), media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"})


class Reader:
    """One reader: what it has not taken yet."""

    def __init__(self, desk: Desk, every: bool) -> None:
        self.desk, self.every = desk, every
        self.waiting: list[tuple[str, World, Any]] = []
        self.lost = 0
        self.wake = asyncio.Event()

    def hear(self, kind: str, world: World, thing: Any) -> None:
        """Takes note of an event; nothing is rendered yet."""
        if kind == "stopping":
            self.wake.set()
        if kind == "stopping" or (world is not self.desk.world and not self.every):
            return
        if len(self.waiting) < MOST_WAITING:
            self.waiting.append((kind, world, thing))
        else:
            self.lost += 1
        self.wake.set()

    def take(self) -> bytes:
        """What is waiting, as text of the stream."""
        waiting, lost = self.waiting, self.lost
        self.waiting, self.lost = [], 0
        self.wake.clear()
        return b"".join(self._text(*event) for event in waiting) + (_event("lost", {"count": lost}) if lost else b"")

    def _text(self, kind: str, world: World, thing: Any) -> bytes:
        if kind == "log":
            record = self.desk.control.records.brief(world, thing)
            return _event(kind, record, record["id"])
        return _event(kind, {"world": world.name, **(thing or {})})


def _event(kind: str, data: Any, number: int | None = None) -> bytes:
    identity = b"id: %d\n" % number if number is not None else b""
    return identity + b"event: %s\ndata: %s\n\n" % (kind.encode(), jsons.dumps(data, str))


async def _events(desk: Desk, every: bool) -> AsyncIterator[bytes]:
    reader = Reader(desk, every)
    desk.engine.feed.listeners.append(reader.hear)
    try:
        with desk.peers.watching(desk.world, every):
            yield _event("hello", {"world": desk.world.name, "last": desk.world.log.count})
            while not desk.control.stopping:
                try:
                    await asyncio.wait_for(reader.wake.wait(), HEARTBEAT)
                except TimeoutError:
                    yield b": alive\n\n"
                if reader.waiting or reader.lost:
                    yield reader.take()
    finally:
        desk.engine.feed.listeners.remove(reader.hear)
