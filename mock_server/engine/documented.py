"""Answers as a document has them: its example, else the backend's own refusal, else a value of the schema. No operation is run for them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from fixtures.instants import at
from fixtures.values import Values
from mock_server.engine import headers, refusals
from mock_server.engine.call import Call, Reply
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem
from mock_server.engine.views import dumps
from understudy.contract import documents, schemas
from understudy.contract.errors import UnderstudyError
from understudy.contract.model import Media, Operation, Response
from understudy.wire.chance import Chance, derive

TRIES = 20  # values that are made until one fits its schema
MOST_PARTS = 500  # of a value, before only what is required is made
FIRST, LAST = 200, 599  # the statuses that can end an exchange
SILENT = frozenset({204, 205, 304})  # HTTP gives them no body
CONCRETE: Mapping[str, str] = {"text/*": "text/plain", "image/*": "image/png", "audio/*": "audio/mpeg", "video/*": "video/mp4"}
KINDS: Mapping[int, str] = {401: "token", 403: "role", 429: "throttled", 500: "crash"}  # the texts that refusals of a status have
KNOWN_HEADERS: Mapping[str, Callable[[Chance, Call], str]] = {  # what a sentence would be nonsense for
    "location": lambda chance, call: f"{call.request.path.rstrip('/')}/{chance.randrange(1, 1000)}",
    "set-cookie": lambda chance, _call: f"session={chance.text(24)}; Path=/; HttpOnly",
    "www-authenticate": lambda _chance, _call: "Bearer",
    "etag": lambda chance, _call: f'"{chance.text(16)}"',
}


class Examples(Values):
    """Values of schemas, with the examples that their parts have."""

    def make(self, name: str, schema: Any, chance: Chance, depth: int = 0, optional: bool = True) -> Any:
        found = _examples(schemas.follow(self.document, schema))
        return found[0] if found else super().make(name, schema, chance, depth, optional)

    def _array(self, name: str, node: Mapping[str, Any], chance: Chance, depth: int, optional: bool) -> list[Any]:
        once = _examples(schemas.follow(self.document, node.get("items"))) and not node.get("minItems")  # the same row twice would be no list
        return super()._array(name, {**node, "maxItems": 1} if once else node, chance, depth, optional)


def _examples(schema: Any) -> list[Any]:
    """The examples of a schema itself."""
    if not isinstance(schema, dict):
        return []
    several = schema.get("examples")
    return [schema["example"]] if "example" in schema else several if isinstance(several, list) else []


def answer(operation: Operation, status: int) -> Response | None:
    """The documented answer of a status: its own, that of its range (4XX), or the default."""
    if not FIRST <= status <= LAST:
        return None
    responses = operation.responses
    return next((responses[name] for name in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default") if name in responses), None)


def statuses(operation: Operation) -> tuple[list[str], list[str]]:
    """The statuses that can be asked for: those that the document has, and the ranges."""
    exact = sorted(name for name in operation.responses if name.isdigit() and FIRST <= int(name) <= LAST)
    classes = [f"{name[0]}00 to {name[0]}99" for name in sorted(operation.responses) if name.lower().endswith("xx") and name[0] in "2345"]
    return exact, classes + [f"{FIRST} to {LAST}"] * ("default" in operation.responses)


def good_first(operation: Operation) -> list[Response]:
    """The documented answers, the good ones first."""
    found = [item for name, item in sorted(operation.responses.items()) if name[0] in "2345" or name == "default"]
    return sorted(found, key=lambda item: not item.status.startswith("2"))


def status_of(plan: Plan, response: Response) -> int:
    """The status of a documented answer that nobody asked for by its status: a range's first, and for the default 500 where good ones are named."""
    if response.status.isdigit():
        return int(response.status)
    if response.status == "default":
        return 500 if plan.operation.success is not None else plan.status
    return int(response.status[0]) * 100


def example_names(responses: Iterable[Response]) -> list[str]:
    """The names of the examples that answers have."""
    return list(dict.fromkeys(name for response in responses for media in response.media.values() for name in media.examples))


def media_of(response: Response, accept: bytes | None, example: str | None) -> Media | None:
    """The media type to answer in: one that `Accept` names exactly, else JSON, else the first; of those that have the example if one is asked for."""
    accepted = [part.partition(";")[0].strip().lower() for part in (accept or b"").decode("latin-1").split(",")]
    ranks = {
        media.type: (accepted.index(kind) if (kind := essence(media)) in accepted else len(accepted), not is_json(media)) for media in response.media.values()
    }
    ordered = sorted(response.media.values(), key=lambda media: ranks[media.type])
    return next((media for media in ordered if example in media.examples), next(iter(ordered), None))


def essence(media: Media) -> str:
    """A media type without parameters, a range as one of its types."""
    kind = media.type.partition(";")[0].strip().lower()
    return CONCRETE.get(kind, "application/json") if "*" in kind else kind


def is_json(media: Media) -> bool:
    """Whether a body of a media type is sent as JSON."""
    return schemas.is_json(essence(media))


def reply(call: Call, status: int, response: Response, media: Media | None, example: str | None, dynamic: bool) -> Reply:
    """The documented answer of a status. Raises UnderstudyError where no value of its schema can be made."""
    silent = media is None or status in SILENT
    chance = call.world.chance if dynamic else derive(call.plan.operation.id, status)
    body = b"" if silent or media is None else _encoded(media, _value(call, status, media, example, None if dynamic else chance))
    kind = "" if silent or media is None else essence(media) if "*" in media.type else media.type
    return Reply(body, status, _headers(call, status, response, kind, chance), kind)


