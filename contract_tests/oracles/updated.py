"""N4: a change is kept, touches only what it names, and shows in the lists; an act sets what it says."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from contract_tests.bindings import bindings, scope_of
from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, alike, different, evaluate, found, same, short
from contract_tests.people import Person
from contract_tests.rereading import constant, key_of, other_value, scope_in, seen, stored_fields, touches_accounts
from contract_tests.samples import Request
from contract_tests.session import NOTHING, Session
from understudy.contract import schemas
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

Row = dict[str, Any]


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each operation that changes one row."""
    for operation in contract.operations:
        collection = contract.collections.get(operation.behavior.collection or "")
        if collection is None or touches_accounts(contract, operation) or operation.behavior.do != "update" or operation.behavior.get("many") is True:
            continue
        also = ("readback.partial", "readback.set", "readback.listed")
        yield Check("readback.updated", "oracles", operation.id, partial(_updated, operation), confirm=False, also=also)


def _updated(operation: Operation, session: Session) -> Iterator[Finding]:
    """Each field by itself: it changes, and nothing else does."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    request = _request(session, operation, collection, person)
    key = key_of(session, operation, collection, request, person)
    if key is None:
        raise NotChecked(f"no row for {operation.id}")
    before = seen(session, operation, collection, key, person, request)
    if before is None:
        raise NotChecked(f"the rows that {operation.id} changes are not shown")
    body = request.body if isinstance(request.body, dict) else {}
    session.rows(collection, person, scope_in(operation, collection, request))  # a list that is kept too long has been asked for once
    for name in stored_fields(session, operation, collection, body):
        before = seen(session, operation, collection, key, person, request) or before
        sent = _sent(session, operation, body, name, before)
        answer = session.perform(operation, person, replace(request, body=sent))
        if answer.ok:
            after = seen(session, operation, collection, key, person, request)
            yield from _touched(operation, collection, (before, after or {}), sent, name, answer)
    yield from _acted(session, operation, collection, person, (request, key), seen(session, operation, collection, key, person, request) or before)
    yield from _listed(session, operation, collection, person, (request, key))


def _request(session: Session, operation: Operation, collection: Collection, person: Person | None) -> Request:
    """A request about a row made for it, with all its fields, where one can be made."""
    main = next((item for item in bindings(session.contract, operation) if item.main), None)
    made = session.make(collection, person) if main is not None and not operation.behavior.get("unless") else None
    if made is None or main is None or collection.key not in made or collection.states is not None:
        return session.samples.request(operation, person, own=bool(operation.behavior.get("owner")))
    given = {main.spot: made[collection.key], **{spot: made[name] for name, spot in scope_of(operation, collection).items() if name in made}}
    return session.samples.request(operation, person, given)


def _sent(session: Session, operation: Operation, body: Mapping[str, Any], name: str, before: Row) -> Row:
    """A body that changes one field."""
    media = session.samples.media(operation)
    needed = schemas.required(operation.bundle.data, media.schema) if media and media.schema else set()
    return {item: body[item] for item in needed if item in body} | {name: other_value(session, operation, name, body[name], before.get(name))}


def _touched(operation: Operation, collection: Collection, rows: tuple[Row, Row], sent: Mapping[str, Any], name: str, answer: Exchange) -> Iterator[Finding]:
    before, after = rows
    if name in after and not alike(sent[name], after[name]):
        yield found(
            "readback.updated",
            "oracles",
            operation,
            f"{name} is not what it was changed to",
            expected=short(sent[name]),
            seen=short(after[name]),
            evidence=[answer],
            aspect=name,
        )
    left_alone = set(collection.derive) | {str(collection.updated)} | set(sent) | set(operation.behavior.get("set") or {})
    for other in set(before) - left_alone:
        if other not in after or not alike(before[other], after[other]):
            yield found(
                "readback.partial",
                "oracles",
                operation,
                f"changing {name} also changed {other}",
                expected=short(before[other]),
                seen=short(after.get(other, "nothing")),
                evidence=[answer],
                aspect=other,
            )


def _acted(session: Session, operation: Operation, collection: Collection, person: Person | None, asked: tuple[Request, Any], before: Row) -> Iterator[Finding]:
    """An act on a row sets what it says, with numbers above and below zero."""
    request, key = asked
    if not operation.behavior.get("set"):
        return
    for body in _signs(request.body):
        answer = session.perform(operation, person, replace(request, body=body))
        after = seen(session, operation, collection, key, person, request)
        if not answer.ok or after is None:
            continue
        yield from _set(session, operation, person, (request, body), (before, after), answer)
        before = after


def _signs(body: Any) -> Iterator[Any]:
    """A body, and the same with its numbers below zero and a part of them: what was added is taken away."""
    yield body
    numbers = [name for name, value in body.items() if isinstance(value, int | float) and not isinstance(value, bool)] if isinstance(body, dict) else []
    if numbers:
        yield {**body, **{name: -round(body[name] / 2, 2) for name in numbers}}


def _set(
    session: Session, operation: Operation, person: Person | None, asked: tuple[Request, Any], rows: tuple[Row, Row], answer: Exchange
) -> Iterator[Finding]:
    (request, body), (before, after) = asked, rows
    names = {"row": before, "old": before, "body": body or {}, "path": dict(request.path)}
    for name, text in (operation.behavior.get("set") or {}).items():
        if name not in after or "now" in str(text) or "random" in str(text):
            continue
        try:
            value = constant(text) if constant(text) is not None else evaluate(session, text, person, names)
        except Unknown:
            continue
        if not same(after[name], value):
            yield found(
                "readback.set",
                "oracles",
                operation,
                f"{name} is not {short(text)} afterwards",
                expected=short(value),
                seen=short(after[name]),
                evidence=[answer],
                aspect=name,
            )


def _listed(session: Session, operation: Operation, collection: Collection, person: Person | None, asked: tuple[Request, Any]) -> Iterator[Finding]:
    """A change shows in every list that has the row."""
    request, key = asked
    now = seen(session, operation, collection, key, person, request)
    for lister in session.lists(collection) if now is not None else ():
        caller = session.caller(lister, person)
        given = session.given(lister, collection, {**now, **scope_in(operation, collection, request)}, caller) if now and caller is not NOTHING else None
        row = (
            next((item for item in session.list_rows(lister, caller, given) if str(item.get(collection.key)) == str(key)), None) if given is not None else None
        )
        for name, (listed, shown) in different(row or {}, now or {}).items():
            if "user" not in str(collection.derive.get(name, "")):
                yield found(
                    "readback.listed",
                    "oracles",
                    lister,
                    f"{name} in {lister.id} is not what {operation.id} has made of it",
                    expected=short(shown),
                    seen=short(listed),
                    aspect=name,
                )
