"""Reads the collections of a backend: the component schemas with `x-behavior: {collection: ...}`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from understudy.contract import schemas
from understudy.contract.bundle import Bundle
from understudy.contract.errors import ContractError, suggest
from understudy.contract.model import Capacity, Child, Collection, Holds, Members, Ref, States
from understudy.contract.vocabulary import faults


def read_collections(bundles: Iterable[Bundle]) -> dict[str, Collection]:
    """Collection name to collection, over all documents of a backend; the first that declares it counts."""
    found: dict[str, Collection] = {}
    for bundle in bundles:
        for name, schema in ((bundle.data.get("components") or {}).get("schemas") or {}).items():
            if isinstance(schema, dict) and "x-behavior" in schema:
                collection = _collection(bundle, f"/components/schemas/{name}", schema)
                found.setdefault(collection.name, collection)
    for collection in found.values():
        _check_names(collection, found)
    return found


def make(bundle: Bundle, pointer: str, schema: Mapping[str, Any], words: Mapping[str, Any], declared: bool = True) -> Collection:
    """A collection of a row's schema and the vocabulary's words about it."""
    properties = schemas.properties(bundle.data, schema)
    refs = {name: Ref(**value) if isinstance(value, dict) else Ref(value) for name, value in (words.get("refs") or {}).items()}
    children = {name: _child(value) for name, value in (words.get("children") or {}).items()}
    derive = words.get("derive") or {}
    virtual = {*derive, *children, *(ref.embed for ref in refs.values() if ref.embed)}
    key = words.get("key", "id")
    stamps, secret = words.get("timestamps") or {}, frozenset(words.get("secret") or ())
    internal = frozenset(words.get("internal") or ())
    capacity, states = words.get("capacity"), words.get("states")
    stored = ({*properties} | {key} | {*refs} | secret | internal | {*stamps.values()}) - virtual
    return Collection(
        name=words["collection"], key=key, id=words.get("id") or _id_of(bundle, properties.get(key)), schema=schema, pointer=pointer, bundle=bundle,
        stored=frozenset(stored), virtual=frozenset(virtual), properties=properties,
        unique=tuple((item,) if isinstance(item, str) else tuple(item) for item in words.get("unique") or ()),
        refs=refs, children=children, members=Members(**words["members"]) if "members" in words else None, derive=derive,
        capacity=_capacity(capacity) if capacity else None, states=_states(states) if states else None,
        created=stamps.get("created"), updated=stamps.get("updated"), secret=secret, internal=internal, declared=declared,
    )  # fmt: skip


def _collection(bundle: Bundle, pointer: str, schema: Mapping[str, Any]) -> Collection:
    for at, what in faults("behavior", "schema", schema["x-behavior"]):
        raise ContractError(*bundle.place(f"{pointer}/x-behavior{at}"), f"{pointer.rsplit('/', 1)[-1]}: x-behavior{at.replace('/', '.')}: {what}")
    return make(bundle, pointer, schema, schema["x-behavior"])


def _child(value: Mapping[str, Any]) -> Child:
    sort = value.get("sort", ())
    return Child(value["collection"], value["by"], value.get("where"), (sort,) if isinstance(sort, str) else tuple(sort), value.get("last"))


def _capacity(value: Mapping[str, Any]) -> Capacity:
    return Capacity(value["total"], value["reserved"], Holds(**value["holds"]) if "holds" in value else None)


def _states(value: Mapping[str, Any]) -> States:
    return States(value["field"], {state: tuple(moves) for state, moves in value["moves"].items()}, value.get("initial"))


def _id_of(bundle: Bundle, schema: Any) -> str:
    """How keys are made where it isn't said: by the key's type and format."""
    if schemas.type_of(bundle.data, schema or {}) == "integer":
        return "int"
    node = schemas.follow(bundle.data, schema or {})
    return "uuid" if isinstance(node, dict) and node.get("format") == "uuid" else "{n}"


def _mentions(collection: Collection) -> Iterator[tuple[str, str]]:
    yield from ((f"refs/{name}", ref.collection) for name, ref in collection.refs.items())
    yield from ((f"children/{name}/collection", child.collection) for name, child in collection.children.items())
    if collection.members and collection.members.collection:
        yield "members/collection", collection.members.collection
    if collection.capacity and collection.capacity.holds:
        yield "capacity/holds/collection", collection.capacity.holds.collection


def _check_names(collection: Collection, known: Mapping[str, Collection]) -> None:
    for pointer, name in _mentions(collection):
        if name not in known:
            where = collection.bundle.place(f"{collection.pointer}/x-behavior/{pointer}")
            raise ContractError(*where, f"{collection.name}: '{name}' is no collection.{suggest(name, known)}")
    for pointer, name in _fields(collection):
        if name not in collection.stored:
            where = collection.bundle.place(f"{collection.pointer}/x-behavior/{pointer}")
            raise ContractError(*where, f"{collection.name}: '{name}' is no field.{suggest(name, collection.stored)}")


def _fields(collection: Collection) -> Iterator[tuple[str, str]]:
    yield from (("unique", name) for names in collection.unique for name in names)
    if collection.states:
        yield "states/field", collection.states.field
    if collection.capacity:
        yield "capacity/total", collection.capacity.total
        yield "capacity/reserved", collection.capacity.reserved
