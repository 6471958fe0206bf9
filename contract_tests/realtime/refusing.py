"""What must be refused: payloads that break their schema, and messages of those who may not send them. Neither changes anything."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.people import Person
from contract_tests.realtime.letters import Letters, foreseen, leaf, put
from contract_tests.realtime.lines import LAYER, Line, clause_about, identified
from contract_tests.realtime.payloads import broken
from contract_tests.realtime.scenes import Scene, scene, scenes, staged
from contract_tests.realtime.sight import NOBODY, NOBODY_UUID, Refusal, Unknown, View
from contract_tests.session import Session
from contract_tests.sockets import Heard
from understudy.contract.model import Channel, Contract, Receiver

__all__ = ["CLOSED", "OTHERWISE", "REFUSED", "SILENCE", "TAKEN", "listening", "outcome", "plan", "snapshot", "unanswered"]

INVALID, SURVIVAL, UNCHANGED, ACCESS, UNDECLARED, PAYLOAD = (
    "realtime.invalid", "realtime.survival", "realtime.unchanged", "realtime.access", "realtime.undeclared", "realtime.payload",
)  # fmt: skip
MOST, QUICK = 12, 6  # payloads of one message that are tried
SILENT = 2  # that are not answered, after which no more are tried
REFUSED, TAKEN, OTHERWISE, SILENCE, CLOSED = "refused", "taken", "otherwise", "silence", "closed"


def plan(contract: Contract) -> Iterator[Check]:
    """Two checks for each message that clients send."""
    for channel, receiver in scenes(contract.channels):
        tag = channel.tag if channel.raw else None
        if next(broken(channel.bundle, receiver.message, _example(receiver), tag), None) is not None:
            run = partial(_invalid, channel=channel, receiver=receiver)
            yield Check(INVALID, LAYER, receiver.operation.id, run, also=(SURVIVAL, UNCHANGED, UNDECLARED, PAYLOAD), wide=True)
        if receiver.operation.behavior.words.keys() & {"requires", "members", "roles", "with", "unless", "allow"}:
            run = partial(_forbidden, channel=channel, receiver=receiver)
            yield Check(ACCESS, LAYER, receiver.operation.id, run, also=(SURVIVAL, UNCHANGED, UNDECLARED, PAYLOAD), wide=True)


def _example(receiver: Receiver) -> Any:
    return next(iter(receiver.message.examples), {})


# payloads


def _invalid(session: Session, channel: Channel, receiver: Receiver) -> Iterator[Finding]:
    with staged(session) as letters:
        made = scene(letters, channel, receiver)
        listening(made)
        before = snapshot(made)
        bad = list(broken(channel.bundle, receiver.message, made.body, channel.tag if channel.raw else None))
        yield from _each(made, chosen(bad, QUICK if session.options.quick else MOST))
        yield from _after(made, before)


def listening(made: Scene) -> None:
    """Has the line join the rooms that hear of a good message: then it hears if a bad one is taken."""
    for expected in made.letters.expected(made.line, made.receiver, made.body):
        if expected.room is not None:
            made.letters.enter(made.line, expected.room, made.about)


def chosen(bad: list[tuple[str, Any]], most: int) -> list[tuple[str, Any]]:
    """So many payloads, of every field some."""
    fields: dict[str, list[tuple[str, Any]]] = {}
    for name, value in bad:
        fields.setdefault(name.partition("-")[0], []).append((name, value))
    return [item for layer in zip_longest(*fields.values()) for item in layer if item is not None][:most]


def _each(made: Scene, bad: list[tuple[str, Any]]) -> Iterator[Finding]:
    receiver, line, silent = made.receiver, made.line, 0
    clause, name, who = clause_about(line.channel, receiver.message.name, ("refus",)), receiver.message.name, receiver.operation.id
    for what, payload in bad:
        how, item = outcome(made.letters, line, receiver, payload)
        if how == TAKEN:
            title = f"'{name}' is taken with a payload that breaks its schema ({what})"
            yield made.stage.finding(INVALID, who, title, "it is refused", item.data if item else None, clause=clause, aspect=what, line=line)
        elif how == CLOSED:
            title = f"'{name}' with a bad payload ({what}) ends the connection"
            yield made.stage.finding(SURVIVAL, who, title, "it is refused", line.client.closed, clause=clause, line=line)
            return
        elif how in (SILENCE, OTHERWISE):
            yield unanswered(made, line, INVALID, f"with a bad payload ({what})", how, item)
            silent += how == SILENCE
            if silent >= SILENT:
                return


def unanswered(made: Scene, line: Line, rule: str, what: str, how: str, item: Heard | None) -> Finding:
    """What is refused in another way than declared, or without a word, weighs as much as what declares the refusal."""
    told = made.letters.refused_with(line, made.receiver)
    name = told[0] if told else "error"
    clause = clause_about(line.channel, name, ("refus",))
    if made.receiver.reply is not None and name == made.receiver.reply.name:
        clause = clause_about(line.channel, made.receiver.message.name, ("refus",))
    seen = f"'{item.name}'" if item is not None else "nothing"
    title = f"'{made.receiver.message.name}' {what} is answered with {seen}, not with '{name}' as declared"
    return made.stage.finding(
        rule, made.receiver.operation.id, title, told[1] if told else name, item.data if item else None, clause=clause,
        aspect="manner" if how == OTHERWISE else "unanswered", line=line,
    )  # fmt: skip


def outcome(letters: Letters, line: Line, receiver: Receiver, payload: Any) -> tuple[str, Heard | None]:
    """What came of a message that should be refused."""
    telling = {item["message"] for item in receiver.operation.behavior.get("emit") or ()}
    declared = letters.refused_with(line, receiver) is not None
    mark = letters.stage.say(line, receiver, payload)

    def decided(item: Heard) -> bool:
        return item.ack is None and (
            letters.is_refusal(line, receiver, item)
            or letters.is_reply(line, receiver, payload, item)
            or item.name in telling
            or item.name not in line.channel.sends
        )

    if not declared:
        letters.fence(line)
        found = next((item for item in line.client.since(mark) if decided(item)), None)
    else:
        found = letters.stage.heard(line, decided, mark)
    if found is None:
        return (CLOSED if not line.client.is_open else SILENCE if declared else REFUSED), None
    if letters.is_refusal(line, receiver, found):
        return REFUSED, found
    taken = found.name in telling or letters.is_reply(line, receiver, payload, found)
    return (TAKEN if taken else OTHERWISE), found


def _after(made: Scene, before: dict[str, Any]) -> Iterator[Finding]:
    """The connection lives, nothing was sent about it, and REST shows what it showed before."""
    receiver, line, letters = made.receiver, made.line, made.letters
    clause, who = clause_about(line.channel, receiver.message.name), receiver.operation.id
    if line.client.is_open and not letters.fence(line) and not line.client.is_open:
        yield made.stage.finding(
            SURVIVAL, who, f"the connection ends after bad '{receiver.message.name}'", "it lives", line.client.closed, clause=clause, line=line
        )
    after = snapshot(made)
    changed = [name for name in before if name in after and before[name] != after[name]]
    if changed:
        title = f"refused '{receiver.message.name}' changes {changed[0]}"
        yield made.stage.finding(UNCHANGED, who, title, before[changed[0]], after[changed[0]], clause=clause, line=line)
    yield from made.stage.strays()


def snapshot(made: Scene) -> dict[str, Any]:
    """What REST shows of the rows that a message is about, and of those that it makes."""
    session, behavior = made.session, made.receiver.operation.behavior
    view = View(made.letters.facts(made.line, made.receiver, made.body))
    found: dict[str, Any] = {}
    for name in (*view.withs, "row"):
        try:
            found[name] = view.sure(name)
        except Unknown:
            continue
    collection = session.contract.collections.get(behavior.collection or "")
    if collection is not None and behavior.do == "create":
        row = foreseen(session, view.facts)
        scope = {name: value for name, value in row.items() if name in collection.refs and name != behavior.get("owner") and isinstance(value, str | int)}
        scope = {name: value for name, value in scope.items() if str(value) != str(made.line.person.key if made.line.person else "")}
        found[collection.name] = session.rows(collection, made.line.person, scope) if scope else None
    return found


# people


@dataclass(frozen=True)
class Attempt:
    """A message that must not be taken. what: who sends what, in words."""

    name: str
    what: str
    line: Line
    body: Any


def _forbidden(session: Session, channel: Channel, receiver: Receiver) -> Iterator[Finding]:
    with staged(session) as letters:
        made = scene(letters, channel, receiver)
        listening(made)
        attempts, tried = list(_attempts(made)), 0  # all lines are open before the state is looked at: to come in may change it
        before = snapshot(made)
        for attempt in attempts:
            refusal = _must(letters, attempt, receiver, made.line.person)
            if refusal is not None:
                tried += 1
                yield from _attempted(made, attempt, refusal)
        if not tried:
            raise NotChecked(f"nothing is known that would forbid '{receiver.message.name}' to somebody")
        yield from _after(made, before)


def _must(letters: Letters, attempt: Attempt, receiver: Receiver, eyes: Person | None) -> Refusal | None:
    try:
        return letters.verdict(attempt.line, receiver, attempt.body, eyes)
    except Unknown:
        return None


def _attempts(made: Scene) -> Iterator[Attempt]:
    letters, receiver, line, stage = made.letters, made.receiver, made.line, made.stage
    nobody: Any = NOBODY
    for at in letters.mine(receiver):
        if made.other is not None and leaf(made.body, at) is not None:
            yield Attempt("others", "in the name of another account", line, put(made.body, at, made.other.key))
    for at, collection, _ in letters.bound(receiver):
        old = leaf(made.body, at)
        nobody = NOBODY if isinstance(old, int) else NOBODY_UUID
        yield Attempt(f"unknown-{collection.name}", f"about {collection.name} that are not there", line, put(made.body, at, nobody))
    for at in letters.theirs(receiver):
        yield Attempt("unknown-account", "to an account that takes no part", line, put(made.body, at, NOBODY_UUID))
    bare = _opened(stage, line.channel, line.person, line)
    if bare is not None:
        yield Attempt("outside", "by a socket that has not joined", bare, made.body)
    for name, person, what in (("stranger", made.other, "by somebody else"), ("anonymous", None, "without a token")):
        admitted = person is not None or (name == "anonymous" and not identified(made.session.contract, line.channel))
        there = _opened(stage, line.channel, person, line) if admitted else None
        if there is not None:
            body = made.body
            for at in letters.mine(receiver):
                body = put(body, at, person.key) if person else body
            _joined(letters, there, line)
            yield Attempt(name, what, there, body)


def _opened(stage: Any, channel: Channel, person: Person | None, like: Line) -> Line | None:
    """Somebody's line to the same place; None where they are not let in."""
    try:
        found: Line = stage.open(channel, person, like.path)
    except NotChecked:
        return None
    return found


