"""How long steps take: histograms for each step and second, with buckets of 2 %, that add up over workers."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Meter", "Series", "percentile", "summary"]

FINE = 50.0  # buckets for each factor of e: one is 2 % wide, its middle at most 1 % off
PERCENTILES = (50, 90, 95, 99, 99.9)
Histogram = dict[int, int]


def bucket(milliseconds: float) -> int:
    """The bucket of a time."""
    return round(math.log(max(milliseconds, 0.001)) * FINE)


def middle(number: int) -> float:
    """The time that a bucket stands for, in milliseconds."""
    return math.exp(number / FINE)


def percentile(histogram: Mapping[int, int], share: float) -> float | None:
    """The time that so many per cent do not exceed, in milliseconds, to 1 %; None for nothing."""
    total = sum(histogram.values())
    left = math.ceil(total * share / 100)
    for number in sorted(histogram):
        left -= histogram[number]
        if left <= 0:
            return round(middle(number), 3)
    return None


class Meter:
    """What one process measures. begin, end: the moments (monotonic) between which steps count; before the first they warm up; None: nothing counts yet."""

    def __init__(self) -> None:
        self.begin: float | None = None
        self.end = math.inf
        self._cells: dict[tuple[str, int], list[Any]] = {}

    def took(self, step: str, intended: float, at: float, failed: bool) -> None:
        """Notes a step that was to begin at a moment and was over at another (monotonic seconds)."""
        if self.begin is None or not self.begin <= intended < self.end:
            return
        key = (step, int(intended - self.begin))
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = [defaultdict(int), 0, 0.0, 0.0, math.inf]
        milliseconds = (at - intended) * 1000
        if failed:
            cell[1] += 1
            return
        cell[0][bucket(milliseconds)] += 1
        cell[2] += milliseconds
        cell[3] = max(cell[3], milliseconds)
        cell[4] = min(cell[4], milliseconds)

    def drain(self) -> list[list[Any]]:
        """What is new: [step, second, {bucket: count}, failures, sum, most, least], for `Series.add`."""
        cells, self._cells = self._cells, {}
        return [[step, second, list(cell[0].items()), *cell[1:]] for (step, second), cell in cells.items()]


class Series:
    """What all workers have measured, by step and second."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, int], list[Any]] = {}

    def add(self, rows: Iterable[list[Any]]) -> None:
        """Adds what a worker has drained."""
        for step, second, counts, failed, total, most, least in rows:
            cell = self.cells.setdefault((step, second), [defaultdict(int), 0, 0.0, 0.0, math.inf])
            for number, count in counts:
                cell[0][number] += count
            cell[1], cell[2], cell[3], cell[4] = cell[1] + failed, cell[2] + total, max(cell[3], most), min(cell[4], least)

    def steps(self) -> list[str]:
        """The steps that were measured."""
        return sorted({step for step, _ in self.cells})

    def seconds(self) -> int:
        """How many seconds were measured."""
        return max((second for _, second in self.cells), default=-1) + 1

    def table(self) -> dict[str, Any]:
        """What the result says of each step (milliseconds)."""
        return {step: summary([cell for (name, _), cell in self.cells.items() if name == step], self.seconds()) for step in self.steps()}

    def over_time(self) -> dict[str, Any]:
        """What the result says of each second, by step."""
        return {step: self._over_time(step) for step in self.steps()}

    def _over_time(self, step: str) -> dict[str, list[Any]]:
        cells = [self.cells.get((step, second)) for second in range(self.seconds())]
        found: dict[str, list[Any]] = {
            "count": [sum(cell[0].values()) if cell else 0 for cell in cells],
            "failures": [cell[1] if cell else 0 for cell in cells],
        }
        return found | {f"p{share}": [percentile(cell[0], share) if cell else None for cell in cells] for share in (50, 95, 99)}


def summary(cells: list[list[Any]], seconds: int) -> dict[str, Any]:
    """Count, failures, rate, and times in milliseconds of one step."""
    whole: Histogram = defaultdict(int)
    for cell in cells:
        for number, count in cell[0].items():
            whole[number] += count
    count, failures = sum(whole.values()), sum(cell[1] for cell in cells)
    found: dict[str, Any] = {"count": count, "failures": failures, "per_second": round((count + failures) / max(seconds, 1), 2)}
    least, most = min(cell[4] for cell in cells), max(cell[3] for cell in cells)
    mean = sum(cell[2] for cell in cells) / count if count else None
    found |= {"min": round(least, 3) if count else None, "mean": round(mean, 3) if mean is not None else None, "max": round(most, 3) if count else None}
    return found | {f"p{share}": percentile(whole, share) for share in PERCENTILES}
