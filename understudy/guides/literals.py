"""Object literals in code: JSON, JavaScript, TypeScript types, MongoDB shapes. Finds keys, knows no grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Key", "closing", "keys", "statements"]

KEY = re.compile(r"""(["'`]?)([A-Za-z_][\w-]*)\1\s*\??\s*(?=:(?!:)|=(?![=>])|[,}]|$)""", re.M)
CLOSERS = {"{": "}", "[": "]", "(": ")"}


@dataclass(frozen=True)
class Key:
    """A key of an object literal: `parents` are the keys above it."""

    name: str
    offset: int
    parents: tuple[str, ...]


def _skip(text: str, at: int) -> int:
    """The offset behind a comment or string that starts here, else the same offset."""
    if text.startswith("//", at):
        return _until(text, "\n", at)
    if text.startswith("/*", at):
        return _until(text, "*/", at) + 2
    if text[at] in "\"'`":
        return _string(text, at)
    return at


def _until(text: str, end: str, at: int) -> int:
    found = text.find(end, at)
    return len(text) if found < 0 else found


def _string(text: str, at: int) -> int:
    """Behind the string; a quote without its partner on the line (an apostrophe) is one character."""
    quote = text[at]
    limit = len(text) if quote == "`" else _until(text, "\n", at)
    found = text.find(quote, at + 1, limit)
    return at + 1 if found < 0 else found + 1


def closing(text: str, at: int) -> int:
    """The offset behind the bracket that closes the one at `at`; the end of the text if none does."""
    depth = 0
    while at < len(text):
        skipped = _skip(text, at)
        if skipped > at:
            at = skipped
            continue
        depth += (text[at] in "{[(") - (text[at] in "}])")
        at += 1
        if depth <= 0:
            return at
    return len(text)


def statements(text: str) -> Iterator[tuple[int, int]]:
    """Literals that stand alone: start and end of each `{...}` or `[...]` that begins a line outside all brackets."""
    at = 0
    while at < len(text):
        begins = not text[text.rfind("\n", 0, at) + 1 : at].strip()
        skipped = _skip(text, at)
        if skipped > at:
            at = skipped
        elif text[at] in CLOSERS:
            end = closing(text, at)
            if begins and text[at] != "(":
                yield at, end
            at = end
        else:
            at += 1


class _Scanner:
    def __init__(self, text: str, start: int) -> None:
        self.text, self.at, self.end = text, start, closing(text, start)
        self.stack: list[tuple[str, str]] = []
        self.last, self.expecting = "", False
        self.found: list[Key] = []

    def run(self) -> list[Key]:
        while self.at < self.end:
            if not (self.expecting and self.key()):
                self.step()
        return self.found

    def key(self) -> bool:
        match = KEY.match(self.text, self.at)
        if not match:
            return False
        parents = tuple(name for _, name in self.stack[1:] if name)
        self.found.append(Key(match[2], self.at, parents))
        self.last, self.expecting, self.at = match[2], False, match.end()
        return True

    def step(self) -> None:
        skipped = _skip(self.text, self.at)
        if skipped > self.at:
            self.at = skipped
            return
        self.punctuate(self.text[self.at])
        self.at += 1

    def punctuate(self, char: str) -> None:
        inside = bool(self.stack) and self.stack[-1][0] == "{"
        if char in CLOSERS:
            self.stack.append((char, self.last))
            self.last, self.expecting = "", char == "{"
        elif char in "}])":
            self.stack.pop()
            self.expecting = False
        elif char in ",;\n":
            self.expecting = inside
            self.last = "" if inside else self.last
        elif not char.isspace():
            self.expecting = False


def keys(text: str, start: int) -> list[Key]:
    """The keys of the literal that opens at `start`, nested ones included."""
    return _Scanner(text, start).run()
