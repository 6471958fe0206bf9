"""The report as a page: one file that fetches nothing, to be filtered and read in a browser."""

import base64
import hashlib
from functools import lru_cache
from importlib import resources
from typing import Any

import jinja2

from contract_tests.checks import Outcome
from contract_tests.findings import Finding
from contract_tests.ranking import foremost
from contract_tests.report import Report
from contract_tests.reports.parts import STATES, counted, counts, findings_of, guide, passes, place, reasons, replay, script, verdict, why_so
from contract_tests.reports.texts import clean, flat, shown
from contract_tests.rules import classes, described

__all__ = ["render"]

OPENED = 1  # findings that stand open at first
NO_CLASS = "Other"


def render(report: Report) -> str:
    """A page of HTML with its style and script inside; its own policy forbids everything else."""
    style, code = _part("page.css"), _part("page.js")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(code)}'; img-src data:; base-uri 'none'; form-action 'none'"
    return _template().render(_view(report), style=style, script=code, policy=policy)


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_part("page.html"))


def _part(name: str) -> str:
    return resources.files("contract_tests.reports").joinpath("page", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """How a policy names what stands in the page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _view(report: Report) -> dict[str, Any]:
    """What the template shows; every text is clean."""
    first = {item.id for item in foremost(report.findings)}
    findings = [_finding(report, item, item.id in first) for item in report.findings]
    checks = [_check(report, item) for item in report.outcomes]
    states = counts(report)
    return {
        "title": clean(report.title), "backend": clean(report.backend), "passes": passes(report), "verdict": verdict(report), "why": why_so(report),
        "urls": {clean(name): clean(url) for name, url in report.urls.items()}, "own": report.own, "facts": _facts(report),
        "tiles": {"errors": len(report.errors), "warnings": len(report.warnings), "accepted": sum(not item.counts for item in report.findings), **{
            state: states[state] for state in STATES}},
        "findings": findings, "checks": checks, "opened": OPENED, "choices": _choices(findings, checks),
        "coverage": [_covered(kind, item.met, item.missed) for kind, item in report.coverage.items()],
        "unchecked": reasons(report),
        "stale": [flat(item) for item in report.stale], "left": [] if report.own else [flat(item) for item in report.left],
        "notes": [flat(item) for item in report.notes],
    }  # fmt: skip


def _facts(report: Report) -> dict[str, str]:
    facts = {
        "Started": report.started,
        "Took": f"{report.seconds:.1f} s",
        "Requests": f"{report.requests:,}",
        "Seed": str(report.seed),
        "Understudy": report.version,
    }
    return {name: clean(value) for name, value in facts.items() if value}


def _choices(findings: list[dict[str, Any]], checks: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What can be filtered by: of each word the values that are there."""
    rows = [*findings, *checks]
    subjects = {subject for row in rows for subject in row["subjects"] if subject}
    known = [owner.title for owner in classes().values()] + [NO_CLASS]
    return {
        "severity": [name for name in ("error", "warning") if any(row["severity"] == name for row in findings)],
        "class": [name for name in known if any(row["class"] == name for row in rows)],
        "state": [name for name in (*STATES, "accepted") if any(row["state"] == name for row in rows)],
        "operation": sorted(subjects, key=str.lower),
    }


def _class(name: str) -> str:
    owner = classes().get(described(name).class_)
    return owner.title if owner else NO_CLASS


def _finding(report: Report, finding: Finding, first: bool) -> dict[str, Any]:
    rule = described(finding.rule)
    subjects = [clean(item) for item in finding.every_subject]
    return {
        "id": clean(finding.id), "rule": clean(finding.rule), "says": rule.says, "why": rule.why, "mend": rule.mend, "class": _class(finding.rule),
        "severity": finding.severity, "state": "failed" if finding.counts else "accepted", "accepted": clean(finding.accepted or ""), "first": first,
        "title": flat(finding.title, 400), "service": clean(finding.service), "subjects": subjects, "aspect": clean(finding.aspect), "count": finding.count,
        "expected": shown(finding.expected), "seen": shown(finding.seen), "guide": guide(finding.clause), "place": place(finding.clause.place),
        "evidence": [(clean(item.operation), script(item), flat(item.summary(), 600)) for item in finding.evidence], "replay": replay(report, finding),
    }  # fmt: skip


def _check(report: Report, outcome: Outcome) -> dict[str, Any]:
    check = outcome.check
    found = findings_of(report, outcome)
    return {
        "id": clean(check.id), "rule": clean(check.rule), "class": _class(check.rule), "layer": clean(check.layer), "subjects": [clean(check.subject)],
        "state": outcome.state, "why": flat(outcome.why, 400), "seconds": f"{outcome.seconds:.2f}", "requests": outcome.requests,
        "findings": [clean(item.id) for item in found], "severity": min((item.severity for item in found), default=""),
    }  # fmt: skip


def _covered(kind: str, met: tuple[str, ...], missed: tuple[str, ...]) -> dict[str, Any]:
    total = len(met) + len(missed)
    said = f"{len(met)} of {counted(total, kind.removesuffix('s'))}" if kind.endswith("s") else f"{len(met)} of {total}"
    return {"kind": clean(kind), "met": [clean(item) for item in met], "missed": [clean(item) for item in missed], "total": total, "said": clean(said)}
