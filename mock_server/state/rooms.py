"""Who is connected: the sockets of a world, and the rooms that they are in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Deliver = Callable[[Any], None]
Hang = Callable[[int, str], None]
NOBODY: Mapping[str, "Socket"] = {}


@dataclass(slots=True, eq=False)
class Socket:
    """One open connection to a channel.

    channel: the channel's id; account: the key of the account it is of, None for nobody; path, query, headers: of the handshake;
    deliver: takes a frame; hang: closes the connection (code, reason); world: fixed when it was opened; request: the handshake.
    """

    id: str
    channel: str
    deliver: Deliver
    hang: Hang
    opened: float
    world: Any = None
    request: Any = None
    account: Any = None
    address: str = ""
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    rooms: dict[str, None] = field(default_factory=dict)
    leaving: Any = None  # what the transport still has to do for it
    held: dict[str, list[Callable[[], None]]] = field(default_factory=dict)  # by direction: frames that wait for another to overtake them


class Rooms:
    """The sockets of a world by id and by room; a room is there as long as somebody is in it."""

    __slots__ = ("_rooms", "sockets")

    def __init__(self) -> None:
        self.sockets: dict[str, Socket] = {}
        self._rooms: dict[str, dict[str, Socket]] = {}

    def add(self, socket: Socket) -> None:
        """Lets a socket in."""
        self.sockets[socket.id] = socket

    def join(self, socket: Socket, room: str) -> None:
        """Puts a socket that is in into a room."""
        if socket.id in self.sockets:
            socket.rooms[room] = None
            self._rooms.setdefault(room, {})[socket.id] = socket

    def drop(self, socket: Socket) -> bool:
        """Takes a socket out of everything; False if it was not in."""
        if self.sockets.pop(socket.id, None) is None:
            return False
        for room in socket.rooms:
            members = self._rooms[room]
            del members[socket.id]
            if not members:
                del self._rooms[room]
        socket.rooms = {}
        return True

    def members(self, room: str | None) -> Iterable[Socket]:
        """The sockets in a room, in the order in which they joined; everybody for None."""
        return (self.sockets if room is None else self._rooms.get(room, NOBODY)).values()

    @property
    def rooms(self) -> Mapping[str, Mapping[str, Socket]]:
        """Every room that somebody is in."""
        return self._rooms
