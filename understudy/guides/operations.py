"""The operations of a guide: sightings that mean the same are one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from understudy.guides.facts import Fact
from understudy.guides.markdown import Page
from understudy.guides.paths import alike, signature, strip
from understudy.guides.sightings import Mention, Sighting, mentions, sightings

__all__ = ["Operation", "Operations", "find"]

PORT = re.compile(r"\bport:?\s*(\d{4,5})", re.I)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    port: int
    seen: tuple[Sighting, ...]
    lines: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Operations:
    all: tuple[Operation, ...]

    def near(self, first: int, line: int) -> str:
        """The operation seen last from `first` to `line`; '' if none is."""
        seen = [(at, each.name) for each in self.all for at in each.lines if first <= at <= line]
        return max(seen)[1] if seen else ""

    def handled(self, handler: str) -> str:
        """The operation that a named function serves."""
        return next((each.name for each in self.all for seen in each.seen if handler and seen.handler == handler), "")

    def facts(self) -> Iterator[Fact]:
        for each in self.all:
            yield Fact("operations", each.name, each.lines, port=each.port)
            for seen in each.seen:
                yield from (Fact("parameters", name, (seen.line,), of=each.name) for name in seen.target.query)


def find(page: Page, bases: set[str]) -> Operations:
    """All operations, each once; `bases` are the base paths that may be written or left out."""
    headings = _ports(page)
    seen = [_placed(each, headings) for each in sightings(page)]
    groups = _grouped(seen, bases)
    known = [operation for group in groups for operation in _split(group)]
    for mention in mentions(page):
        known = _noted(known, mention, bases)
    return Operations(tuple(sorted(known, key=lambda each: (each.lines[0], each.port, each.name))))


def _ports(page: Page) -> dict[int, int]:
    """Line to the port that the heading above it names."""
    ports: dict[int, int] = {}
    for block in page.blocks:
        match = PORT.search(block.heading)
        if match:
            ports |= {number: int(match[1]) for number, _ in block.lines}
    return ports


def _placed(seen: Sighting, headings: dict[int, int]) -> Sighting:
    port = seen.target.port or headings.get(seen.line, 0)
    return replace(seen, target=replace(seen.target, port=port))


def _grouped(seen: list[Sighting], bases: set[str]) -> list[list[Sighting]]:
    """Sightings by method and path; examples come last, so that they find their template and never name it."""
    groups: dict[tuple[str, tuple[str, ...]], list[Sighting]] = {}
    for each in sorted(seen, key=lambda each: each.example):
        path = strip(each.target.path, bases)
        key = each.method, signature(path)
        if each.example and key not in groups:
            key = next((key for key in groups if key[0] == each.method and alike(path, "/".join(key[1]))), key)
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def _split(group: list[Sighting]) -> list[Operation]:
    """One operation per port, if several ports serve it; a sighting that names no port counts for all."""
    ports = sorted({each.target.port for each in group} - {0})
    return [_joined([each for each in group if each.target.port in (0, port)], port) for port in ports or [0]]


def _joined(seen: list[Sighting], port: int) -> Operation:
    lines = tuple(sorted({each.line for each in seen}))
    return Operation(seen[0].method, seen[0].target.path, port, tuple(seen), lines)


def _noted(known: list[Operation], mention: Mention, bases: set[str]) -> list[Operation]:
    """Count a path without a method for the operations it can mean, else for the one its sentence suggests."""
    same = [each for each in known if _same(each, mention, bases)]
    chosen = [each for each in same if each.method == mention.method] or same
    if chosen:
        return [_lined(each, mention.line) if each in chosen else each for each in known]
    if mention.method:
        seen = Sighting(mention.method, mention.target, mention.line)
        return [*known, _joined([seen], mention.target.port)]
    return known


def _same(operation: Operation, mention: Mention, bases: set[str]) -> bool:
    ports = {operation.port, mention.target.port}
    paths = {signature(strip(path, bases)) for path in (operation.path, mention.target.path)}
    return len(paths) == 1 and (len(ports) == 1 or 0 in ports)


def _lined(operation: Operation, line: int) -> Operation:
    return replace(operation, lines=tuple(sorted({*operation.lines, line})))
