"""What is due later, in order of its instant, on the world's clock."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any


class Timers:
    """A queue of (instant, thing); things of one instant keep the order in which they were set."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Any]] = []
        self._number = 0

    def set(self, at: float, thing: Any) -> None:
        """Has a thing fall due at an instant."""
        self._number += 1
        heappush(self._heap, (at, self._number, thing))

    @property
    def next(self) -> float | None:
        """The next instant at which something is due."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> Iterator[tuple[float, Any]]:
        """Takes out what is due, in order; what is set meanwhile and due too comes as well."""
        while self._heap and self._heap[0][0] <= now:
            at, _, thing = heappop(self._heap)
            yield at, thing

    def __len__(self) -> int:
        return len(self._heap)
