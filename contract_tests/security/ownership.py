"""N9: what belongs to one is neither read, listed, changed nor deleted by another."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from contract_tests.bindings import bindings, scope_of
from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import alike, found, short
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import NOTHING, Session
from contract_tests.shapes import maps_in, row_of, rows_of
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

LAYER = "security"
Row = dict[str, Any]
ROW_VERBS = ("read", "update", "delete", "transition", "take", "give")


def plan(contract: Contract) -> Iterator[Check]:
    """For each operation on rows that have an owner, members or are visible to some: somebody else tries."""
    for operation in contract.operations:
        behavior, collection = operation.behavior, contract.collections.get(operation.behavior.collection or "")
        if not operation.security:
            continue
        limited = behavior.get("owner") or behavior.get("visible")
        if collection is not None and limited and behavior.do in ROW_VERBS and operation.path_names + _body_keys(contract, operation):
            yield Check("ownership.row", LAYER, operation.id, partial(_row, operation), phase=24, writes=behavior.do != "read", confirm=False)
        if behavior.do == "list" and behavior.get("owner"):
            yield Check("ownership.list", LAYER, operation.id, partial(_list, operation), phase=16, writes=True, confirm=False)
        if behavior.get("members"):
            yield Check(
                "ownership.members",
                LAYER,
                operation.id,
                partial(_members, operation),
                phase=24,
                writes=behavior.do not in ("read", "list", "aggregate"),
                confirm=False,
                also=("ownership.role",),
            )
            if _own_spot(contract, operation) and behavior.do in ROW_VERBS:
                yield Check("ownership.path", LAYER, operation.id, partial(_path, operation), phase=24, writes=behavior.do != "read", confirm=False)
        needs = [word for word in (behavior.get("with") or {}).values() if "user.id" in str(word.get("where"))]
        if needs:
            yield Check("ownership.needed", LAYER, operation.id, partial(_needed, operation), phase=24, writes=behavior.do != "list", confirm=False)


def _body_keys(contract: Contract, operation: Operation) -> tuple[str, ...]:
    return tuple(item.spot[1] for item in bindings(contract, operation) if item.main)


def _pair(session: Session, operation: Operation) -> tuple[Person, Person]:
    """An owner, and somebody else of the same role."""
    roles = operation.behavior.get("roles") or ()
    owner = session.people.first(roles)
    return owner, session.people.others(owner)


def _owned(session: Session, operation: Operation, collection: Collection, owner: Person, stranger: Person) -> Row:
    """A row that is the owner's and not the stranger's. Raises NotChecked."""
    field = operation.behavior.get("owner")
    made = session.make(collection, owner)
    if made is not None and collection.key in made:
        return made
    strangers = {str(row.get(collection.key)) for row in session.rows(collection, stranger)}
    for row in session.rows(collection, owner):
        mine = str(row.get(field)) == str(owner.key) if field and field in row else str(row.get(collection.key)) not in strangers
        if mine and collection.key in row:
            return row
    if collection.name == (session.contract.settings.get("auth") or {}).get("collection"):
        return {collection.key: owner.key}
    raise NotChecked(f"{owner} has no row of {collection.name} that {stranger} has not")


def _request(session: Session, operation: Operation, collection: Collection, row: Row, person: Person) -> Request:
    spot = next((item.spot for item in bindings(session.contract, operation) if item.main), None)
    spot = spot or ("path", operation.path_names[-1])
    places = {place: row[name] for name, place in scope_of(operation, collection).items() if name in row}
    return session.samples.request(operation, person, {**places, spot: row[collection.key]})


def _row(operation: Operation, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[str(operation.behavior.collection)]
    owner, stranger = _pair(session, operation)
    row = _owned(session, operation, collection, owner, stranger)
    if operation.behavior.get("visible") and not operation.behavior.get("owner"):
        row = _hidden(session, operation, collection, owner, row)
    request = _request(session, operation, collection, row, owner)
    before = _seen(session, collection, row, owner)
    answer = session.perform(operation, stranger, request)
    after = _seen(session, collection, row, owner)
    if answer.ok or answer.status not in (0, 401, 403, 404, 429):
        yield found(
            "ownership.row",
            LAYER,
            operation,
            f"{operation.id} works on a row of somebody else" if answer.ok else f"{operation.id} on a row of somebody else is neither 403 nor 404",
            expected=f"{operation.behavior.get('denied', 404)}; the row is {owner.login}'s",
            seen=f"{answer.status} {short(answer.text)} for {stranger.login}",
            evidence=[answer],
            severity=None if answer.ok else "warning",
        )
    elif before is not None and (after is None or not alike(before, after)):
        yield found(
            "ownership.row",
            LAYER,
            operation,
            f"{operation.id} on a row of somebody else is refused and changes it all the same",
            expected=short(before),
            seen=short(after),
            evidence=[answer],
            aspect="changed",
        )


def _hidden(session: Session, operation: Operation, collection: Collection, owner: Person, row: Row) -> Row:
    """A row that others should not see: one that says so of itself, made so where it can be."""
    if collection.name == (session.contract.settings.get("auth") or {}).get("collection"):
        return row
    if row.get("visibility") in (None, "private"):
        return row
    creator = session.creator(collection)
    if creator is not None:
        request = session.samples.request(creator, owner)
        if isinstance(request.body, dict):
            made, _ = session.create(creator, owner, request.with_body(visibility="private"))
            if made is not None and made.get("visibility") == "private":
                return made
    private = next((item for item in session.rows(collection, owner) if item.get("visibility") == "private"), None)
    if private is None:
        raise NotChecked(f"no row of {collection.name} is hidden from others")
    return private


def _seen(session: Session, collection: Collection, row: Row, owner: Person) -> Row | None:
    reader = session.reader(collection)
    if reader is not None:
        caller = session.caller(reader, owner)
        if caller is not NOTHING:
            answer = session.perform(reader, caller, _request(session, reader, collection, row, caller))
            return row_of(session.contract, reader, answer.json, collection.key) if answer.ok else None
    scope = {name: row[name] for name in collection.refs if name in row}
    return next((item for item in session.rows(collection, owner, scope) if str(item.get(collection.key)) == str(row[collection.key])), None)


def _list(operation: Operation, session: Session) -> Iterator[Finding]:
    """A list of one's own shows nothing of anybody else's."""
    collection, field = session.contract.collections[str(operation.behavior.collection)], str(operation.behavior.get("owner"))
    owner, stranger = _pair(session, operation)
    made = session.make(collection, owner) if not session.options.read_only else None
    mine, theirs = (session.list_rows(operation, person, _given(session, operation, person)) for person in (owner, stranger))
    for rows, person in ((mine, owner), (theirs, stranger)):
        foreign = next((row for row in rows if field in row and person.key is not None and str(row[field]) != str(person.key)), None)
        if foreign is not None:
            yield found(
                "ownership.list",
                LAYER,
                operation,
                f"the list of {person.login} shows rows of others",
                expected=f"{field} {person.key} only",
                seen=short(foreign),
                aspect=field,
            )
            return
    keys = {str(row.get(collection.key)) for row in mine}
    shared = [row for row in theirs if str(row.get(collection.key)) in keys]
    if shared:
        yield found(
            "ownership.list",
            LAYER,
            operation,
            "two people see the same rows in their own lists",
            expected="each their own",
            seen=short(shared[0]),
            aspect="shared",
        )
    if made is not None and str(made.get(collection.key)) not in keys and len(keys) < 100:
        yield found(
            "ownership.list",
            LAYER,
            operation,
            "the list lacks what its owner has made",
            expected=f"{collection.key} {short(made.get(collection.key))}",
            seen=f"{len(keys)} rows without it",
            aspect="lacks",
        )


def _given(session: Session, operation: Operation, person: Person) -> Mapping[Any, Any]:
    request = session.samples.request(operation, person)
    return {("path", name): value for name, value in request.path.items()}


def _members(operation: Operation, session: Session) -> Iterator[Finding]:
    """Who does not belong to a row's members, or has not the role, is refused and changes nothing."""
    word = operation.behavior.get("members")
    parent = session.contract.collections[word["of"]]
    owner = session.people.first()
    made = session.make(parent, owner)
    request = session.samples.request(
        operation, owner, _parent(session, operation, parent, made) if made and operation.behavior.do in ("list", "create", "aggregate") else None
    )
    stranger = _stranger(session, parent, request, owner)
    collection = session.contract.collections.get(operation.behavior.collection or "")
    before = _rows(session, operation, collection, request, owner)
    answer = session.perform(operation, stranger, request)
    if answer.ok or answer.status not in (0, 401, 403, 404, 429):
        yield found(
            "ownership.members",
            LAYER,
            operation,
            f"{operation.id} works for somebody who does not belong to the {parent.name}"
            if answer.ok
            else f"{operation.id} of a stranger is neither 403 nor 404",
            expected="403",
            seen=f"{answer.status} {short(answer.text)} for {stranger.login}",
            evidence=[answer],
            severity=None if answer.ok else "warning",
        )
    elif before is not None and not alike(before, _rows(session, operation, collection, request, owner)):
        yield found(
            "ownership.members",
            LAYER,
            operation,
            f"{operation.id} of a stranger is refused and changes the data all the same",
            expected="the rows as they were",
            seen="other rows",
            evidence=[answer],
            aspect="changed",
        )
    yield from _role(session, operation, parent, owner)


