"""The servers that the socket benchmark compares, each fresh, on core 0: the mock without its rate limit, and stock python-socketio, Node's socket.io."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.calm import cpu
from benchmarks.processes import ROOT, NotHereError, free_port

PYTHON = [sys.executable, "-m"]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `port` speaks Socket.IO; urls: of the mock's services; seconds of CPU and kB of memory are the process's own."""

    name: str
    port: int
    pid: int
    urls: Mapping[str, str] = field(default_factory=dict)

    def cpu(self) -> float:
        return cpu(self.pid)

    def resident(self) -> int:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        assert found
        return int(found.group(1))

    def advance(self, seconds: int) -> None:
        """Moves the mock's clock."""
        address = f"http://127.0.0.1:{self.port}/__admin/clock/advance"
        body = json.dumps({"seconds": seconds}).encode()
        with urllib.request.urlopen(urllib.request.Request(address, body, {"content-type": "application/json"})) as answer:
            answer.read()


@cache
def documents() -> tuple[str, tempfile.TemporaryDirectory[str]]:
    """A copy of eventplatform's documents in which a socket may send as often as it likes."""
    folder = tempfile.TemporaryDirectory(prefix="understudy-sockets-")
    target = Path(folder.name) / "eventplatform"
    subprocess.run([*PYTHON, "understudy", "init", "eventplatform", "--out", str(target)], check=True, capture_output=True, cwd=ROOT)
    realtime = target / "realtime.asyncapi.yaml"
    text, changes = re.subn(r"\blimit: \d+", "limit: 1000000", realtime.read_text())
    if not changes:
        raise SystemExit(f"{realtime.name} has no rate limit to lift any more: look at how it is declared.")
    realtime.write_text(text)
    return str(target), folder


@contextmanager
def serving(name: str, folder: Path | None = None) -> Iterator[Server]:
    """A fresh server of that name ('stock', 'ours' or 'node') on a free port; folder: where Node's is installed."""
    port = free_port()
    command, environment = command_of(name, port, folder), {**os.environ, "PORT": str(port)}
    process = subprocess.Popen(["taskset", "-c", "0", *command], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        urls = announced(process) if name == "ours" else {}
        yield Server(name, answering(int(urls["realtime"].rpartition(":")[2]) if urls else port), process.pid, urls)
    finally:
        process.terminate()
        process.wait()


def command_of(name: str, port: int, folder: Path | None) -> list[str]:
    """What starts a server."""
    if name == "node":
        return [*peers.command("socket.io", folder or peers.default_folder()), str(port)]
    return [*PYTHON, "benchmarks.stock_socketio"] if name == "stock" else [*PYTHON, "understudy", "mock", documents()[0], "--port", "0", "--json"]


def announced(process: subprocess.Popen[str]) -> dict[str, str]:
    """The URLs of the mock's services, from the line that it prints when it serves."""
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise SystemExit("The mock did not start.")
    said: dict[str, Any] = json.loads(line)
    return {service["name"]: service["url"] for service in said["backends"][0]["services"]}


def answering(port: int) -> int:
    for _ in range(200):
        with socket.socket() as made:
            if made.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.05)
    raise NotHereError(f"nothing answers on its port {port}")
