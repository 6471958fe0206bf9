"""N7: what the declared state refuses (`unless`) is refused, and changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from contract_tests.bindings import bindings, place_of
from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, alike, evaluate, found, short
from contract_tests.people import Person
from contract_tests.rereading import key_of, seen
from contract_tests.samples import Request
from contract_tests.session import Session
from understudy.contract import schemas
from understudy.contract.expressions import names_in
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]

HUGE = 1_000_000


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each operation with refusals that depend on what the body says."""
    for operation in contract.operations:
        refusals = [item for item in operation.behavior.get("unless") or () if "body" in _names(item.get("when"))]
        if refusals and operation.behavior.source != "bound":
            yield Check("transitions.refused", "oracles", operation.id, partial(_refused, operation, refusals), phase=25, confirm=False)


def _names(text: Any) -> frozenset[str]:
    return names_in(text) if isinstance(text, str) else frozenset()


def _refused(operation: Operation, refusals: list[Mapping[str, Any]], session: Session) -> Iterator[Finding]:
    person = session.people.for_trial(operation)
    request = session.samples.request(operation, person)
    if not isinstance(request.body, dict):
        raise NotChecked(f"{operation.id} takes no body that could be refused")
    tried = 0
    for refusal in refusals:
        body = next(iter(_bodies(session, operation, person, request, str(refusal["when"]))), None)
        if body is None:
            continue
        tried += 1
        yield from _attempt(session, operation, person, request, body, refusal)
    if not tried:
        raise NotChecked("no body is known that must be refused")


def _attempt(session: Session, operation: Operation, person: Person | None, request: Request, body: Any, refusal: Mapping[str, Any]) -> Iterator[Finding]:
    collection = session.contract.collections.get(operation.behavior.collection or "")
    key = key_of(session, operation, collection, request, person) if collection is not None else None
    before = seen(session, operation, collection, key, person, request) if collection is not None and key is not None else None
    answer = session.perform(operation, person, replace(request, body=body), patient=False)
    if answer.ok:
        yield found(
            "transitions.refused",
            "oracles",
            operation,
            f"{operation.id} works although: {refusal.get('say')}",
            expected=f"a refusal, for {short(refusal['when'])}",
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
            aspect=_slug(str(refusal.get("say"))),
        )
        return
    after = seen(session, operation, collection, key, person, request) if collection is not None and before is not None else None
    if before is not None and not alike(before, after or {}):
        yield found(
            "transitions.refused",
            "oracles",
            operation,
            f"{operation.id} is refused and changes the row all the same",
            expected=short(before),
            seen=short(after),
            evidence=[answer],
            aspect="changed",
        )


def _slug(text: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split()[:6])


def _bodies(session: Session, operation: Operation, person: Person | None, request: Request, condition: str) -> Iterator[dict[str, Any]]:
    """Bodies of which the condition is known to hold, so that they must be refused."""
    names = _known(session, operation, person, request, condition)
    for body in _variants(session, operation, request, condition):
        try:
            if evaluate(session, condition, person, {**names, "body": body}):
                yield body
        except Unknown:
            return


def _known(session: Session, operation: Operation, person: Person | None, request: Request, condition: str) -> dict[str, Any]:
    """The rows that a condition may name."""
    names: dict[str, Any] = {"path": dict(request.path), "query": dict(request.query)}
    if person is not None and "user." in condition:
        names["user"] = session.people.row_now(person)
    main = next((item.spot for item in bindings(session.contract, operation) if item.main), None)
    if main is not None and main in request.rows:
        names["row"] = dict(request.rows[main])
    for name, word in (operation.behavior.get("with") or {}).items():
        spot = place_of(word.get("key"))
        if spot is not None and spot in request.rows:
            names[name] = dict(request.rows[spot])
    return names


def _variants(session: Session, operation: Operation, request: Request, condition: str) -> Iterator[dict[str, Any]]:
    """The body with one of the fields that the condition names set to something far off."""
    media = session.samples.media(operation)
    properties = schemas.properties(operation.bundle.data, media.schema or {}) if media else {}
    for name, value in request.body.items():
        if f"body.{name}" not in condition:
            continue
        node = schemas.follow(operation.bundle.data, properties.get(name) or {})
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue
        if isinstance(value, str):
            if not node.get("enum") and node.get("format") is None:
                yield {**request.body, name: f"{value}-wrong"}
            continue
        whole = isinstance(value, int)
        for far in (min(HUGE, node.get("maximum", HUGE)), max(-HUGE, node.get("minimum", -HUGE))):
            yield {**request.body, name: int(far) if whole else float(far)}
