"""How many messages a socket may send: so many as are declared, then none, and again when the window is over."""

from collections.abc import Iterator
from functools import partial

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.provenance import clause_of_channel
from contract_tests.realtime.clocks import pass_time
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import LAYER, Line, clause_inferred
from contract_tests.realtime.scenes import anybody, other_than, place_for, staged
from contract_tests.session import Session
from contract_tests.sockets import Heard
from understudy.contract.model import Channel, Contract, Receiver

__all__ = ["plan"]

RATE = "realtime.rate"
BEYOND = 6  # messages that are sent beyond the limit
MOST = 300  # messages that are sent at all


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each channel that has a limit."""
    for channel in contract.channels:
        if channel.opening.behavior.get("rate"):
            yield Check(RATE, LAYER, channel.id, partial(_limited, channel=channel), phase=40, confirm=True)


def _limited(session: Session, channel: Channel) -> Iterator[Finding]:
    with staged(session) as letters:
        limit = letters.stage.lines.limit(channel)
        echo = letters.echo(channel)
        if limit is None or limit[0] > MOST:
            raise NotChecked("the limit is switched off" if limit is None else f"it would take {limit[0]} messages")
        if echo is None:
            raise NotChecked(f"{channel.address} has no message that is answered and does nothing")
        person = anybody(session)
        line = letters.stage.open(channel, person, place_for(session, channel, person, other_than(session, person)))
        line.client.limit = None
        yield from _flooded(letters, line, echo, limit[0])
        pass_time(session, limit[1] + 0.1, "the window of a limit")
        mark = letters.stage.say(line, echo, letters.blank(echo, channel))
        if letters.stage.reply(line, echo, mark) is None:
            yield _finding(letters, line, "when the window is over, messages are still refused", "they are taken", "nothing", "window")


def _flooded(letters: Letters, line: Line, echo: Receiver, most: int) -> Iterator[Finding]:
    body, mark = letters.blank(echo, line.channel), line.client.mark()
    for _ in range(most + BEYOND):
        letters.stage.say(line, echo, body)
    refused = letters.stage.heard(line, lambda item: _refuses(letters, line, echo, item), mark)
    letters.stage.rest()
    taken = sum(1 for item in line.client.since(mark) if echo.reply and item.name == echo.reply.name and item.ack is None)
    if refused is None and not line.client.is_open:
        yield _finding(letters, line, "too many messages end the connection", "they are refused", line.client.closed, "closed")
    elif refused is None:
        yield _finding(letters, line, f"{most + BEYOND} messages at once are taken, where {most} may be sent", f"{BEYOND} are refused", f"{taken} are taken")
    elif taken < most:
        yield _finding(letters, line, f"of {most} messages that may be sent only {taken} are taken", most, taken, "early")


def _refuses(letters: Letters, line: Line, echo: Receiver, item: Heard) -> bool:
    return letters.is_refusal(line, echo, item)


def _finding(letters: Letters, line: Line, title: str, expected: object, seen: object, aspect: str = "") -> Finding:
    clause = clause_inferred(clause_of_channel(line.channel), line.channel, ("rate", "limit"))
    return letters.stage.finding(RATE, line.channel.id, title, expected, seen, clause=clause, aspect=aspect, line=line)
