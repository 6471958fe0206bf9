"""`understudy state` and `understudy clock` against mocks in this process: what they do, what they say, how they exit."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from understudy.testing import MockFactory, Understudy

NOON = "2026-11-21T12:00:00Z"
NAMES = "Valid: up to 100 letters, digits, '.', '_', '~' and '-', a letter or digit first."


@pytest.fixture(scope="module")
def mocks() -> Iterator[MockFactory]:
    with MockFactory() as make:
        yield make


@pytest.fixture
def make(mocks: MockFactory) -> Iterator[MockFactory]:
    yield mocks
    mocks.forget()


@pytest.fixture
def mock(make: MockFactory) -> Understudy:
    return make("eventplatform")


@pytest.fixture
def other(make: MockFactory) -> Understudy:
    return make("cliick")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def free() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def test_the_clock_is_frozen_advanced_run_and_reset(run: Callable, mock: Understudy) -> None:
    assert run("clock", "freeze", NOON, "--url", mock.url).out == "eventplatform  2026-11-21T12:00:00.000Z, frozen\n"
    for duration, then in {"90": "12:01:30", "90s": "12:03:00", "5m": "12:08:00", "2h": "14:08:00"}.items():
        assert run("clock", "advance", duration, "--url", mock.url).out == f"eventplatform  2026-11-21T{then}.000Z, frozen\n"
    assert run("clock", "show", "--url", mock.urls["realtime"]).out == "eventplatform  2026-11-21T14:08:00.000Z, frozen\n"
    assert run("clock", "rate", "60", "--url", mock.url).out.endswith("Z, running at 60 times the speed\n")
    assert run("clock", "reset", "--url", mock.url).out.endswith("Z, running\n")
    assert (mock.clock.state.frozen, mock.clock.state.rate) == (False, 1)


def test_a_world_is_steered_by_its_name(run: Callable, mock: Understudy) -> None:
    assert run("clock", "freeze", NOON, "--url", mock.url, "--world", "w1").out == "eventplatform (w1)  2026-11-21T12:00:00.000Z, frozen\n"
    assert not mock.clock.state.frozen


def test_a_reset_says_what_is_now(run: Callable, mock: Understudy) -> None:
    mock.state("orders").delete(1)
    assert run("state", "reset", "--now", NOON, "--url", mock.url).out == "eventplatform  as seeded: 85 rows, 2026-11-21T12:00:00.000Z\n"
    assert mock.state.counts()["orders"] == 12


def test_rows_are_counted_and_shown(run: Callable, mock: Understudy) -> None:
    assert run("state", "show", "--url", mock.url).out == "eventplatform  users 12, ticketCategories 41, events 20, orders 12, holds 0\n"
    assert json.loads(run("state", "show", "orders", "--url", mock.url).out) == mock.state("orders").list()
    assert json.loads(run("state", "show", "orders/1", "--url", mock.url).out) == mock.state("orders").get(1)


def test_a_situation_is_brought_about(run: Callable, mock: Understudy) -> None:
    ran = run("state", "scenario", "last-seats", "--given", "event=5", "--given", "left=1", "--url", mock.url)
    assert ran.out == "eventplatform  last-seats: The last seats; 2 rows changed\n"
    left = [row["totalSeats"] - row["reservedSeats"] for row in mock.state("ticketCategories").list() if row["eventId"] == 5]
    assert left == [1] * len(left)
    assert run("state", "scenario", "server-down", "--url", mock.url).out.endswith("; 0 rows changed, faults: server-down\n")
    listed = run("state", "scenario", "--url", mock.url).out
    assert "\n  sold-out-event event=1  No seat of the event is left; locks on it are gone.\n" in listed


def test_snapshots_are_kept_listed_and_restored(run: Callable, mock: Understudy) -> None:
    assert run("state", "snapshots", "--url", mock.url).out == "eventplatform  no snapshots\n"
    mock.clock.freeze(NOON)
    assert run("state", "snapshot", "before", "--url", mock.url).out == "eventplatform  'before': 85 rows, 2026-11-21T12:00:00.000Z\n"
    mock.reset()
    assert run("state", "snapshots", "--url", mock.url).out == "eventplatform  'before': 85 rows, 2026-11-21T12:00:00.000Z\n"
    assert run("state", "restore", "before", "--url", mock.url).code == 0
    assert mock.clock.state.frozen


def test_a_file_carries_snapshots_of_all_backends(run: Callable, mock: Understudy, other: Understudy, tmp_path: Path) -> None:
    both = ("--url", mock.url, "--url", other.url)
    run("state", "snapshot", "before", *both)
    ran = run("state", "export", "before", "--out", "kept.json", *both)
    assert (ran.code, ran.out) == (0, "eventplatform  'before' is in kept.json\ncliick  'before' is in kept.json\n")
    file = json.loads((tmp_path / "kept.json").read_text(encoding="utf-8"))
    assert [part["backend"] for part in file["snapshots"]] == ["eventplatform", "cliick"]
    assert "passwordHash" not in json.dumps(file)
    assert run("state", "import", "kept.json", "--name", "after", *both).out.startswith("eventplatform  'after': 85 rows, ")
    assert [[item.name for item in one.snapshots.list()] for one in (mock, other)] == [["before", "after"]] * 2


def test_a_file_is_written_whole_or_not_at_all(run: Callable, mock: Understudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("state", "snapshot", "a", "--url", mock.url)
    (tmp_path / "kept.json").write_text("as it was", encoding="utf-8")
    monkeypatch.setattr("os.fsync", lambda _descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    ran = run("state", "export", "a", "--out", "kept.json", "--url", mock.url)
    assert (ran.code, ran.err) == (2, "understudy: kept.json: The snapshot can't be written: No space left on device.\n")
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"kept.json": "as it was"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "The snapshot can't be read: No such file or directory."),
        ("{", "The file is damaged: it is no JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))."),
        ("[]", "This is no snapshot file: an object with 'understudy' and 'snapshots' is expected."),
        ('{"understudy": 1, "snapshots": [{"backend": "platng"}]}', "It has snapshots of platng; what answers is eventplatform."),
    ],
)
def test_a_file_that_is_none_is_refused(run: Callable, mock: Understudy, tmp_path: Path, content: str | None, says: str) -> None:
    if content is not None:
        (tmp_path / "f.json").write_text(content, encoding="utf-8")
    ran = run("state", "import", "f.json", "--url", mock.url)
    assert (ran.code, ran.out, ran.err) == (2, "", f"understudy: f.json: {says}\n")


def test_programs_get_one_document_for_each_backend(run: Callable, mock: Understudy, other: Understudy) -> None:
    both = ("--url", mock.url, "--url", other.url, "--json")
    lines = [json.loads(line) for line in run("clock", "freeze", NOON, *both).out.splitlines()]
    told = {"world": "default", "now": "2026-11-21T12:00:00.000Z", "frozen": True, "rate": 1.0}
    assert lines == [{"backend": "eventplatform", "url": mock.url, **told}, {"backend": "cliick", "url": other.url, **told}]
    assert [json.loads(line)["rows"]["users"] for line in run("state", "show", *both).out.splitlines()] == [12, 6]
    assert json.loads(run("state", "snapshots", "--url", mock.url, "--json").out)["result"] == []


def test_one_backend_of_several_is_chosen(run: Callable, mock: Understudy, other: Understudy) -> None:
    both = ("--url", mock.url, "--url", other.url)
    assert run("clock", "show", *both, "--backend", "cliick").out.startswith("cliick  ")
    assert run("clock", "show", *both, "--backend", "clik").err == "understudy: --backend: 'clik' is not there. Did you mean 'cliick'?\n"
    assert run("state", "show", "users", *both).err == "understudy: 'users' is a collection of eventplatform, cliick. Say which with --backend.\n"
    assert json.loads(run("state", "show", "shops", *both).out)[0]["id"]


def test_one_mock_by_two_of_its_services_is_steered_once(run: Callable, mock: Understudy) -> None:
    mock.clock.freeze(NOON)
    ran = run("clock", "advance", "1s", "--url", mock.url, "--url", mock.urls["realtime"])
    assert ran.out == "eventplatform  2026-11-21T12:00:01.000Z, frozen\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("clock", "advance", "soon"), "'soon' is no duration. Valid: seconds such as 90, or 500ms, 90s, 5m, 2h, 1d."),
        (("clock", "advance", "99999999999"), "eventplatform: 'seconds' is at most 1e+09, not 99999999999."),
        (("clock", "freeze", "noon"), "eventplatform: 'now' is an instant such as 2026-11-21T12:00:00Z, not 'noon'."),
        (("state", "show", "ordrs"), "There is no collection 'ordrs'. Did you mean 'orders'?"),
        (("state", "scenario", "sold-out-evnt"), "There is no scenario 'sold-out-evnt'. Did you mean 'sold-out-event'?"),
        (("state", "scenario", "sold-out-event", "--given", "evnt=5"), "eventplatform: 'evnt' is no name that sold-out-event takes. Did you mean 'event'?"),
        (("state", "scenario", "sold-out-event", "--given", "event"), "--given: 'event' is no NAME=VALUE such as event=5."),
        (("state", "restore", "x"), "There is no snapshot 'x'."),
        (("clock", "show", "--world", "a b"), f"URL: 'a b' is no name of a world. {NAMES}"),
    ],
)
def test_what_is_refused_is_told_in_the_mocks_own_words(run: Callable, mock: Understudy, arguments: tuple[str, ...], says: str) -> None:
    ran = run(*arguments, "--url", mock.url)
    assert (ran.code, ran.out, ran.err.replace(mock.url, "URL")) == (2, "", f"understudy: {says}\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("clock", "advnce"), "'advnce' is no verb. Did you mean 'advance'? Help: understudy clock -h"),
        (("state", "rest"), "'rest' is no verb. Did you mean 'reset'? Help: understudy state -h"),
        (("clock", "show", "--prot", "1"), "'--prot' is no option of understudy clock show. Did you mean '--port'? Help: understudy clock show -h"),
        (("clock", "show", "--port-offset", "x"), "--port-offset: 'x' is not a whole number from -65535 to 65535."),
        (("clock", "show", "--port", "0"), "Port 0 is picked when the mock starts, so it can't be told where it listens. Give its --url."),
        (("clock", "show", "--backend", "platg"), "--backend: 'platg' is not there. Did you mean 'platng'?"),
    ],
)
def test_a_mistake_is_told_in_one_line(run: Callable, arguments: tuple[str, ...], says: str) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"understudy: {says}\n")


def test_where_none_answers_it_says_what_was_tried_and_how_to_start_one(run: Callable) -> None:
    port = free()
    ran = run("state", "reset", "--url", f"localhost:{port}")
    assert ran.code == 3
    tried = f"Tried: http://localhost:{port} (connection refused)."
    assert ran.err == f"understudy: No mock answers. {tried} Start one: understudy mock, or say where it is: --url URL.\n"
    ran = run("clock", "show", "--single-port", str(port), "--backend", "platng")
    tried = f"Tried: http://localhost:{port}/platng/auth (connection refused)."
    assert (ran.code, ran.err) == (
        3, f"understudy: No mock answers. {tried} Start one: understudy mock platng --single-port {port}, or say where it is: --url URL.\n"
    )  # fmt: skip


def test_the_settings_say_where_mocks_listen(run: Callable, mock: Understudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = mock.url.rpartition(":")[2]
    (tmp_path / "understudy.toml").write_text(f"targets = ['eventplatform']\nport = {port}\n", encoding="utf-8")
    assert run("clock", "show").out.startswith("eventplatform  ")
    (tmp_path / "understudy.toml").unlink()
    monkeypatch.setenv("UNDERSTUDY_PORT_OFFSET", str(int(port) - 3000))
    monkeypatch.setenv("UNDERSTUDY_TARGETS", "eventplatform")
    assert run("clock", "show").out.startswith("eventplatform  ")
    monkeypatch.delenv("UNDERSTUDY_TARGETS")
    monkeypatch.delenv("UNDERSTUDY_PORT_OFFSET")
    assert run("clock", "show", "--port-offset", str(int(port) - 4010)).out.startswith("eventplatform  ")


def test_an_interrupt_exits_with_130(run: Callable, monkeypatch: pytest.MonkeyPatch, mock: Understudy) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("understudy.testing.client.Understudy.health", interrupted)
    assert run("clock", "show", "--url", mock.url).code == 130


@pytest.mark.parametrize("verb", ["state", "clock"])
def test_help_says_of_each_verb_what_it_does(run: Callable, verb: str) -> None:
    ran = run(verb, "-h")
    assert (ran.code, ran.err) == (0, "")
    assert "..." not in ran.out.replace("[ARGS]...", "")
