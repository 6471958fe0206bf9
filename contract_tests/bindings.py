"""Which parameters and body fields of an operation name rows, and of which collection: read from its declarations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from understudy.contract import schemas
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["Binding", "bindings", "place_of", "scope_of"]

PLACE = re.compile(r"^(path|body|query)(?:\.([A-Za-z_]\w*)|\['([^']+)'\])$")
ITEM = re.compile(r"^it\.([A-Za-z_]\w*)$")
Spot = tuple[str, str]  # where (path, body, query), and the name


@dataclass(frozen=True)
class Binding:
    """A place of a request that holds the key of a row. scope: field of the row -> the place that holds its value; main: of the operation's own row."""

    spot: Spot
    collection: Collection
    scope: Mapping[str, Spot]
    main: bool = False
    each: str | None = None  # the field of an item, where the place is a list of maps


def place_of(expression: Any) -> Spot | None:
    """`body.eventId` and `path['id']` as a place; None for any other expression."""
    found = PLACE.match(expression.strip()) if isinstance(expression, str) else None
    return (found.group(1), found.group(2) or found.group(3)) if found else None


def scope_of(operation: Operation, collection: Collection | None) -> dict[str, Spot]:
    """Field of the operation's rows -> the place that holds its value."""
    declared = operation.behavior.get("scope")
    if declared is not None:
        return {name: spot for name, text in declared.items() if (spot := place_of(text))}
    if collection is None:
        return {}
    own = _own_key(operation)
    return {name: ("path", name) for name in operation.path_names if name in collection.stored and ("path", name) != own and name != collection.key}


def _own_key(operation: Operation) -> Spot | None:
    """The place of the key of the operation's row."""
    behavior = operation.behavior
    if "key" in behavior.words:
        return place_of(behavior.words["key"])
    if behavior.do in ("list", "create", "register", "login", "aggregate", "reply", None) or not operation.path_names:
        return None
    return ("path", operation.path_names[-1])


def bindings(contract: Contract, operation: Operation) -> list[Binding]:
    """The places of an operation that hold keys, those that others depend on first."""
    found: dict[Spot, Binding] = {}
    for binding in _all(contract, operation):
        found.setdefault(binding.spot, binding)
    found = {spot: _related(binding, found) for spot, binding in found.items()}
    ordered: list[Binding] = []
    waiting = list(found.values())
    while waiting:
        ready = [item for item in waiting if not any(spot in found and found[spot] in waiting and spot != item.spot for spot in item.scope.values())]
        ordered += ready or waiting
        waiting = [item for item in waiting if item not in ordered]
    return ordered


def _related(binding: Binding, others: Mapping[Spot, Binding]) -> Binding:
    """The binding with what its collection's foreign keys say: a category is one of the event that is named beside it."""
    refs = binding.collection.refs.items()
    near = {field: spot for field, ref in refs for spot, other in others.items() if spot != binding.spot and other.collection.name == ref.collection}
    return replace(binding, scope={**{name: spot for name, spot in near.items() if not _waits(others[spot], binding)}, **binding.scope})


def _waits(other: Binding, binding: Binding) -> bool:
    """Whether another place already depends on this one."""
    return binding.spot in other.scope.values()


def _all(contract: Contract, operation: Operation) -> Iterator[Binding]:
    behavior, collections = operation.behavior, contract.collections
    collection = collections.get(behavior.collection or "")
    own = _own_key(operation)
    if own is not None and collection is not None:
        scope = {name: spot for name, spot in scope_of(operation, collection).items() if spot != own}
        yield Binding(own, collection, scope, True)
    for word in (behavior.get("with") or {}).values():
        spot, other = place_of(word.get("key")), collections.get(word.get("collection"))
        if spot is not None and other is not None:
            yield Binding(spot, other, {})
    member = behavior.get("members") or {}
    if member and (spot := place_of(member.get("key"))) and member["of"] in collections:
        yield Binding(spot, collections[member["of"]], {})
    for move in _moves(behavior.get("take")) + _moves(behavior.get("give")):
        spot, other = place_of(move.get("key")), collections.get(move["of"])
        items, item = place_of(move.get("each")), ITEM.match(str(move.get("key")))
        if items is not None and item is not None and other is not None:
            yield Binding(items, other, {}, each=item.group(1))
        if spot is not None and other is not None:
            scope = scope_of(operation, other)
            yield Binding(spot, other, {name: place for name, place in scope.items() if place != spot and name in other.stored})
    if collection is not None:
        yield from _references(contract, operation, collection)


def _moves(word: Any) -> list[Mapping[str, Any]]:
    return list(word) if isinstance(word, list) else [word] if word else []


def _references(contract: Contract, operation: Operation, collection: Collection) -> Iterator[Binding]:
    """Body fields and path parameters that are foreign keys of the collection."""
    media = next((item for kind, item in operation.bodies.items() if schemas.is_json(kind) and item.schema), None)
    names = schemas.properties(operation.bundle.data, media.schema) if media else {}
    if operation.behavior.source == "inferred":
        yield from _guessed(contract, collection, names)
    for field, ref in collection.refs.items():
        other = contract.collections.get(ref.collection)
        if other is None or operation.behavior.get("owner") == field:
            continue
        if field in names:
            yield Binding(("body", field), other, {})
        for name, spot in scope_of(operation, collection).items():
            if name == field:
                yield Binding(spot, other, {})


def _guessed(contract: Contract, collection: Collection, names: Mapping[str, Any]) -> Iterator[Binding]:
    """Body fields of a document without behaviour that are named as a key of another collection is: `bookId`, `book_isbn`."""
    for other in contract.collections.values():
        single = other.name.rsplit("/", 1)[-1].removesuffix("s").lower()
        keys = {f"{single}{key}" for key in ("id", other.key.lower().removeprefix(single))}
        yield from (Binding(("body", field), other, {}) for field in names if other is not collection and field.lower().replace("_", "") in keys)
