"""Has what falls due happen when its instant comes, and not only when the next request does."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from mock_server.engine.engine import Engine
from mock_server.state.world import World

SHORTEST = 0.001  # seconds; a loop's timer may wake a moment early
LONGEST = 3600.0


class Scheduler:
    """A timer for each of an engine's worlds. A clock that stands still stops its world's, one that is set wakes it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._users = 0
        self._handles: dict[World, asyncio.TimerHandle] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begins, once, however many services ask for it."""
        self._users += 1
        if self._users == 1:
            self._loop = asyncio.get_running_loop()
            self.engine.runtime.later = self._later
            self.engine.worlds.entered, self.engine.worlds.left = self._enter, self._leave
            for world in self.engine.worlds:
                self._enter(world)

    def stop(self) -> None:
        """Ends when the last service that started it stops."""
        self._users -= 1
        if self._users == 0:
            for world in self.engine.worlds:
                self._leave(world)
            self._loop = None  # worlds that come later have nobody who waits for what is due in them

    def _later(self, seconds: float, act: Callable[[], None]) -> Any:
        """Has something done in so many real seconds."""
        assert self._loop is not None
        return self._loop.call_later(seconds, act)

    def _enter(self, world: World) -> None:
        world.timers.sooner = world.clock.moved = partial(self._arm, world)
        self._arm(world)

    def _leave(self, world: World) -> None:
        world.timers.sooner = world.clock.moved = None
        self._cancel(world)

    def _cancel(self, world: World) -> None:
        handle = self._handles.pop(world, None)
        if handle is not None:
            handle.cancel()

    def _arm(self, world: World) -> None:
        """Sets the timer for what is due next, if that comes by itself."""
        self._cancel(world)
        due = world.timers.next
        wait = world.clock.wait(due) if due is not None else None
        if wait is not None and self._loop is not None:
            self._handles[world] = self._loop.call_later(min(max(wait, SHORTEST), LONGEST), self._fire, world)

    def _fire(self, world: World) -> None:
        self.engine.fire(world)
        self._arm(world)
