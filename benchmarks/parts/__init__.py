"""What is measured, by name: a module each, with

measure(setting) -> raw figures, as JSON can say them,
render(raw) -> the text with its tables,
plots(raw) -> SVG by name.

Only `measure` looks at the machine; the other two make the same of the same figures.
"""

from importlib import import_module
from typing import Any, Protocol, cast

from benchmarks.setting import Setting

PARTS = {
    "http": "benchmarks.parts.http",
    "sockets": "benchmarks.parts.sockets",
    "startup": "benchmarks.parts.startup",
    "growth": "benchmarks.parts.growth",
    "checks": "benchmarks.parts.checks",
}


class Part(Protocol):
    """A module of the table."""

    def measure(self, setting: Setting) -> Any: ...
    def render(self, raw: Any) -> str: ...
    def plots(self, raw: Any) -> dict[str, str]: ...


def part(name: str) -> Part:
    """The module of a part."""
    return cast(Part, import_module(PARTS[name]))
