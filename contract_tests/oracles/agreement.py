"""N1: one fact has one value, wherever it is shown."""

from collections.abc import Iterator
from functools import partial

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import different, found, short
from contract_tests.session import Session
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

MOST = 6  # rows of a list that are looked at by themselves


def plan(contract: Contract) -> Iterator[Check]:
    """A list against the rows by themselves, lists against each other, and rows inside rows against both."""
    lists = [item for item in contract.operations if item.behavior.do == "list" and item.behavior.collection in contract.collections]
    for operation in lists:
        readers = [item for item in contract.operations if item.behavior.do == "read" and item.behavior.collection == operation.behavior.collection]
        if any(item.path_names for item in readers):
            yield Check("agreement.detail", "oracles", operation.id, partial(_details, operation), phase=10, writes=False)
        others = [item for item in lists if item.behavior.collection == operation.behavior.collection and item is not operation]
        if others:
            yield Check("agreement.lists", "oracles", operation.id, partial(_lists, operation), phase=10, writes=False)
    for collection in contract.collections.values():
        for name, ref in collection.refs.items():
            if ref.embed:
                yield Check("agreement.embedded", "oracles", collection.name, partial(_embedded, collection.name, name), ref.embed, 10, False)
        for name in collection.children:
            yield Check("agreement.children", "oracles", collection.name, partial(_children, collection.name, name), name, 10, False)
    me = next((item for item in contract.operations if item.behavior.do == "me"), None)
    if me is not None:
        yield Check("agreement.profile", "oracles", me.id, partial(_profile, me), phase=10, writes=False)


def _rows(session: Session, operation: Operation):  # type: ignore[no-untyped-def]
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    rows = session.list_rows(operation, person, {("path", name): value for name, value in request.path.items()}, request.query)
    if not rows:
        raise NotChecked(f"{operation.id} shows no rows")
    return person, rows


def _picked(rows: list) -> list:  # type: ignore[type-arg]
    """Some of the first, and the last."""
    return rows[: MOST - 1] + ([rows[-1]] if len(rows) >= MOST else [])


