"""The seeded rows as a module: written for one instant, with what must be known to move them to another."""

from collections.abc import Iterator
from typing import Any

from fixtures.instants import Instant, at
from fixtures.records import Dataset
from understudy.contract.errors import UnderstudyError
from understudy.contract.functions import iso

__all__ = ["fixtures"]

DAY = 86400
Path = tuple[str, ...]


def fixtures(data: Dataset, seed: str, start: float) -> dict[str, Any]:
    """Rows by collection at an instant; where instants stand in them, and of what form; what dates leave out of a day, in seconds."""
    rows = {name: [at(row, start) for row in found.values()] for name, found in data.rows.items()}
    instants = {name: _forms(name, list(found.values())) for name, found in data.rows.items()}
    rests = {name: _rests(list(found.values()), start) for name, found in data.rows.items()}
    return {
        "seed": seed, "start": iso(start), "rows": rows,
        "instants": {name: forms for name, forms in instants.items() if forms}, "rests": {name: found for name, found in rests.items() if found},
    }  # fmt: skip


def _forms(name: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Path -> date-time, date or number. What stands at a path is an instant in every row, or in none."""
    found: dict[Path, str] = {}
    for row in rows:
        found.update({path: item.form for path, item in _leaves(row) if isinstance(item, Instant)})
    for row in rows:
        fixed = next((path for path, item in _leaves(row) if path in found and item is not None and not isinstance(item, Instant)), None)
        if fixed is not None:
            raise UnderstudyError(f"{name}.{'.'.join(fixed)} is an instant in some seeded rows and a fixed text in others: write all of them as `in` or `ago`.")
    return {".".join(path): form for path, form in sorted(found.items())}


def _rests(rows: list[dict[str, Any]], start: float) -> dict[int, dict[str, float]]:
    """Row number -> field -> seconds by which the instant is later than the day that its row says."""
    found: dict[int, dict[str, float]] = {}
    for number, row in enumerate(rows):
        rests = {name: (start + item.offset) % DAY for name, item in row.items() if isinstance(item, Instant) and item.form == "date"}
        if kept := {name: rest for name, rest in rests.items() if rest}:
            found[number] = kept
    return found


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, (*path, "*"))
    else:
        yield path, value
