"""What x-behavior says of a message or an opening, worked out over what a client can see of the target. What nobody can see is unknown, never guessed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contract_tests.bindings import place_of
from contract_tests.people import Person
from contract_tests.session import Session
from understudy.contract.expressions import ExpressionError, Scope, compile_expression
from understudy.contract.functions import time
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["NOBODY", "NOBODY_UUID", "UNKNOWN", "Expected", "Facts", "Refusal", "Seen", "Unknown", "View", "agrees", "equalities", "seen", "templates"]

Row = dict[str, Any]
WITH_ROW = ("read", "update", "delete", "transition", "take", "give")
CLOSE = 0.011  # seconds by which instants may differ that are one: some write them with milliseconds


class Unknown(Exception):  # noqa: N818 - it is no error
    """Something that an expression asks for and that can't be seen from outside."""


class _Unknown:
    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Any = _Unknown()


class Seen(dict[str, Any]):
    """A row as far as it was seen: a field that it does not show is unknown, not absent."""

    def get(self, name: str, _default: Any = None) -> Any:
        """The value of a field; raises Unknown."""
        return self[name]

    def __missing__(self, name: str) -> Any:
        raise Unknown(name)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something must be refused. status: as of HTTP; say: the text."""

    status: int
    say: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """A message that must come. room: None for everyone; to: `sender`, or None; data: its payload, with UNKNOWN in it; rooms: all to which it goes."""

    message: str
    room: str | None
    data: Any = UNKNOWN
    to: str | None = None
    delay: float = 0.0
    rooms: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What is known of a message, a request or a handshake.

    person: of whom it is; eyes: who looks; rooms: that the socket has joined; row: that it is about, where it is known; held: (row, user) -> what locks
    hold, where it is known; near: collection -> scope in which its rows are looked for where nothing else says it; extra: names and their values.
    """

    session: Session
    operation: Operation
    person: Person | None
    eyes: Person | None = None
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    rooms: tuple[str, ...] = ()
    row: Mapping[str, Any] | None = None
    held: Callable[[Any, Any], int] | None = None
    near: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def but(self, **changes: Any) -> "Facts":
        """The same with other facts."""
        return replace(self, **changes)


def seen(contract: Contract, collection: Collection | None, row: Mapping[str, Any] | None) -> Any:
    """A row with the foreign keys that its embedded rows tell; None stays None."""
    if row is None:
        return None
    made = Seen(row)
    for name, ref in collection.refs.items() if collection else ():
        other = contract.collections.get(ref.collection)
        inner = row.get(ref.embed) if ref.embed else None
        if name not in row and other is not None and isinstance(inner, dict) and other.key in inner:
            made[name] = inner[other.key]
    return made


def templates(contract: Contract) -> dict[str, Mapping[str, Any]]:
    """How messages are made of rows, by name."""
    return {push.message.name: push.words for channel in contract.channels for push in channel.sends.values() if push.words}


