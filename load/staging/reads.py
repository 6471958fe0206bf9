"""What can be read at a target: requests of its GET operations, about rows that are there, each tried once by whoever will repeat it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from contract_tests.checks import NotChecked
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from contract_tests.shapes import page_of
from load.reading import DETAILS, LISTS, role_of
from load.stage import Call, Member, Stage
from load.staging.seats import undone
from understudy.contract.errors import UsageError
from understudy.contract.model import Contract, Operation

__all__ = ["fits", "prepare"]

READS = ("list", "read", "me", "aggregate", None)  # what a GET may do: what is bound may do anything, and a constant reply is nothing to look at
EFFECTS = frozenset({"creates", "updates", "removes", "spends", "take", "give", "emit", "after"})
ROWS, PAGES, MEMBERS = 5, 4, 3  # rows of which each is read, pages of a list, accounts that read


def fits(contract: Contract, _needed: tuple[str, ...]) -> bool:
    """Whether a contract has something to read."""
    return any(map(_only_reads, contract.operations))


def _only_reads(operation: Operation) -> bool:
    behavior = operation.behavior
    return operation.method == "GET" and behavior.do in READS and not EFFECTS & behavior.words.keys()


def prepare(session: Session, values: Mapping[str, Any], _users: int, _needed: tuple[str, ...]) -> Stage:
    """The stage of those who read: calls are named by `load.reading.role_of`. Raises UsageError where nothing can be read."""
    members, calls = list[Member](), dict[str, Call]()
    for person in _readers(session):
        found = _calls(session, person, len(members))
        if found:
            members.append(Member(person.login, person.key) if person else Member("", None))
            calls |= found
    if not calls:
        raise UsageError(f"No GET of {session.contract.name} answers with 2xx{_why(session)}.")
    options = session.options
    return Stage(
        "", session.contract.name, session.contract.title, session.own, session.urls, tuple(members), calls, parameters=dict(values),
        insecure=options.insecure, ca=str(options.ca.resolve()) if isinstance(options.ca, Path) else "", timeout=options.timeout, seed=options.seed,
        warnings=tuple(_unread(session, calls)), undo=tuple(undone(session)),
    )  # fmt: skip


def _why(session: Session) -> str:
    return f" ({session.people.failures[0]})" if session.people.failures else ""


def _readers(session: Session) -> list[Person | None]:
    """A few accounts, of as many roles as there are; nobody, where nobody can sign in."""
    by_role: dict[Any, Person] = {}
    for person in session.people.everyone:
        by_role.setdefault(person.role, person)
    first = list(by_role.values())
    others = [person for person in session.people.everyone if person not in first]
    found: list[Person | None] = [*first, *others]
    return found[:MEMBERS] or [None]


def _calls(session: Session, person: Person | None, number: int) -> dict[str, Call]:
    """What one account reads, by role."""
    found: dict[str, Call] = {}
    for operation in session.contract.operations:
        if not _only_reads(operation) or operation.service not in session.urls or not _may(operation, person):
            continue
        kind = LISTS if operation.behavior.do == "list" else DETAILS
        for request in _requests(session, operation, person):
            found[role_of(number, kind, len(found))] = _call(session, operation, person, request)
    return found


def _may(operation: Operation, person: Person | None) -> bool:
    """Whether a contract lets an account try."""
    roles = operation.behavior.get("roles") or ()
    return (person is not None or not operation.security) and (not roles or (person is not None and person.role in roles))


def _requests(session: Session, operation: Operation, person: Person | None) -> Iterator[Request]:
    """Requests about several rows, each once, that were answered with 2xx."""
    seen = set[str]()
    for turn in range(ROWS if operation.path_names else 1):
        try:
            request = session.samples.request(operation, person, turn=turn)
        except NotChecked:
            return
        if repr(request.path) not in seen:
            seen.add(repr(request.path))
            yield from _pages(session, operation, person, replace(request, body=None))


def _pages(session: Session, operation: Operation, person: Person | None, request: Request) -> Iterator[Request]:
    """A request, and where it is for a list those for its next pages."""
    for number in range(1, PAGES + 1):
        answer = session.perform(operation, person, request)
        if not answer.ok:
            return
        yield request
        following = _following(session, operation, answer.json, number) if operation.behavior.do == "list" else {}
        if not following:
            return
        request = replace(request, query={**request.query, **following})


def _following(session: Session, operation: Operation, answer: Any, number: int) -> dict[str, Any]:
    """What asks for the page after one; {} for the last."""
    page, name = page_of(session.contract, operation, answer), session.page_parameter(operation)
    if isinstance(page.next, str) and "?" in page.next:
        return dict(parse_qsl(urlsplit(page.next).query))
    return {name: number + 1} if name and isinstance(page.pages, int) and number < page.pages else {}


def _call(session: Session, operation: Operation, person: Person | None, request: Request) -> Call:
    """The request as a generator repeats it, named by the document's path."""
    path = operation.path
    for name in operation.path_names:
        path = path.replace(f"{{{name}}}", quote(str(request.path.get(name, "")), safe=""))
    headers = {**session.client.headers, **session.credentials(operation, person), **request.headers}
    query = {name: _text(value) for name, value in request.query.items()}
    return Call(f"{operation.method} {operation.path}", operation.service, operation.method, path, query, headers)


def _text(value: Any) -> Any:
    return [_text(item) for item in value] if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)


def _unread(session: Session, calls: Mapping[str, Call]) -> Iterator[str]:
    """What is to be said of operations that nobody could read."""
    read = {call.name for call in calls.values()}
    left = [name for item in session.contract.operations if _only_reads(item) and (name := f"{item.method} {item.path}") not in read]
    if left:
        yield f"{session.contract.name}: not read, for no request for it is answered with 2xx: {', '.join(dict.fromkeys(left))}"
