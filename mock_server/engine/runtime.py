"""A contract made ready to run: compiled expressions, ledgers, views, and what backend.yaml sets for all operations."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from fixtures.instants import seconds
from mock_server.engine import pushes
from mock_server.engine.call import Call, Entity, Request
from mock_server.engine.problem import CODES, DETAILS, TITLES
from mock_server.engine.views import Views
from mock_server.state.indexes import Computed
from mock_server.state.ordering import sort_rows
from mock_server.state.seats import Ledger
from mock_server.state.store import Row
from understudy.contract import documents, schemas
from understudy.contract.bundle import Bundle
from understudy.contract.errors import ContractError
from understudy.contract.expressions import Compiled, ExpressionError, Kinds, Scope, compile_expression
from understudy.contract.model import Child, Collection, Contract

Virtual = Callable[[Call, Row], Any]
Evaluate = Callable[[Scope], Any]
Placed = Callable[[], tuple[str, int]]  # file and line, asked for only when something is wrong: finding a line means reading the file again


class Runtime:
    """What all operations of a contract share."""

    def __init__(self, contract: Contract) -> None:
        self.contract, self.settings = contract, contract.settings
        self.mode = "on"
        self.listening = False
        self.shared = False  # whether sockets of other processes may hear what is told
        self.later: Callable[[float, Callable[[], None]], Any] = lambda _seconds, act: act()  # a transport with a loop has it wait
        self.next_view = count().__next__
        self.functions: dict[str, Callable[[Call], Any]] = {}
        self.operations: Mapping[str, Any] = {}
        self.send: Callable[[Call], None] = lambda _call: None
        self.request: Callable[[Call, str, Request], Any] = lambda _call, _service, _request: None
        self.stored = {name: item.stored for name, item in contract.collections.items()}
        self.virtual_names = {name: item.virtual for name, item in contract.collections.items()}
        self.auth: Mapping[str, Any] = self.settings.get("auth") or {}
        self.virtuals: dict[tuple[str, str], Virtual] = {}
        self.computed: dict[tuple[str, str], Computed] = {}
        self.login = _lower(str(self.auth.get("login", "")))
        self.ledgers: dict[str, Ledger] = {}
        self.defaults = {name: tuple(_defaults(item)) for name, item in contract.collections.items()}
        self.stamps = {name: tuple(_stamps(item)) for name, item in contract.collections.items()}
        self._views: dict[int, Views] = {}
        self._fields: dict[tuple[str, str], Any] = {}
        self._registries: dict[tuple[int, bool], jsonschema_rs.Registry] = {}
        self._answers: dict[tuple[int, str], Any] = {}
        self.details = {**DETAILS, **(self.settings.get("details") or {})}
        self.titles, self.codes = self._titles()
        for collection in contract.collections.values():
            self._add(collection)
        self.templates = pushes.templates(self)
        self.watched = pushes.by_themselves(self.templates)
        envelope = self.settings.get("envelope") or {}
        self.error_template = self.template(envelope.get("error", {"error": "title", "message": "detail"}), "envelope/error")
        self.invalid_template = self.template(envelope["invalid"], "envelope/invalid") if "invalid" in envelope else self.error_template
        self.page_template = self.template(envelope["page"], "envelope/page") if "page" in envelope else None
        self.pagination_template = self.template(envelope["pagination"], "envelope/pagination") if "pagination" in envelope else None
        self.headers = {name: self.expression(text, {}, self.in_settings, name) for name, text in (self.settings.get("headers") or {}).items()}

        self.session_reply = self.template(self.auth["reply"], "auth.reply") if "reply" in self.auth else None
        self.claims = self._about_user("claims")
        self.visited = self._about_user("visited")
        self.active = self._about_user("active")

    def _about_user(self, word: str) -> Callable[[Mapping[str, Any], Call], Any] | None:
        """A template of `auth` that looks at an account which need not be the caller."""
        if word not in self.auth:
            return None
        evaluate = self.values(self.auth[word], {}, self.in_settings, f"auth.{word}")
        return lambda names, call: evaluate(Scope(call, names))

    def kinds(self, names: Mapping[str, str]) -> Kinds:
        """What the compiler may know: the collections of the given names, and of `user`."""
        own = {"user": self.auth["collection"]} if self.auth else {}
        return Kinds({**own, **names}, self.stored, self.virtual_names)

    def expression(self, source: Any, names: Mapping[str, str], place: Placed, what: str) -> Compiled:
        """A compiled expression; raises ContractError with where it stands."""
        try:
            return compile_expression(source, self.kinds(names))
        except ExpressionError as error:
            raise ContractError(*place(), f"{what}: {error}") from None

    def in_settings(self) -> tuple[str, int]:
        """The place of backend.yaml's own expressions."""
        return f"{self.contract.folder}/backend.yaml", 0

    def values(self, source: Any, names: Mapping[str, str], place: Placed, what: str, mark: bool = False) -> Evaluate:
        """A map (or list, or one expression) whose leaves are expressions, as one function. mark: rows of a known collection become entities."""
        if isinstance(source, dict):
            items = [(name, self.values(value, names, place, f"{what}.{name}", mark)) for name, value in source.items()]
            return lambda scope: {name: evaluate(scope) for name, evaluate in items}
        if isinstance(source, list):
            parts = [self.values(value, names, place, what, mark) for value in source]
            return lambda scope: [evaluate(scope) for evaluate in parts]
        compiled = self.expression(source, names, place, what)
        kind = self.kind(source, names) if mark else None
        return (lambda scope: entities(kind, compiled(scope))) if kind else compiled

    def template(self, source: Any, what: str) -> Evaluate:
        """A template of backend.yaml."""
        return self.values(source, {}, self.in_settings, what, mark=True)

    def kind(self, source: Any, names: Mapping[str, str]) -> str | None:
        """The collection of the rows that an expression gives, where its text tells."""
        if not isinstance(source, str):
            return None
        text = source.strip()
        known: dict[str, str] = {**({"user": self.auth["collection"]} if self.auth else {}), **names}
        if text in known:
            return known[text]
        call, _, rest = text.partition("(")
        name = rest.split(",")[0].split(")")[0].strip().strip("'\"")
        return name if call in ("first", "rows", "top") and name in self.contract.collections else None

    def views(self, bundle: Bundle) -> Views:
        """The views of a document."""
        if id(bundle) not in self._views:
            self._views[id(bundle)] = Views(self, bundle.data)
        return self._views[id(bundle)]

    def answer_validator(self, bundle: Bundle, pointer: str) -> Any:
        """A validator of what answers carry; kept, for it is asked for when a request is answered."""
        key = (id(bundle), pointer)
        if key not in self._answers:
            self._answers[key] = self.validator(bundle, pointer, requests=False)
        return self._answers[key]

    def validator(self, bundle: Bundle, pointer: str, requests: bool = True) -> Any:
        """A validator of what requests (or answers) carry: the schema at a pointer of a document."""
        registry = self._registries.get((id(bundle), requests))
        if registry is None:
            absent = "readOnly" if requests else "writeOnly"
            data = schemas.without_required(bundle.data, absent) if _has(bundle.data, absent) else bundle.data
            registry = self._registries[id(bundle), requests] = jsonschema_rs.Registry([("urn:document", data)], draft=jsonschema_rs.Draft202012)
        return jsonschema_rs.Draft202012Validator({"$ref": f"urn:document#{_fragment(pointer)}"}, registry=registry, validate_formats=True)

    def field_validator(self, collection: Collection, field: str) -> Any:
        """A validator of one field of a stored row, None where its schema stands nowhere by itself; compiled once."""
        known = self._fields.get((collection.name, field), collection)
        if known is collection:
            pointer = f"{collection.pointer}/properties{documents.pointer_of(field)}"
            found = documents.resolve(collection.bundle.data, pointer) is not None
            known = self._fields[collection.name, field] = self.validator(collection.bundle, pointer) if found else None
        return known

    def lifetime(self, use: str) -> float:
        """How long an access or refresh token lives, in seconds."""
        return seconds(self.auth[use]["lifetime"])

    def _titles(self) -> tuple[dict[int, str], dict[int, str]]:
        titles, codes = dict(TITLES), dict(CODES)
        for status, value in (self.settings.get("titles") or {}).items():
            given = {"title": value} if isinstance(value, str) else value
            titles[int(status)] = given.get("title", titles.get(int(status), ""))
            codes[int(status)] = given.get("code", codes.get(int(status), ""))
        return titles, codes

    def _add(self, collection: Collection) -> None:
        place = partial(collection.bundle.place, f"{collection.pointer}/x-behavior/derive")
        for name, source in collection.derive.items():
            evaluate = self.values(source, {"row": collection.name}, place, f"{collection.name}.derive.{name}", mark=True)
            self.virtuals[collection.name, name] = _derived(evaluate)
        for name, child in collection.children.items():
            self.virtuals[collection.name, name] = self._children(collection, child, place)
        for field, ref in collection.refs.items():
            if ref.embed:
                self.virtuals[collection.name, ref.embed] = _embedded(ref.collection, field)
        if collection.capacity:
            self.ledgers[collection.name] = Ledger(collection.name, collection.key, collection.capacity)

    def _children(self, collection: Collection, child: Child, place: Placed) -> Virtual:
        condition = None if child.where is None else self.expression(child.where, {"it": child.collection}, place, f"{collection.name}.children")

        def fetch(call: Call, row: Row) -> list[Row]:
            found = call.store.by(child.collection, child.by, row.get(collection.key))
            chosen = [item for item in found if condition is None or condition(Scope(call, {**call.scope, "it": item}))]
            ordered = sort_rows(chosen, child.sort) if child.sort else chosen
            return ordered[-child.last :] if child.last else ordered

        return fetch


