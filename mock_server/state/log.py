"""What happened in a world, newest last; the oldest goes when there are too many lines or bytes."""

from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

MOST, LARGEST = 10_000, 32 << 20  # lines; bytes of what they keep


class Entry(Protocol):
    """A line. number: counted from 1 in its world; size: bytes that it keeps alive, roughly."""

    number: int
    size: int


class Log:
    """The lines of one world. They hold references; nothing is rendered before it is read."""

    __slots__ = ("_lines", "bytes", "count", "largest", "most")

    def __init__(self, most: int = MOST, largest: int = LARGEST) -> None:
        self.most, self.largest = most, largest
        self.count = self.bytes = 0
        self._lines: deque[Any] = deque()

    def append(self, entry: Entry) -> None:
        """Adds a line."""
        lines = self._lines
        entry.number = self.count = self.count + 1
        kept = self.bytes + entry.size
        lines.append(entry)
        while kept > self.largest or len(lines) > self.most:
            kept -= lines.popleft().size
        self.bytes = kept

    def clear(self) -> None:
        """Forgets every line; numbers go on."""
        self._lines.clear()
        self.bytes = 0

    def find(self, number: int) -> Any:
        """A line by its number, None if it is gone or never was."""
        first = self._lines[0].number if self._lines else 0
        index = number - first
        return self._lines[index] if 0 <= index < len(self._lines) else None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._lines)

    def __reversed__(self) -> Iterator[Any]:
        yield from reversed(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> Any:
        return self._lines[index]
