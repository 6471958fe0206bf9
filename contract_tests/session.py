"""One run against one target: how operations are called, and how the target's state is seen through its own API."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from contract_tests.bindings import Spot, scope_of
from contract_tests.checks import NotChecked
from contract_tests.client import SAFE, Client
from contract_tests.exchange import Exchange
from contract_tests.options import Options
from contract_tests.people import People, Person
from contract_tests.recorder import Recorder
from contract_tests.samples import NOBODY, Request, Samples, encoded
from contract_tests.shapes import maps_in, page_of, row_of, rows_of
from contract_tests.steering import Steering
from contract_tests.timing import now
from contract_tests.watching import Watch
from understudy.contract import schemas
from understudy.contract.errors import UsageError, suggest
from understudy.contract.model import Collection, Contract, Operation
from understudy.wire.chance import derive

__all__ = ["SAFE", "Session"]

MOST_PAGES = 60
MOST_ROWS = 100  # of a page
TURNS = 4  # rows that are tried where what a new row needs may be used up
Row = dict[str, Any]
NOTHING = NOBODY


class Session:
    """What checks work with. created: what was made, in words; undo: how it is unmade, last first; broken: services and operations
    that do not work at all -> why nothing else of them is checked."""

    def __init__(self, contract: Contract, options: Options, urls: Mapping[str, str], sockets: Mapping[str, str], own: bool = False) -> None:
        self.contract, self.options, self.urls, self.sockets, self.own = contract, options, dict(urls), dict(sockets), own
        # Marks of texts and names of accounts: a target that is not ours remembers those of the run before.
        self.chance = derive("check", contract.name, options.seed, *([] if own else [repr(now())]))
        self.client = Client(options)
        self.client.harmless = frozenset(item.id for item in contract.operations if item.behavior.do in ("login", "refresh"))
        self.steering = Steering(self)
        self.samples = Samples(self)
        self.people = People(self)
        self.recorder = Recorder(contract)
        self.watch = Watch(self)
        self.created: list[str] = []
        self.undo: list[tuple[Operation, Person | None, Request]] = []
        self.findings_seen: dict[str, int] = {}
        self.broken: dict[str, str] = {}
        self.chosen: frozenset[str] = frozenset()  # ids of the checks of this run, where they are known
        self.closing: list[Callable[[], object]] = []  # what else is to be done when it closes
        self._memo: dict[Any, Any] = {}

    def now(self) -> float:
        """The target's time, as far as it is known: seconds since 1970."""
        return now() + (self.steering.moved if self.steering.steerable else 0.0)

    def operation(self, name: str) -> Operation:
        """The operation of an id. Raises UsageError."""
        found = next((item for item in self.contract.operations if item.id == name), None)
        if found is None:
            raise UsageError(f"There is no operation '{name}'.{suggest(name, [item.id for item in self.contract.operations])}")
        return found

    def url(self, operation: Operation, path: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None) -> str:
        """The whole URL of a call. Raises NotChecked where the target has no such service."""
        base = self.urls.get(operation.service)
        if base is None:
            raise NotChecked(f"no --url for the service {operation.service}")
        place = operation.path
        for name in operation.path_names:
            place = place.replace(f"{{{name}}}", quote(str((path or {}).get(name, "")), safe=""))
        pairs = [(name, _text(item)) for name, value in (query or {}).items() for item in (value if isinstance(value, list) else [value])]
        return f"{base}{place}{f'?{urlencode(pairs)}' if pairs else ''}"

    def call(
        self, operation: Operation, person: Person | None = None, path: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None,
        body: Any = NOTHING, headers: Mapping[str, str] | None = None, media: str | None = None, patient: bool = True, notes: str = "",
    ) -> Exchange:  # fmt: skip
        """Calls an operation as somebody. Raises NotChecked for a write in a read-only run."""
        request = Request(body=None if body is NOTHING else body, media=media or self._media(operation))
        kind, content = encoded(request) if body is not NOTHING else (None, b"")
        sent = {**({"content-type": kind} if kind else {}), **self.credentials(operation, person), **(headers or {})}
        url = self.url(operation, path, query)
        made = self.client.send(operation.method, url, sent, content, operation.id, patient, notes)
        if made.status == 401 and person is not None and self.people.renewed(person):
            made = self.client.send(operation.method, url, {**sent, **self.credentials(operation, person)}, content, operation.id, patient, notes)
        self.recorder.saw(operation, made, query or {})
        self.watch.look(operation, made)
        return made

    def perform(self, operation: Operation, person: Person | None, request: Request, headers: Mapping[str, str] | None = None, **more: Any) -> Exchange:
        """Calls an operation with a prepared request."""
        body = NOTHING if request.body is None else request.body
        return self.call(operation, person, request.path, request.query, body, {**request.headers, **(headers or {})}, request.media, **more)

    def _media(self, operation: Operation) -> str | None:
        media = self.samples.media(operation)
        return media.type if media else None

    def credentials(self, operation: Operation, person: Person | None) -> dict[str, str]:
        """The headers that say who calls: as the operation's security asks."""
        if person is None:
            return {}
        ways = operation.security or next((item.security for item in self.contract.operations if item.security), ())
        if person.token:
            for way in ways:
                if way.where in ("bearer", "header"):
                    return {"authorization": f"Bearer {person.token}"} if way.where == "bearer" else {way.name: person.token}
        if person.password and any(way.where == "basic" for way in ways):
            return {"authorization": f"Basic {b64encode(f'{person.login}:{person.password}'.encode()).decode()}"}
        cookies = {name: value for name, value in person.cookies.items() if any(way.where == "cookie" and way.name == name for way in ways)}
        if not cookies and person.token:
            cookies = {way.name: person.token for way in ways if way.where == "cookie"}
        if cookies:
            return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        return {"authorization": f"Bearer {person.token}"} if person.token else {}

    # what is seen of the state

    def lists(self, collection: Collection) -> list[Operation]:
        """The lists of a collection's rows, the plainest first."""
        found = [item for item in self.contract.operations if item.behavior.do == "list" and item.behavior.collection == collection.name]
        found = [item for item in found if item.service in self.urls and not any(spot.required for spot in item.parameters if spot.where == "query")]
        return sorted(found, key=lambda item: (item.behavior.get("where") is not None, bool(item.behavior.get("roles")), len(item.path)))

    def reader(self, collection: Collection) -> Operation | None:
        """The operation that reads one row by its key."""
        found = (
            item
            for item in self.contract.operations
            if item.behavior.do == "read" and item.behavior.collection == collection.name and item.path_names and item.service in self.urls
        )
        return min(found, key=lambda item: (bool(item.behavior.get("roles")), len(item.path)), default=None)

    def creator(self, collection: Collection) -> Operation | None:
        """The operation that makes a row."""
        found = (item for item in self.contract.operations if item.behavior.do == "create" and item.behavior.collection == collection.name)
        return min((item for item in found if item.service in self.urls), key=lambda item: len(item.path), default=None)

    def rows(self, collection: Collection, person: Person | None, scope: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a collection that somebody sees: from its lists, else from inside the rows they belong to. [] where there is no way."""
        for operation in self.lists(collection):
            caller = self.caller(operation, person)
            if caller is NOTHING:
                continue
            given = self.given(operation, collection, scope or {}, caller)
            if given is None:
                continue
            found = self.list_rows(operation, caller, given)
            if found:
                return [row for row in found if all(str(row.get(name, value)) == str(value) for name, value in (scope or {}).items())]
        return self._as_children(collection, person, scope or {})

    def caller(self, operation: Operation, person: Person | None) -> Any:
        """The person, if they may call the operation, else somebody who may; NOTHING where nobody can."""
        roles = operation.behavior.get("roles") or ()
        if person is not None and (not roles or person.role in roles):
            return person
        try:
            return self.people.for_operation(operation)
        except NotChecked:
            return NOTHING

    def given(self, operation: Operation, collection: Collection, scope: Mapping[str, Any], person: Person | None) -> dict[Spot, Any] | None:
        """Values for the path of a list; None where it can't be called."""
        places = scope_of(operation, collection)
        given: dict[Spot, Any] = {spot: scope[name] for name, spot in places.items() if name in scope}
        if not operation.path_names or all(("path", name) in given for name in operation.path_names):
            return given
        try:
            request = self.samples.request(operation, person, given)
        except NotChecked:
            return None
        return {("path", name): value for name, value in request.path.items()}

    def list_rows(
        self, operation: Operation, person: Person | None, given: Mapping[Spot, Any] | None = None, query: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """All rows of a list, page after page; [] where it does not answer with rows."""
        path = {name: value for (where, name), value in (given or {}).items() if where == "path"}
        found: list[Row] = []
        size = self.size_parameter(operation)
        asked: dict[str, Any] = {**({size: self.most(operation)} if size else {}), **(query or {})}
        page_name = self.page_parameter(operation)
        for number in range(1, MOST_PAGES):
            answer = self.call(operation, person, path, asked)
            rows = rows_of(self.contract, operation, answer.json) if answer.ok else None
            if not rows:
                break
            found += [row for row in rows if isinstance(row, dict)]
            page = page_of(self.contract, operation, answer.json)
            if page.next and isinstance(page.next, str) and "?" in page.next:
                from urllib.parse import parse_qsl, urlsplit

                asked = {**asked, **dict(parse_qsl(urlsplit(page.next).query))}
                continue
            if (offset := self.offset_parameter(operation)) and size and len(rows) == asked[size]:
                asked = {**asked, offset: len(found)}
                continue
            if not page_name or page.pages is None or not isinstance(page.pages, int) or number >= page.pages:
                break
            asked = {**asked, page_name: number + 1}
        return found

    def size_parameter(self, operation: Operation) -> str | None:
        """The query parameter that says how many rows a page has."""
        pages = self.contract.settings.get("pages") or {}
        names = {item.name for item in operation.parameters if item.where == "query"}
        return next((name for name in (pages.get("size"), "limit", "per_page", "page_size", "pageSize", "size") if name in names), None)

    def most(self, operation: Operation) -> int:
        """How many rows a page may be asked for."""
        name = self.size_parameter(operation)
        node = next((item.schema for item in operation.parameters if item.name == name), {})
        declared = schemas.follow(operation.bundle.data, node).get("maximum")
        return min(MOST_ROWS, int(declared)) if isinstance(declared, int | float) and declared >= 1 else MOST_ROWS

    def offset_parameter(self, operation: Operation) -> str | None:
        """The query parameter with the number of rows that are passed over."""
        names = {item.name for item in operation.parameters if item.where == "query"}
        return next((name for name in ("offset", "skip") if name in names), None)

    def page_parameter(self, operation: Operation) -> str | None:
        """The query parameter with a page's number."""
        pages = self.contract.settings.get("pages") or {}
        names = {item.name for item in operation.parameters if item.where == "query"}
        return next((name for name in (pages.get("page"), "page") if name in names), None)

    def _as_children(self, collection: Collection, person: Person | None, scope: Mapping[str, Any]) -> list[Row]:
        for parent in self.contract.collections.values():
            name = next((name for name, child in parent.children.items() if child.collection == collection.name), None)
            if name is None or parent is collection:
                continue
            by = parent.children[name].by
            owners = self.rows(parent, person)
            if by in scope:
                owners = [row for row in owners if str(row.get(parent.key)) == str(scope[by])]
            nested = [child for row in owners for child in maps_in(row, name)]
            if not owners and (made := self.make(parent, person)) is not None:
                owners = [made]
            if not nested and owners:
                nested = [child for row in owners[:3] for child in maps_in(self.read(parent, row.get(parent.key), person), name)]
            if nested:
                return [row for row in nested if isinstance(row, dict)]
        return []

    def read(self, collection: Collection, key: Any, person: Person | None) -> Row | None:
        """A row as its reader shows it, else as it stands in a list; None if neither has it."""
        operation = self.reader(collection)
        if operation is not None:
            caller = self.caller(operation, person)
            if caller is not NOTHING:
                row, _ = self.read_with(operation, collection, key, caller)
                return row
        return next((row for row in self.rows(collection, person) if str(row.get(collection.key)) == str(key)), None)

    def read_with(self, operation: Operation, collection: Collection, key: Any, person: Person | None) -> tuple[Row | None, Exchange]:
        """A row by its key, and the exchange that shows it."""
        request = self.samples.request(operation, person, {("path", operation.path_names[-1]): key})
        answer = self.perform(operation, person, request)
        return (row_of(self.contract, operation, answer.json, collection.key) if answer.ok else None), answer

    def make(self, collection: Collection, person: Person | None, scope: Mapping[str, Any] | None = None) -> Row | None:
        """A new row of a collection, made by the API; None where that can't be done."""
        operation = self.creator(collection)
        if operation is None or self.options.read_only or self._busy(collection):
            return None
        caller = self.caller(operation, person)
        if caller is NOTHING:
            return None
        self._memo[("making", collection.name)] = True
        try:
            places = scope_of(operation, collection)
            given = {places[name]: value for name, value in (scope or {}).items() if name in places}
            for turn in range(TURNS):
                row, answer = self.create(operation, caller, self.samples.request(operation, caller, given, turn=turn))
                if row is not None or answer.status not in (404, 409, 422):
                    return row
            return None
        except NotChecked:
            return None
        finally:
            del self._memo[("making", collection.name)]

    def _busy(self, collection: Collection) -> bool:
        return ("making", collection.name) in self._memo

    def create(self, operation: Operation, person: Person | None, request: Request, **more: Any) -> tuple[Row | None, Exchange]:
        """Creates a row; it is remembered, and deleted at the end where the contract has a way."""
        answer = self.perform(operation, person, request, **more)
        collection = self.contract.collections.get(operation.behavior.collection or "")
        row = row_of(self.contract, operation, answer.json, collection.key if collection else None) if answer.ok else None
        if row is not None and collection is not None:
            if answer.operation == operation.id and operation.behavior.do == "create":
                self._memo.setdefault(("made", collection.name), []).append((person, row))
            self.remember(collection, row, person, request)
        return row, answer

    def remember(self, collection: Collection, row: Row, person: Person | None, request: Request | None = None) -> None:
        """Notes what was made, and how it can be deleted, or at least undone."""
        self.created.append(f"{collection.name} {row.get(collection.key)}")
        own = [item for item in self.contract.operations if item.behavior.collection == collection.name]
        undoing = (
            (item for item in own if item.behavior.do == "delete"),
            (item for item in own if item.behavior.do == "transition" and item.behavior.get("conserves")),
        )
        operation = next((item for items in undoing for item in items), None)
        if operation is not None and operation.path_names:
            path = {**(request.path if request else {}), operation.path_names[-1]: row.get(collection.key)}
            self.undo.append((operation, person, Request(path=path)))

    def clean(self) -> Iterator[str]:
        """Deletes what was made, as far as the contract allows; yields what is left."""
        undone: set[str] = set()
        for operation, person, request in reversed(self.undo):
            what = f"{operation.behavior.collection} {request.path.get(operation.path_names[-1])}"
            if what in undone:
                continue
            undone.add(what)
            try:
                caller = self.caller(operation, person)
                answer = self.perform(operation, None if caller is NOTHING else caller, request, patient=False)
                if answer.ok or answer.status in (404, 410) or (answer.status == 409 and operation.behavior.do == "transition"):
                    continue
                yield f"{what} ({answer.status})"
            except NotChecked as error:
                yield f"{what} ({error})"
        yield from (what for what in dict.fromkeys(self.created) if what not in undone)

    def close(self) -> None:
        """Closes its connections, and what was opened with it."""
        for close in self.closing:
            close()
        self.client.close()


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
