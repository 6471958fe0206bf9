"""N4: what was written is read; a partial change touches only what it names; a write that failed changed nothing; what was deleted is gone."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import alike, different, found, refused, short
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import NOTHING, Session
from contract_tests.shapes import row_of
from understudy.contract import schemas
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan", "stored_fields"]

Row = dict[str, Any]
SECRET = ("password", "old_password", "new_password", "token", "secret")
WRITES = ("create", "update")


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each operation that creates, updates or deletes rows that can be seen afterwards."""
    for operation in contract.operations:
        collection = contract.collections.get(operation.behavior.collection or "")
        if collection is None or _touches_accounts(contract, operation):
            continue
        do = operation.behavior.do
        if do == "create":
            yield Check("readback.created", "oracles", operation.id, partial(_created, operation), also=("readback.listed", "readback.owner"), confirm=False)
        if do == "update" and operation.behavior.get("many") is not True:
            yield Check("readback.updated", "oracles", operation.id, partial(_updated, operation), also=("readback.partial", "readback.set"), confirm=False)
        if do == "delete":
            yield Check("readback.deleted", "oracles", operation.id, partial(_deleted, operation), phase=28, confirm=False)
        if do in WRITES and operation.bodies:
            yield Check("readback.failed", "oracles", operation.id, partial(_failed, operation), phase=22, confirm=False)


def _touches_accounts(contract: Contract, operation: Operation) -> bool:
    """Whether it would lock out those who check: a change of password or of an account's state."""
    auth = contract.settings.get("auth") or {}
    if operation.behavior.collection != auth.get("collection"):
        return False
    names = {str(auth.get("stored", "passwordHash")), "status"}
    return operation.behavior.do in ("delete", "register") or bool(names & set(operation.behavior.get("set") or {})) or operation.path.endswith("/status")


def stored_fields(session: Session, operation: Operation, collection: Collection, body: Any) -> dict[str, Any]:
    """The fields of a body that the row should show afterwards."""
    if not isinstance(body, dict):
        return {}
    wrapper = operation.behavior.get("wrapped")
    inner = body.get(wrapper) if wrapper else body
    accepted = operation.behavior.get("accepts")
    names = set(accepted) if accepted is not None else set(collection.stored) | set(collection.children) | set(collection.properties)
    fixed = set(operation.behavior.get("set") or {}) | set(collection.derive) | collection.unshown | {collection.key}
    return {name: value for name, value in (inner or {}).items() if name in names - fixed and name.lower() not in SECRET and not isinstance(value, bytes)}


def _seen(session: Session, operation: Operation, collection: Collection, key: Any, person: Person | None, request: Request) -> Row | None:
    """The row as it is read afterwards."""
    reader = session.reader(collection)
    if reader is not None:
        caller = session.caller(reader, person)
        if caller is not NOTHING:
            given = {("path", name): value for name, value in request.path.items() if name in reader.path_names}
            asked = session.samples.request(reader, caller, {**given, ("path", reader.path_names[-1]): key})
            answer = session.perform(reader, caller, asked)
            row = row_of(session.contract, reader, answer.json, collection.key) if answer.ok else None
            if row is not None or answer.status in (404, 410):
                return row
    scope = _scope(operation, collection, request)
    return next((row for row in session.rows(collection, person, scope) if str(row.get(collection.key)) == str(key)), None)


def _scope(operation: Operation, collection: Collection, request: Request) -> dict[str, Any]:
    from contract_tests.bindings import scope_of

    places = {"path": request.path, "body": request.body if isinstance(request.body, dict) else {}, "query": request.query}
    return {name: places[where][spot] for name, (where, spot) in scope_of(operation, collection).items() if spot in places[where]}


