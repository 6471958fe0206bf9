"""The client libraries, and each backend once for a session: tests keep apart by users, events and parties of their own."""

import contextlib
import functools
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..mock_process import Mock, environment
from .eventplatform import Venue
from .node import HERE, PATIENCE, Clients, Frames, SocketIO
from .watchparty import Cinema

INSTALL = "npm --prefix tests/clients install --no-package-lock --no-audit --no-fund"


def missing() -> list[str]:
    """The packages of package.json that are not there in their version."""
    pins = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return [name for name, version in pins.items() if version.rpartition("@")[2] != installed(name)]  # npm:msw@3.0.5 is msw by another name


def installed(package: str) -> str | None:
    """The version of a package that is there."""
    file = HERE / "node_modules" / package / "package.json"
    return str(json.loads(file.read_text(encoding="utf-8"))["version"]) if file.exists() else None


@pytest.fixture(scope="session")
def packages(requires: Callable[..., None]) -> None:
    """Skips without Node or its packages."""
    requires("node")
    if lacking := missing():
        requires("node", f"{', '.join(lacking)} not installed: {INSTALL}")


@contextlib.contextmanager
def serving(*arguments: str, folder: Path) -> Iterator[Mock]:
    """A mock that has not crashed in anything when it ends."""
    command = [sys.executable, "-m", "understudy", "mock", *arguments, "--json"]
    log = folder / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8")
    with process:
        try:
            yield Mock(process, json.loads((process.stdout or sys.stdin).readline() or "null"))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    said = log.read_text(encoding="utf-8")
    assert "Traceback" not in said, said


@pytest.fixture(scope="session")
def mocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Mock]]:
    """Call with a backend's name: its mock."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda name: stack.enter_context(serving(name, "--port", "0", folder=tmp_path_factory.mktemp(name))))


@pytest.fixture(scope="session")
def socketio_client(packages: None) -> Iterator[Clients[SocketIO]]:
    with contextlib.closing(Clients(SocketIO)) as clients:
        yield clients


@pytest.fixture(scope="session")
def websocket_client(packages: None) -> Iterator[Clients[Frames]]:
    with contextlib.closing(Clients(Frames)) as clients:
        yield clients


@pytest.fixture
def socketio(socketio_client: Clients[SocketIO]) -> Iterator[Clients[SocketIO]]:
    """Sockets of socket.io-client, closed after the test."""
    yield socketio_client
    socketio_client.leave()


@pytest.fixture
def websocket(websocket_client: Clients[Frames]) -> Iterator[Clients[Frames]]:
    """Sockets of ws, closed after the test."""
    yield websocket_client
    websocket_client.leave()


@pytest.fixture
def venue(mocks: Callable[[str], Mock], socketio: Clients[SocketIO]) -> Venue:
    """The event platform."""
    return Venue(mocks("eventplatform"), socketio)


@pytest.fixture
def cinema(mocks: Callable[[str], Mock], websocket: Clients[Frames]) -> Cinema:
    """The watch party."""
    return Cinema(mocks("watchparty"), websocket)