def _parent(session: Session, operation: Operation, parent: Collection, made: Row) -> dict[Any, Any]:
    return {item.spot: made[parent.key] for item in bindings(session.contract, operation) if item.collection.name == parent.name and parent.key in made}


def _stranger(session: Session, parent: Collection, request: Request, owner: Person) -> Person:
    """Somebody who does not belong to the row that a request is about."""
    row = next((item for spot, item in request.rows.items() if parent.key in item and spot[1] in request.path), None)
    insiders = _insiders(parent, row or {})
    for person in reversed(session.people.everyone):
        if person is not owner and str(person.key) not in insiders:
            return person
    raise NotChecked("everybody who can sign in belongs to it")


def _insiders(parent: Collection, row: Mapping[str, Any]) -> set[str]:
    members = parent.members
    if members is None:
        return set()
    inside = {str(row.get(members.owner))} if members.owner else set()
    names = [members.list] if members.list else [name for name, child in parent.children.items() if child.collection == members.collection]
    for name in filter(None, names):
        for item in maps_in(row, name):
            inside |= {str(item.get(members.user)), str((item.get("user") or {}).get("id")) if isinstance(item.get("user"), dict) else ""}
    return inside


def _rows(session: Session, operation: Operation, collection: Collection | None, request: Request, owner: Person) -> list[Row] | None:
    if collection is None or operation.behavior.do in ("read", "list"):
        return None
    scope = {name: request.path[spot[1]] for name, spot in scope_of(operation, collection).items() if spot[0] == "path" and spot[1] in request.path}
    return session.rows(collection, owner, scope)


