"""The report for whoever sits before it: what is wrong first, with all that is needed to mend it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from contract_tests.findings import Finding
from contract_tests.ranking import foremost
from contract_tests.report import Report
from contract_tests.reports.parts import counted, guide, missed, passes, place, reasons, replay, script, subject_of, verdict, why_so
from contract_tests.reports.texts import flat, shown
from contract_tests.rules import described

__all__ = ["coloured", "render"]

STYLES = {"error": "bold red", "warning": "yellow", "title": "bold", "dim": "dim", "good": "bold green", "bad": "bold red", "script": "cyan", "": ""}
LABEL = 10  # width of the words before expected, seen and the like
WIDEST = 120
MOST_REASONS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line. style: a key of STYLES; label: a word before the text, in its own column; whole: never broken, since it is copied."""

    text: str = ""
    style: str = ""
    label: str = ""
    indent: int = 0
    whole: bool = False

    @property
    def start(self) -> str:
        """What stands before the text."""
        return " " * self.indent + (f"{self.label:<{LABEL}}" if self.label else "")


def render(report: Report) -> str:
    """Plain lines, none broken, for files and pipes."""
    return "".join(f"{line.start}{line.text}".rstrip() + "\n" for line in lines(report))


def coloured(report: Report, width: int = 100) -> str:
    """Lines with colours, for a terminal of so many columns."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False, emoji=False, markup=False, color_system="standard")
    with console.capture() as captured:
        for line in lines(report):
            for start, text in _broken(line, min(width, WIDEST)):
                console.print(Text.assemble((start, "dim"), (text, STYLES[line.style])), soft_wrap=True)
    return captured.get()


def _broken(line: Line, width: int) -> Iterator[tuple[str, str]]:
    """The line as rows: what stands before each, and its text."""
    room = max(30, width - len(line.start))
    rows = [line.text] if line.whole else wrap(line.text, room, break_on_hyphens=False) or [""]
    for number, row in enumerate(rows):
        yield (line.start if number == 0 else " " * len(line.start)), row


def lines(report: Report) -> Iterator[Line]:
    """The whole report."""
    for part in (_head, _foremost, _rest, _accepted, _unchecked, _coverage, _traces, _verdict):
        found = list(part(report))
        yield from found
        if found:
            yield Line()


def _head(report: Report) -> Iterator[Line]:
    where = ", ".join(f"{name} {url}" for name, url in report.urls.items())
    yield Line(flat(f"{report.title} ({report.backend})"), "title")
    yield Line(flat(f"{'its own mock' if report.own else 'target'}: {where}"), "dim")
    yield Line(f"seed {report.seed}, {report.seconds:.1f} s, {counted(report.requests, 'request')}, {counted(len(report.outcomes), 'check')}", "dim")
    yield from (Line(flat(note), "dim") for note in report.notes)


def _foremost(report: Report) -> Iterator[Line]:
    chosen = foremost(report.findings)
    others = sum(item.counts for item in report.findings) - len(chosen)
    if chosen:
        yield Line("What matters most" if others else "What was found", "title")
    for number, finding in enumerate(chosen, 1):
        yield Line()
        yield from _finding(report, number, finding)


def told(finding: Finding, number: int = 1) -> str:
    """One finding as plain lines, without the command that checks it alone."""
    return "".join(f"{line.start}{line.text}".rstrip() + "\n" for line in _facts(finding, number))


def _finding(report: Report, number: int, finding: Finding) -> Iterator[Line]:
    yield from _facts(finding, number)
    yield Line(replay(report, finding), "script", "again", 3, True)


def _facts(finding: Finding, number: int) -> Iterator[Line]:
    yield Line(f"{number}. {finding.severity}: {flat(finding.title)}", finding.severity)
    facts = (
        ("at", " ".join(filter(None, (flat(finding.service), subject_of(finding))))),
        ("also at", _others(finding)),
        ("times", f"{finding.count}" if finding.count > len(finding.every_subject) else ""),
        ("expected", shown(finding.expected, 600)),
        ("seen", shown(finding.seen, 600)),
        ("guide", guide(finding.clause)),
        ("document", place(finding.clause.place)),
        ("mend", described(finding.rule).mend),
        ("rule", f"{flat(finding.rule)}  (understudy explain {flat(finding.rule)})"),
    )
    yield from (Line(" ".join(text.split()), "", label, 3) for label, text in facts if text)
    yield from _scripts(finding)


def _others(finding: Finding) -> str:
    others = [flat(item) for item in finding.every_subject[1:]]
    return ", ".join(others[:8]) + (f" and {len(others) - 8} more" if len(others) > 8 else "")


def _scripts(finding: Finding) -> Iterator[Line]:
    rows = script(finding.evidence[-1]).split("\n") if finding.evidence else []
    yield from (Line(row, "script", "see it" if number == 0 else " ", 3, True) for number, row in enumerate(rows))


def _rest(report: Report) -> Iterator[Line]:
    """The findings that do not stand on top, one line each, by what they are about."""
    chosen = {item.id for item in foremost(report.findings)}
    rest = [item for item in report.findings if item.counts and item.id not in chosen]
    if rest:
        yield Line(f"{counted(len(rest), 'finding')} more, by operation", "title")
    for subject in dict.fromkeys(item.subject for item in rest):
        yield Line(flat(subject) or "(the whole)", "", "", 2)
        yield from (_in_short(item) for item in rest if item.subject == subject)


def _in_short(finding: Finding) -> Line:
    times = f" ({finding.count} times)" if finding.count > 1 else ""
    return Line(f"{flat(finding.title, 160)}{times}  [{flat(finding.id)}]", finding.severity, finding.severity, 4)


def _accepted(report: Report) -> Iterator[Line]:
    accepted = [item for item in report.findings if not item.counts]
    if accepted or report.stale:
        yield Line(f"Accepted deviations: {len(accepted)}", "title")
    yield from (Line(f"{flat(item.id)}: {flat(item.accepted or '')}", "dim", "", 2) for item in accepted)
    yield from (Line(flat(entry), "warning", "", 2) for entry in report.stale)


def _unchecked(report: Report) -> Iterator[Line]:
    found = reasons(report)
    if found:
        yield Line(f"Not checked: {counted(sum(len(names) for _, names in found), 'check')}", "title")
    for why, names in found[:MOST_REASONS]:
        rest = f" and {len(names) - 4} more" if len(names) > 4 else ""
        yield Line(why, "", f"{len(names):>4}", 0)
        yield Line(", ".join(names[:4]) + rest, "dim", "", LABEL)
    if len(found) > MOST_REASONS:
        yield Line(f"{len(found) - MOST_REASONS} more reasons stand in the other reports.", "dim", "", LABEL)


def _coverage(report: Report) -> Iterator[Line]:
    if report.coverage:
        yield Line("Covered", "title")
    for covered in report.coverage.values():
        share = f"{len(covered.met):>4} of {len(covered.met) + len(covered.missed):<4} {covered.share:>4.0%}"
        yield Line(f"{flat(covered.kind):<12}{share}" + (f"  not: {missed(covered)}" if covered.missed else ""), "", "", 2)


def _traces(report: Report) -> Iterator[Line]:
    if report.left and not report.own:
        yield Line(f"Left on the target, since the contract has no way to delete it: {counted(len(report.left), 'thing')}", "title")
        yield Line(flat(", ".join(report.left[:20])), "dim", "", 2)


def _verdict(report: Report) -> Iterator[Line]:
    for outcome in report.outcomes:
        if outcome.state == "crashed":
            yield Line(f"{flat(outcome.check.id)} crashed: {flat(outcome.why)}", "bad")
    yield from (Line(sentence, "bad") for sentence in why_so(report))
    yield Line(verdict(report), "good" if passes(report) else "bad")
