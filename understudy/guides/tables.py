"""Tables of a guide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from understudy.guides.markdown import Line

__all__ = ["cells", "columns"]

RULE = re.compile(r"^\s*\|?[\s:|-]*-{3,}[\s:|-]*$")


def cells(text: str) -> list[str]:
    return [cell.strip() for cell in text.strip().strip("|").split("|")]


def columns(prose: Iterable[Line]) -> Iterator[tuple[Line, list[str]]]:
    """Each row of each table with the table's header cells."""
    before, header = "", []
    for line in prose:
        if RULE.match(line.text) and before.strip().startswith("|"):
            header = cells(before)
        elif not line.text.strip().startswith("|"):
            header = []
        elif header:
            yield line, header
        before = line.text
