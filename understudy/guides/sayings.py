"""Fields and parameters that prose names: inline code and lists of words beside an operation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from understudy.guides.facts import Fact
from understudy.guides.literals import keys
from understudy.guides.markdown import Line, Page, spans
from understudy.guides.operations import Operations

__all__ = ["find"]

WORD = re.compile(r"^[a-z][a-z0-9_]*$")
STATE = re.compile(r"^(\w+)\s*={2,3}\s*'([\w-]+)'$")
QUERY = re.compile(r"^\?(\w+)=?$")
ASKED = re.compile(r"\b(?:param\w*|filters?)\b", re.I)
CARRIED = re.compile(r"\b(?:includ\w+|expects?|array|fields?|payload)\b", re.I)
LISTED = re.compile(r"\b(?:[Ii]ncludes\s+|fields\b[^().]*(?:`[^`]*`)?[^().]*\()([a-z][\w -]*(?:,\s*[\w -]+)+)")
BREAK = re.compile(r"[;|](?=\s)|\.(?=\s|$)")


def find(page: Page, operations: Operations) -> Iterator[Fact]:
    above = ""
    for line in page.prose:
        above = operations.near(line.number, line.number) or (above if re.match(r"\s+\S", line.text) else "")
        yield from _shown(line, above)
        yield from _listed(line, above)
        for clause in BREAK.split(line.text):
            yield from _named(line, clause, above)


def _shown(line: Line, context: str) -> Iterator[Fact]:
    """Literals, conditions and query parameters in inline code."""
    for span in spans(line.text):
        if span[1].startswith("{"):
            yield from (Fact("fields", key.name, (line.number,), of=context) for key in keys(span[1], 0))
        state, query = STATE.match(span[1]), QUERY.match(span[1])
        if state:
            yield Fact("fields", state[1], (line.number,), of=context)
            yield Fact("values", state[2], (line.number,), of=state[1])
        if query and context:
            yield Fact("parameters", query[1], (line.number,), of=context)


def _named(line: Line, clause: str, context: str) -> Iterator[Fact]:
    """Words in inline code, where the clause says that they are parameters or fields."""
    section = "parameters" if ASKED.search(clause) else "fields" if CARRIED.search(clause) and context else ""
    for span in spans(clause) if section else ():
        if WORD.match(span[1]):
            yield Fact(section, span[1], (line.number,), of=context)


def _listed(line: Line, context: str) -> Iterator[Fact]:
    """Plain words in a list: `Includes a, b c.` names the fields a and b_c."""
    for match in LISTED.finditer(line.text) if context else ():
        for words in match[1].split(","):
            yield Fact("fields", re.sub(r"\W+", "_", words.strip()), (line.number,), of=context)
