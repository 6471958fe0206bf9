"""Known deviations of a target, accepted with a reason in `deviations.toml`: what of it still holds, and what is over."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from contract_tests.findings import Finding, merged
from contract_tests.ranking import ranked
from contract_tests.report import Report
from contract_tests.reports.parts import loose
from contract_tests.rules import rule
from understudy.contract.errors import ContractError, UsageError, suggest
from understudy.wire import files

__all__ = ["Deviation", "accepting", "apply", "read", "write_baseline"]

WORDS = ("rule", "operation", "subject", "aspect", "reason", "expires")
REQUIRED = ("rule", "reason")
TABLE = "deviation"
HEADER = re.compile(r"\s*\[\[\s*deviation\s*\]\]")
HEAD = "# Known deviations that `understudy check` accepts: rule, operation (or subject), aspect, reason, expires (a date).\n"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One entry. subject: the operation or message, None for all; expires: the last day on which it accepts; file, line: where it stands."""

    rule: str
    reason: str
    subject: str | None = None
    aspect: str | None = None
    expires: date | None = None
    file: str = ""
    line: int = 0

    def covers(self, finding: Finding, subject: str) -> bool:
        """Whether it is about a finding at a subject."""
        return finding.rule == self.rule and self.subject in (None, subject) and self.aspect in (None, finding.aspect)

    def holds(self, today: date) -> bool:
        """Whether it still accepts."""
        return self.expires is None or today <= self.expires

    def __str__(self) -> str:
        about = f"{self.rule}{f' of {self.subject}' if self.subject else ''}{f' ({self.aspect})' if self.aspect else ''}"
        return f"{self.file}:{self.line}: {about}" if self.line else f"{self.file}: {about}"


def apply(findings: Iterable[Finding], deviations: Sequence[Deviation], today: date, whole: bool = True) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings, with `accepted` where a deviation holds, and a sentence for each entry that is over or met nothing.

    whole: whether all was checked; else nobody can tell that an entry is stale. Findings come before they are grouped.
    """
    given = tuple(findings)
    found = tuple(_accepted(item, deviations, today) for item in given)
    return found, tuple(_sayings(given, found, deviations, today, whole))


def accepting(report: Report, deviations: Sequence[Deviation], whole: bool = True) -> Report:
    """The report with what is accepted marked so, ranked anew: of a cause with several symptoms only some may be. Its day is that on which it started."""
    found, stale = apply((*_symptoms(report), *loose(report)), deviations, _today(report), whole and report.ended == "complete")
    return replace(report, findings=ranked(found), stale=stale)


def _symptoms(report: Report) -> list[Finding]:
    return merged([item for outcome in report.outcomes for item in outcome.findings])


def _today(report: Report) -> date:
    return date.fromisoformat(report.started[:10])


def _accepted(finding: Finding, deviations: Sequence[Deviation], today: date) -> Finding:
    chosen = [next((item for item in deviations if item.holds(today) and item.covers(finding, subject)), None) for subject in finding.every_subject]
    return replace(finding, accepted=chosen[0].reason) if chosen[0] is not None and None not in chosen else finding


def _sayings(given: Sequence[Finding], found: Sequence[Finding], deviations: Sequence[Deviation], today: date, whole: bool) -> Iterator[str]:
    for entry in deviations:
        if not any(_meets(entry, item) for item in given):
            if whole:
                yield f"{entry} was not found any more: the entry can go."
        elif not entry.holds(today) and any(item.counts and _meets(entry, item) for item in found):
            yield f"{entry} was accepted until {entry.expires} only: {entry.reason}"


def _meets(entry: Deviation, finding: Finding) -> bool:
    return any(entry.covers(finding, subject) for subject in finding.every_subject)


def read(path: Path) -> tuple[Deviation, ...]:
    """The entries of a file; raises ContractError with file and line for what is wrong in it."""
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ContractError(str(path), int(line[1]) if line else 0, f"This is no valid TOML: {error}.") from None
    for word in data:
        if word != TABLE:
            raise ContractError(str(path), _line(text, word), f"'{word}' is no word here.{suggest(word, [TABLE])}")
    entries = data.get(TABLE, [])
    if not isinstance(entries, list) or not all(isinstance(item, dict) for item in entries):
        raise ContractError(str(path), _line(text, TABLE), "Each entry begins with [[deviation]].")
    return tuple(_deviation(path, text, number, entry) for number, entry in enumerate(entries))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContractError(str(path), 0, f"The deviations can't be read: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise ContractError(str(path), 0, f"This is no valid TOML: {error}.") from None


def _deviation(path: Path, text: str, number: int, entry: Mapping[str, Any]) -> Deviation:
    line = _place(text, number)
    for word, what in _faults(entry):
        raise ContractError(str(path), _line(text, word, line) if word else line, what)
    subject = entry.get("operation", entry.get("subject"))
    return Deviation(entry["rule"], entry["reason"], subject, entry.get("aspect"), _day(entry.get("expires")), str(path), line)


def _faults(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry: the word, "" for the whole, and a sentence."""
    for word, value in entry.items():
        if word not in WORDS:
            yield word, f"'{word}' is no word of a deviation.{suggest(word, WORDS)}"
        elif word == "expires" and _day(value) is None:
            yield word, f"'expires' is a date such as 2027-03-31, not {value!r}."
        elif word != "expires" and not (isinstance(value, str) and value.strip()):
            yield word, f"'{word}' is a text that says something, not {value!r}."
    yield from (("", f"'{word}' is missing.") for word in REQUIRED if word not in entry)
    if "operation" in entry and "subject" in entry:
        yield "subject", "'operation' and 'subject' are the same; give one."
    try:
        rule(entry.get("rule", ""))
    except UsageError as error:
        yield "rule", str(error)


