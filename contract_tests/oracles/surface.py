"""N18: what is documented is there and answers as it should; what is served is documented."""

from collections.abc import Iterator
from functools import partial

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import found, short
from contract_tests.session import Session
from understudy.contract.model import Contract, Operation, Service

__all__ = ["plan"]

KNOWN = ("/openapi.json", "/swagger.json", "/api-json", "/api/openapi.json", "/v3/api-docs", "/api/schema/?format=json")


def plan(contract: Contract) -> Iterator[Check]:
    """For each operation: a request that should succeed does; for each service: its own list of routes; at the end: all answers together."""
    for operation in contract.operations:
        if operation.behavior.do not in ("login", "logout", "register", "refresh") and operation.behavior.source != "bound":
            yield Check(
                "surface.operation",
                "oracles",
                operation.id,
                partial(_operation, operation),
                phase=9 if operation.method == "GET" else 21,
                writes=operation.method != "GET",
            )
    for operation in contract.operations:
        if operation.behavior.do == "login":
            yield Check("surface.login", "oracles", operation.id, partial(_login, operation), phase=1, writes=False, confirm=False)
    for service in contract.services:
        if service.operations:
            yield Check("surface.undocumented", "oracles", service.name, partial(_undocumented, service), phase=9, writes=False, wide=True)


def _login(operation: Operation, session: Session) -> Iterator[Finding]:
    """Somebody can sign in."""
    if session.people.everyone:
        return
    answers = session.people.logins
    if not answers:
        raise NotChecked("no account is known, and none can be registered; give --auth")
    crashed = next((item for item in answers if item.status >= 500 or item.status == 404), None)
    seen = "; ".join(dict.fromkeys(session.people.failures))
    if crashed is None and not any(item.ok for item in answers):
        raise NotChecked(f"nobody can sign in ({short(seen)}); give --auth")
    yield found("surface.login", "oracles", operation, "nobody can sign in", expected="a token", seen=short(seen), evidence=answers[-1:])


def _operation(operation: Operation, session: Session) -> Iterator[Finding]:
    person = session.people.for_trial(operation) if operation.security else None
    request = session.samples.request(operation, person)
    answer = session.perform(operation, person, request)
    for turn in (1, 2):
        if answer.status == 409 and request.rows:  # what the first rows offered may be used up
            request = session.samples.request(operation, person, turn=turn)
            answer = session.perform(operation, person, request)
    session.recorder.saw(operation, answer, request.query)
    if answer.ok or 300 <= answer.status < 400:
        return
    if answer.status == 0:
        yield found("surface.operation", "oracles", operation, f"{operation.id} does not answer", expected="an answer", seen=answer.text, evidence=[answer])
    elif answer.status >= 500:
        yield found(
            "surface.operation",
            "oracles",
            operation,
            f"{operation.id} crashes",
            expected=_good(operation),
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
        )
    elif answer.status in (404, 405, 501) and _is_route_missing(session, operation, request.rows, answer.status):
        yield found(
            "surface.operation",
            "oracles",
            operation,
            f"there is no {operation.method} {operation.path}",
            expected=_good(operation),
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
        )
    elif operation.method == "GET" and answer.status in (400, 422) and request.rows is not None:
        yield found(
            "surface.operation",
            "oracles",
            operation,
            f"{operation.id} refuses a request that fits its schema",
            expected=_good(operation),
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
        )
    else:
        raise NotChecked(f"{operation.id} answers {answer.status} to the example: {short(answer.text)}")


def _is_route_missing(session: Session, operation: Operation, rows: object, status: int) -> bool:
    """Whether it is the route that is missing, not what was asked for."""
    if status in (405, 501):
        return True
    known = {name for _, name in rows} if isinstance(rows, dict) else set()
    return set(operation.path_names) <= known and operation.method == "GET" and "visible" not in operation.behavior.words


def _good(operation: Operation) -> str:
    return ", ".join(status for status in sorted(operation.responses) if status.startswith("2")) or "2xx"


def _undocumented(service: Service, session: Session) -> Iterator[Finding]:
    """Routes that the target itself lists and that the contract does not have."""
    base = session.urls.get(service.name)
    if base is None:
        raise NotChecked(f"no --url for the service {service.name}")
    for place in KNOWN:
        answer = session.client.send("GET", f"{base}{place}", patient=False)
        listed = answer.json.get("paths") if answer.ok and isinstance(answer.json, dict) else None
        if isinstance(listed, dict):
            break
    else:
        raise NotChecked("the target does not list its routes")
    prefix = _base(answer.json)
    known = {(item.method, _plain(item.path)) for item in service.operations}
    for path, methods in listed.items():
        for method in methods if isinstance(methods, dict) else ():
            name = (method.upper(), _plain(path))
            if method.lower() in ("get", "put", "post", "patch", "delete") and name not in known and (name[0], _plain(prefix + path)) not in known:
                yield found(
                    "surface.undocumented",
                    "oracles",
                    service.operations[0],
                    f"{name[0]} {path} is served and not documented",
                    expected="only what the contract has",
                    seen=f"{name[0]} {path} in {place}",
                    evidence=[answer],
                    aspect=f"{name[0]} {path}",
                    severity="warning",
                )


def _base(document: dict[str, object]) -> str:
    servers = document.get("servers")
    url = str(servers[0].get("url", "")) if isinstance(servers, list) and servers and isinstance(servers[0], dict) else ""
    return "/" + url.split("://", 1)[-1].split("/", 1)[-1].strip("/") if "/" in url.split("://", 1)[-1] else ""


def _plain(path: str) -> str:
    import re

    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")
