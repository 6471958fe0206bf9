"""Requests that should succeed: from the documents' examples, with keys of rows that are really there, and texts that nobody had before."""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import rstr

from contract_tests.bindings import Binding, Spot, bindings
from contract_tests.checks import NotChecked
from contract_tests.shapes import row_of
from contract_tests.stock import amount
from understudy.contract import schemas
from understudy.contract.functions import iso, time
from understudy.contract.model import Collection, Media, Operation
from understudy.wire.chance import Chance, derive

if TYPE_CHECKING:
    from contract_tests.people import Person
    from contract_tests.session import Session

__all__ = ["Request", "Samples"]

NOBODY: Any = object()  # what stands for a caller that there is not
PLENTY = 10  # things that must be left where some are taken
COMPARED = re.compile(r"body\.(\w+) != row\.(\w+)")
PASSWORDS = re.compile(r"matches_password\(body\.(\w+)")
FILE = bytes(range(256)) * 8  # what is uploaded
DAY = 86_400.0
AHEAD = 45 * DAY
LETTERS = frozenset(
    ["name", "title", "description", "subject", "notes", "content", "text", "message", "reason", "address", "bio", "location", "question", "body", "label"]
)


@dataclass(frozen=True)
class Request:
    """What is sent. path, query, headers: name -> value; body: a JSON value, None for none; media: its type; rows: place -> the row whose key stands there."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str | None = None
    rows: Mapping[Spot, Mapping[str, Any]] = field(default_factory=dict)

    def with_body(self, **fields: Any) -> "Request":
        """The request with other body fields."""
        return replace(self, body={**(self.body or {}), **fields})


class Samples:
    """Makes requests for one session."""

    def __init__(self, session: "Session") -> None:
        self.session = session

    def request(
        self, operation: Operation, person: "Person | None", given: Mapping[Spot, Any] | None = None, fresh: bool = True, own: bool = False, turn: int = 0
    ) -> Request:
        """A request that should succeed. given: place -> value that is settled; fresh: new texts; own: rows must be the person's. Raises NotChecked."""
        made = self.blank(operation, fresh)
        values: dict[Spot, Any] = dict(given or {})
        rows: dict[Spot, Mapping[str, Any]] = {}
        for binding in bindings(self.session.contract, operation):
            if binding.spot in values:
                continue
            row = self._row(operation, binding, values, person, own, _at(made, binding.spot), turn)
            if row is not None:
                key = row[binding.collection.key]
                rows[binding.spot] = row
                values[binding.spot] = key if binding.each is None else self._several(made, binding, key, values, person)
        return self.agreed(operation, replace(_placed(made, values), rows=rows), person)

    def _several(self, made: "Request", binding: Binding, key: Any, values: Mapping[Spot, Any], person: "Person | None") -> list[Any]:
        """The items of a list in a body: of two rows, where there are two."""
        scope = {name: values[spot] for name, spot in binding.scope.items() if spot in values}
        others = [row for row in self.session.rows(binding.collection, person, scope) if str(row.get(binding.collection.key)) != str(key)]
        plenty = [
            row for row in others if not binding.collection.capacity or (known := amount(binding.collection, row)) is None or known[0] - known[1] >= PLENTY
        ]
        return [item for each in (key, *(row[binding.collection.key] for row in plenty[:1])) for item in _listed(made, binding, each)]

    def blank(self, operation: Operation, fresh: bool = True) -> Request:
        """The document's own example request."""
        path = {item.name: self._parameter(operation, item.pointer, item.schema) for item in operation.parameters if item.where == "path"}
        query = {item.name: self._parameter(operation, item.pointer, item.schema) for item in operation.parameters if item.where == "query" and item.required}
        headers = {
            item.name: str(self._parameter(operation, item.pointer, item.schema)) for item in operation.parameters if item.where == "header" and item.required
        }
        media = self.media(operation)
        body = self.body(operation, media, fresh) if media is not None else None
        return Request(path, query, body, headers, media.type if media else None)

    def rich(self, operation: Operation, request: "Request") -> "Request":
        """The request with all that may be sent as well, where a plain value of its type will do; other than the defaults."""
        media = self.media(operation)
        if media is None or media.schema is None or not isinstance(request.body, dict):
            return request
        document = operation.bundle.data
        collection = self.session.contract.collections.get(operation.behavior.collection or "")
        refs = collection.refs if collection is not None else {}
        more = {
            name: value
            for name, node in schemas.properties(document, media.schema).items()
            if name not in request.body and name not in refs and (value := varied(document, node)) is not None
        }
        turned = {name: other for name, value in request.body.items() if (other := _turned(collection, name, value)) is not None}
        return request.with_body(**more, **turned)

    def media(self, operation: Operation) -> Media | None:
        """The media type that is sent: JSON where it may be."""
        return next((item for kind, item in operation.bodies.items() if schemas.is_json(kind)), None) or next(iter(operation.bodies.values()), None)

    def body(self, operation: Operation, media: Media, fresh: bool = True) -> Any:
        """A body: the first example, else one made of the schema."""
        example = next(iter(media.examples.values()), None)
        value = copy.deepcopy(example) if example is not None else made_of(operation.bundle.data, media.schema or {}, whole=operation.behavior.do == "update")
        node = schemas.follow(operation.bundle.data, media.schema or {})
        if isinstance(node, dict) and node.get("format") == "binary":
            return FILE
        return self._freshened(operation, media, value) if fresh and isinstance(value, dict) else value

    def _freshened(self, operation: Operation, media: Media, value: dict[str, Any]) -> dict[str, Any]:
        """Past dates moved ahead; a mark in free texts, so that rows can be told apart."""
        properties = schemas.properties(operation.bundle.data, media.schema or {})
        tag = self.session.chance.text(6)
        made = {name: self._fresh(operation, name, properties.get(name), item, tag) for name, item in value.items()}
        return made if media.examples else {**made, **self._new_key(operation, properties, made)}

    def _new_key(self, operation: Operation, properties: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
        """Another key for a row whose creator names it: one that is taken would be refused."""
        collection = self.session.contract.collections.get(operation.behavior.collection or "")
        if operation.behavior.do != "create" or collection is None or not isinstance(made.get(collection.key), str):
            return {}
        node = schemas.follow(operation.bundle.data, properties.get(collection.key) or {})
        pattern = node.get("pattern") if isinstance(node, dict) and not {"enum", "const", "format"} & set(node) else None
        found = by_pattern(str(pattern), self.session.chance) if pattern else None
        return {collection.key: found} if found else {}

    def _fresh(self, operation: Operation, name: str, schema: Any, value: Any, tag: str) -> Any:
        node = schemas.follow(operation.bundle.data, schema) if schema is not None else {}
        node = node if isinstance(node, dict) else {}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner = schemas.properties(operation.bundle.data, node.get("items") or {})
            return [
                {key: self._fresh(operation, key, inner.get(key), item, tag) for key, item in row.items()} if isinstance(row, dict) else row for row in value
            ]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _telling(name, node, value)
        if node.get("format") == "binary":
            return FILE
        items = schemas.follow(operation.bundle.data, node.get("items") or {}) if isinstance(value, list) else {}
        if items.get("format") == "binary":
            return []
        if not isinstance(value, str):
            return value
        if node.get("format") in ("date-time", "date"):
            ahead = iso(self.session.now() + AHEAD)
            return (ahead if node["format"] == "date-time" else ahead[:10]) if (time(value) or 0) < self.session.now() + DAY else value
        if node.get("format") == "email" or ("@" in value and name.lower() in ("email", "username")):
            return f"check-{tag}@example.com"
        plain = "enum" not in node and "const" not in node and "pattern" not in node and "format" not in node
        fits = len(value) + len(tag) + 1 <= node.get("maxLength", 10_000)
        free = any(name.lower() == word or name.lower().endswith(word) for word in LETTERS)
        return f"{value} {tag}" if plain and fits and free else value

    def _parameter(self, operation: Operation, pointer: str, schema: Any) -> Any:
        document = operation.bundle.data
        node = schemas.follow(document, schema)
        outer = _outer(document, pointer)
        if "example" in outer:
            return outer["example"]
        for example in (outer.get("examples") or {}).values() if isinstance(outer.get("examples"), dict) else ():
            return schemas.follow(document, example).get("value")
        return made_of(document, node)

    def _row(
        self, operation: Operation, binding: Binding, values: Mapping[Spot, Any], person: "Person | None", own: bool, example: Any = None, turn: int = 0
    ) -> Mapping[str, Any] | None:
        """A row whose key may stand in a place: fitting the other places; the person's own where it must be."""
        session, collection = self.session, binding.collection
        scope = {name: values[spot] for name, spot in binding.scope.items() if spot in values}
        owner = operation.behavior.get("owner") if binding.main else None
        known: list[Mapping[str, Any]] = [row for row in session.rows(collection, person, scope) if collection.key in row]
        if not known and not own:
            known = [row for row in [self._example(collection, example, values, binding, person)] if row is not None]
        taken = self._taken(operation, binding, person)
        candidates = self._harmless(collection, [row for row in known if str(row[collection.key]) not in taken])
        fitting = [row for row in candidates if self._fits(operation, binding, row, person, owner)]
        if fitting:
            return fitting[turn % len(fitting)]
        made = session.make(collection, person, scope)
        if made is not None and collection.key in made and self._fits(operation, binding, made, person, None):
            return made
        if owner and any(owner in row for row in known):
            raise NotChecked(f"{person} has no row of {collection.name} and can't make one")
        return next((row for row in candidates if self._fits(operation, binding, row, person, None)), None)

    def _example(self, collection: Collection, example: Any, values: Mapping[Spot, Any], binding: Binding, person: "Person | None") -> Mapping[str, Any] | None:
        """The row of the document's example, if the target has it."""
        reader = self.session.reader(collection)
        if example is None or isinstance(example, list) or reader is None:
            return None
        same = {name: value for (_, name), value in values.items() if name in reader.path_names}
        scoped = {name: values[spot] for name, spot in binding.scope.items() if spot in values and name in reader.path_names}
        path = {**same, **scoped, reader.path_names[-1]: example}
        if set(path) != set(reader.path_names):
            return None
        caller = self.session.caller(reader, person)
        answer = self.session.call(reader, caller if caller is not NOBODY else None, path)
        row = row_of(self.session.contract, reader, answer.json, collection.key) if answer.ok else None
        return row if row is not None and str(row.get(collection.key)) == str(example) else None

    def _taken(self, operation: Operation, binding: Binding, person: "Person | None") -> set[str]:
        """The keys that may not be named again: a row with the same unique fields is there already."""
        collection = self.session.contract.collections.get(operation.behavior.collection or "")
        name = binding.spot[1]
        if operation.behavior.do != "create" or collection is None or not any(name in group for group in collection.unique):
            return set()
        embed = collection.refs[name].embed if name in collection.refs else None
        rows = self.session.rows(collection, person)
        shown = [row.get(name, (row.get(str(embed)) or {}).get(binding.collection.key) if isinstance(row.get(str(embed)), dict) else None) for row in rows]
        return {str(item) for item in shown if item is not None}

    def _harmless(self, collection: Collection, rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Accounts of those who check stand last: what is done to them would be done to the checks."""
        if collection.name != (self.session.contract.settings.get("auth") or {}).get("collection"):
            return rows
        mine = {str(person.key) for person in self.session.people.everyone}
        return sorted(rows, key=lambda row: str(row[collection.key]) in mine)

    def _fits(self, operation: Operation, binding: Binding, row: Mapping[str, Any], person: "Person | None", owner: str | None) -> bool:
        if owner is not None and owner in row and person is not None and str(row[owner]) != str(person.key):
            return False
        if row.get("isActive") is False or row.get("is_active") is False:
            return False
        states, to = binding.collection.states, operation.behavior.get("to")
        if binding.main and states and isinstance(to, str) and states.field in row and not to.startswith("("):
            return to in states.moves.get(str(row[states.field]), ())
        if binding.collection.capacity and operation.behavior.get("take"):
            known = amount(binding.collection, row)
            return known is None or known[0] - known[1] >= PLENTY
        return True

    def agreed(self, operation: Operation, request: Request, person: "Person | None") -> Request:
        """The request with what the operation compares with the row or the caller: a payment's reference, the old password."""
        if not isinstance(request.body, dict):
            return request
        row = next((request.rows[item.spot] for item in bindings(self.session.contract, operation) if item.main and item.spot in request.rows), {})
        body = dict(request.body)
        for refusal in operation.behavior.get("unless") or ():
            text = str(refusal.get("when"))
            for name, other in COMPARED.findall(text):
                if name in body and other in row:
                    body[name] = row[other]
            for name in PASSWORDS.findall(text):
                if person is not None and person.password:
                    body[name] = person.password
        return replace(request, body=body)


def _telling(name: str, node: Mapping[str, Any], value: float) -> Any:
    """A number that tells more: a fraction where there may be one, and two where one would hide a factor."""
    if node.get("type") == "number" and float(value).is_integer() and "multipleOf" not in node and value + 0.25 <= node.get("maximum", value + 1):
        return value + 0.25
    return 2 if value == 1 and name.lower() in ("quantity", "count", "amount", "seats") and node.get("maximum", 2) >= 2 else value


def _turned(collection: Collection | None, name: str, value: Any) -> Any:
    """A value that is what the field is by default, turned round; None where it is another, or can't be turned."""
    node = collection.properties.get(name) if collection is not None else None
    default = node.get("default") if isinstance(node, Mapping) else None
    if default is None or default != value:
        return None
    if isinstance(value, bool):
        return not value
    flags = {key: not item for key, item in value.items() if isinstance(item, bool)} if isinstance(value, dict) else {}
    return {**value, **flags} if flags else None


def _at(request: Request, spot: Spot) -> Any:
    """The value that a place of a request has now."""
    where, name = spot
    values: Any = {"path": request.path, "query": request.query, "body": request.body}[where]
    return values.get(name) if isinstance(values, Mapping) else None


def _listed(request: Request, binding: Binding, key: Any) -> list[Any]:
    """The list of a body with one item, of which the key is that of a row."""
    value = request.body.get(binding.spot[1]) if isinstance(request.body, dict) else None
    item = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}
    return [{**item, str(binding.each): key}]


def _placed(request: Request, values: Mapping[Spot, Any]) -> Request:
    """A request with values in their places."""
    path, query = dict(request.path), dict(request.query)
    body = dict(request.body) if isinstance(request.body, dict) else request.body
    for (where, name), value in values.items():
        if where == "path":
            path[name] = value
        elif where == "query":
            query[name] = value
        elif isinstance(body, dict):
            body[name] = value
    return replace(request, path=path, query=query, body=body)


def _outer(document: Any, pointer: str) -> Mapping[str, Any]:
    """The parameter object around a schema's pointer."""
    from understudy.contract import documents

    try:
        found = documents.resolve(document, pointer.removesuffix("/schema"))
    except KeyError:
        return {}
    return found if isinstance(found, dict) and ("in" in found or "name" in found) else {}


def made_of(document: Any, schema: Any, depth: int = 0, whole: bool = False) -> Any:
    """The smallest plain value of a schema: its example, default or first choice, else one of its type. whole: with what needs not be there."""
    node = schemas.follow(document, schema)
    if not isinstance(node, dict) or depth > 8:
        return None
    for word in ("example", "default", "const"):
        if word in node:
            return copy.deepcopy(node[word])
    if isinstance(node.get("examples"), list) and node["examples"]:
        return copy.deepcopy(node["examples"][0])
    if node.get("enum"):
        return node["enum"][0]
    for word in ("oneOf", "anyOf"):
        if node.get(word):
            return made_of(document, node[word][0], depth + 1)
    return _of_type(document, node, depth, whole)


def varied(document: Any, schema: Any, depth: int = 0) -> Any:
    """A plain value of a schema that is not its default; None where a plain one may not do."""
    node = schemas.follow(document, schema)
    kind = schemas.type_of(document, node) if isinstance(node, dict) else None
    if not isinstance(node, dict) or depth > 2 or {"format", "pattern", "enum", "const", "readOnly", "writeOnly"} & set(node):
        return None
    if kind == "boolean":
        return node.get("default") is False
    if kind == "object":
        inner = {name: value for name, item in schemas.properties(document, node).items() if (value := varied(document, item, depth + 1)) is not None}
        return inner or None
    if kind in ("integer", "number"):
        value = min(max(node.get("minimum", 1), 2) + 1, node.get("maximum", 10**6))
        return value + 0.5 if kind == "number" and value + 0.5 <= node.get("maximum", 10**6) else value
    return "some more text".ljust(int(node.get("minLength", 0)), "x")[: node.get("maxLength", 100)] if kind == "string" else None


def by_pattern(pattern: str, chance: Chance) -> str | None:
    """A text that a pattern takes; None where none can be made."""
    try:
        found = rstr.Rstr(chance).xeger(pattern)
        return found if re.search(pattern, found) else None
    except (re.error, KeyError, ValueError):
        return None


def _of_type(document: Any, node: Mapping[str, Any], depth: int, whole: bool = False) -> Any:
    kind = schemas.type_of(document, node)
    if kind == "object":
        needed, properties = schemas.required(document, node), schemas.properties(document, node)
        writable = {name: item for name, item in properties.items() if name in needed or (whole and not schemas.follow(document, item).get("readOnly"))}
        return {name: made_of(document, item, depth + 1) for name, item in writable.items()}
    if kind == "array":
        return [made_of(document, node.get("items") or {}, depth + 1) for _ in range(int(node.get("minItems", 1)))]
    if kind in ("integer", "number"):
        return max(node.get("minimum", 1), node.get("exclusiveMinimum", 0) + 1)
    if kind == "boolean":
        return True
    if "pattern" in node and (found := by_pattern(str(node["pattern"]), derive("pattern", str(node["pattern"])))) is not None:
        return found
    text = {
        "date-time": "2030-01-15T10:30:00Z",
        "date": "2030-01-15",
        "email": "someone@example.com",
        "uuid": "11111111-2222-4333-8444-555555555555",
        "uri": "https://example.com/x",
    }.get(str(node.get("format")), "text")
    return text.ljust(int(node.get("minLength", 0)), "x")


def encoded(request: Request) -> tuple[str | None, bytes]:
    """Content type and bytes of a body."""
    if request.body is None:
        return None, b""
    if request.media is None or schemas.is_json(request.media):
        return request.media if request.media not in (None, "*/*") else "application/json", json.dumps(request.body, ensure_ascii=False).encode()
    if isinstance(request.body, bytes):
        return request.media, request.body
    if request.media == "multipart/form-data":
        return multipart(request.body)
    if request.media == "application/x-www-form-urlencoded":
        from urllib.parse import urlencode

        return request.media, urlencode(request.body).encode()
    return request.media, str(request.body).encode()


def multipart(fields: Mapping[str, Any]) -> tuple[str, bytes]:
    """A multipart body; bytes become files."""
    boundary = "understudy-check-boundary"
    parts = []
    for name, value in fields.items():
        if isinstance(value, bytes):
            head = f'Content-Disposition: form-data; name="{name}"; filename="{name}.bin"\r\nContent-Type: application/octet-stream\r\n\r\n'
            parts.append(head.encode() + value)
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode())
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary.encode() + b"--\r\n"
    return f"multipart/form-data; boundary={boundary}", body
