"""N3 and N14: rows come in their order, fulfil the condition of the list, belong to its parent, and leave it when they are over."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from contract_tests.bindings import scope_of
from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, completed, evaluate, found, short
from contract_tests.paging import begin, everything
from contract_tests.people import Person
from contract_tests.session import Session
from understudy.contract.functions import time
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

Row = dict[str, Any]


def plan(contract: Contract) -> Iterator[Check]:
    """For each list its order, its condition and its scope."""
    for operation in contract.operations:
        if operation.behavior.do != "list" or operation.behavior.collection not in contract.collections:
            continue
        name = operation.id
        if operation.behavior.get("sort"):
            yield Check("lists.sort", "oracles", name, partial(_sort, operation), phase=10, writes=False)
        if operation.behavior.get("where"):
            yield Check("lists.where", "oracles", name, partial(_where, operation), phase=10, writes=False)
        if "now" in str(operation.behavior.get("where")):
            yield Check("times.passed", "oracles", name, partial(_passed, operation), phase=58, confirm=False, slow=True)
        if operation.path_names:
            yield Check("lists.scope", "oracles", name, partial(_scope, operation), phase=10, writes=False)


def _sort(operation: Operation, session: Session) -> Iterator[Finding]:
    """Rows come in the declared order."""
    person, request = begin(session, operation)
    rows = everything(session, operation, person, request)
    declared = operation.behavior.get("sort")
    fields = [declared] if isinstance(declared, str) else list(declared)
    if len(rows) < 2 or fields[0].lstrip("-") not in rows[0]:
        raise NotChecked(f"{operation.id} does not show two rows with {fields[0].lstrip('-')}")
    name, turned = fields[0].lstrip("-"), fields[0].startswith("-")
    for before, after in pairwise(rows):
        a, b = _comparable(before.get(name)), _comparable(after.get(name))
        if a is None or b is None or type(a) is not type(b):
            continue
        if (a < b) if turned else (a > b):
            yield found(
                "lists.sort",
                "oracles",
                operation,
                f"the list is not in the order of {fields[0]}",
                expected=f"{short(after.get(name))} before {short(before.get(name))}",
                seen="the other way round",
                aspect=name,
            )
            return


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        moment = time(value) if len(value) >= 10 and value[4:5] == "-" else None
        return float(moment) if moment is not None else value
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _where(operation: Operation, session: Session) -> Iterator[Finding]:
    """Every row fulfils the condition of the list, and none that fulfils it is left out."""
    person, request = begin(session, operation)
    collection = session.contract.collections[str(operation.behavior.collection)]
    condition = str(operation.behavior.get("where"))
    rows = everything(session, operation, person, request)
    check = _condition(session, person, condition, {"path": dict(request.path), "query": dict(request.query)}, collection.name)
    try:
        wrong = [row for row in rows if not check(row)]
        if wrong:
            yield found(
                "lists.where",
                "oracles",
                operation,
                "the list shows a row that does not belong into it",
                expected=condition,
                seen=short(wrong[0]),
                aspect="where",
            )
        yield from _left_out(session, operation, person, collection, (condition, check), rows)
    except Unknown as why:
        raise NotChecked(f"'{condition}' can't be told from what is shown: {why}") from None


def _condition(session: Session, person: Person | None, condition: str, names: Mapping[str, Any], collection: str) -> Callable[[Row], bool]:
    return lambda row: bool(evaluate(session, condition, person, {**names, "row": completed(session, collection, row)}))


def _left_out(
    session: Session, operation: Operation, person: Person | None, collection: Collection, rule: tuple[str, Callable[[Row], bool]], rows: list[Row]
) -> Iterator[Finding]:
    _, check = rule
    shown = {str(row.get(collection.key)) for row in rows}
    for other in session.lists(collection):
        if other is operation or other.path_names:
            continue
        caller = session.caller(other, person)
        for row in session.list_rows(other, caller):
            if check(row) and str(row.get(collection.key)) not in shown and len(rows) < 100:
                yield found(
                    "lists.where",
                    "oracles",
                    operation,
                    f"the list leaves out a row that belongs into it and that {other.id} shows",
                    expected=short(row),
                    seen=f"{len(rows)} rows without it",
                    aspect="left out",
                )
                return


def _scope(operation: Operation, session: Session) -> Iterator[Finding]:
    """Rows of a list under a parent are the parent's."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    places = {name: spot[1] for name, spot in scope_of(operation, collection).items() if spot[0] == "path"}
    if not places:
        places = {name: name for name in operation.path_names if name in collection.properties}
    person, request = begin(session, operation)
    rows = everything(session, operation, person, request)
    if not rows or not any(name in row for name in places for row in rows):
        raise NotChecked(f"no row of {operation.id} shows what it belongs to")
    for name, parameter in places.items():
        wrong = [row for row in rows if name in row and str(row[name]) != str(request.path.get(parameter))]
        if wrong:
            yield found(
                "lists.scope",
                "oracles",
                operation,
                f"the list shows rows of another {name}",
                expected=f"{name} {request.path.get(parameter)}",
                seen=short(wrong[0]),
                aspect=name,
            )


def _passed(operation: Operation, session: Session) -> Iterator[Finding]:
    """A row that the clock takes out of the condition leaves the list."""
    condition = str(operation.behavior.get("where"))
    collection = session.contract.collections[str(operation.behavior.collection)]
    person, request = begin(session, operation)
    field = next((name for name in collection.properties if f"row.{name}" in condition and "date-time" in str(collection.properties[name])), None)
    rows = everything(session, operation, person, request)
    dated = (
        sorted(
            ((moment, row) for row in rows if field in row and (moment := time(row[str(field)])) is not None and moment > session.now()),
            key=lambda pair: pair[0],
        )
        if field
        else []
    )
    if not dated:
        raise NotChecked(f"no row of {operation.id} will be over one day")
    moment, row = dated[0]
    session.steering.advance(moment - session.now() + 2, f"waiting for {row[str(field)]}")
    later = everything(session, operation, *begin(session, operation))
    if any(str(item.get(collection.key)) == str(row.get(collection.key)) for item in later):
        yield found(
            "times.passed",
            "oracles",
            operation,
            "the list shows a row that is over",
            expected=condition,
            seen=f"{field} {row[str(field)]}, and it is later than that",
            aspect=str(field),
        )
