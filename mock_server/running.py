"""Applications on bound sockets, served in the running loop until they are stopped."""

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from mock_server.app import Hosted
from mock_server.engine.engine import Engine
from mock_server.transports.gathering import GatheringProtocol
from mock_server.transports.http import DocumentApp
from mock_server.transports.limits import Limits
from mock_server.transports.prompt import limited

BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Bound:
    """A service's application on a bound socket."""

    hosted: Hosted | None
    app: Any
    socket: socket.socket
    port: int


class Running:
    """The servers of some bound applications. limits: what a client may ask of them; logging: as uvicorn takes it, None to leave the process's own alone."""

    def __init__(self, bound: Sequence[Bound], limits: Limits, logging: dict[str, Any] | None = LOGGING_CONFIG) -> None:
        self.bound = bound
        self._servers = [_server(item, limits, logging) for item in bound]
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving: list[asyncio.Task[None]] = []

    @property
    def engines(self) -> list[Engine]:
        """The engines of what is served, each once."""
        return list({id(app.engine): app.engine for app in applications(self.bound)}.values())

    async def start(self) -> None:
        """Serves; returns when every service answers."""
        self._tasks = [asyncio.create_task(server.serve(sockets=[item.socket])) for server, item in zip(self._servers, self.bound, strict=True)]
        while not all(server.started for server in self._servers) and not any(task.done() for task in self._tasks):
            await asyncio.sleep(0.005)

    def stop(self) -> None:
        """Begins to end; called from within the loop."""
        self._leaving.extend(asyncio.create_task(app.hang_up()) for app in applications(self.bound))
        for server in self._servers:
            server.should_exit = True

    async def ended(self) -> None:
        """Waits until nothing is served any more."""
        await asyncio.gather(*self._tasks)


def applications(bound: Sequence[Bound]) -> Iterable[DocumentApp]:
    """The applications of all services, those behind a single port included."""
    for item in bound:
        yield from [item.hosted.app] if item.hosted is not None else [route.app for route in item.app.routes]


def _server(item: Bound, limits: Limits, logging: dict[str, Any] | None) -> uvicorn.Server:
    config = uvicorn.Config(
        item.app, http=limited(limits), ws=GatheringProtocol, ws_per_message_deflate=False, loop="none", lifespan="on", access_log=False, log_level="warning",
        server_header=False, date_header=True, proxy_headers=False, timeout_graceful_shutdown=3, backlog=BACKLOG, log_config=logging,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    return server


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's loop where it is installed, asyncio's own elsewhere."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
