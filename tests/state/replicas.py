"""The parts of a world as two processes have them that share it: what one does, the other one sees. They look like those of one process, for the same tests."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from mock_server.sharing.link import Link
from mock_server.sharing.share import Share
from mock_server.sharing.tags import SharedUnit
from mock_server.state.clock import Clock
from mock_server.state.store import Store
from mock_server.state.throttle import Allowance, Throttle
from mock_server.state.tokens import Tokens
from mock_server.state.world import World
from understudy.wire.chance import derive

WORLDS = itertools.count(1)  # each test has a world of its own
INDEXED = ("kind",)  # the field by which rows are looked up apart; reads by others count as reads of all


class Replicas:
    """Two replicas of a world."""

    def __init__(self, url: str, tables: Mapping[str, Any], key: str = "", clock: Callable[[], Clock] = Clock) -> None:
        collection = SimpleNamespace(refs=(), unique=[INDEXED], children={}, members=None, capacity=None)
        contract = SimpleNamespace(name="pets", collections=dict.fromkeys(tables, collection), operations=())
        realtime = SimpleNamespace(abandon=lambda _world: None, routes={})
        engine: Any = SimpleNamespace(contract=contract, realtime=realtime)
        name = f"world-{next(WORLDS)}"
        self.shares = []
        for _ in range(2):
            world = World(name, clock(), Store(tables), Tokens(key), derive("1", name))
            world.share = Share(engine, world, Link(url))
            world.share.catch_up()
            self.shares.append(world.share)

    @property
    def worlds(self) -> list[World]:
        """The world as each process has it, up to date."""
        for share in self.shares:
            share.catch_up()
        return [share.world for share in self.shares]


class PublishedUnit(SharedUnit):
    """A unit whose commit goes to the other replica as well."""

    store: "ReplicatedStore"

    def commit(self) -> None:
        """Writes everything, in both."""
        if self.store.committing:
            super().commit()
            return
        runtime = SimpleNamespace(watched=(), listening=False)
        call: Any = SimpleNamespace(store=self, timers=[], emits=[], claim="", runtime=runtime)
        self.store.committing = True
        self.store.replicas.shares[self.store.turn].commit(call)
        self.store.committing = False
        self.store.turn = 1 - self.store.turn


class ReplicatedStore:
    """Two stores: after each commit the other one is looked at."""

    def __init__(self, url: str, tables: Mapping[str, Any]) -> None:
        self.replicas, self.turn, self.committing = Replicas(url, tables), 0, False

    def begin(self) -> PublishedUnit:
        """A transaction on one of them."""
        store: Any = self.replicas.worlds[self.turn].store
        unit = PublishedUnit(store.tables, store.indexed)
        unit.store = self
        return unit

    def versions(self, names: Iterable[str]) -> tuple[int, ...]:
        """The versions in the first one."""
        return self.replicas.worlds[0].store.versions(names)


class ReplicatedThrottle:
    """Two throttles, asked in turn."""

    def __init__(self, url: str) -> None:
        self.turns = itertools.cycle(share.world.throttle for share in Replicas(url, {}).shares)

    def count(self, key: Any, limit: int, window: float, now: float) -> Allowance:
        """Counts a call at one of them."""
        throttle: Throttle = next(self.turns)
        return throttle.count(key, limit, window, now)

    def kept(self) -> Mapping[Any, Iterable[float]]:
        """What one of them knows of both."""
        throttle: Throttle = next(self.turns)
        return throttle.kept()

    def replace(self, calls: Mapping[Any, Iterable[float]]) -> None:
        """Has one of them replace what both count."""
        throttle: Throttle = next(self.turns)
        throttle.replace(calls)


def replicated_tokens(url: str, key: str) -> Tokens:
    """The tokens of one process, revoked by another."""
    replicas = Replicas(url, {}, key)
    there, here = replicas.worlds

    def revoke(claims: Mapping[str, Any], now: float) -> None:
        there.tokens.revoke(claims, now)
        here.clock.freeze(now)
        here.share.catch_up()

    here.tokens.revoke = revoke  # type: ignore[method-assign]
    return here.tokens


class ReplicatedClock:
    """Two clocks: one is set, the other one is read."""

    def __init__(self, url: str, wall: Callable[[], float]) -> None:
        self.replicas = Replicas(url, {}, clock=lambda: Clock(wall))

    def __getattr__(self, name: str) -> Any:
        """Of what is called, what it does to the first one and so to the other; else what the other one says."""
        first, other = (world.clock for world in self.replicas.worlds)
        if name in ("now", "frozen", "rate", "wait"):
            return getattr(other, name)

        def change(*given: Any) -> None:
            getattr(first, name)(*given)
            self.replicas.shares[0].steered()
            self.replicas.shares[1].catch_up()

        return change

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "moved":
            self.replicas.shares[1].world.clock.moved = value
        else:
            super().__setattr__(name, value)
