"""N3: filters and searches are applied: what fits comes, all of it, and nothing else."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, evaluate, found, short
from contract_tests.paging import begin, everything, page
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from understudy.contract import schemas
from understudy.contract.functions import time
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

Row = dict[str, Any]


def plan(contract: Contract) -> Iterator[Check]:
    """For each list its filters and searches."""
    for operation in contract.operations:
        if operation.behavior.do != "list" or operation.behavior.collection not in contract.collections:
            continue
        name = operation.id
        for parameter, condition in _filters(operation).items():
            yield Check("lists.filter", "oracles", name, partial(_filter, operation, parameter, condition), parameter, 10, False)
        for parameter, fields in (operation.behavior.get("search") or {}).items():
            yield Check("lists.search", "oracles", name, partial(_search, operation, parameter, tuple(fields)), parameter, 10, False)


def _filters(operation: Operation) -> dict[str, str]:
    filters = operation.behavior.get("filters") or {}
    return {name: f"row['{name}'] == query['{name}']" for name in filters} if isinstance(filters, list) else dict(filters)


def _values(session: Session, operation: Operation, parameter: str, condition: str, rows: list[Row]) -> list[Any]:
    """Values to filter by: such that some rows fit and, if it can be, some do not."""
    spot = next((item for item in operation.parameters if item.name == parameter and item.where == "query"), None)
    node = schemas.follow(operation.bundle.data, spot.schema) if spot else {}
    candidates: list[Any] = list(node.get("enum") or ())
    if schemas.type_of(operation.bundle.data, node) == "boolean":
        candidates += [True, False]
    for row in rows:
        candidates += [row[name] for name in row if f"row.{name}" in condition or f"row['{name}']" in condition]
    if node.get("format") in ("date", "date-time"):
        candidates = [item[:10] if node["format"] == "date" else item for item in candidates if isinstance(item, str) and time(item) is not None]
    known: list[Any] = []
    for item in candidates:
        if item not in known and not isinstance(item, dict | list) and item is not None:
            known.append(item)
    return known


def _fits(session: Session, person: Person | None, condition: str, row: Row, query: Mapping[str, Any]) -> bool:
    return bool(evaluate(session, condition, person, {"row": row, "query": dict(query), "old": row}))


def _filter(operation: Operation, parameter: str, condition: str, session: Session) -> Iterator[Finding]:
    """What a filter lets through fits, and all that fits comes."""
    person, request = begin(session, operation)
    rows = everything(session, operation, person, request)
    tried = 0
    for value in _tellings(session, operation, person, parameter, condition, rows):
        tried += 1
        yield from _filtered(session, operation, person, request, (parameter, condition), value, rows)
        if tried == 3:
            return
    if not tried:
        raise NotChecked(f"no rows tell whether {parameter} filters")


def _tellings(session: Session, operation: Operation, person: Person | None, parameter: str, condition: str, rows: list[Row]) -> Iterator[Any]:
    """The values by which some rows fit and others do not; they tell most."""
    for value in _values(session, operation, parameter, condition, rows):
        try:
            fit = [_fits(session, person, condition, row, {parameter: value}) for row in rows]
        except Unknown:
            return
        if any(fit) and not all(fit):
            yield value


def _filtered(
    session: Session, operation: Operation, person: Person | None, request: Request, filter_: tuple[str, str], value: Any, rows: list[Row]
) -> Iterator[Finding]:
    parameter, condition = filter_
    collection = session.contract.collections[str(operation.behavior.collection)]
    size = session.size_parameter(operation)
    got, answer = page(session, operation, person, request, {parameter: value, **({size: session.most(operation)} if size else {})})
    wrong = [row for row in got if not _fits(session, person, condition, row, {parameter: value})]
    if wrong:
        yield found(
            "lists.filter",
            "oracles",
            operation,
            f"{parameter}={value} lets rows through that do not fit",
            expected=condition,
            seen=short(wrong[0]),
            evidence=[answer],
            aspect=parameter,
        )
    shown = {str(row.get(collection.key)) for row in got}
    missing = [row for row in rows if _fits(session, person, condition, row, {parameter: value}) and str(row.get(collection.key)) not in shown]
    if missing and not wrong and len(got) < session.most(operation):
        yield found(
            "lists.filter",
            "oracles",
            operation,
            f"{parameter}={value} leaves out rows that fit",
            expected=short(missing[0]),
            seen=f"{len(got)} rows without it",
            evidence=[answer],
            aspect=parameter,
        )


def _search(operation: Operation, parameter: str, fields: tuple[str, ...], session: Session) -> Iterator[Finding]:
    """A search finds what contains the text, whatever its case, and nothing else."""
    person, request = begin(session, operation)
    collection = session.contract.collections[str(operation.behavior.collection)]
    rows = _reference(session, operation, person, request, parameter, collection)
    words = _words(rows, fields)
    if not words:
        raise NotChecked(f"no word tells whether {parameter} searches")
    size = session.size_parameter(operation)
    for word in words[:3]:
        for asked in (word, word.upper()):
            got, answer = page(session, operation, person, request, {parameter: asked, **({size: session.most(operation)} if size else {})})
            wrong = [row for row in got if any(name in row for name in fields) and not _contains(row, fields, word)]
            if wrong:
                yield found(
                    "lists.search",
                    "oracles",
                    operation,
                    f"{parameter}={asked} finds a row that does not contain it",
                    expected=f"'{asked}' in {' or '.join(fields)}",
                    seen=short(wrong[0]),
                    evidence=[answer],
                    aspect=parameter,
                )
            shown = {str(row.get(collection.key)) for row in got}
            missing = [row for row in rows if _contains(row, fields, word) and str(row.get(collection.key)) not in shown]
            if missing and len(got) < session.most(operation):
                yield found(
                    "lists.search",
                    "oracles",
                    operation,
                    f"{parameter}={asked} does not find a row that contains it",
                    expected=short(missing[0]),
                    seen=f"{len(got)} rows without it",
                    evidence=[answer],
                    aspect=parameter,
                )


def _reference(session: Session, operation: Operation, person: Person | None, request: Request, parameter: str, collection: Collection) -> list[Row]:
    """All rows that the search looks through: the list itself without the text, else another list of the collection."""
    needed = any(item.name == parameter and item.required for item in operation.parameters)
    if not needed:
        return everything(session, operation, person, Request(request.path, {name: value for name, value in request.query.items() if name != parameter}))
    return session.rows(collection, person)


def _words(rows: list[Row], fields: tuple[str, ...]) -> list[str]:
    """Words that some rows contain and others do not."""
    texts = [str(row.get(name) or "") for row in rows for name in fields if row.get(name)]
    words = [word.strip(".,!?").lower() for text in texts for word in text.split() if len(word) > 3 and word.strip(".,!?").isalpha()]
    telling = [word for word in dict.fromkeys(words) if 0 < sum(_contains(row, fields, word) for row in rows) < len(rows)]
    return sorted(telling, key=len, reverse=True)


def _contains(row: Row, fields: tuple[str, ...], word: str) -> bool:
    return any(word.lower() in str(row.get(name) or "").lower() for name in fields)
