"""The report for programs: JSON, as `contract_tests/schemas/report.json` describes it."""

import json
from collections.abc import Mapping
from typing import Any

from contract_tests.checks import Outcome
from contract_tests.exchange import Evidence, Exchange
from contract_tests.findings import Clause, Finding
from contract_tests.report import Report
from contract_tests.reports.parts import STATES, counts, findings_of, passes, script, uri
from contract_tests.reports.texts import clean, plain, short
from contract_tests.rules import described

__all__ = ["FORMAT", "as_data", "render"]

FORMAT = 1  # goes up when a program that reads the report would no longer understand it


def render(report: Report) -> str:
    """One JSON document."""
    return json.dumps(as_data(report), ensure_ascii=False, indent=2) + "\n"


def as_data(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "format": FORMAT,
        "understudy": clean(report.version),
        "backend": clean(report.backend),
        "title": clean(report.title),
        "target": {"own": report.own, "urls": plain(report.urls)},
        "run": _run(report),
        "verdict": _verdict(report),
        "findings": [_finding(item) for item in report.findings],
        "rules": {clean(name): _rule(name) for name in sorted({item.rule for item in report.findings})},
        "checks": [_check(report, outcome) for outcome in report.outcomes],
        "coverage": {clean(kind): {"met": plain(item.met), "missed": plain(item.missed), "share": item.share} for kind, item in report.coverage.items()},
        "unchecked": [{"why": short(why), "checks": plain(checks)} for why, checks in report.unchecked.items()],
        "stale": plain(report.stale),
        "created": plain(report.created),
        "left": plain(report.left),
        "notes": plain(report.notes),
        "extra": plain(report.extra),
    }


def _run(report: Report) -> dict[str, Any]:
    ended = {"ended": clean(report.ended), "lost": short(report.lost)}
    return {"seed": report.seed, "started": clean(report.started), "seconds": report.seconds, "requests": report.requests, **ended}


def _verdict(report: Report) -> dict[str, Any]:
    states = counts(report)
    return {
        "passed": passes(report),
        "exit_code": report.exit_code(report.fail_on, report.fail_under),
        "fail_on": report.fail_on,
        "fail_under": report.fail_under,
        "errors": len(report.errors),
        "warnings": len(report.warnings),
        "accepted": sum(not item.counts for item in report.findings),
        "checks": {state: states[state] for state in STATES},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    texts = ("id", "rule", "layer", "service", "subject", "aspect", "check")
    return {
        **{name: clean(getattr(finding, name)) for name in texts},
        "class": described(finding.rule).class_,
        "severity": finding.severity,
        "title": short(finding.title),
        "expected": _limited(finding.expected),
        "seen": _limited(finding.seen),
        "count": finding.count,
        "subjects": plain(finding.every_subject),
        "accepted": None if finding.accepted is None else short(finding.accepted),
        "clause": _clause(finding.clause),
        "evidence": [_evidence(item) for item in finding.evidence],
    }


LARGEST = 20_000  # characters of JSON that a value may have


def _limited(value: Any) -> Any:
    found = plain(value)
    text = json.dumps(found, ensure_ascii=False)
    return found if len(text) <= LARGEST else short(text)


def _clause(clause: Clause) -> dict[str, Any]:
    place = {"file": clean(uri(clause.place.file)), "line": clause.place.line} if clause.place else None
    lines = list(clause.lines) if clause.lines else None
    return {"says": short(clause.says), "guide": plain(clause.guide), "lines": lines, "inferred": plain(clause.inferred), "place": place}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    if not isinstance(evidence, Exchange):
        return {"kind": "frames", "operation": clean(evidence.operation), "script": script(evidence)}
    return {
        "kind": "exchange",
        "operation": clean(evidence.operation),
        "method": clean(evidence.method),
        "url": short(evidence.url),
        "status": evidence.status,
        "headers": [[clean(name), short(value)] for name, value in evidence.headers],
        "content": short(evidence.text, 1600),
        "seconds": evidence.seconds,
        "notes": short(evidence.notes),
        "script": script(evidence),
    }


def _rule(name: str) -> Mapping[str, Any]:
    found = described(name)
    return {"class": found.class_, "says": found.says, "why": found.why, "mend": found.mend}


def _check(report: Report, outcome: Outcome) -> dict[str, Any]:
    texts = ("id", "rule", "layer", "subject", "aspect")
    return {
        **{name: clean(getattr(outcome.check, name)) for name in texts},
        "state": outcome.state,
        "why": short(outcome.why),
        "seconds": outcome.seconds,
        "requests": outcome.requests,
        "findings": [clean(item.id) for item in findings_of(report, outcome)],
    }
