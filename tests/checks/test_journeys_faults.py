"""The journeys can fail: each fault of journeys_faults.yaml, planted in a mock, breaks its flow by the right rule, and the right operation is blamed."""

import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.checks import Outcome, plan
from contract_tests.options import Options
from contract_tests.realtime import lines
from contract_tests.rules import rules
from contract_tests.running import opened, run_check
from understudy.testing import serve

FAULTS: Mapping[str, Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("journeys_faults.yaml").read_text(encoding="utf-8"))
BACKENDS = ("platng", "eventplatform", "savebucks", "cliick", "watchparty")


def outcomes(backend: str, flow: str | None = None, overlays: tuple[Path, ...] = ()) -> list[Outcome]:
    """What comes of the flows of a backend, or of one."""
    with serve(backend, overlays=overlays) as mock:
        options = Options(backend, urls=tuple(f"{name}={url}" for name, url in mock.urls.items()), timeout=5)
        with opened(options) as session:
            chosen = [check for check in plan(session.contract, ["journeys"]) if flow in (None, check.aspect)]
            return [run_check(session, check) for check in chosen]


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_breaks_its_flow(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[name]
    monkeypatch.setattr(lines, "PATIENCE", 0.5)
    overlay = tmp_path / "overlay.json"
    overlay.write_text(json.dumps({"overlay": "1.0.0", "info": {"title": "a fault", "version": "1"}, "actions": fault["overlay"]}), encoding="utf-8")
    [outcome] = outcomes(fault["backend"], fault["flow"], (overlay,))
    found = [f"{item.rule}:{item.subject}" for item in outcome.findings]
    assert fault["found"] in found, (outcome.state, outcome.why, [(item.id, item.title, item.expected, item.seen) for item in outcome.findings])
    assert all(item.rule in rules() and item.evidence for item in outcome.findings)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_clean_mock_breaks_no_flow(backend: str) -> None:
    strange = [(item.check.id, item.state, item.why, item.findings) for item in outcomes(backend) if item.state != "passed"]
    assert strange == []


def test_every_rule_of_journeys_stands_in_one() -> None:
    texts = [path.read_text(encoding="utf-8") for path in Path(str(resources.files("contract_tests"))).glob("journ*/*.py")]
    used = {rule for text in texts for rule in re.findall(r"journey\.[a-z]+(?=\")", text)}
    assert {name for name in rules() if name.startswith("journey.")} == used | {"journey.shape"}
