"""Checks a request against its operation: parameters, media type, body. Compiled once per operation, on first use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from mock_server.engine import media, violations
from mock_server.engine.call import Call, Request, Upload
from mock_server.engine.problem import Problem, Violation
from understudy.contract import schemas
from understudy.contract.model import Media, Operation, Parameter

if TYPE_CHECKING:
    from mock_server.engine.runtime import Runtime


_UNKNOWN: Any = object()
REMEMBERED = 1024  # good texts of a parameter whose value is known
LONGEST = 512  # characters of one that is worth remembering


@dataclass(slots=True)
class Checked:
    """A parameter with its validator."""

    parameter: Parameter
    validator: Any
    plain: bool
    good: dict[str, Any] = field(default_factory=dict)


class Validation:
    """The checks of one operation."""

    def __init__(self, runtime: "Runtime", operation: Operation) -> None:
        self.runtime, self.operation = runtime, operation
        checked = [Checked(item, self._validator(item.pointer), item.type in ("string", "null")) for item in operation.parameters]
        self.path = {item.parameter.name: item for item in checked if item.parameter.where == "path"}
        self.query = tuple(item for item in checked if item.parameter.where == "query")
        self.others = tuple(item for item in checked if item.parameter.where in ("header", "cookie"))
        self.bodies = {kind: Body(runtime, operation, item) for kind, item in operation.bodies.items()}
        self.json = next((body for kind, body in self.bodies.items() if schemas.is_json(kind)), None)

    def _validator(self, pointer: str) -> Any:
        return self.runtime.validator(self.operation.bundle, pointer) if pointer else None

    def run(self, call: Call) -> list[Violation]:
        """What is wrong with a call; sets its path, query and body values. Raises Problem for 413 and 415."""
        found = self.parameters(call)
        if self.bodies:
            self._body(call, found)
        return found

    def parameters(self, call: Call) -> list[Violation]:
        """What is wrong with a call's parameters; sets its path and query values."""
        found: list[Violation] = []
        for name, checked in self.path.items():
            call.path[name] = self._check(checked, call.path.get(name), found)
        if self.query:
            self._queries(call, found)
        for checked in self.others:
            self._other(call, checked, found)
        return found

    def _check(self, checked: Checked, text: Any, found: list[Violation]) -> Any:
        known = checked.good.get(text, _UNKNOWN) if isinstance(text, str) else _UNKNOWN
        if known is not _UNKNOWN:
            return known
        parameter = checked.parameter
        value = text if checked.plain else media.coerce(text, parameter.type)
        if checked.validator is not None and not checked.validator.is_valid(value):
            for error in checked.validator.iter_errors(value):
                found.extend(violations.explain(error, f"/{parameter.where}/{parameter.name}"))
        elif isinstance(text, str) and len(checked.good) < REMEMBERED and len(text) <= LONGEST:
            checked.good[text] = value
        return value

    def _queries(self, call: Call, found: list[Violation]) -> None:
        given = parse_query(call.request.query)
        for checked in self.query:
            parameter = checked.parameter
            value = _styled(parameter, given)
            if value is None:
                if parameter.required:
                    found.append(Violation(f"/query/{parameter.name}", "required", f"{parameter.name} is required", "a value"))
                continue
            if parameter.type not in ("array", "object", "json") and len(given.get(parameter.name, ())) > 1:
                found.append(Violation(f"/query/{parameter.name}", "single", f"{parameter.name} must be given once", 1, len(given[parameter.name])))
            if parameter.type == "array":
                value = [media.coerce(item, self._item_type(parameter)) for item in value]
            call.query[parameter.name] = self._check(checked, value, found)

    def _item_type(self, parameter: Parameter) -> str:
        document = self.operation.bundle.data
        return schemas.type_of(document, schemas.follow(document, parameter.schema).get("items", {})) or "string"

    def _other(self, call: Call, checked: Checked, found: list[Violation]) -> None:
        parameter = checked.parameter
        value: Any
        if parameter.where == "header":
            raw = call.request.header(parameter.name.lower().encode())
            value = raw.decode("latin-1") if raw is not None else None
        else:
            value = cookies(call).get(parameter.name)
        if value is None:
            if parameter.required:
                found.append(Violation(f"/{parameter.where}/{parameter.name}", "required", f"{parameter.name} is required", "a value"))
            return
        call.parameters = {**(call.parameters or {}), parameter.name: value}
        self._check(checked, value, found)

    def _body(self, call: Call, found: list[Violation]) -> None:
        request = call.request
        if not request.body:
            if self.operation.body_required:
                found.append(Violation("/body", "required", "The body is required", "a body"))
            return
        header = request.header(b"content-type")
        body = self.json if header == b"application/json" else self._chosen(media.essence(header))
        if body is None:
            raise Problem(415, "media", name=" or ".join(self.bodies))
        body.check(call, header or b"", found)

    def _chosen(self, kind: str) -> "Body | None":
        if kind in self.bodies:
            return self.bodies[kind]
        if schemas.is_json(kind) and self.json is not None:
            return self.json
        return next((body for name, body in self.bodies.items() if name == "*/*" or (name.endswith("/*") and kind.startswith(name[:-1]))), None)


