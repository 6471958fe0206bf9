"""What is due later, in order of its instant, on the world's clock."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Any

Entry = list[Any]  # instant, number, thing (None once it is cancelled), name
MOST_LANES = 8
MOST_DEAD = 1000
NEVER = float("inf")


class Timers:
    """A queue of (instant, thing); things of one instant keep the order in which they were set.

    Most things are set with one of a few delays, so they come in order already: each such row of them is a lane, to which
    adding and from which taking costs the same however long it is. What fits no lane goes to a heap. What is cancelled leaves
    an empty entry behind; there are never more of these than of others, or than MOST_DEAD.
    """

    __slots__ = ("_dead", "_heap", "_lanes", "_named", "_number", "first", "sooner")

    def __init__(self) -> None:
        self._lanes: list[deque[Entry]] = []
        self._heap: list[Entry] = []
        self._named: dict[Hashable, Entry] = {}
        self._number = self._dead = 0
        self.first = NEVER  # the instant of the next thing
        self.sooner: Callable[[], None] | None = None  # told when something is due earlier than all that was set before

    def set(self, at: float, thing: Any, name: Hashable = None) -> None:
        """Has a thing fall due at an instant. name: by which it can be cancelled."""
        self._number += 1
        entry = [at, self._number, thing, name]
        if name is not None:
            self._named[name] = entry
        self._add(entry)
        if at < self.first:
            self.first = at
            if self.sooner is not None:
                self.sooner()

    def _add(self, entry: Entry) -> None:
        for lane in self._lanes:
            if lane[-1][0] <= entry[0]:
                lane.append(entry)
                return
        if len(self._lanes) < MOST_LANES:
            self._lanes.append(deque([entry]))
        else:
            heappush(self._heap, entry)

    def cancel(self, name: Hashable) -> None:
        """Has a thing that was set under a name not fall due, if it is still to come."""
        entry = self._named.pop(name, None)
        if entry is None:
            return
        entry[2] = entry[3] = None
        self._dead += 1
        if self._dead > max(MOST_DEAD, len(self)):
            self._sweep()

    def _sweep(self) -> None:
        """Leaves the empty entries out."""
        kept = (deque(entry for entry in lane if entry[2] is not None) for lane in self._lanes)
        self._lanes = [lane for lane in kept if lane]
        self._heap = [entry for entry in self._heap if entry[2] is not None]
        heapify(self._heap)
        self._dead = 0
        self._look()

    @property
    def next(self) -> float | None:
        """The next instant at which something is due."""
        return None if self.first == NEVER else self.first

    def due(self, now: float) -> Iterator[tuple[float, Any]]:
        """Takes out what is due, in order; what is set meanwhile and due too comes as well."""
        while self.first <= now:
            at, _, thing, name = self._take()
            if thing is None:
                self._dead -= 1
                continue
            if name is not None:
                del self._named[name]
            yield at, thing

    def entries(self) -> list[tuple[float, Any, Hashable]]:
        """What is to come, in order: instant, thing, name."""
        every = [entry for lane in [*self._lanes, self._heap] for entry in lane if entry[2] is not None]
        return [(at, thing, name) for at, _, thing, name in sorted(every, key=lambda entry: (entry[0], entry[1]))]

    def replace(self, entries: Iterable[tuple[float, Any, Hashable]]) -> None:
        """Forgets everything and sets other things."""
        self._lanes, self._heap, self._named, self._dead, self.first = [], [], {}, 0, NEVER
        for at, thing, name in entries:
            self.set(at, thing, name)

    def _take(self) -> Entry:
        lane = min(self._lanes, key=_head, default=None)
        if lane is None or (self._heap and self._heap[0][:2] < lane[0][:2]):
            entry = heappop(self._heap)
        else:
            entry = lane.popleft()
            if not lane:
                self._lanes.remove(lane)
        self._look()
        return entry

    def _look(self) -> None:
        heads = [lane[0][0] for lane in self._lanes]
        self.first = min(*heads, self._heap[0][0] if self._heap else NEVER, NEVER)

    def __len__(self) -> int:
        return len(self._heap) + sum(map(len, self._lanes)) - self._dead


def _head(lane: deque[Entry]) -> tuple[float, int]:
    return lane[0][0], lane[0][1]
