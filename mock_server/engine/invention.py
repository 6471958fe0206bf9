"""Values that nobody gave: answers of operations that can't be told from their document, and fields that a schema requires."""

from typing import Any

from fixtures.instants import at
from fixtures.values import Values
from mock_server.engine.call import Call
from mock_server.engine.plan import Plan
from understudy.contract import schemas
from understudy.wire.chance import derive


def example(plan: Plan, call: Call) -> Any:
    """The answer of an operation that can't be told from its document: its example, else a value of its schema."""
    media = next(iter(plan.success.media.values()), None) if plan.success else None
    if media is None:
        return None
    if media.examples:
        return next(iter(media.examples.values()))
    return _made(plan, media.schema, call) if media.schema is not None else None


def _made(plan: Plan, schema: Any, call: Call) -> Any:
    values = Values(plan.operation.bundle.data, str(plan.runtime.settings.get("locale", "en_US")))
    return at(values.make("value", schema, derive(plan.operation.id), optional=False), call.now)


def filled(plan: Plan, value: dict[str, Any], call: Call) -> dict[str, Any]:
    """An inferred wrapper with the other fields that its schema requires."""
    document = plan.operation.bundle.data
    lacking = schemas.required(document, plan.schema or {}) - set(value)
    properties = schemas.properties(document, plan.schema or {})
    return {**value, **{name: _made(plan, properties.get(name, {}), call) for name in sorted(lacking)}}


def invented(plan: Plan, values: dict[str, Any], call: Call) -> dict[str, Any]:
    """The values of a new row of an inferred collection, with those that its schema requires and nobody gave."""
    collection = plan.collection
    assert collection is not None
    lacking = schemas.required(collection.bundle.data, collection.schema) - set(values) - {collection.key, collection.created, collection.updated}
    lacking |= {"id"} & collection.properties.keys() - set(values) - {collection.key}
    maker = Values(collection.bundle.data, "en_US")
    made = {name: maker.make(name, collection.properties.get(name, {}), call.world.chance, optional=False) for name in sorted(lacking)}
    return {**{name: at(value, call.now) for name, value in made.items() if "default" not in collection.properties.get(name, {})}, **values}
