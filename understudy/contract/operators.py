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


def add(a: Any, b: Any) -> Any:
    fits = (_number(a) and _number(b)) or (isinstance(a, str) and isinstance(b, str)) or (isinstance(a, list) and isinstance(b, list))
    return a + b if fits else None


def sub(a: Any, b: Any) -> Any:
    return a - b if _number(a) and _number(b) else None


def mul(a: Any, b: Any) -> Any:
    return a * b if _number(a) and _number(b) else None


def div(a: Any, b: Any) -> Any:
    return a / b if _number(a) and _number(b) and b != 0 else None


def floordiv(a: Any, b: Any) -> Any:
    return a // b if _number(a) and _number(b) and b != 0 else None


def mod(a: Any, b: Any) -> Any:
    return a % b if _number(a) and _number(b) and b != 0 else None


def eq(a: Any, b: Any) -> bool:
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
    try:
        return a in b
    except TypeError:
        return False


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _chosen(items: Iterable[Any], condition: Predicate) -> Iterable[Any]:
    return items if condition is None else (item for item in items if condition(item))


def count(items: Iterable[Any], condition: Predicate) -> int:
    return sum(1 for _ in _chosen(items, condition))


def exists(items: Iterable[Any], condition: Predicate) -> bool:
    return next(iter(_chosen(items, condition)), None) is not None


def first(items: Iterable[Any], condition: Predicate) -> Any:
    return next(iter(_chosen(items, condition)), None)


def rows(items: Iterable[Any], condition: Predicate) -> list[Any]:
    return list(_chosen(items, condition))


def total(items: Iterable[Any], value: Callable[[Any], Any], condition: Predicate) -> Any:
    values = (value(item) for item in _chosen(items, condition))
    return sum(number for number in values if _number(number))


def mapped(items: Iterable[Any], value: Callable[[Any], Any]) -> list[Any]:
    return [value(item) for item in items]


def top(items: Iterable[Any], value: Callable[[Any], Any], limit: Any) -> list[Any]:
    scored = [(value(item), item) for item in items]
    return [item for _, item in sorted((pair for pair in scored if _number(pair[0])), key=lambda pair: -pair[0])[: limit or 0]]


NAMESPACE: dict[str, Any] = {
    "_get": get, "_at": at, "_add": add, "_sub": sub, "_mul": mul, "_div": div, "_floordiv": floordiv, "_mod": mod, "_eq": eq, "_lt": lt,
    "_le": le, "_gt": gt, "_ge": ge, "_in": contains, "_list": _as_list, "_count": count, "_exists": exists, "_first": first,
    "_rows": rows, "_sum": total, "_map": mapped, "_filter": rows, "_top": top, "__builtins__": {},
}  # fmt: skip
