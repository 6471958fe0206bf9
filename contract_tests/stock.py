"""Things of which there are only so many, as the target shows them: what is free, what is taken, and operations that take and give."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract_tests.bindings import ITEM, Binding, bindings, place_of
from contract_tests.checks import NotChecked
from understudy.contract.model import Collection, Contract, Operation

if TYPE_CHECKING:
    from contract_tests.people import Person
    from contract_tests.samples import Request
    from contract_tests.session import Session

__all__ = ["Taking", "amount", "free", "stock_row", "takings"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Taking:
    """An operation that takes from a collection with capacity. quantity: the place of how many; each: the list whose items are taken."""

    operation: Operation
    collection: Collection
    move: Mapping[str, Any]

    @property
    def hold(self) -> str | None:
        """keep, use, spend, lock or None."""
        return self.move.get("hold")

    def sized(self, request: "Request", quantity: int) -> "Request":
        """The request for another quantity. Raises NotChecked where it can't be said."""
        spot = place_of(self.move.get("quantity"))
        items, item = place_of(self.move.get("each")), ITEM.match(str(self.move.get("quantity")))
        if spot is not None and spot[0] == "body":
            return request.with_body(**{spot[1]: quantity})
        if items is not None and item is not None and isinstance(request.body, dict):
            first, *_ = request.body.get(items[1]) or [{}]
            return request.with_body(**{items[1]: [{**first, item.group(1): quantity}]})
        raise NotChecked(f"{self.operation.id} does not say how many it takes")


def takings(contract: Contract) -> Iterator[Taking]:
    """The HTTP operations that take without spending a lock."""
    for operation in contract.operations:
        word = operation.behavior.get("take")
        for move in word if isinstance(word, list) else [word] if word else []:
            collection = contract.collections.get(move["of"])
            if collection is not None and collection.capacity is not None and move.get("hold") not in ("spend", "lock"):
                yield Taking(operation, collection, move)


def binding_of(contract: Contract, taking: Taking) -> Binding:
    """The place of a taking's request that names what is taken. Raises NotChecked."""
    found = next((item for item in bindings(contract, taking.operation) if item.collection.name == taking.collection.name), None)
    if found is None:
        raise NotChecked(f"{taking.operation.id} does not say what it takes")
    return found


def amount(collection: Collection, row: Mapping[str, Any]) -> tuple[int, int] | None:
    """How many there are and how many are taken, as a row shows it; None where it shows neither."""
    capacity = collection.capacity
    assert capacity is not None
    total, reserved = row.get(capacity.total), row.get(capacity.reserved)
    if isinstance(total, int | float) and isinstance(reserved, int | float):
        return int(total), int(reserved)
    left = next((row[name] for name in collection.derive if name in row and capacity.total in str(collection.derive[name])), None)
    if isinstance(total, int | float) and isinstance(left, int | float):
        return int(total), int(total - left)
    return (int(left), 0) if isinstance(left, int | float) else None


def free(collection: Collection, row: Mapping[str, Any]) -> int:
    """How many are left. Raises NotChecked where the row does not show it."""
    known = amount(collection, row)
    if known is None:
        raise NotChecked(f"{collection.name} does not show how many are left")
    return known[0] - known[1]


def stock_row(session: "Session", collection: Collection, key: Any, person: "Person | None", scope: Mapping[str, Any]) -> Row:
    """The row as it is now. Raises NotChecked."""
    rows = session.rows(collection, person, scope)
    found = next((row for row in rows if str(row.get(collection.key)) == str(key)), None)
    found = found or (session.read(collection, key, person) if session.reader(collection) else None)
    if found is None:
        raise NotChecked(f"{collection.name} {key} is not shown")
    return found
