"""How the control API says what it does not do: where, what, what is valid, and the closest match."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from mock_server.engine.again import Unavailable
from mock_server.engine.problem import Problem
from mock_server.engine.violations import shorten
from understudy.contract.errors import suggest
from understudy.wire import jsons

LONGEST = 200


def body(status: int, error: str, violations: list[dict[str, Any]] | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal."""
    content = jsons.dumps({"error": error, "violations": violations or []}, str)
    return Response(content, status, dict(headers or {}), "application/json")


async def _refused(_request: Request, problem: Any) -> Response:
    return body(problem.status, problem.detail or "", [item.as_json() for item in problem.violations], problem.headers)


async def _unavailable(_request: Request, error: Any) -> Response:
    return body(503, f"What is shared with other processes can't be reached now: {error}.")


async def _crashed(_request: Request, _error: Exception) -> Response:
    return body(500, "The control API failed; its error is in the mock's output.")


async def _unrouted(request: Request, error: Any) -> Response:
    """404 with the closest route, 405 with all methods of the path; what the framework itself refuses in its own words."""
    if error.status_code not in (404, 405):
        return body(error.status_code, f"{error.detail}.".replace("..", "."))
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    routes = request.app.state.routes
    methods = sorted({method for route in routes if route.path_regex.match(path) for method in route.methods})
    if methods:
        valid = ", ".join(methods)
        return body(405, f"{request.method} is no method of /__admin{path[:LONGEST]}. Valid: {valid}.", headers={"allow": valid})
    return body(404, f"There is no /__admin{path[:LONGEST]} here.{suggest(path[:LONGEST], [route.path for route in routes])}")


async def _invalid(request: Request, error: Any) -> Response:
    """400 with every violation."""
    media = request.headers.get("content-type", "")
    if request.method != "GET" and not media.startswith("application/json") and await request.body():
        return body(415, f"Send application/json, not {media[:LONGEST] or 'a body of no type'}.")
    found = [_violation(request, item) for item in error.errors()]
    return body(400, found[0]["message"], found)


def _violation(request: Request, item: Any) -> dict[str, Any]:
    place = [str(part) for part in item["loc"]]
    parts = place[2:] if len(place) > 2 and place[1] in KINDS else place[1:]  # a union's branch is named in between
    name = f"'{'.'.join(parts)}'" if parts else "the body"
    said = SAYS.get(item["type"])
    text = said(name, item, request) if said else f"{name}: {item['msg'][:1].lower()}{item['msg'][1:]}."
    return {"pointer": "/" + "/".join(place), "rule": item["type"], "message": text}


KINDS = frozenset({"latency", "status", "rate", "reset", "truncate", "break", "drop", "delay", "duplicate", "reorder", "kick"})
ARE = {
    "float_type": "a number", "int_type": "a whole number", "string_type": "a text", "bool_type": "true or false", "list_type": "a list",
    "dict_type": "an object", "model_attributes_type": "an object", "int_parsing": "a whole number", "int_from_float": "a whole number",
}  # fmt: skip
Say = Callable[[str, Any, Request], str]


def _unknown(name: str, item: Any, request: Request) -> str:
    last = name.strip("'").rpartition(".")[2]
    return f"'{last}' is not known here.{suggest(last, _known(request, [str(part) for part in item['loc'][1:-1]]))}"


def _missing(name: str, item: Any, _request: Request) -> str:
    return f"{name} is required." if len(item["loc"]) > 1 else "A JSON body is required: send application/json."


def _tag(_name: str, item: Any, _request: Request) -> str:
    tags = [tag.strip("' ") for tag in item["ctx"]["expected_tags"].split(",")]
    return f"'{item['ctx']['tag']}' is no kind here.{suggest(item['ctx']['tag'], tags)}"


def _bound(words: str, limit: str) -> Say:
    return lambda name, item, _request: f"{name} is {words} {item['ctx'][limit]:g}, not {_shown(item['input'])}."


def _one_of(are: str) -> Say:
    return lambda name, item, _request: f"{name} is {are}, not {_shown(item['input'])}."


def _shown(value: Any) -> str:
    return str(shorten(value)) if isinstance(value, dict | list) else repr(shorten(value))


SAYS: dict[str, Say] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "union_tag_invalid": _tag,
    "union_tag_not_found": lambda _name, _item, _request: f"'kind' is required. Valid: {', '.join(sorted(KINDS))}.",
    "json_invalid": lambda _name, item, _request: f"The body is no JSON: {item['ctx']['error']}.",
    "greater_than_equal": _bound("at least", "ge"), "less_than_equal": _bound("at most", "le"), "greater_than": _bound("more than", "gt"),
    "less_than": _bound("less than", "lt"),
    "literal_error": lambda name, item, _request: f"{name} is {item['ctx']['expected']}, not {_shown(item['input'])}.",
    **{kind: _one_of(are) for kind, are in ARE.items()},
}  # fmt: skip


def _known(request: Request, place: list[str]) -> list[str]:
    """The members that a body may have at a place."""
    models = _models([kind for name, kind in request.scope["endpoint"].__annotations__.items() if name != "return"])
    for part in place:
        inner = _models([model.model_fields[part].annotation for model in models if part in model.model_fields])
        models = [model for model in models if part in _kinds(model)] or inner
    return sorted({name for model in models for name in model.model_fields})


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    """The value of `kind` by which a model is told from others."""
    field = model.model_fields.get("kind")
    return tuple(getattr(field.annotation, "__args__", ())) if field else ()


def _models(annotations: list[Any]) -> list[type[BaseModel]]:
    """The models in some annotations, those of unions included."""
    found: list[type[BaseModel]] = []
    for item in annotations:
        if isinstance(item, type) and issubclass(item, BaseModel):
            found.append(item)
        else:
            found += _models([part for part in (*getattr(item, "__args__", ()), getattr(item, "__origin__", None)) if part is not None and part is not item])
    return found


HANDLERS: dict[Any, Any] = {Problem: _refused, Unavailable: _unavailable, RequestValidationError: _invalid, HTTPException: _unrouted, Exception: _crashed}
