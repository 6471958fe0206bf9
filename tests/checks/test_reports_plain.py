"""The report as JSON: as its published schema says, whatever the target said."""

import json
from importlib import resources
from typing import Any

import jsonschema
import pytest

from contract_tests.report import Report
from contract_tests.reports import plain
from tests.checks.made import FRAMES, HOSTILE, exchange, finding, full, outcome, report

SCHEMA = json.loads(resources.files("contract_tests").joinpath("schemas", "report.json").read_text(encoding="utf-8"))
Validator = jsonschema.Draft202012Validator


def read(made: Report) -> Any:
    text = plain.render(made)
    text.encode("utf-8")
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_schema_is_a_schema() -> None:
    Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "made",
    [report(), full(), report(finding()), report(ended="unreachable", lost="refused", outcomes=()), report(coverage={}, unchecked={})],
    ids=["clean", "full", "one finding", "unreachable", "bare"],
)
def test_the_report_is_as_its_schema_says(made: Report) -> None:
    assert [f"{list(error.path)}: {error.message}" for error in Validator(SCHEMA).iter_errors(read(made))] == []


def test_a_word_that_the_schema_does_not_know_is_found() -> None:
    assert not Validator(SCHEMA).is_valid({**read(report()), "more": 1})


def test_values_stay_values() -> None:
    data = read(report(finding(expected={"total": [40, None, True]}, seen="40")))["findings"][0]
    assert (data["expected"], data["seen"]) == ({"total": [40, None, True]}, "40")
    assert data["clause"] == {
        "says": "events whose date is after now", "guide": "event-platform.md", "lines": [215, 220], "inferred": None,
        "place": {"file": "specs/eventplatform/gateway.openapi.yaml", "line": 117},
    }  # fmt: skip


def test_values_that_json_does_not_know_become_texts() -> None:
    odd = {"nan": float("nan"), "bytes": b"\xff", "set": {1}, 5: object, "text": HOSTILE}
    data = read(report(finding(seen=odd)))["findings"][0]["seen"]
    assert (data["nan"], data["bytes"], data["set"]) == ("nan", "\ufffd", [1])
    assert "\\ud800" in data["text"]


def test_evidence_is_told_with_its_script() -> None:
    first, second = read(report(finding(evidence=(FRAMES, exchange()))))["findings"][0]["evidence"]
    assert (first["kind"], first["script"].splitlines()[1:]) == ("frames", ["> lock-tickets {}", "< error {}"])
    assert (second["kind"], second["status"], second["content"]) == ("exchange", 500, '{"message": "boom"}')
    assert second["script"].startswith("curl -i -X POST http://localhost:3000/api/orders")


def test_a_check_names_its_findings_as_the_report_has_them() -> None:
    one, other = finding("errors.envelope", "getEvent"), finding("errors.envelope", "getOrder")
    together = finding("errors.envelope", "getEvent", subjects=("getEvent", "getOrder"), count=2)
    outcomes = (outcome(one, rule=one.rule, subject="getEvent"), outcome(other, rule=other.rule, subject="getOrder"))
    data = read(report(together, outcomes=outcomes))
    assert [item["findings"] for item in data["checks"]] == [["errors.envelope:getEvent"]] * 2


def test_the_verdict_is_the_exit_codes() -> None:
    assert read(report(finding()))["verdict"] == {
        "passed": False, "exit_code": 1, "fail_on": "error", "fail_under": 0.0, "errors": 1, "warnings": 0, "accepted": 0,
        "checks": {"passed": 1, "failed": 1, "not checked": 0, "crashed": 0},
    }  # fmt: skip
    assert read(report(finding(), fail_on="never"))["verdict"]["passed"] is True


def test_large_bodies_do_not_make_large_reports() -> None:
    large = finding(seen={"rows": ["x" * 1000] * 1000}, evidence=(exchange(content=b"y" * 1_000_000),))
    assert len(plain.render(report(large))) < 20_000


def test_no_path_of_this_machine_stands_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from contract_tests.findings import Clause
    from understudy.contract.model import Place
    from understudy.contract.reader import specs_folder

    monkeypatch.chdir(tmp_path)
    files = {"mine": tmp_path / "api" / "openapi.yaml", "shipped": specs_folder() / "x.yaml", "elsewhere": tmp_path.parent / "other.yaml"}
    found = [finding(name, clause=Clause(place=Place(str(path), 3))) for name, path in files.items()]
    places = {item["rule"]: item["clause"]["place"]["file"] for item in read(report(*found))["findings"]}
    assert places == {"mine": "api/openapi.yaml", "shipped": "specs/x.yaml", "elsewhere": "other.yaml"}
