"""The load generator against the light client of the socket benchmark, what the ledger costs, and a thousand sockets in one worker.

    python -m benchmarks.load [--rounds 3] [--seconds 6] [--clients 50] [--only ratio ledger sockets]

The server (the mock, without its rate limit) has core 0, the generator core 1. Rounds are interleaved, medians are printed. A round trip is a lock or
an unlock that has been answered; each is told to every client of the room. Ten clients lock.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.sockets import LOCKERS, lock_and_unlock, run
from benchmarks.sockets_servers import Server, documents, serving
from contract_tests.options import Options
from load.driving import Plan, drive
from load.story import story_named

SPAWN = 100.0


def light(server: Server, clients: int, seconds: float) -> float:
    """Round trips a second of the light client."""
    return float(run(lock_and_unlock(server, clients, seconds)).trips)


def generator(server: Server, clients: int, seconds: float, ledger: bool = True) -> float:
    """Round trips a second of one Locust process, all that it measures and keeps included. Raises SystemExit where a verdict is broken."""
    result = loaded(server, clients, seconds, ledger)
    return float(sum(result["steps"][name]["count"] for name in ("lock", "unlock"))) / seconds


def loaded(server: Server, clients: int, seconds: float, ledger: bool = True) -> dict[str, Any]:
    """The result of a run of `lock-loop`."""
    with tempfile.TemporaryDirectory(prefix="understudy-load-") as name:
        options = Options(documents()[0], urls=tuple(f"{service}={url}" for service, url in server.urls.items()), time=86400.0)
        environment = {} if ledger else {"LOAD_LEDGER_OFF": "1"}
        plan = Plan(story_named("lock-loop"), options, clients, SPAWN, seconds, Path(name), 2.0, given=(f"lockers={LOCKERS}",), environment=environment)
        result = drive(plan)
    wrong = {name: item["count"] for name, item in result["verdicts"].items() if item["count"]}
    if (ledger and wrong) or result["failures"]:
        raise SystemExit(f"The run is worth nothing: {wrong} {result['failures']}")
    return result


def medians(ways: dict[str, Callable[[Server], float]], rounds: int) -> dict[str, list[float]]:
    """What each way found, round by round, each with a fresh server."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            with serving("ours") as server:
                found[name].append(way(server))
    return found


def show(found: dict[str, list[float]], against: str) -> None:
    base = statistics.median(found[against])
    print("| | round trips/s (median) | of all rounds | ratio |\n|---|---|---|---|")
    for name, values in found.items():
        middle = statistics.median(values)
        print(f"| {name} | {middle:,.0f} | {', '.join(f'{value:,.0f}' for value in values)} | {middle / base:.2f} |")


def sockets(seconds: float) -> None:
    """A thousand sockets in one worker: what is printed is what it took."""
    with serving("ours") as server:
        result = loaded(server, 1000, seconds)
    for name, step in result["steps"].items():
        print(f"{name}: {step['count']} in {seconds:g} s, p50 {step['p50']} ms, p99 {step['p99']} ms, failures {step['failures']}")
    print(f"users {result['run']['users']}, warnings {result['warnings'] or 'none'}, verdict {result['verdict']}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--only", nargs="*", default=["ratio", "ledger", "sockets"])
    given = parser.parse_args()
    os.sched_setaffinity(0, {1})
    if "ratio" in given.only:
        ways = {"light client": lambda s: light(s, given.clients, given.seconds), "load": lambda s: generator(s, given.clients, given.seconds)}
        show(medians(ways, given.rounds), "light client")
    if "ledger" in given.only:
        both = {"without ledger": lambda s: generator(s, given.clients, given.seconds, False), "with": lambda s: generator(s, given.clients, given.seconds)}
        show(medians(both, given.rounds), "without ledger")
    if "sockets" in given.only:
        sockets(given.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
