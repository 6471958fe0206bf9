"""One log for all processes: whoever is asked tells of all calls, in one order and under the same numbers."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
import redis

from mock_server.sharing import lines
from mock_server.sharing.log import SharedLog
from mock_server.steering import edits

from .redis_server import RedisServer
from .steered import Process, Run


def test_every_process_tells_of_all_calls_in_the_order_in_which_they_were_made(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        for number in range(1, 7):
            processes[number % 2].request("GET", f"/api/events/{number}")
        told = [(await process.steer("GET", "/requests"))["requests"] for process in processes]
        assert [line["path"] for line in told[0]] == [f"/api/events/{number}" for number in range(1, 7)]
        assert [line["id"] for line in told[0]] == [1, 2, 3, 4, 5, 6]
        assert told[0] == told[1]

    run(scenario)


def test_commits_are_told_in_their_order_even_if_the_clocks_of_machines_differ(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = iter((0, -5, -10, -15, -20))
    monkeypatch.setattr("mock_server.sharing.log.wall", lambda: time.time() + next(slow))

    async def scenario(processes: Sequence[Process]) -> None:
        credential = processes[0].token()
        for number in range(4):
            processes[number % 2].request("POST", "/api/events/tickets/reserve", {"eventId": 1, "categoryId": 1, "quantity": 1 + number}, credential)
        told = [line["request"]["body"]["quantity"] for line in await processes[0].lines(path="*reserve")]
        assert told == [1, 2, 3, 4]

    run(scenario)


def test_what_was_answered_before_somebody_asks_is_told(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        for number in range(20):
            processes[number % 2].request("GET", "/api/events")
            assert len(await processes[(number + 1) % 2].lines(operation="listEvents")) == number + 1

    run(scenario)


def test_numbers_stay_and_lines_are_found_by_them(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        first.request("GET", "/api/events/1")
        assert (await second.steer("GET", "/requests/1"))["operation"] == "getEvent"
        second.request("GET", "/api/events")
        assert [(await process.steer("GET", "/requests/1"))["operation"] for process in processes] == ["getEvent"] * 2
        assert [(await process.steer("GET", "/requests/2"))["operation"] for process in processes] == ["listEvents"] * 2
        assert await first.steer("GET", "/requests/3") == (404, "There is no line 3 in the log; it holds 2.")
        assert [line["id"] for line in (await second.steer("GET", "/requests?after=1"))["requests"]] == [2]

    run(scenario)


CRITERIA = (
    {"operation": "getEvent"}, {"status": 404}, {"violations": True}, {"method": "post", "user": "user@*"}, {"stage": "route"}, {"body": {"eventId": "x"}},
    {"path": "/api/events/*"}, {"kind": "frame"}, {"text": "nowhere"}, {"service": "gateway"},
)  # fmt: skip


async def counts(process: Process) -> list[int]:
    """How many lines fit each of some criteria."""
    return [(await process.steer("POST", "/requests/count", given))["count"] for given in CRITERIA]


def test_criteria_count_the_calls_of_all(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        alone = Process(None)
        for process in (*processes, alone, alone):
            process.request("GET", "/api/events/1")
            process.request("GET", "/api/events/999")
            process.request("POST", "/api/orders", {"eventId": "x"}, process.token())
            process.request("GET", "/nowhere")
        expected = await counts(alone)
        assert expected[:2] == [4, 4]
        assert [await counts(process) for process in processes] == [expected] * 2

    run(scenario)


def shown(process: Process) -> list[Any]:
    """The lines of a process alone, whole."""
    records, world = process.app.control.records, process.engine.world
    return [records.render(world, line) for line in world.log]


def test_a_line_says_the_same_elsewhere_as_where_it_was_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []
    append = SharedLog.append
    monkeypatch.setattr(SharedLog, "append", lambda log, line: (written.append(line), append(log, line))[1])

    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        credential = first.token()
        first.request("POST", "/api/orders", {"eventId": 1, "categoryId": 1, "quantity": 1}, credential)
        first.request("POST", "/api/orders", {"eventId": "é", "note": "x" * 70_000}, credential)
        first.request("GET", "/api/events?__code=404")
        first.request("GET", "/api/orders/1")
        first.request("PUT", "/api/orders/1/nothing?token=secret")
        await first.steer("POST", "/faults", {"kind": "truncate", "bytes": 3})
        first.request("GET", "/api/events")
        monkeypatch.setattr("mock_server.engine.headers.finished", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            first.request("GET", "/api/events/1")
        first.connect("s1")
        socket = first.engine.world.rooms.sockets["s1"]
        first.engine.realtime.take(socket, "lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 0})
        first.engine.realtime.take(socket, "nonsense", [1])
        records, world = first.app.control.records, first.engine.world
        there = await second.lines()
        expected = [records.render(world, line) for line in written]
        assert [{**line, "id": 0} for line in there] == [{**line, "id": 0} for line in expected]
        assert len(there) >= 12

    run(scenario)


def kept(process: Process, redis_server: RedisServer) -> int:
    """How many lines Redis keeps."""
    return int(redis.Redis.from_url(redis_server.url).xlen(process.engine.world.share.key("lines")))  # type: ignore[arg-type]


def test_clearing_forgets_the_lines_that_others_have_and_those_that_they_had_not_told_yet(run: Run, redis_server: RedisServer) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        first.request("GET", "/api/events")
        assert len(await second.lines()) == 1
        second.request("GET", "/api/events")
        assert await first.steer("DELETE", "/requests") == {"count": 2}
        assert [await process.lines() for process in processes] == [[], []]
        assert kept(first, redis_server) == 0
        second.request("GET", "/api/events/1")
        for process in processes:
            assert [(line["id"], line["operation"]) for line in await process.lines()] == [(3, "getEvent")]

    run(scenario)


def test_a_reset_forgets_the_lines_of_all_and_closes_the_sockets_of_all(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        second.request("GET", "/api/events")
        second.connect("s2")
        await first.steer("POST", "/reset")
        assert [await process.lines() for process in processes] == [[], []]
        second.request("GET", "/api/events/1")
        assert [line["operation"] for line in await first.lines()] == ["getEvent"]
        assert second.hung == ["s2"]

    run(scenario)


def test_the_oldest_lines_go_when_there_are_too_many_in_all_processes(run: Run, redis_server: RedisServer) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        for process in processes:
            process.engine.world.log.most = 5
        for rounds in (3, 12):
            for number in range(rounds):
                processes[number % 2].request("GET", f"/api/events/{number}")
            told = [[line["path"] for line in await process.lines()] for process in processes]
            assert told[0] == told[1] == [f"/api/events/{number}" for number in range(rounds)][-5:]
        assert [line["id"] for line in await processes[0].lines()][-1] == 3 + 10  # what a process drops unpublished has no number
        for number in range(3):
            processes[1].request("GET", "/api/events")
            assert [line["id"] for line in await processes[0].lines()] == list(range(10 + number, 15 + number))
            assert kept(processes[0], redis_server) == 5

    run(scenario)


def test_the_oldest_lines_go_when_all_processes_keep_too_many_bytes(run: Run, redis_server: RedisServer) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        for process in processes:
            process.engine.world.log.largest = 21_000
        for number in range(10):
            processes[number % 2].request("POST", "/api/orders", {"number": number, "note": "x" * 5000})
            await processes[0].lines()
        told = [[line["request"]["body"]["number"] for line in await process.lines()] for process in processes]
        assert told[0] == told[1] == [7, 8, 9]
        assert [process.engine.world.log.bytes <= 21_000 for process in processes] == [True, True]
        assert kept(processes[0], redis_server) == 3

    run(scenario)


def test_what_nobody_reads_is_bounded_too(run: Run, redis_server: RedisServer) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, _ = processes
        log = first.engine.world.share.log
        log.most = 6
        for number in range(15):
            first.request("GET", f"/api/events/{number}")
            log.flush()
        assert redis.Redis.from_url(redis_server.url).llen(first.engine.world.share.key("lines", "of", first.link.worker)) == 6
        log.most, log.largest = 100, 8000
        for _ in range(15):
            first.request("POST", "/api/orders", {"note": "x" * 500})
        log.flush()
        assert redis.Redis.from_url(redis_server.url).llen(first.engine.world.share.key("lines", "of", first.link.worker)) in (2, 3)

    run(scenario)


def test_lines_are_published_before_anybody_asks_so_that_those_of_a_killed_process_are_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.transports.listening.PUBLISHING", 0.02)

    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        first.request("GET", "/api/events")
        await asyncio.sleep(0.2)
        first.engine.peers.hear = lambda _: None  # it is dead
        monkeypatch.setattr("mock_server.sharing.peers.ANSWER", 0.1)
        assert [line["operation"] for line in await second.lines()] == ["listEvents"]

    run(scenario)


def test_who_does_not_answer_is_not_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        monkeypatch.setattr("mock_server.sharing.peers.ANSWER", 0.2)
        first.engine.peers.hear = lambda _: None
        second.request("GET", "/api/events")
        begin = time.monotonic()
        assert len(await second.lines()) == 1
        assert 0.2 <= time.monotonic() - begin < 2

    run(scenario)


def test_worlds_have_logs_of_their_own(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        first.request("GET", "/api/events", world="other")
        first.request("GET", "/api/events/1")
        assert [line["operation"] for line in await second.lines()] == ["getEvent"]
        told = await first.steer("GET", "/worlds")
        assert [(item["name"], item["requests"]) for item in told] == [("default", 1), ("other", 1)]

    run(scenario)


CALLS: tuple[tuple[Any, ...], ...] = (
    ("GET", "/requests"), ("GET", "/requests/1"), ("POST", "/requests/find", {}), ("POST", "/requests/count", {}), ("DELETE", "/requests"), ("GET", "/sockets"),
    ("POST", "/sockets/s1/kick"), ("POST", "/emit", {"message": "order-completed"}), ("GET", "/worlds"), ("GET", "/events"), ("GET", "/state"),
    ("PUT", "/clock", {"frozen": True}), ("POST", "/reset"), ("POST", "/faults", {"kind": "reset"}), ("GET", "/snapshots"),
)  # fmt: skip


def test_without_redis_the_control_api_says_so(run: Run, redis_server: RedisServer) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, _ = processes
        first.request("GET", "/api/events")
        redis_server.stop()
        try:
            refused = [await first.steer(*call) for call in CALLS]
            health = await first.steer("GET", "/health")
        finally:
            redis_server.start()
        assert [status for status, _ in refused] == [503] * len(CALLS)
        assert all(error.startswith("What is shared with other processes can't be reached now: ") for _, error in refused)
        assert health["status"] == "ready"
        end = time.monotonic() + 10
        while isinstance(await first.steer("GET", "/requests"), tuple) and time.monotonic() < end:
            await asyncio.sleep(0.1)
        assert [line["operation"] for line in await first.lines()][:1] == ["listEvents"]  # it had waited

    run(scenario)


def test_who_looks_at_one_process_hears_of_all(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        heard: list[tuple[str, Any]] = []
        second.engine.feed.listeners.append(lambda kind, _world, thing: heard.append((kind, thing)))
        with second.engine.peers.watching(second.engine.world, every=False):
            first.request("GET", "/api/events/1")
            second.request("GET", "/api/events")
            await first.steer("PUT", "/clock", {"frozen": True})
            await first.steer("PATCH", "/state/events/1", {"eventName": "Changed"})
            await asyncio.sleep(0.5)
            first.request("GET", "/api/events/2")
            await asyncio.sleep(0.5)
        kinds = [kind for kind, _ in heard]
        assert (kinds.count("log"), kinds.count("clock"), kinds.count("state")) == (3, 1, 1)
        assert sorted(line.number for kind, line in heard if kind == "log") == [1, 2, 3]
        assert [line.plan.operation.id for kind, line in heard if kind == "log"][-1] == "getEvent"

    run(scenario)


def test_lines_that_nobody_looks_at_are_not_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers, read = [], lines.read
    monkeypatch.setattr(lines, "read", lambda engine, number, *more: (numbers.append(number), read(engine, number, *more))[1])

    async def scenario(processes: Sequence[Process]) -> None:
        for number in range(5):
            processes[0].request("GET", f"/api/events/{number}")
        await asyncio.sleep(0.4)
        assert len(processes[1].engine.world.log) == 0
        assert (await processes[1].steer("GET", "/requests?limit=1"))["total"] == 5
        assert numbers == [5]

    run(scenario)


def test_what_can_not_be_answered_and_a_connection_that_is_cut_end_nothing(run: Run, redis_server: RedisServer) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        client = redis.Redis.from_url(redis_server.url)
        client.publish(first.engine.peers.all, b'{"ask": "nonsense", "by": "somebody", "number": 1, "world": null, "given": {}}')
        client.publish(first.engine.peers.all, b"no JSON")
        client.client_kill_filter(_type="pubsub")
        await asyncio.sleep(0.1)
        assert not first.engine.peers.ready.is_set()
        first.request("GET", "/api/events")
        await asyncio.gather(*(process.engine.peers.ready.wait() for process in processes))
        assert [len(await process.lines()) for process in processes] == [1, 1]
        assert len(await second.lines(operation="listEvents")) == 1

    run(scenario)


def test_numbers_beyond_64_bits_and_broken_texts_are_told_too(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        socket = first.connect("s1")
        for data in ({"eventId": 10**30}, {"eventId": "\ud800"}, {"eventId": b"\xff"}, {1: float("nan")}):
            first.engine.realtime.take(socket, "join-event-room", data)
        told = [line["data"] for line in await second.lines(socket="s1", message="join-event-room")]
        assert (len(told), told[1]) == (5, {"eventId": 10**30})

    run(scenario)


def test_a_row_with_a_number_beyond_64_bits_is_the_same_at_all(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        edits.change(first.engine, first.engine.world, "events", "1", {"location": "x", "description": "1" * 40})
        unit = first.engine.world.store.begin()
        row = unit.get("events", 1)
        unit.put("events", 1, {**row, "note": 10**30})
        unit.commit()
        first.engine.world.share.publish_all()
        second.engine.world.share.catch_up()
        assert second.engine.world.store.begin().get("events", 1)["note"] == 10**30

    run(scenario)
