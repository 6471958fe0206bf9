"""Payloads: whether one is valid, and ones that are not, made of the schema."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from understudy.contract import schemas
from understudy.contract.bundle import Bundle
from understudy.contract.model import Message

__all__ = ["broken", "faults"]

HUGE = 200_000  # characters of a text that no field is meant for
WRONG: Mapping[str, Any] = {
    "integer": "two", "number": "much", "string": {"text": 1}, "boolean": "yes", "array": "none", "object": [1, 2],
}  # fmt: skip


def faults(bundle: Bundle, message: Message, payload: Any) -> list[str]:
    """What is wrong with a payload, in words; nothing where the message has no schema."""
    validator = _validator(bundle, message)
    if validator is None:
        return []
    found = (f"{'/'.join(map(str, error.instance_path)) or 'the payload'}: {error.message}" for error in validator.iter_errors(payload))
    return [text if len(text) < 300 else f"{text[:300]}..." for text in found]


_VALIDATORS: dict[tuple[int, str], Any] = {}


def _validator(bundle: Bundle, message: Message) -> Any:
    """The validator of a message's payload; formats are checked."""
    if message.schema is None:
        return None
    key = (id(bundle), message.pointer or repr(message.schema))
    if key not in _VALIDATORS:
        found = {**bundle.data, "$ref": f"#{message.pointer}"} if message.pointer else message.schema
        _VALIDATORS[key] = (
            bundle,
            jsonschema_rs.validator_for({"$schema": "https://json-schema.org/draft/2020-12/schema", **_plain(found)}, validate_formats=True),
        )
    return _VALIDATORS[key][1]


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as a schema that refers into itself: words of AsyncAPI that JSON Schema has too are put away."""
    kept = ("components", "channels", "operations", "servers", "$ref")
    return {name: value for name, value in document.items() if name in kept or name.startswith("x-")} if "asyncapi" in document else dict(document)


def broken(bundle: Bundle, message: Message, good: Any, tag: str | None) -> Iterator[tuple[str, Any]]:
    """Payloads that break a message's schema, and what is wrong with each. good: a valid one; tag: the property that names a raw frame's message."""
    if message.schema is None or (schemas.type_of(bundle.data, message.schema) == "object" and not schemas.properties(bundle.data, message.schema)):
        return  # nothing is read of it, so nothing can be wrong with it
    seen: list[Any] = []
    for name, value in _candidates(bundle.data, message.schema, good, tag):
        if value not in seen and faults(bundle, message, value):
            seen.append(value)
            yield name, value


def _candidates(document: Any, schema: Any, good: Any, tag: str | None) -> Iterator[tuple[str, Any]]:
    if tag is None:
        yield "null", None
        yield "not-an-object", WRONG.get(schemas.type_of(document, schema) or "object", [1])
        yield "a-number", 7
    yield from _inside(document, schema, good, tag, ())


def _inside(document: Any, schema: Any, good: Any, tag: str | None, at: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """One property at a time: left out, of another type, null, out of range, huge; and within those that are objects."""
    value = _within(good, at)
    if not isinstance(value, dict):
        if not at:
            yield from ((f"root-{what}", wrong) for what, wrong in _wrongs(document, schema, good))
        return
    properties, needed = schemas.properties(document, schema), schemas.required(document, schema)
    for name, node in properties.items():
        if (name == tag and not at) or (name not in value and name not in needed):
            continue
        where = ".".join((*at, name))
        if name in needed:
            yield f"{where}-missing", _without(good, (*at, name))
        for what, wrong in _wrongs(document, node, value.get(name)):
            yield f"{where}-{what}", _with(good, (*at, name), wrong)
        if isinstance(value.get(name), dict):
            yield from _inside(document, node, good, tag, (*at, name))


def _wrongs(document: Any, schema: Any, _good: Any) -> Iterator[tuple[str, Any]]:
    node = schemas.follow(document, schema)
    node = node if isinstance(node, dict) else {}
    kind = schemas.type_of(document, node)
    if kind in WRONG:
        yield "wrong-type", WRONG[str(kind)]
    yield "null", None
    if kind in ("integer", "number"):
        least, most = node.get("minimum", node.get("exclusiveMinimum", 0)), node.get("maximum", 10**9)
        yield "too-small", (least or 0) - 1
        yield "too-large", (most or 0) + 1
    if kind == "integer":
        yield "fraction", 1.5
    if kind == "string":
        yield "empty", ""
        yield "huge", "x" * min(HUGE, int(node.get("maxLength", HUGE - 1)) + 1)
        yield "unlisted", "no-such-value"
    if kind == "array":
        yield "empty", []


def _within(value: Any, at: tuple[str, ...]) -> Any:
    for name in at:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _with(value: Any, at: tuple[str, ...], item: Any) -> Any:
    made = copy.deepcopy(value)
    _within(made, at[:-1])[at[-1]] = item
    return made


def _without(value: Any, at: tuple[str, ...]) -> Any:
    made = copy.deepcopy(value)
    _within(made, at[:-1]).pop(at[-1], None)
    return made
