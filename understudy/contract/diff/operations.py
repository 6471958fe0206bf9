"""The operations of two OpenAPI documents: which are gone or elsewhere, and what of the others has changed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from understudy.contract import documents
from understudy.contract.diff.behaviors import compare_behaviors
from understudy.contract.diff.changes import Change, Side, change
from understudy.contract.diff.shapes import Way, compare
from understudy.contract.model import Media, Operation, Parameter, Response

__all__ = ["compare_media", "compare_operations", "compare_parameters", "name_of"]

Pair = tuple[Operation, Operation]


def name_of(operation: Operation) -> str:
    """What an operation is called in sentences."""
    return f"{operation.method} {operation.path}"


def compare_operations(old: Iterable[Operation], new: Iterable[Operation]) -> Iterator[Change]:
    """The changes of all operations of two contracts."""
    before, after = list(old), list(new)
    pairs = _paired(before, after)
    known = {id(item) for item in chain(*pairs)}
    for one, other in pairs:
        yield from _moved(one, other)
        yield from _compare(one, other, name_of(one))
    yield from (change("operation.removed", True, name_of(item), "is gone", item.bundle, item.pointer) for item in before if id(item) not in known)
    yield from (change("operation.added", False, name_of(item), "is new", item.bundle, item.pointer) for item in after if id(item) not in known)


def _paired(old: list[Operation], new: list[Operation]) -> list[Pair]:
    """Which operation became which: the same service, method and path, else the same name, else the same method and path elsewhere."""
    keys = (lambda item: (item.service, item.method, _bare(item.path)), lambda item: item.id, lambda item: (item.method, _bare(item.path)))
    pairs: list[Pair] = []
    for key in keys:
        paired = {id(item) for item in chain(*pairs)}
        there = {key(item): item for item in new if id(item) not in paired}
        pairs += [(item, there.pop(key(item))) for item in old if id(item) not in paired and key(item) in there]
    return pairs


def _bare(path: str) -> str:
    """A path without the names of its parameters, which nobody sees."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _moved(old: Operation, new: Operation) -> Iterator[Change]:
    about = name_of(old)
    if (old.method, _bare(old.path)) != (new.method, _bare(new.path)):
        yield change("operation.moved", True, about, f"is {name_of(new)} now", new.bundle, new.pointer)
    if old.service != new.service:
        yield change("operation.moved", True, about, f"is at the service {new.service} now, it was at {old.service}", new.bundle, new.pointer)
    if old.id != new.id:
        yield change("operation.renamed", False, about, f"has the operationId {new.id} instead of {old.id}", new.bundle, f"{new.pointer}/operationId")


def _compare(old: Operation, new: Operation, about: str) -> Iterator[Change]:
    yield from compare_parameters(old, new, about)
    yield from _body(old, new, about)
    yield from _responses(old, new, about)
    yield from _security(old, new, about)
    yield from compare_behaviors(old, new, about)


def compare_parameters(old: Operation, new: Operation, about: str) -> Iterator[Change]:
    """The changes of parameters; those of a path are told apart by their order."""
    before, after = _parameters(old), _parameters(new)
    for key, one in before.items():
        other = after.get(key)
        if other is None:
            yield from _lost(one, after, before, old, new, about)
        else:
            yield from _parameter(one, other, old, new, about)
    elsewhere = {item.name for item in before.values()}
    for key, item in after.items():
        if key not in before and item.name not in elsewhere:
            says = f"{_label(item)} is new{' and required' if item.required else ''}"
            yield change("parameter.added", item.required, about, says, new.bundle, item.pointer or new.pointer)


def _parameters(operation: Operation) -> dict[tuple[str, str], Parameter]:
    order = {name: f"{{{index}}}" for index, name in enumerate(operation.path_names)}
    return {(item.where, order.get(item.name, item.name) if item.where == "path" else item.name): item for item in operation.parameters}


def _label(parameter: Parameter) -> str:
    return f"{parameter.where} parameter '{parameter.name}'"


def _lost(
    one: Parameter, after: Mapping[tuple[str, str], Parameter], before: Mapping[tuple[str, str], Parameter], old: Operation, new: Operation, about: str
) -> Iterator[Change]:
    moved = next((item for key, item in after.items() if item.name == one.name and key not in before), None)
    if moved:
        yield change("parameter.moved", True, about, f"{_label(one)} is a {moved.where} parameter now", new.bundle, moved.pointer or new.pointer)
    elif one.where != "path":
        yield change("parameter.removed", True, about, f"{_label(one)} is no longer taken", old.bundle, one.pointer or old.pointer)


