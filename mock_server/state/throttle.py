"""Rate limits: at most so many calls in a sliding window."""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SWEEP = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit. wait: whole seconds until another call is allowed, 0 if it is now."""

    limit: int
    left: int
    wait: int
    reset: int


class Throttle:
    """The calls of one world, by what is counted."""

    def __init__(self) -> None:
        self.calls: dict[Any, deque[float]] = {}

    def count(self, key: Any, limit: int, window: float, now: float) -> Allowance:
        """Counts a call at an instant, unless the limit is reached."""
        calls = self.calls.setdefault(key, deque())
        while calls and calls[0] <= now - window:
            calls.popleft()
        full = len(calls) >= limit
        if not full:
            calls.append(now)
        reset = max(1, math.ceil(calls[0] + window - now))
        if len(self.calls) > SWEEP:
            self.calls = {name: kept for name, kept in self.calls.items() if kept and kept[-1] > now - 86400}
        return Allowance(limit, limit - len(calls), reset if full else 0, reset)

    def clear(self) -> None:
        """Nothing was counted."""
        self.calls = {}

    def kept(self) -> dict[Any, tuple[float, ...]]:
        """What was counted: the instants of calls, by what they are counted under."""
        return {key: tuple(calls) for key, calls in self.calls.items()}

    def replace(self, calls: Mapping[Any, Iterable[float]]) -> None:
        """This was counted, and nothing else."""
        self.calls = {key: deque(instants) for key, instants in calls.items()}

    def forget(self, key: Any) -> None:
        """What was counted under a key is over, such as a socket that closed."""
        self.calls.pop(key, None)
