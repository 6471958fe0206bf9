"""The open sockets of a world, and messages pushed to them."""

from typing import Annotated

from fastapi import APIRouter, Body, Path

from mock_server.control.desk import Steering
from mock_server.control.models import Delivered, Emit, Kick, SocketState

router = APIRouter(tags=["sockets"])


@router.get("/sockets", operation_id="listSockets", response_model_exclude_unset=True)
async def listed(desk: Steering) -> list[SocketState]:
    """The open sockets with their rooms, in the order in which they came."""
    return [SocketState(**item) for item in await desk.peers.sockets(desk.world)]


@router.post("/sockets/{identity}/kick", operation_id="kickSocket", response_model_exclude_unset=True)
async def kick(desk: Steering, identity: Annotated[str, Path(examples=["abc"])], given: Annotated[Kick | None, Body()] = None) -> SocketState:
    """Closes a socket, as the server would."""
    how = given or Kick()
    return SocketState(**await desk.peers.kick(desk.world, identity, how.code, how.reason))


@router.post("/emit", operation_id="emitMessage")
async def emit(desk: Steering, given: Emit) -> Delivered:
    """Pushes a declared message: to a room, a socket, or everyone whose channel has it."""
    count, data = await desk.peers.emit(desk.world, given.message, given.model_dump(exclude_unset=True))
    return Delivered(sockets=count, data=data)
