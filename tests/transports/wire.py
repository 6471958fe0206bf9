"""A client of ASGI applications without a network, which sends what httpx would tidy up: raw headers, pieces of a body, paths as they are."""

import asyncio
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from mock_server.app import Hosted, create_apps
from understudy.contract.reader import read


@functools.cache
def hosted(backend: str) -> tuple[Hosted, ...]:
    """The applications of a backend."""
    return tuple(create_apps([read(backend)]))


def app(backend: str, service: str) -> Any:
    """The application of a service."""
    return next(item.app for item in hosted(backend) if item.service.name == service)


@dataclass(frozen=True)
class Answer:
    """What came back. headers: by lower-case name, several values joined by `; `."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(
    target: Any,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] = b"",
    scheme: str = "http",
    host: str = "mock.test",
) -> Answer:
    """An answer of an application. body: in one piece, or in several."""
    path, _, query = url.partition("?")
    pieces = [body] if isinstance(body, bytes) else list(body)
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in {"host": host, **(headers or {})}.items()]
    if any(pieces):
        raw.append((b"content-length", b"%d" % len(pieces[0])) if len(pieces) == 1 else (b"transfer-encoding", b"chunked"))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": unquote(path), "raw_path": path.encode(), "root_path": "",
        "query_string": query.encode(), "headers": raw, "scheme": scheme, "client": ("127.0.0.1", 5000), "server": ("mock.test", 80),
    }  # fmt: skip
    return asyncio.run(_run(target, scope, pieces))


async def _run(target: Any, scope: dict[str, Any], pieces: list[bytes]) -> Answer:
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1} for index, piece in enumerate(pieces)]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def keep(message: dict[str, Any]) -> None:
        sent.append(message)

    await target(scope, receive, keep)
    found: dict[str, str] = {}
    for name, value in sent[0]["headers"]:
        key, text = name.decode(), value.decode("latin-1")
        found[key] = f"{found[key]}; {text}" if key in found else text
    return Answer(sent[0]["status"], found, b"".join(item.get("body", b"") for item in sent[1:]))
