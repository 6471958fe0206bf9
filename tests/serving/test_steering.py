"""Steering a mock that runs as a process: flags at start, state in a file, faults on real connections, documents that change."""

import http.client
import json
import shutil
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from understudy.contract.reader import specs_folder

from ..mock_process import Mock, ask, run, serving, start, stop

BACKEND = "eventplatform"
LOGIN = {"username": "user@example.com", "password": "password123"}
ORDER = {"eventId": 1, "categoryId": 1, "quantity": 2}
PATIENCE = 30  # seconds


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with serving(BACKEND, folder=tmp_path_factory.mktemp("mock")) as running:
        yield running


def call(mock: Mock, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    status, _, text = ask(f"{mock.url('gateway')}{path}", body, headers, method)
    return status, json.loads(text)


def token(mock: Mock) -> str:
    return str(call(mock, "POST", "/api/auth/login", LOGIN)[1]["access_token"])


def orders(mock: Mock, bearer: str) -> int:
    return len(call(mock, "GET", "/api/orders", authorization=f"Bearer {bearer}")[1])


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_state_outlives_a_restart_and_so_do_sessions(tmp_path: Path, by: int) -> None:
    flags = ("--load", "state.json", "--save", "state.json")
    process = start(["mock", BACKEND, "--port", "0", "--json", *flags], tmp_path)
    assert process.stdout is not None
    first = Mock(process, json.loads(process.stdout.readline()))
    bearer = token(first)
    before = orders(first, bearer)
    assert call(first, "POST", "/api/orders", ORDER, authorization=f"Bearer {bearer}")[0] == 201
    assert stop(process, by)[0] == 0
    with serving(BACKEND, *flags, folder=tmp_path) as second:
        assert orders(second, bearer) == before + 1


def test_an_exported_snapshot_is_what_a_mock_begins_with(mock: Mock, tmp_path: Path) -> None:
    call(mock, "PATCH", "/__admin/state/events/2", {"location": "Elsewhere"})
    call(mock, "POST", "/__admin/snapshots/moved")
    (tmp_path / "moved.json").write_text(json.dumps(call(mock, "GET", "/__admin/snapshots/moved")[1]), encoding="utf-8")
    with serving(BACKEND, "--load", "moved.json", folder=tmp_path) as other:
        assert call(other, "GET", "/api/events/2")[1]["location"] == "Elsewhere"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--scenario", "sold-out-evnt"], "There is no scenario 'sold-out-evnt'. Did you mean 'sold-out-event'?"),
        (["--load", "nowhere.json"], "nowhere.json: The state can't be read: No such file or directory."),
        (["--load", "damaged.json"], "damaged.json: The file is damaged: it is no JSON (unexpected end of data: line 1 column 17 (char 16))."),
        (["--save", "no/state.json"], "no/state.json: The state can't be saved there: its folder is not there."),
        (["--now", "tomorrow"], "'now' is an instant such as 2026-11-21T12:00:00Z, not 'tomorrow'."),
        (["--worlds", "0"], "--worlds: 0 is not a whole number from 1 to 100000."),
        (["--admin-token", "short"], "--admin-token: 'short' is not a text of at least 8 characters."),
    ],
)
def test_what_can_not_be_begun_with_is_one_sentence(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "damaged.json").write_text('{"understudy": 1', encoding="utf-8")
    done = run(["mock", BACKEND, "--port", "0", *arguments], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"understudy: {says}\n")


def test_a_mock_begins_at_an_instant_and_in_a_situation(tmp_path: Path) -> None:
    with serving(BACKEND, "--now", "2031-01-01T00:00:00Z", "--scenario", "sold-out-event", "--scenario", "maintenance", folder=tmp_path) as mock:
        assert call(mock, "GET", "/__admin/clock")[1]["now"].startswith("2031-01-01T00:00:")
        assert [item["id"] for item in call(mock, "GET", "/__admin/faults")[1]] == ["maintenance"]
        assert call(mock, "GET", "/api/events/1")[0] == 503
        call(mock, "DELETE", "/__admin/faults")
        event = call(mock, "GET", "/api/events/1")[1]
        assert {item["availableSeats"] for item in event["ticketCategories"]} == {0}
        assert event["eventDate"].startswith("2031-05-01T00:00:00")


def test_on_all_addresses_a_token_is_printed_and_asked_for(tmp_path: Path) -> None:
    with serving(BACKEND, "--host", "0.0.0.0", folder=tmp_path) as mock:
        secret = mock.told["token"]
        assert len(secret) == 32
        assert mock.told["backends"][0]["console"].endswith(f"/__admin/ui?token={secret}")
        assert call(mock, "GET", "/__admin/clock")[0] == 401
        assert call(mock, "GET", "/__admin/clock", authorization=f"Bearer {secret}")[0] == 200
        assert call(mock, "GET", "/api/events")[0] == 200


def test_a_token_and_origins_may_be_given(tmp_path: Path) -> None:
    with serving(BACKEND, "--admin-token", "my-own-token", "--admin-origin", "http://localhost:6006", folder=tmp_path) as mock:
        assert call(mock, "GET", "/__admin/clock")[0] == 401
        assert call(mock, "GET", "/__admin/clock", authorization="Bearer my-own-token", origin="http://localhost:6006")[0] == 200
        assert call(mock, "GET", "/__admin/clock", authorization="Bearer my-own-token", origin="http://localhost:6007")[0] == 403


@pytest.fixture
def fault(mock: Mock) -> Iterator[Any]:
    def declare(**fault: Any) -> None:
        status, told = call(mock, "POST", "/__admin/faults", fault)
        assert status == 201, told

    yield declare
    call(mock, "DELETE", "/__admin/faults")


