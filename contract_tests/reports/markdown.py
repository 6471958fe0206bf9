"""The report for a CI job's summary: Markdown, short."""

import re
from collections.abc import Iterator
from html import escape

from contract_tests.findings import Finding
from contract_tests.ranking import foremost
from contract_tests.report import Report
from contract_tests.reports.parts import counted, guide, missed, passes, place, reasons, replay, script, verdict, why_so
from contract_tests.reports.texts import clean, flat, shown
from contract_tests.rules import described

__all__ = ["render"]

MOST = 50  # lines of the table of all findings
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@$:-])")  # `@` and `:` too: nobody is to be notified, and nothing becomes a link


def render(report: Report) -> str:
    """Markdown as GitHub and GitLab show it."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    mark = "✅" if passes(report) else "❌"
    yield f"## {mark} {_text(report.title)}: {_text(verdict(report))}"
    yield ""
    yield from (f"{_text(sentence)}\n" for sentence in why_so(report))
    chosen = foremost(report.findings)
    for finding in chosen:
        yield from _finding(report, finding)
    yield from _rest([item for item in report.findings if item.counts and item not in chosen])
    yield from _others(report)


def _finding(report: Report, finding: Finding) -> Iterator[str]:
    times = f" ({finding.count} times)" if finding.count > 1 else ""
    yield f"<details><summary><b>{finding.severity}</b>: {_html(finding.title)}{times}</summary>\n"
    facts = (
        ("at", ", ".join(finding.every_subject[:12]) + (f" · {finding.aspect}" if finding.aspect else "")),
        ("expected", flat(shown(finding.expected), 400)),
        ("seen", flat(shown(finding.seen), 400)),
        ("guide", guide(finding.clause)),
        ("document", place(finding.clause.place)),
        ("mend", described(finding.rule).mend),
    )
    yield from (f"* **{name}** {_text(value)}" for name, value in facts if value)
    shown_again = "\n".join((*((script(finding.evidence[-1]),) if finding.evidence else ()), replay(report, finding)))
    yield f"\n{_block(shown_again)}\n\n</details>\n"


def _rest(rest: list[Finding]) -> Iterator[str]:
    if not rest:
        return
    yield f"<details><summary>{counted(len(rest), 'finding')} more</summary>\n"
    yield "| | at | what | rule |\n|---|---|---|---|"
    for item in rest[:MOST]:
        yield f"| {item.severity} | {_text(flat(item.subject))} | {_text(flat(item.title, 160))} | {_text(item.rule)} |"
    if len(rest) > MOST:
        yield f"\n{len(rest) - MOST} more stand in the other reports."
    yield "\n</details>\n"


def _others(report: Report) -> Iterator[str]:
    if report.stale:
        yield f"**Accepted deviations to look at:** {_text('; '.join(map(flat, report.stale)))}\n"
    if report.unchecked:
        yield f"<details><summary>Not checked: {sum(map(len, report.unchecked.values()))}</summary>\n"
        yield from (f"* {_text(why)}: {len(names)}" for why, names in reasons(report))
        yield "\n</details>\n"
    if report.coverage:
        yield "| covered | | | not |\n|---|---:|---:|---|"
    for item in report.coverage.values():
        yield f"| {_text(item.kind)} | {len(item.met)} of {len(item.met) + len(item.missed)} | {item.share:.0%} | {_text(missed(item, 6))} |"


def _text(text: str) -> str:
    """Text that stays text: none of it is Markdown or HTML."""
    return SPECIAL.sub(r"\\\1", clean(" ".join(text.split()))).replace(r"\<", "&lt;").replace(r"\>", "&gt;").replace(r"\&", "&amp;").replace(r"\@", "&#64;")


def _html(text: str) -> str:
    """Text inside an element, where Markdown does not look."""
    return escape(flat(text, 240)).replace("@", "&#64;")


def _block(text: str) -> str:
    """A block of code, with a fence that is longer than any in it."""
    fence = "`" * max(3, 1 + max((len(found) for found in re.findall(r"`+", text)), default=0))
    return f"{fence}sh\n{text}\n{fence}"
