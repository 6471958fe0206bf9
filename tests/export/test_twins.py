"""The engine's own cases, asked of the mock and of its export: parameters, documents from outside, preferences."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server.engine import Request

from ..engine.driver import HERE, START, Client, engine_of, play
from .javascript import Runtime as JavaScript
from .twins import Twins

Make = Callable[[Path], Twins]
PREFERENCES, PARAMETERS = HERE / "preferences", HERE / "parameters"
OUTSIDE = sorted(path.name.removesuffix(".steps.yaml") for path in (HERE / "outside").glob("*.steps.yaml"))


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory, requires: Callable[..., None]) -> Iterator[JavaScript]:
    requires("node")
    runtime = JavaScript(tmp_path_factory.mktemp("runtime"))
    yield runtime
    runtime.close()


@pytest.fixture
def twins(javascript: JavaScript, run: Callable[..., Any], tmp_path: Path) -> Make:
    """Makes the two engines of a document."""

    def make(document: Path) -> Twins:
        ran = run("export", "msw", str(document), "--out", str(tmp_path / "made"), "--seed", "1")
        assert ran.code == 0, ran.err
        return Twins(engine_of(document), javascript, tmp_path / "made", START)

    return make


def cases(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_parameters_are_taken_alike(twins: Make) -> None:
    both = twins(PARAMETERS / "document.yaml")
    for steps in cases(PARAMETERS / "cases.yaml").values():
        play(Client(both, "", checked=False), steps)  # type: ignore[arg-type]
    assert both.differences == []
    assert both.asked > 50


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_document_from_outside_is_answered_alike(twins: Make, name: str) -> None:
    both = twins(HERE / "outside" / f"{name}.yaml")
    case = cases(HERE / "outside" / f"{name}.steps.yaml")
    play(Client(both, case["base"], checked=False), case["steps"])  # type: ignore[arg-type]
    assert both.differences == []


def test_preferences_are_honoured_alike(twins: Make) -> None:
    both = twins(PREFERENCES / "document.yaml")
    for steps in cases(PREFERENCES / "cases.yaml").values():
        play(Client(both, "", checked=False), steps)  # type: ignore[arg-type]
    assert [item for item in both.differences if not alike(item[1], item[2])] == []
    made = [asked for asked, *_ in both.differences]
    assert len(made) < both.asked / 3, made


def alike(wanted: Any, said: Any) -> bool:
    """Whether two answers differ in made values only: a browser has no Faker, and dates are of the moment."""
    if isinstance(wanted, dict) and isinstance(said, dict):
        return wanted.keys() == said.keys() and all(alike(wanted[name], said[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(said, list):
        return bool(wanted) == bool(said) and all(map(alike, wanted, said))
    numbers = isinstance(wanted, int | float) and isinstance(said, int | float)
    return numbers or type(wanted) is type(said)


def test_preferences_are_refused_alike(twins: Make) -> None:
    both = twins(PREFERENCES / "document.yaml")
    for case in cases(PREFERENCES / "refusals.yaml").values():
        method, _, url = case["ask"].partition(" ")
        path, _, query = url.partition("?")
        both.handle("api", Request(method, path, query.encode(), [(b"prefer", case["prefer"].encode())] if "prefer" in case else []))
    assert both.differences == []
