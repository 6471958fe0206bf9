"""Asks the mock's engine as a client would, without a server: each request in a world as seeded, with time standing still."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any
from urllib.parse import quote, urlencode

from mock_server.app import create_engine
from mock_server.engine.accounts import find_account, issue
from mock_server.engine.call import Call, Request
from mock_server.engine.entries import Response
from mock_server.engine.plan import Plan
from mock_server.state.clock import Clock
from understudy.contract import documents, schemas
from understudy.contract.model import Contract, Operation, Parameter

__all__ = ["Asked", "Mock"]

MOST_ROWS = 40  # of a collection, whose keys are tried in a path
MOST_REQUESTS = 400  # until one is answered with something to see
ANYTHING = "anything"  # a credential, where any will do; a value of a parameter of which nothing is known
Headers = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. login: None for somebody who is not signed in."""

    login: str | None = None
    headers: Headers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer. body: its JSON, None where it has no JSON."""

    status: int
    media: str | None
    body: Any
    login: str | None = None

    @property
    def good(self) -> bool:
        """Whether it is a success with JSON."""
        return 200 <= self.status < 300 and self.media is not None and schemas.is_json(self.media)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see in it: an empty list, or a page of one."""
        lists = [value for value in self.body.values() if isinstance(value, list)] if isinstance(self.body, dict) else []
        return self.body in ([], {}, None) or (bool(lists) and not any(lists))


class Mock:
    """The engine of a contract at one instant. now: seconds since 1970."""

    def __init__(self, contract: Contract, seed: str, now: float) -> None:
        self.contract = contract
        self.engine = create_engine(contract, seed, clock=lambda: Clock(lambda: now), start=now)

    def fits(self, operation: Operation, status: str, asked: Asked) -> bool:
        """Whether a body is valid against the schema of a documented answer."""
        response = operation.responses[status]
        media = next((item for item in response.media.values() if item.type.partition(";")[0] == asked.media), None)
        if media is None or media.pointer is None:
            return media is not None
        return bool(self.engine.runtime.answer_validator(operation.bundle, media.pointer).is_valid(asked.body))

    def prefer(self, operation: Operation, status: int, example: str | None = None) -> Asked:
        """The documented answer of a status; nothing is run for it."""
        wanted = f"code={status}" + (f', example="{_escaped(example)}"' if example is not None else "")
        request = next(self._requests(operation))
        return self._send(operation, request, {b"prefer": wanted.encode()})

    def read(self, operation: Operation) -> Asked | None:
        """The answer to the first caller and row for which there is something to see, else to the first that are answered well; None if none is."""
        first = None
        for request, person in islice(product(self._requests(operation), self._people(operation)), MOST_REQUESTS):
            asked = self._send(operation, request, person.headers, person.login)
            if asked.good and not asked.empty:
                return asked
            first = asked if first is None and asked.good else first
        return first

    def _send(self, operation: Operation, request: tuple[str, str], headers: Mapping[bytes, bytes], login: str | None = None) -> Asked:
        self.engine.reset(self.engine.world)
        path, query = request
        port = next(service.port for service in self.contract.services if service.name == operation.service)
        sent = {b"host": f"localhost:{port}".encode(), **headers}
        response = self.engine.handle(operation.service, Request(operation.method, path, query.encode(), sent, host=f"localhost:{port}"))
        return _read(response, login)

    def _people(self, operation: Operation) -> list[Person]:
        """Who may ask: nobody in particular where that is allowed, then the demo accounts in their order."""
        anonymous = [Person()] if operation.anonymous or not operation.security else []
        if not self.engine.runtime.auth:
            return [*anonymous, Person(None, _any_credential(operation))]
        return [*anonymous, *(() if not operation.security else self._signed_in(operation))]

    def _signed_in(self, operation: Operation) -> Iterator[Person]:
        self.engine.reset(self.engine.world)
        call = Call(self.engine.runtime, Request("GET", "/"), self._plan(operation), {}, self.engine.world)
        field_ = self.engine.runtime.auth["login"]
        for account in self.contract.settings.get("accounts") or ():
            user = find_account(call, account.get(field_))
            if user is not None:
                yield Person(str(account[field_]), _credential(operation, issue(call, "access", user)))

    def _plan(self, operation: Operation) -> Plan:
        return self.engine.plans[operation.id]

    def _requests(self, operation: Operation) -> Iterator[tuple[str, str]]:
        """Paths and queries, with the values that parameters may have."""
        needed = [item for item in operation.parameters if item.where == "path" or (item.where == "query" and item.required)]
        for values in product(*(list(dict.fromkeys(self._values(operation, item))) for item in needed)):
            path, query = operation.path, {}
            for item, value in zip(needed, values, strict=True):
                if item.where == "path":
                    path = path.replace(f"{{{item.name}}}", quote(value, safe=""))
                else:
                    query[item.name] = value
            yield path, urlencode(query)

    def _values(self, operation: Operation, parameter: Parameter) -> Iterator[str]:
        """Values to try: keys of the rows that the parameter names, then its examples, then what its schema lists."""
        yield from (str(value) for value in islice(self._keys(operation, parameter.name), MOST_ROWS))
        schema = schemas.follow(operation.bundle.data, parameter.schema) or {}
        for value in (*_examples(operation, parameter), *schema.get("enum", ()), schema.get("default"), schema.get("minimum")):
            if value is not None:
                yield str(value)
        yield "1" if parameter.type in ("integer", "number") else ANYTHING

    def _keys(self, operation: Operation, name: str) -> Iterator[Any]:
        """Keys of rows that a parameter may name, read from what the operation declares."""
        place, behavior = f"path.{name}", operation.behavior
        for item in (behavior.get("with") or {}).values():
            if item.get("key") == place:
                yield from self._column(item["collection"], None)
        if behavior.collection is None:
            return
        for field_, said in (behavior.get("scope") or {}).items():
            if said == place:
                yield from self._column(behavior.collection, field_)
        own = behavior.get("key", f"path.{operation.path_names[-1]}" if operation.path_names else "")
        if own == place:
            yield from self._column(behavior.collection, None)
        if name in self.contract.collections[behavior.collection].stored:
            yield from self._column(behavior.collection, name)

    def _column(self, collection: str, field_: str | None) -> Iterator[Any]:
        """The values of a field of the rows of a collection, of their key if none is named."""
        key = field_ or self.contract.collections[collection].key
        world = self.engine.world
        rows: Iterable[Mapping[str, Any]] = Call(self.engine.runtime, Request("GET", "/"), self.engine.any_plan(), {}, world).store.all(collection)
        yield from dict.fromkeys(row[key] for row in rows if row.get(key) is not None)


