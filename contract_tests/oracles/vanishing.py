"""N4: what was deleted is gone, and a write that failed has changed nothing."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract_tests.bindings import bindings, scope_of
from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import alike, found, refused, short
from contract_tests.rereading import SECRET, scope_in, seen, touches_accounts
from contract_tests.samples import Request
from contract_tests.session import Session
from understudy.contract import schemas
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

WRITES = ("create", "update")


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each operation that deletes rows, and one for each that writes them and may refuse."""
    for operation in contract.operations:
        collection = contract.collections.get(operation.behavior.collection or "")
        if collection is None or touches_accounts(contract, operation):
            continue
        if operation.behavior.do == "delete":
            yield Check("readback.deleted", "oracles", operation.id, partial(_deleted, operation), phase=28, confirm=False)
        if operation.behavior.do in WRITES and operation.bodies:
            yield Check("readback.failed", "oracles", operation.id, partial(_failed, operation), phase=22, confirm=False)


def _deleted(operation: Operation, session: Session) -> Iterator[Finding]:
    """What was deleted is neither read nor listed any more."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    row = session.make(collection, person)
    if row is None or collection.key not in row:
        raise NotChecked(f"no row of {collection.name} could be made to be deleted")
    main = next((item.spot for item in bindings(session.contract, operation) if item.main), ("path", operation.path_names[-1]))
    given = {main: row[collection.key], **{spot: row[name] for name, spot in scope_of(operation, collection).items() if name in row}}
    request = session.samples.request(operation, person, given)
    answer = session.perform(operation, person, request)
    if not answer.ok:
        raise NotChecked(f"{operation.id} answers {answer.status}: {short(answer.text)}")
    if seen(session, operation, collection, row[collection.key], person, request) is not None:
        yield found(
            "readback.deleted",
            "oracles",
            operation,
            "what was deleted is still shown",
            expected="404, and no row in the list",
            seen="the row",
            evidence=[answer],
        )
    again = session.perform(operation, person, request)
    if again.ok:
        yield found(
            "readback.deleted",
            "oracles",
            operation,
            "what was deleted can be deleted again",
            expected="404",
            seen=again.status,
            evidence=[answer, again],
            aspect="again",
        )


def _failed(operation: Operation, session: Session) -> Iterator[Finding]:
    """A request that is refused changes nothing."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person, own=bool(operation.behavior.get("owner")))
    moving = _moving(session, collection)

    def rows() -> dict[str, Any]:
        shown = session.rows(collection, person, scope_in(operation, collection, request))
        return {str(row.get(collection.key)): {name: value for name, value in row.items() if name not in moving} for row in shown}

    before = rows()
    if not before:
        raise NotChecked(f"no list shows {collection.name}")
    for name, bad in _broken(session, operation, request):
        answer = session.perform(operation, person, Request(request.path, request.query, bad, request.headers, request.media))
        if answer.ok:
            yield found(
                "readback.failed",
                "oracles",
                operation,
                f"a body with a wrong {name} is accepted",
                expected="400 or 422",
                seen=answer.status,
                evidence=[answer],
                aspect=name,
            )
        if not refused(answer):
            continue
        after = rows()
        changed = [key for key in before.keys() | after.keys() if not alike(before.get(key, {}), after.get(key, {})) or (key in before) != (key in after)]
        if changed:
            yield found(
                "readback.failed",
                "oracles",
                operation,
                "a refused request changed the data all the same",
                expected="the rows as they were",
                seen=f"{collection.key} {', '.join(changed[:3])} changed",
                evidence=[answer],
                aspect="state",
            )
            return


def _moving(session: Session, collection: Collection) -> set[str]:
    """The fields of rows that change by themselves, as time passes: a video that is processed while its list is looked at is no defect."""
    later = [step for item in session.contract.operations if item.behavior.collection == collection.name for step in item.behavior.get("after") or ()]
    named = {name for step in later for name in (step.get("set") or {})}
    times = {name for name in collection.stored if name.lower().startswith("updated")}
    return named | times | ({collection.states.field} if collection.states else set()) if later else set()


def _broken(session: Session, operation: Operation, request: Request) -> Iterator[tuple[str, Any]]:
    """Bodies with one wrong field: of the last field first, so that what comes before has been taken."""
    media = session.samples.media(operation)
    if media is None or media.schema is None or not isinstance(request.body, dict) or not schemas.is_json(media.type):
        return
    properties = schemas.properties(operation.bundle.data, media.schema)
    needed = schemas.required(operation.bundle.data, media.schema)
    count = 0
    for name, node in reversed(properties.items()):
        kind = schemas.type_of(operation.bundle.data, node)
        wrong: Any = {"integer": "many", "number": "much", "string": {"a": 1}, "boolean": "perhaps", "array": "none", "object": 7}.get(str(kind))
        if wrong is None or name.lower() in SECRET or (isinstance(node, dict) and node.get("readOnly")):
            continue
        count += 1
        yield name, {**request.body, name: wrong}
        if count == 2:
            break
    first = next((name for name, node in properties.items() if name in needed and not (isinstance(node, dict) and node.get("readOnly"))), None)
    if first is not None:
        yield first, {name: value for name, value in request.body.items() if name != first}
