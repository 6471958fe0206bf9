"""Whether messages are answered: a valid one with the declared reply, and with an acknowledgement where one is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from contract_tests.checks import Check
from contract_tests.findings import Clause, Finding
from contract_tests.realtime.lines import LAYER, clause_about
from contract_tests.realtime.scenes import Scene, noted, scene, scenes, staged
from contract_tests.realtime.sight import UNKNOWN, View, agrees
from contract_tests.session import Session
from contract_tests.sockets import Heard, SocketIO
from understudy.contract.model import Channel, Contract, Receiver

__all__ = ["plan"]

REPLY, ACK, UNDECLARED, PAYLOAD, ONCE = "realtime.reply", "realtime.ack", "realtime.undeclared", "realtime.payload", "realtime.once"
ASKED = Clause(inferred="who asks for an acknowledgement gets one (docs/realtime.md)")


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each message that clients send."""
    for channel, receiver in scenes(contract.channels):
        run = partial(_answered, channel=channel, receiver=receiver)
        yield Check(REPLY, LAYER, receiver.operation.id, run, also=(ACK, UNDECLARED, PAYLOAD, ONCE), wide=True)


def _answered(session: Session, channel: Channel, receiver: Receiver) -> Iterator[Finding]:
    with staged(session) as letters:
        made = scene(letters, channel, receiver)
        line, stage = made.line, letters.stage
        asked = isinstance(line.client, SocketIO)
        facts = letters.facts(line, receiver, made.body)
        mark = stage.say(line, receiver, made.body, ack=asked)
        found = stage.heard(line, lambda item: _is_answer(made, item), mark) if receiver.reply is not None and not receiver.ack else None
        if receiver.reply is None:
            letters.fence(line)
        noted(letters, line, receiver, made.body)
        yield from _judged(made, found, mark, View(facts))
        if asked:
            yield from _acknowledged(made, found, mark)
        yield from stage.strays()


def _is_answer(made: Scene, item: Heard) -> bool:
    return item.ack is None and (made.letters.is_reply(made.line, made.receiver, made.body, item) or made.letters.is_refusal(made.line, made.receiver, item))


def _judged(made: Scene, found: Heard | None, mark: int, view: View) -> Iterator[Finding]:
    receiver, line, stage = made.receiver, made.line, made.stage
    clause, name, who = clause_about(line.channel, receiver.message.name), receiver.message.name, receiver.operation.id
    refusal = next((item for item in line.client.since(mark) if made.letters.is_refusal(line, receiver, item)), None)
    if refusal is not None:
        yield stage.finding(REPLY, who, f"'{name}' is refused, though it is valid", "it is taken", refusal.data, clause=clause, aspect="refused", line=line)
        return
    made.session.recorder.saw_message(name, line.channel.address)
    if receiver.reply is None or receiver.ack:
        return
    if found is None:
        title = f"'{name}' is not answered with '{receiver.reply.name}'"
        yield stage.finding(REPLY, who, title, receiver.reply.name, line.client.closed, clause=clause, line=line)
        return
    made.session.recorder.saw_ack(name, line.channel.address)
    why = agrees(_foretold(made, view), found.data)
    if why:
        title = f"'{receiver.reply.name}' says something else than declared: {why}"
        yield stage.finding(REPLY, who, title, receiver.operation.behavior.get("reply"), found.data, clause=clause, aspect="data", line=line)
    if len([item for item in line.client.since(mark, receiver.reply.name) if made.letters.is_reply(line, receiver, made.body, item)]) > 1:
        yield stage.finding(ONCE, who, f"'{name}' is answered more than once", 1, "several", clause=clause, line=line)


def _foretold(made: Scene, view: View) -> object:
    """What of the reply is known beforehand. What depends on the row as it is after the message, or on locks, is left to their own checks."""
    reply = made.receiver.operation.behavior.get("reply")
    if reply is None:
        return UNKNOWN
    if made.receiver.operation.behavior.do == "reply" or not isinstance(reply, dict):
        return view.value(reply)
    return view.value({name: text for name, text in reply.items() if not isinstance(text, str) or "held(" not in text})


def _acknowledged(made: Scene, reply: Heard | None, mark: int) -> Iterator[Finding]:
    """An acknowledgement that is asked for carries what the reply does."""
    receiver, line, stage = made.receiver, made.line, made.stage
    assert isinstance(line.client, SocketIO)
    found = stage.heard(line, lambda item: item.ack is not None, mark)
    clause = (
        clause_about(line.channel, receiver.message.name) if receiver.ack else replace(ASKED, place=clause_about(line.channel, receiver.message.name).place)
    )
    where = receiver.operation.id
    if found is None:
        yield stage.finding(ACK, where, f"'{receiver.message.name}' is not acknowledged, though that is asked for", "[...]", None, clause=clause, line=line)
        return
    if receiver.ack:
        made.session.recorder.saw_ack(receiver.message.name, line.channel.address)
    expected = reply.data if reply is not None else None
    if reply is not None and found.data != expected:
        title = f"the acknowledgement of '{receiver.message.name}' says something else than the reply"
        yield stage.finding(ACK, where, title, expected, found.data, clause=clause, aspect="data", line=line)
