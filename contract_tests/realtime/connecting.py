"""Whether the channels are there: each opens with a good credential, in every declared way, and greets as declared."""

from collections.abc import Iterator
from functools import partial

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.people import Person
from contract_tests.provenance import clause_of_channel
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import LAYER, SETTLED, Line, Stage, clause_about, ways
from contract_tests.realtime.scenes import anybody, other_than, place_for, staged
from contract_tests.realtime.sight import Facts, Unknown, View, agrees
from contract_tests.session import Session
from contract_tests.sockets import Unopened
from understudy.contract.model import Channel, Contract, Security
from understudy.wire import socketio

__all__ = ["plan"]

CONNECT, DELIVERY, AGREEMENT, UNDECLARED, PAYLOAD = "realtime.connect", "realtime.delivery", "realtime.agreement", "realtime.undeclared", "realtime.payload"
ALSO = (DELIVERY, AGREEMENT, UNDECLARED, PAYLOAD)
SCHEMES = {"ws": "http", "wss": "https"}


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each channel."""
    for channel in contract.channels:
        writes = bool(channel.opening.path_names)
        yield Check(CONNECT, LAYER, channel.id, partial(_opens, channel=channel), phase=10, writes=writes, also=ALSO, wide=True)


def _opens(session: Session, channel: Channel) -> Iterator[Finding]:
    with staged(session) as letters:
        letters.stage.lines.shut.pop(channel.id, None)  # what an earlier run of this check has found is to be found again
        person = anybody(session) if channel.security else None
        path = place_for(session, channel, person, other_than(session, person))
        found = list(_each_way(letters.stage, channel, person, path))
        yield from found
        if not found or letters.stage.open_lines:
            yield from _anonymous(letters.stage, channel, path)
            yield from _greeted(letters, channel)
            yield from letters.stage.strays()
        else:  # nobody else gets in either: it is said once
            letters.stage.lines.shut.setdefault(channel.id, f"{channel.address} does not open: {found[0].title}")


def _each_way(stage: Stage, channel: Channel, person: Person | None, path: dict[str, object]) -> Iterator[Finding]:
    every: list[Security | None] = [*ways(channel, person)] or [None]
    for way in every:
        aspect = way.where if way is not None and way is not every[0] else ""
        try:
            line = stage.lines.connect(channel, person, path, way=way)
        except Unopened as error:
            yield from _shut(stage, channel, error)
            return
        stage.open_lines.append(line)
        if channel.raw:
            line.client.wait_closed(SETTLED)
        if not line.client.is_open:
            stage.open_lines.remove(line)
            yield _kept_out(stage, channel, line, aspect)
        line.rooms |= set(stage.opening_rooms(line))


def _kept_out(stage: Stage, channel: Channel, line: Line, aspect: str) -> Finding:
    how = f"with the token in the {aspect}" if aspect else "with a good token" if line.person else "without a token"
    seen = line.client.refused if line.client.refused is not None else line.client.closed
    return stage.finding(
        CONNECT, channel.id, f"{channel.address} does not open {how}", "it opens", seen, clause=clause_of_channel(channel), aspect=aspect, line=line
    )


def _shut(stage: Stage, channel: Channel, error: Unopened) -> Iterator[Finding]:
    """Nothing answers there: one finding, and all other checks of the channel are not made."""
    stage.lines.shut[channel.id] = f"{channel.address} can't be opened: {error}"
    if error.reached and not channel.raw and _polls(stage.session, channel):
        raise NotChecked(f"{channel.address} is served by polling only; the checks speak WebSocket")
    yield stage.finding(
        CONNECT, channel.id, f"nothing speaks {'WebSocket' if channel.raw else 'Socket.IO'} at {channel.address}", "it opens", str(error),
        clause=clause_of_channel(channel), service=channel.service,
    )  # fmt: skip


def _polls(session: Session, channel: Channel) -> bool:
    """Whether Engine.IO answers by polling."""
    scheme, _, rest = session.sockets[channel.service].partition("://")
    place = socketio.handshake_path(session.options.socket_path or str(channel.socketio.get("path") or socketio.PATH), transport="polling")
    answer = session.client.send("GET", f"{SCHEMES[scheme]}://{rest}{place}", patient=False)
    return answer.ok and answer.content[:1] == b"0"


def _anonymous(stage: Stage, channel: Channel, path: dict[str, object]) -> Iterator[Finding]:
    """A channel whose declaration lets in who brings no token."""
    if not channel.security or channel.opening.path_names:
        return
    facts = Facts(stage.session, channel.opening, None, extra={"token": None})
    try:
        admitted = View(facts).verdict() is None and not stage.lines.query(channel, None)
    except Unknown:
        return
    if admitted:
        line = stage.lines.connect(channel, None, path)
        stage.open_lines.append(line)
        line.client.wait_closed(SETTLED * 2)
        if not line.client.is_open:
            yield _kept_out(stage, channel, line, "anonymous")


def _greeted(letters: Letters, channel: Channel) -> Iterator[Finding]:
    """What opening sends to who opened it, and to the room it is in."""
    stage = letters.stage
    line = next((item for item in stage.open_lines if item.client.is_open), None)
    if line is None:
        return
    facts = Facts(stage.session, channel.opening, line.person, line.person, line.path, line.query)
    for expected in View(facts).expected(channel.opening.behavior.get("emit")):
        if expected.message not in channel.sends or (expected.to != "sender" and expected.room is not None and expected.room not in line.rooms):
            continue
        push, clause = channel.sends[expected.message], clause_about(channel, expected.message)
        item = stage.wait(line, expected.message, 0)
        if item is None:
            yield stage.finding(
                DELIVERY, push.id, f"'{expected.message}' does not come when {channel.address} is opened", expected.message, None, clause=clause, line=line
            )
        elif why := agrees(expected.data, item.data):
            yield stage.finding(
                AGREEMENT, push.id, f"'{expected.message}' says something else than declared: {why}", repr(expected.data), item.data, clause=clause, line=line
            )
