"""Reports for CI: JUnit, SARIF and Markdown as those who read them expect, and files that are whole or not there."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from contract_tests.report import Report
from contract_tests.reports import FORMATS, junit, markdown, sarif, wanted, write
from tests.checks.made import FRAMES, HOSTILE, INFERRED, exchange, finding, full, outcome, report
from understudy.contract.errors import UsageError

OPEN, ACCEPTED, WARNING = finding(), finding(accepted="goes with v2"), finding(severity="warning")
LARGE = finding(title=HOSTILE * 9000, seen="x" * 1_000_000, evidence=(exchange(content=b"y" * 1_000_000, body=b"\x00" * 1_000_000),))


def suites(made: Report) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(made))


def children(case: ElementTree.Element | None) -> list[str]:
    assert case is not None
    return [child.tag for child in case]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("made", [report(), full(), report(LARGE), report(outcomes=(), coverage={}, unchecked={})], ids=["clean", "full", "large", "bare"])
def test_no_text_breaks_a_report_or_makes_it_large(name: str, made: Report) -> None:
    text = FORMATS[name](made)
    text.encode("utf-8")
    assert not set(text) & set("\x1b\x00\x9b\u202e\ud800\ufffe")
    assert len(text) < 150_000
    assert FORMATS[name](made) == text


# JUnit: the elements and attributes that Jenkins, GitLab and GitHub's actions read, in the order of the usual schema.
ORDER = ["error", "failure", "skipped", "system-out"]
SUITE = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}


@pytest.mark.parametrize("made", [report(), full(), report(LARGE)], ids=["clean", "full", "large"])
def test_junit_is_as_its_readers_expect_it(made: Report) -> None:
    root = suites(made)
    assert (root.tag, [suite.tag for suite in root]) == ("testsuites", ["testsuite"] * len(root))
    for suite in root:
        assert set(suite.attrib) == SUITE
        cases = suite.findall("testcase")
        assert [child.tag for child in suite] == ["properties"] + ["testcase"] * len(cases)
        assert int(suite.get("tests", "")) == len(cases)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name, "")) == len(suite.findall(f"testcase/{tag}"))
        for case in cases:
            assert set(case.attrib) == {"classname", "name", "time"}
            assert children(case) == [tag for tag in ORDER if tag in children(case)]
            assert sum(tag in children(case) for tag in ORDER[:3]) <= 1
    assert [int(root.get(name, "")) for name in ("tests", "failures")] == [sum(int(suite.get(name, "")) for suite in root) for name in ("tests", "failures")]


def test_every_check_is_a_case_in_its_layers_suite() -> None:
    root = suites(full())
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [("oracles", "10"), ("journeys", "1"), ("realtime", "1")]


@pytest.mark.parametrize(
    ("made", "tags"),
    [
        (report(OPEN), ["failure", "system-out"]),
        (report(ACCEPTED), ["skipped", "system-out"]),
        (report(WARNING), ["system-out"]),
        (report(WARNING, fail_on="warning"), ["failure", "system-out"]),
        (report(OPEN, fail_on="never"), ["system-out"]),
        (report(outcomes=(outcome(state="not checked", why="no clock"),)), ["skipped"]),
        (report(outcomes=(outcome(state="crashed", why="KeyError"),)), ["error"]),
        (report(outcomes=(outcome(),)), []),
    ],
)
def test_a_case_fails_where_its_findings_fail_the_run(made: Report, tags: list[str]) -> None:
    assert children(suites(made).find("testsuite/testcase")) == tags


def test_a_failure_says_what_and_the_output_how_to_see_it_again() -> None:
    case = suites(report(finding(evidence=(exchange(), FRAMES)))).find("testsuite/testcase")
    assert case is not None
    failure, out = case.find("failure"), case.findtext("system-out", "")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("error: orders.total", "createOrder breaks orders.total")
    assert "expected: 40\nseen: 20\nguide: event-platform.md:215-220" in (failure.text or "")
    assert "curl -i -X POST" in out
    assert "> lock-tickets {}" in out
    assert "--only orders.total:createOrder" in out


def test_a_finding_without_a_check_is_a_case_of_its_own() -> None:
    root = suites(report(finding(check="elsewhere", layer="schema"), outcomes=(outcome(subject="other"),)))
    assert [case.get("name") for case in root.iter("testcase")] == ["orders.total:other", "orders.total:createOrder"]


def run_of(made: Report) -> Any:
    log = json.loads(sarif.render(made))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    return log["runs"][0]


def test_a_result_stands_at_the_documents_line() -> None:
    result = run_of(report(finding()))["results"][0]
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "specs/eventplatform/gateway.openapi.yaml", "uriBaseId": "SRCROOT"}
    assert physical["region"] == {"startLine": 117}
    assert (result["level"], result["ruleId"]) == ("error", "orders.total")


@pytest.mark.parametrize("made", [full(), report(LARGE), report()], ids=["full", "large", "clean"])
def test_results_carry_what_code_scanning_asks_for(made: Report) -> None:
    run = run_of(made)
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert all(rule[word]["text"] for word in ("shortDescription", "fullDescription", "help"))
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"(?!/)[\w./%-]+", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] >= 1
        assert result["message"]["text"]
        assert result["partialFingerprints"]


def test_fingerprints_are_stable_and_differ() -> None:
    found = [item["partialFingerprints"]["understudy/v1"] for item in run_of(report(finding(), finding(subject="payOrder")))["results"]]
    again = run_of(report(finding(seen=19, count=3)))["results"][0]["partialFingerprints"]["understudy/v1"]
    assert len(set(found)) == 2
    assert again == found[0]


def test_an_accepted_finding_is_suppressed_with_its_reason() -> None:
    assert run_of(report(ACCEPTED))["results"][0]["suppressions"] == [{"kind": "external", "justification": "goes with v2"}]


def test_a_finding_without_a_place_stands_at_the_documents_head() -> None:
    unplaced = finding(clause=INFERRED)
    uris = [run_of(made)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for made in (
        report(unplaced, document="api/openapi.yaml"), report(unplaced, finding("other")), report(unplaced))]  # fmt: skip
    assert uris == ["api/openapi.yaml", "specs/eventplatform/gateway.openapi.yaml", "backend.yaml"]


def test_the_summary_is_short_and_says_the_verdict_first() -> None:
    text = markdown.render(report(finding()))
    assert text.startswith("## ❌ Event platform: FAILED")
    assert "<details><summary><b>error</b>: createOrder breaks orders.total</summary>" in text
    assert "```sh\ncurl -i -X POST" in text
    assert len(text.splitlines()) < 40


def test_many_findings_do_not_make_a_long_summary() -> None:
    text = markdown.render(report(*(finding(subject=f"operation{number}") for number in range(500))))
    assert "445 more stand in the other reports." in text
    assert len(text.splitlines()) < 150


def test_what_a_target_says_is_no_markdown() -> None:
    text = markdown.render(report(finding(title="<b>@octocat</b> [x](http://evil) | `a` ```", seen="</details>\n# Big ``` <img>")))
    inside = re.sub(r"(`{3,})sh\n.*?\n\1\n", "", text, flags=re.DOTALL)
    assert "@" not in inside
    assert "<img" not in inside
    assert inside.count("</details>") == inside.count("<details>")
    assert "[x](" not in inside.replace("&#91;", "[") or "<summary>" in inside


def test_reports_are_written_where_they_shall_be(tmp_path: Path) -> None:
    write(report(), {"json": tmp_path / "new" / "report.json", "junit": tmp_path / "junit.xml"})
    assert json.loads((tmp_path / "new" / "report.json").read_text())["backend"] == "eventplatform"
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().tag == "testsuites"


def test_an_unknown_format_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^'junti' is no format of a report. Did you mean 'junit'\?$"):
        write(report(), {"json": tmp_path / "a.json", "junti": tmp_path / "b.xml"})
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_and_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match=r"file.*: The report can't be written: "):
        write(report(), {"json": tmp_path / "file" / "report.json"})
    assert (tmp_path / "file").read_text() == "mine"


def test_what_is_asked_for_is_a_format_and_a_path() -> None:
    assert wanted(["json=a=b.json", "junit=x/y.xml"]) == {"json": Path("a=b.json"), "junit": Path("x/y.xml")}
    assert wanted([]) == {}


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["jsn=a"], "--report: 'jsn' is no format of a report. Did you mean 'json'?"),
        (["json"], "--report: 'json' is not FORMAT=PATH, such as json=report.json."),
        (["json="], "--report: 'json=' is not FORMAT=PATH, such as json=report.json."),
        (["json=a", "json=b"], "--report: 'json' is asked for twice."),
    ],
)
def test_what_is_wrong_with_it_is_told(texts: list[str], what: str) -> None:
    with pytest.raises(UsageError) as told:
        wanted(texts)
    assert str(told.value) == what
