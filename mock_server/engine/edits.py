"""State changed from outside: by the same declarations as by a request, so it is checked and told of in the same way."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mock_server.engine import rows, violations
from mock_server.engine.call import NO_REQUEST, Call
from mock_server.engine.media import whole
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.stages import finish
from mock_server.state.store import Row
from mock_server.state.world import World
from understudy.contract import documents
from understudy.contract.errors import suggest
from understudy.contract.model import Collection

if TYPE_CHECKING:
    from mock_server.engine.engine import Engine


def listed(engine: "Engine", world: World, name: str) -> list[Row]:
    """The stored rows of a collection, without what is secret. Raises Problem for a collection that is not there."""
    collection = _collection(engine, name)
    return [shown(collection, row) for row in world.store.begin().all(name)]


def found(engine: "Engine", world: World, name: str, key: str) -> Row:
    """One stored row, by its key or the key's text. Raises Problem."""
    collection = _collection(engine, name)
    return shown(collection, _row(world, collection, key))


def shown(collection: Collection, row: Row) -> Row:
    """A row without what never leaves the server."""
    return {field: value for field, value in row.items() if field not in collection.secret}


def change(engine: "Engine", world: World, name: str, key: str, values: Mapping[str, Any]) -> Row:
    """Changes fields of a row and tells of it; returns the row. Raises Problem for what the row's schema or states don't admit."""
    collection = _collection(engine, name)
    row = _row(world, collection, key)
    _check(engine, collection, values)
    call = Call(engine.runtime, NO_REQUEST, engine.any_plan(), {}, world)
    after = rows.change(call, name, row, values)
    finish(call)
    return shown(collection, after)


def _collection(engine: "Engine", name: str) -> Collection:
    known = engine.contract.collections
    if name not in known:
        raise Problem(404, None, f"There is no collection '{name}'.{suggest(name, known)}")
    return known[name]


def _row(world: World, collection: Collection, key: str) -> Row:
    unit = world.store.begin()
    row = unit.get(collection.name, key) or unit.get(collection.name, whole(key))
    if row is None:
        raise Problem(404, None, f"There is no {key} in {collection.name}.")
    return row


def _check(engine: "Engine", collection: Collection, values: Mapping[str, Any]) -> None:
    """Fields that are stored, with values that their schemas admit."""
    wrong: list[Violation] = []
    for field, value in values.items():
        if field not in collection.stored or field == collection.key:
            why = "is computed" if field in collection.virtual else "is the key" if field == collection.key else "is no field"
            hint = suggest(field, collection.stored - {collection.key}) if why == "is no field" else ""
            wrong.append(Violation(f"/body/{field}", "field", f"{field} {why} of {collection.name}.{hint}"))
        elif field in collection.properties:
            wrong += _against_schema(engine, collection, field, value)
    if wrong:
        raise Problem(400, None, wrong[0].message, violations=tuple(wrong))


def _against_schema(engine: "Engine", collection: Collection, field: str, value: Any) -> list[Violation]:
    document = collection.bundle.data
    own = f"{collection.pointer}/properties{documents.pointer_of(field)}"
    if documents.resolve(document, own) is None:
        return []
    validator = engine.runtime.validator(collection.bundle, own)
    return [found for error in validator.iter_errors(value) for found in violations.explain(error, f"/body/{field}")]
