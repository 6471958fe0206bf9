"""N8: who has no good token is refused, whatever it looks like; tokens end, and are good for one use only."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.forging import claims_of, forgeries
from contract_tests.lab import found, short
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from fixtures.instants import seconds
from understudy.contract.model import Contract, Operation

__all__ = ["plan", "probe_of", "tried"]

LAYER = "security"
HARMLESS = ("list", "read", "me", "aggregate")


def plan(contract: Contract) -> Iterator[Check]:
    """For each operation that needs a token: none, bad ones, the wrong role; for the backend: refreshing, signing out, expiry."""
    for operation in contract.operations:
        if operation.security and not operation.anonymous and operation.behavior.do not in ("refresh",):
            yield Check("tokens.missing", LAYER, operation.id, partial(_missing, operation), phase=14, writes=operation.behavior.do not in HARMLESS)
            yield Check("tokens.bad", LAYER, operation.id, partial(_bad, operation), phase=14, writes=operation.behavior.do not in HARMLESS)
        if operation.security and operation.anonymous:
            yield Check("tokens.bad", LAYER, operation.id, partial(_bad, operation), phase=14, writes=operation.behavior.do not in HARMLESS)
        if operation.behavior.get("roles"):
            yield Check("tokens.role", LAYER, operation.id, partial(_role, operation), phase=15, writes=operation.behavior.do not in HARMLESS)
    by_verb = {item.behavior.do: item for item in contract.operations}
    if "login" in by_verb:
        login = by_verb["login"]
        yield Check("tokens.login", LAYER, login.id, partial(_login, login), phase=16, writes=False)
        yield Check("tokens.lifetime", LAYER, login.id, partial(_lifetime, login), phase=16, writes=False)
        yield Check("tokens.expired", LAYER, login.id, partial(_expired, login), phase=60, writes=False, slow=True)


def _safe(session: Session, operation: Operation) -> tuple[Person, Request]:
    """Who may call it, and a request; its rows need not be there, for it must be refused before."""
    person = session.people.first(operation.behavior.get("roles") or ())
    try:
        request = session.samples.request(operation, person)
    except NotChecked:
        request = session.samples.blank(operation)
    return person, request


def _admitted(answer: Exchange) -> bool:
    """Whether somebody was let in: it worked, or failed for another reason than who they are."""
    return answer.status not in (0, 401, 404, 405, 429, 501) and not 300 <= answer.status < 400


def _missing(operation: Operation, session: Session) -> Iterator[Finding]:
    _, request = _safe(session, operation)
    answer = session.perform(operation, None, request)
    if _admitted(answer):
        expected = "401"
        yield found(
            "tokens.missing",
            LAYER,
            operation,
            f"{operation.id} works without a token" if answer.ok else f"{operation.id} without a token is not 401",
            expected=expected,
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
            severity=None if answer.ok else "warning",
        )


def _bad(operation: Operation, session: Session) -> Iterator[Finding]:
    person, request = _safe(session, operation)
    if not person.token:
        raise NotChecked(f"{person} has no token")
    other = session.people.others(person).key if len(session.people.everyone) > 1 else None
    for what, token in forgeries(person.token, session.now(), other):
        answer = session.perform(operation, replace(person, token=token, cookies={}), request)
        if answer.ok or (
            _admitted(answer) and answer.status < 500 and not operation.anonymous and answer.status != 403 and what != "garbage" and answer.status != 400
        ):
            yield found(
                "tokens.bad",
                LAYER,
                operation,
                f"{operation.id} accepts a token that is {what}" if answer.ok else f"{operation.id} does not refuse a token that is {what}",
                expected="401",
                seen=f"{answer.status} {short(answer.text)}",
                evidence=[answer],
                aspect=what.split(" (")[0].replace(" ", "-"),
            )
            return


def _role(operation: Operation, session: Session) -> Iterator[Finding]:
    roles = operation.behavior.get("roles") or ()
    stranger = next((item for item in session.people.everyone if item.role is not None and item.role not in roles), None)
    if stranger is None:
        raise NotChecked(f"everybody who can sign in has one of the roles {', '.join(roles)}")
    _, request = _safe(session, operation)
    answer = session.perform(operation, stranger, request)
    if answer.ok or answer.status not in (0, 401, 403, 404, 429):
        yield found(
            "tokens.role",
            LAYER,
            operation,
            f"{operation.id} works with the role {stranger.role}" if answer.ok else f"{operation.id} does not refuse the role {stranger.role}",
            expected=f"403; it is for {', '.join(roles)}",
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
        )


def _login(operation: Operation, session: Session) -> Iterator[Finding]:
    """A wrong password and an unknown name are refused, alike."""
    people = session.people
    person = next((item for item in people.everyone if item.password), None)
    if person is None:
        raise NotChecked("nobody has a password")
    login, password = people.names(operation)
    stranger = f"nobody-{session.chance.text(6)}@example.com"
    wrong = session.call(operation, body={login: person.login, password: f"{person.password}x"})
    unknown = session.call(operation, body={login: stranger, password: person.password})
    for answer, what in ((wrong, "a wrong password"), (unknown, "an unknown name")):
        if answer.ok:
            yield found(
                "tokens.login",
                LAYER,
                operation,
                f"{what} signs in",
                expected="401",
                seen=f"{answer.status} {short(answer.text)}",
                evidence=[answer],
                aspect=what.split()[1],
            )
    if wrong.status != unknown.status and not wrong.ok and not unknown.ok and 429 not in (wrong.status, unknown.status):
        yield found(
            "tokens.login",
            LAYER,
            operation,
            "it can be told whether an account exists",
            expected="one answer to a wrong password and to an unknown name",
            seen=f"{wrong.status} and {unknown.status}",
            evidence=[wrong, unknown],
            aspect="tells",
            severity="warning",
        )
    for name, shown in _secrets(session, person):
        yield found("tokens.login", LAYER, operation, f"the answer to a login shows {name}", expected="no secrets", seen=name, evidence=[shown], aspect=name)


def _secrets(session: Session, person: Person) -> Iterator[tuple[str, Exchange]]:
    text = person.session.text if person.session else ""
    if person.session is not None and person.password and f'"{person.password}"' in text:
        yield "password", person.session


def _lifetime(operation: Operation, session: Session) -> Iterator[Finding]:
    """A token lives as long as the contract says, where it tells."""
    auth = session.contract.settings.get("auth") or {}
    declared = (auth.get("access") or {}).get("lifetime")
    person = session.people.again(session.people.first())
    claims = claims_of(person.token or "")
    if claims is None or not declared or "exp" not in claims:
        raise NotChecked("the token does not tell when it ends" if declared else "the contract does not say how long tokens live")
    lives = claims["exp"] - claims.get("iat", session.now())
    if abs(lives - seconds(declared)) > 5:
        yield found(
            "tokens.lifetime",
            LAYER,
            operation,
            "a token does not live as long as the contract says",
            expected=f"{declared} ({seconds(declared):g} s)",
            seen=f"{lives:g} s",
            evidence=[person.session] if person.session else (),
            aspect="exp",
            severity="warning",
        )


def probe_of(session: Session) -> Operation:
    """An operation that only looks, and needs a token. Raises NotChecked."""
    every = [item for item in session.contract.operations if item.security and not item.anonymous and item.service in session.urls]
    ranked = sorted(
        (item for item in every if item.method == "GET" and not item.behavior.get("roles")), key=lambda item: (item.behavior.do != "me", len(item.path_names))
    )
    if not ranked:
        raise NotChecked("no operation that only looks needs a token")
    return ranked[0]


def tried(session: Session, probe: Operation, person: Person) -> Exchange:
    try:
        request = session.samples.request(probe, person)
    except NotChecked:
        request = session.samples.blank(probe)
    return session.perform(probe, person, request)


def _expired(operation: Operation, session: Session) -> Iterator[Finding]:
    """A token is refused once its time is over."""
    auth = session.contract.settings.get("auth") or {}
    probe = probe_of(session)
    person = session.people.again(session.people.first())
    claims = claims_of(person.token or "")
    life = claims["exp"] - claims.get("iat", session.now()) if claims and "exp" in claims else seconds((auth.get("access") or {}).get("lifetime", "1h"))
    before = tried(session, probe, person)
    if not before.ok:
        raise NotChecked(f"{probe.id} answers {before.status} to a good token")
    session.steering.advance(life + 1, "waiting for a token to end")
    after = tried(session, probe, person)
    for each in session.people.everyone:
        if each.password:
            session.people.sign_in(each)
    if after.ok:
        yield found(
            "tokens.expired",
            LAYER,
            operation,
            "a token is good after its end",
            expected=f"401 after {life:g} s",
            seen=after.status,
            evidence=[after],
            aspect=probe.id,
        )
