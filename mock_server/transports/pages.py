"""What a service shows of itself: its document, and swagger-ui over it, offline."""

import gzip
import json
from importlib import resources
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from understudy.contract.model import Service

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon-32x32.png": "image/png",
}  # fmt: skip
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{base}/docs/swagger-ui.css"><link rel="icon" href="{base}/docs/favicon-32x32.png"></head>
<body><div id="ui"></div><script src="{base}/docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: {url}, dom_id: "#ui", deepLinking: true, persistAuthorization: true, requestInterceptor: r => r}})</script></body>
</html>
"""


def add_pages(app: FastAPI, service: Service) -> None:
    """Adds /openapi.json and /docs of a service that has a document, /asyncapi.json of one that has realtime."""
    if service.bundle is not None:
        _add_document(app, "/openapi.json", service.bundle.data)
        _add_docs(app, service.title)
    if service.realtime is not None:
        _add_document(app, "/asyncapi.json", service.realtime.data)


def _add_document(app: FastAPI, path: str, document: dict[str, Any]) -> None:
    @app.get(path, include_in_schema=False)
    async def show(request: Request) -> Response:
        return Response(orjson.dumps(_served(document, request)), media_type="application/json", headers={"access-control-allow-origin": "*"})


def _served(document: dict[str, Any], request: Request) -> dict[str, Any]:
    """The document with its servers as they are reached now."""
    here = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
    paths = {path: _path(item, here) for path, item in document.get("paths", {}).items()}
    moved = {**document, **({"paths": paths} if paths else {})}
    return {**moved, "servers": _servers(document["servers"], here)} if isinstance(document.get("servers"), list) and paths else moved


def _path(item: Any, here: str) -> Any:
    return {**item, "servers": _servers(item["servers"], here)} if isinstance(item, dict) and "servers" in item else item


def _servers(servers: list[Any], here: str) -> list[Any]:
    first, *rest = servers
    url = str(first.get("url", ""))
    path = url.split("://", 1)[-1].partition("/")[2] if "://" in url else url.lstrip("/")
    return [{**first, "url": f"{here}/{path}".rstrip("/")}, *rest]


def _add_docs(app: FastAPI, title: str) -> None:
    @app.get("/docs", include_in_schema=False)
    async def page(request: Request) -> Response:
        base = request.scope.get("root_path", "")
        return Response(PAGE.format(title=title, base=base, url=json.dumps(f"{base}/openapi.json")), media_type="text/html")

    @app.get("/docs/{name}", include_in_schema=False)
    async def asset(name: str, request: Request) -> Response:
        if name not in ASSETS:
            return Response("There is no such file.", 404, media_type="text/plain")
        content = resources.files("mock_server").joinpath("vendor", "swagger-ui", f"{name}.gz").read_bytes()
        headers = {"cache-control": "max-age=86400"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(gzip.decompress(content), media_type=ASSETS[name], headers=headers)
        return Response(content, media_type=ASSETS[name], headers={**headers, "content-encoding": "gzip"})
