"""A `redis-server` of our own on a free port, which keeps nothing on disk."""

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.processes import NotHereError, Started, free_port, started


@contextmanager
def redis(core: str) -> Iterator[tuple[str, int]]:
    """Its URL and process. Raises NotHereError."""
    if not shutil.which("redis-server"):
        raise NotHereError("redis-server is wanted (apt install redis-server)")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]
        with started(command, core) as server:
            wait(server, port)
            yield f"redis://127.0.0.1:{port}/0", server.process.pid


def wait(server: Started, port: int) -> None:
    """Until it answers a ping."""
    while server.passed():
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as made:
                made.sendall(b"PING\r\n")
                if made.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            time.sleep(0.02)
