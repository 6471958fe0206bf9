"""Engine.IO 4 and Socket.IO 5 as text: the packets that go over a WebSocket, one in each frame.

https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/. Binary attachments are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

__all__ = [
    "ACK", "CLOSE", "CONNECT", "CONNECT_ERROR", "DISCONNECT", "EVENT", "MESSAGE", "NOOP", "OPEN", "PATH", "PING", "PONG", "UPGRADE",
    "Packet", "PacketError", "decode", "encode", "event", "handshake_path", "opened",
]  # fmt: skip

OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = "0123456"  # Engine.IO's types: the first character of a frame
CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = range(7)  # Socket.IO's, the second
PATH, REVISION = "/socket.io/", "4"
DEFAULT = "/"  # the namespace that packets leave out


class PacketError(ValueError):
    """A text that is no packet; it says why."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A Socket.IO packet. data: an event's name and arguments, an acknowledgement's arguments, an auth object, a refusal; id: that of the acknowledgement."""

    type: int
    namespace: str = DEFAULT
    data: Any = None
    id: int | None = None


def encode(packet: Packet) -> str:
    """A packet as the text of a frame, Engine.IO's `4` included."""
    space = "" if packet.namespace == DEFAULT else f"{packet.namespace},"
    number = "" if packet.id is None else packet.id
    data = "" if packet.data is None else orjson.dumps(packet.data).decode()
    return f"{MESSAGE}{packet.type}{space}{number}{data}"


def event(namespace: str, name: str, *arguments: Any, id: int | None = None) -> str:
    """An event as the text of a frame; with an id an acknowledgement is asked for."""
    return encode(Packet(EVENT, namespace, [name, *arguments], id))


def decode(frame: str) -> Packet:
    """The packet of a frame whose first character is Engine.IO's `4`. Raises PacketError."""
    if frame[:1] != MESSAGE or not ("0" <= frame[1:2] <= "6"):
        raise PacketError(f"{frame[:40]!r} is no Socket.IO packet")
    kind, rest = int(frame[1]), frame[2:]
    if kind in (BINARY_EVENT, BINARY_ACK):
        raise PacketError("binary attachments are not read")
    namespace, rest = _namespace(rest)
    digits = len(rest) - len(rest.lstrip("0123456789"))
    number = int(rest[:digits]) if digits and kind in (EVENT, ACK) else None
    return Packet(kind, namespace, _data(rest[digits:] if number is not None else rest, kind), number)


def _namespace(text: str) -> tuple[str, str]:
    if not text.startswith("/"):
        return DEFAULT, text
    name, _, rest = text.partition(",")
    return name.partition("?")[0], rest


def _data(text: str, kind: int) -> Any:
    try:
        data = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        raise PacketError(f"{text[:40]!r} is no JSON") from None
    if kind == EVENT and not (isinstance(data, list) and data and isinstance(data[0], str)):
        raise PacketError("an event is a list that begins with its name")
    if kind == ACK and not isinstance(data, list):
        raise PacketError("an acknowledgement is a list")
    return data


def opened(frame: str) -> Mapping[str, Any]:
    """What the first frame of a connection says: sid, pingInterval and pingTimeout in milliseconds. Raises PacketError."""
    try:
        data = orjson.loads(frame[1:]) if frame[:1] == OPEN else None
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict) or "sid" not in data:
        raise PacketError(f"{frame[:40]!r} opens no Engine.IO connection")
    return data


def handshake_path(path: str | None = None, query: Mapping[str, Any] | None = None, transport: str = "websocket") -> str:
    """Path and query of a connection's first request."""
    place = f"/{(path or PATH).strip('/')}/"
    pairs = {"EIO": REVISION, "transport": transport, **{name: str(value) for name, value in (query or {}).items()}}
    return f"{place}?{urlencode(pairs)}"
