"""The words of `x-behavior` as JavaScript: what the vocabulary calls an expression becomes a function of a scope."""

from collections.abc import Callable, Mapping
from typing import Any

from mock_server.engine.runtime import Runtime
from understudy.contract import documents, vocabulary
from understudy.contract.expressions import names_in
from understudy.export.expressions import script
from understudy.export.literals import Code

__all__ = ["Words"]

Names = Mapping[str, str]
EXPRESSION, VALUES = "#/$defs/expression", "#/$defs/values"
# Where `it` is a row of the collection that is named beside it.
OF_ROWS = frozenset({("updates", "where"), ("updates", "set"), ("removes", "where"), ("with", "where"), ("spends", "where"), ("children", "where")})
MARKED = frozenset({"reply", "data", "derive"})  # rows in these are cut to the schema of what carries them
WORKED_OUT = frozenset({"rate", "sort", "page", "message", "envelope", "idempotency", "conserves", "do", "collection"})  # `plans` has them


class Words:
    """Writes the words of one section of the vocabulary. names: name in expressions -> collection of the row that it is."""

    def __init__(self, runtime: Runtime, names: Names) -> None:
        self.runtime, self.names = runtime, names
        self.root = vocabulary.schema("behavior")

    def section(self, name: str, words: Mapping[str, Any]) -> dict[str, Any]:
        """The words of a section: operation, message, channel, push or scenario."""
        properties = self.root["$defs"][name]["properties"]
        made = {
            word: self._value(properties.get(word, {}), value, (word,), self.names)
            for word, value in words.items()
            if word not in WORKED_OUT and value is not None
        }
        for word, finish in FINISHES.items():
            if word in made:
                made[word] = finish(self, words, made[word])
        return made

    def expression(self, source: Any, names: Names | None = None) -> Any:
        """A function of a scope, or a constant."""
        if not isinstance(source, str):
            return source
        return Code(f"(v) => {script(source, self.runtime.kinds(self.names if names is None else names))}")

    def values(self, source: Any, names: Names | None = None, mark: bool = False) -> Any:
        """A map, list or expression, with functions at its leaves. mark: rows of a known collection become entities."""
        if isinstance(source, Mapping):
            return {name: self.values(value, names, mark) for name, value in source.items()}
        if isinstance(source, list):
            return [self.values(value, names, mark) for value in source]
        return self._marked(source, self.names if names is None else names) if mark else self.expression(source, names)

    def _marked(self, source: Any, names: Names) -> Any:
        kind = self.runtime.kind(source, names)
        if kind is None:
            return self.expression(source, names)
        return Code(f"(v) => x.entities('{kind}', {script(source, self.runtime.kinds(names))})")

    def _value(self, schema: Any, value: Any, path: tuple[str, ...], names: Names) -> Any:
        """A value by the schema that the vocabulary has of it."""
        schema, is_values = self._resolved(schema, value)
        if is_values is not None:
            return self.values(value, self._seen(path, names), mark=path[-1] in MARKED)
        if isinstance(value, Mapping):
            inner = {**names, "it": str(value["collection"])} if "collection" in value else names
            known, other = schema.get("properties", {}), schema.get("additionalProperties", {})
            return {name: self._value(known.get(name, other), item, (*path, name), inner) for name, item in value.items()}
        if isinstance(value, list):
            return [self._value(schema.get("items", {}), item, path, names) for item in value]
        return value

    def _seen(self, path: tuple[str, ...], names: Names) -> Names:
        """The names that expressions at a place see: `it` has a known collection in few of them only."""
        known = any((word, path[-1]) in OF_ROWS for word in path[:-1])
        return names if known else {name: kind for name, kind in names.items() if name != "it" or name in self.names}

    def _resolved(self, schema: Any, value: Any) -> tuple[Mapping[str, Any], bool | None]:
        """The schema that fits a value, references followed; and whether it is one of expressions."""
        while isinstance(schema, Mapping):
            if schema.get("$ref") in (EXPRESSION, VALUES):
                return schema, True
            if "$ref" in schema:
                schema = documents.resolve(self.root, schema["$ref"][1:])
            elif "anyOf" in schema:
                schema = next((part for part in schema["anyOf"] if self._fits(part, value)), {})
            else:
                return schema, None
        return {}, None

    def _fits(self, part: Mapping[str, Any], value: Any) -> bool:
        """Whether a part of an `anyOf` is for values of this kind."""
        found = part
        while "$ref" in found and found["$ref"] not in (EXPRESSION, VALUES):
            found = documents.resolve(self.root, found["$ref"][1:])
        kind = {EXPRESSION: "scalar", VALUES: "object"}.get(found.get("$ref", ""), found.get("type"))
        return kind == ("object" if isinstance(value, Mapping) else "array" if isinstance(value, list) else "scalar")


def _filters(words: Words, source: Mapping[str, Any], made: Any) -> Any:
    """Conditions by query parameter; a list of names means equality."""
    if isinstance(made, list):
        return {name: words.expression(f"row['{name}'] == query['{name}']") for name in made}
    return made


def _target(words: Words, source: Mapping[str, Any], made: Any) -> Any:
    """The state of a transition: a text, or an expression in parentheses."""
    return words.expression(made) if isinstance(made, str) and made.startswith("(") else made


def _needs(words: Words, source: Mapping[str, Any], made: Any) -> Any:
    """Which rows of `with` are looked for by what the operation's own row says: those can't be found before it."""
    late = {name for name, item in source["with"].items() if {"row", "old"} & (names_in(item.get("key")) | names_in(item.get("where")))}
    return {name: {**item, **({"aboutRow": True} if name in late else {})} for name, item in made.items()}


def _requires(words: Words, source: Mapping[str, Any], made: Any) -> Any:
    """Which conditions look at rows of `with`."""
    rows = frozenset(source.get("with") or ())
    pairs = zip(source["requires"], made, strict=True)
    return [{**item, **({"aboutRows": True} if rows & names_in(declared["when"]) else {})} for declared, item in pairs]


FINISHES: Mapping[str, Callable[[Words, Mapping[str, Any], Any], Any]] = {
    "filters": _filters, "to": _target, "with": _needs, "requires": _requires,
}  # fmt: skip