def _joined(letters: Letters, line: Line, like: Line) -> None:
    """Has a line join what another one has joined, as far as it may."""
    for room in like.rooms - line.rooms:
        if not room.startswith("user:"):
            letters.enter(line, room)


def _attempted(made: Scene, attempt: Attempt, refusal: Refusal) -> Iterator[Finding]:
    receiver, line = made.receiver, attempt.line
    hearing, mark = made.line, made.line.client.mark()
    how, item = outcome(made.letters, line, receiver, attempt.body)
    telling = {word["message"] for word in receiver.operation.behavior.get("emit") or ()}
    if how == REFUSED and hearing is not line:
        heard = [found for found in hearing.client.since(mark) if found.name in telling]
        how, item = (TAKEN, heard[0]) if heard else (how, item)
    clause = clause_about(line.channel, receiver.message.name, ("refus",))
    title = f"'{receiver.message.name}' {attempt.what} is taken"
    if how == TAKEN:
        yield made.stage.finding(
            ACCESS, receiver.operation.id, title, f"it is refused: {refusal.say or refusal.status}", item.data if item else None,
            clause=clause, aspect=attempt.name, line=line, evidence=() if hearing is line else made.stage.evidence(hearing),
        )  # fmt: skip
    elif how == CLOSED:
        yield replace(unanswered(made, line, SURVIVAL, attempt.what, SILENCE, None), aspect="")
    elif how in (SILENCE, OTHERWISE):
        yield unanswered(made, line, ACCESS, attempt.what, how, item)
