"""What is to be had: a row of our own with known numbers where the API can make one, else one that is there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.people import Person
from contract_tests.session import Session
from contract_tests.shapes import maps_in
from contract_tests.stock import amount
from load.stage import Stock
from load.staging.roles import Roles
from understudy.contract.errors import UsageError
from understudy.contract.model import Operation

__all__ = ["any_there", "made", "there"]

Row = Mapping[str, Any]


def made(session: Session, roles: Roles, total: int, many: int) -> list[Stock]:
    """Rows of our own, `many` of them with `total` each. Raises NotChecked where the API makes none for us."""
    parent, capacity = roles.parent, roles.stock.capacity
    assert capacity is not None
    name = next((name for name, child in parent.children.items() if child.collection == roles.stock.name), None) if parent else None
    operation = session.creator(parent) if parent is not None and name else session.creator(roles.stock)
    if operation is None:
        raise NotChecked(f"no operation makes a row of {roles.stock.name}")
    caller = session.caller(operation, None)
    if not isinstance(caller, Person):
        raise NotChecked(f"nobody who can sign in may call {operation.id}")
    row = _create(session, operation, caller, name, {capacity.total: total}, many)
    key = row.get(parent.key) if parent is not None and name else None
    found = maps_in(row, name) if name else [row]
    inner = found or there(session, roles, str(key), caller, raw=True)
    return [_stock(roles, item, key) for item in inner][:many]


def _create(session: Session, operation: Operation, caller: Person, name: str | None, fields: Row, many: int) -> Row:
    request = session.samples.request(operation, caller)
    body = dict(request.body or {})
    if name is None:
        body |= fields
    else:
        items = body.get(name) if isinstance(body.get(name), list) else []
        body[name] = [{**(items[number % len(items)] if items else {}), **fields} for number in range(many)]
    row, answer = session.create(operation, caller, replace(request, body=body))
    if row is None:
        raise NotChecked(f"{operation.id} answers {answer.status} to {caller}")
    return row


def there(session: Session, roles: Roles, key: str, person: Person | None, raw: bool = False) -> Any:
    """The rows of a parent that is there, by its key. Raises UsageError where it has none."""
    parent = roles.parent
    field = next((name for name, ref in roles.stock.refs.items() if parent is not None and ref.collection == parent.name), None)
    is_there = parent is None or session.reader(parent) is None or session.read(parent, key, person) is not None
    rows = session.rows(roles.stock, person, {field: key} if field else {}) if is_there else []
    if not rows:
        raise UsageError(f"--set event={key}: {parent.name if parent else roles.stock.name} {key} is not there, or has no {roles.stock.name}.")
    return rows if raw else [_stock(roles, row, _typed(rows, field, key)) for row in rows]


def any_there(session: Session, roles: Roles, person: Person | None) -> list[Stock]:
    """The rows of the first parent that has something left. Raises NotChecked."""
    for row in session.rows(roles.parent, person) if roles.parent is not None else []:
        try:
            found = there(session, roles, str(row[roles.parent.key]), person) if roles.parent is not None else []
        except (UsageError, KeyError):
            continue
        left = [item for item in found if item.total > item.taken]
        if left:
            return sorted(left, key=lambda item: item.total - item.taken)
    raise NotChecked(f"nothing of {roles.stock.name} is left, and none can be made")


def _typed(rows: list[Any], field: str | None, key: str) -> Any:
    """The key in the type that the target uses."""
    return rows[0].get(field, int(key) if key.isdigit() else key) if field else key


def _stock(roles: Roles, row: Row, parent: Any) -> Stock:
    known = amount(roles.stock, row)
    if known is None or roles.stock.key not in row:
        raise NotChecked(f"{roles.stock.name} does not show how many there are")
    label = next((str(value) for name, value in row.items() if isinstance(value, str) and "name" in name.lower()), str(row[roles.stock.key]))
    return Stock(row[roles.stock.key], parent, f"{label} of {roles.parent.name if roles.parent else roles.stock.name} {parent}", known[0], known[1])
