"""What no client of good will sends: the connection outlives it, and so does everybody else's."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from contract_tests.checks import Check
from contract_tests.findings import Finding
from contract_tests.provenance import clause_of_channel
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import LAYER, Line
from contract_tests.realtime.scenes import anybody, other_than, place_for, staged
from contract_tests.session import Session
from understudy.contract.model import Channel, Contract

__all__ = ["plan"]

SURVIVAL, UNDECLARED, PAYLOAD = "realtime.survival", "realtime.undeclared", "realtime.payload"
LARGE = 100_000  # characters, well below what servers take by default
FRAMES = ("no JSON", "[]", "{}", "null", '{"', "7")


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each channel."""
    for channel in contract.channels:
        yield Check(SURVIVAL, LAYER, channel.id, partial(_outlived, channel=channel), also=(UNDECLARED, PAYLOAD), wide=True)


def _outlived(session: Session, channel: Channel) -> Iterator[Finding]:
    with staged(session) as letters:
        person = anybody(session)
        path = place_for(session, channel, person, other_than(session, person))
        bystander = letters.stage.open(channel, person, path)
        for what, send in _noises(channel):
            line = letters.stage.open(channel, person, path)
            send(line)
            if not letters.fence(line):
                yield _ended(letters, line, what, "its own connection")
                break
        if not letters.fence(bystander):
            yield _ended(letters, bystander, "noise of others", "a connection")
        yield from letters.stage.strays()


def _noises(channel: Channel) -> Iterator[tuple[str, Any]]:
    """What is sent, in words, and how."""
    if channel.raw:
        for frame in FRAMES:
            yield f"the frame {frame}", partial(_said, text=frame)
        yield "an unknown message", partial(_said, text=json.dumps({channel.tag: "no-such-message"}))
        yield "a large unknown message", partial(_said, text=json.dumps({channel.tag: "no-such-message", "text": "x" * LARGE}))
    else:
        yield "an unknown message", partial(_emitted, data=None)
        yield "an unknown message with data of another kind", partial(_emitted, data=[[1], {"a": None}])
        yield "a large unknown message", partial(_emitted, data="x" * LARGE)


def _said(line: Line, text: str) -> None:
    line.client.say(text)


def _emitted(line: Line, data: Any) -> None:
    line.client.emit("no-such-message", data)


def _ended(letters: Letters, line: Line, what: str, whose: str) -> Finding:
    seen = line.client.closed or "it does not answer any more"
    clause = clause_of_channel(line.channel)
    return letters.stage.finding(SURVIVAL, line.channel.id, f"{what} ends {whose}", "it lives", seen, clause=clause, line=line)