def _role(session: Session, operation: Operation, parent: Collection, owner: Person) -> Iterator[Finding]:
    """A member whose role does not allow it."""
    roles = operation.behavior.get("members").get("roles") or ()
    if not roles or parent.members is None or not parent.members.role:
        return
    for row in session.rows(parent, owner) or ([detail] if (detail := _example(session, operation, parent, owner)) else []):
        for person in session.people.everyone:
            role = _role_in(parent, row, person)
            if role is not None and role not in roles:
                request = session.samples.request(operation, owner, _parent(session, operation, parent, row))
                answer = session.perform(operation, person, request)
                if answer.ok or answer.status not in (0, 401, 403, 404, 429):
                    yield found(
                        "ownership.role",
                        LAYER,
                        operation,
                        f"{operation.id} works for a member who is only {role}",
                        expected=f"403; it is for {', '.join(roles)}",
                        seen=f"{answer.status} {short(answer.text)} for {person.login}",
                        evidence=[answer],
                        aspect=role,
                    )
                return


def _example(session: Session, operation: Operation, parent: Collection, owner: Person) -> Row | None:
    """The row of the document's example, if the target has it."""
    reader = session.reader(parent)
    if reader is None:
        return None
    answer = session.perform(reader, owner, session.samples.blank(reader))
    return row_of(session.contract, reader, answer.json, parent.key) if answer.ok else None


