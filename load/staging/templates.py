"""How each role's request or message is made: the document's example, with markers where something is filled in."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contract_tests.bindings import ITEM, Spot, bindings, place_of
from contract_tests.people import Person
from contract_tests.realtime.letters import Letters, leaf, put
from contract_tests.realtime.lines import Stage as Lines
from contract_tests.realtime.lines import lines_of
from contract_tests.samples import Request
from contract_tests.session import Session
from load.stage import Call, Room
from load.staging.roles import Roles, moves
from understudy.contract.model import Channel, Collection, Operation, Receiver

__all__ = ["message_call", "request_call", "room_of"]

COMPARED = re.compile(r"body\.(\w+) != row\.(\w+)")
BODY = re.compile(r"^body((?:\.\w+)+)$")
Place = tuple[str, ...]


def request_call(session: Session, operation: Operation, role: str, roles: Roles, person: Person | None) -> Call:
    """The call of an operation. Raises NotChecked where its request can't be made."""
    marks = {item.spot: _mark(item.collection, roles) for item in bindings(session.contract, operation)}
    given: dict[Spot, Any] = {spot: mark for spot, mark in marks.items() if mark}
    request = session.samples.request(operation, person, given)
    request = _sized(session, operation, roles, request)
    body = dict(request.body) if isinstance(request.body, dict) else request.body
    if isinstance(body, dict):
        body |= {name: f"@row.{field}" for text in _conditions(operation) for name, field in COMPARED.findall(text) if name in body}
    collection = session.contract.collections.get(operation.behavior.collection or "")
    key = collection.key if collection else "id"
    path = operation.path
    for name, value in request.path.items():
        path = path.replace(f"{{{name}}}", str(value))
    return Call(
        role, operation.service, operation.method, path, request.query, request.headers, body, request.media or "application/json",
        gives={"row": key}, tells=_tells(operation, roles),
    )  # fmt: skip


def _sized(session: Session, operation: Operation, roles: Roles, request: Request) -> Request:
    """With markers for how many, of what, and with which lock."""
    body = dict(request.body) if isinstance(request.body, dict) else {}
    for move in [*moves(operation.behavior, "take"), *moves(operation.behavior, "give")]:
        if move["of"] != roles.stock.name:
            continue
        items, item = place_of(move.get("each")), ITEM.match(str(move.get("key")))
        if items is not None and item is not None:
            first = (body.get(items[1]) or [{}])[0] if isinstance(body.get(items[1]), list) else {}
            quantity = ITEM.match(str(move.get("quantity")))
            body[items[1]] = [{**_plain(first), item.group(1): "@stock", **({quantity.group(1): "@quantity"} if quantity else {})}]
        for word, mark in (("quantity", "@quantity"), ("lock", "@lock")):
            spot = place_of(move.get(word))
            if spot is not None and spot[0] == "body":
                body[spot[1]] = mark
    return replace(request, body=body) if body else request


def _plain(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, dict) else {}


def _mark(collection: Collection, roles: Roles) -> str:
    """What stands for the key of a row of a collection."""
    order = roles.http.get("order") or roles.http.get("spend")
    if collection.name == roles.stock.name:
        return "@stock"
    if roles.parent is not None and collection.name == roles.parent.name:
        return "@parent"
    return "@order" if order is not None and collection.name == order.behavior.collection else ""


def _conditions(operation: Operation) -> list[str]:
    return [str(item.get("when")) for item in operation.behavior.get("unless") or ()]


def _tells(operation: Operation, roles: Roles) -> int:
    """How many messages to the room it brings about."""
    name = roles.update[1].message.name if roles.update else None
    return sum(emit["message"] == name and emit.get("to") != "sender" for emit in operation.behavior.get("emit") or ())


def message_call(session: Session, channel: Channel, receiver: Receiver, role: str, roles: Roles) -> Call:
    """The call of a message."""
    letters = Letters(Lines(session))
    body = letters.blank(receiver, channel)
    for at in letters.mine(receiver):
        body = put(body, at, "@person") if leaf(body, at) is not None else body
    for at, collection, _ in letters.bound(receiver):
        mark = _mark(collection, roles)
        body = put(body, at, mark) if mark else body
    behavior = receiver.operation.behavior
    for move in moves(behavior, "take"):
        found = BODY.match(str(move.get("quantity")))
        body = put(body, _place(found.group(1)), "@quantity") if found else body
    refused = (behavior.get("refused") or channel.opening.behavior.get("refused") or {}).get("message", "")
    reply = receiver.reply.name if receiver.reply else ""
    return Call(
        role, channel.service, body=body, channel=channel.id, event=receiver.message.name, ack=receiver.ack, reply=reply, refusal=refused,
        constants=_constants(behavior.get("reply")),
        gives=_gives(behavior.get("reply")), tells=_tells(receiver.operation, roles),
    )  # fmt: skip


def _place(text: str) -> Place:
    return tuple(filter(None, text.split(".")))


def _constants(reply: Any) -> dict[str, Any]:
    """What a granted answer says in any case."""
    return {name: value for name, value in reply.items() if isinstance(value, bool)} if isinstance(reply, Mapping) else {}


def _gives(reply: Any) -> dict[str, str]:
    """Which fields of an answer say what: the lock's id and end, and how many are left."""
    found: dict[str, str] = {}
    for name, value in reply.items() if isinstance(reply, Mapping) else ():
        text = str(value)
        if text == "hold.id":
            found["lock"] = name
        elif text == "hold.expiresAt":
            found["ends"] = name
        elif "- held(row)" in text:
            found["available"] = name
        elif "rows('" in text:
            found["locks"] = name
    return found


def room_of(session: Session, channel: Channel, update: str) -> Room:
    """The channel as a generator meets it."""
    greeting = next((item["message"] for item in channel.opening.behavior.get("emit") or () if item.get("to") == "sender"), "")
    limit = lines_of(session).limit(channel) if channel.opening.behavior.get("rate") else None
    push = channel.sends.get(update) or next((item for item in channel.sends.values() if item.message.name == update), None)
    told = (push.words.get("data") or {}) if push is not None else {}
    key = next((name for name, value in told.items() if value == "row.id"), "")
    figure = next((name for name, value in told.items() if "- held(row)" in str(value)), "")
    return Room(channel.id, channel.raw, channel.tag, update, "" if channel.raw else f"/{channel.address.strip('/')}", limit, greeting, key, figure)
