"""The rate limits of an operation: its own, and those of backend.yaml for its path."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fixtures.instants import seconds
from mock_server.engine.call import Call
from understudy.contract.expressions import names_in

if TYPE_CHECKING:
    from mock_server.engine.plan import Plan

LONGEST = 256  # characters of a value that calls are counted by


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit on calls. window: seconds; by: what is counted apart."""

    name: str
    limit: int
    window: float
    switch: str | None
    by: tuple[Any, ...]
    needs_body: bool
    needs_user: bool

    def counted(self, call: Call) -> Iterator[str]:
        """What a call is counted under."""
        return (str(item(call.scope))[:LONGEST] for item in self.by)


def rates(plan: "Plan") -> Iterator[Rate]:
    """The limits that apply to an operation."""
    word = plan.words.get("rate")
    if word:
        counted = [plan.compile(item, "rate.by") for item in word.get("by") or ("address",)]
        names = frozenset(name for item in word.get("by") or () for name in names_in(item))
        yield Rate(plan.operation.id, word["limit"], seconds(word["per"]), word.get("switch"), tuple(counted), "body" in names, "user" in names)
    for item in plan.runtime.settings.get("rate") or ():
        if plan.operation.path.startswith(item["under"]):
            yield Rate(item["under"], item["limit"], seconds(item["per"]), item.get("switch"), (lambda scope: scope["address"],), False, False)
