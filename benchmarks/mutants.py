"""How many planted defects `understudy check` finds, by class, beside plain Schemathesis: `python -m benchmarks.mutants`.

Each defect is planted in a mock of its own (tests/mutants) and met by the layers that are named, at the default budget. It counts as found if a
finding has a rule of one of its classes; the clean mock must have none. `--plain FILE` has stock Schemathesis beside it, all phases and checks, on the
same defects: `python -m benchmarks.plain_schemathesis --json FILE` makes that file.
"""

import argparse
import json
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from contract_tests.checks import LAYERS
from contract_tests.options import Options
from contract_tests.rules import described
from contract_tests.running import check
from tests.mutants.planting import Mutant, planted
from tests.mutants.table import mutants

SECONDS = 240.0


@dataclass(frozen=True)
class Result:
    """What came of one defect. by: rules that named it rightly; others: rules of other classes; plain: codes of stock Schemathesis, if it ran."""

    name: str
    backend: str
    classes: tuple[str, ...]
    layer: str
    found: bool
    by: tuple[str, ...]
    others: tuple[str, ...]
    seconds: float
    crashed: tuple[str, ...] = ()
    plain: tuple[str, ...] | None = None


def meet(name: str, layers: tuple[str, ...] | None, plain: tuple[str, ...] | None) -> Result:
    """Checks one planted defect; layers: None for the one that should find it; plain: what stock Schemathesis has found."""
    mutant = mutants()[name]
    with planted(mutant) as server:
        begin = monotonic()
        urls = tuple(f"{service}={url}" for service, url in server.urls.items())
        report = check(Options(mutant.backend, urls=urls, layers=layers or layers_of(mutant), time=SECONDS))
        seconds = monotonic() - begin
    rules = [(item.rule, described(item.rule).class_) for item in report.findings]
    by = tuple(sorted({rule for rule, class_ in rules if class_ in mutant.classes}))
    others = tuple(sorted({rule for rule, class_ in rules if class_ not in mutant.classes}))
    crashed = tuple(f"{item.check.id}: {item.why.splitlines()[0]}" for item in report.outcomes if item.state == "crashed")
    return Result(name, mutant.backend, tuple(mutant.classes), mutant.layer, bool(by), by, others, round(seconds, 1), crashed, plain)


def layers_of(mutant: Mutant) -> tuple[str, ...]:
    """The layers that are run for a defect: sockets alone, the others but Schemathesis together."""
    by_socket = mutant.layer == "realtime" or any(name.startswith("lock") for name in mutant.about)
    return ("realtime",) if by_socket else tuple(item for item in LAYERS if item not in ("realtime", "schema"))


def table(results: list[Result]) -> str:
    """Found and missed per class, as a table in Markdown."""
    classes: dict[str, list[Result]] = defaultdict(list)
    for item in results:
        classes[item.classes[0]].append(item)
    rows = ["| class | planted | found | plain Schemathesis | missed |", "|---|---|---|---|---|"]
    for name in sorted(classes, key=lambda text: (text != "S", int(text[1:] or 0))):
        items = classes[name]
        plain = sum(bool(item.plain) for item in items) if items[0].plain is not None else "-"
        missed = ", ".join(item.name for item in items if not item.found)
        rows.append(f"| {name} | {len(items)} | {sum(item.found for item in items)} | {plain} | {missed} |")
    good = sum(item.found for item in results)
    plain_all: Any = sum(bool(item.plain) for item in results) if results[0].plain is not None else "-"
    rows.append(f"| all | {len(results)} | {good} ({good / len(results):.0%}) | {plain_all} | |")
    return "\n".join(rows)


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="beginnings of mutants' names; without any, all")
    parser.add_argument("--layers", help="comma-separated; without, those that should find each")
    parser.add_argument("--of", default="", help="only those that some layers should find, comma-separated")
    parser.add_argument("--all-layers", action="store_true", help="the default budget: every layer")
    parser.add_argument("--plain", type=Path, help="what stock Schemathesis found, as benchmarks.plain_schemathesis keeps it")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where results are kept")
    given = parser.parse_args()
    layers = LAYERS if given.all_layers else tuple(given.layers.split(",")) if given.layers else None
    of = set(filter(None, given.of.split(",")))
    known = {name: item for name, item in mutants().items() if not of or item.layer in of}
    names = [name for name in known if not given.names or any(name.startswith(item) or item in known[name].classes for item in given.names)]
    plain: dict[str, list[str]] = json.loads(given.plain.read_text(encoding="utf-8")) if given.plain else {}
    results = []
    with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
        for item in pool.map(meet, names, [layers] * len(names), [tuple(plain[name]) if name in plain else None for name in names]):
            results.append(item)
            mark = "found " if item.found else "MISSED"
            print(
                f"{mark} {item.name:<58} {','.join(item.classes):<9} {item.seconds:5.1f} s  {', '.join(item.by or item.others)[:110]} {item.crashed or ''}",
                flush=True,
            )
    print("\n" + table(results))
    if given.json:
        given.json.write_text(json.dumps([asdict(item) for item in results], indent=1) + "\n", encoding="utf-8")
    return 0 if all(item.found for item in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
