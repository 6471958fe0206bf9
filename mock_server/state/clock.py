"""The one home of time: a world's virtual clock."""

import time as _time
from collections.abc import Callable

WallClock = Callable[[], float]


def wall() -> float:
    """Real seconds since 1970."""
    return _time.time()


class Clock:
    """Seconds since 1970 as a world sees them: real time plus what was advanced, or standing still.

    A frozen clock moves only by `advance`; a rate of 60 makes a minute of every second.
    """

    __slots__ = ("_base", "_frozen", "_origin", "_rate", "_wall", "moved")

    def __init__(self, wall_clock: WallClock = wall) -> None:
        self._wall = wall_clock
        self._origin = self._base = wall_clock()
        self._rate, self._frozen = 1.0, False
        self.moved: Callable[[], None] | None = None  # told when the clock was set

    @property
    def now(self) -> float:
        """The instant, in seconds since 1970."""
        return self._base if self._frozen else self._base + (self._wall() - self._origin) * self._rate

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen

    @property
    def rate(self) -> float:
        """Virtual seconds in a real one."""
        return self._rate

    def freeze(self, at: float | None = None) -> None:
        """Stands still, here or at an instant."""
        self._rebase(self.now if at is None else at)
        self._frozen = True
        self._tell()

    def run(self, rate: float = 1.0) -> None:
        """Runs on from here at a rate."""
        self._rebase(self.now)
        self._rate, self._frozen = rate, False
        self._tell()

    def reset(self, now: float | None = None) -> None:
        """Runs as at first: with real time, or from an instant."""
        self._base = self._origin = self._wall()
        self._base = self._base if now is None else now
        self._rate, self._frozen = 1.0, False
        self._tell()

    def wait(self, instant: float) -> float | None:
        """Real seconds until an instant; None if it does not come by itself."""
        left = instant - self.now
        return 0.0 if left <= 0 else None if self._frozen or self._rate <= 0 else left / self._rate

    def advance(self, seconds: float) -> None:
        """Jumps ahead."""
        self._rebase(self.now + seconds)
        self._tell()

    @property
    def setting(self) -> tuple[float, float, float, bool]:
        """What it counts from (its own instant, the real one), its rate, and whether it stands still."""
        return self._base, self._origin, self._rate, self._frozen

    def take(self, setting: tuple[float, float, float, bool]) -> None:
        """Goes as another clock does."""
        self._base, self._origin, self._rate, self._frozen = setting
        self._tell()

    def _rebase(self, now: float) -> None:
        self._base, self._origin = now, self._wall()

    def _tell(self) -> None:
        if self.moved is not None:
            self.moved()
