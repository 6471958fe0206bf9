"""The faults of a world, and the scenarios of its backend."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path

from mock_server.control.desk import Steering
from mock_server.control.models import Applied, Count, FaultState, NewFault, ScenarioCall, ScenarioState
from mock_server.engine.problem import Problem
from mock_server.steering import faults, scenarios
from understudy.contract.errors import suggest

router = APIRouter()
Id = Annotated[str, Path(description="A fault's id", examples=["fault-1"])]


@router.get("/faults", operation_id="listFaults", tags=["faults"])
async def listed(desk: Steering) -> list[FaultState]:
    """The declared faults whose time is not over."""
    desk.world.faults.sweep(desk.world.clock.now)
    return [FaultState(**faults.shown(fault)) for fault in desk.world.faults]


@router.post("/faults", operation_id="createFault", tags=["faults"], status_code=201)
async def create(desk: Steering, fault: NewFault) -> FaultState:
    """Declares a fault."""
    return FaultState(**faults.shown(faults.declare(desk.engine, desk.world, fault.model_dump(exclude_unset=True))))


@router.delete("/faults", operation_id="clearFaults", tags=["faults"])
async def clear(desk: Steering) -> Count:
    """Takes all faults away; answers how many there were."""
    gone = len(desk.world.faults)
    desk.world.faults.clear()
    desk.engine.feed.tell("faults", desk.world)
    return Count(count=gone)


@router.get("/faults/{identity}", operation_id="readFault", tags=["faults"])
async def read(desk: Steering, identity: Id) -> FaultState:
    """One fault, with how often it struck."""
    found = next((fault for fault in desk.world.faults if fault.id == identity), None)
    if found is None:
        raise _missing(desk, identity)
    return FaultState(**faults.shown(found))


@router.delete("/faults/{identity}", operation_id="deleteFault", tags=["faults"])
async def delete(desk: Steering, identity: Id) -> FaultState:
    """Takes a fault away; answers with it."""
    gone = await read(desk, identity)
    desk.world.faults.remove(identity)
    desk.engine.feed.tell("faults", desk.world)
    return gone


def _missing(desk: Any, identity: str) -> Problem:
    return Problem(404, None, f"There is no fault '{identity}'.{suggest(identity, [fault.id for fault in desk.world.faults])}")


@router.get("/scenarios", operation_id="listScenarios", tags=["scenarios"])
async def prepared(desk: Steering) -> list[ScenarioState]:
    """The situations that can be brought about."""
    return [ScenarioState(**scenarios.shown(name, item)) for name, item in desk.engine.contract.scenarios.items()]


@router.post("/scenarios/{name}", operation_id="applyScenario", tags=["scenarios"])
async def apply(desk: Steering, name: Annotated[str, Path(examples=["slow-network"])], given: Annotated[ScenarioCall | None, Body()] = None) -> Applied:
    """Brings a situation about, on top of what is there."""
    return Applied(**scenarios.apply(desk.engine, desk.world, name, given.given if given else {}))
