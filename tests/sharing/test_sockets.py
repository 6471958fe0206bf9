"""The sockets of all processes: listed, closed and written to wherever they are."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from .steered import Process, Run


def test_every_process_lists_the_sockets_of_all_and_says_whose_they_are(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        second.connect("s1", 1)
        first.connect("s2", 2)
        told = [await process.steer("GET", "/sockets") for process in processes]
        assert told[0] == told[1]
        assert [(item["id"], item["process"]) for item in told[0]] == [("s1", second.link.worker), ("s2", first.link.worker)]
        assert told[0][0] | {"process": ""} == {
            "id": "s1", "channel": "realtime/realtime", "account": 1, "user": "user@example.com", "address": "", "opened": "2026-01-01T00:00:01.000Z",
            "rooms": ["user:1", "event:1"], "process": "",
        }  # fmt: skip
        assert [item["sockets"] for item in await first.steer("GET", "/worlds")] == [2]

    run(scenario)


def test_a_process_that_is_alone_says_nothing_of_processes() -> None:
    async def scenario() -> None:
        process = Process(None)
        process.connect("s1")
        (told,) = await process.steer("GET", "/sockets")
        assert "process" not in told
        assert "process" not in await process.steer("POST", "/sockets/s1/kick")

    asyncio.run(scenario())


def test_a_socket_is_closed_wherever_it_is(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        second.connect("s1")
        second.connect("s2")
        gone = await first.steer("POST", "/sockets/s1/kick", {"code": 4001, "reason": "enough"})
        assert (gone["id"], gone["process"], second.hung) == ("s1", second.link.worker, ["s1"])
        assert [item["id"] for item in await first.steer("GET", "/sockets")] == ["s2"]
        assert await first.steer("POST", "/sockets/s1/kick") == (404, "There is no socket 's1'; 1 are open.")

    run(scenario)


def test_a_message_to_a_room_counts_all_that_got_it(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        for number in range(3):
            second.connect(f"far-{number}")
        first.connect("near")
        for process in processes:
            process.frames.clear()
        assert (await first.steer("POST", "/emit", {"message": "order-completed", "row": 1}))["sockets"] == 4
        assert (len(first.frames), len(second.frames)) == (1, 3)
        assert (await first.steer("POST", "/emit", {"message": "order-completed", "row": 1, "room": "nobody"}))["sockets"] == 0
        (line,) = await second.lines(message="order-completed")
        assert (line["count"], sorted(line["sockets"])) == (4, ["far-0", "far-1", "far-2", "near"])

    run(scenario)


def test_a_message_to_one_socket_reaches_it_wherever_it_is(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        second.connect("s1")
        second.connect("s2")
        second.frames.clear()
        given = {"message": "order-completed", "row": 1, "socket": "s1"}
        assert (await first.steer("POST", "/emit", given))["sockets"] == 1
        assert second.frames == [("s1", "order-completed")]
        assert (await first.steer("POST", "/emit", {**given, "data": 5}))[0] == 400
        assert await first.steer("POST", "/emit", {**given, "socket": "s9"}) == (404, "There is no socket 's9'; 2 are open.")

    run(scenario)


def test_what_sockets_of_several_processes_are_told_is_one_line(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        first.connect("near")
        locking = first.connect("locking", 2)
        second.connect("far")
        first.engine.realtime.take(locking, "lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 1})
        second.engine.world.share.catch_up()
        for process in processes:
            (line,) = await process.lines(message="availability-update")
            assert (line["count"], set(line["sockets"])) == (3, {"near", "locking", "far"})

    run(scenario)


def test_what_a_socket_says_at_one_process_is_told_by_all(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        socket = first.connect("s1")
        first.engine.realtime.close(socket, first.engine.world, "gone")
        said = [line["message"] for line in await second.lines(socket="s1", direction="in")]
        assert said == ["open", "join-event-room", "close"]

    run(scenario)


def test_sockets_of_a_process_that_does_not_answer_are_left_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        second.connect("s1")
        first.connect("s2")
        monkeypatch.setattr("mock_server.sharing.peers.ANSWER", 0.1)
        second.engine.peers.hear = lambda _: None
        assert [item["id"] for item in await first.steer("GET", "/sockets")] == ["s2"]
        await second.stop()
        monkeypatch.setattr("mock_server.sharing.peers.ANSWER", 60)  # one that has ended is not waited for
        told: Any = await asyncio.wait_for(first.steer("GET", "/sockets"), 5)
        assert [item["id"] for item in told] == ["s2"]

    run(scenario)


def test_a_message_is_rendered_once_for_all_processes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        for process in processes:
            process.connect(f"at-{process.link.worker}")
        rendered: list[str] = []
        text = first.engine.realtime.text

        def counted(call: Any, line: Any, message: str, data: Any) -> bytes:
            rendered.append(message)
            return text(call, line, message, data)

        monkeypatch.setattr(first.engine.realtime, "text", counted)
        first.frames.clear()
        assert first.request("POST", "/api/orders", {"eventId": 1, "categoryId": 1, "quantity": 1}, first.token()).status == 201
        await second.lines()
        assert ("availability-update" in [name for _, name in first.frames], rendered) == (True, ["availability-update"])

    run(scenario)
