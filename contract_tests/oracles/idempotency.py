"""N10: the same key twice is one effect; a thing that may be used once is used once."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import alike, found, short
from contract_tests.session import Session
from contract_tests.shapes import row_of
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]


def plan(contract: Contract) -> Iterator[Check]:
    """For each operation with an idempotency key: once and twice, and with another body; for unique fields: a second row."""
    for operation in contract.operations:
        if operation.behavior.get("idempotency"):
            yield Check("idempotency.key", "oracles", operation.id, partial(_key, operation), phase=27, confirm=False)
        collection = contract.collections.get(operation.behavior.collection or "")
        if operation.behavior.do in ("create", "register") and collection is not None and collection.unique:
            yield Check("idempotency.unique", "oracles", operation.id, partial(_unique, operation), phase=27, confirm=False)


def _count(session: Session, operation: Operation, person: Any) -> int | None:
    collection = session.contract.collections.get(operation.behavior.collection or "")
    rows = session.rows(collection, person) if collection is not None else []
    return len(rows) if rows else None


def _key(operation: Operation, session: Session) -> Iterator[Finding]:
    header = str(operation.behavior.get("idempotency"))
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    value = f"check-{session.chance.text(12)}"
    before = _count(session, operation, person)
    first = session.perform(operation, person, request, {header: value})
    if not first.ok:
        raise NotChecked(f"{operation.id} answers {first.status}: {short(first.text)}")
    between = _count(session, operation, person)
    second = session.perform(operation, person, request, {header: value})
    after = _count(session, operation, person)
    if not second.ok:
        yield found(
            "idempotency.key",
            "oracles",
            operation,
            f"the same {header} a second time is refused",
            expected=f"{first.status} and the first answer",
            seen=f"{second.status} {short(second.text)}",
            evidence=[first, second],
            aspect="again",
        )
    elif not alike(_steady(first.json), _steady(second.json)):
        yield found(
            "idempotency.key",
            "oracles",
            operation,
            f"the same {header} a second time has another answer",
            expected=short(first.text),
            seen=short(second.text),
            evidence=[first, second],
            aspect="answer",
        )
    if before is not None and between is not None and after is not None and after != between:
        yield found(
            "idempotency.key",
            "oracles",
            operation,
            f"the same {header} a second time has a second effect",
            expected=f"{between} rows",
            seen=f"{after} rows",
            evidence=[first, second],
            aspect="effect",
        )
    if isinstance(request.body, dict) and second.ok:
        yield from _other_body(session, operation, person, request, (header, value), first)


def _steady(value: Any) -> Any:
    """An answer without what may differ from one to the next."""
    return {name: item for name, item in value.items() if name not in ("timestamp",)} if isinstance(value, dict) else value


def _other_body(session: Session, operation: Operation, person: Any, request: Any, key: tuple[str, str], first: Any) -> Iterator[Finding]:
    """The key with another body is a mistake: it must not answer as if that had been done."""
    header, value = key
    number = next((name for name, item in request.body.items() if isinstance(item, int) and not isinstance(item, bool)), None)
    if number is None:
        return
    other = session.perform(operation, person, request.with_body(**{number: request.body[number] + 1}), {header: value})
    collection = session.contract.collections.get(operation.behavior.collection or "")
    row, made = (row_of(session.contract, operation, item.json, collection.key if collection else None) for item in (other, first))
    if other.ok and row is not None and made is not None and collection is not None and row.get(collection.key) != made.get(collection.key):
        yield found(
            "idempotency.key",
            "oracles",
            operation,
            f"the same {header} with another body has a second effect",
            expected="409, or the first answer",
            seen=f"{other.status} {short(other.text)}",
            evidence=[first, other],
            aspect="body",
        )


def _unique(operation: Operation, session: Session) -> Iterator[Finding]:
    """A second row with the same unique fields is refused."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    body = request.body if isinstance(request.body, dict) else {}
    sent = set(body) | {str(operation.behavior.get("owner"))}
    groups = [group for group in collection.unique if set(group) <= sent]
    if not groups:
        raise NotChecked(f"no unique field of {collection.name} can be sent")
    first = session.create(operation, person, request)[1]
    if not first.ok and first.status != 409:
        raise NotChecked(f"{operation.id} answers {first.status}: {short(first.text)}")
    second = session.perform(operation, person, request)
    if second.ok:
        yield found(
            "idempotency.unique",
            "oracles",
            operation,
            f"a second row with the same {', '.join(groups[0])} can be made",
            expected="409",
            seen=f"{second.status} {short(second.text)}",
            evidence=[first, second],
            aspect="-".join(groups[0]),
        )
