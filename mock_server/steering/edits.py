"""State changed from outside: by the same declarations as by a request, so it is checked and told of in the same way."""

from collections.abc import Mapping
from typing import Any

from mock_server.engine import rows, violations
from mock_server.engine.call import NO_REQUEST, Call
from mock_server.engine.engine import Engine
from mock_server.engine.media import whole
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.stages import finish
from mock_server.state.store import Row
from mock_server.state.world import World
from understudy.contract import schemas
from understudy.contract.errors import suggest
from understudy.contract.model import Collection


def listed(engine: Engine, world: World, name: str) -> list[Row]:
    """The stored rows of a collection, without what is secret. Raises Problem for a collection that is not there."""
    collection = collection_of(engine, name)
    return [shown(collection, row) for row in world.store.begin().all(name)]


def found(engine: Engine, world: World, name: str, key: str) -> Row:
    """One stored row, by its key or the key's text. Raises Problem."""
    collection = collection_of(engine, name)
    return shown(collection, row_of(world, collection, key))


def shown(collection: Collection, row: Row) -> Row:
    """A row without what never leaves the server."""
    return {field: value for field, value in row.items() if field not in collection.secret}


def create(engine: Engine, world: World, name: str, values: Mapping[str, Any]) -> Row:
    """Makes a row and tells of it: defaults, key and timestamps are filled in. Raises Problem for what its schema does not admit."""
    collection = collection_of(engine, name)
    wrong = _wrong(engine, collection, values, with_key=True)
    lacking = schemas.required(collection.bundle.data, collection.schema) & collection.stored - values.keys() - _filled(engine, collection)
    wrong += [Violation(f"/body/{field}", "required", f"{field} is required", "a value") for field in sorted(lacking)]
    _refuse(wrong)
    call = _call(engine, world)
    if values.get(collection.key) is not None and call.store.get(name, values[collection.key]) is not None:
        raise Problem(409, None, f"There is a {values[collection.key]} in {name} already.")
    return _done(engine, call, collection, rows.create(call, name, values))


def _filled(engine: Engine, collection: Collection) -> set[str | None]:
    """The fields of a new row that nobody has to give."""
    given = {field for field, _ in engine.runtime.defaults[collection.name]}
    return given | {collection.key, collection.created, collection.updated} | collection.secret | collection.children.keys()


def replace(engine: Engine, world: World, name: str, key: str, values: Mapping[str, Any]) -> Row:
    """Gives a row other fields; one that is not named is lost, unless it is secret. Raises Problem."""
    collection = collection_of(engine, name)
    row = row_of(world, collection, key)
    given = {field: value for field, value in values.items() if field != collection.key or value != row[collection.key]}
    _refuse(_wrong(engine, collection, given))
    gone = {field: None for field in row if field not in given and field not in collection.secret and field != collection.key}
    return _changed(engine, world, collection, row, {**gone, **given})


def change(engine: Engine, world: World, name: str, key: str, values: Mapping[str, Any]) -> Row:
    """Changes fields of a row and tells of it; returns the row. Raises Problem for what the row's schema or states don't admit."""
    collection = collection_of(engine, name)
    row = row_of(world, collection, key)
    _refuse(_wrong(engine, collection, values))
    return _changed(engine, world, collection, row, values)


def _changed(engine: Engine, world: World, collection: Collection, row: Row, values: Mapping[str, Any]) -> Row:
    call = _call(engine, world)
    return _done(engine, call, collection, rows.change(call, collection.name, row, values))


def remove(engine: Engine, world: World, name: str, key: str) -> Row:
    """Removes a row and its children; returns it. Raises Problem."""
    collection = collection_of(engine, name)
    row = row_of(world, collection, key)
    call = _call(engine, world)
    rows.remove(call, name, row)
    return _done(engine, call, collection, row)


def _call(engine: Engine, world: World) -> Call:
    return Call(engine.runtime, NO_REQUEST, engine.any_plan(), {}, world)


def _done(engine: Engine, call: Call, collection: Collection, row: Row) -> Row:
    finish(call)
    engine.feed.tell("state", call.world, {"collection": collection.name, "key": row[collection.key]})
    return shown(collection, row)


def collection_of(engine: Engine, name: str) -> Collection:
    """A collection by its name. Raises Problem."""
    known = engine.contract.collections
    if name not in known:
        raise Problem(404, None, f"There is no collection '{name}'.{suggest(name, known)}")
    return known[name]


def row_of(world: World, collection: Collection, key: str) -> Row:
    """A stored row, with what is secret. Raises Problem."""
    unit = world.store.begin()
    row = unit.get(collection.name, key) or unit.get(collection.name, whole(key))
    if row is None:
        raise Problem(404, None, f"There is no {key} in {collection.name}.")
    return row


def _refuse(wrong: list[Violation]) -> None:
    if wrong:
        raise Problem(400, None, wrong[0].message, violations=tuple(wrong))


def _wrong(engine: Engine, collection: Collection, values: Mapping[str, Any], with_key: bool = False) -> list[Violation]:
    """What is wrong with some fields: they are stored, with values that their schemas admit."""
    wrong: list[Violation] = []
    for field, value in values.items():
        if field not in collection.stored or (field == collection.key and not with_key):
            why = "is computed" if field in collection.virtual else "is the key" if field == collection.key else "is no field"
            hint = suggest(field, collection.stored - {collection.key}) if why == "is no field" else ""
            wrong.append(Violation(f"/body/{field}", "field", f"{field} {why} of {collection.name}.{hint}"))
        elif field in collection.properties:
            wrong += _against_schema(engine, collection, field, value)
    return wrong


def _against_schema(engine: Engine, collection: Collection, field: str, value: Any) -> list[Violation]:
    validator = engine.runtime.field_validator(collection, field)
    if validator is None or validator.is_valid(value):
        return []
    return [found for error in validator.iter_errors(value) for found in violations.explain(error, f"/body/{field}")]


def unfit(engine: Engine, collection: Collection, row: Row) -> list[str]:
    """Why a stored row does not fit its collection; [] where it does. Fields that are not in its schema are no reason."""
    wrong = [
        item.message for item in _wrong(engine, collection, {name: row[name] for name in row if name in collection.stored and row[name] is not None}, True)
    ]
    needed = schemas.required(collection.bundle.data, collection.schema) & collection.stored
    return [*wrong, *(f"{name} is required" for name in sorted(needed - row.keys()))]


def unfit_rows(engine: Engine, tables: Mapping[str, Mapping[Any, Row]]) -> list[str]:
    """The rows that don't fit their collection, each with why."""
    known = engine.contract.collections
    wrong = ((name, key, unfit(engine, known[name], row)) for name, rows in tables.items() if name in known for key, row in rows.items())
    return [f"{name}/{key}: {'; '.join(why)}" for name, key, why in wrong if why]
