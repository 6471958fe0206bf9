"""AsyncAPI documents are valid by the standard's JSON Schema, and their messages say where they come from."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from typing import Any

import jsonschema_rs
import orjson

from understudy.contract import documents
from understudy.contract.errors import suggest
from understudy.contract.rules.fault import Fault, at
from understudy.contract.rules.sources import Sheet, Source, mapping

__all__ = ["check", "check_messages"]


def check(source: Source) -> None:
    """Reports what the standard forbids; a source whose documents have not the shape that it demands is not sound."""
    for sheet in source.of_kind("asyncapi"):
        found = list(_standard(sheet))
        source.faults += found
        source.sound = source.sound and not found


def check_messages(source: Source) -> None:
    """Reports what the messages and receivers of a backend lack."""
    for sheet in source.of_kind("asyncapi") if source.backend else ():
        source.faults += _lacking(sheet)


@lru_cache(maxsize=1)
def _validator() -> Any:
    text = resources.files("understudy.contract").joinpath("vendor", "asyncapi-3.0.0.json").read_bytes()
    return jsonschema_rs.validator_for(orjson.loads(text))


def _standard(sheet: Sheet) -> Iterator[Fault]:
    version = str(sheet.data.get("asyncapi", ""))
    if version != "3.0.0":
        yield at(sheet.bundle, "/asyncapi", f"An AsyncAPI document names its version, 3.0.0; found '{version}'.")
        return
    for error in _validator().iter_errors(sheet.data):
        for place, what in _explained(error):
            pointer = "".join(documents.pointer_of(str(part)) for part in place)
            yield at(sheet.bundle, pointer, f"{'.'.join(map(str, place))}: {what}" if place else what)


def _explained(error: Any) -> list[tuple[list[str | int], str]]:
    """An error, or of one with alternatives those of the alternative that was meant: not the reference, and the deepest."""
    branches = [branch for branch in getattr(error.kind, "context", ()) if branch and "$ref" not in branch[0].message]
    if branches:
        meant = max(branches, key=lambda branch: (max(len(item.instance_path) for item in branch), -len(branch)))
        return [found for item in meant for found in _explained(item)]
    if error.kind.name == "enum":
        return [(error.instance_path, f"'{error.instance}' is not valid.{suggest(str(error.instance), error.kind.options)}")]
    if error.kind.name == "additionalProperties":
        return [(error.instance_path, f"'{word}' is no word of AsyncAPI here.{_near(word)}") for word in error.kind.unexpected]
    message = error.message if len(error.message) < 240 else f"{error.message[:100]} ... {error.message[-100:]}"
    return [(error.instance_path, f"{message}.")]


def _near(word: str) -> str:
    """The closest of all words of the standard."""
    close = get_close_matches(word, _words(), n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    whole = orjson.loads(resources.files("understudy.contract").joinpath("vendor", "asyncapi-3.0.0.json").read_bytes())
    own = (node for name, node in whole["definitions"].items() if name.startswith("http://asyncapi.com/definitions/3.0.0/"))
    return frozenset(word for node in (whole, *own) for word in node.get("properties", {}))


def _lacking(sheet: Sheet) -> Iterator[Fault]:
    for name, pointer, node in [*sheet.own("messages"), *_inline(sheet)]:
        if not {"x-guide", "x-inferred"} & set(node):
            yield at(sheet.bundle, pointer, f"{name}: a message says where it comes from: x-guide or x-inferred.")
        if not node.get("examples"):
            yield at(sheet.bundle, pointer, f"{name}: a message has an example.")
    for name, pointer, node in sheet.operations():
        if node.get("action") == "receive" and "x-behavior" not in node:
            yield at(sheet.bundle, pointer, f"{name}: an operation that receives has x-behavior.")


def _inline(sheet: Sheet) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Messages that are written in their channel."""
    for channel, item in mapping(sheet.data.get("channels")).items():
        for name, node in mapping(mapping(item).get("messages")).items():
            if isinstance(node, dict) and "$ref" not in node:
                yield name, documents.pointer_of("channels", channel, "messages", name), node
