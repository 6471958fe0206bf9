"""Rows of our own that messages are about, so that nothing else is disturbed: made by the API where it can make them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.people import Person
from contract_tests.realtime.sight import Facts, Unknown, View
from contract_tests.session import Session
from contract_tests.shapes import maps_in
from understudy.contract import schemas
from understudy.contract.model import Channel, Collection, Operation

__all__ = ["category", "fresh", "path_of"]

Row = Mapping[str, Any]


def fresh(session: Session, collection: Collection, person: Person | None) -> Row | None:
    """A new row, made by its creator or inside the row it belongs to; an old one where that can't be done; None where there is none."""
    made = session.make(collection, person)
    if made is not None:
        return made
    parent = next(
        (item for item in session.contract.collections.values() if any(child.collection == collection.name for child in item.children.values())), None
    )
    if parent is not None and session.creator(parent) is not None:
        outer = session.make(parent, person)
        name = next(name for name, child in parent.children.items() if child.collection == collection.name)
        inner = maps_in(outer, name)
        if outer is not None and inner:
            return {parent.children[name].by: outer.get(parent.key), **inner[0]}
    return next(iter(session.rows(collection, person)), None)


def category(session: Session, collection: Collection, total: int, person: Person | None) -> Row:
    """A new row with capacity of which there is so much, inside a new row that it belongs to. Raises NotChecked."""
    assert collection.capacity is not None
    for parent in session.contract.collections.values():
        name = next((name for name, child in parent.children.items() if child.collection == collection.name), None)
        operation = session.creator(parent) if name else session.creator(collection)
        if operation is None or (name is None and parent is not collection):
            continue
        row = _made(session, operation, parent, name, {collection.capacity.total: total}, person)
        if row is not None:
            return row
    raise NotChecked(f"no row of {collection.name} can be made, and those that are there are not for trying out")


def _made(session: Session, operation: Operation, parent: Collection, name: str | None, fields: Mapping[str, Any], person: Person | None) -> Row | None:
    caller = session.caller(operation, person)
    if not isinstance(caller, Person):
        return None
    request = session.samples.request(operation, caller)
    body = dict(request.body or {})
    if name is None:
        body |= fields
    elif isinstance(body.get(name), list) and body[name]:
        body[name] = [{**item, **fields} for item in body[name]]
    row, _ = session.create(operation, caller, replace(request, body=body))
    if row is None or name is None:
        return row
    inner = maps_in(row, name)
    return {parent.children[name].by: row.get(parent.key), **inner[0]} if inner else None


def path_of(session: Session, channel: Channel, person: Person, others: tuple[Person, ...] = (), closed: bool = False) -> dict[str, Any]:
    """Path parameters of a channel, keys of new rows of somebody's into which some others are let, or (closed) are not. Raises NotChecked."""
    found: dict[str, Any] = {}
    words = channel.opening.behavior.get("with") or {}
    for name in channel.opening.path_names:
        bound = next(((key, word) for key, word in words.items() if word.get("key") in (f"path.{name}", f"path['{name}']")), None)
        if bound is None:
            found[name] = session.samples.blank(channel.opening).path.get(name)
            continue
        collection = session.contract.collections[bound[1]["collection"]]
        found[name] = _admitting(session, channel, collection, bound[0], name, person, others, closed)
    return found


def _admitting(
    session: Session, channel: Channel, collection: Collection, word: str, name: str, person: Person, others: tuple[Person, ...], closed: bool
) -> Any:
    operation = session.creator(collection)
    if operation is None:
        row = fresh(session, collection, person)
        if row is None:
            raise NotChecked(f"there is no row of {collection.name} to open {channel.address} with")
        return row[collection.key]
    caller = session.caller(operation, person)
    request = session.samples.request(operation, caller)
    for fields in _choices(session, channel, operation, word):
        row, _ = session.create(operation, caller, request.with_body(**fields))
        if row is not None and all(_suits(_lets_in(session, channel, name, row, collection, person, other), closed) for other in others):
            return row[collection.key]
    raise NotChecked(f"no row of {collection.name} can be made into which {' and '.join(map(str, others)) or person} {'are not' if closed else 'are'} let")


def _suits(lets_in: bool | None, closed: bool) -> bool:
    """Whether a row will do: one that is to be closed must be known to be, one that is to be open may be."""
    return lets_in is False if closed else lets_in is not False


def _choices(session: Session, channel: Channel, operation: Operation, word: str) -> list[dict[str, Any]]:
    """Body fields that the opening's conditions look at, each with every value that it may have."""
    media = session.samples.media(operation)
    properties = schemas.properties(operation.bundle.data, media.schema or {}) if media else {}
    texts = " ".join(str(item["when"]) for item in channel.opening.behavior.get("requires") or ())
    looked = [name for name in re.findall(rf"\b{re.escape(word)}\.(\w+)", texts) if name in properties]
    return [{}, *({name: value} for name in dict.fromkeys(looked) for value in _values(operation.bundle.data, properties[name]))]


def _values(document: Any, schema: Any) -> list[Any]:
    node = schemas.follow(document, schema)
    for part in node.get("allOf") or () if isinstance(node, dict) else ():
        inner = schemas.follow(document, part)
        if isinstance(inner, dict) and inner.get("enum"):
            return list(inner["enum"])
    return list(node.get("enum") or ()) if isinstance(node, dict) else []


def _lets_in(session: Session, channel: Channel, name: str, row: Row, collection: Collection, owner: Person, other: Person) -> bool | None:
    """Whether the channel of a row lets somebody in; None where that can't be told."""
    facts = Facts(session, channel.opening, other, owner, {name: row[collection.key]}, extra={"token": "given"})
    try:
        return View(facts).verdict() is None
    except Unknown:
        return None
