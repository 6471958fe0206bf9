"""A very small web framework: the servers here are written with it, in no way as ours are. Nothing of it is shipped."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[Any, ...]  # status, body, and perhaps headers


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    args: tuple[str, ...] = ()
    target: str = ""

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.raw)
        except ValueError:
            return None


@dataclass
class App:
    """Routes in order: method, pattern, function. before: sees each request first and may answer it; log: all that were met."""

    routes: list[tuple[str, re.Pattern[str], Callable[[Asked], Answer]]] = field(default_factory=list)
    before: Callable[[Asked], Answer | None] = lambda asked: None
    lost: Callable[[Asked], Answer] = lambda asked: (404, {"message": "Not found"})
    log: list[Asked] = field(default_factory=list)

    def on(self, method: str, path: str) -> Callable[[Callable[[Asked], Answer]], Callable[[Asked], Answer]]:
        pattern = re.compile(re.sub(r"<\w+>", "([^/]+)", path) + "$")

        def note(function: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
            self.routes.append((method, pattern, function))
            return function

        return note

    def answer(self, asked: Asked) -> Answer:
        self.log.append(asked)
        early = self.before(asked)
        if early is not None:
            return early
        for method, pattern, function in self.routes:
            found = pattern.match(asked.path)
            if found and method in (asked.method, "*"):
                asked.args = found.groups()
                return function(asked)
        return self.lost(asked)


class Closed(Exception):  # noqa: N818 - it is what some servers do
    """Raised instead of an answer: the connection is closed without one."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together
    app: App

    def _any(self) -> None:
        parts = urlsplit(self.path)
        raw = self._chunks() if "chunked" in self.headers.get("transfer-encoding", "") else self.rfile.read(int(self.headers.get("content-length") or 0))
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        asked = Asked(self.command, parts.path, query, {name.lower(): value for name, value in self.headers.items()}, raw, target=self.path)
        try:
            status, body, *rest = self.app.answer(asked)
        except Closed:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        except Exception as error:  # as frameworks do
            status, body, rest = 500, f"<html><body><h1>500</h1>{type(error).__name__}</body></html>", []
        self._send(status, body, dict(rest[0]) if rest else {})

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _send(self, status: int, body: Any, headers: dict[str, Any]) -> None:
        content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        kind = "text/html" if isinstance(body, str) else "application/json"
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            for item in value if isinstance(value, list) else [value]:
                self.send_header(name, str(item))
        if "Transfer-Encoding" in headers:
            content = (
                b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[: len(content) // 2], content[len(content) // 2 :]) if part) + b"0\r\n\r\n"
            )
        else:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = _any  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is no news."""


def start(app: App, port: int = 0, context: Any = None) -> _Server:
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"app": app}))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@contextmanager
def served(app: App, context: Any = None) -> Iterator[str]:
    """The URL of an application that runs until the end of the block."""
    server = start(app, 0, context)
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
