"""A chat: a channel on which something that one client says is told to all in a room, its rooms, and who may be in them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.people import Person
from contract_tests.realtime import props
from contract_tests.realtime.acts import act_of
from contract_tests.realtime.deeds import Source, sources
from contract_tests.realtime.letters import Letters, leaf, put
from contract_tests.realtime.lines import Line, lines_of
from contract_tests.realtime.lines import Stage as Lines
from contract_tests.realtime.scenes import about_of
from contract_tests.samples import made_of
from contract_tests.session import Session
from load.stage import Call, Room, Stage, Stock
from load.staging.cast import member_of
from load.staging.seats import undone
from load.staging.templates import room_of
from understudy.contract import schemas
from understudy.contract.errors import UsageError
from understudy.contract.model import Channel, Contract, Operation, Push, Receiver

__all__ = ["fits", "prepare"]

At = tuple[str, ...]
SHORT = 64  # a text that may be no longer is a sign or a code, and has no room for a mark
TAKEN = frozenset({"enum", "const", "pattern", "format"})  # of texts that may not be any
PASSED = re.compile(r"\b(?:row|body)\b(?:\.(\w+))?")
FIELD = re.compile(r"\.(\w+)")
TEXT, PARENT, PERSON = "@text", "@parent", "@person"


@dataclass(frozen=True)
class Talk:
    """What is said and told. source: what brings `push` about, on `channel`; at: the place of its text; longest: characters that it may have."""

    channel: Channel
    push: Push
    source: Source
    at: At
    longest: int

    @property
    def receiver(self) -> Receiver | None:
        """The message by which it is said; None where that is a request."""
        return next((item for item in self.channel.receives.values() if item.operation is self.source.operation), None)


@dataclass
class Place:
    """A room as it was entered. key: what its name ends with; path: of the handshake; join: the message that joined it; send: the body, or the request,
    that says something in it; ours: whether nobody else is there."""

    name: str
    key: Any
    path: Mapping[str, Any]
    send: Any
    join: tuple[Receiver, Any] | None = None
    ours: bool = True


class Noting(Letters):
    """Letters that remember the message which joined a room."""

    joining: tuple[Receiver, Any] | None = None

    def join(self, line: Line, receiver: Receiver, body: Any) -> bool:
        """Sends it; it is remembered where it is taken."""
        taken = super().join(line, receiver, body)
        self.joining = (receiver, body) if taken else self.joining
        return taken


def fits(contract: Contract, _needed: tuple[str, ...]) -> bool:
    """Whether a contract has such a channel."""
    return _talk(contract) is not None


def prepare(session: Session, values: Mapping[str, Any], users: int, _needed: tuple[str, ...]) -> Stage:
    """The stage of a chat; a stock is a room, and a user's is that of their number. Raises UsageError, NotChecked."""
    talk = _talk(session.contract)
    assert talk is not None
    if not session.people.everyone:
        raise UsageError(
            f"Nobody can sign in at the target{f' ({session.people.failures[0]})' if session.people.failures else ''}. Give --auth LOGIN:PASSWORD."
        )
    lines = Lines(session)
    try:
        return _staged(Noting(lines), talk, values, users)
    finally:
        lines.close()


def _staged(letters: Noting, talk: Talk, values: Mapping[str, Any], users: int) -> Stage:
    session, options = letters.session, letters.session.options
    places = _places(letters, talk, int(values["rooms"]), users)
    people = _people(letters, talk, places[0], users)
    channels = {talk.channel.id: talk.channel}
    paths = [{talk.channel.id: place.path} for place in places]
    calls = _calls(letters, talk, places[0])
    return Stage(
        "", session.contract.name, session.contract.title, session.own, session.urls,
        tuple(member_of(session, people[number % len(people)], channels, paths[number % len(places)]) for number in range(max(1, users))),
        calls, {talk.channel.id: _room(session, talk)}, tuple(Stock(place.key, place.key, f"room {place.key}", 0, 0) for place in places),
        dict(values), insecure=options.insecure, ca=str(options.ca.resolve()) if isinstance(options.ca, Path) else "", timeout=options.timeout,
        seed=options.seed, warnings=tuple(_warnings(session, places, int(values["rooms"]), len(people), users, calls)), undo=tuple(undone(session)),
    )  # fmt: skip


