"""What follows from an act: capacity moved, rows made, changed and removed elsewhere, things spent, messages, and what happens later."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fixtures.instants import seconds
from mock_server.engine import acts, guards, locks, lookups, rows
from mock_server.engine.answers import texts
from mock_server.engine.call import Call, Emit, Entity
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem
from mock_server.state.seats import CapacityError, HoldError, Ledger
from mock_server.state.store import Row
from understudy.contract.expressions import ExpressionError, names_in
from understudy.contract.functions import time

Step = Callable[[Call], None]
MOST_TIMES = 10_000
MOST_ROOMS = 1000  # of one socket
OF_THE_ROW = frozenset({"row", "old", "now", "it"})
OF_THE_CALL = frozenset({"path", "query", "body", "user", "address", "base"})


def _all(steps: Iterable[Step | None]) -> Step | None:
    found = [step for step in steps if step is not None]
    if not found:
        return None

    def run(call: Call) -> None:
        for step in found:
            step(call)

    return run


def spends(plan: Plan) -> Step | None:
    """Uses something up that may be used once."""
    word = plan.words.get("spends")
    if not word:
        return None
    name = word["collection"]
    where = plan.compile(word["where"], "spends.where", {"it": name})
    candidates = lookups.candidates(plan, name, word["where"], "spends.where")
    status, say = word.get("status", 409), word.get("say", f"The {rows.singular(name).lower()} is not valid, or was used before")
    key = plan.runtime.contract.collections[name].key

    def spend(call: Call) -> None:
        found = _first(call, candidates(call), where)
        used = found is not None and word.get("used") and found.get(word["used"])
        expired = found is not None and word.get("expires") and (time(found.get(word["expires"])) or 0) <= call.now
        if found is None or used or expired:
            raise Problem(status, "spent", say, name=say)
        call.scope[word.get("as", "spent")] = found
        if word.get("used"):
            call.store.put(name, found[key], {**found, word["used"]: True})
        else:
            call.store.remove(name, found[key])

    return spend


def _first(call: Call, candidates: Iterable[Row], where: Callable[[Any], Any]) -> Row | None:
    for row in candidates:
        call.scope["it"] = row
        if where(call.scope):
            return row
    return None


@dataclass(frozen=True, slots=True)
class Move:
    """One compiled `take` or `give`."""

    ledger: Ledger
    word: Mapping[str, Any]
    give: bool
    each: Any
    key: Any
    quantity: Any
    lock: Any
    when: Any

    def run(self, call: Call) -> None:
        """Moves capacity, for each item if there are several; what is refused is 409."""
        if self.when is not None and not self.when(call.scope):
            return
        items = self.each(call.scope) if self.each is not None else [None]
        for item in items if isinstance(items, list) else []:
            call.scope["it"] = item
            self._one(call)

    def _one(self, call: Call) -> None:
        name = self.ledger.collection
        row = call.store.get(name, self.key(call.scope))
        quantity = 1 if self.quantity is None else self.quantity(call.scope)
        if row is None and self.give:
            return
        if row is None:
            raise rows.missing(name)
        try:
            after = self._moved(call, row, quantity)
        except (CapacityError, HoldError) as refused:
            raise Problem(409, "capacity", name=str(refused), field="quantity", rule="capacity") from None
        _refresh(call, name, after)

    def _moved(self, call: Call, row: Row, quantity: int) -> Row:
        ledger, hold = self.ledger, self.word.get("hold")
        if hold == "lock":
            return self._locked(call, row, quantity)
        if self.give:
            return ledger.release(call.store, row, quantity, guards.me(call)) if hold == "keep" else ledger.give(call.store, row, quantity)
        if hold == "keep":
            return ledger.reserve(call.store, row, quantity, guards.me(call), call.now, new_hold(call, ledger, row))
        if hold == "use":
            return ledger.buy(call.store, row, quantity, guards.me(call), call.now)
        if hold == "spend":
            lock = self.lock(call.scope) if self.lock else None
            locks.forget_end(call, ledger, lock)
            return ledger.spend(call.store, row, quantity, guards.me(call), lock, call.now)
        return ledger.take(call.store, row, quantity, call.now)

    def _locked(self, call: Call, row: Row, quantity: int) -> Row:
        """Locks, or frees the caller's lock; expressions call it `hold`. The row itself stays as it is."""
        ledger = self.ledger
        if self.give:
            call.scope["hold"] = hold = ledger.unlock(call.store, row, guards.me(call), call.now)
            locks.forget_end(call, ledger, hold["id"])
        else:
            end = call.now + seconds(ledger.holds.lifetime)
            call.scope["hold"] = hold = ledger.lock(call.store, row, quantity, guards.me(call), call.now, end, new_hold(call, ledger, row))
            locks.set_end(call, ledger, hold)
        return row


