"""What is steered at one process, where that is more than rows, clock and faults."""

from collections.abc import Sequence

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
