"""Servers as processes: started on a core, waited for, their memory, stopped. One that does not come up is 'not here', with its reason."""

import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PATIENCE, PAUSE = 30.0, 0.005
PORTS = cycle(range(20_000 + os.getpid() % 1000 * 10, 32_000, 2))  # each run begins elsewhere, and comes to none again soon
NOT_OURS = ("PYTHONDONTWRITEBYTECODE",)  # with it each start would compile again


class NotHereError(Exception):
    """A server, tool or package can't be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Started:
    """A process, since when it runs, and the file with all that it has printed."""

    process: subprocess.Popen[bytes]
    since: float
    said: Path

    def printed(self) -> list[str]:
        """Whole lines that are not empty."""
        return [line for line in self.said.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]

    def passed(self) -> float:
        """Seconds since the command; raises NotHereError where it has ended, or took too long."""
        if self.process.poll() is not None:
            raise NotHereError(f"it ended with exit code {self.process.returncode}{last_words(self.printed())}")
        seconds = time.perf_counter() - self.since
        if seconds > PATIENCE:
            raise NotHereError(f"nothing answers after {PATIENCE:.0f} s{last_words(self.printed())}")
        return seconds


def last_words(lines: Sequence[str]) -> str:
    """The line that says most of why a process ended: its first error, else its last line; without paths of this machine."""
    errors = [line for line in lines if re.search(r"\w*Error\b.*:", line)]
    return f": {re.sub(r'(file://)?/[^ ]*/', '', (errors or lines)[0 if errors else -1].strip())[:160]}" if lines else ""


@contextmanager
def started(command: Sequence[str], core: str, environment: Mapping[str, str] | None = None) -> Iterator[Started]:
    """The process of a command on a core."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    with tempfile.NamedTemporaryFile() as said:
        since = time.perf_counter()
        process = subprocess.Popen(
            ["taskset", "-c", core, *command],
            env=inherited | dict(environment or {}),
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            yield Started(process, since, Path(said.name))
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, by force if it does not listen."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def first_answer(server: Started, port: int, path: str) -> float:
    """Seconds from the command until a path is answered with success."""
    while seconds := server.passed():
        try:
            if ask(port, path).status < 300:
                return server.passed()
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(PAUSE)
    return seconds


def free_port() -> int:
    """A port that nobody has just now, nor the next one, which a mock of two services takes too; below those that connections are given."""
    return next(port for port in PORTS if free(port) and free(port + 1))


def free(port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def ask(port: int, path: str, body: Any = None, token: str = "") -> Answer:
    """One request over a connection of its own; a body makes it a POST. Raises OSError where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    try:
        connection.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read())
    finally:
        connection.close()


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children = [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]
    return [pid, *(item for child in children for item in family(child))]


def resident(pid: int) -> float:
    """MB of memory that a process and its children hold; pages that they share count for each."""
    found = [re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{item}/status").read_text()) for item in family(pid)]
    return sum(int(item.group(1)) for item in found if item) / 1024
