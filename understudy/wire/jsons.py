"""JSON texts of what Python can say: numbers beyond 64 bits, which orjson refuses, are written in full."""

import json
from collections.abc import Callable
from typing import Any

import orjson

PLAIN = orjson.OPT_NON_STR_KEYS


def dumps(value: Any, default: Callable[[Any], Any] | None = None, indented: bool = False) -> bytes:
    """The text of a value, UTF-8. default: what else to write for a thing that JSON can't say. Raises TypeError where there is nothing."""
    try:
        return orjson.dumps(value, default, PLAIN | orjson.OPT_INDENT_2 if indented else PLAIN)
    except TypeError:
        separators = (",", ": " if indented else ":")
        return json.dumps(value, default=default, ensure_ascii=False, separators=separators, indent=2 if indented else None).encode("utf-8", "replace")
