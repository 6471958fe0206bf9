"""Has what falls due happen when its instant comes, and not only when the next request does."""

import asyncio

from mock_server.engine.engine import Engine

SHORTEST = 0.001  # seconds; a loop's timer may wake a moment early
LONGEST = 3600.0


class Scheduler:
    """The one timer of an engine's world. A clock that stands still stops it, one that is set wakes it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._users = 0
        self._handle: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begins, once, however many services ask for it."""
        self._users += 1
        if self._users == 1:
            world = self.engine.world
            self._loop = asyncio.get_running_loop()
            world.timers.sooner = world.clock.moved = self._arm
            self._arm()

    def stop(self) -> None:
        """Ends when the last service that started it stops."""
        self._users -= 1
        if self._users == 0:
            world = self.engine.world
            world.timers.sooner = world.clock.moved = None
            self._cancel()

    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self) -> None:
        """Sets the timer for what is due next, if that comes by itself."""
        self._cancel()
        due = self.engine.world.timers.next
        wait = self.engine.world.clock.wait(due) if due is not None else None
        if wait is not None and self._loop is not None:
            self._handle = self._loop.call_later(min(max(wait, SHORTEST), LONGEST), self._fire)

    def _fire(self) -> None:
        self.engine.fire(self.engine.world)
        self._arm()
