"""N11: a declared limit is kept: 429 comes in time, says truly how long to wait, and ends."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import found, short
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from fixtures.instants import seconds
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]

LAYER = "security"
MOST = 40  # requests: a higher limit is not tried out


def plan(contract: Contract) -> Iterator[Check]:
    """For each operation with a limit: that it is kept."""
    for operation in contract.operations:
        if operation.behavior.get("rate"):
            yield Check(
                "throttling.limit",
                LAYER,
                operation.id,
                partial(_limit, operation),
                phase=45,
                also=("throttling.retry", "throttling.recovers", "throttling.early"),
                writes=operation.behavior.do != "login",
                confirm=False,
            )


def _limit(operation: Operation, session: Session) -> Iterator[Finding]:
    rate: Mapping[str, Any] = operation.behavior.get("rate")
    if rate.get("switch") and not (session.contract.settings.get("switches") or {}).get(rate["switch"], False):
        raise NotChecked(f"the limit is off unless '{rate['switch']}' is on")
    limit, window = int(rate["limit"]), seconds(str(rate["per"]))
    if limit > MOST:
        raise NotChecked(f"{limit} requests would be needed")
    person, request = _request(session, operation)
    answers: list[Exchange] = []
    for _ in range(limit + 3):
        answers.append(session.perform(operation, person, request, patient=False))
        if answers[-1].status == 429:
            break
    last = answers[-1]
    if last.status != 429:
        yield found(
            "throttling.limit",
            LAYER,
            operation,
            f"{len(answers)} calls within {rate['per']} are all let through",
            expected=f"429 after {limit}",
            seen=", ".join(sorted({str(item.status) for item in answers})),
            evidence=[last],
        )
        return
    if len(answers) - 1 < limit - 1:
        yield found(
            "throttling.early",
            LAYER,
            operation,
            f"the limit is reached after {len(answers) - 1} calls",
            expected=f"{limit} in {rate['per']}",
            seen=len(answers) - 1,
            evidence=[last],
            severity="warning",
        )
    yield from _waiting(session, operation, person, request, last, window)


def _request(session: Session, operation: Operation) -> tuple[Person | None, Request]:
    """A request that does no harm: a login of nobody, or somebody's with what is of their own."""
    if operation.behavior.do == "login":
        login, password = session.people.names(operation)
        return None, Request(body={login: f"nobody-{session.chance.text(8)}@example.com", password: "wrong-password"}, media="application/json")
    person = session.people.for_operation(operation)
    return person, session.samples.request(operation, person)


def _waiting(session: Session, operation: Operation, person: Person | None, request: Request, refusal: Exchange, window: float) -> Iterator[Finding]:
    told = refusal.header("retry-after")
    if told is None or not told.strip().isdigit() or int(told) < 1:
        yield found(
            "throttling.retry",
            LAYER,
            operation,
            "a 429 does not say for how long",
            expected="Retry-After with whole seconds",
            seen=told or "no Retry-After",
            evidence=[refusal],
        )
        return
    wait = int(told)
    if wait > window + 1:
        yield found(
            "throttling.retry",
            LAYER,
            operation,
            "Retry-After is longer than the window",
            expected=f"at most {window:g} s",
            seen=f"{wait} s",
            evidence=[refusal],
        )
    elif wait > 2:
        session.steering.advance(wait * 0.5, f"half of Retry-After: {wait}")
        early = session.perform(operation, person, request, patient=False)
        if early.status != 429:
            yield found(
                "throttling.retry",
                LAYER,
                operation,
                "the limit ends before Retry-After says",
                expected=f"429 for {wait} s",
                seen=f"{early.status} after {wait / 2:g} s",
                evidence=[refusal, early],
                aspect="early",
            )
        wait = int(early.header("retry-after") or wait) if early.status == 429 else wait
    session.steering.advance(wait + 0.2, f"Retry-After: {wait}")
    later = session.perform(operation, person, request, patient=False)
    if later.status == 429:
        yield found(
            "throttling.recovers",
            LAYER,
            operation,
            "the limit does not end when Retry-After says",
            expected="no 429",
            seen=f"429 {short(later.text)}",
            evidence=[refusal, later],
        )
