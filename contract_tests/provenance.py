"""Where a clause comes from: the guide's lines, or why it is inferred; most special first."""

from collections.abc import Mapping
from typing import Any

from contract_tests.findings import Clause
from understudy.contract import documents, schemas
from understudy.contract.bundle import Bundle
from understudy.contract.model import Channel, Collection, Operation, Place

__all__ = ["clause_at", "clause_of", "clause_of_channel", "clause_of_field", "clause_of_message", "clause_of_response"]


def clause_of(operation: Operation, about: tuple[str, ...] = ()) -> Clause:
    """The clause of an operation. about: words that, standing in its x-inferred, say that what is broken is inferred."""
    node = _node(operation.bundle, operation.pointer)
    clause = _clause(operation.bundle, operation.pointer, node)
    if operation.behavior.source in ("inferred", "example"):
        return Clause(clause.says, clause.guide, clause.lines, "no document declares behaviour; it is inferred from paths and schemas", clause.place)
    text = str(node.get("x-inferred") or "").lower()
    if clause.guide and not any(word in text for word in about):
        return Clause(clause.says, clause.guide, clause.lines, None, clause.place)
    return clause


def clause_of_response(operation: Operation, status: int | str) -> Clause:
    """The clause of one answer: the response's own, else the operation's."""
    response = operation.responses.get(str(status)) or operation.responses.get("default")
    if response is None or not response.pointer:
        return clause_of(operation)
    own = _clause(operation.bundle, response.pointer, _node(operation.bundle, response.pointer))
    return own if own.guide or own.inferred else clause_of(operation)


def clause_of_field(collection: Collection, name: str, fallback: Operation) -> Clause:
    """The clause of a field: its own, else that of the collection's schema, else the operation's."""
    if not collection.declared:
        return clause_of(fallback)
    bundle, pointer = collection.bundle, f"{collection.pointer}/properties/{documents.pointer_of(name).lstrip('/')}"
    for where in (pointer, collection.pointer):
        found = _clause(bundle, where, _node(bundle, where))
        if found.guide or found.inferred:
            return found
    return clause_of(fallback)


def clause_of_message(channel: Channel, name: str) -> Clause:
    """The clause of a message: that of the operation that receives or sends it, else its own."""
    receiver, push = channel.receives.get(name), channel.sends.get(name)
    pointer = receiver.operation.pointer if receiver else push.pointer if push else channel.pointer
    found = _clause(channel.bundle, pointer, _node(channel.bundle, pointer))
    if found.guide:
        return Clause(found.says, found.guide, found.lines, None, found.place)
    return found if found.inferred else clause_of_channel(channel)


def clause_of_channel(channel: Channel) -> Clause:
    """The clause of a channel."""
    found = _clause(channel.bundle, channel.pointer, _node(channel.bundle, channel.pointer))
    return Clause(found.says, found.guide, found.lines, None, found.place) if found.guide else found


def clause_at(bundle: Bundle, pointer: str) -> Clause:
    """The clause of the nearest node around a pointer that says where it comes from."""
    parts = documents.pointer_parts(pointer)
    for length in range(len(parts), 0, -1):
        where = documents.pointer_of(*parts[:length])
        found = _clause(bundle, where, _node(bundle, where))
        if found.guide or found.inferred:
            return found
    return Clause(place=_place(bundle, pointer))


def _node(bundle: Bundle, pointer: str) -> Mapping[str, Any]:
    try:
        found = schemas.follow(bundle.data, documents.resolve(bundle.data, pointer))
    except Exception:  # a pointer that leads nowhere has no clause
        return {}
    return found if isinstance(found, Mapping) else {}


def _clause(bundle: Bundle, pointer: str, node: Mapping[str, Any]) -> Clause:
    guide, inferred = node.get("x-guide"), node.get("x-inferred")
    place = _place(bundle, pointer)
    says = str(node.get("summary") or node.get("description") or "")
    if isinstance(guide, Mapping):
        lines = guide.get("lines")
        span = (int(lines[0]), int(lines[-1])) if isinstance(lines, list) and lines else None
        return Clause(str(guide.get("says") or says), str(guide.get("file")), span, str(inferred) if inferred else None, place)
    return Clause(says, None, None, str(inferred) if inferred else None, place)


def _place(bundle: Bundle, pointer: str) -> Place | None:
    try:
        return Place(*bundle.place(pointer))
    except Exception:  # documents that were given as values have no lines
        return None
