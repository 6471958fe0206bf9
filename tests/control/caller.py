"""Calls to the control API of a backend, through its applications but without a network."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mock_server.app import Hosted, host
from mock_server.control.admission import Admission
from tests.backends.client import Answer, Client


class Caller:
    """Steers the worlds of a client's backend, by the address of its first service."""

    def __init__(self, backend: str = "eventplatform", admission: Admission | None = None) -> None:
        self.client = Client(backend)
        self.hosted: list[Hosted] = host(self.client.engine, admission)
        self.app = self.hosted[0].app

    def ask(self, method: str, path: str, body: Any = None, root: str = "", raw: bytes | None = None, **headers: str) -> Answer:
        """The answer to a call. path: under /__admin; headers: with _ for -."""
        return asyncio.run(self._ask(method, path, body, root, raw, headers))

    async def _ask(self, method: str, path: str, body: Any, root: str, raw: bytes | None, headers: Mapping[str, str]) -> Answer:
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        given = {
            "host": "localhost:3000",
            **({"content-type": "application/json"} if data else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        url = urlsplit(path)
        whole = f"{root}/__admin{url.path}"
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": whole, "raw_path": whole.encode(),
            "query_string": url.query.encode(), "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()], "scheme": "http",
            "client": ("127.0.0.1", 5000), "server": ("localhost", 3000), "root_path": root,
        }  # fmt: skip
        sent: list[Any] = []
        first = [{"type": "http.request", "body": data, "more_body": False}]

        async def receive() -> Any:
            return first.pop() if first else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        content = b"".join(item.get("body", b"") for item in sent if item["type"] == "http.response.body")
        return Answer(sent[0]["status"], sent[0]["headers"], content)
