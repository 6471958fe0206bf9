"""N3: pages show each row once, none is longer than asked for, and cursors are stable under writes."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import found
from contract_tests.paging import begin, everything, is_cursor, page, scoped
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from contract_tests.shapes import page_of, rows_of
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]

Row = dict[str, Any]


ROWS = 5  # that are made where a list has fewer, to turn pages
ENOUGH = 12  # pages that are turned


def plan(contract: Contract) -> Iterator[Check]:
    """For each list its pages, and its cursor where it has one."""
    for operation in contract.operations:
        if operation.behavior.do != "list" or operation.behavior.collection not in contract.collections:
            continue
        name = operation.id
        yield Check("lists.pages", "oracles", name, partial(_pages, operation), phase=10, writes=False)
        if operation.behavior.get("page") == "cursor" or (contract.settings.get("pages") or {}).get("style") == "cursor":
            yield Check("lists.cursor", "oracles", name, partial(_cursor, operation), phase=25)


def _turn(session: Session, operation: Operation, person: Person | None, request: Request, size: str, limit: int) -> Iterator[tuple[list[Row], Exchange]]:
    """One page after the other, as small as asked for."""
    query: dict[str, Any] = {size: limit}
    number = session.page_parameter(operation)
    for turn in range(1, ENOUGH + 1):
        rows, answer = page(session, operation, person, request, query)
        yield rows, answer
        told = page_of(session.contract, operation, answer.json)
        if told.next and isinstance(told.next, str):
            query = dict(parse_qsl(urlsplit(told.next).query)) if "?" in told.next else {**query, "cursor": told.next}
        elif (number and told.next is None and isinstance(told.pages, int) and turn < told.pages) or (
            number and told.pages is None and told.next is None and len(rows) == limit and not is_cursor(session, operation)
        ):
            query = {**query, number: turn + 1}
        elif (offset := session.offset_parameter(operation)) and len(rows) == limit:
            query = {**query, offset: turn * limit}
        else:
            return


def _pages(operation: Operation, session: Session) -> Iterator[Finding]:
    """No row twice, none left out, no page longer than asked for, and the total true."""
    size = session.size_parameter(operation)
    collection = session.contract.collections[str(operation.behavior.collection)]
    person, request = begin(session, operation)
    every = everything(session, operation, person, request)
    key = collection.key
    keys = [str(row[key]) for row in every if key in row]
    if len(keys) != len(set(keys)):
        twice = sorted({item for item in keys if keys.count(item) > 1})
        yield found(
            "lists.pages", "oracles", operation, "a list shows a row twice", expected="each row once", seen=f"{key} {', '.join(twice[:5])}", aspect="twice"
        )
    if size is not None and len(every) < ROWS and not operation.behavior.get("roles"):
        scope = scoped(operation, collection, request)
        for _ in range(ROWS - len(every)):
            session.make(collection, person, scope)
        every = everything(session, operation, person, request)
        keys = [str(row[key]) for row in every if key in row]
    if size is None or len(every) < 3:
        if size is None:
            return
        raise NotChecked(f"{operation.id} has {len(every)} rows, too few to turn pages")
    limit = 2 if len(every) <= 2 * ENOUGH else -(-len(every) // ENOUGH)
    shown: list[str] = []
    last: Exchange | None = None
    for rows, answer in _turn(session, operation, person, request, size, limit):
        last = answer
        if len(rows) > limit:
            yield found(
                "lists.pages",
                "oracles",
                operation,
                f"a page has more rows than {size} asks for",
                expected=limit,
                seen=len(rows),
                evidence=[answer],
                aspect=size,
            )
            return
        shown += [str(row[key]) for row in rows if key in row]
        total = page_of(session.contract, operation, answer.json).total
        if isinstance(total, int) and total != len(every):
            yield found(
                "lists.pages",
                "oracles",
                operation,
                "the total of a page is not the number of rows",
                expected=len(every),
                seen=total,
                evidence=[answer],
                aspect="total",
            )
    if last is not None and len(shown) == limit and session.page_parameter(operation) is None and not page_of(session.contract, operation, last.json).next:
        raise NotChecked(f"{operation.id} has no way to turn pages")
    yield from _compared(operation, keys, shown, last)
    yield from _beyond(session, operation, person, request, size, len(every))


def _compared(operation: Operation, keys: list[str], shown: list[str], last: Exchange | None) -> Iterator[Finding]:
    evidence = [last] if last is not None else []
    repeated = sorted({item for item in shown if shown.count(item) > 1})
    if repeated:
        yield found(
            "lists.pages",
            "oracles",
            operation,
            "a row stands on two pages",
            expected="each row once",
            seen=f"repeated: {', '.join(repeated[:5])}",
            evidence=evidence,
            aspect="repeated",
        )
    missing = [item for item in keys if item not in shown]
    if missing:
        yield found(
            "lists.pages",
            "oracles",
            operation,
            "rows of the list stand on no page",
            expected=f"{len(keys)} rows over all pages",
            seen=f"{len(set(shown))}; missing: {', '.join(missing[:5])}",
            evidence=evidence,
            aspect="missing",
        )


def _beyond(session: Session, operation: Operation, person: Person | None, request: Request, size: str, total: int) -> Iterator[Finding]:
    """A page after the last has no rows."""
    number = session.page_parameter(operation)
    if number is None:
        return
    answer = session.call(operation, person, request.path, {**request.query, size: 2, number: total + 3})
    rows = rows_of(session.contract, operation, answer.json) if answer.ok else None
    if rows:
        yield found(
            "lists.pages", "oracles", operation, "a page after the last one has rows", expected="none", seen=len(rows), evidence=[answer], aspect="beyond"
        )


def _cursor(operation: Operation, session: Session) -> Iterator[Finding]:
    """A cursor neither repeats nor loses rows when a row comes between two pages."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    size = session.size_parameter(operation)
    creator = session.creator(collection)
    if size is None or creator is None:
        raise NotChecked(f"nothing can be added to {collection.name} between two pages")
    person, request = begin(session, operation)
    for _ in range(3 - len(everything(session, operation, person, request))):
        session.make(collection, person, scoped(operation, collection, request))
    before = [str(row.get(collection.key)) for row in everything(session, operation, person, request)]
    first, answer = page(session, operation, person, request, {size: 1})
    following = page_of(session.contract, operation, answer.json).next
    if not isinstance(following, str) or "?" not in following:
        raise NotChecked(f"{operation.id} has no second page")
    if session.make(collection, person, scoped(operation, collection, request)) is None:
        raise NotChecked(f"no row of {collection.name} could be made")
    query = {**dict(parse_qsl(urlsplit(following).query)), size: session.most(operation)}
    rest, answer = page(session, operation, person, request, query)
    shown = [str(row.get(collection.key)) for row in first + rest]
    repeated = sorted({item for item in shown if shown.count(item) > 1})
    lost = [item for item in before if item not in shown]
    if repeated or (lost and len(before) < session.most(operation)):
        yield found(
            "lists.cursor",
            "oracles",
            operation,
            "a row that is added between two pages makes the cursor repeat or lose rows",
            expected="each of the rows once",
            seen=f"repeated: {repeated[:3]}, lost: {lost[:3]}",
            evidence=[answer],
            aspect="cursor",
        )
