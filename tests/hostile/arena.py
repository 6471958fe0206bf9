"""The mock under attack: a process of its own, what it is attacked at, and whether it is still right."""

import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from understudy.contract.model import Contract, Operation
from understudy.contract.reader import backend_names, read

from ..mock_process import PATIENCE, REPOSITORY, ask, environment
from .attacks import Target

ADMIN = (
    "clock",
    "clock/advance",
    "state",
    "state/x/y",
    "sockets",
    "requests",
    "snapshots",
    "faults",
    "worlds",
    "events",
    "ui",
    "openapi.json",
    "reset",
    "emit",
)
OWN = ("/openapi.json", "/docs", "/docs/realtime", "/asyncapi.json", "/docs/swagger-ui.css", "/docs/..%2f", "/", "/favicon.ico")
TRACES = (b"Traceback", b'File "', b"site-packages", str(REPOSITORY).encode(), b'.py"', b".py:")
CRASHES = ("Traceback", "Task exception was never retrieved", "Exception in ASGI application", "never awaited", "Fatal error")
CREATES = "eventplatform"  # where the proof makes something and finds it
STORM = "After the storm"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
IMPATIENT = """
import sys
from pathlib import Path
from mock_server.options import MockOptions
from mock_server.serve import run
from mock_server.transports.guarding import Limits
run(MockOptions(tuple(sys.argv[2:]), port=0, json=True, limits=Limits(**eval(sys.argv[1]))))
"""


@cache
def contract(backend: str) -> Contract:
    """A backend's contract, read once."""
    return read(backend)


class Arena:
    """A running mock. told: what `--json` printed; log: what it said on stderr goes here."""

    def __init__(self, process: "subprocess.Popen[str]", told: dict[str, Any], log: Path) -> None:
        self.process, self.told, self.log = process, told, log
        self.people = count(1)
        self.names = [backend["name"] for backend in told["backends"]]
        self.tokens: dict[str, tuple[str, ...]] = {}
        self.arm()

    def arm(self) -> None:
        """Gives the attackers tokens that are good: all accounts but the one that must not notice them."""
        for name in self.names:  # attackers may have changed their own passwords: then they keep what they have
            fresh = tuple(filter(None, (self._sign_in(name, account)[1] for account in self._attackers(name))))
            self.tokens[name] = fresh or self.tokens[name]
        self.targets = [target for name in self.names for target in self._operations(name)]
        self.others = [target for name in self.names for target in self._others(name)]

    def _accounts(self, backend: str) -> list[dict[str, Any]]:
        return next(list(item["accounts"]) for item in self.told["backends"] if item["name"] == backend)

    def _attackers(self, backend: str) -> list[int]:
        return [number for number in range(len(self._accounts(backend))) if number != self._bystander(backend)]

    def _bystander(self, backend: str) -> int:
        """Another account of the second one's role that needs no code, else the second: none of those that the attacks name."""
        first, *others = self._accounts(backend)[1:]
        return next((number for number, item in enumerate(others, 2) if item["role"] == first["role"] and not item["note"]), 1)

    def url(self, backend: str, service: str) -> str:
        """Where a service is."""
        found = next(item for item in self.told["backends"] if item["name"] == backend)
        return str(next(item for item in found["services"] if item["name"] == service)["url"])

    def place(self, backend: str, service: str) -> tuple[tuple[str, int], str]:
        """Host, port and root of a service."""
        parts = urlsplit(self.url(backend, service))
        return (("127.0.0.1", parts.port or 80), parts.path)

    def _address(self) -> dict[str, str]:
        """People come from anywhere: limits by address count the attacker's requests, not theirs."""
        return {"x-forwarded-for": f"10.1.{next(self.people)}.1"}

    def _sign_in(self, backend: str, account: int) -> tuple[int, str | None]:
        """Status and token of a login."""
        auth, told = contract(backend).settings["auth"], self._accounts(backend)[account]
        login = next(item for item in contract(backend).operations if item.behavior.do == "login")
        body = {auth["login"]: told["login"], auth["password"]: told["password"]}
        status, _, answer = ask(self.url(backend, login.service) + login.path, body, self._address())
        found = re.search(rb'"%b":"([^"]+)"' % auth["access"]["name"].encode(), answer)
        return status, found.group(1).decode() if found else None

    def _operations(self, name: str) -> Iterator[Target]:
        for service in contract(name).services:
            place, root = self.place(name, service.name)
            for operation in service.operations:
                yield _target(place, root, operation, self.tokens[name])

    def _others(self, name: str) -> Iterator[Target]:
        for service in contract(name).services:
            place, root = self.place(name, service.name)
            for path in OWN:
                yield Target(place, "GET", root + path)
            for path in ADMIN:
                for method in ("GET", "PUT", "POST", "DELETE", "PATCH"):
                    yield Target(
                        place, method, f"{root}/__admin/{path}", example=None if method == "GET" else {"name": "x", "seconds": None, "rate": [], "frozen": 0}
                    )
            if any(not channel.raw for channel in service.channels):
                for method in ("GET", "POST", "PUT"):
                    yield Target(place, method, f"{root}/socket.io/?EIO=4&transport=polling&sid={{sid}}&t=1", example=None if method == "GET" else ["x"])

    def bystander_token(self, backend: str) -> str:
        """A good token of somebody who attacks nobody."""
        return str(self._sign_in(backend, self._bystander(backend))[1])

    def prove(self) -> None:
        """Fails unless people can still work with every backend: sign in, and read what is theirs; and with the first, make something and find it."""
        assert self.process.poll() is None, f"the mock ended with {self.process.returncode}: {self.said()[-3000:]}"
        for name in self.names:
            status, token = self._sign_in(name, self._bystander(name))
            assert status == 200, (name, status)
            for operation in _lists(name):
                status, _, body = ask(self.url(name, operation.service) + operation.path, headers={"authorization": f"Bearer {token}", **self._address()})
                assert status == 200, (operation.id, status, body)
            if name == CREATES:
                self._create(str(token))

    def _create(self, token: str) -> None:
        url, headers = f"{self.url(CREATES, 'gateway')}/api/events", {"authorization": f"Bearer {token}"}
        operation = next(item for item in contract(CREATES).operations if item.id == "createEvent")
        status, _, body = ask(url, {**next(iter(operation.bodies["application/json"].examples.values())), "eventName": STORM}, headers)
        assert status == 201, (status, body)
        made = f"{url}/{json.loads(body)['idEvent']}"
        assert json.loads(ask(made)[2])["eventName"] == STORM
        assert STORM in (item["eventName"] for item in json.loads(ask(url)[2]))
        assert ask(made, headers=headers, method="DELETE")[0] in (200, 204)

    def said(self) -> str:
        """What stands on stderr."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def memory(self) -> int:
        """Bytes that the process holds."""
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text()).group(1)) << 10  # type: ignore[union-attr]

    def files(self) -> int:
        """How many files and connections the process has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def rows(self, backend: str, collection: str) -> Any:
        """The rows of a collection."""
        return json.loads(ask(f"{self.url(backend, contract(backend).services[0].name)}/__admin/state/{collection}")[2])

    def sockets(self) -> int:
        """How many sockets all backends count."""
        first = ((backend["name"], backend["services"][0]["name"]) for backend in self.told["backends"])
        return sum(len(orjson.loads(ask(f"{self.url(*place)}/__admin/sockets")[2])) for place in first)


