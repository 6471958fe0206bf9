"""The realtime checks can fail: each fault of realtime_faults.yaml, planted in a mock, is found by the check that should find it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.checks import Outcome, plan
from contract_tests.options import Options
from contract_tests.realtime import lines
from contract_tests.running import opened, run_check
from mock_server.engine import messages
from mock_server.engine.realtime import Realtime
from mock_server.state.seats import Ledger
from mock_server.state.tokens import Tokens
from mock_server.transports.socketio import SocketIO
from understudy.testing import serve

from . import realtime_faults

FAULTS: Mapping[str, Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("realtime_faults.yaml").read_text(encoding="utf-8"))
OWNERS: Mapping[str, Any] = {"Realtime": Realtime, "Ledger": Ledger, "Tokens": Tokens, "SocketIO": SocketIO, "messages": messages}


@contextmanager
def faulty(fault: Mapping[str, Any], folder: Path) -> Iterator[Options]:
    """The options of a run against a mock with a fault."""
    overlay = folder / "overlay.json"
    overlay.write_text(json.dumps({"overlay": "1.0.0", "info": {"title": "a fault", "version": "1"}, "actions": fault.get("overlay", [])}), encoding="utf-8")
    with serve(fault["backend"], overlays=[overlay] if "overlay" in fault else []) as mock:
        yield Options(fault["backend"], urls=tuple(f"{name}={url}" for name, url in mock.urls.items()), timeout=5)


def outcome(options: Options, name: str) -> Outcome:
    with opened(options) as session:
        return run_check(session, next(check for check in plan(session.contract, ["realtime"]) if check.id == name))


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[name]
    monkeypatch.setattr(lines, "PATIENCE", 0.5)
    monkeypatch.setattr(lines, "QUIET", 0.08)
    if "patch" in fault:
        owner, attribute, maker = fault["patch"]
        monkeypatch.setattr(OWNERS[owner], attribute, getattr(realtime_faults, maker)(getattr(OWNERS[owner], attribute)))
    with faulty(fault, tmp_path) as options:
        found = outcome(options, fault["check"])
    assert fault["rule"] in [finding.rule for finding in found.findings], (found.state, found.why, found.findings)


def test_every_rule_of_the_layer_has_a_fault_that_shows_it() -> None:
    from contract_tests.rules import rules

    assert {name for name in rules() if name.startswith("realtime.")} - {fault["rule"] for fault in FAULTS.values()} == set()
