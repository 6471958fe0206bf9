"""Lines: connections to channels, opened as the AsyncAPI document says, by somebody, about rows that are really there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from contract_tests.bindings import bindings
from contract_tests.checks import NotChecked
from contract_tests.exchange import Evidence, Frames
from contract_tests.findings import Clause, Finding
from contract_tests.people import Person
from contract_tests.provenance import clause_of_message
from contract_tests.realtime.payloads import faults
from contract_tests.realtime.sight import Facts, Unknown, View
from contract_tests.session import Session
from contract_tests.sockets import Client, Handshake, Heard, Unopened, client_of
from contract_tests.timing import ticks
from fixtures.instants import seconds as seconds_of
from understudy.contract.model import Channel, Contract, Receiver, Security
from understudy.wire import socketio

__all__ = ["ANYONE", "LAYER", "Line", "Lines", "Stage", "clause_about", "clause_inferred", "credentials", "handshake_of", "identified", "lines_of", "ways"]

LAYER = "realtime"
PATIENCE, SHORTEST, LONGEST = 2.0, 0.5, 8.0  # seconds for something that must come: at first, after several misses, of a slow target
SPARE = ((4.0, 0.25, 7), (8.0, 0.1, 4))  # seconds that were waited in vain; how short the patience is after that, and how many times what was slow
LULL = 0.25  # seconds without news after which a row of messages is over
FADING = 0.9  # of what was slow, with each thing that comes
QUIET, HURRIED = 0.15, 0.04  # seconds in which something that must not come would have come, at least; at --quick
SETTLED = 0.008  # seconds in which a raw WebSocket that is refused is closed, on a target that is near
MISSES = 3
ANYONE: Any = object()


@dataclass
class Line:
    """One connection of somebody. path, query: of the handshake; rooms: that it is in, as far as that is declared; body: what joined it there."""

    client: Client
    channel: Channel
    person: Person | None
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    rooms: set[str] = field(default_factory=set)

    def facts(self, session: Session, receiver: Receiver, body: Any, eyes: Person | None = None) -> Facts:
        """What is known of a message on this line."""
        return Facts(session, receiver.operation, self.person, eyes or self.person, self.path, self.query, body, tuple(sorted(self.rooms)))


def ways(channel: Channel, person: Person | None) -> list[Security]:
    """The places in which somebody's token may stand, those that carry it plainly first."""
    if person is None:
        return []
    return [way for way in channel.security if way.where != "cookie" or person.cookies.get(way.name) or person.token]


def credentials(way: Security | None, token: str | None) -> dict[str, Any]:
    """What a handshake carries a token in: query, headers, auth, subprotocols."""
    if way is None or token is None:
        return {}
    places: Mapping[str, dict[str, Any]] = {
        "query": {"query": {way.name: token}}, "header": {"headers": {way.name: token}}, "bearer": {"headers": {way.name: f"Bearer {token}"}},
        "cookie": {"headers": {"cookie": f"{way.name}={token}"}}, "protocol": {"subprotocols": ("jwt", token)}, "auth": {"auth": {way.name: token}},
    }  # fmt: skip
    return places.get(way.where, {})


def handshake_of(
    session: Session, channel: Channel, person: Person | None, path: Mapping[str, Any], carried: Mapping[str, Any], query: Mapping[str, Any]
) -> Handshake:
    """The handshake of a channel. carried: what holds the token. Raises NotChecked where there is no such service."""
    url = session.sockets.get(channel.service)
    if url is None:
        raise NotChecked(f"no --url for the service {channel.service}")
    headers = {**session.client.headers, **carried.get("headers", {})}
    asked = {**query, **carried.get("query", {})}
    if channel.raw:
        place = channel.address
        for name, value in path.items():
            place = place.replace(f"{{{name}}}", str(value))
        return Handshake(url, place, asked, headers, subprotocols=carried.get("subprotocols", ()), tag=channel.tag)
    place = session.options.socket_path or str(channel.socketio.get("path") or socketio.PATH)
    return Handshake(url, place, asked, headers, f"/{channel.address.strip('/')}", carried.get("auth"))


def identified(contract: Contract, channel: Channel) -> set[str]:
    """The query parameters of a handshake that say whose the socket is."""
    accounts = (contract.settings.get("auth") or {}).get("collection")
    return {item.spot[1] for item in bindings(contract, channel.opening) if item.spot[0] == "query" and item.collection.name == accounts}