def _created(operation: Operation, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    row, answer = session.create(operation, person, request)
    if not answer.ok:
        raise NotChecked(f"{operation.id} answers {answer.status} to a request that should succeed: {short(answer.text)}")
    wanted = stored_fields(session, operation, collection, request.body)
    key = row.get(collection.key) if row is not None else None
    later = _seen(session, operation, collection, key, person, request) if key is not None else None
    if later is None and row is None:
        raise NotChecked(f"what {operation.id} creates is not shown")
    for view, source in ((row, "the answer"), (later, "what is read afterwards")):
        for name, value in wanted.items():
            if view is not None and name in view and not alike(value, view[name]):
                yield found(
                    "readback.created",
                    "oracles",
                    operation,
                    f"{name} in {source} is not what was sent",
                    expected=short(value),
                    seen=short(view[name]),
                    evidence=[answer],
                    aspect=name,
                )
    for name, (said, shown) in different(row or {}, later or {}).items():
        if name not in wanted:
            yield found(
                "readback.created",
                "oracles",
                operation,
                f"{name} is another in the answer than when it is read afterwards",
                expected=short(said),
                seen=short(shown),
                evidence=[answer],
                aspect=name,
            )
    yield from _owned(session, operation, collection, person, later or row, answer)
    if key is not None:
        yield from _listed(session, operation, collection, person, (key, later), request, answer)


def _owned(session: Session, operation: Operation, collection: Collection, person: Person | None, row: Row | None, answer: Exchange) -> Iterator[Finding]:
    """What is created belongs to its creator, and has what the server sets."""
    owner = operation.behavior.get("owner")
    if owner and row is not None and owner in row and person is not None and person.key is not None and str(row[owner]) != str(person.key):
        yield found(
            "readback.owner",
            "oracles",
            operation,
            f"{owner} of what was created is not its creator",
            expected=person.key,
            seen=row[owner],
            evidence=[answer],
            aspect=owner,
        )
    for name, text in (operation.behavior.get("set") or {}).items():
        value = _constant(text)
        if value is not None and row is not None and name in row and row[name] != value and not _moves_by_itself(operation):
            yield found(
                "readback.created",
                "oracles",
                operation,
                f"{name} of what was created is not {value}",
                expected=value,
                seen=row[name],
                evidence=[answer],
                aspect=name,
            )


def _moves_by_itself(operation: Operation) -> bool:
    return bool(operation.behavior.get("after"))


def _constant(text: Any) -> Any:
    """The value of an expression that is a constant; None for others."""
    if isinstance(text, bool | int | float):
        return text
    if isinstance(text, str) and len(text) > 1 and text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return text[1:-1]
    return None


def _listed(
    session: Session, operation: Operation, collection: Collection, person: Person | None, made: tuple[Any, Row | None], request: Request, answer: Exchange
) -> Iterator[Finding]:
    """What is created stands in the lists that show such rows."""
    key, row = made
    for lister in session.lists(collection):
        if lister.behavior.get("where") or lister.behavior.get("visible"):
            continue
        caller = session.caller(lister, person)
        if caller is NOTHING or (lister.behavior.get("owner") and caller is not person):
            continue
        scope = _scope(operation, collection, request)
        given = session._given(lister, collection, {**(row or {}), **scope}, caller)
        if given is None or (lister.path_names and not scope and not row):
            continue
        rows = session.list_rows(lister, caller, given)
        if all(str(item.get(collection.key)) != str(key) for item in rows):
            yield found(
                "readback.listed",
                "oracles",
                operation,
                f"what {operation.id} creates does not stand in {lister.id}",
                expected=f"{collection.key} {short(key)} among the rows",
                seen=f"{len(rows)} rows without it",
                evidence=[answer],
                aspect=lister.id,
            )
        return


def _updated(operation: Operation, session: Session) -> Iterator[Finding]:
    """Each field by itself: it changes, and nothing else does."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person, own=bool(operation.behavior.get("owner")))
    key = _key(session, operation, collection, request, person)
    if key is None:
        raise NotChecked(f"no row for {operation.id}")
    before = _seen(session, operation, collection, key, person, request)
    if before is None:
        raise NotChecked(f"the rows that {operation.id} changes are not shown")
    body = request.body if isinstance(request.body, dict) else None
    if not body:
        yield from _acted(session, operation, collection, person, (request, key), before)
        return
    media = session.samples.media(operation)
    needed = schemas.required(operation.bundle.data, media.schema) if media and media.schema else set()
    for name in stored_fields(session, operation, collection, body):
        before = _seen(session, operation, collection, key, person, request) or before
        value = _other(session, operation, name, body[name], before.get(name))
        sent = {item: body[item] for item in needed if item in body} | {name: value}
        answer = session.perform(operation, person, Request(request.path, request.query, sent, request.headers, request.media))
        if not answer.ok:
            continue
        after = _seen(session, operation, collection, key, person, request)
        yield from _touched(operation, collection, (before, after or {}), sent, name, answer)
    yield from _acted(session, operation, collection, person, (request, key), before) if operation.behavior.get("set") else ()


def _key(session: Session, operation: Operation, collection: Collection, request: Request, person: Person | None) -> Any:
    text = operation.behavior.get("key")
    if text == "user.id" or (isinstance(text, str) and text.startswith("user.")):
        return person.key if person else None
    from contract_tests.bindings import place_of

    spot = place_of(text) if text else ("path", operation.path_names[-1]) if operation.path_names else None
    if spot is None:
        rows = session.rows(collection, person)
        return rows[0].get(collection.key) if len(rows) == 1 else None
    return (request.path if spot[0] == "path" else request.body or {}).get(spot[1])


def _other(session: Session, operation: Operation, name: str, value: Any, now: Any) -> Any:
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


def _touched(operation: Operation, collection: Collection, rows: tuple[Row, Row], sent: Mapping[str, Any], name: str, answer: Exchange) -> Iterator[Finding]:
    before, after = rows
    if name in after and not alike(sent[name], after[name]):
        yield found(
            "readback.updated",
            "oracles",
            operation,
            f"{name} is not what it was changed to",
            expected=short(sent[name]),
            seen=short(after[name]),
            evidence=[answer],
            aspect=name,
        )
    left_alone = set(collection.derive) | {str(collection.updated)} | set(sent) | set(operation.behavior.get("set") or {})
    for other in set(before) - left_alone:
        if other not in after or not alike(before[other], after[other]):
            yield found(
                "readback.partial",
                "oracles",
                operation,
                f"changing {name} also changed {other}",
                expected=short(before[other]),
                seen=short(after.get(other, "nothing")),
                evidence=[answer],
                aspect=other,
            )


def _acted(session: Session, operation: Operation, collection: Collection, person: Person | None, asked: tuple[Request, Any], before: Row) -> Iterator[Finding]:
    """An act on a row sets what it says."""
    request, key = asked
    answer = session.perform(operation, person, request)
    after = _seen(session, operation, collection, key, person, request)
    if not answer.ok or after is None:
        return
    for name, text in (operation.behavior.get("set") or {}).items():
        from contract_tests.lab import Unknown, evaluate, same

        try:
            names = {"row": before, "old": before, "body": request.body or {}, "path": dict(request.path)}
            value = _constant(text) if _constant(text) is not None else evaluate(session, text, person, names)
        except Unknown:
            continue
        if name in after and not same(after[name], value) and "now" not in str(text) and "random" not in str(text):
            yield found(
                "readback.set",
                "oracles",
                operation,
                f"{name} is not {short(text)} afterwards",
                expected=short(value),
                seen=short(after[name]),
                evidence=[answer],
                aspect=name,
            )


def _deleted(operation: Operation, session: Session) -> Iterator[Finding]:
    """What was deleted is neither read nor listed any more."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    row = session.make(collection, person)
    if row is None or collection.key not in row:
        raise NotChecked(f"no row of {collection.name} could be made to be deleted")
    from contract_tests.bindings import bindings, scope_of

    main = next((item.spot for item in bindings(session.contract, operation) if item.main), ("path", operation.path_names[-1]))
    given = {main: row[collection.key], **{spot: row[name] for name, spot in scope_of(operation, collection).items() if name in row}}
    request = session.samples.request(operation, person, given)
    answer = session.perform(operation, person, request)
    if not answer.ok:
        raise NotChecked(f"{operation.id} answers {answer.status}: {short(answer.text)}")
    if _seen(session, operation, collection, row[collection.key], person, request) is not None:
        yield found(
            "readback.deleted",
            "oracles",
            operation,
            "what was deleted is still shown",
            expected="404, and no row in the list",
            seen="the row",
            evidence=[answer],
        )
    again = session.perform(operation, person, request)
    if again.ok:
        yield found(
            "readback.deleted",
            "oracles",
            operation,
            "what was deleted can be deleted again",
            expected="404",
            seen=again.status,
            evidence=[answer, again],
            aspect="again",
        )


def _failed(operation: Operation, session: Session) -> Iterator[Finding]:
    """A request that is refused changes nothing."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person, own=bool(operation.behavior.get("owner")))
    before = {str(row.get(collection.key)): row for row in session.rows(collection, person, _scope(operation, collection, request))}
    if not before:
        raise NotChecked(f"no list shows {collection.name}")
    for name, bad in _broken(session, operation, request):
        answer = session.perform(operation, person, Request(request.path, request.query, bad, request.headers, request.media))
        if answer.ok:
            yield found(
                "readback.failed",
                "oracles",
                operation,
                f"a body with a wrong {name} is accepted",
                expected="400 or 422",
                seen=answer.status,
                evidence=[answer],
                aspect=name,
            )
        if not refused(answer):
            continue
        after = {str(row.get(collection.key)): row for row in session.rows(collection, person, _scope(operation, collection, request))}
        changed = [key for key in before.keys() | after.keys() if not alike(before.get(key, {}), after.get(key, {})) or (key in before) != (key in after)]
        if changed:
            yield found(
                "readback.failed",
                "oracles",
                operation,
                "a refused request changed the data all the same",
                expected="the rows as they were",
                seen=f"{collection.key} {', '.join(changed[:3])} changed",
                evidence=[answer],
                aspect="state",
            )
            return


def _broken(session: Session, operation: Operation, request: Request) -> Iterator[tuple[str, Any]]:
    """Bodies with one wrong field: of the last field first, so that what comes before has been taken."""
    media = session.samples.media(operation)
    if media is None or media.schema is None or not isinstance(request.body, dict) or not schemas.is_json(media.type):
        return
    properties = schemas.properties(operation.bundle.data, media.schema)
    needed = schemas.required(operation.bundle.data, media.schema)
    count = 0
    for name, node in reversed(properties.items()):
        kind = schemas.type_of(operation.bundle.data, node)
        wrong: Any = {"integer": "many", "number": "much", "string": {"a": 1}, "boolean": "perhaps", "array": "none", "object": 7}.get(str(kind))
        if wrong is None or name.lower() in SECRET:
            continue
        count += 1
        yield name, {**request.body, name: wrong}
        if count == 2:
            break
    first = next((name for name in properties if name in needed), None)
    if first is not None:
        yield first, {name: value for name, value in request.body.items() if name != first}
