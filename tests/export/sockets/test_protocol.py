"""Engine.IO and Socket.IO of the runtime, by hand and by socket.io-client in Node. The scripts say what is tested."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize("script", ["protocol", "clients"])
def test_a_script_of_tests_passes(folder: Callable[[str], Path], script: str) -> None:
    root = {folder(name).parent for name in ("eventplatform", "cliick")}.pop()
    command = ["node", "--experimental-websocket", "--no-warnings", "--test", "--test-reporter=spec", f"{script}.mjs"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
