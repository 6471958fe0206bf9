"""What of a value leaves the server: the properties that the answer's schema lists, computed ones included.

A row is rendered once and kept until it, or a collection that its view looks at, has changed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from mock_server.engine.call import Call, Entity
from mock_server.state.store import Row
from understudy.contract import schemas
from understudy.contract.expressions import collections_in, names_in
from understudy.contract.model import Collection
from understudy.wire import jsons

if TYPE_CHECKING:
    from mock_server.engine.runtime import Runtime

MOST_VIEWS = 50_000
MOST_SCHEMAS = 10_000
NESTED = frozenset({dict, list, Entity})
TIMED = frozenset({"now", "held"})
Project = Callable[[Any, Call], Any]


def dumps(value: Any) -> bytes:
    """The JSON text of a value that may hold rendered rows; numbers beyond 64 bits are written as Python does."""
    return jsons.dumps(value, _rendered)


def _rendered(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))


class Views:
    """The views of one bundled document, made when they are first needed."""

    def __init__(self, runtime: "Runtime", document: Mapping[str, Any]) -> None:
        self.runtime, self.document = runtime, document
        self._views: dict[tuple[int, str], View] = {}
        self._properties: dict[int, tuple[Any, Mapping[str, Any] | None]] = {}

    def project(self, schema: Any, value: Any, call: Call) -> Any:
        """A value cut to a schema: rows become rendered JSON, maps and lists are cut to what they list."""
        if isinstance(value, Entity):
            return self.view(schema, value.collection).render(value.row, call)
        if isinstance(value, list):
            items = schemas.follow(self.document, schema)
            inner = items.get("items", {}) if isinstance(items, dict) else {}
            if value and isinstance(value[0], Entity):
                return self._rows(inner, value, call)
            return [self.project(inner, item, call) for item in value] if inner else value
        if isinstance(value, dict):
            return self._map(schema, value, call)
        return value

    def _rows(self, schema: Any, value: list[Any], call: Call) -> list[Any]:
        """The rows of a list; mostly of one collection, and rendered before."""
        kinds = {item.collection for item in value if isinstance(item, Entity)}
        if len(kinds) != 1 or not all(isinstance(item, Entity) for item in value):
            return [self.project(schema, item, call) for item in value]
        return self.view(schema, kinds.pop()).render_all([item.row for item in value], call)

    def _map(self, schema: Any, value: dict[str, Any], call: Call) -> dict[str, Any]:
        properties = self._shown(schema)
        if properties is None:
            return {name: self.project({}, item, call) if type(item) in NESTED else item for name, item in value.items()}
        return {name: self.project(properties[name], item, call) if type(item) in NESTED else item for name, item in value.items() if name in properties}

    def _shown(self, schema: Any) -> Mapping[str, Any] | None:
        """The properties of a schema that leave the server, None if it lists none; found once for each."""
        known = self._properties.get(id(schema))
        if known is None or known[0] is not schema:
            found = schemas.properties(self.document, schema)
            shown = {name: node for name, node in found.items() if not (isinstance(node, dict) and node.get("writeOnly"))}
            if len(self._properties) > MOST_SCHEMAS:
                self._properties.clear()
            known = self._properties[id(schema)] = (schema, shown if found else None)
        return known[1]

    def view(self, schema: Any, collection: str) -> "View":
        """The view of a collection's rows by a schema."""
        key = (id(schema), collection)
        found = self._views.get(key)
        if found is None:
            found = self._views[key] = View(self, schema, self.runtime.contract.collections[collection])
        return found


