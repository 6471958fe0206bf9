"""How long a test waits until its mock has answered once: `python -m benchmarks.mocks` prints medians, beside a process of `understudy mock`."""

import statistics
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter

from understudy.testing import MockFactory

BACKEND = "eventplatform"


def median(act: Callable[[int], object], times: int) -> float:
    """Milliseconds that something takes."""
    taken = []
    for number in range(times):
        begin = perf_counter()
        act(number)
        taken.append(perf_counter() - begin)
    return statistics.median(taken) * 1000


def process(_number: int) -> None:
    """Starts `understudy mock`, waits until it answers, ends it."""
    with subprocess.Popen([sys.executable, "-m", "understudy", "mock", BACKEND, "--port", "0", "--json"], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        started.terminate()


def main() -> None:
    with MockFactory() as make:
        first = median(lambda _: make(BACKEND).health(), 1)
        mock = make(BACKEND)
        again = median(lambda _: (make.forget(), make(BACKEND).health()), 200)
        world = median(lambda _: mock.fresh().health(), 200)
        other = median(lambda number: make(BACKEND, seed=str(number)).health(), 10)
    whole = median(process, 3)
    for what, taken in {"first in this process": first, "served already": again, "another world": world, "a server of its own": other}.items():
        print(f"{what:<24}{taken:9.2f} ms, {whole / taken:8.1f} times as quick as a process ({whole:.0f} ms)")


if __name__ == "__main__":
    main()
