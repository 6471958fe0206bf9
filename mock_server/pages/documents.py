"""What a service shows of itself, offline: its documents, swagger-ui over the one, a page of our own over the other."""

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from mock_server.pages import reached
from mock_server.pages.markup import Markup, tag
from mock_server.pages.realtime import add_realtime_page
from mock_server.transports import swagger
from mock_server.transports.http import DocumentApp
from understudy.contract.model import Service


def add_pages(app: DocumentApp, service: Service) -> None:
    """Adds /openapi.json and /docs of a service that has a document; /asyncapi.json of one that has realtime, and /docs/realtime where it has channels."""
    if service.realtime is not None:
        _add_document(app, "/asyncapi.json", partial(reached.asyncapi, service.realtime.data, channels=service.channels))
    if service.channels:
        add_realtime_page(app, app.engine.contract, service)
    if service.bundle is not None:
        _add_document(app, "/openapi.json", partial(reached.openapi, service.bundle.data))
        _add_docs(app, service)
    elif service.channels:
        _add_door(app)


def _add_document(app: FastAPI, path: str, served: Callable[..., dict[str, Any]]) -> None:
    @app.get(path, include_in_schema=False)
    async def show(request: Request) -> Response:
        document = served(here=reached.here_of(request))
        return Response(orjson.dumps(document), media_type="application/json", headers={"access-control-allow-origin": "*"})


def _add_door(app: FastAPI) -> None:
    """Who asks a service without REST for /docs is shown its channels."""

    @app.get("/docs", include_in_schema=False)
    async def page(request: Request) -> Response:
        return Response(status_code=307, headers={"location": f"{request.scope.get('root_path', '')}/docs/realtime"})


def _add_docs(app: FastAPI, service: Service) -> None:
    @app.get("/docs", include_in_schema=False)
    async def page(request: Request) -> Response:
        base = request.scope.get("root_path", "")
        return swagger.page(service.title, base, f"{base}/openapi.json", _link(service, base))

    @app.get("/docs/{name}", include_in_schema=False)
    async def asset(name: str, request: Request) -> Response:
        return swagger.asset(name, request)


def _link(service: Service, base: str) -> Markup:
    return tag("p", tag("a", "Realtime channels", href=f"{base}/docs/realtime"), class_="realtime") if service.channels else Markup()
