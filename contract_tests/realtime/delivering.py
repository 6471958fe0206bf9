"""Whether what happens is told: each message comes when it should, once, to those in its room and to nobody else, and says what REST says."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Evidence
from contract_tests.findings import Finding
from contract_tests.people import Person
from contract_tests.realtime import props
from contract_tests.realtime.acts import Act, act_of, steered
from contract_tests.realtime.deeds import Source, sources
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import LAYER, Line, clause_about, lines_of
from contract_tests.realtime.scenes import staged
from contract_tests.realtime.sight import Expected, agrees
from contract_tests.session import Session
from contract_tests.sockets import Heard
from understudy.contract.model import Channel, Contract, Push, Receiver

__all__ = ["listeners", "plan"]

DELIVERY, ONCE, ROOM, LEAK, AGREEMENT, UNDECLARED, PAYLOAD = (
    "realtime.delivery", "realtime.once", "realtime.room", "realtime.leak", "realtime.agreement", "realtime.undeclared", "realtime.payload",
)  # fmt: skip
ALSO = (ONCE, ROOM, LEAK, AGREEMENT, UNDECLARED, PAYLOAD)
MOST, FEW = 4, 2  # lines that listen, beside that of who does it; at --quick
THREE = 3  # people of whom one is a bystander when a message is from one to another
EARLY = 20  # phase of what needs no clock
LATE = 50


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each message that is sent and each thing that brings it about."""
    for channel in contract.channels:
        for push in channel.sends.values():
            found = [source for source in sources(contract, push) if source.emit.get("to") != "sender"]
            for source in found:
                run = partial(_delivered, channel=channel, push=push, source=source)
                phase = LATE if source.delay else EARLY
                yield Check(DELIVERY, LAYER, push.id, run, source.name, phase, slow=source is not found[0], also=ALSO, wide=True)
            if "whenever" in push.words and not sources(contract, push):
                yield Check(DELIVERY, LAYER, push.id, partial(_delivered, channel=channel, push=push, source=None), "steered", LATE, also=ALSO, wide=True)


def _delivered(session: Session, channel: Channel, push: Push, source: Source | None) -> Iterator[Finding]:
    with staged(session) as letters:
        act = act_of(letters, channel, push, source) if source is not None else steered(letters, channel, push)
        inside, outside = listeners(letters, channel, push, act)
        if not inside:
            raise NotChecked(f"nobody can be in the room '{act.expected.room}'")
        marks = {id(line): line.client.mark() for line in (*inside, *outside)}
        expected, evidence = act.do()
        if act.silent and source is not None:
            yield from _silence(letters, push, inside, marks, source)
            return
        yield from _heard(letters, push, inside, marks, expected, evidence)
        letters.stage.rest()
        yield from _counted(letters, push, inside, outside, marks, expected, evidence)
        with suppress(NotChecked):  # a state may have no way back
            act.undo()
        yield from letters.stage.strays()


# who listens


def listeners(letters: Letters, channel: Channel, push: Push, act: Act) -> tuple[list[Line], list[Line]]:
    """Lines that must hear a message, and lines that must not: two of who does it, and others."""
    session, room = letters.session, act.expected.room
    people = [act.actor] if act.actor is not None else []
    people += [person for person in session.people.everyone if person not in people]
    inside = [act.line] if act.line is not None and act.line.channel is channel and (room is None or letters.enter(act.line, room, act.about)) else []
    found = (_within(letters, channel, person, act) for person in [*people[:1], *people])
    inside += islice((line for line in found if line is not None), FEW if session.options.quick else MOST)
    outside = [line for person in people[:2] for line in _without(letters, channel, person, act)] if room is not None else []
    return inside, [*outside, *_beside(letters, channel, push, act, [line.person for line in inside])]


def _beside(letters: Letters, channel: Channel, push: Push, act: Act, inside: Sequence[Person | None]) -> Iterator[Line]:
    """Lines to the same place that are not in the room, where it is one of some of those who are there: the sender's, and a third one's."""
    room, names = act.expected.room, channel.opening.path_names
    if room is None or not names:
        return
    if act.line is not None and act.line.channel is channel and not _answers(act, push) and _apart(act.line, room):
        yield act.line
    for person in lines_of(letters.session).crowd(THREE):
        line = _within(letters, channel, person, act, apart=True) if person not in (act.actor, *inside) else None
        if line is not None:
            yield line
            return


def _apart(line: Line, room: str) -> bool:
    """Whether a line is known not to be in a room."""
    return room not in line.rooms and bool(line.rooms - {f"user:{line.person.key if line.person else None}"})


def _answers(act: Act, push: Push) -> bool:
    """Whether the sender of a message gets one of that name for itself."""
    receiver = act.scene.receiver if act.scene is not None else None
    own = [emit["message"] for emit in (receiver.operation.behavior.get("emit") if receiver else None) or () if emit.get("to") == "sender"]
    return push.message.name in (*own, receiver.reply.name if receiver is not None and receiver.reply is not None else None)


def _within(letters: Letters, channel: Channel, person: Person, act: Act, apart: bool = False) -> Line | None:
    """Somebody's line in the room of a message, or (apart) to the same place but not in the room; None where they can't be in it."""
    room = act.expected.room
    if not apart and room is not None and room.startswith("user:") and room != f"user:{person.key}":
        return None
    for path in _paths(channel, act):
        try:
            line = letters.stage.open(channel, person, path)
        except NotChecked:
            continue
        if (apart and room is not None and _apart(line, room)) or (not apart and (room is None or letters.enter(line, room, act.about))):
            return line
    return None