def _day(value: Any) -> date | None:
    """A date of TOML, or a text that is one."""
    if isinstance(value, str):
        return date.fromisoformat(value) if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", value) and _is_day(value) else None
    return value if type(value) is date else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _place(text: str, number: int) -> int:
    """The line on which an entry begins; 0 where that can't be told."""
    lines = [line for line, row in enumerate(text.splitlines(), 1) if HEADER.match(row)]
    return lines[number] if number < len(lines) else 0


def _line(text: str, word: str, start: int = 0) -> int:
    """The line on which a word is set, from a line on; that line where it is not found."""
    pattern = re.compile(rf"\s*(\[\[?\s*)?[\"']?{re.escape(word)}\b")
    return next((line for line, row in enumerate(text.splitlines(), 1) if line >= start and pattern.match(row)), start)


def write_baseline(report: Report, path: Path) -> int:
    """Accepts every finding of a report that nobody has accepted: entries with the reason "baseline of DATE" behind what the file has.

    Gives the number of new entries; raises ContractError for a file that can't be read, UsageError for one that can't be written.
    """
    before = _text(path) if path.exists() else HEAD
    known = read(path) if path.exists() else ()
    today = _today(report)
    new = dict.fromkeys(_entry(item, subject, today) for item, subject in _open(report, known, today))
    content = before + ("" if before.endswith("\n") or not before else "\n") + "".join(new)
    try:
        files.write(path, content.encode("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: The baseline can't be written: {error.strerror or error}.") from None
    return len(new)


def _open(report: Report, known: Sequence[Deviation], today: date) -> Iterator[tuple[Finding, str]]:
    """The findings that count, each with each subject for which no entry holds; of a cause, every symptom by its own rule."""
    for item in report.findings:
        own = [(replace(item, rule=rule, aspect=aspect), subject) for rule, subject, aspect in item.symptoms] or [(item, name) for name in item.every_subject]
        for symptom, subject in own if item.counts else ():
            if not any(entry.holds(today) and entry.covers(symptom, subject) for entry in known):
                yield symptom, subject


def _entry(finding: Finding, subject: str, today: date) -> str:
    words = {"rule": finding.rule, "operation": subject, "aspect": finding.aspect, "reason": f"baseline of {today}"}
    return f"\n[[{TABLE}]]\n" + "".join(f"{word} = {_quoted(value)}\n" for word, value in words.items() if value)


def _quoted(text: str) -> str:
    """A text as TOML has it."""
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub("[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", whole) + '"'
