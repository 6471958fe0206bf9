"""Contract to guide: every `x-guide` of the documents, and whether its lines hold what it stands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from understudy.guides.carriers import endpoint, payloads
from understudy.guides.documents import Documents
from understudy.guides.facts import Fact, Facts

__all__ = ["Clause", "cite"]


@dataclass(frozen=True)
class Clause:
    """An operation, message or schema (`kind`) that cites lines `first` to `last`; `problem` is '' if they hold it."""

    kind: str
    place: str
    first: int
    last: int
    problem: str = ""


def cite(documents: Documents, facts: Facts) -> tuple[Clause, ...]:
    """All citations, in the documents' order."""
    return tuple(
        _clause(keys, node, f"{file}: {_named(keys, node)}", documents, facts)
        for file, keys, node in documents.walk()
        if isinstance(node, dict) and "x-guide" in node and "example" not in keys
    )


def _named(keys: tuple[str, ...], node: dict[str, Any]) -> str:
    if _kind(keys) == "operation":
        return f"{keys[-1].upper()} {keys[-2]}"
    return str(node.get("name", keys[-1])) if _kind(keys) == "message" else ".".join(keys[2:] if keys[:1] == ("components",) else keys)


def _kind(keys: tuple[str, ...]) -> str:
    if keys[:1] == ("paths",) and len(keys) == 3:
        return "operation"
    parents = {"messages": "message", "schemas": "schema", "channels": "channel", "responses": "response"}
    return parents.get(keys[-2], "part") if len(keys) > 1 else "part"


def _clause(keys: tuple[str, ...], node: dict[str, Any], place: str, documents: Documents, facts: Facts) -> Clause:
    cited, kind = node["x-guide"], _kind(keys)
    lines = cited.get("lines") if isinstance(cited, dict) else None
    span = [lines, lines] if isinstance(lines, int) else lines
    if not isinstance(span, list) or len(span) != 2 or not all(isinstance(line, int) for line in span):
        return Clause(kind, place, 0, 0, "x-guide.lines is not [from, to]")
    first, last = span
    problem = _misplaced(cited, first, last, facts) or _adrift(keys, node, kind, (first, last), documents, facts)
    return Clause(kind, place, first, last, problem)


def _misplaced(cited: dict[str, Any], first: int, last: int, facts: Facts) -> str:
    if cited.get("file") != facts.guide:
        return f"x-guide.file is {cited.get('file')!r}, the guide is {facts.guide!r}"
    if not 1 <= first <= last:
        return "the lines run backwards"
    return f"the guide ends at line {facts.length}" if last > facts.length else ""


def _adrift(keys: tuple[str, ...], node: dict[str, Any], kind: str, span: tuple[int, int], documents: Documents, facts: Facts) -> str:
    """What the lines should name and don't, with the lines that do."""
    expected = list(_expected(keys, node, kind, documents, facts))
    named = [fact for fact in expected if fact.section == "operations"] or expected
    lines = sorted({line for fact in expected for line in fact.lines})
    if kind == "operation" and not lines:
        return "the guide names no such operation"
    if not lines or any(span[0] <= line <= span[1] for line in (*lines, *_stated(kind, facts))):
        return ""
    return f"not named there, but on {', '.join(map(str, sorted({line for fact in named for line in fact.lines})[:6]))}"


def _bodies(names: frozenset[str], operation: str, facts: Facts) -> Iterator[Fact]:
    """Fields and parameters told of an operation, and fields of models that its bodies have."""
    told = (*facts.section("fields"), *facts.section("parameters"))
    yield from (fact for fact in told if fact.of == operation or (" " not in fact.of and fact.name in names))


def _stated(kind: str, facts: Facts) -> Iterator[int]:
    """A schema may also stand on the lines of an operation whose payload the guide leaves open."""
    for fact in facts.section("operations") if kind == "schema" else ():
        yield from fact.lines


def _expected(keys: tuple[str, ...], node: dict[str, Any], kind: str, documents: Documents, facts: Facts) -> Iterator[Fact]:
    """The facts that a citation of an operation, message or schema should hold at least one of."""
    if kind == "operation":
        for fact in facts.section("operations"):
            found = endpoint(fact.name, fact.port, documents)
            if found is not None and found.node is node:
                yield fact
                yield from _bodies(payloads(found, documents), fact.name, facts)
    elif kind == "message":
        name = node.get("name", keys[-1])
        yield from (fact for fact in facts.section("events") if fact.name == name)
    elif kind == "schema":
        names = set(node.get("properties") or ())
        yield from (fact for fact in facts.section("fields") if fact.name in names)
