"""Servers for the sockets of the load: in threads of their own, while the clients run in the hub of the test's thread."""

import contextlib
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha1
from typing import Any

import gevent
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_websocket

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Said = Callable[[ServerConnection], None]


@contextmanager
def websocket(answer: Said, **options: Any) -> Iterator[str]:
    """A WebSocket server that does something with each connection; its URL."""

    def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(Exception):
            answer(connection)

    with serve_websocket(handle, "127.0.0.1", 0, **{"compression": None, "max_size": None, **options}) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/path?query=1"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def bare(answer: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """A server of bytes: it gets each connection and the head of its request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def handle() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    answer(connection, connection.recv(65536))

        thread = threading.Thread(target=handle)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def upgrade(connection: socket.socket, head: bytes) -> None:
    """Lets a WebSocket in."""
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = b64encode(sha1(key + GUID).digest())
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")


def until(condition: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Waits, while the hub runs, until something is so."""
    with gevent.Timeout(seconds, AssertionError(f"not within {seconds:g} s")):
        while not (found := condition()):
            gevent.sleep(0.005)
    return found
