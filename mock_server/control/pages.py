"""The control API's own document, and its client for JavaScript."""

from functools import cache
from importlib import resources
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from mock_server.control.desk import Steering
from mock_server.transports import swagger

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def document(request: Request, _desk: Steering) -> Response:
    """The document, for the address by which it was asked for."""
    whole = {**schema(request.app), "servers": [{"url": request.scope["root_path"]}]}
    return Response(orjson.dumps(whole), media_type="application/json")


@router.get("/docs")
async def docs(request: Request, _desk: Steering) -> Response:
    """The page."""
    base = request.scope["root_path"]
    return swagger.page("Understudy's control API", base, f"{base}/openapi.json")


@router.get("/docs/{name}")
async def asset(name: str, request: Request) -> Response:
    """Its files."""
    return swagger.asset(name, request)


@router.get("/client.js")
async def client() -> Response:
    """The client for tests and pages: an ES module. Nothing in it is secret, and a page that imports it can't send a token."""
    return Response(_static("understudy.js"), media_type="text/javascript", headers={"cache-control": "no-cache"})


@router.get("/client.d.ts")
async def types() -> Response:
    """The types of the client."""
    return Response(_static("understudy.d.ts"), media_type="text/plain; charset=utf-8", headers={"cache-control": "no-cache"})


@cache
def _static(name: str) -> bytes:
    return resources.files("mock_server.control").joinpath("static", name).read_bytes()


@cache
def schema(app: Any) -> dict[str, Any]:
    """The document without what FastAPI says of 422, which this API never answers."""
    whole: dict[str, Any] = app.openapi()
    for item in whole["paths"].values():
        for operation in item.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        whole["components"]["schemas"].pop(name, None)
    return whole