def test_a_connection_is_reset(mock: Mock, fault: Any) -> None:
    fault(kind="reset", match={"operation": "listEvents"})
    with pytest.raises((ConnectionResetError, urllib.error.URLError), match="reset by peer"):
        urllib.request.urlopen(f"{mock.url('gateway')}/api/events", timeout=PATIENCE)
    assert call(mock, "GET", "/api/events/1")[0] == 200


def test_a_body_ends_early(mock: Mock, fault: Any) -> None:
    fault(kind="truncate", bytes=40)
    with urllib.request.urlopen(f"{mock.url('gateway')}/api/events", timeout=PATIENCE) as answer, pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    assert (len(caught.value.partial), caught.value.partial[:2]) == (40, b"[{")


def test_latency_is_waited_for_and_others_are_served_meanwhile(mock: Mock, fault: Any) -> None:
    fault(kind="latency", ms=400, match={"operation": "listEvents"})
    began = time.monotonic()
    assert call(mock, "GET", "/api/events/1")[0] == 200
    assert call(mock, "GET", "/api/events")[0] == 200
    assert time.monotonic() - began >= 0.4


def test_events_are_streamed(mock: Mock) -> None:
    with urllib.request.urlopen(f"{mock.url('gateway')}/__admin/events", timeout=PATIENCE) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.readline() == b"event: hello\n"
        call(mock, "GET", "/api/events/1")
        lines: list[bytes] = []
        while not any(line.startswith(b"data:") and b"getEvent" in line for line in lines):
            lines.append(stream.readline())
            assert lines[-1], lines
    assert b"event: log\n" in lines


def test_a_path_carries_a_world_over_both_ports_and_one(tmp_path: Path, mock: Mock) -> None:
    call(mock, "PATCH", "/__world/other/__admin/state/events/3", {"location": "Otherwhere"})
    assert call(mock, "GET", "/__world/other/api/events/3")[1]["location"] == "Otherwhere"
    assert call(mock, "GET", "/api/events/3")[1]["location"] != "Otherwhere"
    assert call(mock, "GET", "/__world/other/openapi.json")[1]["openapi"] == "3.1.0"
    with serving(BACKEND, "--single-port", "0", folder=tmp_path) as single:
        assert call(single, "GET", "/__world/w/api/events/1")[0] == 200
        assert [item["name"] for item in call(single, "GET", "/__admin/worlds")[1]] == ["default", "w"]
        base = call(single, "POST", "/__admin/worlds", {"name": "v"})[1]["base"]
        assert json.loads(ask(f"{base}/api/events/1", None, {}, "GET")[2])["idEvent"] == 1


def wait_for(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.02)


def test_a_changed_document_takes_effect_while_a_socket_stays_open(tmp_path: Path) -> None:
    shutil.copytree(specs_folder() / "cliick", tmp_path / "cliick")
    document = tmp_path / "cliick" / "api.openapi.yaml"
    process = start(["mock", str(tmp_path / "cliick"), "--port", "0", "--json", "--watch"], tmp_path)
    assert process.stdout is not None
    mock = Mock(process, json.loads(process.stdout.readline()))
    try:
        url = mock.url("api")
        with connect(f"{url.replace('http', 'ws', 1)}/ws") as socket:
            text = document.read_text(encoding="utf-8")
            document.write_text(text.replace("/api/auth/me:", "/api/auth/whoami:"), encoding="utf-8")
            wait_for(lambda: ask(f"{url}/api/auth/whoami", None, {}, "GET")[0] == 401)
            document.write_text("openapi: [", encoding="utf-8")
            document.write_text(text, encoding="utf-8")
            wait_for(lambda: ask(f"{url}/api/auth/me", None, {}, "GET")[0] == 401)
            socket.send('{"event": "ping"}')
            assert json.loads(socket.recv(timeout=PATIENCE))["event"] == "pong"
    finally:
        _, _, errors = stop(process)
    assert "Reloaded cliick in " in errors


def test_a_broken_document_is_told_and_the_old_one_stays(tmp_path: Path) -> None:
    shutil.copytree(specs_folder() / BACKEND, tmp_path / "mine")
    document = tmp_path / "mine" / "gateway.openapi.yaml"
    process = start(["mock", str(tmp_path / "mine"), "--port", "0", "--json", "--watch"], tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    mock = Mock(process, json.loads(process.stdout.readline()))
    try:
        document.write_text(document.read_text(encoding="utf-8").replace("do: login", "do: lgin"), encoding="utf-8")
        said = process.stderr.readline() + process.stderr.readline()
        assert f"{document}:" in said
        assert "Did you mean 'login'?" in said
        assert said.endswith("mine goes on as it was.\n")
        assert call(mock, "POST", "/api/auth/login", LOGIN)[0] == 200
    finally:
        stop(process)


def test_what_is_watched_may_be_one_document_and_an_overlay(tmp_path: Path) -> None:
    document, overlay = tmp_path / "pets.yaml", tmp_path / "overlay.yaml"
    document.write_text((Path(__file__).parents[1] / "engine" / "outside" / "pets-3.0.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    overlay.write_text("overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n- {target: $.info, update: {title: First}}\n", encoding="utf-8")
    with serving(str(document), "--overlay", str(overlay), "--watch", folder=tmp_path) as mock:
        url = urlsplit(mock.url("api"))
        shown = lambda: json.loads(ask(f"{url.geturl()}/openapi.json", None, {}, "GET")[2])["info"]["title"]  # noqa: E731
        assert shown() == "First"
        overlay.write_text(overlay.read_text(encoding="utf-8").replace("First", "Second"), encoding="utf-8")
        wait_for(lambda: shown() == "Second")
