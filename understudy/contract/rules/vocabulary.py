"""The extensions: x-behavior, x-faker and x-guide fit their schemas and stand where they belong."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from understudy.contract import documents
from understudy.contract.errors import suggest
from understudy.contract.rules.fault import Fault, at
from understudy.contract.rules.sources import Sheet, Source, prune
from understudy.contract.vocabulary import faults

__all__ = ["Providers", "check", "faker_names"]

Providers = Callable[[str], Iterable[str]]
EXTENSIONS = ("x-behavior", "x-faker", "x-guide", "x-inferred", "x-socketio", "x-socketio-auth", "x-ack")
LITERAL = frozenset({"example", "examples", "default", "const", "enum"})
GUIDE_WORDS = ("file", "lines", "says")
MOST_WORDS = 15


def faker_names(locale: str) -> Iterable[str]:
    """The provider names of Faker in a locale."""
    from faker import Factory

    return [name for name in dir(Factory.create(locale)) if not name.startswith("_")]


def check(source: Source, providers: Providers) -> None:
    """Reports the faults of all extensions; declarations that don't fit are taken away."""
    for sheet in source.sheets:
        for named, pointer, node in sheet.behaviors():
            if "x-behavior" in node:
                prune(source, sheet, sheet.part(pointer), named, pointer, node)
        for name, pointer, node in sheet.own("schemas"):
            if "x-behavior" in node:
                prune(source, sheet, "schema", name, pointer, node)
        _take_away_imported(sheet)
        source.faults += _extensions(source, sheet, frozenset(providers(str(source.settings.get("locale", "en_US")))))


def _take_away_imported(sheet: Sheet) -> None:
    """A schema of another file is reported there; here it must only not be in the way."""
    for node in ((sheet.data.get("components") or {}).get("schemas") or {}).values():
        if isinstance(node, dict) and "x-behavior" in node and faults("behavior", "schema", node["x-behavior"]):
            name = node["x-behavior"].get("collection") if isinstance(node["x-behavior"], dict) else None
            del node["x-behavior"]
            node |= {"x-behavior": {"collection": name}} if isinstance(name, str) else {}


def _extensions(source: Source, sheet: Sheet, names: frozenset[str]) -> Iterator[Fault]:
    places = {pointer for _, pointer, _ in (*sheet.behaviors(), *sheet.own("schemas"))}
    places |= {pointer for pointer in sheet.bundle.origins if pointer.startswith("/components/schemas/")}
    for pointer, node in walk(sheet):
        if "x-behavior" in node and pointer not in places:
            yield at(sheet.bundle, f"{pointer}/x-behavior", "x-behavior stands on operations, channels and component schemas, not here.")
        if "x-faker" in node:
            yield from _hint(sheet, f"{pointer}/x-faker", node["x-faker"], names)
        if "x-guide" in node and source.backend:
            yield from _guide(sheet, f"{pointer}/x-guide", node["x-guide"], str(source.settings.get("guide", "")))
        for word in node:
            if word.startswith("x-") and word not in EXTENSIONS and get_close_matches(word, EXTENSIONS, n=1, cutoff=0.8):
                yield at(sheet.bundle, f"{pointer}/{word}", f"'{word}' is no extension of ours.{suggest(word, EXTENSIONS)}")


def walk(sheet: Sheet) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every map of the file itself, but for examples and other literal values."""
    yield from _walk(sheet.data, "", sheet.bundle.origins, False)


def _walk(node: Any, pointer: str, origins: Mapping[str, Any], names: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """names: the keys of the node are names that people gave, no words."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _walk(item, f"{pointer}/{index}", origins, False)
    elif isinstance(node, dict) and not (pointer.startswith("/components/") and pointer in origins):
        if not names:
            yield pointer, node
        for key, item in node.items():
            if names or not (key in LITERAL or key.startswith("x-")):
                yield from _walk(item, pointer + documents.pointer_of(key), origins, not names and key in ("properties", "patternProperties"))


def _hint(sheet: Sheet, pointer: str, hint: Any, names: frozenset[str]) -> Iterator[Fault]:
    field = documents.pointer_parts(pointer)[-2]
    found = faults("faker", "", hint)
    for inner, what in found:
        yield at(sheet.bundle, pointer + inner, f"{field}: x-faker{inner.replace('/', '.')}: {what}")
    for name in [] if found else _provider_names(hint):
        if name not in names:
            yield at(sheet.bundle, pointer, f"{field}: x-faker: '{name}' is no Faker provider.{suggest(name, names)}")


def _provider_names(hint: Any) -> list[str]:
    if isinstance(hint, str):
        return [hint]
    return [hint["provider"]] if "provider" in hint else re.findall(r"\{\{(\w+)\}\}", str(hint.get("template", "")))


def _guide(sheet: Sheet, pointer: str, value: Any, guide: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield at(sheet.bundle, pointer, "x-guide is a map: {file, lines: [from, to], says}.")
        return
    for word in value:
        if word not in GUIDE_WORDS:
            yield at(sheet.bundle, f"{pointer}/{word}", f"x-guide: '{word}' is no word of it.{suggest(word, GUIDE_WORDS)}")
    lines = value.get("lines")
    if not (isinstance(lines, list) and len(lines) == 2 and all(isinstance(line, int) for line in lines) and 1 <= lines[0] <= lines[1]):
        yield at(sheet.bundle, f"{pointer}/lines", "x-guide.lines is [from, to], the guide's line numbers.")
    if value.get("file") != guide:
        yield at(sheet.bundle, f"{pointer}/file", f"x-guide.file is '{value.get('file')}', the backend's guide is '{guide}'.")
    if len(str(value.get("says", "")).split()) > MOST_WORDS:
        yield at(sheet.bundle, f"{pointer}/says", f"x-guide.says has {len(str(value['says']).split())} words; at most {MOST_WORDS} of our own.")