class Body:
    """The check of one media type's body."""

    def __init__(self, runtime: "Runtime", operation: Operation, item: Media) -> None:
        document = operation.bundle.data
        self.media = item.type
        self.json = schemas.is_json(item.type)
        self.validator = runtime.validator(operation.bundle, item.pointer) if item.pointer else None
        properties = schemas.properties(document, item.schema or {})
        self.kinds = {name: schemas.type_of(document, node) or "any" for name, node in properties.items()}
        self.raw = not self.json and item.type not in ("multipart/form-data", "application/x-www-form-urlencoded") and not item.type.startswith("text/")
        self.prune = pruner(document, item.schema or {})

    def check(self, call: Call, header: bytes, found: list[Violation]) -> None:
        value = call.raw if call.raw is not None and self.json else media.decode(self.media, header, call.request.body)
        if not self.json:
            value = media.coerced(value, self.kinds)
        call.raw = value
        if self.validator is not None and not self.raw:
            checked = value if self.json else _texts(value)
            if not self.validator.is_valid(checked):
                for error in self.validator.iter_errors(checked):
                    found.extend(violations.explain(error, "/body"))
        call.body = self.prune(value, "/body", call.violations) if self.prune else value


def _texts(value: Any) -> Any:
    """A form with its files as texts, which is how a schema describes them."""
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value.name if isinstance(value, Upload) else value


def pruner(document: Mapping[str, Any], schema: Any, depth: int = 0) -> Any:
    """A function that drops what a schema does not list (and notes it), or None where nothing can be dropped.

    A schema that says anything about additional properties keeps them.
    """
    node = schemas.follow(document, schema)
    if not isinstance(node, dict) or depth > 8:
        return None
    if schemas.type_of(document, node) == "array":
        inner = pruner(document, node.get("items", {}), depth + 1)
        return None if inner is None else lambda value, at, notes: _each(inner, value, at, notes)
    properties = schemas.properties(document, node)
    if not properties or "additionalProperties" in node or "patternProperties" in node:
        return None
    inside = {name: found for name, child in properties.items() if (found := pruner(document, child, depth + 1))}
    known = frozenset(properties)

    def prune(value: Any, at: str, notes: list[Violation]) -> Any:
        if not isinstance(value, dict):
            return value
        if not value.keys() <= known:
            notes.extend(Violation(f"{at}/{name}", "unknown", f"{name} is not known and was ignored") for name in value if name not in known)
            value = {name: item for name, item in value.items() if name in known}
        if inside:
            value = {name: inside[name](item, f"{at}/{name}", notes) if name in inside else item for name, item in value.items()}
        return value

    return prune


def _each(inner: Any, value: Any, at: str, notes: list[Violation]) -> Any:
    return [inner(item, f"{at}/{index}", notes) for index, item in enumerate(value)] if isinstance(value, list) else value


def parse_query(query: bytes) -> dict[str, list[str]]:
    """The values of a query string by name."""
    result: dict[str, list[str]] = {}
    for pair in query.decode("latin-1").split("&") if query else ():
        name, _, value = pair.partition("=")
        if name:
            result.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return result


def _styled(parameter: Parameter, given: Mapping[str, list[str]]) -> Any:
    name = parameter.name
    if parameter.type == "array":
        values = given.get(name) or given.get(f"{name}[]")
        return values if values is None or parameter.explode or len(values) > 1 else values[0].split(",")
    if parameter.type == "object" and parameter.style == "deepObject":
        found = {key[len(name) + 1 : -1]: values[0] for key, values in given.items() if key.startswith(f"{name}[") and key.endswith("]")}
        return found or None
    values = given.get(name)
    return values[0] if values else None


def cookies(call: Call) -> dict[str, str]:
    """The cookies of a call."""
    if call.cookies is None:
        call.cookies = cookies_of(call.request)
    return call.cookies


def cookies_of(request: Request) -> dict[str, str]:
    """The cookies of a request."""
    raw = request.header(b"cookie")
    return cookies_of_header(raw.decode("latin-1")) if raw else {}


def cookies_of_header(text: str) -> dict[str, str]:
    """The cookies of a Cookie header."""
    pairs = (part.strip().partition("=") for part in text.split(";"))
    return {name: value.strip('"') for name, _, value in pairs}
