"""A change, and who notices it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from understudy.contract import documents, schemas
from understudy.contract.bundle import Bundle
from understudy.contract.model import Place

__all__ = ["Change", "Side", "change", "type_of"]

NAMED = 3  # others that are named


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. kind: a name for programs; about: the operation, message or channel; says: a sentence; place: in the new document, in the old one
    of what is gone; also: what else it is about."""

    kind: str
    breaking: bool
    about: str
    says: str
    place: Place
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.place}: {'breaking' if self.breaking else 'compatible'}: {self.everywhere}: {self.says}"

    @property
    def everywhere(self) -> str:
        """What it is about, those that share it included."""
        others = len(self.also) - NAMED
        return ", ".join((self.about, *self.also[:NAMED])) + (f" and {others} more" if others > 0 else "")


@dataclass(frozen=True, slots=True)
class Side:
    """A schema, and where it stands in a bundled document."""

    bundle: Bundle
    schema: Any
    pointer: str

    @property
    def place(self) -> Place:
        """File and line."""
        return Place(*self.bundle.place(self.pointer))

    def settled(self) -> "Side":
        """The schema that `$ref`s lead to; what stands beside a `$ref` wins."""
        node, pointer = self.schema, self.pointer
        for _ in range(50):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                break
            siblings = {word: value for word, value in node.items() if word != "$ref"}
            pointer = node["$ref"][1:]
            target = documents.resolve(self.bundle.data, pointer)
            node = {**target, **siblings} if isinstance(target, dict) else target
        return Side(self.bundle, node if isinstance(node, dict) else {}, pointer)

    def inside(self, *parts: str) -> "Side":
        """What stands below this settled schema."""
        node = self.schema
        for part in parts:
            node = node[int(part)] if isinstance(node, list) else node[part]
        return Side(self.bundle, node, self.pointer + documents.pointer_of(*parts))

    def parts(self, word: str) -> Iterator["Side"]:
        """The schemas in a list of this settled schema."""
        found = self.schema.get(word)
        for index, _ in enumerate(found if isinstance(found, list) else ()):
            yield self.inside(word, str(index))

    @property
    def name(self) -> str:
        """The name of the component that it refers to, "" for another."""
        return str(self.schema["$ref"]).rsplit("/", 1)[-1] if isinstance(self.schema, dict) and "$ref" in self.schema else ""


def change(kind: str, breaking: bool, about: str, says: str, bundle: Bundle, pointer: str) -> Change:
    """A change at a pointer of a document."""
    return Change(kind, breaking, about, says, Place(*bundle.place(pointer)))


def type_of(side: Side) -> str | None:
    """The one type of a schema, where it can be told."""
    return schemas.type_of(side.bundle.data, side.schema)
