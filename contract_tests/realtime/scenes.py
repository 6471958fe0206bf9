"""Scenes: a line on which a message should be taken, with what had to be done first."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.people import Person
from contract_tests.realtime import props
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import Line, Stage, lines_of
from contract_tests.realtime.sight import Unknown, View
from contract_tests.session import Session
from understudy.contract.model import Channel, Collection, Receiver

__all__ = ["Scene", "about_of", "anybody", "noted", "scene", "scenes", "staged"]

PLENTY = 40  # of a row with capacity that is made
WRITES = ("create", "update", "transition", "take", "give")


@dataclass
class Scene:
    """A message that should be taken. about: collection -> key; other: somebody else who may be there."""

    stage: Stage
    letters: Letters
    line: Line
    receiver: Receiver
    body: Any
    about: dict[str, Any] = field(default_factory=dict)
    other: Person | None = None

    @property
    def session(self) -> Session:
        """The session."""
        return self.stage.session


@contextmanager
def staged(session: Session) -> Iterator[Letters]:
    """A stage and who writes its messages; its lines are closed at the end."""
    stage = Stage(session)
    try:
        yield Letters(stage)
    finally:
        stage.close()


def scenes(contract_channels: tuple[Channel, ...]) -> Iterator[tuple[Channel, Receiver]]:
    """Every message that clients send, with its channel."""
    for channel in contract_channels:
        for receiver in channel.receives.values():
            yield channel, receiver


def scene(letters: Letters, channel: Channel, receiver: Receiver) -> Scene:
    """A line and a message that should be taken on it. Raises NotChecked."""
    session, why = letters.session, "nobody can sign in"
    for person in _candidates(session, receiver):
        try:
            return _by(letters, channel, receiver, person)
        except NotChecked as reason:
            why = str(reason)
    raise NotChecked(why)


def _candidates(session: Session, receiver: Receiver) -> Sequence[Person | None]:
    roles = receiver.operation.behavior.get("roles") or ()
    if not session.people.everyone and not session.contract.settings.get("auth"):
        return [None]
    return [person for person in session.people.everyone if not roles or person.role in roles][:3]


def other_than(session: Session, person: Person | None) -> Person | None:
    """Somebody else; None where there is nobody."""
    return next((item for item in session.people.everyone if item is not person), None)


def _by(letters: Letters, channel: Channel, receiver: Receiver, person: Person | None) -> Scene:
    session = letters.session
    other = other_than(session, person)
    path = place_for(session, channel, person, other)
    about = about_of(letters, receiver, person)
    line = letters.stage.open(channel, person, path)
    try:
        body = letters.ready(line, receiver, about, other)
    except NotChecked as reason:
        body = _prepared(letters, line, receiver, about, other, reason)
    return Scene(letters.stage, letters, line, receiver, body, about, other)


def anybody(session: Session) -> Person | None:
    """The first who can sign in; nobody, where the contract knows no accounts. Raises NotChecked."""
    return session.people.first() if session.people.everyone or session.contract.settings.get("auth") else None


def place_for(session: Session, channel: Channel, person: Person | None, other: Person | None) -> dict[str, Any]:
    """Path parameters of new rows, into which somebody else is let if that can be had."""
    if not channel.opening.path_names:
        return {}
    if person is None:
        return lines_of(session).path(channel, None)
    try:
        return props.path_of(session, channel, person, (other,) if other else ())
    except NotChecked:
        return props.path_of(session, channel, person)


def about_of(letters: Letters, receiver: Receiver, person: Person | None) -> dict[str, Any]:
    """Collection -> key of a new row, for all that a message names; what has capacity first, for it tells what it belongs to."""
    about: dict[str, Any] = {}
    bound = [collection for at, collection, _ in letters.bound(receiver) if at]
    for collection in sorted(bound, key=lambda item: item.capacity is None):
        if collection.name in about:
            continue
        row = _new(letters, collection, person)
        if row is not None:
            about |= keys_of(collection, row)
    return about


def keys_of(collection: Collection, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row and those that it refers to, as collection -> key."""
    return {**{ref.collection: row[name] for name, ref in collection.refs.items() if row.get(name) is not None}, collection.name: row.get(collection.key)}


def _new(letters: Letters, collection: Collection, person: Person | None) -> Mapping[str, Any] | None:
    if collection.capacity is None:
        return props.fresh(letters.session, collection, person) if letters.session.creator(collection) else None
    try:
        row = props.category(letters.session, collection, PLENTY, person)
    except NotChecked:
        return props.fresh(letters.session, collection, person)
    letters.ours.add(str(row.get(collection.key)))
    return row


def _prepared(letters: Letters, line: Line, receiver: Receiver, about: Mapping[str, Any], other: Person | None, reason: NotChecked) -> Any:
    """The message, after others that have to come before it. Raises the reason why it is not taken."""
    for earlier in _earlier(line.channel, receiver):
        try:
            before = letters.ready(line, earlier, about, other)
            send(letters, line, earlier, before)
            return letters.ready(line, receiver, about, other)
        except NotChecked:
            continue
    gathered(letters, line, other)
    try:
        return letters.ready(line, receiver, about, other)
    except NotChecked:
        raise reason from None


def gathered(letters: Letters, line: Line, other: Person | None) -> None:
    """Has somebody else come to all channels of the same place: that may make them take part in it."""
    for channel in letters.session.contract.channels:
        if other is not None and channel.opening.path_names == line.channel.opening.path_names and channel.opening.behavior.get("creates"):
            try:
                letters.stage.open(channel, other, line.path)
            except NotChecked:
                continue


def _earlier(channel: Channel, receiver: Receiver) -> list[Receiver]:
    """Messages that may have to come first: what this one undoes, and those that make or move rows of the kind it is about."""
    words = receiver.operation.behavior.words
    undone = words.get("conserves") or ()
    undone = [undone] if isinstance(undone, str) else list(undone)
    kinds = {receiver.operation.behavior.collection, *(word["collection"] for word in (words.get("with") or {}).values())}
    others = [item for item in channel.receives.values() if item is not receiver and item.operation.behavior.do in WRITES]
    related = [item for item in others if item.operation.id in undone or item.operation.behavior.collection in kinds]
    return sorted(related, key=lambda item: item.operation.id not in undone)


def send(letters: Letters, line: Line, receiver: Receiver, body: Any) -> bool:
    """Sends a message and waits until it has been taken; whether it was."""
    mark = letters.stage.say(line, receiver, body)
    if receiver.reply is not None:
        found = letters.stage.heard(line, lambda item: item.name == receiver.reply.name or letters.is_refusal(line, receiver, item), mark)
        taken = found is not None and not letters.is_refusal(line, receiver, found)
    else:
        taken = letters.fence(line) and not any(letters.is_refusal(line, receiver, item) for item in line.client.since(mark))
    if taken:
        noted(letters, line, receiver, body)
    return taken


def noted(letters: Letters, line: Line, receiver: Receiver, body: Any) -> None:
    """Keeps count of the locks that a message made or freed."""
    view, who = View(letters.facts(line, receiver, body)), str(line.person.key if line.person else "")
    for word, sign in (("take", 1), ("give", 0)):
        move = receiver.operation.behavior.get(word)
        if isinstance(move, Mapping) and move.get("hold") == "lock":
            try:
                key = str(view.sure(move["key"]))
                letters.held[key, who] = sign * int(view.sure(move.get("quantity", 1)) or 0) if sign else 0
            except Unknown:
                continue
