"""What a story can be told: its parameters, with what they are by default and what they are for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.contract.errors import UsageError, suggest

__all__ = ["EVENT", "Parameter", "read", "shown"]


@dataclass(frozen=True)
class Parameter:
    """One parameter. kind: int, float, str or bool, that of its default; help: half a sentence; least, most: of a number."""

    name: str
    default: int | float | str | bool
    help: str
    least: float | None = None
    most: float | None = None

    def read(self, text: str) -> int | float | str | bool:
        """The value that a text says. Raises UsageError."""
        kind = type(self.default)
        try:
            value = _BOOLS[text.lower()] if kind is bool else kind(text)
        except (ValueError, KeyError):
            raise UsageError(f"--set {self.name}={text}: This is no {_KINDS[kind]}. {self.help}.") from None
        if kind in (int, float) and not self._allows(float(value)):
            raise UsageError(f"--set {self.name}={text}: It has to be {self.range()}.")
        return value

    def _allows(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def range(self) -> str:
        """`from 0 to 1`, `at least 1`, or nothing."""
        if self.most is not None:
            return f"from {self.least or 0:g} to {self.most:g}"
        return f"at least {self.least:g}" if self.least is not None else ""


EVENT = Parameter("event", "", "the key of what is there already, instead of a new one")
_KINDS = {int: "whole number", float: "number", str: "text", bool: "true or false"}
_BOOLS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


def read(known: Sequence[Parameter], given: Sequence[str]) -> dict[str, Any]:
    """Name -> value, for `name=value` texts; defaults for what is not given. Raises UsageError."""
    values: dict[str, Any] = {item.name: item.default for item in known}
    by_name = {item.name: item for item in known}
    for text in given:
        name, sep, value = text.partition("=")
        if name not in by_name:
            raise UsageError(f"--set {text}: There is no parameter '{name}'.{suggest(name, list(by_name))}")
        if not sep:
            raise UsageError(f"--set {text}: Say --set {name}=VALUE.")
        values[name] = by_name[name].read(value)
    return values


def shown(known: Sequence[Parameter]) -> list[tuple[str, str]]:
    """What a help page says of each: `name=default`, and what it is for."""
    return [(f"{item.name}={item.default}", f"{item.help}{f' ({item.range()})' if item.range() else ''}") for item in known]


def summary(values: Mapping[str, Any]) -> str:
    """`seats=20 period=2.0`."""
    return " ".join(f"{name}={value}" for name, value in values.items())
