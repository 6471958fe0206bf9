"""N14: instants are RFC 3339 with a zone, created is not later than updated, and updated moves."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, evaluate, found, short
from contract_tests.provenance import clause_of_field
from contract_tests.rereading import key_of, other_value, seen, stored_fields
from contract_tests.samples import Request
from contract_tests.session import Session
from understudy.contract import schemas
from understudy.contract.functions import time
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

ZONED = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")
LATE = 120.0  # seconds that a target's clock may be ahead of what is known of it


def plan(contract: Contract) -> Iterator[Check]:
    """For each collection with instants: their form and order; for each update: that updated moves; for each create: that created is now."""
    for collection in contract.collections.values():
        if _instants(collection):
            yield Check("times.format", "oracles", collection.name, partial(_format, collection.name), phase=11, writes=False, wide=True, also=("times.order",))
    for operation in contract.operations:
        owner = contract.collections.get(operation.behavior.collection or "")
        if owner is None or not owner.declared:
            continue
        if owner.updated and operation.behavior.do in ("update", "transition") and operation.path_names:
            yield Check("times.updated", "oracles", operation.id, partial(_updated, operation), phase=23)
        if any("now" in str(text) for text in (operation.behavior.get("set") or {}).values()) and operation.behavior.do == "create":
            yield Check("times.set", "oracles", operation.id, partial(_set, operation), phase=23, confirm=False)
        if owner.created and operation.behavior.do == "create":
            yield Check("times.created", "oracles", operation.id, partial(_created, operation), phase=23)


def _instants(collection: Collection) -> list[str]:
    document = collection.bundle.data
    return [name for name, node in collection.properties.items() if (schemas.follow(document, node) or {}).get("format") == "date-time"]


def _shown(session: Session, collection: Collection) -> tuple[Operation | None, list[dict[str, Any]]]:
    person = session.people.first()
    operation = next(iter(session.lists(collection)), None) or session.reader(collection)
    return operation, session.rows(collection, person)


def _format(name: str, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[name]
    operation, rows = _shown(session, collection)
    if operation is None or not rows:
        raise NotChecked(f"no row of {name} is shown")
    for row in rows[:50]:
        for field in _instants(collection):
            value = row.get(field)
            if value is not None and not (isinstance(value, str) and ZONED.match(value) and time(value.replace(" ", "T")) is not None):
                yield found(
                    "times.format",
                    "oracles",
                    operation,
                    f"{field} is no instant with a zone",
                    expected="RFC 3339, such as 2026-01-15T10:30:00Z",
                    seen=short(value),
                    aspect=field,
                    clause=clause_of_field(collection, field, operation),
                )
        yield from _ordered(session, collection, operation, row)


def _ordered(session: Session, collection: Collection, operation: Operation, row: dict[str, Any]) -> Iterator[Finding]:
    created, updated = (time(row.get(str(field))) for field in (collection.created, collection.updated))
    if created is not None and updated is not None and updated < created - 1:
        yield found(
            "times.order",
            "oracles",
            operation,
            "a row was changed before it was made",
            expected=f"{collection.updated} not before {row.get(str(collection.created))}",
            seen=row.get(str(collection.updated)),
            aspect=str(collection.updated),
        )
    for field, moment in ((collection.created, created), (collection.updated, updated)):
        if moment is not None and moment > session.now() + LATE:
            yield found("times.order", "oracles", operation, f"{field} lies ahead", expected="not after now", seen=row.get(str(field)), aspect=str(field))


def _updated(operation: Operation, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    key = key_of(session, operation, collection, request, person)
    before = seen(session, operation, collection, key, person, request)
    if before is None or time(before.get(str(collection.updated))) is None:
        raise NotChecked(f"{collection.updated} of what {operation.id} changes is not shown")
    fields = stored_fields(session, operation, collection, request.body)
    body = (
        {**request.body, **{name: other_value(session, operation, name, value, before.get(name)) for name, value in fields.items()}}
        if isinstance(request.body, dict)
        else request.body
    )
    session.steering.advance(1.1, "a second between two changes")
    answer = session.perform(operation, person, Request(request.path, request.query, body, request.headers, request.media))
    after = seen(session, operation, collection, key, person, request)
    if not answer.ok or after is None:
        raise NotChecked(f"{operation.id} answers {answer.status}: {short(answer.text)}")
    first, second = time(before[str(collection.updated)]), time(after.get(str(collection.updated)))
    if second is None or first is None or second <= first:
        yield found(
            "times.updated",
            "oracles",
            operation,
            f"{collection.updated} does not move when the row changes",
            expected=f"later than {before[str(collection.updated)]}",
            seen=after.get(str(collection.updated)),
            evidence=[answer],
            aspect=str(collection.updated),
        )
    if collection.created and before.get(collection.created) != after.get(collection.created):
        yield found(
            "times.updated",
            "oracles",
            operation,
            f"{collection.created} changes with the row",
            expected=before.get(collection.created),
            seen=after.get(collection.created),
            evidence=[answer],
            aspect=collection.created,
        )


def _created(operation: Operation, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    row, answer = session.create(operation, person, session.samples.request(operation, person))
    moment = time((row or {}).get(str(collection.created)))
    if moment is None:
        raise NotChecked(f"{operation.id} does not show {collection.created}")
    if abs(moment - session.now()) > LATE + 60:
        yield found(
            "times.created",
            "oracles",
            operation,
            f"{collection.created} of what was just made is not now",
            expected="now",
            seen=(row or {}).get(str(collection.created)),
            evidence=[answer],
            aspect=str(collection.created),
        )


def _set(operation: Operation, session: Session) -> Iterator[Finding]:
    """Instants and counts of seconds that a creation sets are now, in the declared unit."""
    person = session.people.for_operation(operation)
    row, answer = session.create(operation, person, session.samples.request(operation, person))
    shown = 0
    for name, text in (operation.behavior.get("set") or {}).items():
        if row is None or name not in row or "now" not in str(text):
            continue
        try:
            value = evaluate(session, text, person, {})
        except Unknown:
            continue
        shown += 1
        if not _near(value, row[name]):
            yield found("times.set", "oracles", operation, f"{name} is not {text}", expected=value, seen=row[name], evidence=[answer], aspect=name)
    if not shown:
        raise NotChecked(f"{operation.id} does not show what it sets")


def _near(expected: Any, seen_value: Any) -> bool:
    """Whether two instants, or two counts of one unit, are about the same."""
    if isinstance(expected, int | float) and isinstance(seen_value, int | float):
        return abs(expected - seen_value) <= 1e-4 * abs(expected)
    first, second = time(expected), time(seen_value)
    return first is not None and second is not None and abs(first - second) <= LATE + 60
