"""Messages that should be taken: made of the documents' examples, about rows that are there, by somebody who may send them."""

import copy
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.people import Person
from contract_tests.realtime.lines import SETTLED, Line, Stage
from contract_tests.realtime.sight import UNKNOWN, Expected, Facts, Refusal, Unknown, View, agrees, equalities
from contract_tests.samples import made_of
from contract_tests.session import Session
from contract_tests.sockets import Heard
from understudy.contract import schemas
from understudy.contract.model import Channel, Collection, Receiver

__all__ = ["Letters", "Place", "leaf", "put"]

Place = tuple[str, ...]
BODY = re.compile(r"^body((?:\.\w+)*)$")
MINE = re.compile(r"body((?:\.\w+)+) != user\.\w+")
THEIRS = re.compile(r"exists\('(\w+)',.*?it\.(\w+) == body((?:\.\w+)+)")
LISTED = re.compile(r"exists\((\w+)\.(\w+), it\.(\w+) == body((?:\.\w+)+)\)")
SHORT = 64  # a text that may be no longer is a sign or a code, and not free
MUTE = 4  # unanswered echoes after which a channel is asked for none any more
About = Mapping[str, Any]  # collection -> key of the row that messages are about


def leaf(value: Any, at: Place) -> Any:
    """What stands at a place of a payload; None where nothing does."""
    for name in at:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def put(value: Any, at: Place, item: Any) -> Any:
    """A payload with another value at a place."""
    if not at:
        return item
    made = copy.deepcopy(value)
    leaf(made, at[:-1])[at[-1]] = item
    return made


def place(expression: Any) -> Place | None:
    """`body.data.shopId` as a place; None for any other expression."""
    found = BODY.match(expression.strip()) if isinstance(expression, str) else None
    return tuple(filter(None, found.group(1).split("."))) if found else None


