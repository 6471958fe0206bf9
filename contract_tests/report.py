"""What a run is reported as: the one value that all reports are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.checks import Outcome
from contract_tests.findings import Finding

__all__ = ["Coverage", "Covered", "Report"]


@dataclass(frozen=True)
class Covered:
    """What of one kind (operations, statuses, parameters, messages, acks, transitions, clauses) was met, and what was not."""

    kind: str
    met: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where there is nothing to meet."""
        total = len(self.met) + len(self.missed)
        return len(self.met) / total if total else 1.0


Coverage = Mapping[str, Covered]


@dataclass(frozen=True)
class Report:
    """One run. urls: service -> where it was; findings: the most important first, accepted ones included; unchecked: what was not checked, and why -> checks;
    stale: entries of deviations.toml that nothing met; ended: how the run ended (complete, interrupted, time, unreachable); left: what could not be deleted;
    command: the arguments that reach the target once more;
    fail_on, fail_under: what the verdict goes by, as `exit_code` takes them; document: the file that stands for findings without a place."""

    backend: str
    title: str
    urls: Mapping[str, str]
    own: bool
    seed: str
    started: str
    seconds: float
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    coverage: Coverage
    unchecked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stale: tuple[str, ...] = ()
    ended: str = "complete"
    lost: str = ""
    created: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    requests: int = 0
    version: str = ""
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    fail_on: str = "error"
    fail_under: float = 0.0
    document: str = ""
    command: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that break a guide and that nobody accepted."""
        return tuple(item for item in self.findings if item.counts and item.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that break only what is inferred and that nobody accepted."""
        return tuple(item for item in self.findings if item.counts and item.severity == "warning")

    def exit_code(self, fail_on: str = "error", fail_under: float = 0.0) -> int:
        """0 clean, 1 findings at or above `fail_on` or too little covered, 2 nothing was tested, 3 the target is not reached, 130 interrupted."""
        if self.ended == "interrupted":
            return 130
        if self.ended == "unreachable":
            return 3
        if not any(outcome.state in ("passed", "failed") for outcome in self.outcomes):
            return 2
        if any(outcome.state == "crashed" for outcome in self.outcomes):
            return 1
        hit = {"error": self.errors, "warning": (*self.errors, *self.warnings), "never": ()}[fail_on]
        return 1 if hit or self.covered() < fail_under / 100 else 0

    def covered(self) -> float:
        """The share of the contract's operations that were met, from 0 to 1."""
        return self.coverage["operations"].share if "operations" in self.coverage else 0.0
