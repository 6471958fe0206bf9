"""The snapshots of a backend."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from mock_server.control.desk import Steering
from mock_server.control.models import Imported, SnapshotFile, SnapshotState
from mock_server.steering import archives, edits, snapshots

router = APIRouter(tags=["snapshots"])
Name = Annotated[str, Path(description="A snapshot's name", examples=["before-checkout"])]
UNFIT_SHOWN = 100
FILE: dict[int | str, dict[str, Any]] = {200: {"model": SnapshotFile, "description": "The snapshot as a file, without what is secret"}}


@router.get("/snapshots", operation_id="listSnapshots")
async def listed(desk: Steering) -> list[SnapshotState]:
    """The snapshots, oldest first; the worlds of a backend share them."""
    return [SnapshotState(**snapshots.shown(item)) for item in desk.engine.snapshots.values()]


@router.post("/snapshots/{name}", operation_id="saveSnapshot", status_code=201)
async def save(desk: Steering, name: Name) -> SnapshotState:
    """Keeps the world's state under a name."""
    return SnapshotState(**snapshots.shown(snapshots.save(desk.engine, desk.world, name)))


@router.post("/snapshots/{name}/restore", operation_id="restoreSnapshot")
async def restore(desk: Steering, name: Name) -> SnapshotState:
    """Brings the world back, its clock included; sockets are closed and connect again."""
    return SnapshotState(**snapshots.shown(snapshots.restore(desk.engine, desk.world, name)))


@router.get("/snapshots/{name}", operation_id="exportSnapshot", response_class=Response, responses=FILE)
async def export(desk: Steering, name: Name) -> Response:
    """A snapshot as a file, to be imported here or given to `understudy mock --load`."""
    part = archives.written(desk.engine, snapshots.find(desk.engine, name))
    return Response(archives.text(archives.document([part])), media_type="application/json")


@router.put("/snapshots/{name}", operation_id="importSnapshot")
async def load(desk: Steering, name: Name, file: SnapshotFile) -> Imported:
    """Keeps the snapshot in a file under a name; a damaged file changes nothing."""
    engine = desk.engine
    part = archives.part_of(engine, file.model_dump(exclude_unset=True))
    snapshot = replace(archives.read(engine, part, snapshots.checked(engine, name)), key=None)
    snapshots.keep(engine, desk.world, snapshot)
    return Imported(snapshot=SnapshotState(**snapshots.shown(snapshot)), unfit=edits.unfit_rows(engine, snapshot.tables)[:UNFIT_SHOWN])


@router.delete("/snapshots/{name}", operation_id="deleteSnapshot")
async def delete(desk: Steering, name: Name) -> SnapshotState:
    """Forgets a snapshot."""
    return SnapshotState(**snapshots.shown(snapshots.delete(desk.engine, desk.world, name)))
