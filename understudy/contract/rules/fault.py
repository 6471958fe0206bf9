"""One thing that is wrong with a document."""

import os
from dataclasses import dataclass

from understudy.contract import documents
from understudy.contract.bundle import Bundle

__all__ = ["Fault", "at", "dotted"]


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """file: as it was found, relative to the working directory where that is shorter; line: 1-based, 0 if unknown; what: a sentence."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


def at(bundle: Bundle, pointer: str, what: str) -> Fault:
    """A fault at a pointer of a bundled document."""
    file, line = bundle.place(pointer)
    return Fault(shown(file), line, what)


def in_file(file: str, pointer: str, what: str) -> Fault:
    """A fault at a pointer of a file."""
    return Fault(shown(file), documents.line_of(file, pointer), what)


def shown(file: str) -> str:
    """A path as people read it."""
    relative = os.path.relpath(file)
    return relative if len(relative) < len(file) else file


def dotted(pointer: str) -> str:
    """A pointer inside x-behavior as errors write it: /with/event -> .with.event."""
    return "".join(f".{part}" for part in documents.pointer_parts(pointer))
