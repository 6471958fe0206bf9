"""A changed contract takes effect while the mock runs: rows, clocks, tokens, timers and sockets stay."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_server.app import create_engine, host
from mock_server.engine import Request
from mock_server.engine.engine import Engine
from mock_server.engine.frames import Frame
from mock_server.state.clock import Clock
from mock_server.state.rooms import Socket
from mock_server.watching import Watched, take_over
from tests.backends.client import Answer
from understudy.contract.reader import read, specs_folder

START = 1_800_000_000.0
BACKEND = "eventplatform"


class Running:
    """A mock of a backend's copy, whose documents may be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine: Engine = create_engine(read(str(folder)), clock=lambda: Clock(lambda: START))
        self.said: list[str] = []
        self.watched = Watched(str(folder), (), self.engine, tuple(host(self.engine)))

    def change(self, file: str, old: str, new: str) -> bool:
        """Changes a document; whether it took effect."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return take_over(self.watched, self.said.append)

    def ask(self, method: str, path: str, body: bytes = b"", token: str | None = None) -> Answer:
        headers = {b"host": b"localhost", **({b"content-type": b"application/json"} if body else {})}
        headers |= {b"authorization": f"Bearer {token}".encode()} if token else {}
        response = self.engine.handle("gateway", Request(method, path, headers=headers, body=body, host="localhost"))
        return Answer(response.status, response.headers, response.body)

    def token(self) -> str:
        return str(self.ask("POST", "/api/auth/login", b'{"username": "user@example.com", "password": "password123"}').json["access_token"])


@pytest.fixture
def running(tmp_path: Path) -> Running:
    shutil.copytree(specs_folder() / BACKEND, tmp_path / BACKEND)
    return Running(tmp_path / BACKEND)


@pytest.fixture
def change(running: Running) -> Callable[[str, str, str], bool]:
    return running.change


def test_a_changed_path_is_answered_and_the_old_one_is_gone(running: Running) -> None:
    assert running.ask("GET", "/api/events/upcoming").status == 200
    assert running.change("gateway.openapi.yaml", "/events/upcoming:", "/events/soon:")
    assert [running.ask("GET", path).status for path in ("/api/events/soon", "/api/events/upcoming")] == [200, 400]
    assert running.said[0].startswith(f"Reloaded {BACKEND} in ")


def test_a_changed_behaviour_takes_effect_at_once(running: Running) -> None:
    assert running.ask("GET", "/api/events/1/tickets").json[0]["availableSeats"] == 75
    assert running.change("schemas.yaml", "row.totalSeats - row.reservedSeats", "row.totalSeats")
    assert running.ask("GET", "/api/events/1/tickets").json[0]["availableSeats"] == 100


def test_rows_tokens_clock_and_what_is_due_stay(running: Running) -> None:
    token = running.token()
    made = running.ask("POST", "/api/orders", b'{"eventId": 1, "categoryId": 1, "quantity": 2}', token).json
    running.engine.world.clock.advance(1)
    assert running.change("gateway.openapi.yaml", "summary: All events", "summary: Every event")
    assert running.ask("GET", f"/api/orders/{made['id']}", token=token).json["status"] == "pending"
    assert running.engine.world.clock.now == START + 1
    running.engine.world.clock.advance(2)
    assert running.ask("GET", f"/api/orders/{made['id']}", token=token).json["status"] == "completed"


def test_what_is_due_is_done_as_it_is_declared_now(running: Running) -> None:
    token = running.token()
    made = running.ask("POST", "/api/orders", b'{"eventId": 1, "categoryId": 1, "quantity": 2}', token).json
    assert running.change("gateway.openapi.yaml", "to: completed", "to: confirmed")
    running.engine.world.clock.advance(3)
    assert running.ask("GET", f"/api/orders/{made['id']}", token=token).json["status"] == "confirmed"


def test_open_sockets_stay_and_hear_what_is_sent_now(running: Running) -> None:
    heard: list[str] = []

    def deliver(frame: Frame) -> None:
        heard.append(frame.name)

    engine = running.engine
    socket = Socket("s", "realtime/realtime", deliver, lambda _code, _reason: None, START, engine.world, Request("GET", "/", b"userId=1"))
    engine.realtime.open(socket, engine.world)()
    engine.realtime.take(socket, "join-event-room", {"eventId": 1})
    assert running.change("gateway.openapi.yaml", "summary: All events", "summary: Every event")
    assert engine.realtime.count == 1
    heard.clear()
    running.ask("POST", "/api/orders", b'{"eventId": 1, "categoryId": 1, "quantity": 2}', running.token())
    engine.realtime.take(socket, "lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 2})
    assert heard == ["availability-update", "lock-tickets-response", "availability-update"]
    engine.realtime.close(socket, engine.world, "gone")
    assert (engine.realtime.count, engine.runtime.listening) == (0, False)


def test_the_sockets_of_a_channel_that_is_gone_are_closed(running: Running) -> None:
    hung: list[int] = []
    engine = running.engine
    socket = Socket(
        "s", "realtime/realtime", lambda _frame: None, lambda code, _reason: hung.append(code), START, engine.world, Request("GET", "/", b"userId=1")
    )
    engine.realtime.open(socket, engine.world)()
    text = (running.folder / "realtime.asyncapi.yaml").read_text(encoding="utf-8")
    (running.folder / "realtime.asyncapi.yaml").write_text(
        text.replace("channels:\n  realtime:", "channels:\n  seats:").replace("#/channels/realtime", "#/channels/seats"), encoding="utf-8"
    )
    assert take_over(running.watched, running.said.append), running.said
    assert hung == [1012]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("gateway.openapi.yaml", "paths:", "paths: [", "This is no valid YAML"),
        ("gateway.openapi.yaml", "do: login", "do: lgin", "Did you mean 'login'?"),
        ("schemas.yaml", "row.totalSeats - row.reservedSeats", "row.totlSeats", "Did you mean 'totalSeats'?"),
        ("backend.yaml", "\nseed:", "\nsede:", "'sede' is not a word of the vocabulary here. Did you mean 'seed'?"),
        ("backend.yaml", "realtime: {port: 3001", "other: {port: 3001", "The services have changed (other, realtime); start the mock again to serve them."),
    ],
)
def test_a_broken_document_keeps_the_old_one_and_says_so(running: Running, file: str, old: str, new: str, says: str) -> None:
    before = running.engine.contract
    assert not running.change(file, old, new)
    assert running.engine.contract is before
    assert running.ask("GET", "/api/events").status == 200
    assert says in running.said[-1]
    assert running.said[-1].endswith(f"\n{BACKEND} goes on as it was.")
    assert running.change(file, new, old)


def test_rows_that_no_longer_fit_are_told_and_kept(running: Running) -> None:
    assert running.change("schemas.yaml", "location: {type: string, x-faker: city}", "location: {type: string, maxLength: 3, x-faker: state_abbr}")
    assert "20 no longer fit and are kept:\n  events/1: location must be at most 3 characters long" in running.said[-1]
    assert running.ask("GET", "/api/events/1").json["location"] == "Central Park"


def test_a_new_collection_is_seeded_and_one_that_is_gone_comes_back_with_its_rows(running: Running) -> None:
    token = running.token()
    running.ask("POST", "/api/orders", b'{"eventId": 1, "categoryId": 1, "quantity": 2}', token)
    del running.engine.world.store.tables["events"]
    assert running.change("gateway.openapi.yaml", "summary: All events", "summary: Every event")
    assert len(running.engine.world.store.tables["events"].rows) == 20
    assert len(running.engine.world.store.tables["orders"].rows) == 13


def test_the_pages_and_rules_of_the_applications_follow(running: Running) -> None:
    app = next(item.app for item in running.watched.hosted if item.service.name == "gateway")
    assert not app.cors.allows(b"http://localhost:9999")
    assert running.change("backend.yaml", "'http://localhost:4200'", "'http://localhost:9999'")
    assert app.cors.allows(b"http://localhost:9999")
    assert not app.cors.allows(b"http://localhost:4200")


def test_other_worlds_follow_too(running: Running) -> None:
    def seats(world: str) -> Any:
        headers = {b"x-understudy-world": world.encode(), b"host": b"localhost"}
        return running.engine.handle("gateway", Request("GET", "/api/events/1/tickets", headers=headers)).body

    before = [seats(world) for world in ("a", "b")]
    assert running.change("schemas.yaml", "row.totalSeats - row.reservedSeats", "row.totalSeats")
    assert all(seats(world) != old for world, old in zip(("a", "b"), before, strict=True))


def test_what_is_watched_are_the_files_that_a_contract_is_made_of(running: Running, tmp_path: Path) -> None:
    names = {path.name for path in running.watched.files()}
    assert {"backend.yaml", "gateway.openapi.yaml", "realtime.asyncapi.yaml", "schemas.yaml", "scenarios.yaml"} <= names
    assert running.watched.concerns((running.folder / "new.yaml").resolve())
    assert not running.watched.concerns((running.folder / "notes.txt").resolve())
    assert not running.watched.concerns((tmp_path / "elsewhere.yaml").resolve())


def test_a_document_that_makes_the_reader_fail_does_not_end_the_watching(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> Any:
        raise TypeError("on purpose")

    monkeypatch.setattr("mock_server.watching.reload", fail)
    assert not running.change("gateway.openapi.yaml", "summary: All events", "summary: Every event")
    assert running.said == [f"{running.folder}: TypeError: on purpose\n{BACKEND} goes on as it was."]
    monkeypatch.undo()
    assert running.change("gateway.openapi.yaml", "summary: Every event", "summary: All events")
