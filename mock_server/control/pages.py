"""The control API's own document, and its page."""

from functools import cache
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