def _room(session: Session, talk: Talk) -> Room:
    return room_of(session, talk.channel, talk.push.message.name)


def _warnings(session: Session, places: Sequence[Place], rooms: int, people: int, users: int, calls: Mapping[str, Call]) -> Iterator[str]:
    """What is not as wished."""
    if people < users:
        yield f"{people} accounts for {users} users: several sockets share one ({_why(session)})"
    if not all(place.ours for place in places) and not session.own:
        yield f"{places[0].name} is not ours alone: what others say there while the run goes on counts as told twice"
    if len(places) < rooms:
        yield f"{len(places)} of {rooms} rooms: no more can be had"
    if calls["send"].is_message and "fence" not in calls:
        yield "a message that nobody hears is not counted as lost: nothing tells that it was taken"


def _why(session: Session) -> str:
    return session.people.failures[-1] if session.people.failures else "no others are let into the room, or can be registered"


# what a contract declares


def _talk(contract: Contract) -> Talk | None:
    """What is said most plainly: by message if it can be, on few conditions, with a long text."""
    every = (
        found
        for channel in contract.channels
        for push in channel.sends.values()
        for source in sources(contract, push)
        if _told_to_all(push, source) and (found := _with_text(channel, push, source)) is not None
    )
    return min(every, key=_weight, default=None)


def _weight(talk: Talk) -> tuple[bool, int, int]:
    return talk.receiver is None, len(talk.source.operation.behavior.get("requires") or ()), -talk.longest


def _told_to_all(push: Push, source: Source) -> bool:
    """Whether something can be said again and again and is told to all in a room, which is not somebody's own."""
    behavior, room = source.operation.behavior, str(_room_words(push, source))
    plain = not source.delay and not source.closing and source.whenever is None and not {"when", "to", "each"} & source.emit.keys()
    said = behavior.do in ("create", None) and not {"take", "give", "after"} & behavior.words.keys()
    return plain and said and source.operation.method != "OPEN" and room != "None" and "user" not in room


def _room_words(push: Push, source: Source) -> Any:
    return source.emit.get("room", push.words.get("room"))


def _with_text(channel: Channel, push: Push, source: Source) -> Talk | None:
    """With the longest text that is passed on, and that does not name the room."""
    receiver = next((item for item in channel.receives.values() if item.operation is source.operation), None)
    if receiver is None and source.operation.method == "RECEIVE":
        return None  # it is said on another channel than it is told on
    document, schema, value = _body(channel, receiver, source.operation)
    passed = set(PASSED.findall(str(source.emit.get("data", push.words.get("data", "row")))))
    named = set(FIELD.findall(str(_room_words(push, source))))
    found = [(at, most) for at, most in _texts(document, schema, value, ()) if at[-1] not in named and passed & {"", at[-1]}]
    at, longest = max(found, key=lambda item: item[1], default=((), 0))
    return Talk(channel, push, source, at, longest) if at else None


def _body(channel: Channel, receiver: Receiver | None, operation: Operation) -> tuple[Any, Any, Any]:
    """The document, schema and an example of what is sent."""
    if receiver is not None:
        message = receiver.message
        return channel.bundle.data, message.schema, message.examples[0] if message.examples else made_of(channel.bundle.data, message.schema or {})
    document, media = operation.bundle.data, next((item for kind, item in operation.bodies.items() if schemas.is_json(kind)), None)
    if media is None:
        return document, {}, None
    return document, media.schema, next(iter(media.examples.values()), None) or made_of(document, media.schema or {})


def _texts(document: Any, schema: Any, value: Any, at: At) -> Iterator[tuple[At, int]]:
    """The places of texts that may be any, and how long they may be."""
    node = schemas.follow(document, schema) if schema is not None else {}
    if isinstance(value, str) and at and isinstance(node, dict):
        most = int(node.get("maxLength", 10_000))
        if most > SHORT and not TAKEN & node.keys():
            yield at, most
    for name, inner in schemas.properties(document, node).items() if isinstance(value, dict) else ():
        if name in value:
            yield from _texts(document, inner, value[name], (*at, name))


