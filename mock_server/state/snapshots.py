"""A world's state at one instant, to go back to. Rows are never changed in place, so a snapshot holds them as they are."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_server.state.store import Key, Row, Table
from mock_server.state.world import World

Timer = tuple[float, Any, Hashable]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows, clock, limits, what is due, and what was revoked; not the faults, the log or the sockets.

    saved: real seconds since 1970; now: the world's instant; timers: instant, thing, name; chance: the state of its random source, None for a fresh one;
    key: the signing key, where tokens are to stay good in a new process.
    """

    name: str
    saved: float
    now: float
    frozen: bool = False
    rate: float = 1.0
    tables: Mapping[str, Mapping[Key, Row]] = field(default_factory=dict)
    serials: Mapping[str, int] = field(default_factory=dict)
    timers: tuple[Timer, ...] = ()
    revoked: Mapping[str, float] = field(default_factory=dict)
    generations: Mapping[str, int] = field(default_factory=dict)
    calls: Mapping[Any, tuple[float, ...]] = field(default_factory=dict)
    replies: Mapping[Any, Any] = field(default_factory=dict)
    switches: Mapping[str, bool] = field(default_factory=dict)
    chance: Any = None
    key: str | None = None

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))


def take(name: str, world: World, saved: float) -> Snapshot:
    """A snapshot of a world under a name."""
    tables, clock, tokens = world.store.tables, world.clock, world.tokens
    return Snapshot(
        name, saved, clock.now, clock.frozen, clock.rate, {item: Table(table.rows).rows for item, table in tables.items()},
        {item: table.serial for item, table in tables.items()}, tuple(world.timers.entries()), dict(tokens.revoked), dict(tokens.generations),
        world.throttle.kept(), dict(world.replies), dict(world.switches), world.chance.getstate(), tokens.key,
    )  # fmt: skip


def restore(world: World, snapshot: Snapshot) -> None:
    """Brings a world back, its clock included; its signing key stays its own. Collections that the snapshot does not know stay as they are."""
    for name in world.store.tables.keys() & snapshot.tables.keys():
        world.store.tables[name] = Table(snapshot.tables[name], snapshot.serials.get(name))
    world.tokens.revoked, world.tokens.generations = dict(snapshot.revoked), dict(snapshot.generations)
    world.throttle.replace(snapshot.calls)
    world.replies, world.switches = dict(snapshot.replies), {**world.switches, **snapshot.switches}
    if snapshot.chance is not None:
        world.chance.setstate(snapshot.chance)
    world.clock.reset(snapshot.now)
    if snapshot.frozen:
        world.clock.freeze()
    else:
        world.clock.run(snapshot.rate)
    world.timers.replace(snapshot.timers)
    world.forget_rendered()
