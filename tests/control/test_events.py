"""The stream of events: everything that happens, as it happens."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from mock_server.control.desk import Desk
from mock_server.control.events import MOST_WAITING, Reader, _events
from tests.backends.client import Client
from tests.control.caller import Caller


def parsed(text: bytes) -> list[tuple[str, Any]]:
    """Kind and data of each event."""
    found = []
    for block in text.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


async def heard(caller: Caller, act: Any, every: bool = False) -> list[tuple[str, Any]]:
    """What a reader hears of some acts."""
    engine = caller.client.engine
    stream: AsyncIterator[bytes] = _events(Desk(engine, caller.client.world, "gateway", caller.app.control, "http://localhost"), every)
    hello = parsed(await anext(stream))
    act()
    text = await asyncio.wait_for(anext(stream), 5)
    await stream.aclose()  # type: ignore[attr-defined]
    assert engine.feed.listeners == []
    return [*hello, *parsed(text)]


def test_a_reader_hears_of_requests_and_of_what_is_steered() -> None:
    caller = Caller()

    def act() -> None:
        caller.client.get("/api/events/1")
        caller.client.engine.feed.tell("clock", caller.client.world)
        caller.client.engine.feed.tell("state", caller.client.world, {"collection": "events", "key": 1})

    events = asyncio.run(heard(caller, act))
    assert [kind for kind, _ in events] == ["hello", "log", "clock", "state"]
    assert (events[1][1]["operation"], "response" in events[1][1]) == ("getEvent", False)
    assert events[3][1] == {"world": "default", "collection": "events", "key": 1}


def test_a_reader_hears_its_own_world_unless_it_asks_for_all() -> None:
    def act_of(client: Client) -> Any:
        def act() -> None:
            client.get("/api/events", headers={"x-understudy-world": "a"})
            client.get("/api/events")

        return act

    for every, worlds in ((False, ["default"]), (True, ["a", "default"])):
        caller = Caller()
        events = asyncio.run(heard(caller, act_of(caller.client), every))
        assert [data["world"] for kind, data in events if kind == "log"] == worlds


def test_a_slow_reader_is_told_what_it_lost() -> None:
    caller = Caller()

    async def run() -> bytes:
        reader = Reader(Desk(caller.client.engine, caller.client.world, "gateway", caller.app.control, ""), False)
        for _ in range(MOST_WAITING + 7):
            reader.hear("clock", caller.client.world, None)
        return reader.take()

    events = parsed(asyncio.run(run()))
    assert (len(events), events[-1]) == (MOST_WAITING + 1, ("lost", {"count": 7}))


def test_a_stream_ends_when_the_process_does() -> None:
    caller = Caller()

    async def run() -> int:
        stream = _events(Desk(caller.client.engine, caller.client.world, "gateway", caller.app.control, ""), False)
        await anext(stream)
        caller.app.control.stop()
        return len([item async for item in stream])

    assert asyncio.run(asyncio.wait_for(run(), 5)) == 0
