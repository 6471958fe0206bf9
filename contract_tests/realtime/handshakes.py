"""Who is not let in: bad tokens, other kinds of tokens, other people's ids beside one's own token, and those who take no part in what a channel is of."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.people import JWT, Person
from contract_tests.provenance import clause_of_channel
from contract_tests.realtime import props
from contract_tests.realtime.clocks import pass_time
from contract_tests.realtime.lines import LAYER, Line, Stage, clause_inferred, identified, lines_of, ways
from contract_tests.realtime.scenes import other_than, place_for, staged
from contract_tests.realtime.sight import NOBODY, NOBODY_UUID, UNKNOWN, Facts, Refusal, Unknown, View, agrees
from contract_tests.session import Session
from contract_tests.sockets import SocketIO, Unopened
from fixtures.instants import seconds as seconds_of
from understudy.contract.model import Channel, Contract

__all__ = ["forged", "plan"]

RULE = "realtime.handshake"
REFUSED = 4000  # a raw WebSocket is closed with this and the status
INFERRED = ("token",)


@dataclass(frozen=True)
class Attempt:
    """One opening. token: that is brought; user: whose it truly is, None where it is nobody's; query: beside what is usual."""

    what: str
    token: str | None
    user: Person | None = None
    query: Mapping[str, Any] | None = None


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each channel and kind of credential."""
    for channel in contract.channels:
        if not channel.security:
            continue
        for name, attempt in ATTEMPTS.items():
            if (name in NAMED and not identified(contract, channel)) or (name in CLOSED and not channel.opening.path_names):
                continue
            late = name in LATE
            phase, writes = 50 if late else 20, bool(channel.opening.path_names)
            yield Check(RULE, LAYER, channel.id, _checked(channel, name, attempt), name, phase=phase, writes=writes, confirm=False)


def _checked(channel: Channel, name: str, attempt: Callable[[Session, Channel, Person], Attempt]) -> Callable[[Session], Iterator[Finding]]:
    def run(session: Session) -> Iterator[Finding]:
        with staged(session) as letters:
            person = session.people.first()
            path = _place(session, channel, name, person)
            letters.stage.open(channel, person, path)  # the premise: with a good token it opens
            yield from _tried(letters.stage, channel, name, attempt(session, channel, person), person, path)

    return run


def _place(session: Session, channel: Channel, name: str, person: Person) -> dict[str, Any]:
    """Path parameters: of a place where somebody else may be, or (for those who are to be shut out) where it is seen that they take no part."""
    if name in CLOSED:
        return props.path_of(session, channel, person, (session.people.others(person),), closed=True)
    return place_for(session, channel, person, other_than(session, person))


def _tried(stage: Stage, channel: Channel, name: str, given: Attempt, person: Person, path: dict[str, Any]) -> Iterator[Finding]:
    query = {**stage.lines.query(channel, person), **(given.query or {})}
    facts = Facts(stage.session, channel.opening, given.user, person, path, query, extra={"token": given.token})
    try:
        refusal = View(facts).verdict()
    except Unknown as error:
        raise NotChecked(f"whether {channel.address} lets {given.what} in is not known: {error} can't be seen") from None
    if refusal is None:
        return
    for way in ways(channel, person)[: 1 if given.token is None else None]:
        try:
            line = stage.lines.connect(channel, person, path, query, given.token, way)
        except Unopened as error:
            if error.status in (401, 403):
                yield _manner(stage, channel, name, f"HTTP {error.status}", refusal, None)
            continue
        yield from _judged(stage, channel, name, given, refusal, line)


def _judged(stage: Stage, channel: Channel, name: str, given: Attempt, refusal: Refusal, line: Line) -> Iterator[Finding]:
    client = line.client
    by_message = not channel.raw and channel.opening.behavior.get("refuse_as") == "message"
    pause = stage.lines.patience if channel.raw or by_message else SETTLE
    if client.is_open:
        client.wait_closed(pause)
    try:
        if client.is_open:
            stage.lines.missed(pause)
            yield stage.finding(
                RULE, channel.id, f"{channel.address} opens with {given.what}", _declared(channel, refusal), "it is open",
                clause=clause_inferred(clause_of_channel(channel), channel, INFERRED), aspect=name, line=line,
            )  # fmt: skip
        elif channel.raw and client.closed and client.closed[0] != REFUSED + refusal.status:
            yield _manner(stage, channel, name, f"closed with {client.closed[0]}", refusal, line)
        elif by_message:
            yield from _told(stage, channel, name, refusal, line)
        elif not channel.raw and client.refused is None:
            yield _manner(stage, channel, name, "it was let in and then sent away", refusal, line)
        elif not channel.raw:
            yield from _worded(stage, channel, refusal, line)
    finally:
        client.close()


SETTLE = 0.1  # seconds in which a server that lets in and then sends away does so


def _declared(channel: Channel, refusal: Refusal) -> str:
    if channel.raw:
        return f"closed with {REFUSED + refusal.status}"
    return "the refusal's message, then a disconnect" if channel.opening.behavior.get("refuse_as") == "message" else f"connect_error {refusal.say!r}"


def _manner(stage: Stage, channel: Channel, name: str, seen: str, refusal: Refusal, line: Line | None) -> Finding:
    found = stage.finding(
        RULE, channel.id, f"{channel.address} refuses in another way than declared: {seen}", _declared(channel, refusal), seen,
        clause=clause_of_channel(channel), aspect=f"{name}.manner", line=line, service=channel.service,
    )  # fmt: skip
    return replace(found, severity="warning")


def _told(stage: Stage, channel: Channel, name: str, refusal: Refusal, line: Line) -> Iterator[Finding]:
    word = channel.opening.behavior.get("refused") or {"message": "error", "data": {}}
    item = next((item for item in line.client.heard if item.name == word["message"]), None)
    if item is None or not isinstance(line.client, SocketIO):
        yield _manner(stage, channel, name, "closed without a word" if line.client.closed else "nothing", refusal, line)
        return
    facts = Facts(stage.session, channel.opening, None, extra={"detail": refusal.say, "status": refusal.status})
    why = agrees({key: value for key, value in View(facts).value(word["data"]).items() if value is not UNKNOWN}, item.data)
    if why:
        yield replace(_manner(stage, channel, name, f"'{item.name}' where {why}", refusal, line), aspect="text")


def _worded(stage: Stage, channel: Channel, refusal: Refusal, line: Line) -> Iterator[Finding]:
    """A connect_error says what the contract says."""
    told = line.client.refused
    text = told.get("message") if isinstance(told, dict) else told
    if text != refusal.say:
        yield replace(_manner(stage, channel, "", f"connect_error {text!r}", refusal, line), aspect="text")


# the attempts


def _missing(_session: Session, _channel: Channel, _person: Person) -> Attempt:
    return Attempt("no token", None)


def _garbage(_session: Session, _channel: Channel, _person: Person) -> Attempt:
    return Attempt("a text that is no token", "not-a-token")


def _tampered(_session: Session, _channel: Channel, person: Person) -> Attempt:
    """The middle of the signature changed: its last character may hold bits that nobody reads."""
    head, claims, signature = _parts(person)
    at = len(signature) // 2
    return Attempt("a token whose signature is not right", f"{head}.{claims}.{signature[:at]}{'A' if signature[at] != 'A' else 'B'}{signature[at + 1 :]}")


def _altered(_session: Session, _channel: Channel, person: Person) -> Attempt:
    head, claims, signature = _parts(person)
    return Attempt("a token whose claims were changed", f"{head}.{_packed({**_read(claims), 'role': 'admin', 'exp': 4102444800})}.{signature}")


def _unsigned(_session: Session, _channel: Channel, person: Person) -> Attempt:
    return Attempt("a token that says it needs no signature (alg: none)", f"{_packed({'alg': 'none', 'typ': 'JWT'})}.{_parts(person)[1]}.")


def _foreign(_session: Session, _channel: Channel, person: Person) -> Attempt:
    return Attempt("a token that somebody else signed", forged(_read(_parts(person)[1]), "somebody-elses-key-of-thirty-two-bytes"))


def _refresh(_session: Session, _channel: Channel, person: Person) -> Attempt:
    token = person.refresh or next((value for name, value in person.cookies.items() if "refresh" in name.lower()), None)
    if not token or token == person.token:
        raise NotChecked("there is no refresh token")
    return Attempt("a refresh token", token)


def _others(session: Session, channel: Channel, person: Person) -> Attempt:
    other = session.people.others(person)
    return Attempt("another account's id beside one's own token", person.token, person, dict.fromkeys(identified(session.contract, channel), other.key))


def _nobody(session: Session, channel: Channel, person: Person) -> Attempt:
    nobody = NOBODY if isinstance(person.key, int) else NOBODY_UUID
    return Attempt("the id of nobody", None, None, dict.fromkeys(identified(session.contract, channel), nobody))


def _stranger(session: Session, channel: Channel, person: Person) -> Attempt:
    other = session.people.others(person)
    token = lines_of(session).token(other, next(iter(channel.security), None))
    return Attempt("the good token of somebody who takes no part", token, other, dict.fromkeys(identified(session.contract, channel), other.key))


def _signed_out(session: Session, _channel: Channel, person: Person) -> Attempt:
    """Only where REST refuses such a token as well: many backends let it live on."""
    contract = session.contract
    out = next((item for item in contract.operations if item.behavior.do == "logout"), None)
    me = next((item for item in contract.operations if item.behavior.do == "me" and item.service in session.urls), None)
    if out is None or me is None:
        raise NotChecked("there is no way to sign out")
    copy = session.people.again(person)
    session.perform(out, copy, session.samples.request(out, copy))
    if session.call(me, copy, patient=False).status != 401:
        raise NotChecked("a token lives on after signing out")
    return Attempt("a token that was signed out", copy.token)


def _expired(session: Session, _channel: Channel, person: Person) -> Attempt:
    lifetime = ((session.contract.settings.get("auth") or {}).get("access") or {}).get("lifetime")
    if not lifetime:
        raise NotChecked("how long a token lives is not declared")
    token = person.token
    pass_time(session, seconds_of(lifetime) + 5, "the end of a token")
    return Attempt("a token that has expired", token)


ATTEMPTS: Mapping[str, Callable[[Session, Channel, Person], Attempt]] = {
    "missing": _missing, "garbage": _garbage, "tampered": _tampered, "altered": _altered, "unsigned": _unsigned, "foreign": _foreign,
    "refresh": _refresh, "others": _others, "nobody": _nobody, "stranger": _stranger, "signed-out": _signed_out, "expired": _expired,
}  # fmt: skip
LATE = ("expired",)
CLOSED = ("stranger",)  # in a place that is closed to them
NAMED = ("others", "nobody")  # where a handshake says beside the token whose it is


def _parts(person: Person) -> tuple[str, str, str]:
    if not person.token or not JWT.match(person.token) or person.token.endswith("."):
        raise NotChecked("the token is no signed JWT, so it can't be changed in this way")
    head, claims, signature = person.token.split(".")
    return head, claims, signature


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(part: str) -> dict[str, Any]:
    found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found if isinstance(found, dict) else {}


def forged(claims: Mapping[str, Any], key: str) -> str:
    """A JWT (HS256) of some claims, signed with a key that is not the target's."""
    signed = f"{_packed({'alg': 'HS256', 'typ': 'JWT'})}.{_packed(dict(claims))}"
    digest = hmac.new(key.encode(), signed.encode(), "sha256").digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
