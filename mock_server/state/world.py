"""A world: one isolated copy of all state of a backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fixtures.records import Dataset
from mock_server.state.clock import Clock
from mock_server.state.faults import Faults
from mock_server.state.log import Log
from mock_server.state.rooms import Rooms
from mock_server.state.store import Store, seeds
from mock_server.state.throttle import Throttle
from mock_server.state.timers import Timers
from mock_server.state.tokens import Tokens
from understudy.wire.chance import Chance, derive, fresh_seed

DEFAULT = "default"
PREFIX = "/__world/"  # how a path names a world, where no header can be sent


@dataclass(slots=True, eq=False)
class World:
    """Data, clock, tokens, limits, timers, sockets, faults, log and randomness under one name.

    replies: remembered answers by idempotency key; views: rendered rows;
    answers: rendered answers; switches: the named settings of backend.yaml; used: when it was last looked for, in real seconds.
    """

    name: str
    clock: Clock
    store: Store
    tokens: Tokens
    chance: Chance
    throttle: Throttle = field(default_factory=Throttle)
    timers: Timers = field(default_factory=Timers)
    rooms: Rooms = field(default_factory=Rooms)
    replies: dict[Any, Any] = field(default_factory=dict)
    views: dict[Any, tuple[Any, tuple[int, ...], Any, bytes]] = field(default_factory=dict)
    answers: dict[Any, tuple[tuple[str, ...], tuple[int, ...], Any, int | None]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    log: Log = field(default_factory=Log)
    used: float = 0.0
    share: Any = None  # what joins it to its replicas in other processes

    @property
    def base(self) -> str:
        """What stands before the paths of URLs that this world issues."""
        return "" if self.name == DEFAULT else f"{PREFIX}{self.name}"

    def forget_rendered(self) -> None:
        """What was rendered of rows is no longer good: the store was replaced, or what is shown of it."""
        self.views.clear()
        self.answers.clear()


def create(name: str, data: Dataset, seed: str, switches: Mapping[str, bool], clock: Clock | None = None) -> World:
    """A world as seeded. Its signing key is its own, so a token of another world is refused."""
    clock = clock or Clock()
    log = Log() if name == DEFAULT else Log(most=1000, largest=4 << 20)  # there may be a thousand others
    return World(
        name, clock, _seeded(data, clock), Tokens(fresh_seed()), derive(seed, "world", name), switches=dict(switches), faults=Faults(f"{seed}/{name}"), log=log
    )


def _seeded(data: Dataset, clock: Clock) -> Store:
    return Store(seeds(data, float(int(clock.now))))


def reset(world: World, data: Dataset, seed: str, switches: Mapping[str, bool], now: float | None = None) -> None:
    """A world as seeded again, its clock running: from real time, or from an instant. Tokens stay good as long as their accounts are there."""
    world.clock.reset(now)
    world.store = _seeded(data, world.clock)
    world.tokens.revoked, world.tokens.generations = {}, {}
    world.chance = derive(seed, "world", world.name)
    world.throttle.clear()
    world.replies, world.switches = {}, dict(switches)
    world.timers.replace(())
    world.faults.clear()
    world.log.clear()
    world.forget_rendered()