def new_hold(call: Call, ledger: Ledger, row: Row) -> Row:
    """The key, timestamps and foreign keys of a new hold: what the held row refers to, the hold refers to as well."""
    collections = call.runtime.contract.collections
    holds, held = collections[ledger.holds.collection], collections[ledger.collection]
    new: Row = {field: row[field] for field in holds.refs if field in held.refs and field in row}
    new[holds.key] = rows.new_key(call, holds)
    if ledger.holds.socket is not None and call.socket is not None:
        new[ledger.holds.socket] = call.socket.id
    rows.stamp(call, holds, new, created=True)
    return new


def _refresh(call: Call, name: str, after: Row) -> None:
    """Rows that expressions already name are seen as they are now."""
    key = call.runtime.contract.collections[name].key
    for known, collection in call.plan.names.items():
        row = call.scope.get(known)
        if collection == name and known != "old" and isinstance(row, dict) and row.get(key) == after[key]:
            call.scope[known] = after
            if known == "row":
                call.row = after


def moves(plan: Plan, word: str, source: Any = None) -> Step | None:
    """The step of `take` or `give`."""
    declared = plan.words.get(word) if source is None else source
    if not declared:
        return None
    return _all([_move(plan, word, item).run for item in (declared if isinstance(declared, list) else [declared])])


def _move(plan: Plan, word: str, item: Mapping[str, Any]) -> Move:
    ledger = plan.runtime.ledgers.get(item["of"])
    if ledger is None:
        raise plan.fault(f"{word}.of", f"'{item['of']}' is no collection with declared capacity.")
    compiled = {name: plan.compile(item[name], f"{word}.{name}") if name in item else None for name in ("each", "key", "quantity", "lock", "when")}
    return Move(ledger, item, word == "give", **compiled)


def creates(plan: Plan, source: Any = None) -> Step | None:
    """Rows made elsewhere."""
    return _all([_creation(plan, item) for item in (plan.words.get("creates") if source is None else source) or ()])


def _creation(plan: Plan, item: Mapping[str, Any]) -> Step:
    name = _collection(plan, item, "creates")
    fixed = plan.values(item.get("set") or {}, "creates.set")
    each, times, when = (plan.compile(item[word], f"creates.{word}") if word in item else None for word in ("each", "times", "when"))

    def run(call: Call) -> None:
        items = each(call.scope) if each is not None else [call.scope.get("it")]
        for element in items if isinstance(items, list) else []:
            call.scope["it"] = element
            number = times(call.scope) if times is not None else 1
            for _ in range(min(number if isinstance(number, int) else 0, MOST_TIMES)):
                if when is None or when(call.scope):
                    rows.create(call, name, fixed(call.scope))
                    call.scope["it"] = element

    return run


def updates(plan: Plan, source: Any = None) -> Step | None:
    """Rows changed elsewhere."""
    return _all([_elsewhere(plan, item, "updates") for item in (plan.words.get("updates") if source is None else source) or ()])


def removes(plan: Plan, source: Any = None) -> Step | None:
    """Rows removed elsewhere."""
    return _all([_elsewhere(plan, item, "removes") for item in (plan.words.get("removes") if source is None else source) or ()])


def _elsewhere(plan: Plan, item: Mapping[str, Any], word: str) -> Step:
    name = _collection(plan, item, word)
    where = plan.compile(item["where"], f"{word}.where", {"it": name}) if "where" in item else None
    candidates = lookups.candidates(plan, name, item.get("where"), f"{word}.where")
    when = plan.compile(item["when"], f"{word}.when") if "when" in item else None
    fixed = plan.values(item.get("set") or {}, f"{word}.set", {"it": name})

    def run(call: Call) -> None:
        if when is not None and not when(call.scope):
            return
        for row in list(candidates(call)):
            call.scope["it"] = row
            if where is None or where(call.scope):
                if word == "removes":
                    rows.remove(call, name, row)
                else:
                    _refresh(call, name, rows.change(call, name, row, fixed(call.scope)))

    return run


def _collection(plan: Plan, item: Mapping[str, Any], word: str) -> str:
    plan._known(item["collection"], word)
    return str(item["collection"])


def emits(plan: Plan, source: Any, what: str) -> Step | None:
    """Messages that leave after the commit."""
    return _all([_emit(plan, item, what) for item in source or ()])


def _emit(plan: Plan, item: Mapping[str, Any], what: str) -> Step:
    of, each, when = (plan.compile(item[word], f"{what}.{word}") if word in item else None for word in ("of", "each", "when"))
    room_of, data_of, alone = _addressed(plan, item, what), _said(plan, item, what), item.get("to") == "sender"

    def run(call: Call) -> None:
        if not call.runtime.listening:
            return
        items = each(call.scope) if each is not None else [call.scope.get("it")]
        for element in items if isinstance(items, list) else []:
            call.scope["it"] = element
            if when is None or when(call.scope):
                row = of(call.scope) if of is not None else call.row
                if of is None or row is not None:
                    call.emits.append(Emit(item["message"], room_of(call, row), data_of(call, row), call.socket if alone else None))

    return run


