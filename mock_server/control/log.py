"""The log of a world: exchanges and socket frames."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from mock_server.control.desk import Desk, Steering
from mock_server.control.models import Count, Criteria, Lines
from mock_server.engine.problem import Problem
from mock_server.steering.faults import known, refuse_unknown
from mock_server.steering.matching import find

router = APIRouter(tags=["log"])
MOST = 10_000
LAST = 10**15


@router.get("/requests", operation_id="listRequests")
async def latest(
    desk: Steering, limit: Annotated[int, Query(ge=1, le=MOST)] = 100, after: Annotated[int, Query(ge=0)] = 0, before: Annotated[int, Query(ge=0)] = LAST
) -> Lines:
    """The latest lines, oldest first, without bodies. after, before: ids of lines; only later, only earlier ones."""
    await desk.peers.gather(desk.world)
    log, records = desk.world.log, desk.control.records
    chosen = list(islice((entry for entry in reversed(log) if after < entry.number < before), limit))
    return Lines(requests=[records.brief(desk.world, entry) for entry in reversed(chosen)], total=len(log))


@router.get("/requests/{number:int}", operation_id="readRequest")
async def one(desk: Steering, number: Annotated[int, Path(ge=0, le=LAST)]) -> dict[str, Any]:
    """One line, whole."""
    await desk.peers.gather(desk.world)
    entry = desk.world.log.find(number)
    if entry is None:
        raise Problem(404, None, f"There is no line {number} in the log; it holds {len(desk.world.log)}.")
    found: dict[str, Any] = desk.control.records.render(desk.world, entry)
    return found


@router.post("/requests/count", operation_id="countRequests")
async def count(desk: Steering, given: Criteria) -> Count:
    """How many lines fit some criteria."""
    return Count(count=sum(1 for _ in await _found(desk, given)))


@router.post("/requests/find", operation_id="findRequests")
async def search(desk: Steering, given: Criteria) -> Lines:
    """The lines that fit some criteria, oldest first, whole."""
    return Lines(requests=list(await _found(desk, given)), total=len(desk.world.log))


async def _found(desk: Desk, given: Criteria) -> Iterator[dict[str, Any]]:
    """The lines that fit. Raises Problem for an operation or service that is not there: a test that counts none of it would hold for nothing."""
    criteria = given.model_dump(exclude_none=True)
    for name in ("operation", "service"):
        if name in criteria:
            refuse_unknown(f"There is no {name}", name, criteria[name], known(desk.engine, name, of_requests=True))
    await desk.peers.gather(desk.world)
    return find(desk.control.records, desk.world, criteria)


@router.delete("/requests", operation_id="clearRequests")
async def clear(desk: Steering) -> Count:
    """Forgets all lines; answers how many there were."""
    await desk.peers.gather(desk.world)
    gone = len(desk.world.log)
    desk.world.log.clear()
    desk.engine.feed.tell("cleared", desk.world)
    return Count(count=gone)
