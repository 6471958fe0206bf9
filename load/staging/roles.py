"""Which operations and messages of a contract take, give back and tell of what is few: read from its declarations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.bindings import bindings
from fixtures.instants import seconds as seconds_of
from understudy.contract.model import Behavior, Channel, Collection, Contract, Operation, Push, Receiver

__all__ = ["Roles", "moves", "roles_of"]


@dataclass
class Roles:
    """Who does what. stock: the collection with capacity; parent: that of the rows around it; http: role -> operation; messages: role -> channel and receiver;
    update: the message that tells a room of a change, and its channel; hold: seconds that a lock lives."""

    stock: Collection
    parent: Collection | None = None
    http: dict[str, Operation] = field(default_factory=dict)
    messages: dict[str, tuple[Channel, Receiver]] = field(default_factory=dict)
    update: tuple[Channel, Push] | None = None
    hold: float = 0.0

    def has(self, *names: str) -> bool:
        """Whether each of the roles is there."""
        return all(name in self.http or name in self.messages for name in names)


def moves(behavior: Behavior, word: str) -> list[Mapping[str, Any]]:
    """What an operation takes or gives."""
    found = behavior.get(word)
    return list(found) if isinstance(found, list) else [found] if found else []


def roles_of(contract: Contract) -> list[Roles]:
    """For each collection of which something is taken, who takes and gives."""
    stocks = [item for item in contract.collections.values() if item.capacity is not None]
    found = [_of(contract, stock) for stock in stocks]
    return [item for item in found if item.http or item.messages]


def _of(contract: Contract, stock: Collection) -> Roles:
    made = Roles(stock, _parent(contract, stock))
    assert stock.capacity is not None
    made.hold = seconds_of(stock.capacity.holds.lifetime) if stock.capacity.holds is not None and stock.capacity.holds.lifetime else 0.0
    for operation in contract.operations:
        for role in _http(operation, stock):
            made.http.setdefault(role, operation)
    _later(contract, made)
    for channel in contract.channels:
        for receiver in channel.receives.values():
            role = _message(receiver, stock)
            if role:
                made.messages.setdefault(role, (channel, receiver))
    _around(contract, made)
    return made


def _parent(contract: Contract, stock: Collection) -> Collection | None:
    """The collection whose rows hold those of the stock."""
    around = (item for item in contract.collections.values() if any(child.collection == stock.name for child in item.children.values()))
    return next(around, None) or next((contract.collections.get(ref.collection) for ref in stock.refs.values()), None)


def _http(operation: Operation, stock: Collection) -> Iterator[str]:
    behavior = operation.behavior
    for move in moves(behavior, "take"):
        if move["of"] == stock.name:
            hold = move.get("hold")
            yield {"keep": "reserve", "spend": "spend", "lock": "lock"}.get(str(hold), "order" if behavior.do == "create" else "")
    for move in moves(behavior, "give"):
        if move["of"] == stock.name:
            yield {"keep": "release", "lock": "unlock"}.get(str(move.get("hold")), "cancel" if behavior.do == "transition" else "")


def _message(receiver: Receiver, stock: Collection) -> str:
    behavior = receiver.operation.behavior
    if any(move["of"] == stock.name for move in moves(behavior, "take")):
        return "lock"
    if any(move["of"] == stock.name for move in moves(behavior, "give")):
        return "unlock"
    holds = stock.capacity.holds if stock.capacity else None
    return "mine" if holds is not None and f"rows('{holds.collection}'" in str(behavior.get("reply")) else ""


def _later(contract: Contract, made: Roles) -> None:
    """The operation that confirms what an order took: it moves the same rows on, and neither takes nor gives."""
    order = made.http.get("order")
    for operation in contract.operations if order is not None else ():
        behavior = operation.behavior
        named = any(item.main for item in bindings(contract, operation))
        if behavior.do == "transition" and order and behavior.collection == order.behavior.collection and not behavior.get("give") and named:
            made.http.setdefault("confirm", operation)


def _around(contract: Contract, made: Roles) -> None:
    """The message that tells of a change, and the one by which its room is joined."""
    first = made.messages.get("lock")
    if first is None:
        return
    channel, receiver = first
    told = [emit["message"] for emit in receiver.operation.behavior.get("emit") or () if emit.get("to") != "sender"]
    push = next((item for item in channel.sends.values() if item.message.name in told), None)
    made.update = (channel, push) if push is not None else None
    for item in channel.receives.values():
        bound = {binding.collection.name for binding in bindings(contract, item.operation)}
        if item.operation.behavior.get("room") and made.parent is not None and made.parent.name in bound:
            made.messages.setdefault("join", (channel, item))
