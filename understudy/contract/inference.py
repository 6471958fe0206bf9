"""Infers what the operations of a document do where no x-behavior says so: from paths, methods and schemas.

`GET /pets`, `POST /pets` and `GET /pets/{petId}` are a list, a create and a read of one collection. What can't be told so
answers with its example. `understudy specs routes` shows the outcome.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from understudy.contract import collections, schemas
from understudy.contract.bundle import Bundle
from understudy.contract.model import Behavior, Collection, Contract, Media, Operation

WRAPPERS = ("data", "items", "results", "content", "records", "list", "values", "result", "payload")
TOTALS = ("total", "count", "totalCount", "total_count", "totalItems", "total_items", "size")
AROUND = re.compile(r"count|total|page|size|limit|offset|next|prev|cursor|more|links?$|meta|success|status|message|error", re.IGNORECASE)
ROW_OPERATIONS = {"GET": "read", "PUT": "update", "PATCH": "update", "POST": "update", "DELETE": "delete"}
NO_COLLECTION = frozenset({"reply", "aggregate"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What an answer or a body carries. entity: pointer and schema of one row; path: the property it stands in; many: a list of rows."""

    pointer: str
    schema: Mapping[str, Any]
    many: bool
    wrapper: str | None
    siblings: tuple[str, ...]


def complete(contract: Contract) -> Contract:
    """The contract with a behaviour for every operation."""
    own = str((contract.settings.get("auth") or {}).get("collection", "")) or None
    known = dict(contract.collections)
    for operation in contract.operations:
        if operation.behavior.source == "example":
            _find_collection(operation, contract.operations, known)
    services = tuple(replace(service, operations=tuple(_infer(item, known, own) for item in service.operations)) for service in contract.services)
    return replace(contract, services=services, collections=MappingProxyType(known))


def _infer(operation: Operation, known: Mapping[str, Collection], own: str | None) -> Operation:
    behavior = operation.behavior
    if behavior.source != "example":
        missing = behavior.collection is None and behavior.do not in NO_COLLECTION and behavior.do != "bound"
        return replace(operation, behavior=replace(behavior, collection=own)) if missing else operation
    words = _words(operation, known)
    if words is None:
        return operation
    return replace(operation, behavior=Behavior("inferred", words["do"], words["collection"], MappingProxyType(words)))


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _parameter(segment: str) -> str | None:
    match = re.fullmatch(r"\{([^}]+)\}", segment)
    return match.group(1) if match else None


def _place(path: str) -> tuple[str, str | None]:
    """The path of the collection that a path is about, and the parameter of the row if it ends with one."""
    parts = _segments(path)
    name = _parameter(parts[-1]) if parts else None
    return "/" + "/".join(parts[:-1] if name else parts), name


def _shape(operation: Operation, media: Mapping[str, Media]) -> Shape | None:
    chosen = next((item for kind, item in media.items() if schemas.is_json(kind) and item.schema is not None), None)
    return _unwrap(operation.bundle, chosen.schema, chosen.pointer or "") if chosen and chosen.schema is not None else None


def _unwrap(bundle: Bundle, schema: Any, pointer: str, depth: int = 0) -> Shape | None:
    node = schemas.follow(bundle.data, schema)
    kind = schemas.type_of(bundle.data, schema)
    if kind == "array":
        items = node.get("items")
        inner = schemas.type_of(bundle.data, items or {})
        return Shape(schemas.pointer(items, f"{pointer}/items"), items, True, None, ()) if isinstance(items, dict) and inner in ("object", None) else None
    if kind != "object":
        return None
    properties = schemas.properties(bundle.data, schema)
    inside = {name: found for name in properties if (found := _unwrap(bundle, properties[name], f"{pointer}/properties/{name}", 1))} if depth == 0 else {}
    wrapper = None if {"id", "_id"} & set(properties) else _wrapper(properties, inside)
    if wrapper is None:
        return Shape(pointer, schema, False, None, ())
    return replace(inside[wrapper], wrapper=wrapper, siblings=tuple(item for item in properties if item != wrapper))