def _lower(field: str) -> Computed:
    """A text in lower case: a login name is found whatever its case."""
    return Computed(frozenset([field]), lambda row: str(row.get(field, "")).lower())


def _has(node: Any, word: str) -> bool:
    if isinstance(node, dict):
        return node.get(word) is True or any(_has(value, word) for value in node.values())
    return isinstance(node, list) and any(_has(value, word) for value in node)


def _defaults(collection: Collection) -> Iterator[tuple[str, Any]]:
    """Field and value of the first state and of the schema's defaults."""
    if collection.states and collection.states.initial is not None:
        yield collection.states.field, collection.states.initial
    for field, node in collection.properties.items():
        found = schemas.follow(collection.bundle.data, node)
        if field in collection.stored and isinstance(found, dict) and "default" in found:
            yield field, found["default"]


def _stamps(collection: Collection) -> Iterator[tuple[str, bool, bool]]:
    """Timestamp fields: name, whether it is a number, whether it is set only once."""
    for field, first in ((collection.created, True), (collection.updated, False)):
        if field:
            yield field, schemas.type_of(collection.bundle.data, collection.properties.get(field, {})) in ("integer", "number"), first


def entities(kind: str, value: Any) -> Any:
    """Rows marked with their collection."""
    if isinstance(value, dict):
        return Entity(kind, value)
    return [Entity(kind, item) if isinstance(item, dict) else item for item in value] if isinstance(value, list) else value


def _derived(evaluate: Evaluate) -> Virtual:
    def compute(call: Call, row: Row) -> Any:
        scope = call.scope
        before = scope.get("row")
        scope["row"] = row
        try:
            return evaluate(scope)
        finally:
            scope["row"] = before

    return compute


def _embedded(collection: str, field: str) -> Virtual:
    def fetch(call: Call, row: Row) -> Any:
        key = row.get(field)
        return None if key is None else call.store.get(collection, key)

    return fetch


def _fragment(pointer: str) -> str:
    return quote(pointer, safe="/~!$&'()*+,;=:@")
