"""The worked example: built, and used in Chromium as a buyer does, against the mock and against the exported handlers."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..mock_process import REPOSITORY, serving

EXAMPLE = REPOSITORY / "examples" / "eventplatform-react"
INSTALL = "npm --prefix examples/eventplatform-react install"
PATIENCE = 120  # seconds
SEEN = {"refused": "Invalid username or password", "events": 18, "tooMany": "Not enough tickets available", "counting": True, "wide": False, "problems": []}


@pytest.fixture
def build(requires: Callable[..., None], tmp_path: Path) -> Callable[[str], Path]:
    """Call with what VITE_BACKEND says: the folder of the built page."""
    requires("node")
    requires("chromium")
    if not (EXAMPLE / "node_modules" / "vite").is_dir():
        requires("node", f"the example's packages are not installed: {INSTALL}")

    def run(backend: str) -> Path:
        for command in (("npm", "run", "worker"), ("npx", "tsc"), ("npx", "vite", "build", "--outDir", str(tmp_path / "dist"))):
            environment = {**os.environ, "VITE_BACKEND": backend}
            done = subprocess.run(command, cwd=EXAMPLE, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        return tmp_path / "dist"

    return run


def seen(folder: Path, picture: Path, places: dict[str, str], shared: bool) -> Any:
    """What a buyer sees. places: where what the page calls really is; shared: whether a second page sees the same state."""
    plan = {"executable": shutil.which("chromium"), "folder": str(folder), "places": places, "shared": shared, "picture": str(picture)}
    done = subprocess.run(["node", "story.mjs", json.dumps(plan)], cwd=EXAMPLE, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_pages_buy_and_watch_over_the_mock(build: Callable[[str], Path], tmp_path: Path) -> None:
    """The guide's own ports, wherever the mock really listens."""
    with serving("eventplatform", folder=tmp_path) as mock:
        places = {f"localhost:{port}": mock.url(name).partition("://")[2] for name, port in (("gateway", 3000), ("realtime", 3001))}
        assert seen(build("mock"), tmp_path / "page.png", places, shared=True) == SEEN


def test_a_page_buys_over_the_exported_handlers_without_any_server(build: Callable[[str], Path], tmp_path: Path) -> None:
    nowhere = {f"localhost:{port}": "127.0.0.1:2" for port in (3000, 3001)}  # who asks the network gets nothing
    assert seen(build("export"), tmp_path / "page.png", nowhere, shared=False) == SEEN
