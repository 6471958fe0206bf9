"""Texts of a target as reports may carry them: no control characters, no halves of characters, and never a megabyte."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["clean", "flat", "plain", "short", "shown"]

LONGEST = 1500  # characters of one text
DEEPEST = 12
# What a terminal, XML or a reader could take for something else: control characters, directions of writing, halves of characters.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with what is unsafe written out, such as `\\x1b`; line ends and tabs stay."""
    return UNSAFE.sub(lambda found: _written(ord(found[0])), text.replace("\r\n", "\n"))


def _written(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def short(text: str, longest: int = LONGEST) -> str:
    """The text as far as it is shown, and how long it is."""
    return clean(text) if len(text) <= longest else f"{clean(text[:longest])}... ({len(text)} characters)"


def flat(text: str, longest: int = LONGEST) -> str:
    """The text on one line."""
    return short(" ".join(text.split()), longest)


def shown(value: Any, longest: int = LONGEST) -> str:
    """A value for people: a text as it is, all else as JSON."""
    if value is None:
        return ""
    return short(value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False), longest)


def plain(value: Any, depth: int = 0) -> Any:
    """The value as JSON has it: clean texts, no NaN, nothing too deep; what JSON does not know becomes a text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return short(value)
    if depth >= DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return {clean(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth + 1) for item in value]
    return short(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
