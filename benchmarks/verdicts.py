"""Whether the load's verdict fails when it should and only then: `python -m benchmarks.verdicts --runs 100 --json FILE`.

A mock with a planted race (tests/mutants: a moment between check and act) must be found to oversell in at least 99 of 100 runs of ten seconds, and the
clean mock never. Each run has a mock of its own and a seed of its own; the clean one goes through the stories in turn.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from contract_tests.options import Options
from load.driving import Plan, drive
from load.story import story_named
from tests.mutants.planting import planted
from tests.mutants.table import mutants

RACE = "eventplatform-locks-race-for-the-last-seat"
STORIES = ("seat-rush", "mixed", "checkout", "abandon", "reconnect-storm", "platng-onsale", "lock-loop")


@dataclass(frozen=True)
class Run:
    """One run. counts: verdicts that are not 0; failures: of steps."""

    story: str
    seed: str
    raced: bool
    verdict: str
    counts: dict[str, int]
    failures: int
    granted: int


def run(number: int, raced: bool, seconds: float, users: int) -> Run:
    """One run of ten seconds."""
    story = "seat-rush" if raced else STORIES[number % len(STORIES)]
    server: Any = planted(mutants()[RACE]) if raced else nullcontext()
    with server as served, tempfile.TemporaryDirectory(prefix="understudy-load-") as name:
        urls = tuple(f"{service}={url}" for service, url in served.urls.items()) if raced else ()
        options = Options("eventplatform" if raced else "", urls=urls, time=86400.0, seed=str(number))
        result = drive(Plan(story_named(story), options, users, 100.0, seconds, Path(name)))
    counts = {name: item["count"] for name, item in result["verdicts"].items() if item["count"]}
    granted = sum(step["count"] - step["refused"] for step in result["steps"].values())
    return Run(story, str(number), raced, result["verdict"], counts, sum(item["count"] for item in result["failures"]), granted)


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--json", type=Path, help="where results are kept")
    given = parser.parse_args()
    todo = [(number, raced) for number in range(given.runs) for raced in (True, False)]
    with ProcessPoolExecutor(given.at_once, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(run, number, raced, given.seconds, given.users) for number, raced in todo]
        found = []
        for future in waiting:
            found.append(future.result())
            print("raced" if found[-1].raced else "clean", found[-1].story, found[-1].seed, found[-1].verdict, found[-1].counts, found[-1].failures, flush=True)
    raced, clean = [item for item in found if item.raced], [item for item in found if not item.raced]
    print(f"raced: found in {sum('oversold' in item.counts for item in raced)} of {len(raced)}")
    wrong = [item for item in clean if item.counts or item.verdict != "passed"]
    told, granted = dict(Counter(item.story for item in clean)), sum(item.granted for item in clean)
    print(f"clean: failed in {len(wrong)} of {len(clean)} ({told}), {granted:,} steps granted")
    if given.json:
        given.json.write_text(json.dumps([asdict(item) for item in found], indent=1) + "\n", encoding="utf-8")
    return 1 if wrong or sum("oversold" in item.counts for item in raced) < 0.99 * len(raced) else 0


if __name__ == "__main__":
    raise SystemExit(main())
