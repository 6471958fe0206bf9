"""What a check finds: a clause that the target breaks, what was expected and seen, and how to see it again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from contract_tests.exchange import Evidence
from understudy.contract.model import Place

__all__ = ["Clause", "Finding", "Severity", "merged"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Clause:
    """What says that it should be so.

    guide, lines: where the guide says it, None where it does not; inferred: why we think so although no guide says it;
    place: file and line of the document that declares it.
    """

    says: str = ""
    guide: str | None = None
    lines: tuple[int, int] | None = None
    inferred: str | None = None
    place: Place | None = None

    @property
    def severity(self) -> Severity:
        """A broken clause of a guide is an error, one that is only inferred a warning."""
        return "warning" if self.inferred is not None else "error"

    def __str__(self) -> str:
        where = f"{self.guide}:{self.lines[0]}-{self.lines[1]}" if self.guide and self.lines else self.guide
        return where or (f"inferred: {self.inferred}" if self.inferred else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which the target breaks the contract.

    id: stable over runs, what `--only` takes; rule: of rules.yaml, or a code of Schemathesis; layer: that of the check; subject: operationId,
    message or channel; aspect: the field, parameter or status that it is about; title: one sentence; expected, seen: texts or JSON values;
    evidence: requests and frames that show it, the last one decides; count: how many symptoms of the one cause were seen; check: the check that found it.
    """

    rule: str
    layer: str
    subject: str
    title: str
    expected: Any = None
    seen: Any = None
    aspect: str = ""
    clause: Clause = field(default_factory=Clause)
    severity: Severity = "error"
    evidence: tuple[Evidence, ...] = ()
    count: int = 1
    check: str = ""
    service: str = ""
    accepted: str | None = None  # the reason of deviations.toml
    subjects: tuple[str, ...] = ()  # of all symptoms, where they are more than one
    symptoms: tuple[tuple[str, str, str], ...] = ()  # rule, subject and aspect of each, where they are more than one

    @property
    def id(self) -> str:
        """`rule:subject:aspect`."""
        return ":".join(filter(None, (self.rule, self.subject, self.aspect)))

    @property
    def every_subject(self) -> tuple[str, ...]:
        """The subjects of all symptoms, its own first."""
        return self.subjects or (self.subject,)

    @property
    def counts(self) -> bool:
        """Whether it decides the verdict: nobody has accepted it."""
        return self.accepted is None


def merged(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for each id, with the number of times it was seen."""
    found: dict[str, Finding] = {}
    for item in findings:
        known = found.get(item.id)
        found[item.id] = item if known is None else replace(known, count=known.count + item.count)
    return list(found.values())