# rooms


def _places(letters: Noting, talk: Talk, many: int, users: int) -> list[Place]:
    """So many rooms, of our own if they can be had. Raises NotChecked."""
    session = letters.session
    host, stranger = session.people.first(), _stranger(session, users)
    places = [_entered(letters, talk, host, stranger)]
    while len(places) < many:
        other = _beside(letters, talk, host, places[0]) or _entered(letters, talk, host, stranger)
        if other.name == places[0].name:
            break
        places.append(other)
    return places


def _stranger(session: Session, users: int) -> Person | None:
    """Somebody who has to be let in: a new account, where more are needed than there are."""
    known = len(session.people.everyone)
    people = lines_of(session).crowd(known + (users > known))
    return people[-1] if len(people) > 1 else None


def _entered(letters: Noting, talk: Talk, host: Person, stranger: Person | None) -> Place:
    """A room that somebody is in, and what is to be said there. Raises NotChecked."""
    place = _by_message(letters, talk, talk.receiver, host, stranger) if talk.receiver is not None else _by_request(letters, talk, host)
    if place.join is None or talk.receiver is None:
        return place
    return _beside(letters, talk, host, place) or place


def _by_message(letters: Noting, talk: Talk, receiver: Receiver, host: Person, stranger: Person | None) -> Place:
    path = _path(letters.session, talk.channel, host, stranger)
    line = letters.stage.open(talk.channel, host, path)
    letters.joining = None
    about = about_of(letters, receiver, host)
    body = letters.ready(line, receiver, about, stranger)
    room = next((item.room for item in letters.expected(line, receiver, body) if item.message == talk.push.message.name), None)
    if room is None or not letters.enter(line, room, about):
        raise NotChecked(f"where '{talk.push.message.name}' is told can't be seen from outside")
    return Place(room, _key(room), path, body, letters.joining, ours=bool(path))


def _path(session: Session, channel: Channel, host: Person, stranger: Person | None) -> dict[str, Any]:
    if not channel.opening.path_names:
        return {}
    try:
        return props.path_of(session, channel, host, (stranger,) if stranger is not None else ())
    except NotChecked:  # a room into which nobody else is let is still one for several sockets
        return props.path_of(session, channel, host)


def _by_request(letters: Noting, talk: Talk, host: Person) -> Place:
    act = act_of(letters, talk.channel, talk.push, talk.source)
    room, deed, person = act.expected.room, act.deed, act.actor or host
    if room is None or deed is None:
        raise NotChecked(f"where '{talk.push.message.name}' is told can't be seen from outside")
    path = {name: act.about.get(name, _key(room)) for name in talk.channel.opening.path_names}
    line, letters.joining = letters.stage.open(talk.channel, person, path), None
    if not letters.enter(line, room, act.about):
        raise NotChecked(f"{person} can't be in {room}")
    return Place(room, _key(room), path, deed.request, letters.joining, ours=False)


def _beside(letters: Noting, talk: Talk, host: Person, place: Place) -> Place | None:
    """Another room of a new name, where any name will do; None where rooms are rows, or are opened by their path."""
    if place.join is None or talk.receiver is None:
        return None
    receiver, body = place.join
    bound = {at for at, _, _ in letters.bound(receiver)}
    at = next((at for at, value in _leaves(body, ()) if value == place.key and at not in bound), None)
    if at is None:
        return None
    key = f"load-{letters.session.chance.text(8)}"
    line, joining = letters.stage.open(talk.channel, host, place.path), put(body, at, key)
    if not letters.join(line, receiver, joining):
        return None
    name = place.name.removesuffix(str(place.key)) + key
    return Place(name, key, place.path, _replaced(place.send, place.key, key), (receiver, joining))


def _key(room: str) -> str:
    return room.partition(":")[2] or room


# who is there


