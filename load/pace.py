"""When users act: in a closed model each as soon as they are done, in an open one when somebody arrives; and together, where a story asks for that."""

import math
from collections import deque

import gevent
from gevent.event import Event

from load.clock import now
from understudy.wire.chance import Chance

__all__ = ["Arrivals", "Start"]

SHARE = 0.05  # of a round by which one may be late and still take part


class Start:
    """The moment from which on a run counts: all users are there. It is the same for all workers."""

    def __init__(self) -> None:
        self.at: float | None = None
        self._event = Event()

    def give(self, at: float) -> None:
        """Says when it is (monotonic seconds of this machine); a second time changes nothing."""
        if self.at is None:
            self.at = at
            self._event.set()

    def wait(self) -> float:
        """Waits for it to be known; the moment."""
        self._event.wait()
        assert self.at is not None
        return self.at

    def rounds(self, period: float, last: int = -1) -> tuple[int, float]:
        """The next round of so many seconds each, after the last one: its number and the moment at which it begins, which is waited for."""
        begin = self.wait()
        number = max(last + 1, math.ceil((now() - begin) / period - SHARE))
        at = begin + number * period
        self.sleep_until(at)
        return number, at

    @staticmethod
    def sleep_until(at: float) -> None:
        """Waits for a moment."""
        left = at - now()
        if left > 0:
            gevent.sleep(left)


class Arrivals:
    """An open model: so many arrivals a second for this worker, at random moments as people come; who waits for a free user has arrived all the same."""

    def __init__(self, rate: float, chance: Chance, start: Start) -> None:
        self.rate, self.chance, self.start = rate, chance, start
        self.late = 0  # arrivals that found no user free for more than a second
        self.waiting: deque[float] = deque()
        self._next: float | None = None

    def take(self) -> float:
        """The moment at which the next one arrives, which is waited for. One user takes each arrival."""
        begin = self.start.wait()
        self._next = begin if self._next is None else self._next
        at = self._next
        self._next = at + self.chance.expovariate(self.rate)
        if now() - at > 1.0:
            self.late += 1
        self.start.sleep_until(at)
        return at
