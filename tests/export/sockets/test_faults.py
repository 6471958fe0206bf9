"""Faults of requests and of frames: the exported engine does to generated traffic what the mock does."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_server.engine.call import Request
from mock_server.state.faults import REQUEST
from mock_server.steering import faults
from understudy.contract.reader import backend_names, read

from ..traffic import Traffic

STEPS = 400
WHOLE = re.compile(rb"\d\.0[^\d]")
KINDS: dict[str, tuple[dict[str, Any], ...]] = {
    "latency": ({}, {"ms": 250}, {"min": 10, "max": 90}, {"median": 300, "sigma": 0.4}),
    "status": ({"status": 500}, {"status": 503, "retryAfter": 7, "detail": "Down"}, {"status": 418}),
    "rate": ({}, {"limit": 2, "per": "10s"}, {"limit": 1}),
    "reset": ({}, {"at": "request"}, {"at": "response"}),
    "truncate": ({}, {"bytes": 20}, {"part": 0.9}),
    "break": ({},),
    "drop": ({},),
    "delay": ({}, {"ms": 20}, {"min": 1, "max": 5}),
    "duplicate": ({}, {"copies": 2}),
    "reorder": ({},),
    "kick": ({}, {"code": 4123, "reason": "Out"}),
}


class Troubled(Traffic):
    """Traffic with faults. Each step says what the mock made of it."""

    def _step(self) -> None:
        if self.dice.random() < 0.12:
            self._declare()
        else:
            super()._step()

    def _declare(self) -> None:
        kind = self.dice.choice(list(KINDS))
        match = self._request_match() if kind in REQUEST else self._frame_match()
        limits = {"times": self.dice.choice((1, 2, 5)), "ttl": self.dice.choice(("30s", "5m", 90))}
        given = {"kind": kind, "match": match, **self.dice.choice(KINDS[kind]), **limits, "probability": self.dice.choice((1, 1, 0.5))}
        self._tell("fault", {"data": given}, id=faults.declare(self.engine, self.world, given).id)

    def _request_match(self) -> dict[str, Any]:
        operation = self.dice.choice(self.contract.operations)
        accounts = [str(value) for account in self.contract.settings.get("accounts") or () for value in account.values()]
        options: list[dict[str, Any]] = [
            {}, {"method": "GET"}, {"method": ["POST", "P?T", "DELETE"]}, {"operation": operation.id}, {"service": operation.service},
            {"path": operation.path}, {"path": f"{operation.path[:6]}*"}, {"tag": list(operation.tags) or "none"},
            {"user": self.dice.choice(accounts or ["1"])}, {"user": "[!x]*"},
        ]  # fmt: skip
        return self.dice.choice(options)

    def _frame_match(self) -> dict[str, Any]:
        lines = list(self.engine.realtime.lines.values())
        if not lines:
            return {}
        channel = self.dice.choice(lines).channel
        message = self.dice.choice([*channel.receives, *channel.sends])
        options: list[dict[str, Any]] = [
            {}, {"direction": "in"}, {"direction": "out"}, {"message": message}, {"message": f"{message[:3]}*", "direction": "out"}, {"channel": channel.id},
            {"channel": f"{channel.service}/*"}, {"socket": "s[1-4]"}, {"user": "*@example.com"}, {"user": ["1", "2"]},
        ]  # fmt: skip
        return self.dice.choice(options)

    def _tell(self, kind: str, step: dict[str, Any], **made: Any) -> None:
        self.steps.append({"kind": kind, "at": self.now, **step, "made": {**made, "frames": self._taken()}})

    def _send(self, service: str, request: Request) -> None:
        request.address, request.host = "127.0.0.1", "localhost"
        request.headers.pop(b"prefer", None)  # what is asked for is invented by other means there
        request.query = b"&".join(pair for pair in request.query.split(b"&") if not pair.startswith(b"__"))
        body = request.body.decode("latin-1")
        response = self.engine.handle(service, request)
        struck = next((value.decode() for name, value in response.headers if name == b"understudy-fault"), None)
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers.items()}
        asked = {"service": service, "method": request.method, "path": request.path, "query": request.query.decode("latin-1"), "headers": headers, "body": body}
        loose = struck is not None and WHOLE.search(response.body) is not None  # JavaScript writes 1.0 as 1
        made = {"delay": round(response.delay, 6), "kept": response.kept, "struck": struck, "answer": list(response.body)}
        self._tell("request", {**asked, "loose": loose}, status=response.status, **made)
        self._remember(response.body)

    def _hung(self, name: str) -> Callable[[int, str], None]:
        return lambda code, reason: self.frames.append([name, "hang", code, reason])

    def _socket_step(self) -> None:
        before = len(self.steps)
        super()._socket_step()
        for step in self.steps[before:]:
            made = {name: step.pop(name) for name in ("refused", "acknowledged", "frames") if name in step}
            step["made"] = made
            if "refused" in made:
                made["refused"] = None if made["refused"] is None else int(made["refused"])


@pytest.mark.parametrize("name", backend_names())
def test_faults_strike_as_the_mock_has_them(folder: Callable[[str], Path], name: str) -> None:
    session = Troubled(read(name), 7).run(STEPS)
    done = subprocess.run(
        ["node", "faults.mjs", "."], cwd=folder(name).parent, input=json.dumps(session), capture_output=True, text=True, timeout=120, check=False
    )
    *different, total = done.stdout.splitlines() or [""]
    assert (different, done.stderr) == ([], "")
    assert int(total) == len(session["steps"])
