"""Snapshots of one backend by name: saved from a world, restored into the same or another."""

import re
from typing import Any

from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.state import snapshots
from mock_server.state.clock import wall
from mock_server.state.snapshots import Snapshot
from mock_server.state.world import World
from understudy.contract.errors import suggest
from understudy.contract.functions import iso

MOST = 100
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ ~-]{0,99}")


def save(engine: Engine, world: World, name: str) -> Snapshot:
    """Keeps a world's state under a name; one of that name is replaced. Raises Problem."""
    snapshot = snapshots.take(checked(engine, name), world, wall())
    return keep(engine, world, snapshot)


def keep(engine: Engine, world: World, snapshot: Snapshot) -> Snapshot:
    """Keeps a snapshot that is there already."""
    engine.snapshots[snapshot.name] = snapshot
    engine.feed.tell("snapshots", world)
    return snapshot


def checked(engine: Engine, name: str) -> str:
    """A name that a snapshot may have. Raises Problem."""
    if NAME.fullmatch(name) is None:
        raise Problem(
            400, None, f"{name[:100]!r} is no name of a snapshot. Valid: up to 100 letters, digits, spaces, '.', '_', '~' and '-', a letter or digit first."
        )
    if name not in engine.snapshots and len(engine.snapshots) >= MOST:
        raise Problem(409, None, f"There are {MOST} snapshots already. Delete some.")
    return name


def find(engine: Engine, name: str) -> Snapshot:
    """A snapshot. Raises Problem with the closest name."""
    if name not in engine.snapshots:
        raise Problem(404, None, f"There is no snapshot '{name}'.{suggest(name, engine.snapshots)}")
    return engine.snapshots[name]


def restore(engine: Engine, world: World, name: str) -> Snapshot:
    """Brings a world back to a snapshot, its clock included; its sockets are closed, as by a restart. Raises Problem."""
    snapshot = find(engine, name)
    bring_back(engine, world, snapshot)
    return snapshot


def bring_back(engine: Engine, world: World, snapshot: Snapshot) -> None:
    """Makes a world what a snapshot says."""
    engine.realtime.abandon(world)
    snapshots.restore(world, snapshot)
    engine.feed.tell("reset", world)


def delete(engine: Engine, world: World, name: str) -> Snapshot:
    """Forgets a snapshot. Raises Problem."""
    snapshot = find(engine, name)
    del engine.snapshots[name]
    engine.feed.tell("snapshots", world)
    return snapshot


def shown(snapshot: Snapshot) -> dict[str, Any]:
    """What a list says of a snapshot."""
    return {"name": snapshot.name, "saved": iso(snapshot.saved), "now": iso(snapshot.now), "rows": len(snapshot), "timers": len(snapshot.timers)}
