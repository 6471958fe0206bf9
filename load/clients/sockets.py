"""Sockets of the generator: Socket.IO over WebSocket frames, and plain WebSockets; each waits for one answer at a time, and counts what its room is told."""

import re
import ssl
from collections import deque
from collections.abc import Mapping
from itertools import count
from typing import Any
from zlib import crc32

import gevent
import orjson
from gevent.hub import Waiter, get_hub

from load.clients.frames import Broken, Frames
from load.clock import now
from load.stage import Room
from understudy.wire import socketio

__all__ = ["ACK", "Answer", "Plain", "SocketIO", "socket_of"]

ACK = "(acknowledgement)"
PACE = 1.1  # a window that a server limits is kept to with so much to spare


class Answer:
    """What came. at: monotonic seconds; name: of the message; data: its payload."""

    __slots__ = ("at", "data", "name")

    def __init__(self, at: float, name: str, data: Any) -> None:
        self.at, self.name, self.data = at, name, data

    def __repr__(self) -> str:
        return f"{self.name} {self.data!r}"


class _Socket:
    """What both kinds share. updates, trail: how many messages of the room came, and a checksum of them all in their order; last: the latest of them."""

    def __init__(self, room: Room, handshake: Mapping[str, Any], tls: ssl.SSLContext | None) -> None:
        self.room, self.handshake, self.tls = room, handshake, tls
        self.frames = Frames(self._came, self._ended)
        self.updates, self.trail = 0, 0
        self.last: bytes = b""
        self.closed = ""
        self.watching: Any = None  # called with each update's bytes and the moment, in the event loop
        self._wanted: tuple[str, ...] = ()
        self._waiter: Any = None
        self._early: deque[Answer] = deque(maxlen=20)
        self._sent: deque[float] = deque()
        self.proved = now()  # the latest moment of which it is known that the server had it open: a question that was answered went then
        self.ended: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self.frames.is_open and not self.closed

    def send(self, data: bytes) -> float:
        """Sends a frame's payload when the server's limit allows it; the moment at which it went. Raises Broken."""
        self._pace()
        at = now()
        self.frames.send(data)
        return at

    def _pace(self) -> None:
        if self.room.rate is None:
            return
        limit, window = self.room.rate
        at, window = now(), window * PACE
        while self._sent and self._sent[0] <= at - window:
            self._sent.popleft()
        if len(self._sent) >= limit:
            gevent.sleep(self._sent[0] + window - at)
            self._sent.popleft()
        self._sent.append(now())

    def ask(self, data: bytes, names: tuple[str, ...], timeout: float) -> tuple[float, Answer | None]:
        """Sends a message and waits for one of some names: when it went, and what came; None where nothing came in time. Raises Broken."""
        self._wanted, self._waiter, self._early = names, Waiter(), deque(maxlen=20)
        sent = self.send(data)
        found = self._wait(timeout)
        self.proved = sent if found is not None else self.proved
        return sent, found

    def expect(self, names: tuple[str, ...], timeout: float) -> Answer | None:
        """Waits for one of some names, which may have come already."""
        for item in list(self._early):
            if item.name in names:
                self._early.remove(item)
                item.data = self._whole(item.data)
                return item
        self._wanted, self._waiter = names, Waiter()
        return self._wait(timeout)

    def _wait(self, timeout: float) -> Answer | None:
        waiter = self._waiter
        found: Answer | str | None = None
        with gevent.Timeout(timeout, False):
            found = waiter.get()
        self._waiter = None
        if isinstance(found, str):
            raise Broken(found)
        return found

    def answered(self, item: Answer) -> None:
        """Hands something over as the answer that is waited for: of somebody who hears themselves."""
        self._answered(item)

    def _answered(self, item: Answer) -> None:
        if self._waiter is not None and item.name in self._wanted:
            waiter, self._waiter = self._waiter, None
            waiter.switch(item)
        else:
            self._early.append(item)

    def _whole(self, data: Any) -> Any:
        """The payload of something that came early."""
        return data

    def _told(self, payload: bytes) -> None:
        self.updates += 1
        self.trail = crc32(payload, self.trail)
        self.last = payload
        if self.watching is not None:
            self.watching(payload, now())

    def _ended(self, why: str) -> None:
        self.closed, self.ended = self.closed or why, self.ended or now()
        if self._waiter is not None and gevent.getcurrent() is get_hub():
            waiter, self._waiter = self._waiter, None
            waiter.switch(why)

    def close(self) -> None:
        """Says farewell and closes."""
        self.frames.close()

    def drop(self) -> None:
        """Cuts it off, as a page does whose network is gone."""
        self.frames.drop()

    def _came(self, payload: bytes) -> None:
        raise NotImplementedError


