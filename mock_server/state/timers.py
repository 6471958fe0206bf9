"""What is due later, in order of its instant, on the world's clock."""

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

Entry = tuple[float, int, Any]
MOST_LANES = 8
NEVER = float("inf")


class Timers:
    """A queue of (instant, thing); things of one instant keep the order in which they were set.

    Most things are set with one of a few delays, so they come in order already: each such row of them is a lane, to which
    adding and from which taking costs the same however long it is. What fits no lane goes to a heap.
    """

    __slots__ = ("_heap", "_lanes", "_number", "first")

    def __init__(self) -> None:
        self._lanes: list[deque[Entry]] = []
        self._heap: list[Entry] = []
        self._number = 0
        self.first = NEVER  # the instant of the next thing

    def set(self, at: float, thing: Any) -> None:
        """Has a thing fall due at an instant."""
        self._number += 1
        entry = (at, self._number, thing)
        self.first = min(self.first, at)
        for lane in self._lanes:
            if lane[-1][0] <= at:
                lane.append(entry)
                return
        if len(self._lanes) < MOST_LANES:
            self._lanes.append(deque([entry]))
        else:
            heappush(self._heap, entry)

    @property
    def next(self) -> float | None:
        """The next instant at which something is due."""
        return None if self.first == NEVER else self.first

    def due(self, now: float) -> Iterator[tuple[float, Any]]:
        """Takes out what is due, in order; what is set meanwhile and due too comes as well."""
        while self.first <= now:
            at, _, thing = self._take()
            yield at, thing

    def _take(self) -> Entry:
        lane = min(self._lanes, key=_head, default=None)
        if lane is None or (self._heap and self._heap[0][:2] < lane[0][:2]):
            entry = heappop(self._heap)
        else:
            entry = lane.popleft()
            if not lane:
                self._lanes.remove(lane)
        heads = [lane[0][0] for lane in self._lanes]
        self.first = min(*heads, self._heap[0][0] if self._heap else NEVER, NEVER)
        return entry

    def __len__(self) -> int:
        return len(self._heap) + sum(map(len, self._lanes))


def _head(lane: deque[Entry]) -> tuple[float, int]:
    return lane[0][:2]
