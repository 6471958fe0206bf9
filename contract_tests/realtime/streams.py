"""Many messages in a row: none is lost, none comes twice or out of order; and what a reconnect leaves behind."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Evidence
from contract_tests.findings import Finding
from contract_tests.realtime.acts import Act, act_of
from contract_tests.realtime.deeds import Source, prepared, sources
from contract_tests.realtime.delivering import listeners
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import LAYER, Line, clause_about
from contract_tests.realtime.scenes import Scene, staged
from contract_tests.realtime.sight import UNKNOWN, Expected, agrees
from contract_tests.session import Session
from understudy.contract.model import Channel, Contract, Push

__all__ = ["plan"]

LOSS, ORDER, ONCE, RECONNECT, ROOM = "realtime.loss", "realtime.order", "realtime.once", "realtime.reconnect", "realtime.room"
MANY, SOME = 20, 5  # changes in a row; of what can't be repeated as it is
LISTENERS = 2
REPEATABLE = ("create", "take", "update", None)


def plan(contract: Contract) -> Iterator[Check]:
    """Two checks for each channel on which something can be brought about again and again."""
    for channel in contract.channels:
        found = _best(contract, channel)
        if found is not None:
            push, source = found
            yield Check(ORDER, LAYER, channel.id, partial(_in_a_row, channel=channel, push=push, source=source), also=(LOSS, ONCE), wide=True)
            yield Check(RECONNECT, LAYER, channel.id, partial(_again, channel=channel, push=push, source=source), slow=True, also=(ROOM,), wide=True)


def _best(contract: Contract, channel: Channel) -> tuple[Push, Source] | None:
    """The message of a channel that is brought about most plainly."""
    every = [(push, source) for push in channel.sends.values() for source in sources(contract, push) if _plain(source)]
    return min(every, key=lambda item: _weight(channel, item[1]), default=None)


def _plain(source: Source) -> bool:
    behavior = source.operation.behavior
    return (
        not source.delay and not source.closing and source.operation.method != "OPEN" and behavior.do in (*REPEATABLE, "transition")
        and (source.whenever is None or source.made is not None) and not {"when", "to", "each"} & source.emit.keys() and not _locks(source)
    )  # fmt: skip


def _locks(source: Source) -> bool:
    moves = source.operation.behavior.get("take") or []
    return any(move.get("hold") in ("lock", "spend") for move in ([moves] if isinstance(moves, Mapping) else moves))


def _weight(channel: Channel, source: Source) -> tuple[int, int, int]:
    behavior = source.operation.behavior
    by_message = source.operation.method == "RECEIVE"
    kinds = {"create": 0, "take": 1, None: 2, "update": 3}
    return (0 if by_message and channel.opening.behavior.get("rate") is None else 1), len(behavior.get("requires") or ()), kinds.get(behavior.do, 4)


def _in_a_row(session: Session, channel: Channel, push: Push, source: Source) -> Iterator[Finding]:
    with staged(session) as letters:
        act = act_of(letters, channel, push, source)
        inside, _ = listeners(letters, channel, push, act)
        if not inside:
            raise NotChecked(f"nobody can be in the room '{act.expected.room}'")
        inside = [*inside[:LISTENERS], *inside[-1:]] if len(inside) > LISTENERS else inside
        marks = {id(line): line.client.mark() for line in inside}
        told, evidence = _brought_about(letters, act, push, source)
        for line in dict.fromkeys(map(id, inside)):
            one = next(item for item in inside if id(item) == line)
            yield from _judged(letters, push, one, marks[line], told, evidence)


def _brought_about(letters: Letters, act: Act, push: Push, source: Source) -> tuple[list[Expected], tuple[Evidence, ...]]:
    """Many changes in a row; the message of each as it must be."""
    if act.scene is not None:
        return _said(letters, act.scene, push, act.expected.room), ()
    assert act.deed is not None
    again = source.operation.behavior.do in REPEATABLE
    told, answers = list[Expected](), list[Evidence]()
    for number in range(MANY if again else SOME):
        deed = act.deed if again or not number else prepared(letters.session, source)
        answer, made = deed.do(letters.session)
        answers.append(answer)
        told.append(next((item for item in act.foretell(deed, made) if item.message == push.message.name), act.expected))
    return told, tuple(answers[-1:])


def _said(letters: Letters, made: Scene, push: Push, room: str | None) -> list[Expected]:
    told: list[Expected] = []
    bodies = [letters.anew(made.line, made.receiver, made.body, room) for _ in range(MANY)]
    for body in bodies:
        letters.stage.say(made.line, made.receiver, body)
        told += [item for item in letters.expected(made.line, made.receiver, body) if item.message == push.message.name][:1]
    return told


def _judged(letters: Letters, push: Push, line: Line, mark: int, told: Sequence[Expected], evidence: tuple[Evidence, ...]) -> Iterator[Finding]:
    name, stage = push.message.name, letters.stage
    heard = stage.collect(line, name, mark, len(told))
    clause = clause_about(line.channel, name)
    if len(heard) < len(told):
        title = f"of {len(told)} '{name}' in a row {len(told) - len(heard)} are lost"
        yield stage.finding(LOSS, push.id, title, len(told), len(heard), clause=clause, line=line, evidence=evidence)
    elif len(heard) > len(told):
        title = f"{len(told)} changes in a row are told by {len(heard)} '{name}'"
        yield stage.finding(ONCE, push.id, title, len(told), len(heard), clause=clause, line=line, evidence=evidence)
    else:
        wrong = next((index for index, (one, data) in enumerate(zip(told, heard, strict=True)) if _known(one) and agrees(one.data, data)), None)
        if wrong is not None:
            title = f"'{name}' number {wrong + 1} of {len(told)} in a row comes out of order, or says something else: {agrees(told[wrong].data, heard[wrong])}"
            yield stage.finding(ORDER, push.id, title, repr(told[wrong].data), heard[wrong], clause=clause, line=line, evidence=evidence)


def _known(expected: Expected) -> bool:
    return expected.data is not UNKNOWN


# reconnects


def _again(session: Session, channel: Channel, push: Push, source: Source) -> Iterator[Finding]:
    """Somebody joins, is cut off, comes again without joining, and once more with joining twice."""
    with staged(session) as letters:
        act = act_of(letters, channel, push, source)
        inside, _ = listeners(letters, channel, push, act)
        if not inside:
            raise NotChecked(f"nobody can be in the room '{act.expected.room}'")
        first, room = inside[-1], act.expected.room
        first.client.drop()
        bare = letters.stage.open(channel, first.person, first.path)
        joined = letters.stage.open(channel, first.person, first.path)
        by_joining = room is not None and room not in joined.rooms
        if by_joining and room is not None:
            letters.enter(joined, room, act.about)
            joined.rooms.discard(room)
            letters.enter(joined, room, act.about)
        marks = {id(line): line.client.mark() for line in (bare, joined)}
        expected, evidence = act.do()
        letters.stage.wait(joined, push.message.name, marks[id(joined)])
        letters.stage.rest()
        yield from _left(letters, push, joined, bare if by_joining else None, marks, expected, evidence)


def _left(
    letters: Letters, push: Push, joined: Line, bare: Line | None, marks: Mapping[int, int], expected: Expected, evidence: tuple[Evidence, ...]
) -> Iterator[Finding]:
    name, stage = push.message.name, letters.stage
    clause, who = clause_about(joined.channel, name), joined.channel.id
    count = len([item for item in joined.client.since(marks[id(joined)], name) if agrees(expected.data, item.data) is None])
    if count != 1:
        title = f"after a reconnect, joined twice, '{name}' comes {count} times"
        yield stage.finding(RECONNECT, who, title, 1, count, clause=clause, line=joined, evidence=evidence)
    found: list[Any] = bare.client.since(marks[id(bare)], name) if bare is not None else []
    if found and bare is not None:
        title = f"after a reconnect '{name}' comes to a socket that has not joined again"
        yield stage.finding(RECONNECT, who, title, "nothing", found[0].data, clause=clause, aspect="left", line=bare, evidence=evidence)
