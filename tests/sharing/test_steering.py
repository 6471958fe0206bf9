"""What is steered at one process, where that is more than rows, clock and faults."""

from collections.abc import Sequence

import redis

from mock_server.steering import edits

from .redis_server import RedisServer
from .steered import START, Process, Run


def test_a_reset_forgets_what_was_counted_against_limits_for_all(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        def calls() -> list[int]:
            return [process.engine.world.throttle.count(("a", 1), 3, 60, START).left for process in processes]

        assert calls() == [2, 1]
        await processes[0].steer("POST", "/reset")
        assert calls() == [2, 1]
        assert processes[1].engine.world.throttle.count(("a", 1), 3, 60, START).left == 0

    run(scenario)


def test_worlds_are_listed_made_once_and_forgotten_for_all(run: Run, redis_server: RedisServer) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        first.request("PATCH", "/api/events/1", {"eventName": "x"}, world="made-here")
        assert [item["name"] for item in await second.steer("GET", "/worlds")] == ["default", "made-here"]
        assert (await second.steer("POST", "/worlds", {"name": "made-here"}))[0] == 409
        assert (await second.steer("GET", "/worlds/made-here"))["requests"] == 1
        assert (await second.steer("DELETE", "/worlds/made-here"))["name"] == "made-here"
        assert [[item["name"] for item in await process.steer("GET", "/worlds")] for process in processes] == [["default"]] * 2
        assert not redis.Redis.from_url(redis_server.url).keys("*made-here*")

    run(scenario)


def test_a_world_that_is_made_by_one_has_its_rows_and_its_clock_at_all(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, _ = processes
        await first.steer("POST", "/worlds", {"name": "made", "now": "2026-05-05T12:00:00Z"})
        told = [await process.steer("GET", "/worlds/made") for process in processes]
        assert {item["now"][:16] for item in told} == {"2026-05-05T12:00"}
        assert [process.request("GET", "/api/events/1", world="made").status for process in processes] == [200, 200]
        assert told[0]["rows"] == told[1]["rows"] == (await first.steer("GET", "/worlds/default"))["rows"]

    run(scenario)


def test_who_looks_first_at_a_world_of_another_process_sees_what_is_there(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        first.request("GET", "/api/events/1", world="far")
        edits.change(first.engine, first.engine.worlds.use("far"), "events", "1", {"eventName": "Changed"})
        assert (await second.steer("GET", "/state/events/1", x_understudy_world="far"))["eventName"] == "Changed"

    run(scenario)


def test_a_world_that_was_forgotten_begins_anew(run: Run) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        names = []
        for process in (first, second):
            await process.steer("POST", "/worlds", {"name": "again"})
            names.append(process.request("GET", "/api/events/1", world="again").json["eventName"])
            world = process.engine.worlds.use("again")
            edits.change(process.engine, world, "events", "1", {"eventName": "Changed"})
            assert first.request("GET", "/api/events/1", world="again").json["eventName"] == "Changed"
            await second.steer("DELETE", "/worlds/again")
        assert names == [first.request("GET", "/api/events/1").json["eventName"]] * 2

    run(scenario)


def test_a_fault_strikes_as_often_as_it_may_in_all_processes_together(run: Run, redis_server: RedisServer) -> None:
    async def scenario(processes: Sequence[Process]) -> None:
        first, second = processes
        for _ in range(2):  # one of the same name counts anew
            await first.steer("POST", "/faults", {"id": "twice", "kind": "status", "status": 503, "times": 3, "match": {"operation": "listEvents"}})
            statuses = []
            for number in range(6):
                statuses.append(processes[number % 2].request("GET", "/api/events").status)
                if number == 0:
                    assert [(await process.steer("GET", "/faults/twice"))["hits"] for process in processes] == [1, 1]
            assert statuses == [503, 503, 503, 200, 200, 200]
        await second.steer("DELETE", "/faults")
        assert redis.Redis.from_url(redis_server.url).hlen(first.engine.world.share.key("hits")) <= 1
        await second.steer("GET", "/faults")
        assert redis.Redis.from_url(redis_server.url).hlen(first.engine.world.share.key("hits")) == 0

    run(scenario)
