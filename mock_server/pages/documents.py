"""What a service shows of itself, offline: its documents, swagger-ui over the one, a page of our own over the other."""

import gzip
import html
import json
from collections.abc import Callable
from functools import partial
from importlib import resources
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from mock_server.pages import reached
from mock_server.pages.markup import Markup, tag
from mock_server.pages.realtime import add_realtime_page
from mock_server.transports.http import DocumentApp
from understudy.contract.model import Service

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon-32x32.png": "image/png",
}  # fmt: skip
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{base}/docs/swagger-ui.css"><link rel="icon" href="{base}/docs/favicon-32x32.png">
<style>.realtime {{font: 14px sans-serif; margin: 1rem 20px 0; text-align: right}}</style></head>
<body>{link}<div id="ui"></div><script src="{base}/docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: {url}, dom_id: "#ui", deepLinking: true, persistAuthorization: true, requestInterceptor: r => r}})</script></body>
</html>
"""


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
        text = PAGE.format(title=html.escape(service.title), base=html.escape(base), url=_script(f"{base}/openapi.json"), link=_link(service, base))
        return Response(text, media_type="text/html")

    @app.get("/docs/{name}", include_in_schema=False)
    async def asset(name: str, request: Request) -> Response:
        if name not in ASSETS:
            return Response("There is no such file.", 404, media_type="text/plain")
        content = resources.files("mock_server").joinpath("vendor", "swagger-ui", f"{name}.gz").read_bytes()
        headers = {"cache-control": "max-age=86400"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(gzip.decompress(content), media_type=ASSETS[name], headers=headers)
        return Response(content, media_type=ASSETS[name], headers={**headers, "content-encoding": "gzip"})


def _script(value: str) -> str:
    """A text inside a script element."""
    return json.dumps(value).replace("<", "\\u003c")


def _link(service: Service, base: str) -> Markup:
    return tag("p", tag("a", "Realtime channels", href=f"{base}/docs/realtime"), class_="realtime") if service.channels else Markup()
