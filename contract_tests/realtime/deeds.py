"""Deeds: what brings a message about - an operation of REST, a message, an opening or a closing - and how it is done to rows of our own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contract_tests.bindings import Spot, bindings
from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.people import Person
from contract_tests.realtime import props
from contract_tests.realtime.letters import foreseen
from contract_tests.realtime.scenes import keys_of
from contract_tests.realtime.sight import Facts
from contract_tests.samples import Request
from contract_tests.session import Session
from fixtures.instants import seconds as seconds_of
from understudy.contract import schemas
from understudy.contract.model import Channel, Collection, Contract, Operation, Push

__all__ = ["Deed", "Source", "prepared", "referring", "sources"]

PLENTY = 60
EQUAL = re.compile(r"body\.(\w+) != row\.(\w+)")
CHANGES = ("update", "transition", "take", "give")


@dataclass(frozen=True)
class Source:
    """What brings a message about. emit: the words of `emit`, or those of a message that goes by itself; delay: seconds until then;
    whenever: the condition on `row` and `old`, where it goes by itself; made: the words of the effect that makes the row it is about."""

    operation: Operation
    emit: Mapping[str, Any]
    delay: float = 0.0
    whenever: str | None = None
    made: Mapping[str, Any] | None = None
    closing: bool = False

    @property
    def name(self) -> str:
        """Of the operation, and whether it is its end or something later."""
        return f"{self.operation.id}{'.close' if self.closing else ''}{'.later' if self.delay else ''}"


def sources(contract: Contract, push: Push) -> list[Source]:
    """All that brings a message about, each operation once."""
    found: dict[str, Source] = {}
    for source in (*_emitting(contract, push), *_changing(contract, push)):
        found.setdefault(source.name, source)
    return list(found.values())


def _operations(contract: Contract) -> Iterator[Operation]:
    yield from contract.operations
    for channel in contract.channels:
        yield from (receiver.operation for receiver in channel.receives.values())
        yield channel.opening


def _emitting(contract: Contract, push: Push) -> Iterator[Source]:
    name = push.message.name
    for operation in _operations(contract):
        words = operation.behavior.words
        yield from (Source(operation, emit) for emit in words.get("emit") or () if emit["message"] == name)
        yield from (Source(operation, emit, closing=True) for emit in (words.get("closes") or {}).get("emit") or () if emit["message"] == name)
        for later in words.get("after") or ():
            yield from (Source(operation, emit, seconds_of(later["delay"])) for emit in later.get("emit") or () if emit["message"] == name)


def _changing(contract: Contract, push: Push) -> Iterator[Source]:
    """Operations that make or change rows of which a message tells by itself."""
    words = next((item.words for channel in contract.channels for item in channel.sends.values() if item.message.name == push.message.name and item.words), {})
    if "whenever" not in words:
        return
    kind, condition, emit = words.get("collection"), str(words["whenever"]), {"message": push.message.name}
    for operation in contract.operations:
        behavior = operation.behavior
        for delay, effects in ((0.0, behavior.words), *((seconds_of(later["delay"]), later) for later in behavior.get("after") or ())):
            for effect in effects.get("creates") or ():
                if effect["collection"] == kind and "each" not in effect:
                    yield Source(operation, emit, delay, condition, effect)
        if behavior.collection == kind and behavior.do in ("create", *CHANGES) and _may_tell(operation, condition):
            yield Source(operation, emit, 0.0, condition)


COMPARED = re.compile(r"row\.(\w+) != old\.(\w+)")


def _may_tell(operation: Operation, condition: str) -> bool:
    """Whether an operation changes a field whose change is told; one that does not is nothing to try out: who knows what it does."""
    compared = {mine for mine, its in COMPARED.findall(condition) if mine == its}
    media = next((item for kind, item in operation.bodies.items() if schemas.is_json(kind)), None)
    given = schemas.properties(operation.bundle.data, media.schema or {}) if media else {}
    return not compared or bool(compared & (set(given) | set(operation.behavior.get("set") or ())))


@dataclass
class Deed:
    """A request that will bring a message about. near: collection -> scope of our rows; ours: keys of rows that nobody but us locks."""

    source: Source
    actor: Person | None
    request: Request
    near: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)

    def facts(self, session: Session, row: Mapping[str, Any] | None = None) -> Facts:
        """What is known of it."""
        held = self._holding if self.ours else None
        body = self.request.body
        return Facts(session, self.source.operation, self.actor, self.actor, self.request.path, self.request.query, body, row=row, held=held, near=self.near)

    def _holding(self, row: Any, _user: Any) -> int:
        """Nobody has locked our rows."""
        from contract_tests.realtime.sight import Unknown

        if str(row.get("id")) not in self.ours:
            raise Unknown("held")
        return 0

    def do(self, session: Session) -> tuple[Exchange, Mapping[str, Any] | None]:
        """Sends the request; the row that it made, where it makes one. Raises NotChecked where it is refused."""
        operation = self.source.operation
        made: Mapping[str, Any] | None = None
        if operation.behavior.do == "create":
            made, answer = session.create(operation, self.actor, self.request)
        else:
            answer = session.perform(operation, self.actor, self.request)
        if not answer.ok:
            raise NotChecked(f"{operation.id}, which brings it about, answered {answer.status}")
        return answer, made

    def larger(self, factor: int) -> "Deed":
        """The same with larger numbers in its body."""
        body = self.request.body if isinstance(self.request.body, dict) else {}
        bound = {name for name in body if name.lower().endswith("id")}
        numbers = {name: value * factor for name, value in body.items() if isinstance(value, int | float) and not isinstance(value, bool) and name not in bound}
        return replace(self, request=self.request.with_body(**numbers)) if numbers else self

    def foreseen(self, session: Session) -> Mapping[str, Any] | None:
        """The row that it is about, as far as it is known beforehand; None where REST shows it already."""
        return foreseen(session, self.facts(session)) if self.source.operation.behavior.do == "create" else None


def prepared(session: Session, source: Source) -> Deed:
    """A deed about rows of our own, as far as the API can make them. Raises NotChecked."""
    operation = source.operation
    actor = session.people.for_operation(operation)
    deed = Deed(source, actor, Request())
    given = _given(session, deed, operation)
    undone = _undone(session, operation)
    if undone is not None:
        given |= _first_done(session, deed, undone, given)
    deed.request = _matched(session, operation, actor, session.samples.request(operation, actor, given), deed)
    _moved(session, deed, given)
    return deed


CHOSEN = re.compile(r"^\(body\.(\w+)\)$")


def _moved(session: Session, deed: Deed, given: Mapping[Spot, Any]) -> None:
    """Where the request says the state that a row moves to: one that it can move to, or another row. Raises NotChecked."""
    operation = deed.source.operation
    collection = session.contract.collections.get(operation.behavior.collection or "")
    chosen = CHOSEN.match(str(operation.behavior.get("to") or ""))
    if chosen is None or collection is None or collection.states is None or not operation.path_names:
        return
    name, spot, states = chosen.group(1), ("path", _key_name(operation)), collection.states
    scope = {field: value for field, value in deed.request.path.items() if field in collection.stored and field != spot[1]}
    for row in session.rows(collection, deed.actor, scope):
        moves = states.moves.get(str(row.get(states.field)), ())
        if moves:
            deed.request = session.samples.request(operation, deed.actor, {**given, spot: row[collection.key]}).with_body(**{name: moves[0]})
            return
    raise NotChecked(f"no row of {collection.name} can move to another state any more")


def _key_name(operation: Operation) -> str:
    found = re.match(r"path\.(\w+)$", str(operation.behavior.get("key") or ""))
    return found.group(1) if found else operation.path_names[-1]


def _undone(session: Session, operation: Operation) -> Operation | None:
    """The operation that this one undoes, which has to come first."""
    words = operation.behavior.get("conserves") or ()
    names = [words] if isinstance(words, str) else list(words)
    found = (item for item in session.contract.operations if item.id in names and not _spends(item))
    return next(found, None)


def _spends(operation: Operation) -> bool:
    moves = operation.behavior.get("take") or ()
    return any(isinstance(move, Mapping) and move.get("hold") == "spend" for move in ([moves] if isinstance(moves, Mapping) else moves))


def _first_done(session: Session, deed: Deed, operation: Operation, given: Mapping[Spot, Any]) -> dict[Spot, Any]:
    """Does what will be undone; what it was about, in the places of the undoing."""
    mine = {**_given(session, deed, operation), **{spot: value for spot, value in given.items() if spot[0] == "body"}}
    request = session.samples.request(operation, deed.actor, mine)
    makes = operation.behavior.do == "create"
    row, answer = session.create(operation, deed.actor, request) if makes else (None, session.perform(operation, deed.actor, request))
    if not answer.ok:
        raise NotChecked(f"{operation.id}, which has to come first, answered {answer.status}")
    target = deed.source.operation
    collection = session.contract.collections.get(target.behavior.collection or "")
    if row is not None and collection is not None and operation.behavior.collection == collection.name and target.path_names:
        return {("path", target.path_names[-1]): row[collection.key]}
    body = request.body if isinstance(request.body, dict) else {}
    return {("body", name): value for name, value in body.items()}


def _given(session: Session, deed: Deed, operation: Operation) -> dict[Spot, Any]:
    """Keys of our own rows, for the places of a request that name rows."""
    found: dict[Spot, Any] = {}
    places = [item for item in bindings(session.contract, operation) if item.each is None]
    accounts = (session.contract.settings.get("auth") or {}).get("collection")
    for item in sorted(places, key=lambda item: item.collection.capacity is None):
        if item.spot in found:
            continue
        if item.collection.name == accounts and item.spot[0] == "path":
            found[item.spot] = session.people.first((), [deed.actor] if deed.actor else []).key
        elif item.collection.capacity is not None and not (item.main and item.spot[0] == "path"):
            found |= _seats(session, deed, item.collection, places, item.spot)
        elif (channel := _opened_by(session.contract, item.collection)) is not None and deed.actor is not None:
            others = tuple(person for person in session.people.everyone if person is not deed.actor)[:1]
            found[item.spot] = next(iter(_path(session, channel, deed.actor, others).values()))
    return found


def _seats(session: Session, deed: Deed, collection: Collection, places: Any, spot: Spot) -> dict[Spot, Any]:
    """A new row with capacity, and what it belongs to."""
    if collection.name in deed.near:
        row = dict(deed.near[collection.name])
    else:
        try:
            row = dict(props.category(session, collection, PLENTY, deed.actor))
        except NotChecked:
            return {}
        deed.near[collection.name] = {name: row[name] for name in collection.refs if name in row} | {collection.key: row[collection.key]}
        deed.ours.add(str(row[collection.key]))
    keys = keys_of(collection, row)
    return {item.spot: keys[item.collection.name] for item in places if item.collection.name in keys} | {spot: row[collection.key]}


def _opened_by(contract: Contract, collection: Collection) -> Channel | None:
    """The channel whose path names a row of a collection."""
    return next(
        (
            channel
            for channel in contract.channels
            for word in (channel.opening.behavior.get("with") or {}).values()
            if word["collection"] == collection.name and len(channel.opening.path_names) == 1
        ),
        None,
    )


def _path(session: Session, channel: Channel, person: Person, others: tuple[Person, ...]) -> dict[str, Any]:
    try:
        return props.path_of(session, channel, person, others)
    except NotChecked:
        return props.path_of(session, channel, person)


def _matched(session: Session, operation: Operation, actor: Person | None, request: Request, deed: Deed) -> Request:
    """The request with the fields that must be those of its row: a payment's reference."""
    from contract_tests.realtime.sight import Unknown, View

    for item in operation.behavior.get("unless") or ():
        for mine, its in EQUAL.findall(str(item["when"])):
            deed.request = request
            try:
                row = View(deed.facts(session)).sure("row")
            except Unknown:
                continue
            if row is not None and its in row and isinstance(request.body, dict):
                request = request.with_body(**{mine: row[its]})
    return request


REFERRING = re.compile(r"rows\('(\w+)', it\.(\w+) == row\.\w+\)")


def referring(session: Session, source: Source, row: Mapping[str, Any] | None, actor: Person | None) -> None:
    """Makes a row that refers to another one, as the `each` of a message looks for them. Raises NotChecked."""
    found = REFERRING.match(str(source.emit["each"]))
    collection = session.contract.collections.get(source.operation.behavior.collection or "")
    other = session.contract.collections.get(found.group(1)) if found else None
    operation = session.creator(other) if other is not None else None
    if row is None or collection is None or operation is None:
        raise NotChecked(f"no row that '{source.emit['message']}' is about can be made")
    given = {item.spot: row[collection.key] for item in bindings(session.contract, operation) if item.collection is collection}
    made, answer = session.create(operation, actor, session.samples.request(operation, actor, given))
    if made is None or not given:
        raise NotChecked(f"{operation.id} answered {answer.status}")
