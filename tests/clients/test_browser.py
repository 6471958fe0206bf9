"""A page in Chromium, of an origin that the event platform admits."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .eventplatform import Venue
from .node import HERE, PATIENCE


def show(venue: Venue, origin: str, picture: Path) -> Any:
    """What two tabs of an origin see, of which the first locks three of ten seats and is closed."""
    event, users = venue.event(10), [venue.user().id, venue.user().id]
    plan = {
        "executable": shutil.which("chromium"),
        "origin": origin,
        "url": venue.realtime,
        "event": event.id,
        "users": users,
        "lock": event.seats(3, userId=users[0]),
        "picture": str(picture),
    }
    done = subprocess.run(["node", "browser.mjs", json.dumps(plan)], cwd=HERE, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_tab_sees_what_another_locks_and_gives_back_by_closing(venue: Venue, requires: Callable[..., None], tmp_path: Path) -> None:
    requires("chromium")
    seen = {"taken": "7 free, 3 locked", "returned": "10 free, 0 locked", "transport": "websocket"}
    assert show(venue, "localhost:4200", tmp_path / "watcher.png") == seen


def test_a_page_of_another_origin_is_not_let_in(venue: Venue, requires: Callable[..., None], tmp_path: Path) -> None:
    requires("chromium")
    assert show(venue, "localhost:4201", tmp_path / "watcher.png") == {"refused": "xhr poll error"}
