"""The application under /__admin: one for the process; which backend it steers is in the scope of each call."""

from collections.abc import Awaitable, Callable
from functools import cache
from importlib import import_module
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from mock_server.control.admission import Admission, own_origins
from mock_server.control.models import Refusal
from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.steering.records import Records
from mock_server.transports.cors import Cors
from understudy import __version__
from understudy.contract.errors import suggest

Send = Callable[[Any], Awaitable[None]]
ROOMS = ("overview", "clock", "state", "log", "worlds", "snapshots", "faults", "sockets", "events", "pages")
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": said}
    for status, said in {400: "What was sent can't be", 401: "No token", 403: "Not from here", 404: "Not there", 409: "Not now", 503: "Too many"}.items()
}


@cache
def create_control(pages: tuple[str, ...] = ()) -> FastAPI:
    """The application, made when it is first needed. pages: modules above this floor whose `router` is served beside it."""
    app = FastAPI(title="Understudy's control API", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, responses=REFUSALS)
    for module in (*(f"mock_server.control.{room}" for room in ROOMS), *pages):
        app.include_router(import_module(module).router)
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_exception_handler(Exception, _crashed)
    return app


class Control:
    """The control API of one service. pages: modules whose routes are served beside it; stopping: the process ends, and so do streams."""

    def __init__(self, engine: Engine, service: str, admission: Admission, records: Records, pages: tuple[str, ...] = ()) -> None:
        self.engine, self.service, self.admission, self.records, self.pages = engine, service, admission, records, pages
        self.stopping = False

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        root = f"{scope.get('root_path', '')}/__admin"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        cors = self._cors(headers)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(cors, headers, send)
            return
        await create_control(self.pages)({**scope, "root_path": root, "understudy": self}, receive, _sharing(cors, headers, send))

    def stop(self) -> None:
        """Ends what would stay open."""
        self.stopping = True
        self.engine.feed.tell("stopping", self.engine.world)

    def _cors(self, headers: dict[str, str]) -> Cors:
        """CORS for the page that calls, if it may."""
        origin = headers.get("origin")
        allowed = origin is not None and self.admission.allows(origin, headers.get("host", ""), own_origins(self.engine.contract.settings))
        return Cors({"origins": [origin] if allowed else []})


async def _preflight(cors: Cors, headers: dict[str, str], send: Send) -> None:
    wanted = headers.get("access-control-request-headers")
    found = cors.preflight(headers.get("origin", "").encode(), ["GET", "POST", "PUT", "PATCH", "DELETE"], wanted.encode() if wanted else None)
    await send({"type": "http.response.start", "status": 200, "headers": [*found, (b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _sharing(cors: Cors, headers: dict[str, str], send: Send) -> Send:
    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            more = cors.headers(headers["origin"].encode()) if "origin" in headers else []
            message["headers"] = [*message["headers"], *more, (b"x-content-type-options", b"nosniff")]
        await send(message)

    return sent


def _body(status: int, error: str, violations: list[dict[str, Any]] | None = None, headers: dict[str, str] | None = None) -> Response:
    content = orjson.dumps({"error": error, "violations": violations or []}, default=str)
    return Response(content, status, headers, "application/json")


async def _refused(_request: Request, problem: Any) -> Response:
    return _body(problem.status, problem.detail or "", [item.as_json() for item in problem.violations], problem.headers)


async def _crashed(_request: Request, _error: Exception) -> Response:
    return _body(500, "The control API failed; its error is in the mock's output.")


async def _unrouted(request: Request, error: Any) -> Response:
    """404 with the closest route, 405 with all methods of the path."""
    methods = _methods(request)
    if error.status_code == 405 and methods:
        return _body(405, f"{request.method} is no method of this path. Valid: {', '.join(methods)}.", headers={"allow": ", ".join(methods)})
    path = request.url.path.removeprefix(request.scope["root_path"])
    known = [route.path for route in request.app.routes if isinstance(route, Route)]
    return _body(error.status_code, f"There is no /__admin{path[:200]} here.{suggest(path[:200], known)}")


def _methods(request: Request) -> list[str]:
    routes = [route for route in request.app.routes if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE]
    return sorted({method for route in routes for method in route.methods or ()})


async def _invalid(request: Request, error: Any) -> Response:
    """400 with every violation, and the closest name for one that is not known."""
    found = [_violation(request, item) for item in error.errors()]
    return _body(400, found[0]["message"], found)


def _violation(request: Request, item: Any) -> dict[str, Any]:
    place = [str(part) for part in item["loc"]]
    pointer, name = "/" + "/".join(place), place[-1]
    if item["type"] == "extra_forbidden":
        text = f"'{name}' is not known here.{suggest(name, _known(request, place[1:-1]))}"
    elif item["type"] == "json_invalid":
        text = f"The body is no JSON: {item['ctx']['error']}"
    elif item["type"] == "missing":
        text = f"'{name}' is required" if len(place) > 1 else "A JSON body is required: send application/json."
    else:
        said = item["msg"][:1].lower() + item["msg"][1:]
        text = f"{'.'.join(place[1:]) or 'the body'}: {said}"
    return {"pointer": pointer, "rule": item["type"], "message": text}


def _known(request: Request, place: list[str]) -> list[str]:
    """The members that the model of a body has at a place."""
    models = _models(request.scope["endpoint"].__annotations__.values())
    chosen = [model for model in models if place and place[0] == model.__name__.lower()] or _of_kind(models, place) or models
    fields = {name for model in chosen[:1] for name in model.model_fields}
    return sorted(fields)


def _of_kind(models: list[type[BaseModel]], place: list[str]) -> list[type[BaseModel]]:
    """Of several models told apart by `kind`, the one that was meant."""
    kinds = [model for model in models if "kind" in model.model_fields]
    return [model for model in kinds if place and place[0] in getattr(model.model_fields["kind"].annotation, "__args__", ())]


def _models(annotations: Any) -> list[type[BaseModel]]:
    """The models in some annotations, those of unions included."""
    found: list[type[BaseModel]] = []
    for item in annotations:
        if isinstance(item, type) and issubclass(item, BaseModel):
            found.append(item)
        elif hasattr(item, "__args__") or hasattr(item, "__origin__"):
            found += _models([getattr(item, "__origin__", None), *getattr(item, "__args__", ())])
    return found