class View:
    """How the rows of one collection look by one schema."""

    def __init__(self, views: Views, schema: Any, collection: Collection) -> None:
        self.views, self.collection, self.key = views, collection, collection.key
        self.number = views.runtime.next_view()
        self.schema = schema  # kept alive: views are found by its identity
        runtime = views.runtime
        properties = schemas.properties(views.document, schema) or dict(collection.properties)
        shown = {name: node for name, node in properties.items() if name not in collection.unshown and not (isinstance(node, dict) and node.get("writeOnly"))}
        self.free, self.unshown = not properties, collection.unshown
        self.fields = tuple((name, self._getter(name, node)) for name, node in shown.items())
        self.reads = tuple(sorted(_reads(collection, shown, runtime.contract.collections, set())))
        looked = {name for field in shown if field in collection.derive for name in _names(collection, field, runtime.contract.collections, set())}
        self.timed, self.personal = bool(looked & TIMED), "user" in looked

    def render(self, row: Row, call: Call) -> Any:
        """A row as JSON that can stand inside other JSON."""
        return self.make(row, call) if self._fleeting(call) else self._kept(row, call, self._versions(call))[2]

    def render_all(self, rows: list[Row], call: Call) -> list[Any]:
        """Several rows, as render does one."""
        if self._fleeting(call):
            return [self.make(row, call) for row in rows]
        versions = self._versions(call)
        return [self._kept(row, call, versions)[2] for row in rows]

    def text(self, row: Row, call: Call) -> bytes:
        """A row as a JSON text."""
        return dumps(self.make(row, call)) if self._fleeting(call) or not call.plan.reads else self._kept(row, call, self._versions(call))[3]

    def _fleeting(self, call: Call) -> bool:
        """Whether a rendered row can't be kept: it depends on the time or the caller, or is not committed yet."""
        return self.timed or (self.personal and call.user is not None) or call.store.changed

    def _versions(self, call: Call) -> tuple[int, ...]:
        if not self.reads:
            return ()
        call.store.read.update(self.reads)  # what a kept row was made of counts as read, or an answer that is kept would outlive it
        return call.world.store.versions(self.reads)

    def _kept(self, row: Row, call: Call, versions: tuple[int, ...]) -> tuple[Row, tuple[int, ...], Any, bytes]:
        """The rendered row; made anew only if it, or a collection that its view looks at, has changed."""
        views = call.world.views
        key = (self.number, row.get(self.key))
        known = views.get(key)
        if known is not None and known[0] is row and known[1] == versions:
            return known
        text = dumps(self.make(row, call))
        if len(views) > MOST_VIEWS:
            views.clear()
        known = views[key] = (row, versions, orjson.Fragment(text), text)
        return known

    def make(self, row: Row, call: Call) -> dict[str, Any]:
        """The properties of a row that its schema lists; an absent one is left out."""
        if self.free:
            return {name: value for name, value in row.items() if name not in self.unshown}
        result = {}
        for name, get in self.fields:
            value = row.get(name) if get is None else get(row, call)
            if value is not _ABSENT and (value is not None or get is not None):
                result[name] = value
        return result

    def _getter(self, name: str, node: Any) -> Project | None:
        collection, views = self.collection, self.views
        nullable = _admits_null(views.document, node)
        if name in collection.derive:
            compute = views.runtime.virtuals[collection.name, name]
            return lambda row, call: _shown(views.project(node, compute(call, row), call), nullable)
        if name in collection.children:
            child = collection.children[name]
            items = schemas.follow(views.document, node).get("items", {})
            fetch = views.runtime.virtuals[collection.name, name]
            # a row that is being deleted carries its children: they are gone when it is shown
            return lambda row, call: [views.view(items, child.collection).render(item, call) for item in (row[name] if name in row else fetch(call, row))]
        embedded = next((ref for ref in collection.refs.values() if ref.embed == name), None)
        if embedded is not None:
            fetch = views.runtime.virtuals[collection.name, name]
            target = embedded.collection
            return lambda row, call: _shown(None if (found := fetch(call, row)) is None else views.view(node, target).render(found, call), nullable)
        if _has_properties(views.document, node):
            return lambda row, call: _shown(views.project(node, row.get(name), call), nullable) if name in row else _ABSENT
        if nullable:
            return lambda row, _call: row.get(name, _ABSENT)
        return None  # a stored field that is left out when it is null


_ABSENT: Any = object()


def _shown(value: Any, nullable: bool) -> Any:
    return _ABSENT if value is None and not nullable else value


def _admits_null(document: Mapping[str, Any], node: Any) -> bool:
    found = schemas.follow(document, node)
    if not isinstance(found, dict):
        return True
    kind = found.get("type")
    parts = [schemas.follow(document, part) for word in ("anyOf", "oneOf") for part in found.get(word) or ()]
    free = not found.keys() & {"type", "enum", "const", "anyOf", "oneOf", "allOf", "properties"}
    return free or kind == "null" or (isinstance(kind, list) and "null" in kind) or any(isinstance(part, dict) and part.get("type") == "null" for part in parts)


def _has_properties(document: Mapping[str, Any], node: Any) -> bool:
    found = schemas.follow(document, node)
    inner = schemas.follow(document, found.get("items", {})) if isinstance(found, dict) else {}
    return bool(schemas.properties(document, node)) or (isinstance(inner, dict) and bool(schemas.properties(document, inner)))


def _reads(collection: Collection, shown: Iterable[str], known: Mapping[str, Collection], seen: set[str]) -> set[str]:
    """The other collections that a view looks at: children, embedded rows, and what derived fields ask for."""
    found: set[str] = set()
    for name in shown:
        targets: set[str] = set()
        if name in collection.derive:
            targets = set(collections_in(collection.derive[name]))
        elif name in collection.children:
            targets = {collection.children[name].collection}
        targets |= {ref.collection for ref in collection.refs.values() if ref.embed == name}
        for target in targets - seen:
            seen.add(target)
            found |= {target} | _reads(known[target], known[target].virtual, known, seen)
    return found


def _names(collection: Collection, field: str, known: Mapping[str, Collection], seen: set[str]) -> set[str]:
    """The names that a derived field looks at, those of the collections it asks for included."""
    names = set(names_in(collection.derive[field]))
    for other in collections_in(collection.derive[field]):
        if other not in seen:
            seen.add(other)
            names |= {name for item in known[other].derive for name in _names(known[other], item, known, seen)}
    return names
