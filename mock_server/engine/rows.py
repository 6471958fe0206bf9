"""Finding, making, changing and removing rows, with everything their collection declares."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mock_server.engine.call import Call
from mock_server.engine.media import whole
from mock_server.engine.problem import Problem
from mock_server.state.indexes import is_plain
from mock_server.state.store import Row
from understudy.contract.functions import iso
from understudy.contract.model import Collection

SINGULAR = (("ies", "y"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"), ("ss", "ss"), ("s", ""))


def singular(name: str) -> str:
    """A collection's name as errors say it: ticketCategories -> Ticket category."""
    last = name.rsplit("/", 1)[-1]
    words = "".join(f" {c.lower()}" if c.isupper() else " " if c in "_-" else c for c in last).strip()
    one = next((words[: -len(end)] + single for end, single in SINGULAR if words.endswith(end)), words)
    return one[:1].upper() + one[1:]


def missing(name: str, say: str | None = None) -> Problem:
    """The refusal of a row that is not there."""
    return Problem(404, "missing", say, name=singular(name))


def find(call: Call, collection: Collection, key: Any) -> Row | None:
    """The row of a key. A path's text finds a whole number and the other way round, where a document does not say which it is."""
    row = call.store.get(collection.name, key)
    if row is not None or collection.declared:
        return row
    if isinstance(key, str):
        return call.store.get(collection.name, whole(key))
    return call.store.get(collection.name, str(key)) if isinstance(key, int) else None


def create(call: Call, name: str, values: Mapping[str, Any]) -> Row:
    """Makes a row: values, then defaults, key, timestamps and children; unique fields are unique. Returns it."""
    collection = call.runtime.contract.collections[name]
    row: Row = {field: value for field, value in values.items() if field not in collection.virtual}
    fill_defaults(call, collection, row)
    if row.get(collection.key) is None or (not collection.declared and call.store.get(name, row[collection.key]) is not None):
        row[collection.key] = new_key(call, collection)
    stamp(call, collection, row, created=True)
    check_unique(call, collection, row)
    call.store.put(name, row[collection.key], row)
    for field, child in collection.children.items():
        for item in values.get(field) or ():
            if isinstance(item, dict):
                create(call, child.collection, {**item, child.by: row[collection.key]})
    return row


def change(call: Call, name: str, row: Row, values: Mapping[str, Any]) -> Row:
    """Changes fields of a row; a state moves only where it may. Returns the new row."""
    collection = call.runtime.contract.collections[name]
    fields = {field: value for field, value in values.items() if field not in collection.virtual and field != collection.key}
    after = {**row, **fields}
    if collection.states and after.get(collection.states.field) != row.get(collection.states.field):
        check_move(collection, row.get(collection.states.field), after.get(collection.states.field))
    stamp(call, collection, after, created=False)
    check_unique(call, collection, after)
    return call.store.put(name, row[collection.key], after)


def remove(call: Call, name: str, row: Row) -> None:
    """Removes a row and its children."""
    collection = call.runtime.contract.collections[name]
    for child in collection.children.values():
        for item in list(call.store.by(child.collection, child.by, row[collection.key])):
            remove(call, child.collection, item)
    call.store.remove(name, row[collection.key])


def fill_defaults(call: Call, collection: Collection, row: Row) -> None:
    """The schema's defaults and the first state, where nothing is given."""
    for field, value in call.runtime.defaults[collection.name]:
        if row.get(field) is None and (value is not None or field not in row):
            row[field] = value


def new_key(call: Call, collection: Collection) -> Any:
    """A key no row has had."""
    pattern = collection.id
    if pattern == "uuid":
        return call.random_id()
    number = call.store.next_number(collection.name)
    if pattern == "int":
        return number
    key = pattern.replace("{uuid}", call.random_text(12))
    while "{n}" in key and call.store.get(collection.name, key.replace("{n}", str(number))) is not None:
        number = call.store.next_number(collection.name)
    return key.replace("{n}", str(number))


def stamp(call: Call, collection: Collection, row: Row, created: bool) -> None:
    """Sets the declared timestamps: a text, or milliseconds since 1970 where the field is a number."""
    for field, number, first in call.runtime.stamps[collection.name]:
        if created or not first:
            row[field] = round(call.now * 1000) if number else iso(call.now)


def check_unique(call: Call, collection: Collection, row: Row) -> None:
    """Raises 409 if another row has the same values in fields that are unique."""
    for names in collection.unique:
        values = [row.get(name) for name in names]
        if any(value is None for value in values):
            continue
        for other in _alike(call, collection.name, names, values):
            if other[collection.key] != row.get(collection.key) and all(other.get(name) == row.get(name) for name in names):
                raise Problem(409, "taken", name=f"{singular(collection.name)} with this {' and '.join(names)}", field=names[0], rule="unique")


def _alike(call: Call, name: str, fields: Sequence[str], values: list[Any]) -> Iterable[Row]:
    """The rows that may have certain values in some fields."""
    if all(map(is_plain, values)):
        return call.store.matching(name, dict(zip(fields, values, strict=True)))
    return call.store.by(name, fields[0], values[0])


def check_move(collection: Collection, before: Any, after: Any) -> None:
    """Raises 409 unless a state may move to another."""
    states = collection.states
    if states is not None and after not in states.moves.get(str(before), ()):
        raise Problem(409, "state", name=f"{singular(collection.name)} is {before} and can't become {after}", field=states.field, rule="transition")


def check_refs(call: Call, collection: Collection, given: Iterable[str], row: Row) -> None:
    """Raises 404 for a foreign key in the request that leads nowhere."""
    for field in given:
        ref = collection.refs.get(field)
        if ref is not None and row.get(field) is not None and call.store.get(ref.collection, row[field]) is None:
            raise missing(ref.collection)
