"""What a guide names: each fact with the lines it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

__all__ = ["SECTIONS", "Fact", "Facts", "merge"]

SECTIONS = (
    "operations",
    "parameters",
    "events",
    "channels",
    "fields",
    "values",
    "statuses",
    "headers",
    "cookies",
    "ports",
    "origins",
    "bases",
    "variables",
)


@dataclass(frozen=True)
class Fact:
    """One thing a guide names.

    `name` is `METHOD /path`, or the name of the event, channel, field, header and so on; `of` is the context it was
    seen in (an operation, event, interface, collection); `way` says who sends an event: client, server or both;
    `port` is set where the guide ties an operation to one; `lines` are 1-based and sorted; `out` says why the fact is
    no part of the contract.
    """

    section: str
    name: str
    lines: tuple[int, ...]
    of: str = ""
    port: int = 0
    way: str = ""
    out: str = ""

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.section, self.name, self.of, self.port


@dataclass(frozen=True)
class Facts:
    """All facts of one guide; `guide` is its file name, `length` its number of lines."""

    guide: str
    length: int
    items: tuple[Fact, ...] = field(default=())

    def section(self, name: str) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.items if fact.section == name)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.items)


def merge(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """One fact per key, with the lines of all its sightings, by section and first line."""
    merged: dict[tuple[str, str, str, int], Fact] = {}
    for fact in facts:
        known = merged.get(fact.key)
        merged[fact.key] = fact if known is None else _join(known, fact)
    return tuple(sorted(merged.values(), key=_order))


def _join(one: Fact, other: Fact) -> Fact:
    lines = tuple(sorted({*one.lines, *other.lines}))
    ways = {one.way, other.way} - {""}
    return replace(one, lines=lines, way="both" if len(ways) > 1 else "".join(ways))


def _order(fact: Fact) -> tuple[int, int, str, str, int]:
    return SECTIONS.index(fact.section), fact.lines[0], fact.of, fact.name, fact.port
