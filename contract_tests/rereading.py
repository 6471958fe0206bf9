"""Reads again what was written: the row as it is now, and what of a request it should show."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contract_tests.bindings import place_of, scope_of
from contract_tests.people import Person
from contract_tests.samples import NOBODY, Request
from contract_tests.shapes import row_of
from understudy.contract import schemas
from understudy.contract.model import Collection, Contract, Operation

if TYPE_CHECKING:
    from contract_tests.session import Session

__all__ = ["SECRET", "constant", "key_of", "other_value", "scope_in", "seen", "stored_fields", "touches_accounts"]

Row = dict[str, Any]
SECRET = ("password", "old_password", "new_password", "token", "secret")


def touches_accounts(contract: Contract, operation: Operation) -> bool:
    """Whether it would lock out those who check: a change of password or of an account's state."""
    auth = contract.settings.get("auth") or {}
    if operation.behavior.collection != auth.get("collection"):
        return False
    names = {str(auth.get("stored", "passwordHash")), "status"}
    return operation.behavior.do in ("delete", "register") or bool(names & set(operation.behavior.get("set") or {})) or operation.path.endswith("/status")


def stored_fields(session: "Session", operation: Operation, collection: Collection, body: Any) -> dict[str, Any]:
    """The fields of a body that the row should show afterwards."""
    if not isinstance(body, dict):
        return {}
    wrapper = operation.behavior.get("wrapped")
    inner = body.get(wrapper) if wrapper else body
    accepted = operation.behavior.get("accepts")
    names = set(accepted) if accepted is not None else set(collection.stored) | set(collection.children) | set(collection.properties)
    unread = {name for name, node in collection.properties.items() if isinstance(node, Mapping) and node.get("writeOnly")}
    fixed = unread | set(operation.behavior.get("set") or {}) | set(collection.derive) | collection.unshown | {collection.key}
    fixed |= {str(collection.created), str(collection.updated)}  # the server's own
    return {name: value for name, value in (inner or {}).items() if name in names - fixed and name.lower() not in SECRET and not isinstance(value, bytes)}


def seen(session: "Session", operation: Operation, collection: Collection, key: Any, person: Person | None, request: Request) -> Row | None:
    """The row as it is read afterwards: by its reader, as one's own profile, or in a list; None if it is not shown."""
    me = next((item for item in session.contract.operations if item.behavior.do == "me"), None)
    if (
        me is not None
        and person is not None
        and str(key) == str(person.key)
        and collection.name == (session.contract.settings.get("auth") or {}).get("collection")
    ):
        answer = session.call(me, person)
        return row_of(session.contract, me, answer.json, collection.key) if answer.ok else None
    reader = session.reader(collection)
    if reader is not None:
        caller = session.caller(reader, person)
        if caller is not NOBODY:
            given = {("path", name): value for name, value in request.path.items() if name in reader.path_names}
            asked = session.samples.request(reader, caller, {**given, ("path", reader.path_names[-1]): key})
            answer = session.perform(reader, caller, asked)
            row = row_of(session.contract, reader, answer.json, collection.key) if answer.ok else None
            if row is not None or answer.status in (404, 410):
                return row
    scope = scope_in(operation, collection, request)
    return next((row for row in session.rows(collection, person, scope) if str(row.get(collection.key)) == str(key)), None)


def scope_in(operation: Operation, collection: Collection, request: Request) -> dict[str, Any]:
    places = {"path": request.path, "body": request.body if isinstance(request.body, dict) else {}, "query": request.query}
    return {name: places[where][spot] for name, (where, spot) in scope_of(operation, collection).items() if spot in places[where]}


def constant(text: Any) -> Any:
    """The value of an expression that is a constant; None for others."""
    if isinstance(text, bool | int | float):
        return text
    if isinstance(text, str) and len(text) > 1 and text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return text[1:-1]
    return None


def key_of(session: "Session", operation: Operation, collection: Collection, request: Request, person: Person | None) -> Any:
    text = operation.behavior.get("key")
    if text == "user.id" or (isinstance(text, str) and text.startswith("user.")):
        return person.key if person else None
    spot = place_of(text) if text else ("path", operation.path_names[-1]) if operation.path_names else None
    if spot is None:
        rows = session.rows(collection, person)
        return rows[0].get(collection.key) if len(rows) == 1 else None
    return (request.path if spot[0] == "path" else request.body or {}).get(spot[1])


def other_value(session: "Session", operation: Operation, name: str, value: Any, now: Any) -> Any:
    """A value of a field that differs from what it is now."""
    if value != now:
        return value
    media = session.samples.media(operation)
    node = schemas.follow(operation.bundle.data, schemas.properties(operation.bundle.data, media.schema if media else {}).get(name) or {})
    if node.get("enum"):
        return next((item for item in node["enum"] if item != now and item is not None), value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}2" if isinstance(value, str) and "format" not in node and "pattern" not in node else value
