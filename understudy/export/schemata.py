"""The schemas of documents as JavaScript: each with a name is a constant, and a reference to it a function."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from understudy.contract.bundle import Bundle
from understudy.contract.model import Contract
from understudy.export.components import Components
from understudy.export.literals import Code, pretty

__all__ = ["Schemata"]

Write = Callable[[Any], Any]
NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})  # words whose value is a map of names to schemas
PLAIN = frozenset({"enum", "const", "default", "example", "examples", "required"})  # words whose value is no schema
DROPPED = frozenset({"description", "title", "summary", "externalDocs", "xml", "deprecated", "$schema", "$id"})  # what says nothing to a validator


class Schemata:
    """The schemas of a contract. What is written of one names others: `s.Order` is the constant `Order` of `schemas.js`."""

    def __init__(self, contract: Contract) -> None:
        self._components = Components(contract, {"s"})

    def writer(self, service: str, bundle: Bundle, prefix: str = "s.") -> Write:
        """Writes schemas of a document."""
        name_of = self._components.names_of(service, bundle)

        def write(node: Any) -> Any:
            if isinstance(node, list):
                return [write(item) for item in node]
            if not isinstance(node, Mapping):
                return node
            return dict(_members(node, write, lambda pointer: Code(f"() => {prefix}{name_of(pointer, False)}")))

        return write

    def text(self) -> str:
        """The constants, those included that are only referred to."""
        parts, done = [], 0
        while done < len(self._components.all):  # writing one may find another
            item = self._components.all[done]
            parts.append(f"export const {item.name} = {pretty(self.writer(item.service, item.bundle, '')(item.node))};\n")
            done += 1
        return "\n".join(parts)


def _members(node: Mapping[str, Any], write: Write, refer: Callable[[str], Code]) -> Iterator[tuple[str, Any]]:
    for word, value in node.items():
        if word == "$ref" and isinstance(value, str):
            yield word, refer(value[1:])
        elif word in NAMED and isinstance(value, Mapping):
            yield word, {name: write(item) for name, item in value.items()}
        elif word in PLAIN:
            yield word, value
        elif word not in DROPPED and not str(word).startswith("x-"):
            yield word, write(value)
