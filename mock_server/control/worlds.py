"""The worlds of a backend."""

from typing import Annotated

from fastapi import APIRouter, Body, Path

from mock_server.control.desk import Desk, Steering, instant
from mock_server.control.models import Beginning, Begun, NewWorld, WorldState
from mock_server.engine.problem import Problem
from mock_server.state.world import DEFAULT, World
from mock_server.state.worlds import WorldError
from mock_server.steering import snapshots
from understudy.contract.errors import suggest
from understudy.contract.functions import iso
from understudy.wire.chance import fresh_seed

router = APIRouter(tags=["worlds"])
Name = Annotated[str, Path(description="A world's name", examples=["checkout-test-1"])]


async def states(desk: Desk, *some: World) -> list[WorldState]:
    """What a list says of some worlds."""
    await desk.peers.gather(*some)
    sockets = await desk.peers.counted(some)
    return [_state(desk, world, sockets[world.name]) for world in some]


def _state(desk: Desk, world: World, sockets: int) -> WorldState:
    rows = sum(len(table.rows) for table in world.store.tables.values())
    told = {"sockets": sockets, "faults": len(world.faults), "requests": len(world.log)}
    return WorldState(name=world.name, now=iso(world.clock.now), frozen=world.clock.frozen, rows=rows, base=f"{desk.base}{world.base}", **told)


@router.post("/reset", operation_id="resetWorld")
async def reset(desk: Steering, given: Annotated[Beginning | None, Body()] = None) -> Begun:
    """The world as seeded: rows, clock, limits, faults and log; its sockets are closed and connect again, its tokens stay good."""
    desk.engine.reset(desk.world, instant(given.now) if given else None)
    return Begun(world=desk.world.name, now=iso(desk.world.clock.now))


@router.get("/worlds", operation_id="listWorlds")
async def listed(desk: Steering) -> list[WorldState]:
    """The worlds that are there, the default one first."""
    await desk.peers.meet()
    return await states(desk, *desk.engine.worlds)


@router.post("/worlds", operation_id="createWorld", status_code=201)
async def create(desk: Steering, given: NewWorld) -> WorldState:
    """A new world: as seeded, or from a snapshot."""
    snapshot = snapshots.find(desk.engine, given.snapshot) if given.snapshot is not None else None
    now = instant(given.now)
    await desk.peers.meet()
    try:
        world = desk.engine.worlds.create(given.name if given.name is not None else f"w-{fresh_seed()[:12]}")
    except WorldError as error:
        raise Problem(409, None, str(error)) from None
    if now is not None:
        desk.engine.reset(world, now)
    if snapshot is not None:
        snapshots.bring_back(desk.engine, world, snapshot)
    desk.engine.feed.tell("worlds", desk.world)
    return (await states(desk, world))[0]


@router.get("/worlds/{name}", operation_id="readWorld")
async def read(desk: Steering, name: Name) -> WorldState:
    """One world."""
    return (await states(desk, await _found(desk, name)))[0]


@router.delete("/worlds/{name}", operation_id="deleteWorld")
async def delete(desk: Steering, name: Name) -> WorldState:
    """Forgets a world; its sockets are closed. The default one can only be reset."""
    world = await _found(desk, name)
    if name == DEFAULT:
        raise Problem(409, None, "The default world can't be deleted; reset it.")
    gone = (await states(desk, world))[0]
    await desk.peers.forget(world)
    desk.engine.feed.tell("worlds", desk.world)
    return gone


async def _found(desk: Desk, name: str) -> World:
    await desk.peers.meet()
    world = desk.engine.worlds.find(name)
    if world is None:
        raise Problem(404, None, f"There is no world '{name}'.{suggest(name, [item.name for item in desk.engine.worlds])}")
    return world
