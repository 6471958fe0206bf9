"""Makes the contract of what is left when broken pieces are taken out, and reports the names that lead nowhere."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from understudy.contract import collections, inference, reader, schemas
from understudy.contract.bundle import Bundle
from understudy.contract.errors import suggest
from understudy.contract.model import Collection, Contract
from understudy.contract.rules.fault import at
from understudy.contract.rules.sources import Sheet, Source

__all__ = ["make_contract"]


def make_contract(source: Source) -> None:
    """Sets the source's contract; what would make the reader refuse is reported and taken away first."""
    known = _collections(source)
    for sheet in source.sheets:
        for named, pointer, node in sheet.behaviors():
            name = (node.get("x-behavior") or {}).get("collection")
            if name is not None and name not in known:
                source.faults.append(
                    at(sheet.bundle, f"{pointer}/x-behavior/collection", f"{named}: x-behavior.collection: '{name}' is no collection.{suggest(name, known)}")
                )
                del node["x-behavior"]
    settings = source.settings.get("services") if source.backend else {"api": {"port": reader.FREE_PORT}}
    services = []
    for name, words in settings.items() if isinstance(settings, dict) else ():
        rest, realtime = _bundle(source, name, "openapi"), _bundle(source, name, "asyncapi")
        if isinstance(words, dict) and isinstance(words.get("port"), int):
            services.append(reader._service(name, words, rest, realtime, known))
    made = Contract(source.name, source.name, source.file, tuple(services), MappingProxyType(known), source.settings, declared=source.backend)
    source.contract = inference.complete(made)


def _bundle(source: Source, service: str, kind: str) -> Bundle | None:
    sheet = next((item for item in source.sheets if item.kind == kind and item.service == service), None)
    if sheet is None:
        return None
    old = kind == "openapi" and str(sheet.data.get("openapi", "")).startswith("3.0")
    return Bundle(sheet.bundle.file, schemas.nullable_as_type(sheet.data), sheet.bundle.origins) if old else sheet.bundle


def _collections(source: Source) -> dict[str, Collection]:
    """The declared collections, without the declarations in them that name what is not there."""
    found: dict[str, tuple[Sheet, Collection]] = {}
    for sheet in source.sheets:
        for name, node in ((sheet.data.get("components") or {}).get("schemas") or {}).items():
            if isinstance(node, dict) and "x-behavior" in node:
                made = collections.make(sheet.bundle, f"/components/schemas/{name}", node, node["x-behavior"])
                found.setdefault(made.name, (sheet, made))
    known = {name: made for name, (_, made) in found.items()}
    for name, (sheet, made) in found.items():
        wrong = list(_wrong(made, known))
        source.faults += [
            at(sheet.bundle, f"{made.pointer}/x-behavior/{pointer}", f"{name}: x-behavior.{pointer.replace('/', '.')}: {what}") for pointer, what in wrong
        ]
    return _without(found, known)


def _wrong(collection: Collection, known: Mapping[str, Collection]) -> Iterator[tuple[str, str]]:
    for pointer, name in collections._mentions(collection):
        if name not in known:
            yield pointer, f"'{name}' is no collection.{suggest(name, known)}"
    for pointer, name in collections._fields(collection):
        if name not in collection.stored:
            yield pointer, f"'{name}' is no field.{suggest(name, collection.stored)}"


def _without(found: Mapping[str, tuple[Sheet, Collection]], known: Mapping[str, Collection]) -> dict[str, Collection]:
    """The collections again, without refs, children, members and capacity that lead to no collection."""
    result = {}
    for name, (sheet, made) in found.items():
        words = dict(made.schema["x-behavior"])
        for pointer, target in collections._mentions(made):
            if target not in known:
                first, _, rest = pointer.partition("/")
                inner = rest.split("/")[0]
                words[first] = {key: value for key, value in words[first].items() if key != inner} if first in ("refs", "children") else None
        words = {word: value for word, value in words.items() if value is not None}
        result[name] = collections.make(sheet.bundle, made.pointer, made.schema, words)
    return result
