"""What the AsyncAPI standard forbids, by its own JSON Schema."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from typing import Any

import jsonschema_rs
import orjson

from understudy.contract import documents
from understudy.contract.errors import suggest

__all__ = ["VERSION", "standard_faults"]

VERSION = "3.0.0"


def standard_faults(document: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with a document: (JSON pointer, sentence that begins with where it stands)."""
    for error in _validator().iter_errors(document):
        for place, what in _explained(error):
            yield "".join(documents.pointer_of(str(part)) for part in place), f"{'.'.join(map(str, place))}: {what}" if place else what


@lru_cache(maxsize=1)
def _validator() -> Any:
    text = resources.files("understudy.contract").joinpath("vendor", "asyncapi-3.0.0.json").read_bytes()
    return jsonschema_rs.validator_for(orjson.loads(text))


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
