"""What a validator's error means, as a violation that names field and rule."""

from collections.abc import Callable, Iterator
from typing import Any

from mock_server.engine.problem import Violation

LONGEST = 120
ARTICLES = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def explain(error: Any, root: str) -> Iterator[Violation]:
    """The violations of one jsonschema-rs error. root: what was checked, such as /body or /query/page."""
    kind = error.kind
    at = root + "".join(f"/{part}" for part in error.instance_path)
    name = _name(at)
    if kind.name == "required":
        yield Violation(f"{at}/{kind.property}", "required", f"{_name(f'{at}/{kind.property}')} is required", "a value", None)
    elif kind.name in ("anyOf", "oneOf") and any(getattr(kind, "context", None) or ()):
        yield from _closest(error, root)
    elif kind.name in RULES:
        rule, expected = RULES[kind.name](kind)
        yield Violation(at, kind.name, f"{name} {rule}", expected, shorten(error.instance))
    else:
        yield Violation(at, kind.name, f"{name}: {error.message[:LONGEST]}", None, shorten(error.instance))


def _closest(error: Any, root: str) -> Iterator[Violation]:
    """Of the branches of an anyOf or oneOf, the errors of the one that got furthest."""
    branches = [branch for branch in error.kind.context if branch]
    deepest: list[Any] = max(branches, key=lambda branch: max(len(found.instance_path) for found in branch), default=[])
    for found in deepest[:3]:
        yield from explain(found, root)


def _name(pointer: str) -> str:
    parts = pointer.split("/")[2:]
    return ".".join(parts) or {"body": "The body"}.get(pointer.strip("/"), pointer.strip("/"))


def shorten(value: Any) -> Any:
    """A value that fits a header: long texts are cut, containers named by their size."""
    if isinstance(value, str):
        return value if len(value) <= 40 else f"{value[:37]}..."
    if isinstance(value, list):
        return f"array of {len(value)}"
    if isinstance(value, dict):
        return f"object of {len(value)}"
    return value


def _types(kind: Any) -> tuple[str, Any]:
    names = list(kind.types)
    return "must be " + " or ".join(ARTICLES.get(name, name) for name in names), names[0] if len(names) == 1 else names


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


RULES: dict[str, Callable[[Any], tuple[str, Any]]] = {
    "type": _types,
    "enum": lambda kind: ("must be one of " + ", ".join(str(option) for option in kind.options), list(kind.options)),
    "const": lambda kind: (f"must be {kind.expected_value}", kind.expected_value),
    "format": lambda kind: (f"must be a valid {kind.format}", kind.format),
    "pattern": lambda kind: (f"must match {kind.pattern}", kind.pattern),
    "minLength": lambda kind: (f"must be at least {_many(kind.limit, 'character')} long", kind.limit),
    "maxLength": lambda kind: (f"must be at most {_many(kind.limit, 'character')} long", kind.limit),
    "minimum": lambda kind: (f"must be at least {kind.limit}", kind.limit),
    "maximum": lambda kind: (f"must be at most {kind.limit}", kind.limit),
    "exclusiveMinimum": lambda kind: (f"must be more than {kind.limit}", kind.limit),
    "exclusiveMaximum": lambda kind: (f"must be less than {kind.limit}", kind.limit),
    "multipleOf": lambda kind: (f"must be a multiple of {kind.multiple_of}", kind.multiple_of),
    "minItems": lambda kind: (f"must have at least {_many(kind.limit, 'item')}", kind.limit),
    "maxItems": lambda kind: (f"must have at most {_many(kind.limit, 'item')}", kind.limit),
    "uniqueItems": lambda _kind: ("must not repeat an item", True),
    "minProperties": lambda kind: (f"must have at least {_many(kind.limit, 'field')}", kind.limit),
    "maxProperties": lambda kind: (f"must have at most {_many(kind.limit, 'field')}", kind.limit),
    "additionalProperties": lambda kind: (f"must not have {', '.join(kind.unexpected)}", None),
    "falseSchema": lambda _kind: ("must not be there", None),
}
