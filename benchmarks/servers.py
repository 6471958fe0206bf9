"""The HTTP servers that are compared, by name. Each is started fresh, answers the same document, and says on which cores it ran."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.processes import first_answer, free_port, started
from benchmarks.redis_server import redis
from benchmarks.setting import Setting

PYTHON = [sys.executable, "-m"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a mock was seen to answer, by path (with status), and its document as one file."""

    answers: Mapping[str, Any]
    document: Path


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers; pids: its own process and Redis'; start: seconds from the command to the first answer."""

    port: int
    pids: tuple[int, ...]
    start: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A server. workers: processes of a mock with Redis, 0 without; prefix: before the document's paths; peer: the package that it is;
    recorded: it answers what a mock did."""

    title: str
    command: Callable[[Setting, int, Recorded], list[str]]
    prefix: str = "/api"
    workers: int = 0
    peer: str = ""
    recorded: bool = False
    about: str = ""


def mock(setting: Setting, port: int, recorded: Recorded) -> list[str]:
    """The mock as a user starts it."""
    return [*PYTHON, "understudy", "mock", "eventplatform", "--port", str(port), "-q"]


def bare(setting: Setting, port: int, recorded: Recorded) -> list[str]:
    """The yardstick on the same server."""
    return [*PYTHON, "benchmarks.bare"]


def by_hand(setting: Setting, port: int, recorded: Recorded) -> list[str]:
    """The yardstick with a real order."""
    return [*PYTHON, "benchmarks.by_hand"]


def prism(setting: Setting, port: int, recorded: Recorded) -> list[str]:
    """Prism without a log, which would cost it most of its speed."""
    return [*peers.command("prism", setting.peers), "mock", "-p", str(port), "--verboseLevel", "silent", str(recorded.document)]


def scripted(name: str) -> Callable[[Setting, int, Recorded], list[str]]:
    """A peer that our own script starts."""
    return lambda setting, port, recorded: [*peers.command(name, setting.peers), str(port), str(recorded.document)]


KINDS: dict[str, Kind] = {
    "mock": Kind("Understudy", mock, about="rows in memory, default settings"),
    "redis-1": Kind("Understudy, Redis", mock, workers=1, about="one worker"),
    "redis-2": Kind("Understudy, Redis, 2 workers", mock, workers=2, about="two workers"),
    "bare": Kind("bare uvicorn", bare, recorded=True, about="the mock's bodies and statuses, recorded; looks at nothing"),
    "by-hand": Kind(
        "orders by hand",
        by_hand,
        recorded=True,
        about="the same, but that an order is written by hand: it keeps rows, seats, completions and a log, and no more",
    ),
    "prism": Kind("Prism", prism, "", peer="prism", about="answers with examples, any token is good; log off"),
    "openapi-backend": Kind(
        "openapi-backend",
        scripted("openapi-backend"),
        "",
        peer="openapi-backend",
        about="own handlers answer with examples, any token is good; its look at the document is off (it knows 3.0)",
    ),
    "scalar": Kind("Scalar's mock server", scripted("scalar"), "", peer="scalar", about="answers with examples, any token is good"),
}


def placed(kind: Kind, setting: Setting) -> str:
    """On which cores a kind runs, for the table."""
    if not kind.workers:
        return setting.cores.server
    return f"{setting.cores.server if kind.workers == 1 else setting.cores.workers}, Redis {setting.cores.redis}"


@contextmanager
def serving(kind: Kind, setting: Setting, recorded: Recorded) -> Iterator[Running]:
    """A fresh server of a kind. Raises NotHereError."""
    port = free_port()
    command = kind.command(setting, port, recorded)
    with redis(setting.cores.redis) if kind.workers else nullcontext(("", 0)) as (url, store):
        command += ["--state", url] if url else []
        command += ["--workers", str(kind.workers)] if kind.workers > 1 else []
        environment: dict[str, str] = {"PORT": str(port), "BARE_ANSWERS": json.dumps(recorded.answers)} if kind.recorded else {}
        with started(command, setting.cores.workers if kind.workers > 1 else setting.cores.server, environment) as server:
            yield Running(port, (server.process.pid, store)[: 2 if store else 1], first_answer(server, port, f"{kind.prefix}/events/1"))