def _value(call: Call, status: int, media: Media, example: str | None, chance: Chance | None) -> Any:
    """The value of a body. chance: where its values come from; None for fresh ones, which no example gives."""
    if chance is None:
        return _made(call, media, call.world.chance, Values)
    if media.examples:
        return media.examples[example] if example is not None else next(iter(media.examples.values()))
    if status >= 400 and is_json(media) and media.schema is not None and fits(call.plan, media.pointer, refusal := _refusal(call, status, media)):
        return refusal
    return _made(call, media, chance, Examples)


def _refusal(call: Call, status: int, media: Media) -> Any:
    """The body with which the backend refuses by a status."""
    runtime, kind = call.runtime, KINDS.get(status)
    said = refusals.said(runtime, Problem(status, kind, None if kind else runtime.titles.get(status, "Error")))
    if not runtime.contract.declared:
        return refusals.body(call.plan, call, media, said)
    call.scope.update(said)
    return refusals.without_absent(runtime.error_template(call.scope))


def _made(call: Call, media: Media, chance: Chance, maker: type[Values]) -> Any:
    """A value of the schema of a body; None where a text can't be one."""
    document, schema = call.plan.operation.bundle.data, media.schema
    if not is_json(media) and (schema is None or schemas.type_of(document, schema) not in ("string", "integer", "number", "boolean")):
        return None
    if schemas.follow(document, schema) in (None, True, {}):
        return {}
    return made(call, "value", schema, media.pointer, chance, maker)


def made(call: Call, name: str, schema: Any, pointer: str | None, chance: Chance, maker: type[Values] = Values) -> Any:
    """A value that fits a schema. Raises UnderstudyError if there is none among many."""
    for value in islice(_candidates(call, name, schema, chance, maker), TRIES):
        if fits(call.plan, pointer, value):
            return value
    raise UnderstudyError("has a schema that no value could be made for: give it an example")


def _candidates(call: Call, name: str, schema: Any, chance: Chance, maker: type[Values]) -> Iterator[Any]:
    """Values for a schema: the first with all that is optional, and with examples if they are wanted."""
    document, locale = call.plan.operation.bundle.data, str(call.runtime.settings.get("locale", "en_US"))
    for number in range(TRIES):
        values = (maker if number == 0 else Values)(document, locale, MOST_PARTS)
        try:
            yield at(_readable(document, schema, values.make(name, schema, chance, optional=number % 2 == 1)), call.now)
        except (UnderstudyError, RecursionError):  # a pattern that no text is made for; a schema that asks for itself
            continue


def _readable(document: Mapping[str, Any], schema: Any, value: Any) -> Any:
    """A value without what its schema never shows."""
    node = schemas.follow(document, schema)
    if isinstance(value, list):
        items = node.get("items", {}) if isinstance(node, dict) else {}
        return [_readable(document, items, item) for item in value]
    if not isinstance(value, dict):
        return value
    nodes = {name: schemas.follow(document, child) for name, child in schemas.properties(document, schema).items()}
    own = node.get("x-behavior") if isinstance(node, dict) else None
    hidden = {*(own.get("secret") or ())} if isinstance(own, dict) else set()
    hidden |= {name for name, child in nodes.items() if isinstance(child, dict) and child.get("writeOnly") is True}
    return {name: _readable(document, nodes.get(name, {}), item) for name, item in value.items() if name not in hidden}


def fits(plan: Plan, pointer: str | None, value: Any) -> bool:
    """Whether a value of an answer is valid against the schema at a pointer of the document."""
    return pointer is None or bool(plan.runtime.answer_validator(plan.operation.bundle, pointer).is_valid(value))


def _encoded(media: Media, value: Any) -> bytes:
    if is_json(media):
        return dumps(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    return b"" if value is None or isinstance(value, dict | list) else dumps(value)


def _headers(call: Call, status: int, response: Response, kind: str, chance: Chance) -> dict[str, str]:
    """The documented headers that an answer must have and does not have by itself; a redirect says where it leads."""
    result = {"WWW-Authenticate": str(call.runtime.auth.get("hint", "Bearer"))} if status == 401 and call.runtime.auth else {}
    present = {name.decode() for name, _ in (*headers.typed(kind), *call.plan.own_headers)} | {name.lower() for name in result} | {"content-type"}
    for name, node in response.headers.items():
        needed = node.get("required") or (status // 100 == 3 and name.lower() == "location")
        if needed and name.lower() not in present:
            result[name] = _header(call, response, name, node, chance)
    return result


def _header(call: Call, response: Response, name: str, node: Mapping[str, Any], chance: Chance) -> str:
    """The value of a header: its example, else one of its schema."""
    document = call.plan.operation.bundle.data
    schema = schemas.follow(document, node.get("schema"))
    named = [item["value"] for item in (node.get("examples") or {}).values() if isinstance(item, dict) and "value" in item]
    examples = [node["example"]] if "example" in node else named or _examples(schema)
    if examples:
        return _line(examples[0])
    pointer = _header_pointer(call.plan.operation, response, name)
    known = KNOWN_HEADERS.get(name.lower())
    if known is not None and fits(call.plan, pointer, found := known(chance, call)):
        return found
    return _line(made(call, name, schema, pointer, chance))


def _header_pointer(operation: Operation, response: Response, name: str) -> str | None:
    """Where the schema of a header stands."""
    document = operation.bundle.data
    here = response.pointer + documents.pointer_of("headers", name)
    here = schemas.pointer(documents.resolve(document, here), here)
    schema = documents.resolve(document, here).get("schema")
    return None if schema is None else schemas.pointer(schema, f"{here}/schema")


def _line(value: Any) -> str:
    """A value as a header has it (style `simple`)."""
    if isinstance(value, dict):
        return ",".join(f"{name},{_line(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ",".join(_line(item) for item in value)
    return " ".join(value.split()) if isinstance(value, str) else dumps(value).decode()
