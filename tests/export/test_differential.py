"""The proof: generated traffic, answered by the mock and by its export, is answered alike: status, media type, body and frames, ids and instants included."""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from understudy.contract.model import Contract, Operation
from understudy.contract.reader import backend_names, read
from understudy.export import folder, msw

from .javascript import furnish, node
from .traffic import SEED, START, Traffic

LONG, SHORT = 350, 60  # steps of a session, and of one with a scenario
STARTS = (START, START + 45 * 86400 + 12345, START + 400 * 86400 + 0.25, START - 86400)
LEAST = 1200  # exchanges of each backend, so that there are more than 5,000 of all
# A body that a document has no example of is invented: by Faker in the mock, plainly in a browser (docs/export.md). And which of a body's values
# a fault breaks depends on how long they are: 5.0 is one in Python, 5 in JavaScript. Nothing else may differ.
INVENTED = 0.01


@pytest.fixture(params=backend_names(), scope="module")
def contract(request: pytest.FixtureRequest) -> Contract:
    return read(request.param)


@functools.lru_cache(maxsize=1)
def long_sessions(backend: str) -> list[dict[str, Any]]:
    """Made once: both tests look at the same."""
    contract = read(backend)
    return [Traffic(contract, number, start).run(LONG) for number, start in enumerate(STARTS)]


def sessions(contract: Contract) -> Iterator[dict[str, Any]]:
    yield from long_sessions(contract.name)
    for number, scenario in enumerate(contract.scenarios, 100):
        yield Traffic(contract, number, scenario=scenario).run(SHORT)


def invented(step: dict[str, Any]) -> bool:
    """Whether a step asks for an answer as documented."""
    return step["kind"] == "request" and ("prefer" in step["headers"] or "__code=" in step["query"])


def test_an_export_answers_as_the_mock_does(contract: Contract, tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    folder.write(tmp_path / contract.name, msw.files(contract, SEED))
    furnish(tmp_path)
    recorded = list(sessions(contract))
    *differing, summary = map(json.loads, node(tmp_path, "replay.mjs", "\n".join(map(json.dumps, recorded))).splitlines())
    others = [item for item in differing if not invented(item["step"]) and not item["step"].get("struck")]
    assert not others, json.dumps(others[0], indent=1)[:4000]
    assert len(differing) <= INVENTED * summary["total"], [item["step"]["path"] for item in differing]
    assert summary["total"] == sum(len(session["steps"]) for session in recorded) >= LEAST
    assert summary["equal"] + len(differing) == summary["total"]


def test_the_traffic_meets_every_operation_and_most_that_is_documented_of_it(contract: Contract) -> None:
    """So that what is equal is not silence."""
    met: dict[str, set[int]] = {operation.id: set() for operation in contract.operations}
    for session in long_sessions(contract.name):
        for step in session["steps"]:
            if step["kind"] == "request" and not invented(step):
                found = next((item for item in contract.operations if serves(item, step)), None)
                if found is not None:
                    met[found.id].add(step["status"])
    assert not [name for name, statuses in met.items() if not statuses]
    good = [name for name, statuses in met.items() if any(200 <= status < 300 for status in statuses)]
    assert len(good) >= 0.65 * len(met), sorted(set(met) - set(good))
    assert len(set().union(*met.values())) >= 7


def serves(operation: Operation, step: dict[str, Any]) -> bool:
    wanted, given = operation.path.split("/"), step["path"].split("/")
    if (operation.service, operation.method) != (step["service"], step["method"]):
        return False
    return len(wanted) == len(given) and all(part.startswith("{") or part == other for part, other in zip(wanted, given, strict=True))
