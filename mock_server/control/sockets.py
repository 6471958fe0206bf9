"""The open sockets of a world, and messages pushed to them."""

from typing import Annotated

from fastapi import APIRouter, Body, Path

from mock_server.control.desk import Desk, Steering
from mock_server.control.models import Delivered, Emit, Kick, SocketState
from mock_server.engine.problem import Problem
from mock_server.state.rooms import Socket
from mock_server.steering import pushing
from understudy.contract.functions import iso

router = APIRouter(tags=["sockets"])


def state(desk: Desk, socket: Socket) -> SocketState:
    """What a list says of a socket."""
    told = {"channel": socket.channel, "account": socket.account, "address": socket.address, "opened": iso(socket.opened), "rooms": list(socket.rooms)}
    return SocketState(id=socket.id, user=_login(desk, socket), **told)


def _login(desk: Desk, socket: Socket) -> str | None:
    """What its account signs in with, as the log names users."""
    auth = desk.engine.runtime.auth
    row = desk.world.store.begin().get(auth["collection"], socket.account) if auth and socket.account is not None else None
    return row.get(auth.get("login", "email")) if row else None


@router.get("/sockets", operation_id="listSockets")
async def listed(desk: Steering) -> list[SocketState]:
    """The open sockets with their rooms, in the order in which they came."""
    return [state(desk, socket) for socket in desk.world.rooms.sockets.values()]


@router.post("/sockets/{identity}/kick", operation_id="kickSocket")
async def kick(desk: Steering, identity: Annotated[str, Path(examples=["abc"])], given: Annotated[Kick | None, Body()] = None) -> SocketState:
    """Closes a socket, as the server would."""
    socket = _found(desk, identity)
    how = given or Kick()
    gone = state(desk, socket)
    socket.hang(how.code, how.reason)
    return gone


@router.post("/emit", operation_id="emitMessage")
async def emit(desk: Steering, given: Emit) -> Delivered:
    """Pushes a declared message: to a room, a socket, or everyone whose channel has it."""
    only = _found(desk, given.socket) if given.socket is not None else None
    count, data = pushing.push(desk.engine, desk.world, given.message, given.model_dump(exclude_unset=True), only)
    return Delivered(sockets=count, data=data)


def _found(desk: Desk, identity: str) -> Socket:
    socket = desk.world.rooms.sockets.get(identity)
    if socket is None:
        raise Problem(404, None, f"There is no socket '{identity}'; {len(desk.world.rooms.sockets)} are open.")
    return socket
