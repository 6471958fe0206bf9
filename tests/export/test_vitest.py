"""A front end's tests in Vitest, over the exports in the repository."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .javascript import HERE, RUNTIME, furnish

EXPORTED = RUNTIME.parent / "exported"


def test_a_front_ends_tests_pass(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    place = tmp_path / "fixtures" / "exported"
    shutil.copytree(EXPORTED, place)
    shutil.copytree(RUNTIME, tmp_path / "fixtures" / "runtime")
    furnish(tmp_path)
    shutil.copy(HERE / "vitest" / "export.test.mjs", place)
    command = ["node", "node_modules/vitest/vitest.mjs", "run", "--root", ".", "--no-color"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
