"""The rows of a world."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator

from mock_server.control.desk import Steering
from mock_server.control.models import Row
from mock_server.steering import edits

router = APIRouter(tags=["state"])
MOST = 10**6
Slashed = AfterValidator(lambda text: text.replace("~1", "/"))
Collection = Annotated[str, Path(description="A collection's name; a slash in it is written %2F", examples=["users"]), Slashed]
Key = Annotated[str, Path(description="A row's key; a slash in it is written %2F", examples=["1"]), Slashed]


@router.get("/state", operation_id="countRows")
async def collections(desk: Steering) -> dict[str, int]:
    """How many rows each collection has."""
    return {name: len(table.rows) for name, table in desk.world.store.tables.items() if name in desk.engine.contract.collections}


@router.get("/state/{collection}", operation_id="listRows")
async def rows(
    desk: Steering, collection: Collection, limit: Annotated[int, Query(ge=1, le=MOST)] = MOST, offset: Annotated[int, Query(ge=0, le=MOST)] = 0
) -> list[Row]:
    """The rows of a collection as they are stored, without what is secret."""
    return edits.listed(desk.engine, desk.world, collection)[offset : offset + limit]


@router.post("/state/{collection}", operation_id="createRow", status_code=201)
async def create(desk: Steering, collection: Collection, values: dict[str, Any]) -> Row:
    """Makes a row; key, timestamps and defaults are filled in, sockets are told."""
    return edits.create(desk.engine, desk.world, collection, values)


@router.get("/state/{collection}/{key}", operation_id="readRow")
async def row(desk: Steering, collection: Collection, key: Key) -> Row:
    """One row."""
    return edits.found(desk.engine, desk.world, collection, key)


@router.put("/state/{collection}/{key}", operation_id="replaceRow")
async def replace(desk: Steering, collection: Collection, key: Key, values: dict[str, Any]) -> Row:
    """Gives a row other fields; those that are not named are lost."""
    return edits.replace(desk.engine, desk.world, collection, key, values)


@router.patch("/state/{collection}/{key}", operation_id="changeRow")
async def change(desk: Steering, collection: Collection, key: Key, values: dict[str, Any]) -> Row:
    """Changes fields of a row, by the same declarations as an operation: states move where they may, sockets are told."""
    return edits.change(desk.engine, desk.world, collection, key, values)


@router.delete("/state/{collection}/{key}", operation_id="deleteRow")
async def delete(desk: Steering, collection: Collection, key: Key) -> Row:
    """Removes a row and those that belong to it; answers with it."""
    return edits.remove(desk.engine, desk.world, collection, key)
