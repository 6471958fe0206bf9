"""What concerns all processes that serve a backend: their log, their sockets, and who looks at what happens. Here for one that is alone."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.state.world import World
from mock_server.steering import connections, pushing
from mock_server.steering.connections import Shown


class Peers(Protocol):
    """What the control API asks. Each may raise Unavailable where there are several processes, and what joins them is gone."""

    async def gather(self, *worlds: World) -> None:
        """Has what happened in any process until now be in the logs of some worlds."""

    async def sockets(self, world: World) -> list[Shown]:
        """The open sockets, in the order in which they came."""

    async def counted(self, worlds: Iterable[World]) -> dict[str, int]:
        """World -> how many sockets are open."""

    async def meet(self) -> None:
        """Has the worlds of all processes be known here."""

    async def forget(self, world: World) -> None:
        """Forgets a world; its sockets are closed."""

    async def kick(self, world: World, identity: str, code: int, reason: str) -> Shown:
        """Closes a socket, wherever it is; returns what it was. Raises Problem if there is none."""

    async def emit(self, world: World, message: str, given: Mapping[str, Any]) -> tuple[int, Any]:
        """Sends a message; returns how many sockets get it, and its payload. given: data, row, room and socket, each only where it is. Raises Problem."""

    def watching(self, world: World, every: bool) -> AbstractContextManager[None]:
        """While somebody looks at what happens in a world, or in every one."""

    def announce(self) -> None:
        """Has who looks at another process know what was steered in this one."""


class Alone:
    """The one process of a backend."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def gather(self, *worlds: World) -> None:
        """All is here already."""

    async def sockets(self, world: World) -> list[Shown]:
        """The open sockets."""
        return [connections.shown(self.engine, world, socket) for socket in world.rooms.sockets.values()]

    async def counted(self, worlds: Iterable[World]) -> dict[str, int]:
        """World -> how many sockets are open."""
        return {world.name: len(world.rooms.sockets) for world in worlds}

    async def meet(self) -> None:
        """All are here already."""

    async def forget(self, world: World) -> None:
        """Forgets a world."""
        drop(self.engine, world)

    async def kick(self, world: World, identity: str, code: int, reason: str) -> Shown:
        """Closes a socket. Raises Problem."""
        gone = connections.kick(self.engine, world, identity, code, reason)
        if gone is None:
            raise missing(identity, len(world.rooms.sockets))
        return gone

    async def emit(self, world: World, message: str, given: Mapping[str, Any]) -> tuple[int, Any]:
        """Sends a message. Raises Problem."""
        identity = given.get("socket")
        only = world.rooms.sockets.get(identity) if identity is not None else None
        if identity is not None and only is None:
            raise missing(identity, len(world.rooms.sockets))
        return pushing.push(self.engine, world, message, given, only)

    def watching(self, world: World, every: bool) -> AbstractContextManager[None]:
        """Nothing is to be fetched."""
        return nullcontext()

    def announce(self) -> None:
        """There is nobody else."""


def drop(engine: Engine, world: World) -> None:
    """Has a process know nothing of a world any more."""
    engine.realtime.abandon(world)
    engine.worlds.drop(world.name)


def missing(identity: str, count: int) -> Problem:
    """The refusal of a socket that is not there."""
    return Problem(404, None, f"There is no socket '{identity}'; {count} are open.")
