"""JSON texts of what Python can say: numbers beyond 64 bits, which orjson refuses, are written in full."""

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

PLAIN = orjson.OPT_NON_STR_KEYS
LONG = re.compile(rb"\d{19}")  # what may be a number beyond 64 bits


def dumps(value: Any, default: Callable[[Any], Any] | None = None, indented: bool = False) -> bytes:
    """The text of a value, UTF-8. default: what else to write for a thing that JSON can't say. Raises TypeError where there is nothing."""
    try:
        return orjson.dumps(value, default, PLAIN | orjson.OPT_INDENT_2 if indented else PLAIN)
    except TypeError:
        separators = (",", ": " if indented else ":")
        return json.dumps(value, default=default, ensure_ascii=False, separators=separators, indent=2 if indented else None).encode("utf-8", "replace")


def loads(text: bytes) -> Any:
    """The value of a text that `dumps` has written: orjson alone would read numbers beyond 64 bits as what a float can say of them."""
    return json.loads(text) if LONG.search(text) else orjson.loads(text)
