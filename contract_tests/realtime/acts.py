"""Acts: a deed with the message that it must cause, foretold as far as that can be known from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.exchange import Evidence
from contract_tests.people import Person
from contract_tests.realtime.clocks import pass_time
from contract_tests.realtime.counters import Counter, tills
from contract_tests.realtime.deeds import Deed, Source, prepared, referring
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import Line
from contract_tests.realtime.scenes import Scene, noted, other_than, place_for, scene
from contract_tests.realtime.sight import UNKNOWN, Expected, Facts, Unknown, View, seen, templates
from contract_tests.session import Session
from understudy.contract import schemas
from understudy.contract.model import Channel, Collection, Push, Receiver

__all__ = ["Act", "act_of", "steered"]

PLENTY = 20  # of what a lock is made of


@dataclass
class Act:
    """What will bring a message about.

    expected: how that message must be, as far as it is known; do: brings it about and gives what is then known; line: of who does it, where that is a
    socket; silent: that nothing must come; scene, deed: of what it is made, to do it again; foretell: what must come of a deed.
    """

    actor: Person | None
    expected: Expected
    do: Callable[[], tuple[Expected, tuple[Evidence, ...]]]
    line: Line | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    silent: bool = False
    undo: Callable[[], Any] = lambda: None
    scene: Scene | None = None
    deed: Deed | None = None
    foretell: Callable[[Deed, Any], list[Expected]] = lambda _deed, _made: []


def act_of(letters: Letters, channel: Channel, push: Push, source: Source) -> Act:
    kind = source.operation.method
    if kind == "RECEIVE":
        return _by_message(letters, source)
    return _by_opening(letters, channel, source) if kind == "OPEN" else _by_request(letters, source)


def _by_message(letters: Letters, source: Source) -> Act:
    channel, receiver = _receiver(letters.session, source)
    made = scene(letters, channel, receiver)
    wanted = _one(letters.expected(made.line, receiver, made.body), source)

    def do() -> tuple[Expected, tuple[Evidence, ...]]:
        letters.stage.say(made.line, receiver, made.body)
        letters.fence(made.line)
        noted(letters, made.line, receiver, made.body)
        return _one(letters.expected(made.line, receiver, made.body), source, wanted), ()

    return Act(made.line.person, wanted, do, made.line, made.about, scene=made)


def _receiver(session: Session, source: Source) -> tuple[Channel, Receiver]:
    return next((channel, item) for channel in session.contract.channels for item in channel.receives.values() if item.operation is source.operation)


def _one(found: Sequence[Expected], source: Source, fallback: Expected | None = None) -> Expected:
    """The message that is looked for among those that are expected. Raises NotChecked."""
    fitting = [item for item in found if item.message == source.emit["message"]]
    one = replace(fitting[0], rooms=frozenset(item.room for item in fitting if item.room is not None)) if fitting else fallback
    if one is None:
        raise NotChecked(f"whether and where to '{source.emit['message']}' is sent can't be told from outside")
    return one


def _by_opening(letters: Letters, channel: Channel, source: Source) -> Act:
    """Somebody else comes, or goes."""
    session = letters.session
    host = session.people.first()
    guest = other_than(session, host)
    if guest is None:
        raise NotChecked("there is nobody else who could come")
    path = place_for(session, channel, host, guest)
    wanted = _one(list(View(Facts(session, channel.opening, guest, host, path)).expected([source.emit])), source)
    line = letters.stage.open(channel, guest, path) if source.closing else None

    def do() -> tuple[Expected, tuple[Evidence, ...]]:
        if line is not None:
            line.client.close()
        else:
            letters.stage.open(channel, guest, path)
        return wanted, ()

    return Act(host, wanted, do, about=path)


def _by_request(letters: Letters, source: Source) -> Act:
    session = letters.session
    spends = any(isinstance(move, Mapping) and move.get("hold") == "spend" for move in _moves(source))
    deed = _spending(letters, source) if spends else prepared(session, source)
    if source.delay and "each" in source.emit:
        return _by_later(letters, source, deed)
    before = _seen_row(deed.facts(session))
    wanted = _expected(session, source, deed.facts(session, deed.foreseen(session)), before)
    factor = next((factor for factor in LARGER if wanted is None and source.whenever and before and _would(session, source, deed.larger(factor), before)), None)
    if factor is not None:
        deed = deed.larger(factor)
        wanted = _expected(session, source, deed.facts(session), before)

    def do() -> tuple[Expected, tuple[Evidence, ...]]:
        answer, made = deed.do(session)
        if source.delay:
            pass_time(session, source.delay + 0.1, f"'{source.emit['message']}'")
        return _expected(session, source, deed.facts(session, made), before, wanted), (answer,)

    def foretell(deed: Deed, made: Any) -> list[Expected]:
        return [_expected(session, source, deed.facts(session, made), None, wanted)]

    undo = deed.larger(-1) if factor is not None else None
    about = {**deed.request.path, **_keys(deed.request.body)}
    act = Act(deed.actor, wanted or _NOWHERE, do, about=about, silent=wanted is None, deed=deed, foretell=foretell)
    act.undo = lambda: undo.do(session) if undo else None
    return act


LARGER = (10, 100)  # how many times larger the numbers of a change are, until a message tells of it


def _would(session: Session, source: Source, deed: Deed, before: Any) -> bool:
    try:
        return _expected(session, source, deed.facts(session), before) is not None
    except NotChecked:
        return False


def _spending(letters: Letters, source: Source) -> Deed:
    """A request that spends a lock which was just made."""
    till = next((item for item in tills(letters.session.contract) if item.spender is source.operation), None)
    if till is None:
        raise NotChecked("no message makes the lock that it spends")
    counter = Counter(letters, till, PLENTY)
    line = counter.line(counter.people[0])
    reply = counter.lock(line, 2)
    if reply is None:
        raise NotChecked("the lock that it spends is refused")
    request = counter.request(source.operation, 2, counter.lock_id(reply))
    near: dict[str, Mapping[str, Any]] = {till.collection.name: {**counter.scope, till.collection.key: counter.key}}
    return Deed(source, counter.people[0], request, near, {str(counter.key)})


def _by_later(letters: Letters, source: Source, deed: Deed) -> Act:
    """A message about rows that refer to the one that was made: one of them is made in the time until then."""
    session = letters.session
    answer, made = deed.do(session)
    referring(session, source, made, deed.actor)
    wanted = _expected(session, source, deed.facts(session, made), None)

    def do() -> tuple[Expected, tuple[Evidence, ...]]:
        now = _expected(session, source, deed.facts(session, made), None)
        pass_time(session, source.delay + 0.1, f"'{source.emit['message']}'")
        return now, (answer,)

    return Act(deed.actor, wanted, do)


_NOWHERE = Expected("", None)


def _moves(source: Source) -> list[Any]:
    found = source.operation.behavior.get("take") or []
    return found if isinstance(found, list) else [found]


def _keys(body: Any) -> dict[str, Any]:
    return {name: value for name, value in body.items() if isinstance(value, str | int)} if isinstance(body, dict) else {}


def _seen_row(facts: Facts) -> Any:
    try:
        return View(facts).sure("row")
    except Unknown:
        return None


def _expected(session: Session, source: Source, facts: Facts, before: Any, known: Expected | None = None) -> Any:
    """The message that is looked for; None where it must not come."""
    if source.whenever is None:
        return _one(list(View(facts).expected([source.emit], source.delay)), source, known)
    if source.made is not None:
        return _told(session, source, _effect(View(facts), source.made), None)
    behavior = source.operation.behavior
    if known is not None:
        after = _seen_row(facts)
        return _told(session, source, after, before) or known
    if behavior.do == "create":
        return _told(session, source, facts.row, None)
    if not before:
        raise NotChecked(f"what {source.operation.id} changes can't be seen from outside")
    foretold = View(facts.but(row={**before, **_changes(View(facts), behavior.get("set") or {})}, extra={"old": before}))
    try:
        sure = bool(foretold.sure(source.whenever))
    except Unknown as error:
        raise NotChecked(f"whether '{source.emit['message']}' is sent can't be told: {error} is not seen") from None
    return _told(session, source, foretold.scope["row"], before) if sure else None


def _changes(view: View, words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, text in words.items() if (value := view.value(text)) is not UNKNOWN}


def _effect(view: View, effect: Mapping[str, Any]) -> dict[str, Any]:
    return _changes(view, effect.get("set") or {})


def _told(session: Session, source: Source, row: Any, old: Any) -> Expected | None:
    """The message about a row that goes by itself."""
    template = templates(session.contract)[source.emit["message"]]
    collection = session.contract.collections.get(template.get("collection", ""))
    facts = Facts(session, source.operation, None, row=None, extra={"row": seen(session.contract, collection, row), "old": old})
    view = View(facts)
    try:
        room = view.sure(template["room"]) if "room" in template else None
    except Unknown as error:
        raise NotChecked(f"where '{source.emit['message']}' is sent can't be told: {error} is not seen") from None
    data = view.value(template["data"]) if "data" in template else facts.extra["row"]
    return Expected(source.emit["message"], room, data, None, source.delay)


# what only the target's own control API can bring about


def steered(letters: Letters, channel: Channel, push: Push) -> Act:
    """A row of somebody's is changed from outside, where the target can be steered so. Raises NotChecked."""
    session = letters.session
    template = templates(session.contract)[push.message.name]
    collection = session.contract.collections[template["collection"]]
    source = Source(channel.opening, {"message": push.message.name}, 0.0, str(template["whenever"]))
    for before in session.steering.rows(collection.name):
        wanted = _told(session, source, before, before)
        fields = _other(collection, before, source.whenever or "")
        mine = wanted is not None and any(wanted.room == f"user:{person.key}" for person in session.people.everyone)
        if fields and mine:
            return _changed(letters, source, collection, before, fields)
    raise NotChecked(f"no row of {collection.name} of anybody who can sign in can be changed so that '{push.message.name}' tells of it")


def _changed(letters: Letters, source: Source, collection: Collection, before: Mapping[str, Any], fields: Mapping[str, Any]) -> Act:
    session = letters.session
    wanted = _told(session, source, {**before, **fields}, before)

    def do() -> tuple[Expected, tuple[Evidence, ...]]:
        answer = session.steering.change(collection.name, before[collection.key], fields)
        return _told(session, source, answer.json, before) or wanted or _NOWHERE, (answer,)

    old = {name: before[name] for name in fields}
    return Act(None, wanted or _NOWHERE, do, undo=lambda: session.steering.change(collection.name, before[collection.key], old))


def _other(collection: Collection, row: Mapping[str, Any], whenever: str) -> dict[str, Any]:
    """Another value for a field that a message looks at."""
    for name, schema in collection.properties.items():
        node = schemas.follow(collection.bundle.data, schema)
        moves = collection.states.moves.get(str(row.get(name)), ()) if collection.states and collection.states.field == name else None
        values = moves if moves is not None else (node.get("enum") or ()) if isinstance(node, dict) else ()
        other = next((value for value in values if value != row.get(name)), None)
        if f"row.{name} != old.{name}" in whenever and other is not None and name in row:
            return {name: other}
    return {}
