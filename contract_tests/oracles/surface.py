"""N18: what is documented is there and answers as it should; what is served is documented."""

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import found, short
from contract_tests.oracles.presence import nowhere
from contract_tests.session import Session
from understudy.contract.model import Contract, Operation, Service

__all__ = ["plan"]

ABSENT = 2_000_000_011
KNOWN = ("/openapi.json", "/swagger.json", "/api-json", "/api/openapi.json", "/v3/api-docs", "/api/schema/?format=json")
MISREAD = (400, 415, 422)  # statuses that speak of the body, not of who signs in


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
    crashed = next((item for item in answers if item.status >= 500 or item.status in (404, 405)), None)
    seen = "; ".join(dict.fromkeys(session.people.failures))
    misread = next((item for item in answers if item.status in MISREAD), None) if "401" in operation.responses else None
    if misread is not None and crashed is None:
        title = "nobody can sign in: a body as documented is called a wrong one"
        wanted = "a token, or 401 where the credentials are not known (--auth gives others)"
        yield found("surface.login", "oracles", operation, title, expected=wanted, seen=f"{misread.status} {short(misread.text)}", evidence=[misread])
        return
    if crashed is None and not any(item.ok for item in answers):
        raise NotChecked(f"nobody can sign in ({short(seen)}); give --auth")
    yield found("surface.login", "oracles", operation, "nobody can sign in", expected="a token", seen=short(seen), evidence=answers[-1:])


def _operation(operation: Operation, session: Session) -> Iterator[Finding]:
    person = session.people.for_trial(operation) if operation.security else None
    request = session.samples.request(operation, person)
    answer = session.perform(operation, person, request)
    session.recorder.saw(operation, answer, request.query)
    if answer.ok or 300 <= answer.status < 400:
        return
    aspect, title = _trouble(session, operation, request.rows, answer)
    seen = f"{answer.status} {short(answer.text)}" if answer.status else answer.text
    yield found("surface.operation", "oracles", operation, title, expected=_good(operation), seen=seen, evidence=[answer], aspect=aspect)


def _trouble(session: Session, operation: Operation, rows: object, answer: Exchange) -> tuple[str, str]:
    """What is wrong with an answer that is none of the good ones: aspect and title. Raises NotChecked where it may be the request."""
    if answer.status == 0:
        return "silent", f"{operation.id} does not answer"
    if answer.status in (405, 501) or (answer.status == 404 and (not operation.path_names or _is_as_nowhere(session, operation, rows, answer))):
        return "missing", f"there is no {operation.method} {operation.path}"
    if answer.status >= 500:
        return "crash", f"{operation.id} crashes"
    if answer.status == 404 and _is_shown(operation, rows):
        return "lost", f"{operation.id} does not find a row that is there"
    if operation.method == "GET" and answer.status in (400, 422):
        return "refused", f"{operation.id} refuses a request that fits its schema"
    raise NotChecked(f"{operation.id} answers {answer.status} to the example: {short(answer.text)}")


def _is_shown(operation: Operation, rows: object) -> bool:
    """Whether the row that was asked for is one that the caller may see."""
    return bool(rows) and operation.behavior.do in ("read", "list", "aggregate") and "visible" not in operation.behavior.words


def _is_as_nowhere(session: Session, operation: Operation, rows: object, answer: Exchange) -> bool:
    """Whether a row that is there is answered like a path that is nowhere: then it is the route that is missing."""
    if not rows or _without_path(answer) != _without_path(nowhere(session, operation)):
        return False
    return _is_shown(operation, rows) or _tells_apart(session, operation, answer)


def _tells_apart(session: Session, operation: Operation, answer: Exchange) -> bool:
    """Whether the target says otherwise that a row is missing than it says that a route is."""
    collection = session.contract.collections.get(operation.behavior.collection or "")
    reader = session.reader(collection) if collection is not None else None
    if reader is None:
        return False
    caller = session.people.for_operation(reader)
    absent = session.call(reader, caller, {**session.samples.request(reader, caller).path, reader.path_names[-1]: ABSENT})
    return absent.status == 404 and _without_path(absent) != _without_path(answer)


def _without_path(answer: Exchange) -> str:
    path = urlsplit(answer.url).path
    return answer.text.replace(path, "*").replace(path.strip("/"), "*")


def _good(operation: Operation) -> str:
    return ", ".join(status for status in sorted(operation.responses) if status.startswith("2")) or "2xx"


def _undocumented(service: Service, session: Session) -> Iterator[Finding]:
    """Routes that the target itself lists and that the contract does not have."""
    base = session.urls.get(service.name)
    if base is None:
        raise NotChecked("it has no --url")
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