def _details(operation: Operation, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[str(operation.behavior.collection)]
    reader = session.reader(collection)
    if reader is None:
        raise NotChecked(f"the service that reads {collection.name} has no --url")
    person, rows = _rows(session, operation)
    caller = session.caller(reader, person)
    owner = reader.behavior.get("owner")
    for row in _picked([item for item in rows if not owner or owner not in item or str(item[owner]) == str(caller.key)]):
        detail, answer = session.read_with(reader, collection, row.get(collection.key), caller)
        if detail is None:
            yield found(
                "agreement.detail",
                "oracles",
                reader,
                f"{reader.id} does not show a row that {operation.id} lists",
                expected=f"200 with {collection.key} {short(row.get(collection.key))}",
                seen=f"{answer.status} {short(answer.text)}",
                evidence=[answer],
                aspect="missing",
            )
            continue
        for name, (listed, shown) in different(row, detail).items():
            yield found(
                "agreement.detail",
                "oracles",
                operation,
                f"{collection.name}.{name} differs between {operation.id} and {reader.id}",
                expected=f"one value; {operation.id} says {short(listed)}",
                seen=f"{reader.id} says {short(shown)}",
                evidence=[answer],
                aspect=name,
            )


def _lists(operation: Operation, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[str(operation.behavior.collection)]
    person, rows = _rows(session, operation)
    other = next((item for item in session.lists(collection) if item is not operation), None)
    if other is None:
        raise NotChecked("there is no second list to compare with")
    other_person, others = _rows(session, other)
    personal = {name for name, text in collection.derive.items() if "user" in str(text)} if other_person is not person else set()
    by_key = {str(row.get(collection.key)): row for row in others}
    for row in rows[:20]:
        twin = by_key.get(str(row.get(collection.key)))
        for name, (mine, theirs) in different(row, twin or {}).items():
            if name in personal:
                continue
            yield found(
                "agreement.lists",
                "oracles",
                operation,
                f"{collection.name}.{name} differs between {operation.id} and {other.id}",
                expected=f"one value; {other.id} says {short(theirs)}",
                seen=short(mine),
                aspect=name,
            )


def _embedded(name: str, field: str, session: Session) -> Iterator[Finding]:
    """A row shown inside another says what it says by itself."""
    collection = session.contract.collections[name]
    ref = collection.refs[field]
    other = session.contract.collections[ref.collection]
    person = session.people.first()
    rows = [row for row in session.rows(collection, person) if isinstance(row.get(str(ref.embed)), dict)]
    if not rows:
        raise NotChecked(f"no row of {name} shows {ref.embed}")
    operation = next(iter(session.lists(collection)), None) or session.reader(collection) or _showing(session, collection)
    for row in _picked(rows):
        inner = row[str(ref.embed)]
        detail = session.read(other, inner.get(other.key), person)
        for part, (inside, alone) in different(inner, detail or {}).items():
            yield found(
                "agreement.embedded",
                "oracles",
                operation,
                f"{ref.embed}.{part} of {name} differs from the {other.name} itself",
                expected=short(alone),
                seen=short(inside),
                aspect=f"{ref.embed}.{part}",
            )
        if field in row and other.key in inner and str(row[field]) != str(inner[other.key]):
            yield found(
                "agreement.embedded",
                "oracles",
                operation,
                f"{name} shows another {ref.embed} than the one it refers to",
                expected=short(row[field]),
                seen=short(inner[other.key]),
                aspect=str(ref.embed),
            )


def _showing(session: Session, collection: Collection) -> Operation:
    """An operation that shows rows of a collection inside others. Raises NotChecked."""
    for parent in session.contract.collections.values():
        if any(child.collection == collection.name for child in parent.children.values()):
            found_operation = next(iter(session.lists(parent)), None) or session.reader(parent)
            if found_operation is not None:
                return found_operation
    raise NotChecked(f"no operation shows {collection.name}")


def _children(name: str, field: str, session: Session) -> Iterator[Finding]:
    """Rows shown inside their parent are those of their own list."""
    parent, child = session.contract.collections[name], session.contract.collections[name].children[field]
    collection = session.contract.collections[child.collection]
    lists = session.lists(collection)
    if not lists:
        raise NotChecked(f"no list shows {collection.name} by themselves")
    person = session.people.for_operation(lists[0])
    rows = [row for row in session.rows(parent, person) if isinstance(row.get(field), list) and row[field]]
    if not rows:
        raise NotChecked(f"no row of {name} shows {field}")
    for row in rows[:3]:
        own = session.rows(collection, person, {child.by: row[parent.key]})
        by_key = {str(item.get(collection.key)): item for item in own}
        inside = {str(item.get(collection.key)): item for item in row[field]}
        if child.where is None and child.last is None and by_key.keys() != inside.keys() and own:
            yield found(
                "agreement.children",
                "oracles",
                lists[0],
                f"{field} of {name} are not the rows that {lists[0].id} lists",
                expected=sorted(by_key),
                seen=sorted(inside),
                aspect=field,
            )
        for key in by_key.keys() & inside.keys():
            for part, (alone, shown) in different(by_key[key], inside[key]).items():
                yield found(
                    "agreement.children",
                    "oracles",
                    lists[0],
                    f"{collection.name}.{part} differs between {name}.{field} and {lists[0].id}",
                    expected=short(alone),
                    seen=short(shown),
                    aspect=f"{field}.{part}",
                )


def _profile(operation: Operation, session: Session) -> Iterator[Finding]:
    """Who one is, as signing in and the own profile say it."""
    from contract_tests.shapes import row_of

    for person in session.people.everyone[:4]:
        answer = session.call(operation, person)
        row = row_of(session.contract, operation, answer.json, session.people.key_name) if answer.ok else None
        if row is None or not person.row:
            continue
        fresh = session.people.again(person)
        for name, (said, shown) in different(fresh.row, row).items():
            if name in ("lastLogin", "last_login"):
                continue
            yield found(
                "agreement.profile",
                "oracles",
                operation,
                f"{name} of the account differs between signing in and {operation.id}",
                expected=short(said),
                seen=short(shown),
                evidence=[answer],
                aspect=name,
            )
