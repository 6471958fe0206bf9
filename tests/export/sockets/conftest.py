"""Exported handlers behind real ports: what tests the mock by its clients tests them as well."""

import contextlib
import functools
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ...clients.conftest import cinema, packages, socketio, socketio_client, venue, websocket, websocket_client
from ...clients.node import HERE as CLIENTS
from ...clients.node import PATIENCE
from ...mock_process import Mock, run
from ..traffic import SEED

__all__ = ["cinema", "folder", "mocks", "packages", "socketio", "socketio_client", "venue", "websocket", "websocket_client"]

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def folder(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Call with a backend's name: the folder with its export, beside the scripts of this folder and the packages that they use."""
    root = tmp_path_factory.mktemp("export")
    (root / "node_modules").symlink_to(CLIENTS / "node_modules")
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, root)
    (root / "package.json").write_text('{"type": "module"}', encoding="utf-8")

    @functools.cache
    def export(name: str) -> Path:
        done = run(["export", "msw", name, "--out", name, "--seed", SEED], root)
        assert done.returncode == 0, done.stderr
        return root / name

    return export


@contextlib.contextmanager
def serving(folder: Path, log: Path) -> Iterator[Mock]:
    """Handlers that have not crashed in anything when they end, as the log of their process tells."""
    with log.open("w") as errors:
        process = subprocess.Popen(["node", "serve.mjs", folder.name], cwd=folder.parent, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8")
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text(encoding="utf-8")
            yield Mock(process, json.loads(line))
        finally:
            process.terminate()
            process.wait(PATIENCE)
    said = log.read_text(encoding="utf-8")
    assert "Error" not in said, said


@pytest.fixture(scope="session")
def mocks(folder: Callable[[str], Path]) -> Iterator[Callable[[str], Mock]]:
    """Call with a backend's name: its exported handlers."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda name: stack.enter_context(serving(folder(name), folder(name) / "log")))