def _paths(channel: Channel, act: Act) -> Iterator[dict[str, Any]]:
    """Paths of a channel that may lead to the room of a message."""
    names = channel.opening.path_names
    if not names:
        yield {}
    elif act.line is not None and set(names) <= set(act.line.path):
        yield {name: act.line.path[name] for name in names}
    elif set(names) <= set(act.about):
        yield {name: act.about[name] for name in names}
    elif len(names) == 1 and act.expected.room is not None:
        yield {names[0]: act.expected.room.split(":")[1]}


def _without(letters: Letters, channel: Channel, person: Person, act: Act) -> Iterator[Line]:
    """Somebody's lines that are not in the room: one that has joined nothing, and one that is in another room of that kind."""
    room = act.expected.room
    try:
        line = letters.stage.open(channel, person, props.path_of(letters.session, channel, person) if channel.opening.path_names else {})
    except NotChecked:
        return
    if room in line.rooms:
        return
    yield line
    for receiver in letters.joiners(channel):
        elsewhere = _elsewhere(letters, channel, person, receiver, room)
        if elsewhere is not None:
            yield elsewhere


def _elsewhere(letters: Letters, channel: Channel, person: Person, receiver: Receiver, room: str | None) -> Line | None:
    """A line in another room than the message's."""
    about: dict[str, Any] = {}
    for at, collection, _ in letters.bound(receiver):
        row = props.fresh(letters.session, collection, person) if at else None
        about |= {collection.name: row[collection.key]} if row is not None else {}
    try:
        line = letters.stage.open(channel, person)
        body = letters.ready(line, receiver, about)
    except NotChecked:
        return None
    return line if letters.join(line, receiver, body) and room not in line.rooms else None


# what is heard


def _heard(
    letters: Letters, push: Push, inside: Sequence[Line], marks: Mapping[int, int], expected: Expected, evidence: tuple[Evidence, ...]
) -> Iterator[Finding]:
    name, stage = push.message.name, letters.stage
    for line in inside:
        clause = clause_about(line.channel, name, ("sender",) if line is inside[0] else ())
        item = _fitting(letters, line, name, marks[id(line)], expected) or _last(line, name, marks)
        if item is None:
            title = f"'{name}' does not come to {line.person}, who is in {_room(expected)}"
            yield stage.finding(DELIVERY, push.id, title, _shown(expected), None, clause=clause, line=line, evidence=evidence)
            return
        if why := agrees(expected.data, item.data):
            title = f"'{name}' says something else than REST and the contract: {why}"
            yield stage.finding(AGREEMENT, push.id, title, _shown(expected), item.data, clause=clause_about(line.channel, name), line=line, evidence=evidence)
            return
        stage.session.recorder.saw_message(name, line.channel.address)


def _fitting(letters: Letters, line: Line, name: str, mark: int, expected: Expected) -> Heard | None:
    """The message that agrees; it is not waited for much longer once others of its name have come."""
    if letters.stage.wait(line, name, mark) is None:
        return None
    return line.client.wait(name, lambda data: agrees(expected.data, data) is None, letters.stage.lines.quiet * 2, mark)


def _last(line: Line, name: str, marks: Mapping[int, int]) -> Heard | None:
    return next(iter(reversed(line.client.since(marks[id(line)], name))), None)


def _counted(
    letters: Letters, push: Push, inside: Sequence[Line], outside: Sequence[Line], marks: Mapping[int, int], expected: Expected, evidence: tuple[Evidence, ...]
) -> Iterator[Finding]:
    name, stage = push.message.name, letters.stage
    for line in inside:
        count = len([item for item in line.client.since(marks[id(line)], name) if agrees(expected.data, item.data) is None])
        if count > 1:
            title = f"'{name}' comes {count} times"
            yield stage.finding(ONCE, push.id, title, 1, count, clause=clause_about(line.channel, name), line=line, evidence=evidence)
            break
    for line in outside:
        found = line.client.since(marks[id(line)], name) if not line.rooms & expected.rooms else []
        if found:
            yield _strayed(letters, push, line, found[0], expected, evidence)
            break


def _strayed(letters: Letters, push: Push, line: Line, item: Heard, expected: Expected, evidence: tuple[Evidence, ...]) -> Finding:
    """A message that reached somebody who is not in its room."""
    joiners = list(letters.joiners(line.channel))
    guarded = any(item.operation.behavior.words.keys() & {"members", "requires"} for item in joiners) or line.channel.opening.path_names
    private = expected.room is not None and (expected.room.startswith("user:") or bool(guarded))
    title = f"'{push.message.name}' for {_room(expected)} reaches {line.person}, who is in {', '.join(sorted(line.rooms)) or 'no room'}"
    return letters.stage.finding(
        LEAK if private else ROOM, push.id, title, "nothing", item.data, clause=clause_about(line.channel, push.message.name), line=line, evidence=evidence
    )


def _silence(letters: Letters, push: Push, lines: Sequence[Line], marks: Mapping[int, int], source: Source) -> Iterator[Finding]:
    """A change of which the message does not tell."""
    letters.stage.rest()
    for line in lines:
        item = _last(line, push.message.name, marks)
        if item is not None:
            title = f"'{push.message.name}' is sent after {source.operation.id}, though nothing happened of which it tells"
            yield letters.stage.finding(ONCE, push.id, title, "nothing", item.data, clause=clause_about(line.channel, push.message.name), line=line)
            return


def _room(expected: Expected) -> str:
    return f"the room {expected.room}" if expected.room is not None else "no room but everybody's"


def _shown(expected: Expected) -> str:
    return f"{expected.message} {expected.data!r}"
