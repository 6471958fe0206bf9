"""A light client: Engine.IO 4 and Socket.IO 5 over WebSocket text frames, with as little work per frame as Python allows.

It offers no compression, masks with zeros (which is legal), counts broadcasts by their first bytes and decodes no JSON.
A locker keeps one message under way: lock, wait for the answer, unlock, wait for the answer, again.
"""

import asyncio
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

NAMESPACE = b"/realtime"
EVENT = b"42" + NAMESPACE + b',["'
UPDATE = EVENT + b'availability-update"'
JOINED = EVENT + b'joined-event-room"'
LOCKED = EVENT + b'lock-tickets-response"'
UNLOCKED = EVENT + b'unlock-tickets-response"'
CONNECT = b"40" + NAMESPACE + b","
SUCCESS = (b'"success":true', b'"success": true')
PING, PONG, WS_PING, WS_PONG, CLOSE = b"2", b"3", 0x89, 0x8A, 0x88
SHORT, LONG = 126, 127
HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket&userId={user} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ATTEMPTS_AT_ONCE = 50


def frame(payload: bytes, first: int = 0x81) -> bytes:
    """A client's frame of up to 64 kB, masked with zeros."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < SHORT else bytes((0x80 | SHORT, *size.to_bytes(2, "big")))
    return bytes((first,)) + length + b"\0\0\0\0" + payload


def message(event: str, **data: int) -> bytes:
    """The frame of an event with integers as its data."""
    text = ",".join(f'"{name}":{value}' for name, value in data.items())
    return frame(EVENT + f'{event}",{{{text}}}]'.encode())


class Tally:
    """What all sockets of a run have counted."""

    def __init__(self) -> None:
        self.updates = 0
        self.locks: list[float] = []
        self.unlocks = 0
        self.refused: list[bytes] = []
        self.closed = 0
        self.running = False


class Listener(asyncio.Protocol):
    """A socket that connects, joins the room of an event and counts what it is told."""

    def __init__(self, port: int, user: int, tally: Tally, event: int = 1) -> None:
        self.port, self.user, self.tally, self.event = port, user, tally, event
        self.transport: asyncio.Transport
        self.rest = b""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.handle: Callable[[bytes], None] = self.greet

    def data_received(self, data: bytes) -> None:
        """Takes what came; a broadcast is recognised and counted without a copy."""
        if data.startswith(UPDATE, 4) and not self.rest and len(data) == (data[2] << 8) + data[3] + 4:
            self.tally.updates += 1
        else:
            self.rest = self.frames(self.rest + data)

    def frames(self, data: bytes) -> bytes:
        """Takes frames one by one and returns the part of one that is not complete."""
        position, end = 0, len(data)
        while position + 2 <= end:
            size, start = data[position + 1], position + 2
            if size == SHORT:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == LONG:
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if start + size > end:
                break
            if data.startswith(UPDATE, start):
                self.tally.updates += 1
            else:
                self.other(data[position], data[start : start + size])
            position = start + size
        return data[position:]

    def other(self, first: int, payload: bytes) -> None:
        if payload == PING:
            self.transport.write(frame(PONG))
        elif first == WS_PING:
            self.transport.write(frame(payload, WS_PONG))
        elif first == CLOSE:
            self.transport.close()
        else:
            self.handle(payload)

    def greet(self, payload: bytes) -> None:
        """From Engine.IO's open packet to the joined room."""
        if payload.startswith(b"0{"):
            self.transport.write(frame(CONNECT))
        elif payload.startswith(CONNECT):
            self.transport.write(message("join-event-room", eventId=self.event, userId=self.user))
        elif payload.startswith(JOINED):
            self.handle = self.spare
            self.ready.set_result(None)
        elif payload.startswith((b"44", EVENT + b'error"')):
            self.ready.set_exception(ConnectionError(payload.decode()))

    def spare(self, payload: bytes) -> None:
        """Nothing else is expected by a listener."""

    def connection_lost(self, error: Exception | None) -> None:
        self.tally.closed += 1
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionError("closed before it was ready"))


class Handshake(asyncio.Protocol):
    """Asks for the upgrade, then hands the connection to its listener."""

    def __init__(self, listener: Listener) -> None:
        self.listener, self.answer = listener, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.listener.transport = cast(asyncio.Transport, transport)
        key = b64encode(os.urandom(16)).decode()
        self.listener.transport.write(HANDSHAKE.format(user=self.listener.user, port=self.listener.port, key=key).encode())

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, end, rest = self.answer.partition(b"\r\n\r\n")
        if end and not head.startswith(b"HTTP/1.1 101"):
            self.listener.ready.set_exception(ConnectionError(head.decode(errors="replace")))
        elif end:
            self.listener.transport.set_protocol(self.listener)
            self.listener.data_received(rest)

    def connection_lost(self, error: Exception | None) -> None:
        self.listener.connection_lost(error)


class Locker(Listener):
    """A listener that locks and unlocks one seat, one message at a time."""

    def start(self, category: int) -> None:
        self.lock = message("lock-tickets", eventId=1, categoryId=category, quantity=1, userId=self.user)
        self.unlock = message("unlock-tickets", eventId=1, categoryId=category, quantity=1, userId=self.user)
        self.handle = self.answered
        self.send_lock()

    def send_lock(self) -> None:
        self.since = time.perf_counter()
        self.transport.write(self.lock)

    def answered(self, payload: bytes) -> None:
        if not any(word in payload for word in SUCCESS):
            self.tally.refused.append(payload)
        elif payload.startswith(LOCKED):
            self.tally.locks.append(time.perf_counter() - self.since)
            self.transport.write(self.unlock)
        elif payload.startswith(UNLOCKED):
            self.tally.unlocks += 1
            if self.tally.running:
                self.send_lock()


class Asker(Listener):
    """A listener that is told when to lock."""

    async def lock(self, category: int) -> float:
        """Locks a seat; returns the seconds until it was answered."""
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.handle = self.answered
        since = time.perf_counter()
        self.transport.write(message("lock-tickets", eventId=1, categoryId=category, quantity=1, userId=self.user))
        answer = await asyncio.wait_for(self.answer, 10)
        if not any(word in answer for word in SUCCESS):
            self.tally.refused.append(answer)
        return time.perf_counter() - since

    def answered(self, payload: bytes) -> None:
        if payload.startswith(LOCKED):
            self.answer.set_result(payload)


async def connect(wanted: Iterable[Listener]) -> list[Listener]:
    """Opens every socket, a few at a time, and waits until each is ready."""
    loop, sockets = asyncio.get_running_loop(), list(wanted)
    for start in range(0, len(sockets), ATTEMPTS_AT_ONCE):
        group = sockets[start : start + ATTEMPTS_AT_ONCE]
        await asyncio.gather(*(loop.create_connection(partial(Handshake, item), "127.0.0.1", item.port) for item in group))
        await asyncio.wait_for(asyncio.gather(*(item.ready for item in group)), 30)
    return sockets


async def close(sockets: Iterable[Listener]) -> None:
    for item in sockets:
        item.transport.abort()
    await asyncio.sleep(0.3)
