"""N12: errors have one shape everywhere, their status is true, and nothing internal shows."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.envelopes import complaint, leak
from contract_tests.exchange import Exchange
from contract_tests.findings import Clause, Finding
from contract_tests.lab import found, short
from contract_tests.oracles.presence import nowhere
from contract_tests.samples import Request
from contract_tests.session import Session
from understudy.contract import schemas
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]

METHODS = ("GET", "PATCH", "PUT", "POST", "DELETE")  # the harmless first: what is not documented may be there and work
INFERRED = "every error has the backend's own shape"


def plan(contract: Contract) -> Iterator[Check]:
    """For each service: an unknown path; for operations: a missing row, another method, another type, no JSON, too much."""
    for service in contract.services:
        first = next(iter(service.operations), None)
        if first is not None:
            yield Check(
                "errors.path",
                "oracles",
                service.name,
                partial(_path, first),
                phase=14,
                writes=False,
                wide=True,
                also=("errors.shape", "errors.status", "errors.leak"),
            )
    for operation in contract.operations:
        media = next((item for kind, item in operation.bodies.items() if schemas.is_json(kind)), None)
        yield Check(
            "errors.method", "oracles", operation.id, partial(_method, operation), phase=14, writes=False, also=("errors.shape", "errors.status", "errors.leak")
        )
        if media is not None:
            yield Check("errors.body", "oracles", operation.id, partial(_body, operation), phase=14, also=("errors.shape", "errors.status", "errors.leak"))
        if operation.behavior.do == "read" and operation.path_names:
            yield Check(
                "errors.missing",
                "oracles",
                operation.id,
                partial(_missing, operation),
                phase=14,
                writes=False,
                also=("errors.shape", "errors.status", "errors.leak"),
            )


def _judged(session: Session, operation: Operation, answer: Exchange, wanted: tuple[int, ...], rule: str, what: str) -> Iterator[Finding]:
    """The status is one of those wanted, and the body has the shape of errors."""
    if not answer.status:
        return
    shown = leak(answer.text)
    if shown:
        yield found(
            "errors.leak", "oracles", operation, f"the answer to {what} shows {shown}", expected="nothing internal", seen=short(answer.text), evidence=[answer],
            aspect=shown.replace(" ", "-"),
        )  # fmt: skip
    if answer.status >= 500:
        yield found(
            "errors.status",
            "oracles",
            operation,
            f"{what} is a crash",
            expected=_either(wanted),
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
            aspect=what.replace(" ", "-"),
        )
        return
    if answer.status not in wanted:
        yield found(
            rule,
            "oracles",
            operation,
            f"{what} is not {_either(wanted)}",
            expected=_either(wanted),
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
            aspect=what.replace(" ", "-"),
            severity=None if answer.ok else "warning",
        )
    if answer.status >= 400:
        wrong = complaint(session.contract, operation, answer)
        if wrong:
            clause = Clause("errors have one shape", inferred=INFERRED, place=operation.place) if str(answer.status) not in operation.responses else None
            yield found(
                "errors.shape",
                "oracles",
                operation,
                f"the error of {what} has not the shape of errors: {wrong}",
                expected="the backend's error body",
                seen=f"{answer.status} {short(answer.text)}",
                evidence=[answer],
                aspect=what.replace(" ", "-"),
                clause=clause,
            )


def _either(statuses: tuple[int, ...]) -> str:
    return " or ".join(map(str, statuses))


def _path(operation: Operation, session: Session) -> Iterator[Finding]:
    if operation.service not in session.urls:
        raise NotChecked(f"no --url for the service {operation.service}")
    answer = nowhere(session, operation)
    if answer.status in (401, 403) and session.people.everyone:
        answer = nowhere(session, operation, session.credentials(operation, session.people.everyone[0]))
    yield from _judged(session, operation, answer, (404,), "errors.path", "an unknown path")


def _missing(operation: Operation, session: Session) -> Iterator[Finding]:
    """A row that is not there."""
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    name = operation.path_names[-1]
    value = request.path[name]
    parameter = next(item for item in operation.parameters if item.name == name)
    absent: Any = 2_000_000_011 if isinstance(value, int) else "99999999-9999-4999-8999-999999999999" if "uuid" in str(parameter.schema) else f"{value}-missing"
    answer = session.call(operation, person, {**request.path, name: absent}, request.query)
    yield from _judged(session, operation, answer, (404, 403), "errors.missing", "a missing row")


def _method(operation: Operation, session: Session) -> Iterator[Finding]:
    """A method that the path does not have."""
    known = {item.method for item in session.contract.operations if item.path == operation.path and item.service == operation.service}
    method = next(item for item in METHODS if item not in known)
    try:
        request = session.samples.blank(operation)
    except NotChecked:
        return
    others = [
        item
        for item in session.contract.operations
        if item.service == operation.service and item.method == method and _matches(item, session.url(operation, request.path))
    ]
    if others:
        return
    answer = session.client.send(
        method,
        session.url(operation, request.path),
        session.credentials(operation, session.people.for_operation(operation)),
        notes=f"{method} is not documented",
    )
    yield from _judged(session, operation, answer, (405, 404), "errors.method", "a method that is not documented")
    if answer.status == 405:
        allow = {item.strip().upper() for item in (answer.header("allow") or "").split(",") if item.strip()}
        if not known <= allow:
            yield found(
                "errors.method",
                "oracles",
                operation,
                "a 405 does not say which methods there are",
                expected=f"Allow with {', '.join(sorted(known))}",
                seen=answer.header("allow") or "no Allow",
                evidence=[answer],
                aspect="allow",
                severity="warning",
            )


def _matches(operation: Operation, url: str) -> bool:
    from urllib.parse import urlsplit

    parts, other = operation.path.strip("/").split("/"), urlsplit(url).path.strip("/").split("/")
    return len(parts) == len(other) and all(a.startswith("{") or a == b for a, b in zip(parts, other, strict=True))


def _body(operation: Operation, session: Session) -> Iterator[Finding]:
    """What is no JSON, of another type, and too large."""
    person = session.people.for_operation(operation) if operation.security else None
    try:
        request = session.samples.request(operation, person)
    except NotChecked:
        request = session.samples.blank(operation)
    headers = session.credentials(operation, person)
    url = session.url(operation, request.path, request.query)
    invalid = tuple(int(status) for status in ("400", "422") if status in operation.responses) or (400, 422)
    send = session.client.send
    broken = send(operation.method, url, {**headers, "content-type": "application/json"}, b'{"a": ', operation.id, notes="no JSON")
    session.recorder.saw(operation, broken, {})
    yield from _judged(session, operation, broken, (400, 422), "errors.body", "a body that is no JSON")
    if "multipart/form-data" not in operation.bodies and "application/x-www-form-urlencoded" not in operation.bodies and "*/*" not in operation.bodies:
        text = send(operation.method, url, {**headers, "content-type": "text/csv"}, b"a;b;c", operation.id, notes="another type")
        session.recorder.saw(operation, text, {})
        yield from _judged(session, operation, text, (415, *invalid), "errors.body", "a body of another type")
    if "413" in operation.responses and not session.options.quick and all(schemas.is_json(kind) for kind in operation.bodies):
        yield from _large(session, operation, request, (url, headers))


def _large(session: Session, operation: Operation, request: Request, where: tuple[str, dict[str, str]]) -> Iterator[Finding]:
    url, headers = where
    limit = int((session.contract.settings.get("limits") or {}).get("body", 1 << 20))
    if limit > 4 << 20:
        return
    body = json.dumps({**(request.body if isinstance(request.body, dict) else {}), "padding": "x" * (limit + 1024)}).encode()
    answer = session.client.send(operation.method, url, {**headers, "content-type": "application/json"}, body, operation.id, notes="too large")
    session.recorder.saw(operation, answer, {})
    yield from _judged(session, operation, answer, (413, 400, 422), "errors.body", "a body that is too large")
