"""N16: services of one backend agree: a token of one is good at the others, and who one is and what they show is the same."""

from collections.abc import Iterator
from functools import partial

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import found, short
from contract_tests.session import Session
from contract_tests.shapes import row_of
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]


def plan(contract: Contract) -> Iterator[Check]:
    """For each service that needs tokens: one of the service that issues them is good there."""
    issuer = next((item for item in contract.operations if item.behavior.do == "login"), None)
    if issuer is None:
        return
    for service in contract.services:
        probe = next(
            (item for item in service.operations if item.security and item.method == "GET"), next((item for item in service.operations if item.security), None)
        )
        if service.name != issuer.service and probe is not None:
            yield Check("services.token", "oracles", service.name, partial(_token, probe), phase=12, writes=False, wide=True)
    auth = contract.settings.get("auth") or {}
    collection = str(auth.get("collection"))
    readers = [
        item
        for item in contract.operations
        if item.behavior.collection == collection and (item.behavior.do in ("me", "list") or (item.behavior.do == "read" and item.path_names))
    ]
    if len(readers) > 1:
        yield Check("services.identity", "oracles", collection, partial(_identity, readers), phase=12, writes=False, wide=True)


def _token(operation: Operation, session: Session) -> Iterator[Finding]:
    person = session.people.for_operation(operation) or session.people.first()
    try:
        request = session.samples.request(operation, person)
    except NotChecked:
        request = session.samples.blank(operation)
    answer = session.perform(operation, person, request)
    if answer.status == 401:
        yield found(
            "services.token",
            "oracles",
            operation,
            f"a token of signing in is refused by the service {operation.service}",
            expected="it is good at all services",
            seen=f"401 {short(answer.text)}",
            evidence=[answer],
        )


def _identity(operations: list[Operation], session: Session) -> Iterator[Finding]:
    """The account is one, wherever it is shown."""
    person = session.people.first()
    known: dict[str, object] = dict(person.row)
    source = "signing in"
    key = session.people.key_name
    for operation in operations:
        caller = session.caller(operation, person)
        try:
            if operation.behavior.do == "list":
                row = next((item for item in session.list_rows(operation, caller) if str(item.get(key)) == str(person.key)), None)
            else:
                given = {("path", operation.path_names[-1]): person.key} if operation.path_names else {}
                answer = session.perform(operation, caller if operation.behavior.do == "read" else person, session.samples.request(operation, person, given))
                row = row_of(session.contract, operation, answer.json, key) if answer.ok else None
        except NotChecked:
            continue
        for name in set(row or {}) & set(known):
            if (row or {})[name] != known[name] and name not in _moving(session):
                yield found(
                    "services.identity",
                    "oracles",
                    operation,
                    f"{name} of an account differs between {source} and {operation.id}",
                    expected=short(known[name]),
                    seen=short((row or {})[name]),
                    aspect=name,
                )
        known = {**(row or {}), **known}


def _moving(session: Session) -> frozenset[str]:
    """The fields of accounts that signing in changes."""
    auth = session.contract.settings.get("auth") or {}
    collection = session.contract.collections.get(str(auth.get("collection")))
    return frozenset([*(auth.get("visited") or {}), *([str(collection.updated)] if collection and collection.updated else [])])
