"""N2: declared arithmetic holds: derived fields, figures of pages, aggregates."""

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, evaluate, found, same, short
from contract_tests.provenance import clause_of_field
from contract_tests.session import Session
from contract_tests.shapes import page_of, payload, rows_of
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan", "wrong_fields"]

MOST = 40


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each derived field of a collection that is shown, each paged list, each aggregate."""
    for collection in contract.collections.values():
        for field in collection.derive:
            yield Check("derived.field", "oracles", collection.name, partial(_field, collection.name, field), field, 10, False, wide=True)
    for operation in contract.operations:
        if operation.behavior.do == "list" and operation.behavior.get("page") is not False:
            yield Check("derived.pages", "oracles", operation.id, partial(_pages, operation), phase=10, writes=False)
        if operation.behavior.do == "aggregate" and isinstance(operation.behavior.get("reply"), Mapping):
            yield Check("derived.aggregate", "oracles", operation.id, partial(_aggregate, operation), phase=12, writes=False)


def _field(name: str, field: str, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[name]
    person = session.people.first()
    shown = 0
    for operation, rows in _shown(session, collection, person):
        shown += sum(1 for row in rows if field in row)
        for row in rows[:MOST]:
            yield from wrong_fields(session, operation, collection, row, person, (field,))
    if not shown:
        raise NotChecked(f"no answer shows {name}.{field}")


def _shown(session: Session, collection: Collection, person: Any) -> Iterator[tuple[Operation, list[dict[str, Any]]]]:
    """The rows of a collection with the operation that shows them."""
    for operation in session.lists(collection):
        try:
            caller = session.people.for_operation(operation)
            request = session.samples.request(operation, caller)
        except NotChecked:
            continue
        yield operation, session.list_rows(operation, caller, {("path", name): value for name, value in request.path.items()})
    reader = session.reader(collection)
    rows = session.rows(collection, person)
    if reader is not None:
        if not rows and (made := session.make(collection, person)) is not None:
            rows = [made]  # no list shows them: one of one's own
        keys = [row[collection.key] for row in rows[:5] if collection.key in row]
        caller = session.caller(reader, person)
        yield reader, [row for key in keys if (row := session.read_with(reader, collection, key, caller)[0]) is not None]
    elif rows and not session.lists(collection):
        parent = next(
            (item for item in session.contract.collections.values() if any(child.collection == collection.name for child in item.children.values())), None
        )
        lists = session.lists(parent) if parent else []
        if lists:
            yield lists[0], rows


def wrong_fields(
    session: Session, operation: Operation, collection: Collection, row: Mapping[str, Any], person: Any, fields: tuple[str, ...] | None = None
) -> Iterator[Finding]:
    """The derived fields of a row that are not what their arithmetic says."""
    for field in fields or tuple(collection.derive):
        for path, expression in _leaves(collection.derive[field]):
            seen = _at(row.get(field), path)
            if field not in row or (seen is None and path):
                continue
            try:
                value = evaluate(session, expression, person, {"row": dict(row)})
            except Unknown:
                continue
            if not same(value, seen):
                aspect = ".".join((field, *path))
                yield found(
                    "derived.field",
                    "oracles",
                    operation,
                    f"{collection.name}.{aspect} is not {expression}",
                    expected=short(value),
                    seen=short(seen),
                    aspect=aspect,
                    clause=clause_of_field(collection, field, operation),
                )


def _pages(operation: Operation, session: Session) -> Iterator[Finding]:
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    size = session.size_parameter(operation)
    told = 0
    for asked in ({}, {size: 2}, {size: 3}) if size else ({},):
        answer = session.call(operation, person, request.path, {**request.query, **asked})
        page = page_of(session.contract, operation, answer.json)
        rows = rows_of(session.contract, operation, answer.json) or []
        told += sum(value is not None for value in (page.total, page.pages, page.limit))
        if isinstance(page.total, int) and isinstance(page.limit, int) and page.limit > 0 and isinstance(page.pages, int):
            expected = math.ceil(page.total / page.limit)
            if page.pages != expected and not (page.total == 0 and page.pages == 1):
                yield _wrong(operation, "pages", f"{expected}, for {page.total} rows and {page.limit} a page", page.pages, answer)
        if asked and size and isinstance(page.limit, int) and page.limit != asked[size]:
            yield _wrong(operation, "limit", asked[size], page.limit, answer)
        if isinstance(page.total, int) and page.total < len(rows):
            yield _wrong(operation, "total", f"at least the {len(rows)} rows that are shown", page.total, answer)
    if not told:
        raise NotChecked(f"{operation.id} tells no figures of its page")


def _wrong(operation: Operation, name: str, expected: Any, seen: Any, answer: Any) -> Finding:
    return found("derived.pages", "oracles", operation, f"{name} of the page is wrong", expected=expected, seen=seen, evidence=[answer], aspect=name)


def _aggregate(operation: Operation, session: Session) -> Iterator[Finding]:
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    answer = session.perform(operation, person, request)
    if not answer.ok:
        raise NotChecked(f"{operation.id} answers {answer.status}")
    value, known = payload(session.contract, operation, answer.json), 0
    for path, expression in _leaves(operation.behavior.get("reply")):
        seen = _at(value, path)
        try:
            expected = evaluate(session, expression, person, {"path": dict(request.path), "query": dict(request.query)})
        except Unknown:
            continue
        known += 1
        if not same(expected, seen) and not isinstance(expected, str):
            aspect = ".".join(path)
            yield found(
                "derived.aggregate", "oracles", operation, f"{aspect} is not what the data says: {short(expression)}",
                expected=expected, seen=seen, evidence=[answer], aspect=aspect,
            )  # fmt: skip
    if not known:
        raise NotChecked("no list shows the rows that the figures are made of")


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, Mapping):
        for name, inner in node.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(node, str):
        yield path, node


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
