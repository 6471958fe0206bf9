"""The schemas that documents give a name to, each with the name of its type: one for what several documents share, others told apart."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.contract import documents
from understudy.contract.bundle import Bundle
from understudy.contract.model import Contract
from understudy.export.names import RESERVED, claim, identifier

__all__ = ["Component", "Components"]

Place = tuple[int, str]  # the document's id, the pointer in it
# What no schema may be called: the language's own types, and those that the text around the schemas uses.
TYPES = "any Array bigint Blob boolean Date never number object Partial Record string symbol unknown undefined"
TAKEN = RESERVED | set(TYPES.split())


@dataclass(frozen=True, slots=True)
class Component:
    """A schema with a name. sent: the name of its type as clients send it, where that differs from what is answered."""

    name: str
    sent: str
    node: Any
    service: str
    bundle: Bundle


class Components:
    """The named schemas of a contract, in `all`. own: names that the text has already."""

    def __init__(self, contract: Contract, own: Iterable[str]) -> None:
        self._taken = {*TAKEN, *own}
        self._found: dict[Place, Component] = {}
        self.all: list[Component] = []
        placed = {(id(bundle), pointer): (service, bundle) for service, bundle, pointer in _named(contract)}
        groups = _groups({place: bundle.data for place, (_, bundle) in placed.items()})
        alike: dict[int, Component] = {}
        for place, (service, bundle) in placed.items():
            if groups[place] not in alike:
                alike[groups[place]] = self._add(service, bundle, place[1])
            self._found[place] = alike[groups[place]]

    def names_of(self, service: str, bundle: Bundle) -> Callable[[str, bool], str]:
        """For a Writer of a document: the name of what a pointer leads to. What had none gets one, and is added to `all`."""

        def name(pointer: str, sent: bool) -> str:
            place = (id(bundle), pointer)
            if place not in self._found:
                self._found[place] = self._add(service, bundle, pointer)
            return self._found[place].sent if sent else self._found[place].name

        return name

    def _add(self, service: str, bundle: Bundle, pointer: str) -> Component:
        plain, node = identifier(documents.pointer_parts(pointer)[-1]), documents.resolve(bundle.data, pointer)
        longer = identifier(f"{service[:1].upper()}{service[1:]} {plain}")
        name = claim((plain, longer, f"{longer}Schema"), self._taken)
        sent = claim((f"{name}Input",), self._taken) if _differs(bundle.data, node, set()) else name
        self.all.append(Component(name, sent, node, service, bundle))
        return self.all[-1]


def _named(contract: Contract) -> Iterator[tuple[str, Bundle, str]]:
    """The schemas under `components`: service, document, pointer."""
    for service in contract.services:
        for bundle in filter(None, (service.bundle, service.realtime)):
            for name in (bundle.data.get("components") or {}).get("schemas") or ():
                yield service.name, bundle, documents.pointer_of("components", "schemas", name)


def _groups(places: Mapping[Place, Mapping[str, Any]]) -> dict[Place, int]:
    """A number for each schema; two have the same if they have the same name and say the same, as do those that they refer to."""
    nodes = {place: documents.resolve(document, place[1]) for place, document in places.items()}
    plain = {place: _without_extensions(node) for place, node in nodes.items()}
    labels = _numbered({place: (place[1], json.dumps(node, sort_keys=True, default=str)) for place, node in plain.items()})
    referred = {place: [(place[0], ref) for ref in _references(node)] for place, node in plain.items()}
    while True:
        finer = _numbered({place: (labels[place], *(labels.get(ref, ref) for ref in referred[place])) for place in labels})
        if len(set(finer.values())) == len(set(labels.values())):
            return labels
        labels = finer


def _numbered(keys: Mapping[Place, tuple[Any, ...]]) -> dict[Place, int]:
    numbers: dict[tuple[Any, ...], int] = {}
    return {place: numbers.setdefault(key, len(numbers)) for place, key in keys.items()}


def _without_extensions(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_extensions(item) for item in node]
    if isinstance(node, dict):
        return {str(key): _without_extensions(value) for key, value in node.items() if not str(key).startswith("x-")}
    return node


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"][1:]
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _references(item)


def _differs(document: Mapping[str, Any], node: Any, seen: set[str]) -> bool:
    """Whether what clients send is another type than what they get: something is required that is `readOnly` or `writeOnly`."""
    if isinstance(node, list):
        return any(_differs(document, item, seen) for item in node)
    if not isinstance(node, dict):
        return False
    ref = node.get("$ref")
    if isinstance(ref, str) and ref not in seen:
        seen.add(ref)
        if _differs(document, documents.resolve(document, ref[1:]), seen):
            return True
    properties = node["properties"] if isinstance(node.get("properties"), dict) else {}
    needed = [properties[name] for name in node.get("required") or () if isinstance(properties.get(name), dict)]
    if any(item.get(key) is True for item in needed for key in ("readOnly", "writeOnly")):
        return True
    return any(_differs(document, value, seen) for key, value in node.items() if key not in ("example", "examples", "default", "enum", "const"))
