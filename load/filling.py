"""Fills the markers of a call's template."""

from collections.abc import Mapping
from typing import Any

__all__ = ["fill", "fill_path", "find_row"]


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with values in place of its markers (`@stock`); what is not known stays."""
    if isinstance(template, str):
        return values.get(template, template) if template[:1] == "@" else template
    if isinstance(template, dict):
        return {name: fill(item, values) for name, item in template.items()}
    if isinstance(template, list):
        return [fill(item, values) for item in template]
    return template


def fill_path(path: str, values: Mapping[str, Any]) -> str:
    """A path with its markers filled in."""
    if "@" not in path:
        return path
    return "/".join(str(values.get(part, part)) if part[:1] == "@" else part for part in path.split("/"))


def find_row(value: Any, key: str, depth: int = 3) -> Mapping[str, Any]:
    """The first object in an answer that has a key, the outermost first; {} for none."""
    if isinstance(value, dict):
        if key in value:
            return value
        inner = [item for item in value.values() if isinstance(item, dict | list)]
    else:
        inner = [item for item in value if isinstance(item, dict | list)] if isinstance(value, list) else []
    return next((found for item in inner if depth and (found := find_row(item, key, depth - 1))), {})
