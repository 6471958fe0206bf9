"""Values as JavaScript: what is data becomes literals, what is code is carried through as it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from understudy.export.names import quoted, word

WIDTH = 140


@dataclass(frozen=True, slots=True)
class Code:
    """JavaScript that stands for itself."""

    text: str


def literal(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Code):
        return value.text
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_name(str(name))}: {literal(item)}" for name, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value)


def pretty(value: Any, indent: str = "") -> str:
    """A value over as many lines as it needs."""
    line = literal(value)
    if len(indent) + len(line) <= WIDTH or isinstance(value, Code | str) or not isinstance(value, Mapping | list | tuple):
        return line
    inner = f"{indent}  "
    if isinstance(value, Mapping):
        items = [f"{inner}{_name(str(name))}: {pretty(item, inner)},\n" for name, item in value.items()]
        return "{\n" + "".join(items) + indent + "}"
    return "[\n" + "".join(f"{inner}{pretty(item, inner)},\n" for item in value) + indent + "]"


def _name(name: str) -> str:
    """A property's name. `__proto__` in an object literal is no property unless it is computed."""
    return f"[{quoted(name)}]" if name == "__proto__" else word(name)
