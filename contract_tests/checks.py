"""A check: what it is about, and the function that runs it. Modules of checks are found in their rooms; nothing lists them."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from contract_tests.findings import Finding
from understudy.contract.model import Contract

if TYPE_CHECKING:
    from contract_tests.session import Session

__all__ = ["LAYERS", "Check", "NotChecked", "Outcome", "State", "plan"]

LAYERS = ("oracles", "journeys", "security", "browser", "realtime", "capacity", "schema")
ROOMS = ("oracles", "journeys", "security", "browser", "realtime", "capacity", "schema")
State = Literal["passed", "failed", "not checked", "crashed"]


class NotChecked(Exception):  # noqa: N818 - it is no error
    """Why a check can't be made on this target; it stands in the report."""


@dataclass(frozen=True)
class Check:
    """One check. id: `rule:subject[:aspect]`, as its findings'; phase: lower ones first (reads 10, writes 20, races 30, limits 40, clocks 50);
    writes: whether it changes the target; confirm: whether a finding must show again in a second run; also: other rules that its findings may have;
    wide: whether they may be about other subjects."""

    rule: str
    layer: str
    subject: str
    run: Callable[["Session"], Iterable[Finding] | None]
    aspect: str = ""
    phase: int = 20
    writes: bool = True
    confirm: bool = True
    slow: bool = False
    also: tuple[str, ...] = ()
    wide: bool = False

    @property
    def id(self) -> str:
        """`rule:subject:aspect`."""
        return ":".join(filter(None, (self.rule, self.subject, self.aspect)))


@dataclass(frozen=True)
class Outcome:
    """What came of a check. why: where it was not checked, or crashed."""

    check: Check
    state: State
    findings: tuple[Finding, ...] = ()
    why: str = ""
    seconds: float = 0.0
    requests: int = 0
    extra: dict[str, object] = field(default_factory=dict)


def plan(contract: Contract, layers: Iterable[str] = LAYERS) -> list[Check]:
    """All checks of a contract, in the order in which they run."""
    wanted = set(layers)
    found = [check for room in ROOMS for module in _modules(room) for check in module.plan(contract) if check.layer in wanted]
    twice = {check.id for check in found if sum(other.id == check.id for other in found) > 1}
    assert not twice, f"checks have the same id: {sorted(twice)}"
    return sorted(found, key=lambda check: (check.phase, LAYERS.index(check.layer)))


def _modules(room: str) -> Iterator[Any]:
    try:
        package = importlib.import_module(f"contract_tests.{room}")
    except ModuleNotFoundError:
        return
    for item in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        module = importlib.import_module(f"contract_tests.{room}.{item.name}")
        if hasattr(module, "plan"):
            yield module
