"""The order of rows by some fields: what a sort makes of all of them, and where one more belongs."""

from collections.abc import Callable, Sequence
from functools import total_ordering
from typing import Any, TypeVar

T = TypeVar("T")
Row = dict[str, Any]
PLAIN = frozenset({int, float, bool, str, type(None)})


class UnorderedError(Exception):
    """A value whose place depends on what else is in its column, so that no index can hold it."""


def sort_rows(rows: list[Row], fields: tuple[str, ...]) -> list[Row]:
    """Rows in the order of some fields; a leading minus turns it; null comes last; what is equal stays in its order."""
    return arranged(rows, fields, lambda items, name: [row.get(name) for row in items])


def arranged(items: list[T], fields: Sequence[str], column: Callable[[list[T], str], list[Any]]) -> list[T]:
    """Items in the order of some fields. column: the values of a field, one for each item."""
    result = items
    for field in reversed(fields):
        name, turned = field.removeprefix("-"), field.startswith("-")
        values = column(result, name)
        lack: list[T] = []
        if None in values:
            lack = [item for item, value in zip(result, values, strict=True) if value is None]
            result = [item for item, value in zip(result, values, strict=True) if value is not None]
            values = [value for value in values if value is not None]
        result = [result[index] for index in _ordered(values, turned)] + lack
    return result


def _ordered(values: list[Any], turned: bool) -> list[int]:
    try:
        return sorted(range(len(values)), key=values.__getitem__, reverse=turned)
    except TypeError:  # of several kinds
        return sorted(range(len(values)), key=lambda index: _order(values[index]), reverse=turned)


def _order(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | float):
        return (0, value)
    return (1, value) if isinstance(value, str) else (2, str(value))


@total_ordering
class _Turned:
    """A text that is greater the smaller it is."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Turned) and self.text == other.text

    def __lt__(self, other: "_Turned") -> bool:
        return other.text < self.text

    __hash__ = None  # type: ignore[assignment]


def sort_key(row: Row, fields: Sequence[str]) -> tuple[Any, ...]:
    """What rows are compared by in the order of some fields. Raises UnorderedError."""
    return tuple([_turned(row.get(field[1:])) if field[0] == "-" else _straight(row.get(field)) for field in fields])


def _straight(value: Any) -> tuple[Any, ...]:
    kind = type(value)
    if kind is str:
        return (0, 1, value)
    if value is None:
        return (1,)
    if kind not in PLAIN:
        raise UnorderedError
    return (0, 0, value)


def _turned(value: Any) -> tuple[Any, ...]:
    kind = type(value)
    if kind is str:
        return (0, -1, _Turned(value))
    if value is None:
        return (1,)
    if kind not in PLAIN:
        raise UnorderedError
    return (0, 0, -value)