def _wrapper(properties: Mapping[str, Any], inside: Mapping[str, Shape]) -> str | None:
    """The property that carries the row or rows: one of the usual names, the only list of rows, or the only property."""
    usual = next((name for name in WRAPPERS if name in inside), None)
    lists = [name for name, shape in inside.items() if shape.many]
    only = next(iter(inside), None) if len(properties) == 1 else None
    return usual or (lists[0] if len(lists) == 1 and _counted(properties) else None) or only


def _counted(properties: Mapping[str, Any]) -> bool:
    """Whether all else beside a list looks like what stands around one: totals, pages, links."""
    return sum(1 for name in properties if not AROUND.search(name)) <= 1


def _is_total(name: str) -> bool:
    return name in TOTALS or bool(re.search(r"(count|total)$", name, re.IGNORECASE))


def _answer(operation: Operation) -> Shape | None:
    return _shape(operation, operation.success.media) if operation.success else None


def _find_collection(operation: Operation, operations: tuple[Operation, ...], known: dict[str, Collection]) -> None:
    """Makes the collection that a path is about, if its operations look like one."""
    place, _ = _place(operation.path)
    name = _collection_name(place)
    if name is None or name in known:
        return
    mine = [item for item in operations if _place(item.path)[0] == place and item.behavior.source == "example"]
    rows = [item for item in mine if _place(item.path)[1]]
    lists = [item for item in mine if not _place(item.path)[1] and item.method in ("GET", "POST")]
    entity = _entity([item for item in rows if item.method == "GET"] + lists + rows)
    if entity is None or not (rows or len(lists) == 2):
        return
    parameter = _place(rows[0].path)[1] if rows else None
    bundle, shape = entity
    known[name] = collections.make(bundle, shape.pointer, shape.schema, _schema_words(bundle, name, shape, parameter, _parents(place)), declared=False)


def _collection_name(place: str) -> str | None:
    static = [part for part in _segments(place) if not _parameter(part)]
    ends_static = bool(_segments(place)) and not _parameter(_segments(place)[-1])
    return "/".join(static[-2:] if "{" in place else static[-1:]) if ends_static else None


def _entity(candidates: list[Operation]) -> tuple[Bundle, Shape] | None:
    """The schema of one row: of an answer, else of a body."""
    for operation in candidates:
        shape = _answer(operation)
        if shape and shape.pointer and (shape.many or _place(operation.path)[1] or operation.method == "POST"):
            return operation.bundle, shape
    for operation in candidates:
        shape = _shape(operation, operation.bodies)
        if shape and shape.pointer:
            return operation.bundle, shape
    return None


def _parents(place: str) -> list[str]:
    return [name for part in _segments(place) if (name := _parameter(part))]


def _schema_words(bundle: Bundle, name: str, shape: Shape, parameter: str | None, parents: list[str]) -> dict[str, Any]:
    properties = schemas.properties(bundle.data, shape.schema)
    singular = name.rsplit("/", 1)[-1].rstrip("s")
    candidates = [parameter, "id", "_id", "uuid", f"{singular}Id", f"{singular}_id", "key", "slug", "name"]
    key = next((item for item in candidates if item and item in properties), None)
    hidden = [item for item in parents if item not in properties] + ([] if key else ["_key"])
    words: dict[str, Any] = {"collection": name, "key": key or "_key", "internal": hidden}
    if key is None:
        words["id"] = "int" if parameter and parameter.lower().endswith("id") else "uuid"
    stamps = {kind: next((item for item in names if item in properties), None) for kind, names in _STAMPS.items()}
    words["timestamps"] = {kind: item for kind, item in stamps.items() if item and _is_date_time(bundle, properties[item])}
    return words


_STAMPS = {"created": ("createdAt", "created_at", "created"), "updated": ("updatedAt", "updated_at", "updated")}


