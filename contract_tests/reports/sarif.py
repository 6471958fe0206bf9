"""The report for code scanning: SARIF 2.1.0, each finding at the line of the document that it breaks."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from contract_tests.checks import Outcome
from contract_tests.findings import Finding
from contract_tests.report import Report
from contract_tests.reports.parts import guide, replay, script, uri
from contract_tests.reports.texts import clean, flat, shown
from contract_tests.rules import Rule, classes, described

__all__ = ["render"]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
UNPLACED = "backend.yaml"


def render(report: Report) -> str:
    """One SARIF log with one run."""
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}, ensure_ascii=False, indent=2) + "\n"


def _run(report: Report) -> dict[str, Any]:
    names = sorted({item.rule for item in report.findings})
    driver = {"name": "Understudy", "rules": [_rule(described(name)) for name in names]}
    return {
        "tool": {"driver": {**driver, **({"semanticVersion": clean(report.version)} if report.version else {})}},
        "automationDetails": {"id": clean(f"understudy/{report.backend}/")},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder in which the check ran."}}},
        "invocations": [_invocation(report)],
        "results": [_result(report, item, names) for item in report.findings],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    owner = classes().get(rule.class_)
    text = ". ".join(part.rstrip(".") for part in (rule.says, rule.why, rule.mend) if part)
    lines = [f"**{rule.says}**", rule.why and f"Why: {rule.why}", rule.mend and f"Where to look: {rule.mend}", f"`understudy explain {clean(rule.name)}`"]
    return {
        "id": clean(rule.name),
        "name": clean(rule.name),
        "shortDescription": {"text": clean(rule.says)},
        "fullDescription": {"text": clean(rule.why or rule.says)},
        "help": {"text": clean(text), "markdown": clean("\n\n".join(filter(None, lines)))},
        "properties": {"tags": [owner.title] if owner else []},
    }


def _invocation(report: Report) -> dict[str, Any]:
    crashed = [item for item in report.outcomes if item.state == "crashed"]
    return {"executionSuccessful": report.ended == "complete" and not crashed, "toolExecutionNotifications": [_notification(item) for item in crashed]}


def _notification(outcome: Outcome) -> dict[str, Any]:
    return {"level": "error", "message": {"text": f"{clean(outcome.check.id)} crashed: {flat(outcome.why)}"}}


def _result(report: Report, finding: Finding, names: Sequence[str]) -> dict[str, Any]:
    result = {
        "ruleId": clean(finding.rule),
        "ruleIndex": names.index(finding.rule),
        "level": finding.severity,
        "message": {"text": _message(report, finding)},
        "locations": [_location(report, finding)],
        "occurrenceCount": finding.count,
        "partialFingerprints": {"understudy/v1": hashlib.sha256(clean(finding.id).encode()).hexdigest()},
        "properties": {"id": clean(finding.id), "layer": clean(finding.layer), "subjects": [clean(item) for item in finding.every_subject]},
    }
    return result if finding.counts else {**result, "suppressions": [{"kind": "external", "justification": flat(finding.accepted or "")}]}


def _message(report: Report, finding: Finding) -> str:
    facts = (("expected", shown(finding.expected, 600)), ("seen", shown(finding.seen, 600)), ("guide", guide(finding.clause)))
    again = (*(script(item) for item in finding.evidence[-1:]), replay(report, finding))
    return "\n".join((f"{flat(finding.title)}.", *(f"{name}: {value}" for name, value in facts if value), *again))


def _location(report: Report, finding: Finding) -> dict[str, Any]:
    """Where the clause stands; code scanning drops a result without a place, so one that has none stands at the head of the document."""
    place = finding.clause.place
    file = uri(place.file) if place else uri(report.document) if report.document else _any_file(report)
    physical = {"artifactLocation": {"uri": quote(clean(file)), "uriBaseId": "SRCROOT"}, "region": {"startLine": max(1, place.line if place else 1)}}
    named = {"fullyQualifiedName": clean(f"{report.backend}.{finding.subject}"), "name": clean(finding.subject), "kind": "function"}
    return {"physicalLocation": physical, "logicalLocations": [named]}


def _any_file(report: Report) -> str:
    return next((uri(item.clause.place.file) for item in report.findings if item.clause.place), UNPLACED)
