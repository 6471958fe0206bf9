"""N4: what was sent is what is read afterwards, and it stands in the lists."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, alike, different, evaluate, found, same, short
from contract_tests.people import Person
from contract_tests.rereading import constant, scope_in, seen, stored_fields, touches_accounts
from contract_tests.samples import Request
from contract_tests.session import NOTHING, Session
from understudy.contract import schemas
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

Row = dict[str, Any]


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each operation that creates rows."""
    for operation in contract.operations:
        collection = contract.collections.get(operation.behavior.collection or "")
        if collection is not None and operation.behavior.do == "create" and not touches_accounts(contract, operation):
            also = ("readback.listed", "readback.owner", "readback.set", "services.identity")
            yield Check("readback.created", "oracles", operation.id, partial(_created, operation), confirm=False, also=also)


def _created(operation: Operation, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[str(operation.behavior.collection)]
    person = session.people.for_operation(operation)
    plain = session.samples.request(operation, person)
    request = session.samples.rich(operation, plain)
    user = session.people.row_now(person) if person is not None and "user." in str(operation.behavior.get("set")) else None
    row, answer = session.create(operation, person, request)
    if not answer.ok and request != plain:
        request = plain
        row, answer = session.create(operation, person, request)
    if not answer.ok:
        raise NotChecked(f"{operation.id} answers {answer.status} to a request that should succeed: {short(answer.text)}")
    key = row.get(collection.key) if row is not None else None
    later = seen(session, operation, collection, key, person, request) if key is not None else None
    if later is None and row is None:
        raise NotChecked(f"what {operation.id} creates is not shown")
    wanted = stored_fields(session, operation, collection, request.body)
    yield from _kept(session, operation, collection, wanted, (row, later), answer)
    yield from _set(session, operation, (person, user), request, later or row or {}, answer)
    yield from _owned(operation, person, later or row, answer, _issuer(session))
    if key is not None:
        yield from _listed(session, operation, collection, person, (key, later), request, answer)


def _kept(
    session: Session, operation: Operation, collection: Collection, wanted: dict[str, Any], views: tuple[Row | None, Row | None], answer: Exchange
) -> Iterator[Finding]:
    """Each field is what was sent, in the answer and afterwards; and both say the same of the others."""
    row, later = views
    for view, source in ((row, "the answer"), (later, "what is read afterwards")):
        for name, value in wanted.items():
            if view is not None and not _shows(session, collection, view, name, value, view is later):
                yield found(
                    "readback.created",
                    "oracles",
                    operation,
                    f"{name} in {source} is not what was sent",
                    expected=short(value),
                    seen=short(view.get(name, "nothing")),
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


def _shows(session: Session, collection: Collection, view: Row, name: str, value: Any, is_read: bool) -> bool:
    """Whether a view shows a field as it was sent: a field that is documented for it may not be missing."""
    if name in view:
        return _holds(value, view[name])
    reader = session.reader(collection)
    success = reader.success if reader is not None else None
    media = next((item for kind, item in success.media.items() if schemas.is_json(kind)), None) if success else None
    documented = name in _deep(reader.bundle.data, media.schema) if reader is not None and media is not None else False
    return not (is_read and documented) or value is None


def _deep(document: Any, schema: Any) -> set[str]:
    """The names of a schema's properties, and of those one level down: a row may stand in an envelope."""
    outer = schemas.properties(document, schema or {})
    return {*outer, *(name for node in outer.values() for name in schemas.properties(document, node))}


def _holds(sent: Any, shown: Any) -> bool:
    """Whether what is shown has all that was sent; rows of a list may have more."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        return all(name not in shown or _holds(value, shown[name]) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(map(_holds, sent, shown))
    return alike(sent, shown)


def _set(session: Session, operation: Operation, who: tuple[Person | None, Row | None], request: Request, row: Row, answer: Exchange) -> Iterator[Finding]:
    """What the server sets is what is declared, as far as it can be told. who: the caller, and what was said of them before."""
    person, user = who
    names = {**_names(session, operation, request), **({"user": user} if user else {})}
    if operation.behavior.get("after"):
        return
    for name, text in (operation.behavior.get("set") or {}).items():
        if name not in row or "random" in str(text) or "now" in str(text):
            continue
        try:
            value = constant(text) if constant(text) is not None else evaluate(session, text, person, names)
        except Unknown:
            continue
        if not same(value, row[name]):
            yield found(
                "readback.set",
                "oracles",
                operation,
                f"{name} of what was created is not {short(text)}",
                expected=short(value),
                seen=short(row[name]),
                evidence=[answer],
                aspect=name,
            )


def _names(session: Session, operation: Operation, request: Request) -> dict[str, Any]:
    """What expressions may name: the request, and the rows that it needs."""
    from contract_tests.bindings import place_of

    names: dict[str, Any] = {"body": _whole(request.body), "path": dict(request.path), "query": dict(request.query)}
    for name, word in (operation.behavior.get("with") or {}).items():
        spot = place_of(word.get("key"))
        if spot is not None and spot in request.rows:
            names[name] = dict(request.rows[spot])
    return names


def _whole(body: Any) -> Any:
    return dict(body) if isinstance(body, dict) else {}


def _issuer(session: Session) -> str:
    """The service that knows who is who."""
    login = session.people.login_operation
    return login.service if login is not None else ""


def _owned(operation: Operation, person: Person | None, row: Row | None, answer: Exchange, issuer: str) -> Iterator[Finding]:
    """What is created belongs to its creator."""
    owner = operation.behavior.get("owner")
    if owner and row is not None and owner in row and person is not None and person.key is not None and str(row[owner]) != str(person.key):
        yield found(
            "services.identity" if operation.service != issuer else "readback.owner",
            "oracles",
            operation,
            f"{owner} of what was created is not its creator",
            expected=person.key,
            seen=row[owner],
            evidence=[answer],
            aspect=owner,
        )


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
        scope = scope_in(operation, collection, request)
        given = session.given(lister, collection, {**(row or {}), **scope}, caller)
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