class Letters:
    """Writes the messages of one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.session = stage, stage.session
        self.held: dict[tuple[str, str], int] = {}  # (row, account) -> what our locks hold
        self.ours: set[str] = set()  # rows that nobody but us locks

    # what a message is about

    def bound(self, receiver: Receiver) -> list[tuple[Place, Collection, Mapping[str, Any]]]:
        """The places of a payload that hold keys, with the collection and the scope of the row."""
        words, found = receiver.operation.behavior.words, []
        known = self.session.contract.collections
        for word in (words.get("with") or {}).values():
            found.append((place(word.get("key")), known.get(word["collection"]), {"where": word.get("where")}))
        found.append((place(words.get("key")), known.get(receiver.operation.behavior.collection or ""), words.get("scope") or {}))
        member = words.get("members") or {}
        found.append((place(member.get("key")), known.get(member.get("of", "")), {}))
        return [(at, collection, scope) for at, collection, scope in found if at is not None and collection is not None]

    def mine(self, receiver: Receiver) -> list[Place]:
        """The places of a payload that must name the sender."""
        return [_dotted(found) for item in receiver.operation.behavior.words.get("requires") or () for found in MINE.findall(str(item["when"]))]

    def theirs(self, receiver: Receiver) -> list[Place]:
        """The places of a payload that name another account."""
        accounts = (self.session.contract.settings.get("auth") or {}).get("collection")
        collections = self.session.contract.collections
        return [
            _dotted(at)
            for item in receiver.operation.behavior.words.get("requires") or ()
            for name, field, at in THEIRS.findall(str(item["when"]))
            if name in collections and field in collections[name].refs and collections[name].refs[field].collection == accounts
        ]

    def write(self, line: Line, receiver: Receiver, about: About, other: Person | None = None) -> Any:
        """A payload that should be taken. Raises NotChecked where a row that it needs can't be found."""
        body = self.blank(receiver, line.channel)
        for at in self.mine(receiver):
            body = put(body, at, line.person.key) if line.person and leaf(body, at) is not None else body
        for at in self.theirs(receiver):
            body = put(body, at, other.key) if other else body
        for at, collection, scope in self.bound(receiver):
            body = put(body, at, self._key(line, receiver, body, collection, scope, about))
        return self._chosen(line, receiver, body)

    def blank(self, receiver: Receiver, channel: Channel) -> Any:
        """The first example, its free texts made new."""
        message = receiver.message
        value = copy.deepcopy(message.examples[0]) if message.examples else made_of(channel.bundle.data, message.schema or {})
        for at in _free(channel, receiver, value):
            value = put(value, at, f"{leaf(value, at)} {self.session.chance.text(6)}")
        return value

    def anew(self, line: Line, receiver: Receiver, body: Any, room: str | None) -> Any:
        """The same message to the same room, with other texts where they may differ."""
        for at in _free(line.channel, receiver, body):
            other = put(body, at, f"{leaf(body, at)} {self.session.chance.text(4)}")
            expected = self.expected(line, receiver, other)
            if self.fits(line, receiver, other) and expected and all(item.room == room for item in expected):
                body = other
        return body

    def _key(self, line: Line, receiver: Receiver, body: Any, collection: Collection, scope: Mapping[str, Any], about: About) -> Any:
        if collection.name in about:
            return about[collection.name]
        view = View(line.facts(self.session, receiver, body))
        fields = _scope(view, scope)
        rows = self.session.rows(collection, line.person, fields)
        fitting = [row for row in rows if all(str(row.get(name, value)) == str(value) for name, value in fields.items())]
        if not fitting:
            raise NotChecked(f"there is no row of {collection.name} to send '{receiver.message.name}' about")
        return fitting[-1][collection.key]

    def _chosen(self, line: Line, receiver: Receiver, body: Any) -> Any:
        """The payload with an item of a row's list, where it must name one."""
        for item in receiver.operation.behavior.words.get("requires") or ():
            for name, listed, key, at in LISTED.findall(str(item["when"])):
                try:
                    items = View(line.facts(self.session, receiver, body)).sure(f"{name}.{listed}")
                except Unknown:
                    continue
                body = put(body, _dotted(at), items[0].get(key)) if items else body
        return body

    # whether it is taken

    def facts(self, line: Line, receiver: Receiver, body: Any, eyes: Person | None = None) -> Facts:
        """What is known of a message, our own locks included."""
        return line.facts(self.session, receiver, body, eyes).but(held=self.holding)

    def holding(self, row: Any, user: Any) -> int:
        """What locks hold of a row, of one account or of all; raises Unknown for a row that others may lock."""
        key = str(row.get("id"))
        if key not in self.ours:
            raise Unknown("held")
        return sum(count for (what, who), count in self.held.items() if what == key and (user is None or who == str(user)))

    def verdict(self, line: Line, receiver: Receiver, body: Any, eyes: Person | None = None) -> Refusal | None:
        """Why a message must be refused; None where it must be taken. Raises Unknown."""
        return View(self.facts(line, receiver, body, eyes)).verdict()

    def fits(self, line: Line, receiver: Receiver, body: Any) -> bool:
        """Whether nothing that can be seen speaks against a message."""
        try:
            return self.verdict(line, receiver, body) is None
        except Unknown:
            return True

    def refused_with(self, line: Line, receiver: Receiver) -> tuple[str, Any] | None:
        """The message that tells of a refusal, and what of its payload is known; None where none is declared."""
        word = receiver.operation.behavior.get("refused") or line.channel.opening.behavior.get("refused")
        if word:
            return word["message"], View(self.facts(line, receiver, None)).value(word["data"])
        return ("error", UNKNOWN) if "error" in line.channel.sends else None

    def is_refusal(self, line: Line, receiver: Receiver, item: Heard) -> bool:
        """Whether something that came is the declared refusal of a message."""
        told = self.refused_with(line, receiver)
        return told is not None and item.ack is None and item.name == told[0] and agrees(told[1], item.data) is None

    def is_reply(self, line: Line, receiver: Receiver, body: Any, item: Heard) -> bool:
        """Whether something that came is the good reply to a message."""
        if receiver.reply is None or item.name != receiver.reply.name:
            return False
        return not self.is_refusal(line, receiver, item)

    # rooms

    def joiners(self, channel: Channel) -> Iterator[Receiver]:
        """The messages by which a socket joins rooms."""
        yield from (item for item in channel.receives.values() if item.operation.behavior.get("room") is not None)

    def enter(self, line: Line, room: str, about: About = {}) -> bool:  # noqa: B006 - it is never changed
        """Has a line join a room; False where no message of its channel does that."""
        if room in line.rooms:
            return True
        for receiver in self.joiners(line.channel):
            for body in self._variants(line, receiver, about, [room.partition(":")[2], room]):
                if room in self._rooms(line, receiver, body) and self.fits(line, receiver, body):
                    return self.join(line, receiver, body)
        return False

    def _rooms(self, line: Line, receiver: Receiver, body: Any) -> list[str]:
        try:
            return View(self.facts(line, receiver, body)).rooms()
        except Unknown:
            return []

    def _variants(self, line: Line, receiver: Receiver, about: About, values: list[Any]) -> Iterator[Any]:
        """Payloads of a message with some values in place of its texts and numbers."""
        try:
            body = self.write(line, receiver, about)
        except NotChecked:
            body = self.blank(receiver, line.channel)
            for at in self.mine(receiver):
                body = put(body, at, line.person.key) if line.person else body
        yield body
        for at, old in _leaves(body, ()):
            if at == (line.channel.tag,) and line.channel.raw:
                continue
            for value in values:
                if isinstance(old, int) and str(value).isdigit():
                    yield put(body, at, int(value))
                elif isinstance(old, str) and isinstance(value, str):
                    yield put(body, at, value)

    def join(self, line: Line, receiver: Receiver, body: Any) -> bool:
        """Sends a message that joins rooms, and waits until it has been taken."""
        rooms = self._rooms(line, receiver, body)
        mark = self.stage.say(line, receiver, body)
        if receiver.reply is not None:
            found = self.stage.heard(line, lambda item: self.is_reply(line, receiver, body, item) or self.is_refusal(line, receiver, item), mark)
            if found is None or self.is_refusal(line, receiver, found):
                return False
        elif not self.fence(line):
            return False
        line.rooms |= set(rooms)
        return not any(self.is_refusal(line, receiver, item) for item in line.client.since(mark))

    def fence(self, line: Line) -> bool:
        """Waits until what was sent has been handled, as far as that can be known."""
        echo, mute = self.echo(line.channel), self.stage.lines.mute
        if echo is None or mute.get(line.channel.id, 0) >= MUTE:
            time.sleep(SETTLED * 3)
            return line.client.is_open
        mark = self.stage.say(line, echo, self.blank(echo, line.channel))
        answered = self.stage.reply(line, echo, mark) is not None
        mute[line.channel.id] = 0 if answered else mute.get(line.channel.id, 0) + line.client.is_open
        return answered

    def echo(self, channel: Channel) -> Receiver | None:
        """A message that is answered and does nothing."""
        return next((item for item in channel.receives.values() if self._is_echo(item)), None)

    def _is_echo(self, receiver: Receiver) -> bool:
        words = receiver.operation.behavior.words
        return receiver.reply is not None and receiver.operation.behavior.do == "reply" and not words.keys() & {"requires", "with", "members", "room", "unless"}

    def ready(self, line: Line, receiver: Receiver, about: About, other: Person | None = None) -> Any:
        """A payload that should be taken on a line, which has joined what it must have joined. Raises NotChecked."""
        body = self.write(line, receiver, about, other)
        if self.fits(line, receiver, body):
            return body
        for joiner in self.joiners(line.channel):
            values = [value for _, value in _leaves(body, ()) if isinstance(value, str | int)]
            for joining in self._variants(line, joiner, about, values):
                inside = {*line.rooms, *self._rooms(line, joiner, joining)}
                there = self.facts(line, receiver, body).but(rooms=tuple(inside))
                if _taken(there) and self.fits(line, joiner, joining) and self.join(line, joiner, joining):
                    return body
        raise NotChecked(f"'{receiver.message.name}' would be refused: {self._why(line, receiver, body)}")

    def _why(self, line: Line, receiver: Receiver, body: Any) -> str:
        try:
            found = self.verdict(line, receiver, body)
        except Unknown as error:
            return f"{error} is not known"
        return found.say or str(found.status) if found else ""

    def expected(self, line: Line, receiver: Receiver, body: Any, row: Mapping[str, Any] | None = None) -> list[Expected]:
        """The messages that a message must cause."""
        facts = self.facts(line, receiver, body)
        behavior = receiver.operation.behavior
        if row is None and behavior.do == "create":
            row = foreseen(self.session, facts)
        return list(View(facts.but(row=row)).expected(behavior.get("emit")))


