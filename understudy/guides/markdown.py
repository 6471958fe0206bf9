"""A guide as lines of prose and blocks of code."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Block", "Line", "Page", "read", "spans"]

FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([\w+-]*)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*$")
SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Line:
    """A line of prose: its number, and the heading it stands under."""

    number: int
    text: str
    heading: str


@dataclass(frozen=True)
class Block:
    """A fenced block: `first` is the number of its first line, `label` the last line of prose before it."""

    first: int
    lang: str
    text: str
    heading: str
    label: str

    @property
    def lines(self) -> list[tuple[int, str]]:
        return list(enumerate(self.text.split("\n"), self.first))

    def line(self, offset: int) -> int:
        return self.first + self.text.count("\n", 0, offset)


@dataclass(frozen=True)
class Page:
    length: int
    prose: tuple[Line, ...]
    blocks: tuple[Block, ...]

    @property
    def all(self) -> list[tuple[int, str]]:
        """Every line of prose and of code, in order; fences are left out."""
        code = [line for block in self.blocks for line in block.lines]
        return sorted([(line.number, line.text) for line in self.prose] + code)


class _Reader:
    def __init__(self) -> None:
        self.prose: list[Line] = []
        self.blocks: list[Block] = []
        self.open: tuple[int, str, str, str] | None = None
        self.body: list[str] = []
        self.heading = self.label = ""

    def feed(self, number: int, text: str) -> None:
        fence = FENCE.match(text)
        if self.open is None and fence:
            self.open, self.body = (number + 1, fence[1], fence[2], fence[3].lower()), []
        elif self.open is not None and text.strip().startswith(self.open[2]):
            self.close()
        elif self.open is not None:
            self.body.append(text.removeprefix(self.open[1]))
        else:
            self.say(number, text)

    def say(self, number: int, text: str) -> None:
        heading = HEADING.match(text)
        self.heading = heading[1] if heading else self.heading
        self.label = text if text.strip() else self.label
        self.prose.append(Line(number, text, self.heading))

    def close(self) -> None:
        if self.open is not None:
            first, _, _, lang = self.open
            self.blocks.append(Block(first, lang, "\n".join(self.body), self.heading, self.label))
        self.open = None


def read(text: str) -> Page:
    """Split a guide; an unclosed fence ends with the text."""
    reader, lines = _Reader(), text.splitlines()
    for number, line in enumerate(lines, 1):
        reader.feed(number, line)
    reader.close()
    return Page(len(lines), tuple(reader.prose), tuple(reader.blocks))


def spans(text: str) -> list[re.Match[str]]:
    """The inline code of a line of prose; group 1 is its text."""
    return list(SPAN.finditer(text))
