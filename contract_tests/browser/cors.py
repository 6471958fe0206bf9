"""N13: what browsers ask for: preflights, exact origins with credentials, flags of cookies, writes from foreign pages, headers."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Clause, Finding
from contract_tests.lab import found
from contract_tests.people import Person
from contract_tests.session import Session
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]

LAYER = "browser"
FOREIGN = "https://evil.example"
SIMPLE = ("GET", "HEAD", "POST")


def plan(contract: Contract) -> Iterator[Check]:
    """For each service: preflights and origins; for the backend: cookies and writes from foreign pages."""
    cors = contract.settings.get("cors") or {}
    for service in contract.services:
        chosen = _chosen(service.operations)
        if cors.get("origins") and chosen is not None:
            yield Check("browser.preflight", LAYER, service.name, partial(_preflight, chosen, dict(cors)), phase=13, writes=False, wide=True)
            yield Check("browser.origin", LAYER, service.name, partial(_origin, chosen, dict(cors)), phase=13, writes=False, wide=True)
    auth = contract.settings.get("auth") or {}
    login = next((item for item in contract.operations if item.behavior.do == "login"), None)
    if login is not None and any((auth.get(use) or {}).get("cookie") for use in ("access", "refresh")):
        yield Check("browser.cookies", LAYER, login.id, partial(_cookies, login, dict(auth)), phase=13, writes=False)
    if auth.get("csrf"):
        write = next(
            (item for item in contract.operations if item.security and item.method == "POST" and any(way.where == "cookie" for way in item.security)), None
        )
        if write is not None:
            yield Check("browser.foreign", LAYER, write.id, partial(_foreign, write), phase=23)


def _chosen(operations: tuple[Operation, ...]) -> Operation | None:
    """An operation that browsers ask for permission first: a write if there is one."""
    return next(
        (item for item in operations if item.method not in ("GET",) and item.behavior.do not in ("login", "register", "refresh")), next(iter(operations), None)
    )


def _found(rule: str, operation: Operation, title: str, expected: Any, seen: Any, answer: Exchange, aspect: str, cors: Mapping[str, Any]) -> Finding:
    clause = Clause("the origins that may call, with credentials", inferred=None if cors.get("origins") else "CORS", guide=cors.get("guide"), place=None)
    return found(rule, LAYER, operation, title, expected=expected, seen=seen, evidence=[answer], aspect=aspect, clause=clause)


def _preflight(operation: Operation, cors: dict[str, Any], session: Session) -> Iterator[Finding]:
    url = session.url(operation, session.samples.blank(operation).path)
    origin = str(cors["origins"][0])
    asked = {"origin": origin, "access-control-request-method": operation.method, "access-control-request-headers": "authorization,content-type"}
    answer = session.client.send("OPTIONS", url, asked, notes="a preflight")
    if not answer.ok:
        yield _found("browser.preflight", operation, "a preflight fails", "2xx", answer.status, answer, "status", cors)
    allowed = answer.header("access-control-allow-origin")
    if allowed not in (origin, *([] if cors.get("credentials") else ["*"])):
        yield _found(
            "browser.preflight",
            operation,
            "a preflight of the front end's origin is not answered with it",
            origin,
            allowed or "no header",
            answer,
            "origin",
            cors,
        )
    if cors.get("credentials") and answer.header("access-control-allow-credentials") != "true":
        yield _found(
            "browser.preflight",
            operation,
            "a preflight does not allow credentials",
            "true",
            answer.header("access-control-allow-credentials") or "no header",
            answer,
            "credentials",
            cors,
        )
    methods = (answer.header("access-control-allow-methods") or "").upper()
    if operation.method not in methods and "*" not in methods and operation.method not in SIMPLE:
        yield _found(
            "browser.preflight", operation, f"a preflight does not allow {operation.method}", operation.method, methods or "no header", answer, "method", cors
        )
    headers = (answer.header("access-control-allow-headers") or "").lower()
    missing = [name for name in ("authorization", "content-type") if name not in headers and not ("*" in headers and name != "authorization")]
    if missing:
        yield _found(
            "browser.preflight",
            operation,
            f"a preflight does not allow {', '.join(missing)}",
            "authorization, content-type",
            headers or "no header",
            answer,
            "headers",
            cors,
        )


def _origin(operation: Operation, cors: dict[str, Any], session: Session) -> Iterator[Finding]:
    """Each allowed origin is echoed, no other is, and never * together with credentials; errors have the headers too."""
    read = next((item for item in session.contract.operations if item.service == operation.service and item.method == "GET"), operation)
    person: Person | None = session.people.for_operation(read) if read.security else None
    try:
        request = session.samples.request(read, person)
    except NotChecked:
        request = session.samples.blank(read)
    for origin in cors["origins"]:
        answer = session.call(read, person, request.path, request.query, headers={"origin": origin})
        allowed = answer.header("access-control-allow-origin")
        if allowed != origin and (cors.get("credentials") or allowed != "*"):
            yield _found("browser.origin", read, "an allowed origin is not answered with itself", origin, allowed or "no header", answer, "allowed", cors)
        elif cors.get("credentials") and answer.header("access-control-allow-credentials") != "true":
            yield _found(
                "browser.origin",
                read,
                "credentials of an allowed origin are not allowed",
                "true",
                answer.header("access-control-allow-credentials") or "no header",
                answer,
                "credentials",
                cors,
            )
    for foreign in (FOREIGN, f"{cors['origins'][0]}.evil.example", "null"):
        answer = session.call(read, person, request.path, request.query, headers={"origin": foreign})
        allowed = answer.header("access-control-allow-origin")
        if allowed == foreign or (allowed == "*" and answer.header("access-control-allow-credentials") == "true"):
            yield _found("browser.origin", read, "a foreign origin may read answers", f"no {foreign}", allowed, answer, "foreign", cors)
            break
        pre = session.client.send(
            "OPTIONS", session.url(read, request.path), {"origin": foreign, "access-control-request-method": "POST"}, notes="a preflight of a foreign page"
        )
        if pre.header("access-control-allow-origin") in (foreign, "*") and pre.header("access-control-allow-credentials") == "true":
            yield _found(
                "browser.origin",
                read,
                "the preflight of a foreign origin allows it",
                f"no {foreign}",
                pre.header("access-control-allow-origin"),
                pre,
                "foreign preflight",
                cors,
            )
            break
    yield from _refusal(session, read, cors)


def _refusal(session: Session, operation: Operation, cors: dict[str, Any]) -> Iterator[Finding]:
    """A page can read why it was refused."""
    needs = next((item for item in session.contract.operations if item.service == operation.service and item.security and item.method == "GET"), None)
    if needs is None:
        return
    origin = str(cors["origins"][0])
    answer = session.call(needs, None, session.samples.blank(needs).path, headers={"origin": origin})
    if answer.status == 401 and answer.header("access-control-allow-origin") not in (origin, "*"):
        yield _found(
            "browser.origin",
            needs,
            "a refusal can't be read by the front end: it lacks the CORS headers",
            origin,
            answer.header("access-control-allow-origin") or "no header",
            answer,
            "refusal",
            cors,
        )


def _cookies(operation: Operation, auth: dict[str, Any], session: Session) -> Iterator[Finding]:
    """The cookies of a login have the declared names, paths and flags."""
    person = session.people.again(session.people.first())
    answer = person.session
    assert answer is not None
    lines = {line.split("=", 1)[0].strip(): line for line in answer.header_list("set-cookie")}
    if operation.behavior.get("cookies") == "none" and not lines:
        raise NotChecked("signing in sets no cookies")
    for use in ("access", "refresh"):
        declared = (auth.get(use) or {}).get("cookie")
        if not declared:
            continue
        name = str(declared["name"])
        line = lines.get(name)
        if line is None:
            yield found(
                "browser.cookies",
                LAYER,
                operation,
                f"signing in does not set the cookie {name}",
                expected=name,
                seen=sorted(lines) or "no cookie",
                evidence=[answer],
                aspect=name,
            )
            continue
        yield from _flags(session, operation, declared, line, answer)


def _flags(session: Session, operation: Operation, declared: Mapping[str, Any], line: str, answer: Exchange) -> Iterator[Finding]:
    low = [part.strip().lower() for part in line.split(";")[1:]]
    name, secure = str(declared["name"]), declared.get("secure")
    https = session.urls[operation.service].startswith("https")
    wanted = {
        "httponly": bool(declared.get("http_only")),
        "secure": secure is True or (secure == "https" and https),
        f"samesite={str(declared.get('same_site', '')).lower()}": bool(declared.get("same_site")),
        f"path={str(declared.get('path', '/')).lower()}": bool(declared.get("path")),
    }
    for flag, needed in wanted.items():
        if needed and flag not in low:
            yield found(
                "browser.cookies",
                LAYER,
                operation,
                f"the cookie {name} lacks {flag}",
                expected=flag,
                seen="; ".join(low),
                evidence=[answer],
                aspect=f"{name}.{flag.split('=')[0]}",
            )


def _foreign(operation: Operation, session: Session) -> Iterator[Finding]:
    """A write that is signed in by cookie and comes from a foreign page is refused; from the front end's it is not."""
    person = next((item for item in session.people.everyone if item.cookies), None)
    if person is None:
        raise NotChecked("signing in sets no cookies")
    request = session.samples.request(operation, person)
    by_cookie = Person(person.login, person.password, person.role, None, None, dict(person.cookies), person.row, person.key)
    origin = str((session.contract.settings.get("cors") or {})["origins"][0])
    answer = session.perform(operation, by_cookie, request, {"origin": FOREIGN})
    if answer.ok:
        yield found(
            "browser.foreign",
            LAYER,
            operation,
            "a write from a foreign page is done, signed in by cookie",
            expected="403",
            seen=answer.status,
            evidence=[answer],
            aspect="foreign",
        )
    good = session.perform(operation, by_cookie, request, {"origin": origin})
    if good.status in (401, 403):
        yield found(
            "browser.foreign",
            LAYER,
            operation,
            "a write from the front end, signed in by cookie, is refused",
            expected="2xx",
            seen=good.status,
            evidence=[good],
            aspect="own",
        )
