"""A page of which every request and socket is answered by exported handlers, in Chromium."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...clients.node import PATIENCE


def test_a_page_s_sockets_are_served(folder: Callable[[str], Path], requires: Callable[..., None]) -> None:
    requires("chromium")
    root = {folder(name).parent for name in ("eventplatform", "cliick")}.pop()
    command = ["node", "browser.mjs", str(shutil.which("chromium"))]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    seats = [[497, 3], [500, 0]]
    assert told == {
        "id": 2,
        "polling": {"told": seats, "transport": "polling"},
        "websocket": {"told": seats, "transport": "websocket"},
        "upgraded": {"told": seats, "transport": "websocket"},
        "pong": {"event": "pong", "data": {}},
        "refused": {"code": 4401, "reason": "The token is missing or not valid"},
    }
