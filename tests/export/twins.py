"""A mock in Python and its export in JavaScript, asked the same."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mock_server.engine import Request
from mock_server.engine.engine import Engine
from mock_server.engine.entries import Response

from .javascript import Runtime as JavaScript


class Twins:
    """Stands for a mock's engine. What the two answer differently is kept, with what was asked."""

    def __init__(self, engine: Engine, javascript: JavaScript, folder: Path, start: float) -> None:
        (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
        self.engine, self.javascript = engine, javascript
        self.number = javascript.ask("engine", str(folder), list(engine.plans), {"seed": engine.seed, "start": start})
        self.differences: list[tuple[str, Any, Any]] = []
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def handle(self, service: str, request: Request) -> Response:
        """The mock's own answer."""
        asked = {
            "method": request.method, "path": request.path, "query": request.query.decode("latin-1"), "address": request.address, "host": request.host,
            "headers": {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.items()},
            "body": base64.b64encode(request.body).decode(), "secure": request.secure, "root": request.root,
        }  # fmt: skip
        answer = self.engine.handle(service, request)
        said = self.javascript.ask("handle", self.number, service, asked)
        wanted = told(answer.status, [(name.decode(), value.decode("latin-1")) for name, value in answer.headers], answer.body.decode(), answer.delay)
        got = told(said["status"], said["headers"], said["body"], said["delay"])
        self.asked += 1
        if wanted != got:
            self.differences.append((f"{request.method} {request.path}?{asked['query']} {asked['headers']} {request.body!r}", wanted, got))
        return answer


def told(status: int, headers: Any, body: str, delay: float) -> Mapping[str, Any]:
    """An answer as both tell it: its body as JSON where it is one."""
    named = [[name, json.loads(value) if name == "understudy-violations" else value] for name, value in headers if name != "content-length"]
    try:
        content = json.loads(body)
    except ValueError:
        content = body
    return {"status": status, "headers": named, "body": content, "delay": delay}
