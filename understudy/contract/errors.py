"""What can be wrong with a contract, said for people.

UnderstudyError             everything a user can cause
├── ContractError           a document, a declaration or an expression is wrong; carries file and line
└── UsageError              a command or a setting is wrong
"""

from collections.abc import Iterable
from difflib import get_close_matches


class UnderstudyError(Exception):
    """Something a user can mend; its text says where, what, what is valid and the closest match. exit_code: what the command ends with."""

    exit_code = 2


class UsageError(UnderstudyError):
    """A command, a flag or a setting that can't be taken."""


class ContractError(UnderstudyError):
    """A document that can't be used.

    file: the document, as the user named it; line: 1-based, 0 if unknown; what: one sentence.
    """

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(file, line, what)
        self.file, self.line, self.what = file, line, what

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.what}"


def suggest(name: str, valid: Iterable[str]) -> str:
    """The closest of the valid names as a question, or the valid names, or nothing when there are none."""
    names = sorted({str(item) for item in valid})
    close = get_close_matches(str(name), names, n=1, cutoff=0.5)
    if close:
        return f" Did you mean '{close[0]}'?"
    if not names:
        return ""
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f" Valid: {shown}."
