"""The open sockets of a world, as lists show them."""

from typing import Any

from mock_server.engine.engine import Engine
from mock_server.state.rooms import Socket
from mock_server.state.world import World
from understudy.contract.functions import iso

Shown = dict[str, Any]


def shown(engine: Engine, world: World, socket: Socket) -> Shown:
    """What a list says of a socket."""
    told = {"channel": socket.channel, "account": socket.account, "address": socket.address, "opened": iso(socket.opened), "rooms": list(socket.rooms)}
    return {"id": socket.id, "user": _login(engine, world, socket), **told}


def _login(engine: Engine, world: World, socket: Socket) -> str | None:
    """What its account signs in with, as the log names users."""
    auth = engine.runtime.auth
    row = world.store.begin().get(auth["collection"], socket.account) if auth and socket.account is not None else None
    return row.get(auth.get("login", "email")) if row else None


def kick(engine: Engine, world: World, identity: str, code: int, reason: str) -> Shown | None:
    """Closes a socket, as the server would; returns what it was, None if it is not here."""
    socket = world.rooms.sockets.get(identity)
    if socket is None:
        return None
    gone = shown(engine, world, socket)
    socket.hang(code, reason)
    return gone
