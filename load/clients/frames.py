"""A WebSocket of a client, with as little work per frame as Python allows: no compression, masks of zeros (which is legal), no greenlet of its own.

What comes is read by a watcher of the event loop and handed over as it is; nothing is decoded here.
"""

import os
import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent import socket
from gevent.hub import get_hub

__all__ = ["Broken", "Frames", "frame"]

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
CONTINUED, FIN, MASKED, SHORT, LONG = 0x00, 0x80, 0x80, 126, 127
READ, CHUNK, LARGEST_HEAD = 1, 1 << 16, 1 << 16
SMALL = 1 << 16
STALLED = 60.0  # seconds that the other side may take none of what is sent


class Broken(ConnectionError):  # noqa: N818 - it says what the socket is
    """A socket that did not open, or is gone; its text says why."""


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """A client's frame, masked with zeros."""
    size = len(payload)
    if size < SHORT:
        return bytes((first, MASKED | size)) + b"\0\0\0\0" + payload
    if size < SMALL:
        return bytes((first, MASKED | SHORT)) + size.to_bytes(2, "big") + b"\0\0\0\0" + payload
    return bytes((first, MASKED | LONG)) + size.to_bytes(8, "big") + b"\0\0\0\0" + payload


class Frames:
    """One connection. on_text: is called in the event loop with the payload of each text frame, and must not block; on_close: once, with why."""

    def __init__(self, on_text: Callable[[bytes], None], on_close: Callable[[str], None]) -> None:
        self.on_text, self.on_close = on_text, on_close
        self.is_open = False
        self._sock: Any = None
        self._watcher: Any = None
        self._rest, self._parts = b"", b""
        self._backlog: deque[memoryview] = deque()  # bytes that could not go yet

    def open(self, uri: str, headers: Mapping[str, str], subprotocols: tuple[str, ...], tls: ssl.SSLContext | None, timeout: float) -> None:
        """Connects and asks for the upgrade. Raises Broken."""
        parts = urlsplit(uri)
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        try:
            self._sock = socket.create_connection((parts.hostname, port), timeout=timeout)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if parts.scheme == "wss":
                self._sock = (tls or ssl.create_default_context()).wrap_socket(self._sock, server_hostname=parts.hostname)
            self._sock.sendall(_request(uri, headers, subprotocols))
            self._rest = self._answer(uri)
        except (OSError, ssl.SSLError) as error:
            self._drop()
            raise error if isinstance(error, Broken) else Broken(f"{parts.netloc}: {error}") from None
        self._sock.settimeout(0.0)
        self.is_open = True
        self._watcher = get_hub().loop.io(self._sock.fileno(), READ)
        self._watcher.start(self._readable)
        if self._rest:
            self._take(b"")

    def _answer(self, uri: str) -> bytes:
        """Reads the answer to the upgrade; what came after it."""
        head = b""
        while b"\r\n\r\n" not in head:
            got = self._sock.recv(CHUNK)
            if not got or len(head) > LARGEST_HEAD:
                raise Broken(f"{urlsplit(uri).netloc} closed before it answered")
            head += got
        head, _, rest = head.partition(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0].decode("latin-1")
        if " 101" not in status:
            raise Broken(f"{urlsplit(uri).netloc} answered {status}")
        return rest

    def _readable(self) -> None:
        while self._sock is not None:
            try:
                data = self._sock.recv(CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError, socket.timeout):
                return
            except OSError as error:
                return self._lost(str(error))
            if not data:
                return self._lost("the connection ended")
            self._take(data)
            if len(data) < CHUNK and not isinstance(self._sock, ssl.SSLSocket):
                return None

    def _take(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        position, end = 0, len(data)
        while position + 2 <= end:
            first, size, start = data[position], data[position + 1] & 0x7F, position + 2
            if size == SHORT:
                if start + 2 > end:
                    break
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == LONG:
                if start + 8 > end:
                    break
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if start + size > end:
                break
            position = start + size
            if first == TEXT:
                self.on_text(data[start:position])
            else:
                self._other(first, data[start:position])
        self._rest = data[position:]

    def _other(self, first: int, payload: bytes) -> None:
        """Control frames, and parts of long messages."""
        if first == PING:
            self.send(payload, PONG)
        elif first == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) > 1 else 1005
            self._lost(f"closed with {code} {payload[2:].decode('utf-8', 'replace')}".rstrip())
        elif first & 0x0F in (CONTINUED, 1, 2):
            self._parts += payload
            if first & FIN:
                whole, self._parts = self._parts, b""
                self.on_text(whole)

    def send(self, payload: bytes, first: int = TEXT) -> None:
        """Sends one frame. Raises Broken where the socket is gone. In the event loop it never waits."""
        self.send_raw(frame(payload, first))

    def send_raw(self, data: bytes) -> None:
        """Sends bytes that are frames already, after those that wait: what does not go at once is sent by a greenlet of its own."""
        if self._sock is None or not self.is_open:
            raise Broken("the socket is closed")
        if self._backlog:
            self._backlog.append(memoryview(data))
            return
        sent = self._go(memoryview(data))
        if self._sock is None:
            raise Broken("the connection ended")
        if sent < len(data):
            self._backlog.append(memoryview(data)[sent:])
            gevent.spawn(self._flush)

    def _go(self, data: memoryview) -> int:
        """How many bytes went at once; a connection that breaks is told."""
        try:
            return int(self._sock.send(data))
        except (BlockingIOError, ssl.SSLWantWriteError, socket.timeout):
            return 0
        except OSError as error:
            self._lost(str(error))
            return 0

    def _flush(self) -> None:
        """Sends what waits, as the other side takes it."""
        while self._backlog and self._sock is not None:
            try:
                socket.wait_write(self._sock.fileno(), timeout=STALLED)
            except (OSError, socket.cancel_wait_ex) as error:
                self._lost(str(error))
            if self._sock is None or not self._backlog:
                return
            rest = self._backlog[0][self._go(self._backlog[0]) :]
            if not self._backlog:
                return
            if rest:
                self._backlog[0] = rest
            else:
                self._backlog.popleft()

    def close(self) -> None:
        """Says farewell and closes."""
        if self.is_open:
            try:
                self.send((1000).to_bytes(2, "big"), CLOSE)
            except Broken:
                return
        self._lost("closed by us")

    def drop(self) -> None:
        """Cuts it off without a farewell, as a page does whose network is gone."""
        self._lost("dropped by us")

    def _lost(self, why: str) -> None:
        was_open, self.is_open = self.is_open, False
        self._drop()
        if was_open:
            self.on_close(why)

    def _drop(self) -> None:
        self._backlog.clear()
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.close()
            self._watcher = None
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def _request(uri: str, headers: Mapping[str, str], subprotocols: tuple[str, ...]) -> bytes:
    parts = urlsplit(uri)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    lines += [f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}"]
    lines += [f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}"] if subprotocols else []
    lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() not in ("host", "upgrade", "connection")]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