def _role_in(parent: Collection, row: Mapping[str, Any], person: Person) -> str | None:
    members = parent.members
    assert members is not None
    if members.owner and str(row.get(members.owner)) == str(person.key):
        return "owner"
    names = [members.list] if members.list else [name for name, child in parent.children.items() if child.collection == members.collection]
    for name in filter(None, names):
        for item in maps_in(row, name):
            user, key = item.get("user"), item.get(members.user)
            key = key if key is not None else (user.get("id") if isinstance(user, dict) else None)
            if str(key) == str(person.key):
                return str(item.get(str(members.role)))
    return None


def _needed(operation: Operation, session: Session) -> Iterator[Finding]:
    """A row that an operation needs and that the caller may not use is as good as missing."""
    owner, stranger = _pair(session, operation)
    word = next(word for word in (operation.behavior.get("with") or {}).values() if "user.id" in str(word.get("where")))
    other = session.contract.collections[word["collection"]]
    creator = session.creator(other)
    if creator is None or word.get("optional"):
        raise NotChecked(f"no row of {other.name} of one's own can be made")
    request = session.samples.request(creator, owner)
    private = request.with_body(visibility="private") if isinstance(request.body, dict) and "visibility" in other.properties else request
    row, _ = session.create(creator, owner, private)
    if row is None:
        raise NotChecked(f"no row of {other.name} could be made")
    given = {item.spot: row[other.key] for item in bindings(session.contract, operation) if item.collection.name == other.name}
    asked = session.samples.request(operation, owner, given)
    answer = session.perform(operation, stranger, asked)
    rows = rows_of(session.contract, operation, answer.json) if answer.ok else None
    if answer.ok or answer.status not in (0, 401, 403, 404, 429):
        yield found(
            "ownership.needed",
            LAYER,
            operation,
            f"{operation.id} works with a row of {other.name} that is somebody else's",
            expected="404 or 403",
            seen=f"{answer.status} {short(rows if rows is not None else answer.text)} for {stranger.login}",
            evidence=[answer],
        )


def _own_spot(contract: Contract, operation: Operation) -> Any:
    """The place of the row's own key, beside that of the parent whose members may call."""
    member = operation.behavior.get("members")["of"]
    return next((item.spot for item in bindings(contract, operation) if item.main and item.collection.name != member and item.spot[0] == "path"), None)


def _path(operation: Operation, session: Session) -> Iterator[Finding]:
    """A row is not reached through a parent that it does not belong to, be it the caller's own."""
    parent = session.contract.collections[operation.behavior.get("members")["of"]]
    collection = session.contract.collections[str(operation.behavior.collection)]
    owner = session.people.first()
    request = session.samples.request(operation, owner)
    if _own_spot(session.contract, operation) not in request.rows:
        raise NotChecked(f"no row of {collection.name} is known")
    stranger = _stranger(session, parent, request, owner)
    made = session.make(parent, stranger)
    spot = next((item.spot for item in bindings(session.contract, operation) if item.collection.name == parent.name), None)
    if made is None or spot is None or spot[0] != "path" or parent.key not in made:
        raise NotChecked(f"{stranger} can't make a row of {parent.name}")
    answer = session.perform(operation, stranger, replace(request, path={**request.path, spot[1]: made[parent.key]}))
    if answer.ok:
        yield found(
            "ownership.path",
            LAYER,
            operation,
            f"{operation.id} reaches a row of {collection.name} through a row of {parent.name} that it does not belong to",
            expected="404",
            seen=f"{answer.status} {short(answer.text)} for {stranger.login}",
            evidence=[answer],
        )
