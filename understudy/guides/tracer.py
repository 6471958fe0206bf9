"""Guide to contract and back: which place carries each fact, and which lines each clause stands on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from understudy.guides import ledger
from understudy.guides.carriers import carry
from understudy.guides.clauses import Clause, cite
from understudy.guides.documents import open_documents
from understudy.guides.facts import SECTIONS, Fact, Facts

__all__ = ["Finding", "Trace", "render", "trace"]

STATES = ("missing", "carried", "out")


@dataclass(frozen=True)
class Finding:
    """A fact and the place that carries it; a place with `~` has the name elsewhere than the guide."""

    fact: Fact
    place: str = ""

    @property
    def state(self) -> str:
        return "out" if self.fact.out else "carried" if self.place else "missing"


@dataclass(frozen=True)
class Trace:
    """Both directions for one backend: a finding per fact, a clause per `x-guide`."""

    backend: str
    guide: str
    findings: tuple[Finding, ...]
    clauses: tuple[Clause, ...]

    @property
    def missing(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.state == "missing")

    @property
    def elsewhere(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.state == "carried" and finding.place.startswith("~"))

    @property
    def problems(self) -> tuple[Clause, ...]:
        return tuple(clause for clause in self.clauses if clause.problem)


def trace(folder: Path, facts: Facts | None = None) -> Trace:
    """Trace a backend's folder; `facts` are those of its guide.yaml unless given."""
    facts = ledger.read(folder) if facts is None else facts
    documents = open_documents(folder)
    findings = tuple(Finding(fact, "" if fact.out else carry(fact, documents)) for fact in facts)
    return Trace(folder.name, facts.guide, findings, cite(documents, facts))


def render(traced: Trace, full: bool = True) -> str:
    """Plain text: counts, guide to contract (missing first), contract to guide (problems first). Not `full`: only what is wrong."""
    parts = [f"{traced.backend}: {traced.guide}", *_counts(traced), "", "guide to contract"]
    parts += _table([_row(finding) for finding in _ordered(traced) if full or finding.state == "missing"])
    parts += ["", "contract to guide"]
    clauses = sorted(traced.clauses, key=lambda clause: not clause.problem)
    parts += _table([_cited(clause) for clause in clauses if full or clause.problem])
    return "\n".join(parts) + "\n"


def _ordered(traced: Trace) -> list[Finding]:
    return sorted(traced.findings, key=lambda finding: STATES.index(finding.state))


def _counts(traced: Trace) -> list[str]:
    tally = Counter((finding.fact.section, finding.state) for finding in traced.findings)
    rows = [["", *STATES]]
    rows += [[section, *(str(tally[section, state]) for state in STATES)] for section in SECTIONS if any(tally[section, s] for s in STATES)]
    return [*_table(rows), f"clauses: {len(traced.clauses)}, with a problem: {len(traced.problems)}"]


def _row(finding: Finding) -> list[str]:
    fact = finding.fact
    name = f"{fact.name}:{fact.port}" if fact.port else fact.name
    return [finding.state, fact.section, name, fact.of, ",".join(map(str, fact.lines[:6])), fact.out or finding.place]


def _cited(clause: Clause) -> list[str]:
    return ["adrift" if clause.problem else "stands", clause.kind, clause.place, f"{clause.first}-{clause.last}", clause.problem]


def _table(rows: list[list[str]]) -> list[str]:
    widths = [min(60, max(map(len, column))) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
