"""Reads a guide and lists every fact it names."""

from __future__ import annotations

from understudy.guides import bases, fields, markdown, operations, php, realtime, sayings, wires
from understudy.guides.facts import Facts, merge

__all__ = ["extract"]


def extract(text: str, name: str) -> Facts:
    """The facts of a guide (markdown), each with its lines; `name` is the guide's file name."""
    page = markdown.read(text)
    grounds = list(bases.find(page))
    found = operations.find(page, bases.prefixes(grounds))
    facts = [
        *found.facts(),
        *grounds,
        *realtime.find(page, bases.variables(page)),
        *fields.find(page, found),
        *php.find(page, found),
        *sayings.find(page, found),
        *wires.find(page),
    ]
    return Facts(name, page.length, merge(facts))
