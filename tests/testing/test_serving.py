"""Mocks in this process: with and without pytest, as asked for, isolated, and gone without a trace."""

import contextlib
import json
import threading
from pathlib import Path

import pytest

from understudy.contract.errors import UnderstudyError
from understudy.testing import MockError, MockFactory, serve

from ..mock_process import ask
from .front import Front

GET = "{get: {responses: {'200': {description: Found}}}}"
PETS = f"openapi: 3.0.3\ninfo: {{title: Pets, version: '1'}}\npaths: {{/pets: {GET}, /toys: {GET}}}\n"
OVERLAY = {"overlay": "1.0.0", "info": {"title": "No pets", "version": "1"}, "actions": [{"target": "$.paths['/pets']", "remove": True}]}


def test_the_default_world_begins_again_when_it_is_first_asked_for() -> None:
    with MockFactory() as make:
        mock = make("eventplatform")
        mock.state("orders").delete(1)
        mock.faults.add("latency", ms=1)
        mock.clock.freeze("2030-01-01T00:00:00Z")
        mock.snapshots.save("mine")
        mock.world("other")
        assert make("eventplatform") is mock
        assert mock.state.counts()["orders"] == 11
        make.forget()
        again = make("eventplatform")
        assert again.url == mock.url
        assert again.state.counts()["orders"] == 12
        assert (again.faults.list(), again.requests.all(), again.snapshots.list()) == ([], [], [])
        assert (again.clock.state.frozen, [world.name for world in again.worlds.list()]) == (False, ["default"])


def test_options_make_another_mock() -> None:
    with MockFactory() as make:
        usual, other, strict = make("eventplatform"), make("eventplatform", seed="7"), make("eventplatform", validate="strict")
        assert len({usual.url, other.url, strict.url}) == 3
        assert usual.state("events").list() != other.state("events").list()
        body = {"username": "user@example.com", "password": "password123", "unknown": 1}
        assert [Front(mock.url).call("POST", "/auth/login", body)[0] for mock in (usual, strict)] == [200, 400]


def test_worlds_begin_at_the_instant_that_was_asked_for() -> None:
    with MockFactory() as make:
        mock = make("eventplatform", now="2030-01-01T00:00:00Z")
        assert [world.clock.now.year for world in (mock, mock.fresh())] == [2030, 2030]
        mock.reset()
        assert mock.clock.now.year == 2030
        make.forget()
        assert make("eventplatform").clock.now.year != 2030


def test_a_situation_to_begin_with() -> None:
    with serve("eventplatform", scenario=["server-down", "no-events"]) as mock:
        assert Front(mock.url).status("/events") == 500
        assert mock.state.counts()["events"] == 0
    with pytest.raises(MockError, match=r"There is no scenario 'server-dwn'\. Did you mean 'server-down'"), serve("eventplatform", scenario="server-dwn"):
        pass


def test_documents_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pets.yaml").write_text(PETS, encoding="utf-8")
    with serve(tmp_path / "pets.yaml") as mock:
        assert ask(f"{mock.url}/pets")[0] == 200
    with MockFactory(home=tmp_path) as make:
        assert make("pets.yaml").health().backend == "pets"


def test_overlays_change_the_documents(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(json.dumps(OVERLAY), encoding="utf-8")
    (tmp_path / "pets.yaml").write_text(PETS, encoding="utf-8")
    with serve(tmp_path / "pets.yaml", overlays=[overlay]) as mock:
        assert ask(f"{mock.url}/pets")[0] == 404


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"target": "eventplatfrom"}, "'eventplatfrom' is neither a backend nor a document that is there. Did you mean 'eventplatform'?"),
        ({"target": "eventplatform", "validate": "stric"}, "validate: 'stric' is not one of on, strict, warn, off. Did you mean 'strict'?"),
        ({"target": "eventplatform", "now": "noon"}, "'now' is an instant such as 2026-11-21T12:00:00Z, not 'noon'."),
    ],
)
def test_what_can_not_be_served_is_said(arguments: dict[str, str], says: str) -> None:
    with pytest.raises(UnderstudyError) as caught, serve(**arguments):
        pass
    assert str(caught.value) == says


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    with serve("eventplatform") as mock, serve("eventplatform") as other:
        assert len(set(threading.enumerate()) - before) == 2
        mock.state("orders").delete(1)
        assert other.state("orders").get(1)["id"] == 1
    assert set(threading.enumerate()) == before
    with pytest.raises(MockError, match="No mock answers"):
        mock.health()


def test_a_request_that_waits_does_not_keep_it_from_ending() -> None:
    def ask_in_vain() -> None:
        with contextlib.suppress(OSError, ValueError):  # it is cut off, or answered with nothing
            front.status("/events")

    before = set(threading.enumerate())
    with serve("eventplatform") as mock:
        front = Front(mock.url)
        fault = mock.faults.add("latency", ms=60_000, match={"operation": "listEvents"})
        waiting = threading.Thread(target=ask_in_vain)
        waiting.start()
        while mock.faults.get(fault).hits == 0:
            pass
    waiting.join()
    assert set(threading.enumerate()) == before
