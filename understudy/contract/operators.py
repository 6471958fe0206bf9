"""What the operators of expressions do: as in JSON, with null for all that does not fit."""

from collections.abc import Callable, Iterable
from typing import Any

Predicate = Callable[[Any], Any] | None


def get(value: Any, name: str) -> Any:
    try:
        return value.get(name)
    except AttributeError:
        return None


def at(value: Any, key: Any) -> Any:
    try:
        return value[key]
    except (TypeError, KeyError, IndexError):
        return None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: Any) -> Any:
    """JSON knows no infinity."""
    return value if value - value == 0 else None


def add(a: Any, b: Any) -> Any:
    if isinstance(a, str) and isinstance(b, str):
        return a + b
    if isinstance(a, list) and isinstance(b, list):
        return a + b
    try:
        return _finite(a + b) if _number(a) and _number(b) else None
    except OverflowError:
        return None


def sub(a: Any, b: Any) -> Any:
    try:
        return _finite(a - b) if _number(a) and _number(b) else None
    except OverflowError:
        return None


def mul(a: Any, b: Any) -> Any:
    try:
        return _finite(a * b) if _number(a) and _number(b) else None
    except OverflowError:
        return None


def div(a: Any, b: Any) -> Any:
    try:
        return _finite(a / b) if _number(a) and _number(b) and b != 0 else None
    except OverflowError:
        return None


def floordiv(a: Any, b: Any) -> Any:
    try:
        return _finite(a // b) if _number(a) and _number(b) and b != 0 else None
    except OverflowError:
        return None


def mod(a: Any, b: Any) -> Any:
    try:
        return _finite(a % b) if _number(a) and _number(b) and b != 0 else None
    except OverflowError:
        return None


def eq(a: Any, b: Any) -> bool:
    """Equal as JSON values are: `true` is not 1, at any depth."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(eq, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(eq(value, b[name]) for name, value in a.items())
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _ordered(a: Any, b: Any) -> bool:
    return (_number(a) and _number(b)) or (isinstance(a, str) and isinstance(b, str))


def lt(a: Any, b: Any) -> bool:
    return _ordered(a, b) and a < b


def le(a: Any, b: Any) -> bool:
    return _ordered(a, b) and a <= b


def gt(a: Any, b: Any) -> bool:
    return _ordered(a, b) and a > b


def ge(a: Any, b: Any) -> bool:
    return _ordered(a, b) and a >= b


def contains(a: Any, b: Any) -> bool:
    """`a in b`: an item of a list, a part of a text, a name of a map."""
    if isinstance(b, list):
        return a in b if isinstance(a, str) else any(eq(a, item) for item in b)
    return isinstance(b, str | dict) and isinstance(a, str) and a in b


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _chosen(items: Iterable[Any], condition: Predicate) -> Iterable[Any]:
    return items if condition is None else (item for item in items if condition(item))


def count(items: Iterable[Any], condition: Predicate) -> int:
    return sum(1 for _ in _chosen(items, condition))


def exists(items: Iterable[Any], condition: Predicate) -> bool:
    return any(True for _ in _chosen(items, condition))


def first(items: Iterable[Any], condition: Predicate) -> Any:
    return next(iter(_chosen(items, condition)), None)


def rows(items: Iterable[Any], condition: Predicate) -> list[Any]:
    return list(_chosen(items, condition))


def total(items: Iterable[Any], value: Callable[[Any], Any], condition: Predicate) -> Any:
    values = (value(item) for item in _chosen(items, condition))
    return _finite(sum(number for number in values if _number(number)))


def mapped(items: Iterable[Any], value: Callable[[Any], Any]) -> list[Any]:
    return [value(item) for item in items]


def top(items: Iterable[Any], value: Callable[[Any], Any], limit: Any) -> list[Any]:
    scored = [(value(item), item) for item in items]
    wanted = max(0, int(limit)) if _number(limit) else 0
    return [item for _, item in sorted((pair for pair in scored if _number(pair[0])), key=lambda pair: -pair[0])[:wanted]]


NAMESPACE: dict[str, Any] = {
    "_get": get, "_at": at, "_add": add, "_sub": sub, "_mul": mul, "_div": div, "_floordiv": floordiv, "_mod": mod, "_eq": eq, "_lt": lt,
    "_le": le, "_gt": gt, "_ge": ge, "_in": contains, "_list": _as_list, "_count": count, "_exists": exists, "_first": first,
    "_rows": rows, "_sum": total, "_map": mapped, "_filter": rows, "_top": top, "__builtins__": {},
}  # fmt: skip