def _is_date_time(bundle: Bundle, schema: Any) -> bool:
    node = schemas.follow(bundle.data, schema)
    return isinstance(node, dict) and node.get("format") == "date-time"


def _words(operation: Operation, known: Mapping[str, Collection]) -> dict[str, Any] | None:
    place, parameter = _place(operation.path)
    name = _collection_name(place)
    collection = known.get(name) if name else None
    shape = _answer(operation)
    if collection is None or collection.declared:
        return _list_elsewhere(operation, shape, known)
    do = ROW_OPERATIONS.get(operation.method) if parameter else {"GET": "list", "POST": "create", "PUT": "update", "PATCH": "update"}.get(operation.method)
    body = _shape(operation, operation.bodies)
    fits = do is not None and not (do == "list" and not (shape and shape.many)) and not (do == "create" and body and body.many)
    if not fits or (do == "update" and not parameter and not (body and collection.key in schemas.properties(operation.bundle.data, body.schema))):
        return None
    words: dict[str, Any] = {"do": do, "collection": collection.name, "scope": {item: f"path['{item}']" for item in _parents(place)}}
    if do != "list" and do != "create":
        words["key"] = f"path['{parameter}']" if parameter else f"body['{collection.key}']"
    if body is not None and body.wrapper and not body.many:
        words["wrapped"] = body.wrapper
    return {**words, **_with_parent(operation, place, known), **_list_words(operation, collection, shape), **_wrapped(operation, shape, do or "")}


def _list_elsewhere(operation: Operation, shape: Shape | None, known: Mapping[str, Collection]) -> dict[str, Any] | None:
    """`GET /pet/findByStatus` that answers with a list of a known collection's rows."""
    if operation.method != "GET" or shape is None or not shape.many or operation.path_names:
        return None
    collection = next((item for item in known.values() if not item.declared and item.pointer == shape.pointer and item.bundle is operation.bundle), None)
    if collection is None:
        return None
    return {"do": "list", "collection": collection.name, "scope": {}, **_list_words(operation, collection, shape), **_wrapped(operation, shape, "list")}


def _with_parent(operation: Operation, place: str, known: Mapping[str, Collection]) -> dict[str, Any]:
    """A row of a nested collection needs its parent, if that is a collection too."""
    parts = _segments(place)
    for index in range(len(parts) - 1, 0, -1):
        parameter = _parameter(parts[index])
        name = _collection_name("/" + "/".join(parts[:index])) if parameter else None
        if name and name in known and not known[name].declared and parameter:
            return {"with": {"parent": {"collection": name, "key": f"path['{parameter}']"}}}
    return {}


def _list_words(operation: Operation, collection: Collection, shape: Shape | None) -> dict[str, Any]:
    if shape is None or not shape.many:
        return {}
    filters = {
        parameter.name: f"row['{parameter.name}'] in query['{parameter.name}']"
        if parameter.type == "array"
        else f"row['{parameter.name}'] == query['{parameter.name}']"
        for parameter in operation.parameters
        if parameter.where == "query"
        and parameter.name in collection.stored
        and schemas.type_of(collection.bundle.data, collection.properties[parameter.name]) != "array"
    }
    searched = [name for name in ("q", "query", "search") if any(item.name == name and item.where == "query" for item in operation.parameters)]
    texts = [name for name, schema in collection.properties.items() if schemas.type_of(collection.bundle.data, schema) == "string"]
    return {"filters": filters, "search": dict.fromkeys(searched, texts)}


def _wrapped(operation: Operation, shape: Shape | None, do: str) -> dict[str, Any]:
    """The words that put a row or a list into the wrapper that the answer's schema shows."""
    if shape is None or shape.wrapper is None:
        return {}
    reply: dict[str, Any] = {shape.wrapper: "items" if do == "list" else "row"}
    for name in shape.siblings:
        if do == "list" and _is_total(name):
            reply[name] = "total"
        elif do == "list" and name in ("page", "limit", "pages"):
            reply[name] = name
    return {"reply": reply}