class Lines:
    """What is known of a session's sockets: how quick they are, what was waited for in vain, and which can't be opened."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.slowest, self.misses, self.wasted = 0.0, 0, 0.0
        self.shut: dict[str, str] = {}
        self.mute: dict[str, int] = {}  # channel -> how often it has not answered what does nothing but ask for an answer
        self.crew: list[Person] = []  # that were registered so that there are enough
        self.spent = 0.0  # seconds of the target's time that were passed since everybody signed in

    @property
    def patience(self) -> float:
        """Seconds for something that must come."""
        if self.misses >= MISSES:
            shortest, times = next(((short, times) for spent, short, times in reversed(SPARE) if self.wasted > spent), (SHORTEST, 10))
            return min(PATIENCE, max(shortest, self.slowest * times))
        return min(LONGEST, max(PATIENCE, self.slowest * 4))

    @property
    def quiet(self) -> float:
        """Seconds in which something that must not come would have come."""
        return min(1.5, max(HURRIED if self.session.options.quick else QUIET, self.slowest * 3))

    def crowd(self, many: int) -> list[Person]:
        """Everybody, and so many new ones that there are enough, as far as the target registers them."""
        known, options = self.session.people.everyone, self.session.options
        while len(known) + len(self.crew) < many and options.register and not options.read_only:
            person = self.session.people.register(known[0].role if known else None)
            if person is None:
                break
            self.crew.append(person)
        return [*known, *self.crew]

    def took(self, seconds: float) -> None:
        """Notes how long something took."""
        self.slowest = max(self.slowest * FADING, min(seconds, LONGEST))

    def missed(self, seconds: float) -> None:
        """Notes what was waited for in vain."""
        self.misses += 1
        self.wasted += seconds

    def query(self, channel: Channel, person: Person | None) -> dict[str, Any]:
        """The query that a handshake needs besides the token: who somebody is, and examples."""
        mine = identified(self.session.contract, channel)
        needed = {item.name for item in channel.opening.parameters if item.where == "query" and item.required} - {way.name for way in channel.security}
        blank = self.session.samples.blank(channel.opening).query
        return {name: (person.key if name in mine and person else blank.get(name)) for name in needed | (mine if person else set())}

    def path(self, channel: Channel, person: Person | None) -> dict[str, Any]:
        """Path parameters: keys of rows that are there. Raises NotChecked."""
        if not channel.opening.path_names:
            return {}
        return dict(self.session.samples.request(channel.opening, person).path)

    def connect(
        self, channel: Channel, person: Person | None, path: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None,
        token: Any = ANYONE, way: Security | None = None,
    ) -> Line:  # fmt: skip
        """Opens a channel, or tries to: the client says whether it was let in. Raises NotChecked for a channel that nobody could open, Unopened."""
        if channel.id in self.shut:
            raise NotChecked(self.shut[channel.id])
        given = ways(channel, person)
        way = way or (given[0] if given else next(iter(channel.security), None))
        token = self.token(person, way) if token is ANYONE else token
        place = self.path(channel, person) if path is None else path
        asked = {**self.query(channel, person), **(query or {})}
        handshake = handshake_of(
            self.session, channel, person, place, credentials(way, token), {name: value for name, value in asked.items() if value is not None}
        )
        client = client_of(handshake, self.session.options, self.limit(channel)).open(self.patience * 2)
        return Line(client, channel, person, place, asked, {f"user:{person.key}"} if person else set())

    def token(self, person: Person | None, way: Security | None) -> str | None:
        """The token of somebody, as it is carried in one way."""
        if person is None:
            return None
        return person.token or person.cookies.get(way.name if way else "") or next(iter(person.cookies.values()), None)

    def limit(self, channel: Channel) -> tuple[int, float] | None:
        """How many messages a socket may send in how many seconds; None where that is not limited."""
        rate = channel.opening.behavior.get("rate")
        switched = rate and rate.get("switch") and not (self.session.contract.settings.get("switches") or {}).get(rate["switch"], False)
        return (int(rate["limit"]), seconds_of(rate["per"])) if rate and not switched else None


_LINES: "WeakKeyDictionary[Session, Lines]" = WeakKeyDictionary()


def lines_of(session: Session) -> Lines:
    """The lines of a session."""
    return _LINES.setdefault(session, Lines(session))


class Stage:
    """The lines of one check. They are closed at its end; what came on them and should not have is found by `strays`."""

    def __init__(self, session: Session) -> None:
        self.session, self.lines = session, lines_of(session)
        self.open_lines: list[Line] = []

    def open(self, channel: Channel, person: Person | None, path: Mapping[str, Any] | None = None, **more: Any) -> Line:
        """A line that is open. Raises NotChecked where the channel does not let somebody in who may."""
        try:
            line = self.lines.connect(channel, person, path, **more)
        except Unopened as error:
            raise NotChecked(f"{channel.address} can't be opened: {error}") from None
        self.open_lines.append(line)
        if channel.raw:
            line.client.wait_closed(max(SETTLED, min(0.2, self.lines.slowest)))
        if not line.client.is_open:
            why = line.client.refused if line.client.refused is not None else line.client.closed
            raise NotChecked(f"{channel.address} does not let {person or 'anybody'} in: {why}")
        line.rooms |= set(self.opening_rooms(line))
        return line

    def opening_rooms(self, line: Line) -> list[str]:
        """The rooms that opening joins."""
        facts = Facts(self.session, line.channel.opening, line.person, line.person, line.path, line.query)
        try:
            return View(facts).rooms()
        except Unknown:
            return []

    def say(self, line: Line, receiver: Receiver, body: Any, ack: bool = False) -> int:
        """Sends a message; returns the mark after which its answers come."""
        return line.client.emit(receiver.message.name, body, ack)

    def reply(self, line: Line, receiver: Receiver, since: int) -> Heard | None:
        """The declared reply to a message that was sent."""
        if receiver.reply is None:
            return None
        if receiver.ack:
            return self.heard(line, lambda item: item.ack is not None, since)
        return self.heard(line, lambda item: item.ack is None and item.name == receiver.reply.name, since)

    def heard(self, line: Line, fits: Any, since: int) -> Heard | None:
        """The first thing after a mark that fits; how long it took is remembered."""
        begin = ticks()
        found = line.client.wait_for(fits, self.lines.patience, since)
        if found is None:
            self.lines.missed(ticks() - begin)
        else:
            self.lines.took(ticks() - begin)
        return found

    def wait(self, line: Line, name: str, since: int, fits: Any = None) -> Heard | None:
        """The first message of a name after a mark whose payload fits."""
        return self.heard(line, lambda item: item.ack is None and item.name == name and (fits is None or fits(item.data)), since)

    def collect(self, line: Line, name: str, since: int, many: int) -> list[Any]:
        """The payloads of a name after a mark, once so many have come, or no more do."""
        last = ticks()
        while line.client.is_open:
            mark, found = line.client.mark(), line.client.since(since, name)
            pause = min(self.lines.patience, max(LULL, self.lines.slowest * 10)) if found else self.lines.patience
            if len(found) >= many:
                break
            if line.client.wait_for(lambda item: item.name == name, last + pause - ticks(), mark) is None:
                self.lines.missed(ticks() - last)
                break
            last = ticks()
        return [item.data for item in line.client.since(since, name)]

    def rest(self) -> None:
        """Waits until what should not come would have come."""
        import time

        time.sleep(self.lines.quiet)

    def strays(self) -> Iterator[Finding]:
        """Messages that came and that no channel declares, or whose payload is not valid."""
        for line in self.open_lines:
            yield from self.stray(line)

    def stray(self, line: Line) -> Iterator[Finding]:
        """Those of one line."""
        channel = line.channel
        for item in line.client.heard:
            if item.ack is not None:
                continue
            push = channel.sends.get(item.name)
            if push is None:
                yield self.finding(
                    "realtime.undeclared", channel.id, f"{channel.address} sends '{item.name}', which no document declares", sorted(channel.sends), item.data,
                    clause=Clause(place=None), aspect=item.name.replace(":", "."), line=line,
                )  # fmt: skip
                continue
            self.session.recorder.saw_message(item.name, channel.address)
            wrong = faults(channel.bundle, push.message, item.data)
            if wrong:
                yield self.finding(
                    "realtime.payload", push.id, f"'{item.name}' arrives with a payload that breaks its schema: {wrong[0]}", wrong, item.data,
                    clause=clause_about(channel, item.name, ("field",)), line=line,
                )  # fmt: skip

    def finding(
        self, rule: str, subject: str, title: str, expected: Any = None, seen: Any = None, *, clause: Clause, aspect: str = "",
        line: Line | None = None, evidence: tuple[Evidence, ...] = (), service: str = "",
    ) -> Finding:  # fmt: skip
        """A finding of this layer; the line's conversation is its evidence."""
        said: tuple[Evidence, ...] = (*evidence, line.client.frames()) if line is not None else evidence
        where = service or (line.channel.service if line is not None else "")
        return Finding(rule, LAYER, subject, title, expected, seen, aspect, clause, clause.severity, said, service=where)

    def evidence(self, *lines: Line) -> tuple[Frames, ...]:
        """What was said on some lines."""
        return tuple(line.client.frames() for line in lines)

    def close(self) -> None:
        """Closes all lines."""
        for line in self.open_lines:
            line.client.close()


