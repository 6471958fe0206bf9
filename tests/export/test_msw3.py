"""The same exports with MSW 3, on the Node that it needs; all other tests have MSW 2."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from understudy.contract.reader import backend_names, read
from understudy.export import folder, msw

from .javascript import HERE, MODULES, furnish, node
from .traffic import SEED, Traffic

NODE = MODULES / "node22" / "bin" / "node"
STEPS = 120


@pytest.fixture
def place(tmp_path: Path, requires: Callable[..., None]) -> Path:
    """A folder with the exports and MSW 3."""
    requires("node")
    if not NODE.exists():
        requires("node", "node22 is not installed: npm --prefix tests/clients install --no-package-lock --no-audit --no-fund")
    for name in backend_names():
        folder.write(tmp_path / name, msw.files(read(name), SEED))
    furnish(tmp_path, "msw3")
    assert json.loads((tmp_path / "node_modules" / "msw" / "package.json").read_text("utf-8"))["version"].startswith("3.")
    return tmp_path


def test_traffic_is_answered_alike(place: Path) -> None:
    recorded = [Traffic(read(name), 50).run(STEPS) for name in backend_names()]
    *differing, summary = map(json.loads, node(place, "replay.mjs", "\n".join(map(json.dumps, recorded)), str(NODE)).splitlines())
    assert not [item for item in differing if "prefer" not in item["step"]["headers"] and "__code=" not in item["step"]["query"]]
    assert summary["total"] > len(recorded) * STEPS


def test_sockets_are_served(place: Path) -> None:
    shutil.copy(HERE / "sockets" / "clients.mjs", place)
    command = [str(NODE), "--no-warnings", "--test", "--test-reporter=spec", "clients.mjs"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
