"""The clock of a world."""

from fastapi import APIRouter

from mock_server.control.desk import Desk, Steering, instant
from mock_server.control.models import Advance, ClockChange, ClockState
from understudy.contract.functions import iso

router = APIRouter(tags=["clock"])


def state(desk: Desk) -> ClockState:
    """A world's clock as it stands."""
    clock = desk.world.clock
    return ClockState(now=iso(clock.now), frozen=clock.frozen, rate=clock.rate)


def moved(desk: Desk) -> ClockState:
    """What falls due by a move happens, in order, before the answer."""
    desk.engine.fire(desk.world)
    desk.engine.feed.tell("clock", desk.world)
    return state(desk)


@router.get("/clock", operation_id="readClock")
async def read(desk: Steering) -> ClockState:
    """The clock as it stands."""
    return state(desk)


@router.put("/clock", operation_id="setClock")
async def change(desk: Steering, given: ClockChange) -> ClockState:
    """Freezes, sets or runs the clock; what is not named stays."""
    clock, at = desk.world.clock, instant(given.now)
    frozen = clock.frozen if given.frozen is None else given.frozen
    rate = clock.rate if given.rate is None else given.rate
    if at is not None or frozen:
        clock.freeze(at)
    if not frozen:
        clock.run(rate)
    return moved(desk)


@router.post("/clock/advance", operation_id="advanceClock")
async def advance(desk: Steering, given: Advance) -> ClockState:
    """Jumps ahead; what falls due until then happens in order, before the answer."""
    desk.world.clock.advance(given.seconds)
    return moved(desk)


@router.post("/clock/reset", operation_id="resetClock")
async def reset(desk: Steering) -> ClockState:
    """Runs with real time again, or from where worlds begin."""
    desk.world.clock.reset(desk.engine.start)
    return moved(desk)
