"""Planted defects that `understudy check` finds, and seconds, beside plain Schemathesis on the same defects."""

from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.setting import Setting
from benchmarks.tables import table


def measure(setting: Setting) -> Any:
    """Each defect in a mock of its own for each of the two. A sample has defects of every class before a second of any."""
    from contract_tests.checks import LAYERS  # only here: what renders results needs none of this
    from tests.mutants.table import mutants

    known = {name: item.classes[0] for name, item in mutants().items()}
    names = sampled(known, setting.defects)
    found = []
    for number, name in enumerate(names):
        found.append(both(name, known[name], tuple(LAYERS)))
        print(f"checks {number + 1}/{len(names)} {name}: {found[-1]}", flush=True)
    return {"defects": found, "planted": len(known)}


def sampled(known: dict[str, str], wanted: int) -> list[str]:
    """So many names, class after class in turns; 0 for all."""
    turns: dict[str, int] = {}
    order = []
    for name, class_ in known.items():
        turns[class_] = turns.get(class_, 0) + 1
        order.append((turns[class_], name))
    return [name for _, name in sorted(order, key=lambda item: item[0])][: wanted or None]


def both(name: str, class_: str, layers: tuple[str, ...]) -> dict[str, Any]:
    """What each finds of one defect, and seconds."""
    from benchmarks.mutants import meet
    from benchmarks.plain_schemathesis import codes
    from tests.mutants.planting import planted
    from tests.mutants.table import mutants

    ours = meet(name, layers, None)
    mutant = mutants()[name]
    with planted(mutant) as server:
        begin = perf_counter()
        plain = sorted(set(codes(mutant.backend, server.urls)))
        seconds = round(perf_counter() - begin, 1)
    return {"name": name, "class": class_, "found": ours.found, "seconds": ours.seconds, "plain": plain, "plain seconds": seconds}


def counts(found: Sequence[Any]) -> tuple[int, int]:
    """Found by ours, and by plain Schemathesis."""
    return sum(item["found"] for item in found), sum(bool(item["plain"]) for item in found)


def render(raw: Any) -> str:
    """Two lines, and what the sample is."""
    found = raw["defects"]
    ours, plain = counts(found)
    rows = [
        ["`understudy check`, every layer", f"{ours} of {len(found)}", f"{median(item['seconds'] for item in found):.1f}"],
        ["Schemathesis, all phases and checks", f"{plain} of {len(found)}", f"{median(item['plain seconds'] for item in found):.1f}"],
    ]
    about = (
        f"{len(found)} of {raw['planted']} planted defects, each class in turn. Found by ours: by a rule of the defect's class; by Schemathesis: any code. "
        "All defects, by class: [CHECKS.md](CHECKS.md)."
    )
    return f"{table(['', 'defects found', 'seconds (median)'], rows)}\n\n{about}"


def plots(raw: Any) -> dict[str, str]:
    """None: two lines need no picture."""
    return {}
