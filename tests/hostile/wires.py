"""Raw connections: bytes out, whatever comes back in."""

import asyncio
import contextlib
import socket as sockets
import struct

QUIET = 0.25  # seconds after which a mock that says nothing more is waiting for more
STREAM = b"\r\ncontent-type: text/event-stream"  # an answer without an end: what is sent behind its request is never answered


async def exchange(place: tuple[str, int], data: bytes, quiet: float = QUIET, most: float = 20.0) -> bytes:
    """Sends bytes on a connection of their own; returns what comes back until the mock closes, or says nothing any more."""
    reader, writer = await asyncio.open_connection(*place)
    found = bytearray()
    try:
        async with asyncio.timeout(most):
            sending = asyncio.ensure_future(_send(writer, data))
            with contextlib.suppress(ConnectionError):
                while True:
                    async with asyncio.timeout(quiet) as waiting:
                        piece = await reader.read(1 << 16)
                    if not piece:
                        break
                    found += piece
                    del waiting
                    if STREAM in found:
                        quiet = min(quiet, QUIET)
    except TimeoutError:
        pass
    finally:
        sending.cancel()
        writer.transport.abort()
    return bytes(found)


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        writer.write(data)
        await writer.drain()


def connect(place: tuple[str, int], window: int | None = None) -> sockets.socket:
    """A connection that blocks. window: bytes that it takes without being read."""
    made = sockets.socket()
    if window is not None:
        made.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, window)
    made.settimeout(15)
    made.connect(place)
    return made


def everything(connection: sockets.socket) -> bytes:
    """What comes until the mock closes."""
    found = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(1 << 16):
            found += piece
    return bytes(found)


def reset(connection: sockets.socket) -> None:
    """Ends a connection at once."""
    connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
