"""How busy the two cores of a benchmark are, for whomever; waiting until others let them alone, and doing again what others disturbed."""

import os
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from benchmarks.processes import family

TICKS = os.sysconf("SC_CLK_TCK")
DISTURBED, TRIES, MINUTE = 0.1, 4, 60

Result = TypeVar("Result")


def busy() -> float:
    """Seconds that the two cores of the benchmark have worked, for whomever."""
    cores = [line.split() for line in Path("/proc/stat").read_text().splitlines() if line.startswith(("cpu0 ", "cpu1 "))]
    return sum(int(field) for core in cores for field in (*core[1:4], *core[6:9])) / TICKS


def cpu(pid: int) -> float:
    """Seconds that a process has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Patience:
    """Seconds that a run may wait for others in all; on a machine that is never quiet, it goes on when they are over."""

    def __init__(self, seconds: int) -> None:
        self.left = seconds

    def wait(self) -> None:
        """Until others let both cores alone, a minute at most."""
        for _ in range(min(self.left, MINUTE)):
            before = busy()
            time.sleep(1)
            if busy() - before < DISTURBED:
                return
            self.left -= 1


WAITING = Patience(600)
calm = WAITING.wait


def undisturbed(act: Callable[[], Result], pids: Sequence[int], patient: bool) -> tuple[Result, float]:
    """What an act found, and the share of a core that others had meanwhile; of some tries, if patient, the least disturbed."""
    tries: list[tuple[Result, float]] = []
    while not tries or (patient and WAITING.left and tries[-1][1] > DISTURBED and len(tries) < TRIES):
        if tries:
            calm()
        tries.append(watched(act, pids))
    return min(tries, key=lambda item: item[1])


def watched(act: Callable[[], Result], pids: Sequence[int]) -> tuple[Result, float]:
    """What an act found, and the share of a core that was not worked by these processes, this one or what it has run."""
    since, all_busy, ours = time.perf_counter(), busy(), own(pids)
    result = act()
    passed = time.perf_counter() - since
    return result, round(max(busy() - all_busy - (own(pids) - ours), 0) / passed, 3)


def own(pids: Sequence[int]) -> float:
    """Seconds that were worked for a benchmark."""
    run = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + run.ru_utime + run.ru_stime + sum(cpu(item) for pid in pids for item in family(pid))


def disturbance(shares: Sequence[float]) -> str:
    """Whether other programs had more of the cores than a result should bear."""
    above = sum(share > DISTURBED for share in shares)
    return f"Other programs had more than {DISTURBED:.0%} of a core during {above} of {len(shares)} measurements" + (
        f", up to {max(shares):.0%}." if above else "."
    )
