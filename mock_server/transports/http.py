"""HTTP: a FastAPI application per service, with the documents' operations answered before FastAPI's own routing.

FastAPI's routing costs two thirds of the throughput; what is no operation of the document (docs, the document itself) is
ordinary FastAPI.
"""

import gzip
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI

from mock_server.engine.call import Request
from mock_server.engine.engine import Engine, Response
from mock_server.engine.problem import Problem
from mock_server.transports.cors import Cors

Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
OWN = ("/openapi.json", "/docs", "/asyncapi.json", "/__admin")
LEAST_ZIPPED = 1024
READ_AT_MOST = 64 << 20  # a body is read to its end, so that its client reads the answer, but no further than this


class DocumentApp(FastAPI):
    """One service. Requests for its operations go to the engine, all others to FastAPI."""

    def __init__(self, engine: Engine, service: str, **options: Any) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, **options)
        self.engine, self.service = engine, service
        self.cors = Cors(engine.contract.settings.get("cors"))
        self.slash = bool(engine.contract.settings.get("redirect_slash"))
        self.most = max((plan.body_limit for plan in engine.plans.values() if plan.operation.service == service), default=1 << 20)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_own(scope["path"].removeprefix(scope.get("root_path", ""))):
            await super().__call__(scope, receive, send)
            return
        request, too_large = await self._request(scope, receive)
        response = self._answer(request, too_large)
        await self._send(request, response, send)

    def _is_own(self, path: str) -> bool:
        return path.startswith(OWN) and self.engine.routers[self.service].find(path) is None

    async def _request(self, scope: Any, receive: Receive) -> tuple[Request, bool]:
        headers, method = scope["headers"], scope["method"]
        message = await receive()
        body = message.get("body", b"")
        size = len(body)
        if message.get("more_body"):
            parts = [body]
            while message.get("more_body"):
                message = await receive()
                part = message.get("body", b"")
                size += len(part)
                if size <= self.most:
                    parts.append(part)
                if size > READ_AT_MOST or message["type"] == "http.disconnect":
                    break
            body = b"".join(parts)
        host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1")
        client = scope.get("client")
        path = scope["raw_path"].decode("latin-1") if b"%" in scope["raw_path"] else scope["path"]
        root = scope.get("root_path", "")
        path = path[len(root) :] if root and path.startswith(root) else path
        return Request(method, path, scope["query_string"], headers, body, client[0] if client else "", scope["scheme"] == "https", host, root), size > self.most

    def _answer(self, request: Request, too_large: bool) -> Response:
        if request.method == "OPTIONS" and (asked := request.header(b"access-control-request-method")) is not None and asked:
            return self._preflight(request)
        if too_large:
            return self.engine.refuse(self.service, request, Problem(413, "size", name=str(self.most)))
        if self.slash and not request.path.endswith("/") and (moved := self._with_slash(request)) is not None:
            return moved
        return self.engine.handle(self.service, request)

    def _with_slash(self, request: Request) -> Response | None:
        """Django's habit: a GET without the trailing slash of its route is sent there."""
        router = self.engine.routers[self.service]
        if request.method not in ("GET", "HEAD") or router.find(request.path) is not None or router.find(f"{request.path}/") is None:
            return None
        query = b"?" + request.query if request.query else b""
        return Response(301, [(b"location", request.path.encode("latin-1", "replace") + b"/" + query)], b"")

    def _preflight(self, request: Request) -> Response:
        origin = request.header(b"origin") or b""
        match = self.engine.routers[self.service].find(request.path)
        methods = self.engine.methods(match) if match is not None else ["GET", "HEAD", "OPTIONS"]
        return Response(200, self.cors.preflight(origin, methods, request.header(b"access-control-request-headers")), b"")

    async def _send(self, request: Request, response: Response, send: Send) -> None:
        headers, body = response.headers, response.body
        origin = encoding = None
        for name, value in request.headers:
            if name == b"origin":
                origin = value
            elif name == b"accept-encoding":
                encoding = value
        preflight = request.method == "OPTIONS" and origin is not None and any(name == b"access-control-allow-methods" for name, _ in headers)
        if origin is not None and not preflight:
            headers = headers + self.cors.headers(origin)
        if encoding is not None and len(body) > LEAST_ZIPPED and b"gzip" in encoding:
            body = gzip.compress(body, 1, mtime=0)
            headers = [*headers, (b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
        if request.secure:
            headers = [*headers, (b"strict-transport-security", b"max-age=31536000")]
        if request.method != "HEAD":
            headers = [*headers, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})
