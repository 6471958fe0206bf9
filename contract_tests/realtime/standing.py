"""What the state of a row refuses: rows of our own are brought into each state, and then what must be refused there changes nothing and is told to nobody."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import LAYER, Line, clause_about
from contract_tests.realtime.refusing import OTHERWISE, SILENCE, TAKEN, listening, outcome, snapshot, unanswered
from contract_tests.realtime.scenes import Scene, about_of, other_than, place_for, scenes, staged
from contract_tests.realtime.sight import Refusal, Unknown
from contract_tests.realtime.turns import Turn, target, ways
from contract_tests.session import Session
from understudy.contract.model import Channel, Contract, Receiver

__all__ = ["plan"]

STATE, PAYLOAD, UNDECLARED = "realtime.state", "realtime.payload", "realtime.undeclared"
APART = 0.02  # seconds between two answers of which what is alike does not move by itself


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each message that a state may refuse."""
    for channel, receiver in scenes(contract.channels):
        behavior = receiver.operation.behavior
        if behavior.get("unless") or target(contract.collections.get(behavior.collection or ""), behavior) is not None:
            run = partial(_refused_by_state, channel=channel, receiver=receiver)
            yield Check(STATE, LAYER, receiver.operation.id, run, slow=True, also=(PAYLOAD, UNDECLARED), wide=True)


def _refused_by_state(session: Session, channel: Channel, receiver: Receiver) -> Iterator[Finding]:
    tried, why = 0, f"no state that can be reached and seen refuses '{receiver.message.name}'"
    for way in ways(session.contract, channel, receiver):
        with staged(session) as letters:
            made, watchers = _placed(letters, channel, receiver)
            try:
                found = list(_brought(made, way))
            except NotChecked as reason:
                why = str(reason)
                continue
            yield from found
            refusal = _refusal(made) if not found else None
            tried += bool(found) or refusal is not None
            if refusal is not None:
                yield from _attempted(made, watchers, refusal, way)
                yield from letters.stage.strays()
    if not tried:
        raise NotChecked(why)


def _placed(letters: Letters, channel: Channel, receiver: Receiver) -> tuple[Scene, list[Line]]:
    """A row of our own, and lines of who made it and of somebody else; nothing is done to it yet."""
    session = letters.session
    person = session.people.first(receiver.operation.behavior.get("roles") or ())
    other = other_than(session, person)
    path = place_for(session, channel, person, other)
    about = about_of(letters, receiver, person)
    line = letters.stage.open(channel, person, path)
    made = Scene(letters.stage, letters, line, receiver, letters.write(line, receiver, about, other), about, other)
    listening(made)
    watchers = []
    with suppress(NotChecked):
        watchers += [letters.stage.open(channel, other, path)] if other is not None else []
    return made, watchers


def _brought(made: Scene, way: Sequence[Turn]) -> Iterator[Finding]:
    """Takes the turns of a way; each must lead to its state. Raises NotChecked where one is not taken."""
    for turn in way:
        if not turn.take(made):
            raise NotChecked(f"{turn}, which has to come first, is refused")
        states = turn.collection.states
        if turn.state is None or states is None:
            continue
        row = made.session.read(turn.collection, turn.key(made), made.line.person) or {}
        seen = row.get(states.field, turn.state)
        if seen != turn.state:
            clause = clause_about(made.line.channel, turn.receiver.message.name if turn.receiver else made.receiver.message.name)
            title = f"after {turn} the {states.field} is {seen!r}, not {turn.state!r}"
            yield made.stage.finding(STATE, turn.operation.id, title, turn.state, seen, clause=clause, aspect="moved", line=made.line)
            return


def _refusal(made: Scene) -> Refusal | None:
    try:
        return made.letters.verdict(made.line, made.receiver, made.body)
    except Unknown:
        return None


def _attempted(made: Scene, watchers: Sequence[Line], refusal: Refusal, way: Sequence[Turn]) -> Iterator[Finding]:
    receiver, line = made.receiver, made.line
    where = f"after {' and '.join(map(str, way))}" if way else "in the first state"
    steady, before = _steady(made), snapshot(made)
    marks = {id(item): item.client.mark() for item in watchers}
    how, item = outcome(made.letters, line, receiver, made.body)
    made.stage.rest()
    told = _told(receiver, watchers, marks)
    clause, what = clause_about(line.channel, receiver.message.name, ("refus",)), f"'{receiver.message.name}' {where}"
    if how == TAKEN or told is not None:
        expected = f"it is refused: {refusal.say or refusal.status}"
        seen = item.data if how == TAKEN and item is not None else told
        evidence = made.stage.evidence(*watchers)
        yield made.stage.finding(STATE, receiver.operation.id, f"{what} is taken", expected, seen, clause=clause, line=line, evidence=evidence)
    elif how in (SILENCE, OTHERWISE):
        yield unanswered(made, line, STATE, where, how, item)
    yield from _kept(made, what, {**steady, **before}, {**_asked(made), **snapshot(made)})


def _told(receiver: Receiver, watchers: Sequence[Line], marks: Mapping[int, int]) -> Any:
    """What others were told of a message that must be refused; None where that is nothing."""
    telling = {word["message"] for word in receiver.operation.behavior.get("emit") or ()}
    return next((item.data for line in watchers for item in line.client.since(marks[id(line)]) if item.name in telling), None)


def _kept(made: Scene, what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Finding]:
    for name, value in before.items():
        now = after.get(name, value)
        if isinstance(value, dict) and isinstance(now, dict):
            now = {key: now.get(key) for key in value}
        if now != value:
            clause = clause_about(made.line.channel, made.receiver.message.name, ("refus",))
            title = f"{what} changes {name}, though it must be refused"
            yield made.stage.finding(STATE, made.receiver.operation.id, title, value, now, clause=clause, aspect="changed", line=made.line)
            return


def _steady(made: Scene) -> dict[str, Any]:
    """What the channel answers about the row, as far as it does not move by itself."""
    first = _asked(made)
    if first:
        time.sleep(APART)
    second = _asked(made) if first else {}
    return {name: {key: value for key, value in data.items() if key in second.get(name, {}) and second[name][key] == value} for name, data in first.items()}


def _asked(made: Scene) -> dict[str, Any]:
    """The replies to messages that only ask about a row."""
    found: dict[str, Any] = {}
    for receiver in made.line.channel.receives.values():
        words = receiver.operation.behavior.words
        if receiver.reply is None or receiver.operation.behavior.do != "reply" or "with" not in words or "room" in words:
            continue
        mark = made.stage.say(made.line, receiver, made.letters.write(made.line, receiver, made.about, made.other))
        item = made.stage.reply(made.line, receiver, mark)
        if item is not None and isinstance(item.data, dict):
            found[f"the answer to '{receiver.message.name}'"] = item.data
    return found
