"""HTTP: a FastAPI application per service, with the documents' operations answered before FastAPI's own routing.

FastAPI's routing costs two thirds of the throughput; what is no operation of the document (docs, the document itself) is
ordinary FastAPI.
"""

import gzip
from asyncio import sleep
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI

from mock_server.engine.call import Request
from mock_server.engine.engine import Engine
from mock_server.engine.entries import Response
from mock_server.engine.problem import Problem
from mock_server.state.world import PREFIX
from mock_server.transports.cors import Cors, Headers
from mock_server.transports.cutting import cut_off
from mock_server.transports.requests import request_of, within_world
from mock_server.transports.socketio import SocketIO
from mock_server.transports.whole import WHOLE

Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
OWN = ("/openapi.json", "/docs", "/asyncapi.json")
CONTROL = "/__admin"
LEAST_ZIPPED = 1024
BODILESS = frozenset({"GET", "HEAD"})
OWN_MOST = 16 << 20  # bytes of a body that is none of an operation: what polling or the control API is sent
READ_AT_MOST = 64 << 20  # a body is read to its end, so that its client reads the answer, but no further than this


class DocumentApp(FastAPI):
    """One service. Requests for its operations go to the engine, all others to FastAPI."""

    control: Any = None  # an ASGI application that answers under /__admin; set by who hosts this one

    def __init__(self, engine: Engine, service: str, **options: Any) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, **options)
        self.engine, self.service = engine, service
        self.socketio: SocketIO | None = None
        self.refresh()

    def refresh(self) -> None:
        """Takes over what the engine's contract says of the service, at first and when it has changed."""
        engine, service = self.engine, self.service
        own = next(item for item in engine.contract.services if item.name == service)
        if self.socketio is None and any(not channel.raw for channel in own.channels):
            self.socketio = SocketIO(engine, own)
        elif self.socketio is not None:
            self.socketio.refresh(own)
        self.cors = Cors(engine.contract.settings.get("cors"))
        self.slash = bool(engine.contract.settings.get("redirect_slash"))
        self.most = max((plan.body_limit for plan in engine.plans.values() if plan.operation.service == service), default=1 << 20)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if PREFIX in scope.get("path", ""):
            scope = within_world(scope)
        if not self._is_for_operations(scope):
            await self._beside(scope, receive, send)
            return
        request = request_of(scope)
        if request.method not in BODILESS or b"content-length" in request.headers or b"transfer-encoding" in request.headers:
            body = await _read(receive, self.most)
            if body is None:
                return
            request.body = body
        await self.deliver(request, self.answer(request), scope, receive, send)

    def at_once(self, scope: Any, body: bytes) -> tuple[Request, Response] | None:
        """What `__call__` would answer to a request whose body is at hand; None where it is not the engine that answers."""
        if PREFIX in scope["path"]:
            scope = within_world(scope)
        if not self._is_for_operations(scope):
            return None
        request = request_of(scope)
        request.body = body
        return request, self.answer(request)

    def _is_for_operations(self, scope: Any) -> bool:
        """Whether the engine answers, and not Socket.IO, the control API or FastAPI."""
        if scope["type"] != "http":
            return False
        path, root = scope["path"], scope.get("root_path", "")
        if root:
            path = path.removeprefix(root)
        if self.control is not None and path.startswith(CONTROL):
            return False
        if self.socketio is not None and self.socketio.admits(path) and scope["method"] != "OPTIONS":
            return False
        return not (path.startswith(OWN) and self.engine.routers[self.service].find(path) is None)

    async def _beside(self, scope: Any, receive: Receive, send: Send) -> None:
        """What is none of the document's operations."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if self.socketio is not None and self.socketio.admits(path) and scope.get("method") != "OPTIONS":
            await _bounded(self.socketio.handle_request, scope, receive, self._shared(scope, send))
        elif self.control is not None and scope["type"] == "http" and path.startswith(CONTROL):
            await (self.control(scope, receive, send) if scope["method"] == "GET" else _bounded(self.control, scope, receive, send))
        else:
            await _bounded(super().__call__, scope, receive, send)

    async def deliver(self, request: Request, response: Response, scope: Any, _receive: Receive, send: Send) -> None:
        """Sends an answer, when and as far as it is to arrive."""
        if response.delay:
            await sleep(response.delay)
        headers, body = self.sent(request, response)
        if response.kept is not None:
            await cut_off(scope, send, response, headers, body)
            return
        await send({"type": "http.response.start", "status": response.status, "headers": headers, WHOLE: True})
        await send({"type": "http.response.body", "body": body})

    async def hang_up(self) -> None:
        """Closes what long polling would keep open until its client asks again."""
        if self.control is not None:
            self.control.stop()
        if self.socketio is not None:
            await self.socketio.stop()

    def _shared(self, scope: Any, send: Send) -> Send:
        """Adds CORS to what long polling answers to a page."""
        origin = dict(scope["headers"]).get(b"origin")
        if scope["type"] != "http" or origin is None:
            return send

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.cors.headers(origin)]
            await send(message)

        return sent

    def answer(self, request: Request) -> Response:
        """The answer to a request that is whole."""
        if _is_preflight(request):
            return self._preflight(request)
        if len(request.body) > self.most:
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
        return Response(301, [(b"location", f"{request.root}{request.path}/".encode("latin-1", "replace") + query)], b"")

    def _preflight(self, request: Request) -> Response:
        origin = request.header(b"origin") or b""
        match = self.engine.routers[self.service].find(request.path)
        polled = self.socketio is not None and self.socketio.admits(request.path)
        methods = self.engine.methods(match) if match is not None else ["GET", "HEAD", "OPTIONS", *(["POST"] if polled else [])]
        return Response(200, self.cors.preflight(origin, methods, request.header(b"access-control-request-headers")), b"")

    def sent(self, request: Request, response: Response) -> tuple[Headers, bytes]:
        """Headers and body as they leave: with CORS, compressed where that is asked for."""
        headers, body, given = response.headers, response.body, request.headers
        if b"origin" in given and not _is_preflight(request):
            headers = headers + self.cors.headers(given[b"origin"])
        if len(body) > LEAST_ZIPPED and _admits_gzip(given.get(b"accept-encoding", b"")):
            body = gzip.compress(body, 1, mtime=0)
            headers = [*headers, (b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
        if request.secure:
            headers = [*headers, (b"strict-transport-security", b"max-age=31536000")]
        if request.method == "HEAD":
            return headers, b""
        return [*headers, (b"content-length", b"%d" % len(body))], body


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole of a body, or None if its client goes away before its end. One over the limit is read on, so that its client reads the answer, but not kept."""
    message = await receive()
    parts, size = [message.get("body", b"")], len(message.get("body", b""))
    while message.get("more_body") and size <= READ_AT_MOST:
        message = await receive()
        part = message.get("body", b"")
        if size <= most:
            parts.append(part)
        size += len(part)
    return b"".join(parts) if message["type"] == "http.request" else None


async def _bounded(app: Callable[..., Awaitable[None]], scope: Any, receive: Receive, send: Send) -> None:
    """Gives an application that reads bodies without a limit, and fails where a client goes away, a body that is whole and not too large."""
    if scope["type"] != "http":
        await app(scope, receive, send)
        return
    body = await _read(receive, OWN_MOST)
    if body is None:
        return
    if len(body) > OWN_MOST:
        await send({"type": "http.response.start", "status": 413, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"error":"The body is larger than %d bytes."}' % OWN_MOST})
        return
    first = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def rest() -> Any:
        return next(first, None) or await receive()

    await app(scope, rest, send)


def _is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and b"access-control-request-method" in request.headers


def _admits_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding names gzip and does not refuse it (`gzip;q=0`)."""
    if b"gzip" not in accepted:
        return False
    weights = (part.partition(b";")[2].replace(b" ", b"") for part in accepted.split(b",") if part.strip().startswith(b"gzip"))
    return any(weight not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000") for weight in weights)