class View:
    """The names and rows of one evaluation: a `Source` of expressions."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.session, self.contract = facts, facts.session, facts.session.contract
        self.words = facts.operation.behavior.words
        self.withs: Mapping[str, Any] = self.words.get("with") or {}
        self.extra = frozenset(self.withs) | frozenset(facts.extra)
        person = facts.person
        me = seen(self.contract, self._accounts(), {**person.row, self.session.people.key_name: person.key}) if person else None
        names = {"body": facts.body, "path": dict(facts.path), "query": dict(facts.query), "user": me, **facts.extra}
        names["socket"] = Seen(rooms=list(facts.rooms))
        if facts.row is not None:
            names["row"] = seen(self.contract, self._collection(facts.operation.behavior.collection), facts.row)
        self.scope = Scope(self, names)

    def _collection(self, name: str | None) -> Collection | None:
        return self.contract.collections.get(name or "")

    def _accounts(self) -> Collection | None:
        return self._collection((self.contract.settings.get("auth") or {}).get("collection"))

    # the source of an expression

    def absent(self, name: str) -> Any:
        """A row that the operation needs, or the one that it is about; raises Unknown for what only the server knows."""
        if name in self.withs:
            self.scope[name] = self.needed(name)
            return self.scope[name]
        if name == "row":
            self.scope[name] = self.own_row()
            return self.scope[name]
        raise Unknown(name)

    def rows(self, collection: str, field: str | None, value: Any) -> Any:
        """The rows of a collection that can be seen; raises Unknown where an empty list may only mean that they can't."""
        known = self._collection(collection)
        if known is None:
            raise Unknown(collection)
        if field == known.key:
            found = self.lookup(known, value, {})
            return [] if found is None else [found]
        rows = self.session.rows(known, self.facts.eyes or self.facts.person, {field: value} if field else {})
        belongs = any(child.collection == collection and child.by == field for item in self.contract.collections.values() for child in item.children.values())
        if not rows and not belongs:
            raise Unknown(collection)
        inside = {field: value} if field and belongs else {}  # a row that is shown inside another does not say so itself
        return [seen(self.contract, known, {**inside, **row}) for row in rows]

    def virtual(self, _collection: str, name: str, row: Row) -> Any:
        """A computed field, as the target shows it."""
        return row[name]

    def held(self, _collection: str | None, row: Row, user: Any) -> Any:
        """What locks hold of a row, where it is only locked by us."""
        if self.facts.held is None:
            raise Unknown("held")
        return self.facts.held(row, user)

    def random_text(self, _length: int) -> str:
        """Nobody knows it."""
        raise Unknown("random_text")

    def random_id(self) -> str:
        """Nobody knows it."""
        raise Unknown("random_id")

    # rows

    def lookup(self, collection: Collection, key: Any, scope: Mapping[str, Any]) -> Any:
        """A row by its key, None where there is none; raises Unknown where that can't be told."""
        if key is None:
            return None
        if collection is self._accounts():
            return self._account(collection, key)
        eyes = self.facts.eyes or self.facts.person
        if self.session.reader(collection) is not None:
            return seen(self.contract, collection, self.session.read(collection, key, eyes))
        scope = scope or self.facts.near.get(collection.name, {})
        rows = self.session.rows(collection, eyes, scope)
        found = next((row for row in rows if str(row.get(collection.key)) == str(key)), None)
        if found is None and not scope:
            raise Unknown(f"{collection.name} {key}")
        return seen(self.contract, collection, {**scope, **found} if found is not None else None)

    def _account(self, collection: Collection, key: Any) -> Any:
        person = next((item for item in self.session.people.everyone if str(item.key) == str(key)), None)
        if person is not None:
            reader = self.session.reader(collection)
            now = self.session.read(collection, person.key, self.facts.eyes or person) if reader is not None else None
            return seen(self.contract, collection, {**person.row, **(now or {}), collection.key: person.key})
        if key == NOBODY or str(key) == NOBODY_UUID:
            return None
        raise Unknown(f"account {key}")

    def needed(self, name: str) -> Any:
        """The row of `with` by its name."""
        word = self.withs[name]
        collection = self._collection(word["collection"])
        if collection is None or "key" not in word:
            raise Unknown(name)
        row = self.lookup(collection, self.sure(word["key"]), equalities(self, word.get("where")))
        if row is not None and "where" in word:
            before = self.scope.get("it", UNKNOWN)
            self.scope["it"] = row
            fits = self.sure(word["where"])
            self.scope["it"] = before
            return row if fits else None
        return row

    def own_row(self) -> Any:
        """The row that the operation is about."""
        behavior = self.facts.operation.behavior
        collection = self._collection(behavior.collection)
        key = behavior.words.get("key") or (f"path['{self.facts.operation.path_names[-1]}']" if self.facts.operation.path_names else None)
        if collection is None or key is None or behavior.do == "create":
            raise Unknown("row")
        scope = {name: self.sure(text) for name, text in (behavior.get("scope") or {}).items()}
        row = self.lookup(collection, self.sure(key), scope)
        fits = row is not None and all(str(dict.get(row, name, value)) == str(value) for name, value in scope.items())
        return row if fits else None

    # values

    def sure(self, expression: Any) -> Any:
        """The value of an expression; raises Unknown."""
        try:
            return compile_expression(expression, extra=self.extra)(self.scope)
        except ExpressionError:
            raise Unknown(str(expression)) from None
        except (AttributeError, TypeError, KeyError):
            raise Unknown(str(expression)) from None

    def value(self, template: Any) -> Any:
        """The value of an expression or a map of them, with UNKNOWN where it is."""
        if isinstance(template, Mapping):
            return {name: self.value(item) for name, item in template.items()}
        try:
            return self.sure(template)
        except Unknown:
            return UNKNOWN

    def verdict(self) -> Refusal | None:
        """Why what the facts tell must be refused, None where it must be accepted; raises Unknown where that can't be told."""
        for step in (self._required, self._rows_there, self._may, self._row_there, self._allowed, self._moves):
            found = step()
            if found is not None:
                return found
        return None

    def _required(self) -> Refusal | None:
        return self._first(self.words.get("requires") or ())

    def _first(self, refusals: Any) -> Refusal | None:
        return next((Refusal(int(item.get("status", 409)), str(item["say"])) for item in refusals if self.sure(item["when"])), None)

    def _rows_there(self) -> Refusal | None:
        for name, word in self.withs.items():
            if not word.get("optional") and self.sure(name) is None:
                return Refusal(404, str(word.get("say", "")))
        return None

    def _may(self) -> Refusal | None:
        roles, member = self.words.get("roles"), self.words.get("members")
        person = self.facts.person
        if roles and (person is None or person.role not in roles):
            return Refusal(403)
        if not member:
            return None
        collection = self.contract.collections[member["of"]]
        row = self.lookup(collection, self.sure(member["key"]), {})
        mine = self._roles_in(collection, row) if row is not None else set()
        return None if mine & set(member.get("roles") or mine) else Refusal(403 if row is not None else 404)

    def _roles_in(self, collection: Collection, row: Any) -> set[str]:
        """The roles that the person has in a row with members."""
        members, key = collection.members, self.facts.person.key if self.facts.person else None
        if members is None or key is None:
            return set()
        listed = row[members.list] if members.list else self.rows(members.collection or "", members.by, row[collection.key])
        mine = {str(item.get(members.role, "member")) for item in listed if str(item.get(members.user)) == str(key)}
        return mine | ({"owner"} if members.owner and str(row[members.owner]) == str(key) else set())

    def _row_there(self) -> Refusal | None:
        behavior = self.facts.operation.behavior
        needs = behavior.do in WITH_ROW and behavior.collection
        return Refusal(404) if needs and self.sure("row") is None else None

    def _allowed(self) -> Refusal | None:
        allow = self.words.get("allow")
        if allow is not None and not self.sure(allow):
            return Refusal(403)
        return self._first(self.words.get("unless") or ())

    def _moves(self) -> Refusal | None:
        """A state that can't be reached from the one that the row has."""
        collection = self._collection(self.facts.operation.behavior.collection)
        states = collection.states if collection else None
        word = (self.words.get("set") or {}).get(states.field) if states and self.facts.operation.behavior.do in ("update", "transition") else None
        if states is None or word is None:
            return None
        before, after = self.sure("row")[states.field], self.sure(word)
        return Refusal(409) if after != before and after not in states.moves.get(str(before), ()) else None

    # messages

    def rooms(self) -> list[str]:
        """The rooms that whoever does it joins; raises Unknown."""
        word = self.words.get("room")
        found = self.sure(word) if word is not None else []
        return [str(item) for item in (found if isinstance(found, list) else [found]) if item is not None]

    def expected(self, emits: Any, delay: float = 0.0) -> Iterator[Expected]:
        """The messages that must be sent; one of which it can't be told whether, or where to, is left out."""
        for emit in emits or ():
            try:
                items = self.sure(emit["each"]) if "each" in emit else [None]
                for item in items:
                    if "each" in emit:
                        self.scope["it"] = item
                    if "when" not in emit or self.sure(emit["when"]):
                        yield self._one(emit, delay)
            except Unknown:
                continue

    def _one(self, emit: Mapping[str, Any], delay: float) -> Expected:
        template = templates(self.contract).get(emit["message"], {})
        about = self.sure(emit["of"]) if "of" in emit else None
        if about is not None:
            self.scope["row"], before = about, dict.get(self.scope, "row")
        try:
            room = emit.get("room", template.get("room"))
            data = emit.get("data", template.get("data", "row"))
            return Expected(emit["message"], self.sure(room) if room is not None else None, self.value(data), emit.get("to"), delay)
        finally:
            if about is not None:
                self.scope["row"] = before


