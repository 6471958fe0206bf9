"""What several reports say alike: the verdict, the findings of a check, places, scripts."""

import os
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from contract_tests.checks import Check, Outcome
from contract_tests.exchange import Evidence, Exchange
from contract_tests.findings import Clause, Finding
from contract_tests.report import Covered, Report
from contract_tests.reports.texts import clean, flat, short
from understudy.contract.model import Place
from understudy.contract.reader import specs_folder

__all__ = ["STATES", "counted", "counts", "findings_of", "guide", "missed", "passes", "place", "reasons", "replay", "script", "uri", "verdict"]

STATES = ("passed", "failed", "not checked", "crashed")
LONGEST_SCRIPT = 6000
MOST_FRAMES = 60
ENDS = {
    "interrupted": "It was interrupted; this is what was seen until then.",
    "time": "Its time was over before everything was checked.",
    "unreachable": "The target is not reached.",
}


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def counts(report: Report) -> Counter[str]:
    """How many checks there are of each state."""
    return Counter(outcome.state for outcome in report.outcomes)


def passes(report: Report) -> bool:
    """Whether the run ends with exit code 0."""
    return report.exit_code(report.fail_on, report.fail_under) == 0


def verdict(report: Report) -> str:
    """The verdict in one line."""
    word = "FAILED" if not passes(report) else "PASSED so far" if report.ended == "time" else "PASSED"
    accepted = sum(not item.counts for item in report.findings)
    found = [counted(len(report.errors), "error"), counted(len(report.warnings), "warning"), *([f"{accepted} accepted"] if accepted else [])]
    states = counts(report)
    checks = [f"{states[state]:,} {state}" for state in STATES if states[state] or state == "passed"]
    return f"{word}: {', '.join(found)}; checks: {', '.join(checks)}"


def why_so(report: Report) -> list[str]:
    """What else decides the verdict, one sentence each."""
    states = counts(report)
    said = [ENDS[report.ended] + (f" {clean(report.lost)}" if report.lost else "")] if report.ended in ENDS else []
    if not states["passed"] + states["failed"]:
        said.append("Nothing was tested.")
    if report.covered() < report.fail_under / 100:
        said.append(f"Only {report.covered():.0%} of the operations were met, fewer than {report.fail_under:g} %.")
    if states["crashed"]:
        said.append(f"{counted(states['crashed'], 'check')} of ours crashed: that is a fault of Understudy, not of the target.")
    return said


def guide(clause: Clause) -> str:
    """The guide's file and lines with what it says there, or why it is inferred."""
    where = clean(str(clause))
    return f'{where}  "{short(clause.says, 200)}"' if clause.guide and clause.says else where


def place(found: Place | None) -> str:
    """Where the document declares it, `file:line`."""
    return f"{uri(found.file)}:{found.line}" if found else ""


def uri(file: str) -> str:
    """A file as seen from the working folder; a shipped document as it lies in `specs/`; else its name."""
    path = Path(os.path.abspath(file))
    for home in (Path.cwd(), specs_folder().parent):
        if path.is_relative_to(home):
            return path.relative_to(home).as_posix()
    return path.name


def script(evidence: Evidence) -> str:
    """How to see it again: a curl line, or what to say on a socket."""
    if isinstance(evidence, Exchange):
        return short(evidence.script(), LONGEST_SCRIPT)
    lines = [short(line, 400) for line in evidence.lines[-MOST_FRAMES:]]
    left_out = [f"({len(evidence.lines) - MOST_FRAMES} frames before)"] if len(evidence.lines) > MOST_FRAMES else []
    return "\n".join((clean(evidence.opening), *left_out, *lines))


def replay(report: Report, finding: Finding) -> str:
    """The command that makes this check alone once more."""
    urls = () if report.own else [part for name, url in report.urls.items() for part in ("--url", f"{name}={url}")]
    return flat(shlex.join(["understudy", "check", *(report.command or (report.backend, *urls)), "--only", finding.id]))


def findings_of(report: Report, outcome: Outcome) -> tuple[Finding, ...]:
    """The findings of a check as the report has them: accepted, or as one with others."""
    known = {key: item for item in report.findings for key in _keys(item)}
    found = [known.get(_key(item, item.subject)) for item in outcome.findings]
    listed = dict.fromkeys(item.id for item in (*(item for item in found if item), *(item for item in report.findings if item.check == outcome.check.id)))
    by_id = {item.id: item for item in report.findings}
    return tuple(by_id[name] for name in listed) or (outcome.findings if outcome.state == "failed" else ())


def _keys(finding: Finding) -> Sequence[tuple[str, str, str]]:
    return [_key(finding, subject) for subject in finding.every_subject]


def _key(finding: Finding, subject: str) -> tuple[str, str, str]:
    return finding.rule, subject, finding.aspect


def loose(report: Report) -> tuple[Finding, ...]:
    """The findings that belong to no check of the report."""
    checks = {outcome.check.id for outcome in report.outcomes}
    owned = {_key(item, item.subject) for outcome in report.outcomes for item in outcome.findings}
    return tuple(item for item in report.findings if item.check not in checks and not owned & set(_keys(item)))


def reasons(report: Report) -> list[tuple[str, list[str]]]:
    """Why something was not checked, and what: reasons that differ only in what they are about are one. The most frequent first."""
    found: dict[str, list[str]] = {}
    for why, checks in report.unchecked.items():
        for name in checks:
            found.setdefault(flat(_impersonal(why, name), 400), []).append(clean(name))
    return sorted(found.items(), key=lambda item: -len(item[1]))


def _impersonal(why: str, check: str) -> str:
    subject = check.split(":")[1] if ":" in check else ""
    return re.sub(rf"(?<![\w.-]){re.escape(subject)}(?![\w.-])", "it", why) if subject else why


def missed(covered: Covered, most: int = 12) -> str:
    """What was not met, by name."""
    names = ", ".join(covered.missed[:most])
    return clean(names + (f" and {len(covered.missed) - most} more" if len(covered.missed) > most else ""))


def subject_of(check: Check | Finding) -> str:
    """What it is about, in short: the operation or message, and the aspect."""
    return clean(" ".join(filter(None, (check.subject, check.aspect))))
