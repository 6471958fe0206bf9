"""Two processes that serve one backend, in one: each request goes to the other one."""

import functools
from collections.abc import Mapping
from typing import Any

from mock_server.app import create_engine
from mock_server.engine.engine import Engine
from mock_server.engine.feed import Feed
from mock_server.sharing.joining import join
from mock_server.sharing.link import Link
from mock_server.state.clock import Clock
from mock_server.state.world import create

from ..backends.client import Answer, Client, contract


@functools.cache
def other_engine(backend: str, seed: str) -> Engine:
    """The engine of the second process."""
    return create_engine(contract(backend), seed)


class SharedClient(Client):
    """A client of two engines with one state."""

    def __init__(self, backend: str, url: str, seed: str = "1") -> None:
        super().__init__(backend, seed)
        self.engines = [self.engine, other_engine(backend, seed)]
        first = self.engine.world
        for engine in self.engines:
            engine.outbox.clear()
            clock = Clock()
            clock.freeze(first.clock.now)
            for world in list(engine.worlds)[1:]:
                engine.worlds.drop(world.name)
            engine.world = create("default", engine.data, seed, dict(first.switches), clock)
            join(engine, Link(url))
        self.turn = 0
        self.world = self.engine.world
        self.world.share.catch_up()

    def part(self) -> None:
        """Has the engines, which other tests use as well, be alone again."""
        for engine in self.engines:
            engine.runtime.shared, engine.join, engine.peers, engine.feed, engine.snapshots = False, None, None, Feed(), {}
            engine.world = create("default", engine.data, engine.seed, engine.switches)

    @property
    def sent(self) -> list[Any]:
        """The messages that left, those of both processes."""
        return [item for engine in self.engines for item in engine.outbox]

    def request(self, method: str, url: str, body: Any = None, **more: Any) -> Answer:  # type: ignore[override]
        self.world.share.steered()  # tests turn switches of the world that they see
        self.turn += 1
        self.engine = self.engines[self.turn % 2]
        self.world = self.engine.world
        answer = super().request(method, url, body, **more)
        self.gather()
        return answer

    def gather(self) -> None:
        """Has the log of each process tell of both."""
        for act in (lambda share: share.log.flush(), lambda share: share.log.collect()):
            for engine in self.engines:
                act(engine.world.share)

    def advance(self, seconds: float) -> None:
        self.world.share.catch_up()
        self.world.clock.advance(seconds)
        self.world.share.steered()
        other = self.engines[(self.turn + 1) % 2]
        other.world.share.catch_up()
        other.fire(other.world)
        self.gather()

    def rows(self, collection: str) -> list[dict[str, Any]]:
        self.world.share.catch_up()
        return super().rows(collection)

    def row(self, collection: str, key: Any) -> dict[str, Any]:
        self.world.share.catch_up()
        return super().row(collection, key)

    def put(self, collection: str, row: Mapping[str, Any]) -> None:
        self.world.share.catch_up()
        super().put(collection, row)
        self.world.share.publish_all()
