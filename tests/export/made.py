"""Documents of schemas, and values for them, made by chance: few names and numbers, so that they often meet."""

from collections.abc import Callable
from random import Random
from typing import Any

Sub = Callable[[], Any]
NAMES = ["a", "b", "c", "d", "ab"]
TEXTS = ["", "a", "b", "ab", "abc", "é", "😀", "2020-01-01", "a@b.c", "a b", "a" * 45, "a" * 130]
NUMBERS = [-3, -1, 0, 1, 2, 3, 5, 7, 10, 1.5, 0.1, 0.35, 2.5, -0.5]  # none like 1.0, which JavaScript can't tell from 1
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
DEEPEST = 3
LATER = {"M": "ABC", "A": "BC", "B": "C", "C": ""}  # what a schema may refer to in its own place, so that none asks for itself for ever


def value(chance: Random, depth: int = 0) -> Any:
    """A JSON value."""
    kind = chance.randrange(9 if depth < DEEPEST else 6)
    if kind < 2:
        return chance.choice([None, True, False])
    if kind < 6:
        return chance.choice(NUMBERS if kind < 4 else TEXTS)
    if kind == 6:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    names = NAMES + [f"p{number}" for number in range(12)] * (chance.random() < 0.1)
    return {name: value(chance, depth + 1) for name in chance.sample(names, chance.randrange(6))}


def document(chance: Random) -> dict[str, Any]:
    """A document with the schemas M, A, B and C."""
    return {"components": {"schemas": {name: Maker(chance, name).schema(0 if name == "M" else 1, False) for name in LATER}}}


class Maker:
    """Schemas for one name."""

    def __init__(self, chance: Random, name: str) -> None:
        self.chance, self.name = chance, name

    def schema(self, depth: int, inside: bool) -> Any:
        """A schema. inside: whether it is for a part of the value that the name's schema is for."""
        chance = self.chance
        if depth and chance.random() < 0.06:
            return chance.choice([True, False])
        if depth and chance.random() < 0.15 and (names := "ABC" if inside else LATER[self.name]):
            return self._reference(chance.choice(names))
        if depth >= DEEPEST:
            return chance.choice([{"type": chance.choice(TYPES)}, {}, {"minimum": 2}, {"const": chance.choice(NUMBERS)}, {"enum": chance.sample(TEXTS, 3)}])
        made: dict[str, Any] = {}
        if chance.random() < 0.4:
            made["type"] = chance.choice(TYPES) if chance.random() < 0.7 else chance.sample(TYPES, chance.randrange(1, 4))
        for word in chance.sample(sorted({**APPLIED, **PARTED, **PLAIN}), chance.randrange(1, 6)):
            made |= self._word(word, depth, inside)
        words = list(made.items())
        chance.shuffle(words)
        return dict(words)

    def _word(self, word: str, depth: int, inside: bool) -> dict[str, Any]:
        if word in PLAIN:
            return {word: PLAIN[word](self.chance)}
        make = PARTED.get(word) or APPLIED[word]
        made: dict[str, Any] = make(self.chance, lambda: self.schema(depth + 1, inside or word in PARTED))
        return made

    def _reference(self, name: str) -> dict[str, Any]:
        more = {"maximum": 3, "readOnly": True, "unevaluatedProperties": False}
        return {"$ref": f"#/components/schemas/{name}", **{word: more[word] for word in more if self.chance.random() < 0.2}}


def _texts(most: int) -> Callable[[Random], list[str]]:
    return lambda chance: chance.sample(NAMES, chance.randrange(most))


PLAIN: dict[str, Callable[[Random], Any]] = {
    "const": lambda chance: value(chance, 2),
    "enum": lambda chance: [value(chance, 2) for _ in range(chance.randrange(1, 5))],
    **{word: lambda chance: chance.choice(NUMBERS) for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")},
    "multipleOf": lambda chance: chance.choice([2, 3, 0.5, 0.1, 0.05]),
    **{f"{side}{what}": lambda chance: chance.randrange(5) for side in ("min", "max") for what in ("Length", "Items", "Properties")},
    "pattern": lambda chance: chance.choice(["^a", "b$", "^.$", "^[a-z]+$", r"^\w+$", r"\d{4}"]),
    "format": lambda chance: chance.choice(["date", "email", "uuid", "int32", "uri", "hostname"]),
    "uniqueItems": lambda chance: chance.random() < 0.8,
    "required": _texts(4),
    "dependentRequired": lambda chance: {name: _texts(3)(chance) for name in chance.sample(NAMES, 2)},
}


def _some(word: str, least: int, most: int) -> Callable[[Random, Sub], dict[str, Any]]:
    return lambda chance, sub: {word: [sub() for _ in range(chance.randrange(least, most))]}


def _contains(chance: Random, sub: Sub) -> dict[str, Any]:
    limits = {word: chance.randrange(3) for word in ("minContains", "maxContains") if chance.random() < 0.3}
    return {"contains": sub(), **limits}


def _condition(chance: Random, sub: Sub) -> dict[str, Any]:
    return {"if": sub(), **{word: sub() for word in ("then", "else") if chance.random() < 0.7}}


def _properties(chance: Random, sub: Sub) -> dict[str, Any]:
    made = {name: sub() for name in chance.sample(NAMES, chance.randrange(4))}
    if chance.random() < 0.15:
        made |= {f"p{number}": {"type": "null"} for number in range(chance.randrange(10, 16))}
    for node in made.values():
        if isinstance(node, dict) and chance.random() < 0.2:
            node[chance.choice(["readOnly", "writeOnly"])] = True
    return {"properties": made}


# words with schemas for the same value
APPLIED: dict[str, Callable[[Random, Sub], dict[str, Any]]] = {
    "allOf": _some("allOf", 1, 3), "anyOf": _some("anyOf", 1, 4), "oneOf": _some("oneOf", 1, 4), "if": _condition,
    "not": lambda _chance, sub: {"not": sub()},
    "dependentSchemas": lambda chance, sub: {"dependentSchemas": {name: sub() for name in chance.sample(NAMES, 2)}},
    "propertyNames": lambda chance, sub: {"propertyNames": chance.choice([{"maxLength": 1}, {"pattern": "^a"}, {"enum": ["a", "b"]}, False, sub()])},
}  # fmt: skip
# words with schemas for its parts
PARTED: dict[str, Callable[[Random, Sub], dict[str, Any]]] = {
    "properties": _properties, "prefixItems": _some("prefixItems", 1, 3), "contains": _contains,
    "items": lambda _chance, sub: {"items": sub()},
    "patternProperties": lambda chance, sub: {"patternProperties": {name: sub() for name in chance.sample(["^a", "b", "^[cd]$"], chance.randrange(1, 3))}},
    "additionalProperties": lambda chance, sub: {"additionalProperties": chance.choice([False, False, True, sub()])},
    "unevaluatedItems": lambda chance, sub: {"unevaluatedItems": chance.choice([False, False, sub()])},
    "unevaluatedProperties": lambda chance, sub: {"unevaluatedProperties": chance.choice([False, False, sub()])},
}  # fmt: skip