def _addressed(plan: Plan, item: Mapping[str, Any], what: str) -> Callable[[Call, Any], Any]:
    """The room of a message: its own, else that of its template, else everyone."""
    if "room" in item:
        room = plan.compile(item["room"], f"{what}.room")
        return lambda call, _row: room(call.scope)
    template = plan.runtime.templates.get(item["message"])
    return template.room_of if template is not None else lambda _call, _row: None


def _said(plan: Plan, item: Mapping[str, Any], what: str) -> Callable[[Call, Any], Any]:
    """The payload of a message: its own, else that of its template, else the row."""
    if "data" in item:
        data = plan.values(item["data"], f"{what}.data", mark=True)
        return lambda call, _row: data(call.scope)
    template = plan.runtime.templates.get(item["message"])
    if template is not None:
        return template.data_of
    name = plan.collection.name if plan.collection else ""
    return lambda _call, row: Entity(name, row) if row else {}


def joins(plan: Plan) -> Step | None:
    """The rooms that the sender joins."""
    if "room" not in plan.words:
        return None
    room = plan.compile(plan.words["room"], "room")

    def run(call: Call) -> None:
        found = room(call.scope)
        assert call.socket is not None
        for name in found if isinstance(found, list) else [found]:
            if len(call.socket.rooms) >= MOST_ROOMS and name not in call.socket.rooms:
                raise Problem(409, None, f"A socket can't be in more than {MOST_ROOMS} rooms", rule="rooms")
            call.world.rooms.join(call.socket, str(name))

    return run


@dataclass(frozen=True, slots=True)
class Later:
    """What an operation has fall due: compiled once, set for a row. names: those that its expressions use, other than the row's."""

    plan: Plan
    names: frozenset[str]
    bound: bool
    delay: float
    when: Any
    act: Step | None
    effects: Step | None

    def fire(self, call: Call) -> None:
        """Does it, for the row as it is now; a row that is gone or does not fit any more is left alone."""
        if self.plan.collection is not None and call.row is not None:
            row = call.store.get(self.plan.collection.name, call.row[self.plan.collection.key])
            if row is None:
                return
            call.set_row(row)
            call.scope["old"] = row
        if self.when is not None and not self.when(call.scope):
            return
        for step in (self.act, self.effects):
            if step is not None:
                step(call)


def later(plan: Plan) -> Step | None:
    """Sets what happens later on the world's clock."""
    due = plan.due = tuple(_later(plan, item) for item in plan.words.get("after") or ())
    if not due:
        return None

    def run(call: Call) -> None:
        call.timers.extend((call.now + item.delay, item, None, None) for item in due)

    return run


def _later(plan: Plan, item: Mapping[str, Any]) -> Later:
    fixed = plan.values(item["set"], "after.set") if "set" in item else None
    target = acts.state(plan, item["to"]) if "to" in item else None
    steps = [
        moves(plan, "give", item["give"]) if "give" in item else None,
        creates(plan, item.get("creates") or ()),
        updates(plan, item.get("updates") or ()),
        removes(plan, item.get("removes") or ()),
        _function(plan, item["call"]) if "call" in item else None,
        emits(plan, item.get("emit"), "after.emit"),
    ]
    when = plan.compile(item["when"], "after.when") if "when" in item else None
    bound = "call" in item
    known = {*plan.names, *OF_THE_CALL} - OF_THE_ROW
    names = frozenset(known if bound else known & {name for text in texts(item) for name in _names(text)})
    return Later(plan, names, bound, seconds(item["delay"]), when, _changed(plan, target, fixed), _all(steps))


def _names(text: str) -> frozenset[str]:
    """The names in an expression; none in a plain text such as a state or a duration."""
    try:
        return names_in(text)
    except ExpressionError:
        return frozenset()


def _changed(plan: Plan, target: Any, fixed: Any) -> Step | None:
    if target is None and fixed is None:
        return None
    collection = plan.collection
    if collection is None or (target is not None and collection.states is None):
        raise plan.fault("after", "'to' and 'set' need a collection, and 'to' one with declared states.")

    def run(call: Call) -> None:
        assert call.row is not None
        values = fixed(call.scope) if fixed is not None else {}
        if target is not None and collection.states is not None:
            values = {**values, collection.states.field: target(call.scope)}
        call.set_row(rows.change(call, collection.name, call.row, values))

    return run


def _function(plan: Plan, name: str) -> Step:
    function = plan.runtime.functions.get(name)
    if function is None:
        raise plan.fault("after", f"there is no function '{name}' in the backend's own file.")
    return function