class SocketIO(_Socket):
    """A namespace of Socket.IO 5 over Engine.IO 4."""

    def __init__(self, room: Room, handshake: Mapping[str, Any], tls: ssl.SSLContext | None) -> None:
        super().__init__(room, handshake, tls)
        space = "" if room.namespace in ("", "/") else f"{room.namespace},"
        self._head = f"42{space}".encode()
        self._update = self._head + orjson.dumps([room.update])[:-1] if room.update else b"\xff"
        self._space = space
        self._numbers = count(1)

    def open(self, timeout: float) -> float:
        """Opens it; the moment at which it was let in. Raises Broken."""
        self._wanted, self._waiter = ("connect", "refused"), Waiter()
        handshake = self.handshake
        self.frames.open(handshake["uri"], handshake["headers"], tuple(handshake["subprotocols"]), self.tls, timeout)
        if self.closed:  # together with the answer to the upgrade
            raise Broken(self.closed)
        found = self._wait(timeout)
        if found is None or found.name != "connect":
            self.close()
            raise Broken(f"{self.room.namespace} did not open: {found.data if found else 'no answer in time'}")
        self.proved = found.at
        return found.at

    def text(self, event: str, body: Any, ack: bool = False) -> bytes:
        """The payload of an event; with ack an acknowledgement is asked for, which comes as an answer of the name ACK."""
        number = next(self._numbers) if ack else None
        return self._head + (b"%d" % number if number is not None else b"") + orjson.dumps([event] if body is None else [event, body])

    def _came(self, payload: bytes) -> None:
        if payload.startswith(self._update):
            self._told(payload)
        elif payload == b"2":
            self.frames.send(b"3")
        elif payload.startswith(b"0"):
            auth = self.handshake.get("auth")
            self.frames.send(f"40{self._space}".encode() + (orjson.dumps(auth) if auth else b""))
        else:
            self._packet(payload)

    def _packet(self, payload: bytes) -> None:
        at = now()
        try:
            packet = socketio.decode(payload.decode("utf-8", "replace"))
        except socketio.PacketError:
            return
        if packet.type == socketio.EVENT:
            self._answered(Answer(at, packet.data[0], packet.data[1] if len(packet.data) > 1 else None))
        elif packet.type == socketio.ACK:
            self._answered(Answer(at, ACK, packet.data))
        elif packet.type == socketio.CONNECT:
            self._answered(Answer(at, "connect", packet.data))
        elif packet.type == socketio.CONNECT_ERROR:
            self._answered(Answer(at, "refused", packet.data))
        elif packet.type == socketio.DISCONNECT:
            self._ended("the server disconnected the namespace")


class Plain(_Socket):
    """A plain WebSocket, whose frames are JSON objects that name their message in a property."""

    def __init__(self, room: Room, handshake: Mapping[str, Any], tls: ssl.SSLContext | None) -> None:
        super().__init__(room, handshake, tls)
        self._head = re.compile(rb'\s*\{\s*"' + re.escape(room.tag.encode()) + rb'"\s*:\s*"([^"\\]*)"')

    def open(self, timeout: float) -> float:
        """Opens it; the moment at which it was let in. Raises Broken."""
        handshake = self.handshake
        self.frames.open(handshake["uri"], handshake["headers"], tuple(handshake["subprotocols"]), self.tls, timeout)
        if self.closed:  # together with the answer to the upgrade
            raise Broken(self.closed)
        self.proved = now()
        return self.proved

    def text(self, event: str, body: Any, ack: bool = False) -> bytes:
        """The payload of a message: its body carries its name already, or gets it. Plain sockets know no acknowledgements."""
        found = body if isinstance(body, dict) else {}
        return orjson.dumps(found if self.room.tag in found else {self.room.tag: event, **found})

    def _came(self, payload: bytes) -> None:
        head = self._head.match(payload)
        if head is None:
            self._read(payload)
        elif (name := head.group(1).decode("utf-8", "replace")) == self.room.update:
            self._told(payload)
        elif name in self._wanted:
            self._read(payload)
        else:  # what nobody waits for is not read: a room may be told much that concerns no load
            self._early.append(Answer(now(), name, payload))

    def _read(self, payload: bytes) -> None:
        try:
            data = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return
        name = str(data.get(self.room.tag, "")) if isinstance(data, dict) else ""
        if name == self.room.update:
            self._told(payload)
        else:
            self._answered(Answer(now(), name, data))

    def _whole(self, data: Any) -> Any:
        try:
            return orjson.loads(data) if isinstance(data, bytes) else data
        except orjson.JSONDecodeError:
            return None


def socket_of(room: Room, handshake: Mapping[str, Any], tls: ssl.SSLContext | None = None) -> SocketIO | Plain:
    """A socket of a channel, not open yet."""
    return (Plain if room.raw else SocketIO)(room, handshake, tls)
