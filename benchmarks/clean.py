"""What the checks find at their own mock, which is nothing: `python -m benchmarks.clean --runs 20 --json FILE`.

Each run has a seed of its own and a mock of its own, at the default budget, every layer.
"""

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from contract_tests.options import Options
from contract_tests.running import check
from understudy.contract.reader import backend_names


@dataclass(frozen=True)
class Run:
    """One run. findings: ids of what was found; crashed: ids of checks that failed by themselves."""

    backend: str
    seed: str
    seconds: float
    checks: int
    requests: int
    findings: tuple[str, ...]
    crashed: tuple[str, ...]
    ended: str


def run(backend: str, seed: str, quick: bool) -> Run:
    """Checks a backend's own mock."""
    report = check(Options(backend, seed=seed, quick=quick))
    crashed = tuple(item.check.id for item in report.outcomes if item.state == "crashed")
    found = tuple(f"{item.id}: {item.title}" for item in report.findings)
    return Run(backend, seed, round(report.seconds, 1), len(report.outcomes), report.requests, found, crashed, report.ended)


def table(runs: list[Run]) -> str:
    """One line for each backend."""
    by_backend: dict[str, list[Run]] = defaultdict(list)
    for item in runs:
        by_backend[item.backend].append(item)
    rows = ["| backend | runs | with findings | crashed checks | checks | requests | seconds (least, median, most) |", "|---|---|---|---|---|---|---|"]
    for name, items in by_backend.items():
        seconds = [item.seconds for item in items]
        rows.append(
            f"| {name} | {len(items)} | {sum(bool(item.findings) for item in items)} | {sum(len(item.crashed) for item in items)} | {items[0].checks} "
            f"| {round(median(item.requests for item in items))} | {min(seconds)}, {median(seconds)}, {max(seconds)} |"
        )
    return "\n".join(rows)


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backends", nargs="*", default=backend_names())
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, help="where results are kept")
    given = parser.parse_args()
    runs = []
    for seed in range(given.first, given.first + given.runs):
        for backend in given.backends:
            runs.append(run(backend, str(seed), given.quick))
            print(backend, seed, f"{runs[-1].seconds} s", runs[-1].ended, *runs[-1].findings, *runs[-1].crashed, flush=True)
    print("\n" + table(runs))
    if given.json:
        given.json.write_text(json.dumps([asdict(item) for item in runs], indent=1) + "\n", encoding="utf-8")
    return 1 if any(item.findings or item.crashed for item in runs) else 0


if __name__ == "__main__":
    raise SystemExit(main())
