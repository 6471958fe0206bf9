"""Fields, parameters and values of PHP controllers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from understudy.guides.facts import Fact
from understudy.guides.markdown import Block, Page
from understudy.guides.operations import Operations

__all__ = ["find"]

METHOD = re.compile(r"\bfunction\s+(\w+)\s*\(")
ITEM = re.compile(r"'(\w+)'\s*=>")
ALIAS = re.compile(r"\b(?:as|AS)\s+(\w+)(?=\s*[,'\"])")
QUERY = re.compile(r"\$request->(?:get|query|input)\(\s*'(\w+)'")
WHERE = re.compile(r"\bwhere\(\s*'(\w+)'\s*,\s*'(\w+)'\s*\)")
GUARD = re.compile(r"\bmiddleware\((\[[^\]]*\])")


def find(page: Page, operations: Operations) -> Iterator[Fact]:
    for block in page.blocks:
        if block.lang == "php" or block.text.lstrip().startswith("<?php"):
            yield from _read(block, operations)


def _read(block: Block, operations: Operations) -> Iterator[Fact]:
    context = ""
    for number, text in block.lines:
        method = METHOD.search(text)
        context = (operations.handled(method[1]) or method[1]) if method else context
        yield from (Fact("fields", match[1], (number,), of=context) for match in ITEM.finditer(text))
        if "selectRaw" in text:
            yield from (Fact("fields", match[1], (number,), of=context) for match in ALIAS.finditer(text))
        yield from (Fact("parameters", match[1], (number,), of=context) for match in QUERY.finditer(text))
        yield from (Fact("values", match[2], (number,), of=match[1]) for match in WHERE.finditer(text))
        yield from _roles(number, text)


def _roles(number: int, text: str) -> Iterator[Fact]:
    """Middleware names without an argument are roles; `auth:guard` is a library's."""
    for match in GUARD.finditer(text):
        yield from (Fact("values", name, (number,), of="role") for name in re.findall(r"'(\w+)'", match[1]))
