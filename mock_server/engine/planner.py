"""Makes an operation ready to run: its declarations become the steps of `behave`.

The steps stand in one list, in the order in which they are taken: who may, what is needed, the row, what refuses, what is
spent and moved, the act itself, what follows from it, the answer, what is sent and what happens later.
"""

from collections.abc import Mapping
from typing import Any

from mock_server.engine import acts, answers, effects, guards, limits
from mock_server.engine.plan import Bound, Plan, Step
from mock_server.engine.runtime import Runtime
from mock_server.engine.stages import stages_of
from understudy.contract.expressions import names_in
from understudy.contract.model import Behavior, Operation

NOTHING = Behavior("declared", "reply")
NEED_ROW = frozenset({"read", "update", "delete", "transition", "take", "give"})


def make_plan(runtime: Runtime, operation: Operation, bound: Bound | None) -> Plan:
    """The plan of an operation. bound: its Python function, if its act is one. Raises ContractError for a declaration that can't be."""
    plan = Plan(runtime, operation, bound)
    plan.rates = tuple(limits.rates(plan))
    plan.answer = acts.reply(plan)
    plan.steps = tuple(step for step in _steps(plan) if step is not None)
    plan.stages = stages_of(plan)
    plan.lasting = answers.lasting(plan)
    return plan


def blank_plan(runtime: Runtime, name: str) -> Plan:
    """The plan of a call that is of no operation. name: what errors call it."""
    service = runtime.contract.services[0]
    bundle = service.bundle or service.realtime
    assert bundle is not None
    return Plan(runtime, Operation(name, service.name, "OPEN", "", (), {}, False, {}, (), True, NOTHING, "", bundle), None)


def _steps(plan: Plan) -> list[Step | None]:
    words = plan.words
    early = {name: item for name, item in (words.get("with") or {}).items() if not _about_row(item)}
    late = {name: item for name, item in (words.get("with") or {}).items() if _about_row(item)}
    creates = plan.do in ("create", "register")
    return [
        guards.requires(plan, about_rows=False),
        guards.roles(plan),
        guards.members(plan),
        guards.needs(plan, early),
        guards.requires(plan, about_rows=True),
        guards.row(plan) if _has_row(plan) else None,
        guards.needs(plan, late) if not creates else None,
        guards.allow(plan),
        guards.unless(plan),
        effects.spends(plan),
        effects.moves(plan, "take"),
        effects.moves(plan, "give"),
        acts.act(plan),
        guards.needs(plan, late) if creates else None,
        effects.creates(plan),
        effects.updates(plan),
        effects.removes(plan),
        plan.answer,
        effects.joins(plan),
        effects.emits(plan, words.get("emit"), "emit"),
        effects.later(plan),
    ]


def _has_row(plan: Plan) -> bool:
    """Whether the operation is about one row that is there before it."""
    return (plan.do in NEED_ROW and not plan.words.get("many")) or (plan.do == "bound" and "key" in plan.words)


def _about_row(need: Mapping[str, Any]) -> bool:
    return bool({"row", "old"} & (names_in(need.get("key")) | names_in(need.get("where"))))
