"""The functions that expressions may call (docs/expressions.md). Each takes JSON values, gives a JSON value and never raises."""

import inspect
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from understudy.contract import operators
from understudy.wire import jsons, passwords

Number = int | float
EXACT = 2**53  # a double of this size has no fraction
EARLIEST, LATEST = -62135596800, 253402300799  # the years 1 to 9999


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# RFC 3339, or its date alone; an instant without an offset is in UTC
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?", re.IGNORECASE)


@lru_cache(maxsize=16384)
def _instant(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.upper()) if _RFC3339.fullmatch(text) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def time(value: Any) -> Any:
    return _instant(value) if isinstance(value, str) else value if _number(value) else None


def iso(value: Any) -> Any:
    """RFC 3339 in UTC with milliseconds, of seconds since 1970."""
    if not _number(value) or not EARLIEST <= value < LATEST:
        return None
    return _millisecond(round(value * 1000))


def stamp(milliseconds: int) -> str:
    days, rest = divmod(milliseconds, 86_400_000)
    seconds, rest = divmod(rest, 1000)
    minutes = seconds // 60
    return f"{_day(days)}T{minutes // 60:02}:{minutes % 60:02}:{seconds % 60:02}.{rest:03}Z"  # three times as quick as datetime's, and seeds have many dates


_millisecond = lru_cache(maxsize=4096)(stamp)


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86400, UTC).isoformat()[:10]


def date(value: Any) -> Any:
    seconds = time(value)
    return _day(math.floor(seconds) // 86400) if seconds is not None and EARLIEST <= seconds < LATEST else None


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return jsons.dumps(value).decode()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def integer(value: Any) -> Any:
    try:
        return int(value) if _number(value) or (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value)) else None
    except (ValueError, OverflowError):
        return None


def floating(value: Any) -> Any:
    written = isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", value)
    try:
        made = float(value) if _number(value) or written else None
    except OverflowError:
        return None
    return made if made is not None and math.isfinite(made) else None


def rounded(value: Any, digits: Any = 0) -> Any:
    """Half away from zero, as people round money; the same in JavaScript."""
    if not _number(value) or not _number(digits) or not -15 <= digits <= 15:
        return None
    if abs(value) >= EXACT:
        return value if math.isfinite(value) else None
    factor = 10 ** int(digits)
    result = math.copysign(math.floor(abs(value) * factor + 0.5 + 1e-9), value) / factor + 0.0
    return int(result) if digits <= 0 else result


def floor(value: Any) -> Any:
    return math.floor(value) if _number(value) and math.isfinite(value) else None


def ceil(value: Any) -> Any:
    return math.ceil(value) if _number(value) and math.isfinite(value) else None


def absolute(value: Any) -> Any:
    return abs(value) if _number(value) else None


def least(*values: Any) -> Any:
    numbers = [value for value in (values[0] if len(values) == 1 and isinstance(values[0], list) else values) if _number(value)]
    return min(numbers, default=None)


def most(*values: Any) -> Any:
    numbers = [value for value in (values[0] if len(values) == 1 and isinstance(values[0], list) else values) if _number(value)]
    return max(numbers, default=None)


def length(value: Any) -> Any:
    return len(value) if isinstance(value, str | list | dict) else 0


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else None


def upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else None


def trim(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else None


def contains(value: Any, part: Any) -> bool:
    """Whether a text contains another, whatever the case, or a list an item."""
    if isinstance(value, str) and isinstance(part, str):
        return part.lower() in value.lower()
    return isinstance(value, list) and operators.contains(part, value)


def starts(value: Any, part: Any) -> bool:
    return isinstance(value, str) and isinstance(part, str) and value.startswith(part)


def split(value: Any, by: Any) -> list[Any]:
    return [part for part in value.split(by) if part] if isinstance(value, str) and isinstance(by, str) and by else []


def join(value: Any, by: Any) -> Any:
    return by.join(text(item) for item in value) if isinstance(value, list) and isinstance(by, str) else None


def slug(value: Any) -> Any:
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") if isinstance(value, str) else None


def coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def merge(a: Any, b: Any) -> dict[str, Any]:
    return {**(a if isinstance(a, dict) else {}), **(b if isinstance(b, dict) else {})}


def pick(value: Any, names: Any) -> dict[str, Any]:
    return {name: value[name] for name in names if isinstance(name, str) and name in value} if isinstance(value, dict) and isinstance(names, list) else {}


def without(value: Any, names: Any) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name not in names} if isinstance(value, dict) and isinstance(names, list) else {}


def random_text(scope: Any, size: Any) -> Any:
    return scope.source.random_text(size) if isinstance(size, int) else None


def random_id(scope: Any) -> Any:
    return scope.source.random_id()


def matches_password(value: Any, stored: Any) -> bool:
    return isinstance(value, str) and isinstance(stored, str) and passwords.matches(value, stored)


def hash_password(scope: Any, value: Any) -> Any:
    return passwords.hashed(value, scope.source.random_text(16)) if isinstance(value, str) else None


TABLE: dict[str, Callable[..., Any]] = {
    "time": time, "iso": iso, "date": date, "str": text, "int": integer, "float": floating, "round": rounded, "floor": floor, "ceil": ceil,
    "abs": absolute, "min": least, "max": most, "len": length, "lower": lower, "upper": upper, "trim": trim, "contains": contains,
    "starts": starts, "split": split, "join": join, "slug": slug, "coalesce": coalesce, "merge": merge, "pick": pick, "without": without,
    "random_text": random_text, "random_id": random_id, "matches_password": matches_password, "hash_password": hash_password,
}  # fmt: skip
NEED_SCOPE = frozenset({"random_text", "random_id", "hash_password"})


@lru_cache(maxsize=512)
def accepts(name: str, arguments: int) -> bool:
    """Whether a function takes so many arguments."""
    extra = 1 if name in NEED_SCOPE else 0
    try:
        inspect.signature(TABLE[name]).bind(*range(arguments + extra))
    except TypeError:
        return False
    return True