NOBODY = 2_000_000_000
NOBODY_UUID = "deadbeef-dead-4eef-8ead-deadbeefdead"


def equalities(view: View, where: Any) -> dict[str, Any]:
    """`it.party_id == path.partyId` as a scope: field -> value."""
    left, _, right = where.partition("==") if isinstance(where, str) and where.count("==") == 1 else ("", "", "")
    name = left.strip().removeprefix("it.")
    return {name: view.sure(right.strip())} if left.strip().startswith("it.") and name.isidentifier() and place_of(right.strip()) else {}


def agrees(expected: Any, got: Any, path: str = "") -> str | None:
    """The first place at which a payload differs from what is expected, in words; None where it agrees as far as that is known."""
    if expected is UNKNOWN:
        return None
    if isinstance(expected, Seen) or (isinstance(expected, dict) and isinstance(got, dict)):
        return _maps_agree(expected, got, path)
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        return next((why for index, (a, b) in enumerate(zip(expected, got, strict=True)) if (why := agrees(a, b, f"{path}[{index}]"))), None)
    return None if _same(expected, got) else f"{path.lstrip('.') or 'the payload'} is {_brief(got)}, not {_brief(expected)}"


def _maps_agree(expected: Any, got: Any, path: str) -> str | None:
    if not isinstance(got, dict):
        return f"{path.lstrip('.') or 'the payload'} is {_brief(got)}, and no object"
    for name, value in dict.items(expected):
        if name not in got:
            if isinstance(expected, Seen) or value is None or value is UNKNOWN:
                continue
            return f"{path.lstrip('.')}{'.' if path else ''}{name} is missing"
        why = agrees(value, got[name], f"{path}.{name}")
        if why:
            return why
    return None


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= 1e-9 * max(1.0, abs(a))
    if isinstance(a, str) and isinstance(b, str) and a != b:
        first, second = time(a), time(b)
        return first is not None and second is not None and abs(first - second) < CLOSE
    return bool(a == b) or str(a) == str(b)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
