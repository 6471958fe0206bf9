"""Finds the operation of a path: literal segments before parameters, most specific first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

Plan = TypeVar("Plan")
REMEMBERED = 4096  # paths whose route is known
LONGEST = 512  # characters of one that is worth remembering


@dataclass(slots=True)
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict)
    mixed: list[tuple[str, str, "_Node"]] = field(default_factory=list)
    parameter: "_Node | None" = None
    methods: dict[str, tuple[Any, tuple[str, ...]]] | None = None
    template: str = ""


@dataclass(slots=True)
class Match(Generic[Plan]):
    """What a path leads to. methods: method -> plan; values: of the parameters, decoded."""

    methods: dict[str, tuple[Plan, tuple[str, ...]]]
    values: tuple[str, ...]
    template: str


class Router(Generic[Plan]):
    """A tree of segments. Paths are matched undecoded, so that an encoded slash stays inside its segment."""

    def __init__(self, routes: Iterable[tuple[str, str, Plan]]) -> None:
        self._root = _Node()
        self._known: dict[str, Match[Plan]] = {}
        for method, template, plan in routes:
            self._add(method, template, plan)
        self.templates: tuple[str, ...] = tuple(sorted(self._templates(self._root)))

    def find(self, path: str) -> Match[Plan] | None:
        """The route of an undecoded path, or None."""
        known = self._known.get(path)
        if known is not None:
            return known
        found = self._walk(self._root, path.split("/")[1:], 0, ())
        if found is None:
            return None
        node, values = found
        match = Match(node.methods or {}, tuple(unquote(value) if "%" in value else value for value in values), node.template)
        if len(self._known) >= REMEMBERED:
            self._known = {}
        if len(path) <= LONGEST:
            self._known[path] = match
        return match

    def _add(self, method: str, template: str, plan: Plan) -> None:
        node, names = self._root, []
        for segment in template.split("/")[1:]:
            if "{" not in segment:
                node = node.literal.setdefault(segment, _Node())
                continue
            before, _, rest = segment.partition("{")
            name, _, after = rest.partition("}")
            names.append(name)
            node = self._parameter(node, before, after)
        node.methods = node.methods or {}
        node.methods[method] = (plan, tuple(names))
        node.template = template

    def _parameter(self, node: _Node, before: str, after: str) -> _Node:
        if not before and not after:
            node.parameter = node.parameter or _Node()
            return node.parameter
        for known_before, known_after, child in node.mixed:
            if (known_before, known_after) == (before, after):
                return child
        child = _Node()
        node.mixed.append((before, after, child))
        return child

    def _walk(self, node: _Node, segments: list[str], index: int, values: tuple[str, ...]) -> tuple[_Node, tuple[str, ...]] | None:
        if index == len(segments):
            return (node, values) if node.methods else None
        segment = segments[index]
        child = node.literal.get(segment)
        found = self._walk(child, segments, index + 1, values) if child is not None else None
        for before, after, other in node.mixed if found is None else ():
            if segment.startswith(before) and segment.endswith(after) and len(segment) > len(before) + len(after):
                found = self._walk(other, segments, index + 1, (*values, segment[len(before) : len(segment) - len(after)]))
                if found:
                    return found
        if found is None and node.parameter is not None and segment:
            found = self._walk(node.parameter, segments, index + 1, (*values, segment))
        return found

    def _templates(self, node: _Node) -> Iterable[str]:
        if node.methods:
            yield node.template
        for child in [*node.literal.values(), *(item[2] for item in node.mixed), *([node.parameter] if node.parameter else [])]:
            yield from self._templates(child)