def _target(place: tuple[str, int], root: str, operation: Operation, tokens: tuple[str, ...]) -> Target:
    media = next((item for kind, item in operation.bodies.items() if "json" in kind), None) or next(iter(operation.bodies.values()), None)
    example = next(iter(media.examples.values()), {}) if media else None
    statuses = frozenset(int(status) for status in operation.responses if status.isdigit())
    query = tuple(item.name for item in operation.parameters if item.where == "query")
    return Target(place, operation.method, root + operation.path, query, example, tokens, statuses)


@cache
def _lists(backend: str) -> list[Operation]:
    """Lists without parameters in their paths, that anybody may see who is signed in."""
    plain = (item for item in contract(backend).operations if item.behavior.do == "list" and "{" not in item.path and "roles" not in item.behavior.words)
    return [item for item in plain if not any(parameter.required for parameter in item.parameters)][:2]


def suspicious(target: Target | None, answer: bytes) -> str | None:
    """What is wrong with what came back, or None."""
    trace = next((trace for trace in TRACES if trace in answer), None)
    if trace is not None:
        return f"the answer holds {trace!r}"
    allowed = {b"%d" % status for status in (target.statuses if target else ()) if status > 500}
    bad = next((status for status in STATUS.findall(answer) if status >= b"500" and status not in allowed), None)
    return f"the answer is {bad.decode()}" if bad else None


@contextlib.contextmanager
def arena(folder: Path, *arguments: str, limits: str | None = None) -> Iterator[Arena]:
    """A mock. limits: of its connections, as a map in Python, in place of the usual ones."""
    command = ["-m", "understudy", "mock", *arguments, "--json"] if limits is None else ["-c", IMPATIENT, limits, *arguments]
    log = folder / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
        )
    with process:
        line = (process.stdout or sys.stdin).readline()
        assert line, log.read_text()
        try:
            yield Arena(process, json.loads(line), log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    check_log(log.read_text(encoding="utf-8", errors="replace"))
    assert process.returncode == 0


def check_log(said: str) -> None:
    """Fails where the mock told of something that it did not expect."""
    for crash in CRASHES:
        assert crash not in said, said[max(0, said.index(crash) - 500) :][:6000]


def everything() -> Sequence[str]:
    """All backends, by name."""
    return backend_names()
