"""Where expressions stand in the vocabulary's words, and which rows they may name there.

The JSON Schemas say where: wherever they refer to `expression`, `values` or `template`. The tables below say what they can't:
in which places `it` is a row of the collection named beside it, and `rows` are rows of the operation's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.contract.model import Collection
from understudy.contract.vocabulary import schema

__all__ = ["EXPRESSION_DEFS", "IT_IS_A_ROW", "MORE_TEMPLATES", "ROWS_ARE_OWN", "Found", "expressions", "lock_name"]

EXPRESSION_DEFS = frozenset({"expression", "values", "template"})
IT_IS_A_ROW = frozenset(
    f"{before}{place}"
    for before in ("", "after/*/", "closes/")
    for place in ("with/*/where", "spends/where", "updates/*/where", "updates/*/set", "removes/*/where", "children/*/where")
)
ROWS_ARE_OWN = frozenset({"group/fields"})
MORE_TEMPLATES = frozenset({"auth/active", "headers/*", "services/*/headers/*", "envelope/invalid"})  # of backend.yaml: plain texts in its schema
STATES = frozenset({"to", "after/*/to"})  # texts, or expressions in parentheses


@dataclass(frozen=True, slots=True)
class Found:
    """An expression. at: JSON pointer in the words; word: the same with * for names and numbers; it: the collection of `it`, if that is known."""

    at: str
    word: str
    source: str
    it: str | None = None

    @property
    def dotted(self) -> str:
        """The place as errors write it: with.event.key."""
        return self.at[1:].replace("/", ".").replace("~1", "/").replace("~0", "~")


def lock_name(words: Mapping[str, Any], collections: Mapping[str, Collection]) -> dict[str, str]:
    """The name of the lock that an operation makes or frees, and the collection that it is a row of; {} for an operation that does neither."""
    moves = [item for word in ("take", "give") for item in (words[word] if isinstance(words.get(word), list) else [words.get(word)]) if item]
    of = next((item["of"] for item in moves if item.get("hold") == "lock"), None)
    capacity = collections[str(of)].capacity if of in collections else None
    return {"hold": capacity.holds.collection} if capacity and capacity.holds else {}


def expressions(name: str, part: str, words: Any) -> Iterator[Found]:
    """The expressions in words that fit their schema. name: behavior or backend; part: operation, schema, or '' for the whole."""
    whole = schema(name)
    yield from _walk(whole, whole["$defs"][part] if part else whole, words, "", "", {})


def _walk(whole: Mapping[str, Any], node: Any, value: Any, at: str, word: str, around: Any) -> Iterator[Found]:
    name = str(node.get("$ref", "")).rsplit("/", 1)[-1]
    if name in EXPRESSION_DEFS or word in MORE_TEMPLATES or (word in STATES and str(value).startswith("(")):
        yield from _leaves(value, at, word, around.get("collection") if word in IT_IS_A_ROW and isinstance(around, dict) else None)
        return
    node = whole["$defs"][name] if name else node
    for branch in node.get("anyOf", ()):
        if _fits(whole, branch, value):
            yield from _walk(whole, branch, value, at, word, around)
            return
    yield from _inside(whole, node, value, at, word)


def _inside(whole: Mapping[str, Any], node: Mapping[str, Any], value: Any, at: str, word: str) -> Iterator[Found]:
    if isinstance(value, list) and "items" in node:
        for index, item in enumerate(value):
            yield from _walk(whole, node["items"], item, f"{at}/{index}", _join(word, "*"), value)
    if isinstance(value, dict):
        known, other = node.get("properties", {}), node.get("additionalProperties")
        for key, item in value.items():
            inner = known.get(key, other)
            if isinstance(inner, dict):
                part = key if key in known else "*"
                yield from _walk(whole, inner, item, f"{at}/{key.replace('~', '~0').replace('/', '~1')}", _join(word, part), value)


def _join(word: str, part: str) -> str:
    return f"{word}/{part}" if word else part


def _leaves(value: Any, at: str, word: str, it: str | None) -> Iterator[Found]:
    if isinstance(value, str):
        yield Found(at, word, value, it)
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _leaves(item, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}", word, it)


def _fits(whole: Mapping[str, Any], branch: Mapping[str, Any], value: Any) -> bool:
    """Whether a branch of an anyOf is meant for a value, by its type."""
    name = str(branch.get("$ref", "")).rsplit("/", 1)[-1]
    declared = whole["$defs"][name].get("type") if name else branch.get("type")
    kinds = declared if isinstance(declared, list) else [declared]
    kind = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}[type(value)]
    return kind in kinds