def _people(letters: Noting, talk: Talk, place: Place, users: int) -> list[Person]:
    """So many people who may be in a room; fewer where no others are let in."""
    session = letters.session
    found = list[Person]()
    for person in session.people.everyone:
        if len(found) < users and _may_enter(letters, talk, place, person):
            found.append(person)
    known = len(session.people.everyone)
    newcomers = lines_of(session).crowd(known + 1)[known:] if len(found) < users else []
    if newcomers and _may_enter(letters, talk, place, newcomers[0]):
        found += lines_of(session).crowd(known + users - len(found))[known:]  # what is right for one of them is right for all
    if not found:
        raise UsageError(f"Nobody is let into {place.name}.")
    return found[: max(1, users)]


def _may_enter(letters: Noting, talk: Talk, place: Place, person: Person) -> bool:
    try:
        line = letters.stage.open(talk.channel, person, place.path)
        return letters.enter(line, place.name) if place.join is None else letters.join(line, place.join[0], _signed(letters, place.join, person))
    except NotChecked:
        return False


def _signed(letters: Letters, joining: tuple[Receiver, Any], who: Any) -> Any:
    """A message that joins, as one of somebody else's. who: a person, or what stands for one."""
    receiver, body = joining
    for at in letters.mine(receiver):
        body = put(body, at, who.key if isinstance(who, Person) else who) if leaf(body, at) is not None else body
    return body


# calls


def _calls(letters: Noting, talk: Talk, place: Place) -> dict[str, Call]:
    """send, and where there are any join and fence: what is answered once all before it was taken."""
    channel, found = talk.channel, dict[str, Call]()
    refused = channel.opening.behavior.get("refused") or {}
    found["send"] = _send_request(talk, place) if talk.receiver is None else _send_message(letters, talk, talk.receiver, place)
    if place.join is not None:
        receiver = place.join[0]
        body = _replaced(_signed(letters, place.join, PERSON), place.key, PARENT)
        found["join"] = _message("join", channel, receiver, body, str(refused.get("message", "")))
    echo = letters.echo(channel)
    if echo is not None:
        found["fence"] = _message("fence", channel, echo, letters.blank(echo, channel), "")
    elif "join" in found and found["join"].reply:
        found["fence"] = found["join"]
    return found


def _message(name: str, channel: Channel, receiver: Receiver, body: Any, refused: str) -> Call:
    refused = (receiver.operation.behavior.get("refused") or {}).get("message", refused)
    reply = receiver.reply.name if receiver.reply is not None and not receiver.ack else ""
    return Call(name, channel.service, body=body, channel=channel.id, event=receiver.message.name, reply=reply, refusal=refused)


def _send_message(letters: Letters, talk: Talk, receiver: Receiver, place: Place) -> Call:
    """Who says something hears it too: where it has no reply, that is one."""
    body = _signed(letters, (receiver, place.send), PERSON)
    body = put(_replaced(body, place.key, PARENT), talk.at, TEXT)
    made = _message("send", talk.channel, receiver, body, str((talk.channel.opening.behavior.get("refused") or {}).get("message", "")))
    reply = made.reply or talk.push.message.name
    return Call(made.name, made.service, body=made.body, channel=made.channel, event=made.event, reply=reply, refusal=made.refusal, tells=1)


def _send_request(talk: Talk, place: Place) -> Call:
    operation, request = talk.source.operation, place.send
    path = operation.path
    for name, value in request.path.items():
        path = path.replace(f"{{{name}}}", PARENT if str(value) == str(place.key) else str(value))
    body = put(_replaced(request.body, place.key, PARENT), talk.at, TEXT)
    return Call("send", operation.service, operation.method, path, request.query, request.headers, body, request.media or "application/json", tells=1)


def _replaced(value: Any, old: Any, new: Any) -> Any:
    """A body with another value in all places of one."""
    if isinstance(value, dict):
        return {name: _replaced(item, old, new) for name, item in value.items()}
    return new if not isinstance(value, bool) and value == old else value


def _leaves(value: Any, at: At) -> Iterator[tuple[At, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*at, name))
    else:
        yield at, value
