"""The application under /__admin: one for the process; which backend it steers is in the scope of each call."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

from mock_server.control import refusals
from mock_server.control.admission import Admission, own_origins
from mock_server.control.models import Refusal
from mock_server.engine.again import Unavailable
from mock_server.engine.engine import Engine
from mock_server.steering.records import Records
from mock_server.transports.cors import Cors
from understudy import __version__

Send = Callable[[Any], Awaitable[None]]
ROOMS = ("overview", "clock", "state", "log", "worlds", "snapshots", "faults", "sockets", "events", "pages")
SAID = {400: "What was sent can't be", 401: "No token", 403: "Not from here", 404: "Not there", 409: "Not now", 415: "Not JSON", 503: "Too many"}
REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Refusal, "description": said} for status, said in SAID.items()}


@cache
def create_control(pages: tuple[str, ...] = ()) -> FastAPI:
    """The application, made when it is first needed. pages: modules above this floor whose `router` is served beside it."""
    app = FastAPI(title="Understudy's control API", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, responses=REFUSALS)
    routers = [import_module(module).router for module in (*(f"mock_server.control.{room}" for room in ROOMS), *pages)]
    for router in routers:
        app.include_router(router)
    app.state.routes = [route for router in routers for route in router.routes]
    for kind, handler in refusals.HANDLERS.items():
        app.add_exception_handler(kind, handler)
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
        answering = _sharing(cors, headers, send)
        if self.engine.runtime.shared:
            answering = _telling(self.engine, scope["method"], answering)
        await create_control(self.pages)({**scope, "path": _path(scope), "root_path": root, "understudy": self}, receive, answering)

    def stop(self) -> None:
        """Ends what would stay open."""
        self.stopping = True
        self.engine.feed.tell("stopping", self.engine.world)

    def _cors(self, headers: dict[str, str]) -> Cors:
        """CORS for the page that calls, if it may."""
        origin = headers.get("origin")
        allowed = origin is not None and self.admission.allows(origin, headers.get("host", ""), own_origins(self.engine.contract.settings))
        return Cors({"origins": [origin] if allowed else []})


def _telling(engine: Engine, method: str, send: Send) -> Send:
    """Has other processes know what was steered before the answer leaves; what is looked at is what is true in all of them."""
    with suppress(Unavailable):
        for world in engine.worlds:
            world.share.catch_up()
            world.share.count_hits()

    async def told(message: Any) -> None:
        if message["type"] == "http.response.start" and method != "GET":
            with suppress(Unavailable):
                for world in engine.worlds:
                    world.share.steered()
                engine.peers.announce()
        await send(message)

    return told


def _path(scope: Any) -> str:
    """The path in which an encoded slash stays inside its segment, as JSON pointers write it: keys and inferred collections may have some."""
    raw = scope.get("raw_path", b"")
    return unquote(re.sub("%2f", "~1", raw.decode("latin-1"), flags=re.IGNORECASE)) if b"%2" in raw else str(scope["path"])


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
