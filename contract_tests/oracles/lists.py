"""N3: lists show each row once, filters and searches are applied, sorting holds, cursors are stable under writes."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, completed, evaluate, found, short
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from contract_tests.shapes import page_of, rows_of
from understudy.contract import schemas
from understudy.contract.functions import time
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["plan"]

ROWS = 5  # that are made where a list has fewer, to turn pages
ENOUGH = 12  # pages that are turned
Row = dict[str, Any]


def plan(contract: Contract) -> Iterator[Check]:
    """For each list: its pages, each filter, each search, its order, its condition and its scope."""
    for operation in contract.operations:
        if operation.behavior.do != "list" or operation.behavior.collection not in contract.collections:
            continue
        name = operation.id
        yield Check("lists.pages", "oracles", name, partial(_pages, operation), phase=10, writes=False)
        for parameter, condition in _filters(operation).items():
            yield Check("lists.filter", "oracles", name, partial(_filter, operation, parameter, condition), parameter, 10, False)
        for parameter, fields in (operation.behavior.get("search") or {}).items():
            yield Check("lists.search", "oracles", name, partial(_search, operation, parameter, tuple(fields)), parameter, 10, False)
        if operation.behavior.get("sort"):
            yield Check("lists.sort", "oracles", name, partial(_sort, operation), phase=10, writes=False)
        if operation.behavior.get("where"):
            yield Check("lists.where", "oracles", name, partial(_where, operation), phase=10, writes=False)
        if "now" in str(operation.behavior.get("where")):
            yield Check("times.passed", "oracles", name, partial(_passed, operation), phase=58, confirm=False, slow=True)
        if operation.path_names:
            yield Check("lists.scope", "oracles", name, partial(_scope, operation), phase=10, writes=False)
        if operation.behavior.get("page") == "cursor" or (contract.settings.get("pages") or {}).get("style") == "cursor":
            yield Check("lists.cursor", "oracles", name, partial(_cursor, operation), phase=25)


def _filters(operation: Operation) -> dict[str, str]:
    filters = operation.behavior.get("filters") or {}
    return {name: f"row['{name}'] == query['{name}']" for name in filters} if isinstance(filters, list) else dict(filters)


def _begin(session: Session, operation: Operation) -> tuple[Person | None, Request]:
    person = session.people.for_operation(operation)
    return person, session.samples.request(operation, person)


def _page(session: Session, operation: Operation, person: Person | None, request: Request, query: Mapping[str, Any]) -> tuple[list[Row], Exchange]:
    answer = session.call(operation, person, request.path, {**request.query, **query})
    rows = rows_of(session.contract, operation, answer.json) if answer.ok else None
    if rows is None:
        raise NotChecked(f"{operation.id} answers {answer.status} without rows")
    return [row for row in rows if isinstance(row, dict)], answer


def _everything(session: Session, operation: Operation, person: Person | None, request: Request, query: Mapping[str, Any] | None = None) -> list[Row]:
    given = {("path", name): value for name, value in request.path.items()}
    return session.list_rows(operation, person, given, {**request.query, **(query or {})})


def _turn(session: Session, operation: Operation, person: Person | None, request: Request, size: str, limit: int) -> Iterator[tuple[list[Row], Exchange]]:
    """One page after the other, as small as asked for."""
    query: dict[str, Any] = {size: limit}
    number = session.page_parameter(operation)
    for page in range(1, ENOUGH + 1):
        rows, answer = _page(session, operation, person, request, query)
        yield rows, answer
        told = page_of(session.contract, operation, answer.json)
        if told.next and isinstance(told.next, str):
            query = dict(parse_qsl(urlsplit(told.next).query)) if "?" in told.next else {**query, "cursor": told.next}
        elif (number and told.next is None and isinstance(told.pages, int) and page < told.pages) or (
            number and told.pages is None and told.next is None and len(rows) == limit and not _is_cursor(session, operation)
        ):
            query = {**query, number: page + 1}
        else:
            return


def _is_cursor(session: Session, operation: Operation) -> bool:
    return operation.behavior.get("page") == "cursor" or (session.contract.settings.get("pages") or {}).get("style") == "cursor"


def _pages(operation: Operation, session: Session) -> Iterator[Finding]:
    """No row twice, none left out, no page longer than asked for, and the total true."""
    size = session.size_parameter(operation)
    collection = session.contract.collections[str(operation.behavior.collection)]
    person, request = _begin(session, operation)
    every = _everything(session, operation, person, request)
    key = collection.key
    keys = [str(row[key]) for row in every if key in row]
    if len(keys) != len(set(keys)):
        twice = sorted({item for item in keys if keys.count(item) > 1})
        yield found(
            "lists.pages", "oracles", operation, "a list shows a row twice", expected="each row once", seen=f"{key} {', '.join(twice[:5])}", aspect="twice"
        )
    if size is not None and len(every) < ROWS and not operation.behavior.get("roles"):
        scope = _scoped(operation, collection, request)
        for _ in range(ROWS - len(every)):
            session.make(collection, person, scope)
        every = _everything(session, operation, person, request)
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
    person, request = _begin(session, operation)
    rows = _everything(session, operation, person, request)
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
    got, answer = _page(session, operation, person, request, {parameter: value, **({size: 100} if size else {})})
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
    if missing and not wrong and len(got) < 100:
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
    person, request = _begin(session, operation)
    collection = session.contract.collections[str(operation.behavior.collection)]
    rows = _reference(session, operation, person, request, parameter, collection)
    words = _words(rows, fields)
    if not words:
        raise NotChecked(f"no word tells whether {parameter} searches")
    size = session.size_parameter(operation)
    for word in words[:3]:
        for asked in (word, word.upper()):
            got, answer = _page(session, operation, person, request, {parameter: asked, **({size: 100} if size else {})})
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
            if missing and len(got) < 100:
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
        return _everything(session, operation, person, Request(request.path, {name: value for name, value in request.query.items() if name != parameter}))
    return session.rows(collection, person)


def _words(rows: list[Row], fields: tuple[str, ...]) -> list[str]:
    """Words that some rows contain and others do not."""
    texts = [str(row.get(name) or "") for row in rows for name in fields if row.get(name)]
    words = [word.strip(".,!?").lower() for text in texts for word in text.split() if len(word) > 3 and word.strip(".,!?").isalpha()]
    telling = [word for word in dict.fromkeys(words) if 0 < sum(_contains(row, fields, word) for row in rows) < len(rows)]
    return sorted(telling, key=len, reverse=True)


def _contains(row: Row, fields: tuple[str, ...], word: str) -> bool:
    return any(word.lower() in str(row.get(name) or "").lower() for name in fields)


def _sort(operation: Operation, session: Session) -> Iterator[Finding]:
    """Rows come in the declared order."""
    person, request = _begin(session, operation)
    rows = _everything(session, operation, person, request)
    declared = operation.behavior.get("sort")
    fields = [declared] if isinstance(declared, str) else list(declared)
    if len(rows) < 2 or fields[0].lstrip("-") not in rows[0]:
        raise NotChecked(f"{operation.id} does not show two rows with {fields[0].lstrip('-')}")
    name, turned = fields[0].lstrip("-"), fields[0].startswith("-")
    for before, after in pairwise(rows):
        a, b = _comparable(before.get(name)), _comparable(after.get(name))
        if a is None or b is None or type(a) is not type(b):
            continue
        if (a < b) if turned else (a > b):
            yield found(
                "lists.sort",
                "oracles",
                operation,
                f"the list is not in the order of {fields[0]}",
                expected=f"{short(after.get(name))} before {short(before.get(name))}",
                seen="the other way round",
                aspect=name,
            )
            return


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        moment = time(value) if len(value) >= 10 and value[4:5] == "-" else None
        return float(moment) if moment is not None else value
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _where(operation: Operation, session: Session) -> Iterator[Finding]:
    """Every row fulfils the condition of the list, and none that fulfils it is left out."""
    person, request = _begin(session, operation)
    collection = session.contract.collections[str(operation.behavior.collection)]
    condition = str(operation.behavior.get("where"))
    rows = _everything(session, operation, person, request)
    check = _condition(session, person, condition, {"path": dict(request.path), "query": dict(request.query)}, collection.name)
    try:
        wrong = [row for row in rows if not check(row)]
        if wrong:
            yield found(
                "lists.where",
                "oracles",
                operation,
                "the list shows a row that does not belong into it",
                expected=condition,
                seen=short(wrong[0]),
                aspect="where",
            )
        yield from _left_out(session, operation, person, collection, (condition, check), rows)
    except Unknown as why:
        raise NotChecked(f"'{condition}' can't be told from what is shown: {why}") from None


def _condition(session: Session, person: Person | None, condition: str, names: Mapping[str, Any], collection: str) -> Callable[[Row], bool]:
    return lambda row: bool(evaluate(session, condition, person, {**names, "row": completed(session, collection, row)}))


def _left_out(
    session: Session, operation: Operation, person: Person | None, collection: Collection, rule: tuple[str, Callable[[Row], bool]], rows: list[Row]
) -> Iterator[Finding]:
    _, check = rule
    shown = {str(row.get(collection.key)) for row in rows}
    for other in session.lists(collection):
        if other is operation or other.path_names:
            continue
        caller = session.caller(other, person)
        for row in session.list_rows(other, caller):
            if check(row) and str(row.get(collection.key)) not in shown and len(rows) < 100:
                yield found(
                    "lists.where",
                    "oracles",
                    operation,
                    f"the list leaves out a row that belongs into it and that {other.id} shows",
                    expected=short(row),
                    seen=f"{len(rows)} rows without it",
                    aspect="left out",
                )
                return


def _scope(operation: Operation, session: Session) -> Iterator[Finding]:
    """Rows of a list under a parent are the parent's."""
    from contract_tests.bindings import scope_of

    collection = session.contract.collections[str(operation.behavior.collection)]
    places = {name: spot[1] for name, spot in scope_of(operation, collection).items() if spot[0] == "path"}
    if not places:
        places = {name: name for name in operation.path_names if name in collection.properties}
    person, request = _begin(session, operation)
    rows = _everything(session, operation, person, request)
    if not rows or not any(name in row for name in places for row in rows):
        raise NotChecked(f"no row of {operation.id} shows what it belongs to")
    for name, parameter in places.items():
        wrong = [row for row in rows if name in row and str(row[name]) != str(request.path.get(parameter))]
        if wrong:
            yield found(
                "lists.scope",
                "oracles",
                operation,
                f"the list shows rows of another {name}",
                expected=f"{name} {request.path.get(parameter)}",
                seen=short(wrong[0]),
                aspect=name,
            )