def _read(response: Response, login: str | None) -> Asked:
    media = next((value.decode("latin-1").partition(";")[0].strip() for name, value in response.headers if name.lower() == b"content-type"), None)
    if not response.body:
        return Asked(response.status, None, None, login)
    body = json.loads(response.body) if media is not None and schemas.is_json(media) else None
    return Asked(response.status, media, body, login)


def _examples(operation: Operation, parameter: Parameter) -> Iterator[Any]:
    """The examples that a document gives of a parameter."""
    data = operation.bundle.data
    item = documents.resolve(data, operation.pointer.rpartition("/")[0])
    for node in (*(documents.resolve(data, operation.pointer).get("parameters") or ()), *(item.get("parameters") or ())):
        found = schemas.follow(data, node) or {}
        if (found.get("name"), found.get("in")) == (parameter.name, parameter.where):
            named = [value["value"] for value in (found.get("examples") or {}).values() if isinstance(value, dict) and "value" in value]
            yield from [found["example"]] if "example" in found else named
    schema = schemas.follow(data, parameter.schema) or {}
    yield from [schema["example"]] if "example" in schema else schema.get("examples") or ()


def _credential(operation: Operation, token: str) -> Headers:
    """A token where the operation looks for it."""
    way = operation.security[0]
    if way.where == "cookie":
        return {b"cookie": f"{way.name}={token}".encode()}
    return {way.name.lower().encode(): (token if way.where == "header" else f"Bearer {token}").encode()}


def _any_credential(operation: Operation) -> Headers:
    headers: Headers = {}
    for way in operation.security:
        name, value = ("cookie", f"{way.name}={ANYTHING}") if way.where == "cookie" else (way.name.lower(), f"Bearer {ANYTHING}")
        headers[name.encode()] = value.encode()
    return headers


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
