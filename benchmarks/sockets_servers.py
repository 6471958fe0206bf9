"""The servers that the socket benchmark compares, each fresh, on core 0: the mock without its rate limit, and stock python-socketio."""

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

ROOT = Path(__file__).parent.parent
PYTHON = [sys.executable, "-m"]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `port` speaks Socket.IO; urls: of the mock's services; seconds of CPU and kB of memory are the process's own."""

    name: str
    port: int
    pid: int
    urls: Mapping[str, str] = field(default_factory=dict)

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

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


def busy() -> float:
    """Seconds that the two cores of the benchmark have worked, for whomever."""
    cores = [line.split() for line in Path("/proc/stat").read_text().splitlines() if line.startswith(("cpu0 ", "cpu1 "))]
    return sum(int(field) for core in cores for field in (*core[1:4], *core[6:9])) / TICKS


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
def serving(name: str) -> Iterator[Server]:
    """A fresh server of that name ('stock' or 'ours') on a free port."""
    with started(name) as (process, port, urls):
        yield Server(name, port, process.pid, urls)


@contextmanager
def started(name: str) -> Iterator[tuple[subprocess.Popen[str], int, dict[str, str]]]:
    port = free_port()
    command = ["benchmarks.stock_socketio"] if name == "stock" else ["understudy", "mock", documents()[0], "--port", "0", "--json"]
    process = subprocess.Popen(["taskset", "-c", "0", *PYTHON, *command], env={**os.environ, "PORT": str(port)}, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        urls = {} if name == "stock" else announced(process)
        yield process, answering(int(urls["realtime"].rpartition(":")[2]) if urls else port), urls
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
    return port


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
    raise SystemExit(f"Nothing answers on port {port}.")
