"""Base URLs and base paths: what stands before every path of a service."""

from __future__ import annotations

import re
from collections.abc import Iterator

from understudy.guides.facts import Fact
from understudy.guides.markdown import Page, spans
from understudy.guides.paths import target
from understudy.guides.tables import cells, columns

__all__ = ["find", "prefixes", "variables"]

ALONE = re.compile(r"^\s*(?:[A-Z][\w ]*:\s+)?([a-z]+://\S+)(?:\s+\(.*\))?\s*$")
ASSIGNED = re.compile(r"""(?:^\s*\w+\s*|\b(?i:base_?url)\w*\s*)[=:]\s*['"]?([a-z]+://[^\s'",;]+)""")
COMPUTED = re.compile(r"\$\{[\w.]+\}(/[\w./-]+)(?=`|\$\{)")
VARIABLE = re.compile(r"^\s*([A-Z][A-Z0-9_]+)=(\S+)")


def find(page: Page) -> Iterator[Fact]:
    """Base URLs of code lines, of computed paths (`${BASE}/api`) and of tables with a base column."""
    for block in page.blocks:
        for number, text in block.lines:
            match = ALONE.match(text) or ASSIGNED.search(text)
            if match and not re.match(r"wss?:", match[1]):
                yield Fact("bases", match[1], (number,))
    for number, text in page.all:
        for match in COMPUTED.finditer(text):
            yield Fact("bases", match[1], (number,))
    yield from _tabled(page)


def _tabled(page: Page) -> Iterator[Fact]:
    for line, header in columns(page.prose):
        for name, cell in zip(header, cells(line.text), strict=False):
            if "base" in name.lower():
                yield from (Fact("bases", span[1], (line.number,)) for span in spans(cell))


def prefixes(facts: list[Fact]) -> set[str]:
    """The paths of base URLs, such as `/api/v1`."""
    found = (target(fact.name) for fact in facts)
    return {each.path for each in found if each and each.path != "/"}


def variables(page: Page) -> dict[str, str]:
    """Variables that .env blocks set, the first value of each."""
    values: dict[str, str] = {}
    for _, text in page.all:
        match = VARIABLE.match(text)
        if match:
            values.setdefault(match[1], match[2])
    return values