def _cursor(operation: Operation, session: Session) -> Iterator[Finding]:
    """A cursor neither repeats nor loses rows when a row comes between two pages."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    size = session.size_parameter(operation)
    creator = session.creator(collection)
    if size is None or creator is None:
        raise NotChecked(f"nothing can be added to {collection.name} between two pages")
    person, request = _begin(session, operation)
    for _ in range(3 - len(_everything(session, operation, person, request))):
        session.make(collection, person, _scoped(operation, collection, request))
    before = [str(row.get(collection.key)) for row in _everything(session, operation, person, request)]
    first, answer = _page(session, operation, person, request, {size: 1})
    following = page_of(session.contract, operation, answer.json).next
    if not isinstance(following, str) or "?" not in following:
        raise NotChecked(f"{operation.id} has no second page")
    if session.make(collection, person, _scoped(operation, collection, request)) is None:
        raise NotChecked(f"no row of {collection.name} could be made")
    query = {**dict(parse_qsl(urlsplit(following).query)), size: 100}
    rest, answer = _page(session, operation, person, request, query)
    shown = [str(row.get(collection.key)) for row in first + rest]
    repeated = sorted({item for item in shown if shown.count(item) > 1})
    lost = [item for item in before if item not in shown]
    if repeated or (lost and len(before) < 100):
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


def _scoped(operation: Operation, collection: Collection, request: Request) -> dict[str, Any]:
    from contract_tests.bindings import scope_of

    return {name: request.path[spot[1]] for name, spot in scope_of(operation, collection).items() if spot[0] == "path" and spot[1] in request.path}


def _passed(operation: Operation, session: Session) -> Iterator[Finding]:
    """A row that the clock takes out of the condition leaves the list."""
    condition = str(operation.behavior.get("where"))
    collection = session.contract.collections[str(operation.behavior.collection)]
    person, request = _begin(session, operation)
    field = next((name for name in collection.properties if f"row.{name}" in condition and "date-time" in str(collection.properties[name])), None)
    rows = _everything(session, operation, person, request)
    dated = (
        sorted(
            ((moment, row) for row in rows if field in row and (moment := time(row[str(field)])) is not None and moment > session.now()),
            key=lambda pair: pair[0],
        )
        if field
        else []
    )
    if not dated:
        raise NotChecked(f"no row of {operation.id} will be over one day")
    moment, row = dated[0]
    session.steering.advance(moment - session.now() + 2, f"waiting for {row[str(field)]}")
    later = _everything(session, operation, *_begin(session, operation))
    if any(str(item.get(collection.key)) == str(row.get(collection.key)) for item in later):
        yield found(
            "times.passed",
            "oracles",
            operation,
            "the list shows a row that is over",
            expected=condition,
            seen=f"{field} {row[str(field)]}, and it is later than that",
            aspect=str(field),
        )