def clause_about(channel: Channel, name: str, words: tuple[str, ...] = ()) -> Clause:
    """The clause of a message. words: those that, standing in an x-inferred of it, say that what is broken is inferred."""
    found = clause_of_message(channel, name)
    pointer = _pointer(channel, name)
    inferred = [text for where in pointer if (text := _inferred(channel, where)) and any(word in text.lower() for word in words)]
    return Clause(found.says, found.guide, found.lines, inferred[0], found.place) if inferred and found.inferred is None else found


def clause_inferred(clause: Clause, channel: Channel, words: tuple[str, ...]) -> Clause:
    """A channel's clause, inferred where its x-inferred has one of some words."""
    text = _inferred(channel, channel.pointer)
    return Clause(clause.says, clause.guide, clause.lines, text, clause.place) if any(word in text.lower() for word in words) else clause


def _pointer(channel: Channel, name: str) -> list[str]:
    receiver, push = channel.receives.get(name), channel.sends.get(name)
    message = receiver.message if receiver else push.message if push else None
    operation: str | None = receiver.operation.pointer if receiver else push.pointer if push else None
    own = message.pointer.removesuffix("/payload") if message and message.pointer else None
    return [where for where in (operation, own, channel.pointer) if where]


def _inferred(channel: Channel, pointer: str) -> str:
    from understudy.contract import documents

    try:
        node = documents.resolve(channel.bundle.data, pointer)
    except KeyError:
        return ""
    return str(node.get("x-inferred") or "") if isinstance(node, dict) else ""
