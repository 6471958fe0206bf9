"""The try-out of the realtime page, in Chromium and over a running mock."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mock_process import Mock, serving

HERE = Path(__file__).parent
PLAYWRIGHT = HERE.parent / "clients" / "node_modules" / "playwright-core"
PATIENCE = 90
Steps = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with serving("--single-port", "0", folder=tmp_path_factory.mktemp("mock")) as running:
        yield running


@pytest.fixture
def take(mock: Mock, requires: Callable[..., None]) -> Callable[[str, Steps], Any]:
    """Takes steps with the first form of a service's page."""
    requires("node")
    requires("chromium")
    requires("node", None if PLAYWRIGHT.is_dir() else "playwright-core not installed: npm --prefix tests/clients install")

    def run(path: str, steps: Steps) -> Any:
        root = mock.url("gateway").removesuffix("/eventplatform/gateway")
        plan = {"executable": shutil.which("chromium"), "url": f"{root}/{path}/docs/realtime", "steps": steps}
        done = subprocess.run(["node", "tryout.mjs", json.dumps(plan)], cwd=HERE, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        shown = json.loads(done.stdout)
        assert shown["wrong"] == []
        return shown

    return run


def test_seats_are_locked_and_the_room_hears_of_it(take: Callable[[str, Steps], Any]) -> None:
    locks: Steps = [("choose", "join-event-room"), ("press", "Send"), ("choose", "lock-tickets"), ("press", "Send"), ("wait", "received availability-update")]
    acknowledged: Steps = [("choose", "unlock-tickets"), ("check",), ("press", "Send"), ("wait", "acknowledgement 0 {")]
    shown = take("eventplatform/realtime", [("press", "Connect"), ("wait", "received connected"), *locks, *acknowledged])
    assert shown["state"] == "connected"
    assert any('→ sent lock-tickets {"eventId":1,"categoryId":1,"quantity":2,"userId":1}' in line for line in shown["log"])
    assert any('received lock-tickets-response {"success":true' in line for line in shown["log"])


def test_who_is_refused_with_a_message_sees_it(take: Callable[[str, Steps], Any]) -> None:
    shown = take("eventplatform/realtime", [("fill", "userId", "999"), ("press", "Connect"), ("wait", "closed"), ("idle",)])
    assert shown["state"] == 'disconnected by the server after error {"message":"Unauthorized"}'


def test_who_is_refused_by_connect_error_sees_its_text(take: Callable[[str, Steps], Any]) -> None:
    shown = take("savebucks/api", [("fill", "token", "nonsense"), ("press", "Connect"), ("wait", "closed"), ("idle",)])
    assert shown["state"] == "connect_error: Authentication failed"


def test_a_raw_socket_takes_frames_as_they_are_typed(take: Callable[[str, Steps], Any]) -> None:
    frames: Steps = [
        ("choose", "ping"),
        ("press", "Send"),
        ("wait", '{"event":"pong","data":{}}'),
        ("type", "{nonsense"),
        ("press", "Send"),
        ("wait", "no JSON"),
    ]
    shown = take("cliick/api", [("press", "Connect"), ("wait", "connected"), *frames, ("press", "Disconnect"), ("idle",)])
    assert shown["state"] == "closed, 1000"


def test_a_closed_raw_socket_shows_its_code_and_reason(take: Callable[[str, Steps], Any]) -> None:
    shown = take("watchparty/api", [("press", "Connect"), ("wait", "closed"), ("idle",)])
    assert shown["state"] == "closed, 4401 Authentication credentials were not provided or are not valid."


def test_data_that_is_no_json_is_not_sent_as_an_event(take: Callable[[str, Steps], Any]) -> None:
    shown = take("eventplatform/realtime", [("press", "Connect"), ("wait", "received connected"), ("type", "{"), ("press", "Send"), ("wait", "Not sent")])
    assert shown["state"] == "connected"
    assert not [line for line in shown["log"] if "→" in line]