def _parameter(one: Parameter, other: Parameter, old: Operation, new: Operation, about: str) -> Iterator[Change]:
    where = other.pointer or new.pointer
    if one.required != other.required:
        says = f"{_label(other)} is {'required' if other.required else 'optional'} now"
        yield change("parameter.required", other.required, about, says, new.bundle, where)
    if (one.style, one.explode) != (other.style, other.explode) and "array" in (one.type, other.type):
        yield change("parameter.style", True, about, f"{_label(other)} is written in another style", new.bundle, where)
    yield from compare(Side(old.bundle, one.schema, one.pointer), Side(new.bundle, other.schema, other.pointer), "request", about, _label(one), True)


def _body(old: Operation, new: Operation, about: str) -> Iterator[Change]:
    place = f"{new.pointer}/requestBody"
    if old.bodies and not new.bodies:
        yield change("body.removed", True, about, "no longer takes a body", old.bundle, f"{old.pointer}/requestBody")
    elif new.bodies and not old.bodies:
        yield change("body.added", new.body_required, about, f"takes a body now{', which is required' if new.body_required else ''}", new.bundle, place)
    elif new.bodies and old.body_required != new.body_required:
        yield change("body.required", new.body_required, about, f"its body is {'required' if new.body_required else 'optional'} now", new.bundle, place)
    if old.bodies and new.bodies:
        yield from compare_media(old, new, (old.bodies, new.bodies), "request", about, "body", place)


def compare_media(
    old: Operation, new: Operation, media: tuple[Mapping[str, Media], Mapping[str, Media]], way: Way, about: str, label: str, place: str
) -> Iterator[Change]:
    """The changes of what a body may be: its media types, and of each its schema."""
    before, after = media
    for name, one in before.items():
        other = after.get(name)
        if other is None:
            yield change("media.removed", True, about, f"{label} is no longer {name}", new.bundle, place)
        elif one.schema is not None and other.schema is not None:
            sides = Side(old.bundle, one.schema, one.pointer or ""), Side(new.bundle, other.schema, other.pointer or "")
            yield from compare(*sides, way, about, label)
    for name in after:
        if name not in before and before:
            yield change("media.added", False, about, f"{label} may be {name} too", new.bundle, place)


def _responses(old: Operation, new: Operation, about: str) -> Iterator[Change]:
    good = [status for status in old.responses if _is_good(status)]
    gone, come = [name for name in good if name not in new.responses], [name for name in new.responses if _is_good(name) and name not in old.responses]
    for status in gone:
        says = f"answers {come[0]} instead of {status}" if come else f"no longer answers {status}"
        bundle, response = (new.bundle, new.responses[come[0]]) if come else (old.bundle, old.responses[status])
        yield change("status.removed", True, about, says, bundle, response.pointer)
    if gone and come:
        yield from _response(old, new, old.responses[gone[0]], new.responses[come[0]], about)
    for status, response in new.responses.items():
        if status in old.responses:
            yield from _response(old, new, old.responses[status], response, about)
        elif not (gone and status in come[:1]):
            yield change("status.added", False, about, f"may answer {status} too", new.bundle, response.pointer)
    for status, response in old.responses.items():
        if status not in new.responses and not _is_good(status):
            yield change("status.removed", False, about, f"no longer answers {status}", old.bundle, response.pointer)


def _is_good(status: str) -> bool:
    return status.startswith("2")


def _response(old: Operation, new: Operation, one: Response, other: Response, about: str) -> Iterator[Change]:
    label = f"answer {one.status}"
    if one.media and not other.media:
        yield change("media.removed", True, about, f"{label} has no body any more", new.bundle, other.pointer)
    else:
        yield from compare_media(old, new, (one.media, other.media), "response", about, label, other.pointer)
    names = {name.lower() for name in other.headers}
    for name in one.headers:
        if name.lower() not in names:
            yield change(
                "header.removed", True, about, f"{label} has no header {name} any more", old.bundle, f"{one.pointer}{documents.pointer_of('headers', name)}"
            )


def _security(old: Operation, new: Operation, about: str) -> Iterator[Change]:
    place = f"{new.pointer}/security"
    if old.anonymous != new.anonymous:
        says = "needs no credential any more" if new.anonymous else "needs a credential now"
        yield change("security.needed", not new.anonymous, about, says, new.bundle, place)
        return
    before, after = [{(item.where, item.name) for item in operation.security} for operation in (old, new)]
    for where, name in sorted(before - after):
        yield change("security.removed", True, about, f"no longer takes a credential in {where} {name}", new.bundle, place)
    for where, name in sorted(after - before):
        yield change("security.added", False, about, f"takes a credential in {where} {name} too", new.bundle, place)
