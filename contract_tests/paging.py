"""Lists as checks ask for them: a first request, one page, all pages, and what belongs under their parent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contract_tests.bindings import scope_of
from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.shapes import rows_of
from understudy.contract.model import Collection, Operation

if TYPE_CHECKING:
    from contract_tests.session import Session

__all__ = ["begin", "everything", "is_cursor", "page", "scoped"]

Row = dict[str, Any]


def begin(session: "Session", operation: Operation) -> tuple[Person | None, Request]:
    person = session.people.for_operation(operation)
    return person, session.samples.request(operation, person)


def page(session: "Session", operation: Operation, person: Person | None, request: Request, query: Mapping[str, Any]) -> tuple[list[Row], Exchange]:
    answer = session.call(operation, person, request.path, {**request.query, **query})
    rows = rows_of(session.contract, operation, answer.json) if answer.ok else None
    if rows is None:
        raise NotChecked(f"{operation.id} answers {answer.status} without rows")
    return [row for row in rows if isinstance(row, dict)], answer


def everything(session: "Session", operation: Operation, person: Person | None, request: Request, query: Mapping[str, Any] | None = None) -> list[Row]:
    given = {("path", name): value for name, value in request.path.items()}
    return session.list_rows(operation, person, given, {**request.query, **(query or {})})


def is_cursor(session: "Session", operation: Operation) -> bool:
    return operation.behavior.get("page") == "cursor" or (session.contract.settings.get("pages") or {}).get("style") == "cursor"


def scoped(operation: Operation, collection: Collection, request: Request) -> dict[str, Any]:
    return {name: request.path[spot[1]] for name, spot in scope_of(operation, collection).items() if spot[0] == "path" and spot[1] in request.path}
