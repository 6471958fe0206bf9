"""A front end's tests in Vitest, over the exports in the repository: with MSW 2, and with MSW 3 on the Node that it needs."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .javascript import HERE, MODULES, RUNTIME, furnish

EXPORTED = RUNTIME.parent / "exported"


@pytest.mark.parametrize(("msw", "interpreter"), [("msw", "node"), ("msw3", str(MODULES / "node22" / "bin" / "node"))], ids=["msw2", "msw3"])
def test_a_front_ends_tests_pass(msw: str, interpreter: str, tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    if shutil.which(interpreter) is None:
        requires("node", f"{interpreter} is not installed: npm --prefix tests/clients install --no-package-lock --no-audit --no-fund")
    place = tmp_path / "fixtures" / "exported"
    shutil.copytree(EXPORTED, place)
    shutil.copytree(RUNTIME, tmp_path / "fixtures" / "runtime")
    furnish(tmp_path, msw)
    for script in ("setup.mjs", "export.test.mjs"):
        shutil.copy(HERE / "vitest" / script, place)
    shutil.copy(HERE / "vitest" / "vitest.config.mjs", tmp_path)
    command = [interpreter, "node_modules/vitest/vitest.mjs", "run", "--root", ".", "--no-color"]
    environment = {**os.environ, "MSW": msw}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
