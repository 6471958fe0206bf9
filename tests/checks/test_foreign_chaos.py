"""A server of which nothing can be relied on crashes no check: each survives null, lists, texts, numbers and HTML where it expects objects."""

import pytest

from contract_tests import client, steering
from contract_tests.options import Options
from contract_tests.running import check
from understudy.contract.reader import backend_names, read

from .foreign import chaos
from .foreign.library import DOCUMENT
from .foreign.web import served

LAYERS = ("oracles", "journeys", "security", "browser", "capacity")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for."""
    monkeypatch.setattr(steering, "PATIENT", 0.0)
    monkeypatch.setattr(client, "LONGEST", 0.0)


@pytest.mark.parametrize("seed", [2, 5])
@pytest.mark.parametrize("target", [*backend_names(), str(DOCUMENT)])
def test_no_check_crashes_whatever_is_answered(target: str, seed: int) -> None:
    contract = read(target)
    with served(chaos.app(contract, seed)) as url:
        report = check(Options(target, urls=(url,), layers=LAYERS, quick=True, time=60, timeout=5))
    assert [item.why for item in report.outcomes if item.state == "crashed"] == []
    assert report.ended == "complete"