def foreseen(session: Session, facts: Facts) -> Mapping[str, Any]:
    """What is known beforehand of a row that is created."""
    behavior = facts.operation.behavior
    collection = session.contract.collections.get(behavior.collection or "")
    if collection is None:
        return {}
    view = View(facts)
    accepted = behavior.get("accepts")
    body = facts.body if isinstance(facts.body, dict) else {}
    row = {name: value for name, value in body.items() if name in collection.stored and (accepted is None or name in accepted)}
    row |= {name: facts.path[name] for name in facts.path if name in collection.stored}
    for word in ("scope", "set"):
        row |= {name: value for name, text in (behavior.get(word) or {}).items() if (value := view.value(text)) is not UNKNOWN}
    return {**row, behavior.words["owner"]: facts.person.key} if "owner" in behavior.words and facts.person else row


def _taken(facts: Facts) -> bool:
    try:
        return View(facts).verdict() is None
    except Unknown:
        return False


def _scope(view: View, scope: Mapping[str, Any]) -> dict[str, Any]:
    try:
        if "where" in scope:
            return equalities(view, scope["where"])
        return {name: view.sure(text) for name, text in scope.items()}
    except Unknown:
        return {}


def _dotted(text: str) -> Place:
    return tuple(filter(None, text.split(".")))


def _free(channel: Channel, receiver: Receiver, value: Any) -> list[Place]:
    """The places of a payload whose texts may be any."""
    found = _texts(channel, receiver.message.schema, value, ())
    taken = {"enum", "const", "pattern", "format"}
    return [at for at, node in found if node.get("maxLength", 10_000) > SHORT and not set(node) & taken and at != (channel.tag,)]


def _texts(channel: Channel, schema: Any, value: Any, at: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """The places of a payload with texts, and their schemas."""
    document = channel.bundle.data
    node = schemas.follow(document, schema) if schema is not None else {}
    if isinstance(value, str) and isinstance(node, dict):
        yield at, node
    if isinstance(value, dict):
        for name, inner in schemas.properties(document, node).items():
            if name in value:
                yield from _texts(channel, inner, value[name], (*at, name))


def _leaves(value: Any, at: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*at, name))
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield at, value
