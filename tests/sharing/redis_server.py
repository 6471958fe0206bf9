"""A `redis-server` on a free port, as the tests need it: stopped, killed and started again at will."""

import signal
import socket
import subprocess
import time
from pathlib import Path

import redis

PATIENCE = 10.0


class RedisServer:
    """The server. url: where it is. durable: whether it writes each change before it answers."""

    def __init__(self, folder: Path, durable: bool = False) -> None:
        self.folder, self.durable = folder, durable
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; returns when it answers."""
        kept = ["--appendonly", "yes", "--appendfsync", "always"] if self.durable else ["--appendonly", "no"]
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "", "--loglevel", "warning", *kept]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                redis.Redis.from_url(self.url).ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("redis-server does not answer")

    def stop(self, kill: bool = False) -> None:
        """Ends it."""
        assert self._process is not None
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait(PATIENCE)

    def hang(self) -> None:
        """Has it take connections, and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Has it answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def clear(self) -> None:
        """Forgets everything."""
        redis.Redis.from_url(self.url).flushall()
