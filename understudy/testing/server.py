"""A mock served by a thread of this process."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from mock_server.app import create_apps
from mock_server.banner import places
from mock_server.engine.engine import Engine
from mock_server.options import MockOptions
from mock_server.ports import contracts_of
from mock_server.running import Running, new_loop
from mock_server.serve import bind
from understudy.contract.errors import UsageError, suggest
from understudy.contract.functions import time

__all__ = ["Server"]

PATIENCE = 30.0  # seconds
MODES = ("on", "strict", "warn", "off")
T = TypeVar("T")


class Server:
    """One backend on ports of its own, from when it is made until it is stopped and joined."""

    def __init__(self, options: MockOptions) -> None:
        if options.validate not in MODES:
            raise UsageError(f"validate: '{options.validate}' is not one of {', '.join(MODES)}.{suggest(options.validate, MODES)}")
        hosted = create_apps(list(contracts_of(options)), options.seed, options.validate, worlds=options.worlds)
        self._engine: Engine = hosted[0].engine
        self._bound = bind(hosted, options)
        for engine, service, url in places(self._bound, options):
            engine.places[service] = url
        self.url = self._engine.places[self._engine.contract.services[0].name]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: Running | None = None
        ready: Future[None] = Future()
        self._thread = Thread(target=self._run, args=(ready, options), name=f"understudy {self.url}", daemon=True)
        self._thread.start()
        ready.result(PATIENCE)

    def _run(self, ready: "Future[None]", options: MockOptions) -> None:
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(self._serve(ready, options))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: "Future[None]", options: MockOptions) -> None:
        self._loop = asyncio.get_running_loop()
        self._running = Running(self._bound, options.limits, logging=None)
        await self._running.start()
        ready.set_result(None)
        await self._running.ended()

    def begin(self, now: str | None = None) -> None:
        """As it was at first: the default world as seeded, no other worlds, no snapshots. now: the instant at which worlds begin. Raises UsageError."""
        start = time(now) if now is not None else None
        if now is not None and start is None:
            raise UsageError(f"'now' is an instant such as 2026-11-21T12:00:00Z, not {now!r}.")
        self._do(lambda: self._begin(start))

    def _begin(self, start: float | None) -> None:
        engine = self._engine
        engine.start = start
        engine.snapshots.clear()
        for world in list(engine.worlds)[1:]:
            engine.realtime.abandon(world)
            engine.worlds.drop(world.name)
        engine.reset(engine.world)

    def _do(self, act: Callable[[], T]) -> T:
        """Does something between two requests; returns what comes of it."""
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(act())
            except BaseException as error:
                done.set_exception(error)

        assert self._loop is not None
        self._loop.call_soon_threadsafe(run)
        return done.result(PATIENCE)

    def stop(self) -> None:
        """Begins to end it."""
        if self._thread.is_alive() and self._running is not None:
            self._do(self._running.stop)

    def join(self) -> None:
        """Returns when its thread is over."""
        self._thread.join(PATIENCE)
