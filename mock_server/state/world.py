"""A world: one isolated copy of all state of a backend."""

from dataclasses import dataclass, field
from typing import Any

from fixtures.records import Dataset
from mock_server.state.clock import Clock
from mock_server.state.rooms import Rooms
from mock_server.state.store import Store
from mock_server.state.throttle import Throttle
from mock_server.state.timers import Timers
from mock_server.state.tokens import Tokens
from understudy.wire.chance import Chance, derive, fresh_seed


@dataclass(slots=True)
class World:
    """Data, clock, tokens, limits, timers, sockets and randomness under one name.

    replies: remembered answers by idempotency key; views: rendered rows;
    answers: rendered answers; switches: the named settings of backend.yaml.
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


def create(name: str, data: Dataset, seed: str, switches: dict[str, bool], clock: Clock | None = None) -> World:
    """A world as seeded. Its signing key is its own, so a token of another world is refused."""
    clock = clock or Clock()
    start = float(int(clock.now))
    return World(name, clock, Store(data.at(start)), Tokens(fresh_seed()), derive(seed, "world", name), switches=dict(switches))
