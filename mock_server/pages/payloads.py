"""The schema of a payload as a table: a line for each property, those of nested objects and lists included."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mock_server.pages.markup import Markup, join, prose, tag
from understudy.contract import schemas

DEEPEST = 6
MOST = 200  # lines of a table
WIDE = 90  # characters of JSON on one line
LIMITS = (
    ("minimum", "≥ {}"), ("exclusiveMinimum", "> {}"), ("maximum", "≤ {}"), ("exclusiveMaximum", "< {}"), ("multipleOf", "a multiple of {}"),
    ("minLength", "length ≥ {}"), ("maxLength", "length ≤ {}"), ("pattern", "matches {}"), ("minItems", "items ≥ {}"), ("maxItems", "items ≤ {}"),
    ("minProperties", "properties ≥ {}"), ("maxProperties", "properties ≤ {}"), ("default", "default {}"),
)  # fmt: skip
CHOICES = ("oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Line:
    """One property. path: `poll.options[].id`, "" for the payload itself; a line without a type is a heading."""

    path: str
    type: str
    required: bool
    limits: str
    description: str


def table(document: Mapping[str, Any], schema: Any) -> Markup:
    """The table of a payload, or a sentence where any will do."""
    if schema in (None, True, {}):
        return tag("p", "Any payload.", class_="dim")
    shown = list(islice(lines(document, schema), MOST + 1))
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in ("Property", "Type", "Constraints"))))
    cut = tag("tr", tag("td", "and more", colspan="3", class_="dim")) if len(shown) > MOST else None
    body = tag("tbody", *map(_row, shown[:MOST]), cut)
    return tag("div", tag("table", head, body), class_="wide", tabindex="0", role="group", aria_label="Payload")


def _row(line: Line) -> Markup:
    if not line.type:
        return tag("tr", tag("th", line.description, colspan="3", scope="colgroup"), class_="choice")
    name = tag("code", line.path) if line.path else tag("span", "the payload", class_="dim")
    needed = tag("span", "required", class_="required") if line.required else None
    notes = [tag("span", said, class_=kind) for kind, said in (("limits", line.limits), ("says", prose(line.description))) if said]
    return tag("tr", tag("td", name, " " if needed else None, needed), tag("td", tag("span", line.type, class_="type")), tag("td", join(*notes, by=" ")))


def lines(document: Mapping[str, Any], schema: Any) -> Iterator[Line]:
    """The lines of a payload: its own where it is more than an object with properties, then what it holds."""
    node = _followed(document, schema)
    if _type(document, node) != "object" or node.get("description") or not (_properties(document, node) or _choices(node)):
        yield _line(document, schema, "", False)
    yield from _held(document, schema, "", ())


def _line(document: Mapping[str, Any], schema: Any, path: str, required: bool) -> Line:
    node = _followed(document, schema)
    return Line(path, _type(document, node), required, _limits(node), str(node.get("description") or ""))


def _held(document: Mapping[str, Any], schema: Any, path: str, trail: tuple[str, ...]) -> Iterator[Line]:
    """What a schema holds: properties, items, values of a map, alternatives. trail: the references that led here; none is followed twice."""
    pointer = str(schema.get("$ref", "")) if isinstance(schema, dict) else ""
    if len(trail) >= DEEPEST or (pointer and pointer in trail):
        return
    node, deeper = _followed(document, schema), (*trail, pointer)
    needed = schemas.required(document, node)
    for name, inner in _properties(document, node).items():
        below = f"{path}.{name}" if path else name
        yield _line(document, inner, below, name in needed)
        yield from _held(document, inner, below, deeper)
    if isinstance(node.get("items"), dict):
        yield from _held(document, node["items"], f"{path}[]", deeper)
    if isinstance(node.get("additionalProperties"), dict):
        below = f"{path}.*" if path else "*"
        yield _line(document, node["additionalProperties"], below, False)
        yield from _held(document, node["additionalProperties"], below, deeper)
    yield from _chosen(document, node, path, deeper)


def _chosen(document: Mapping[str, Any], node: Mapping[str, Any], path: str, trail: tuple[str, ...]) -> Iterator[Line]:
    """What the alternatives of a schema hold, each under a heading where there are several; those that hold nothing stand in its type."""
    choices = [list(_held(document, item, path, trail)) for item in _choices(node)]
    full = [lines for lines in choices if lines]
    for index, lines in enumerate(full):
        if len(full) > 1:
            yield Line(path, "", False, "", f"{'or' if index else 'either'}{f' ({path})' if path else ''}")
        yield from lines


def _choices(node: Mapping[str, Any]) -> list[Any]:
    return [item for word in CHOICES if isinstance(node.get(word), list) for item in node[word]]


def _properties(document: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that hold in any case."""
    return schemas.properties(document, {key: value for key, value in node.items() if key not in CHOICES})


def _followed(document: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    node = schemas.follow(document, schema)
    return node if isinstance(node, dict) else {}


def _type(document: Mapping[str, Any], node: Mapping[str, Any], depth: int = 0) -> str:
    """A type in words: `integer`, `string (date-time)`, `object | null`, `array of string`, `"a" | "b"`."""
    if "const" in node or isinstance(node.get("enum"), list):
        return " | ".join(text(item) for item in ([node["const"]] if "const" in node else node["enum"]))
    declared = node.get("type")
    names = [str(item) for item in (declared if isinstance(declared, list) else [declared]) if item]
    if not names and depth < DEEPEST:
        names = [_type(document, _followed(document, item), depth + 1) for item in _choices(node)]
    names = list(dict.fromkeys(names)) or [schemas.type_of(document, node) or "any"]
    of = f" of {_type(document, _followed(document, node['items']), depth + 1)}" if "array" in names and "items" in node and depth < DEEPEST else ""
    shape = f" ({node['format']})" if node.get("format") else ""
    return " | ".join(names) + of + shape


def _limits(node: Mapping[str, Any]) -> str:
    said = [how.format(node[word] if word == "pattern" else text(node[word])) for word, how in LIMITS if word in node]
    return ", ".join([*said, *(["no two alike"] if node.get("uniqueItems") is True else []), *(["read only"] if node.get("readOnly") is True else [])])


def text(value: Any) -> str:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)


def pretty(value: Any) -> str:
    """JSON on one line where it is short, else indented."""
    short = text(value)
    return short if len(short) <= WIDE else json.dumps(value, ensure_ascii=False, indent=2, default=str)
