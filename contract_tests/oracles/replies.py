"""N2: figures in the answer of an act are what the data says afterwards."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, evaluate, found, same, short
from contract_tests.session import Session
from contract_tests.shapes import payload
from understudy.contract.expressions import collections_in
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each act that answers with figures of the data."""
    for operation in contract.operations:
        reply = operation.behavior.get("reply")
        figures = [name for name, text in reply.items() if isinstance(text, str) and collections_in(text)] if isinstance(reply, Mapping) else []
        if figures and operation.behavior.do not in ("aggregate", "login", "register", "bound"):
            yield Check("derived.reply", "oracles", operation.id, partial(_told, operation, figures), phase=26, confirm=False)


def _told(operation: Operation, figures: list[str], session: Session) -> Iterator[Finding]:
    person = session.people.for_trial(operation)
    request = session.samples.request(operation, person)
    answer = session.perform(operation, person, request)
    if not answer.ok:
        raise NotChecked(f"{operation.id} answers {answer.status}: {short(answer.text)}")
    value: Any = payload(session.contract, operation, answer.json)
    known = 0
    for name in figures:
        try:
            expected = evaluate(session, operation.behavior.get("reply")[name], person, {"body": request.body or {}, "path": dict(request.path)})
        except Unknown:
            continue
        known += 1
        seen = value.get(name) if isinstance(value, dict) else None
        if not same(expected, seen):
            yield found(
                "derived.reply",
                "oracles",
                operation,
                f"{name} in the answer is not what the data says",
                expected=expected,
                seen=seen,
                evidence=[answer],
                aspect=name,
            )
    if not known:
        raise NotChecked("no list shows the rows that the figures are made of")
