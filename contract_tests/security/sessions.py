"""N8: refresh tokens make new ones and are good for that alone; after signing out tokens and cookies are gone."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.forging import forgeries
from contract_tests.lab import found, short
from contract_tests.people import Person, access_in, cookies_of, refresh_in
from contract_tests.security.tokens import probe_of, tried
from contract_tests.session import Session
from contract_tests.shapes import payload
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]

LAYER = "security"


def plan(contract: Contract) -> Iterator[Check]:
    """For the backend: refreshing, and signing out."""
    by_verb = {item.behavior.do: item for item in contract.operations}
    if "refresh" in by_verb:
        operation = by_verb["refresh"]
        yield Check("tokens.refresh", LAYER, operation.id, partial(_refresh, operation), phase=17, also=("tokens.use",), writes=False)
    if "logout" in by_verb:
        yield Check("tokens.logout", LAYER, by_verb["logout"].id, partial(_logout, by_verb["logout"]), phase=18)


def _refreshed(session: Session, operation: Operation, token: str | None, cookies: dict[str, str]) -> Exchange:
    settings = (session.contract.settings.get("auth") or {}).get("refresh") or {}
    name = str(settings.get("body") or settings.get("name") or "refresh_token")
    if token:
        return session.call(operation, body={name: token})
    cookie = str((settings.get("cookie") or {}).get("name", name))
    return session.call(operation, body={}, headers={"cookie": f"{cookie}={cookies.get(cookie, '')}"})


def _wrong(operation: Operation, title: str, expected: str, *evidence: Exchange, aspect: str, rule: str = "tokens.refresh") -> Finding:
    return found(rule, LAYER, operation, title, expected=expected, seen=f"{evidence[-1].status} {short(evidence[-1].text)}", evidence=evidence, aspect=aspect)


def _refresh(operation: Operation, session: Session) -> Iterator[Finding]:
    """A refresh token makes new tokens, is no access token, and is used once where tokens rotate."""
    person = session.people.again(session.people.first())
    if not person.refresh and not person.cookies:
        raise NotChecked("signing in gives no refresh token")
    probe = probe_of(session)
    if person.refresh:
        yield from _as_access(session, operation, probe, person)
    yield from _unfit(session, operation, person)
    first = _refreshed(session, operation, person.refresh, person.cookies)
    inner = payload(session.contract, operation, first.json)
    auth = session.contract.settings.get("auth") or {}
    fresh = access_in(inner, str((auth.get("access") or {}).get("name", ""))) or next(iter(cookies_of(first).values()), None)
    if not first.ok or not fresh:
        yield _wrong(operation, "a good refresh token gives no new access token", "200 with an access token", first, aspect="works")
        return
    worked = tried(session, probe, replace(person, token=fresh, cookies={}))
    if worked.status == 401:
        yield _wrong(operation, "the token of a refresh is not good", "2xx", first, worked, aspect="good")
    if (auth.get("refresh") or {}).get("rotate"):
        yield from _rotated(session, operation, person, first, refresh_in(inner, str(auth["refresh"].get("name", ""))))


def _unfit(session: Session, operation: Operation, person: Person) -> Iterator[Finding]:
    """Neither an access token nor a forged one refreshes."""
    if person.token:
        answer = _refreshed(session, operation, person.token, {})
        if answer.ok:
            yield _wrong(operation, "an access token is taken for a refresh token", "401", answer, aspect="access", rule="tokens.use")
    for what, forged in forgeries(person.refresh, session.now()) if person.refresh else ():
        answer = _refreshed(session, operation, forged, {})
        if answer.ok:
            yield _wrong(operation, f"a refresh token that is {what} is accepted", "401", answer, aspect="forged")
            return


def _rotated(session: Session, operation: Operation, person: Person, first: Exchange, newer: str | None) -> Iterator[Finding]:
    """A used refresh token is dead, and a refresh gives another."""
    again = _refreshed(session, operation, person.refresh, person.cookies)
    if again.ok:
        yield _wrong(operation, "a refresh token can be used twice", "401", first, again, aspect="twice")
    if newer and newer == person.refresh:
        yield _wrong(operation, "a refresh gives the same refresh token again", "a new one", first, aspect="same")


def _as_access(session: Session, operation: Operation, probe: Operation, person: Person) -> Iterator[Finding]:
    answer = tried(session, probe, replace(person, token=person.refresh, cookies={}))
    if answer.ok:
        yield found(
            "tokens.use",
            LAYER,
            operation,
            "a refresh token is taken for an access token",
            expected=f"401 from {probe.id}",
            seen=answer.status,
            evidence=[answer],
            aspect="refresh",
        )


def _logout(operation: Operation, session: Session) -> Iterator[Finding]:
    """After signing out the tokens are dead and the cookies cleared."""
    person = session.people.again(session.people.first())
    probe = probe_of(session)
    if not tried(session, probe, person).ok:
        raise NotChecked(f"{probe.id} does not answer to a good token")
    request = session.samples.blank(operation)
    answer = session.perform(operation, person, request)
    if not answer.ok:
        yield found(
            "tokens.logout",
            LAYER,
            operation,
            "signing out fails",
            expected="2xx",
            seen=f"{answer.status} {short(answer.text)}",
            evidence=[answer],
            aspect="works",
        )
        return
    after = tried(session, probe, person)
    if after.ok:
        yield found(
            "tokens.logout",
            LAYER,
            operation,
            "a token is good after signing out",
            expected=f"401 from {probe.id}",
            seen=after.status,
            evidence=[answer, after],
            aspect="access",
        )
    cleared = answer.header_list("set-cookie")
    kept = [name for name in person.cookies if not any(line.startswith(f"{name}=") and _clears(line) for line in cleared)]
    if kept:
        yield found(
            "tokens.logout",
            LAYER,
            operation,
            "signing out does not clear the cookies",
            expected=f"{', '.join(kept)} cleared",
            seen=cleared or "no Set-Cookie",
            evidence=[answer],
            aspect="cookies",
        )


def _clears(line: str) -> bool:
    low = line.lower()
    return "max-age=0" in low or "1970" in low or low.split(";")[0].endswith("=") or low.split(";")[0].endswith('=""')
