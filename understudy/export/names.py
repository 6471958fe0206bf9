"""Names in JavaScript for what documents name: identifiers, no two alike, and the quotes for what is none."""

import json
import re
from collections.abc import Iterable

from understudy.contract.model import Contract, Operation

__all__ = ["RESERVED", "claim", "identifier", "operation_keys", "operation_names", "quoted", "word"]

WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
JAVASCRIPT = (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if "
    "implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof "
    "undefined var void while with yield"
)
RESERVED = frozenset(JAVASCRIPT.split())
OURS = frozenset({"createHandlers", "createHandlersOf"})  # what a module of handlers exports beside its operations


def identifier(text: str) -> str:
    """A name as close to a text as an identifier can be: `get-user` is getUser, `2fa` is _2fa."""
    first, *rest = [part for part in re.split(r"[^A-Za-z0-9_$]+", text) if part] or ["_"]
    name = first + "".join(part[:1].upper() + part[1:] for part in rest)
    return f"_{name}" if name[0].isdigit() else name


def claim(wanted: Iterable[str], taken: set[str]) -> str:
    """The first of some names that nobody has, the last with a number if all are taken; nobody else gets it."""
    names = list(wanted)
    free = next((name for name in names if name not in taken), None)
    number = 2
    while free is None:
        free = f"{names[-1]}{number}" if f"{names[-1]}{number}" not in taken else None
        number += 1
    taken.add(free)
    return free


def operation_names(contract: Contract) -> dict[tuple[str, str], str]:
    """(service, operationId) -> the name under which the operation is exported."""
    taken = set(RESERVED | OURS)
    return {(item.service, item.id): claim((identifier(item.id), identifier(f"{item.service} {item.id}")), taken) for item in contract.operations}


def operation_keys(contract: Contract) -> list[tuple[str, Operation]]:
    """The operations with the name by which they are asked for: their operationId, with the service before it where an earlier one has that."""
    taken: set[str] = set()
    return [(claim((item.id, f"{item.service}.{item.id}"), taken), item) for item in contract.operations]


def quoted(text: str) -> str:
    """A text as a literal of JavaScript."""
    inside = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return "'" + re.sub("[\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", inside) + "'"


def word(text: str) -> str:
    """A property's name, quoted if it must be."""
    return text if WORD.fullmatch(text) else quoted(text)
