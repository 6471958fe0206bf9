"""A client of one backend without a network: requests go straight into the engine, time moves by hand."""

import asyncio
import functools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from mock_server.app import create_engine, host
from mock_server.engine import Request
from mock_server.engine.engine import Engine
from mock_server.state.clock import Clock
from mock_server.state.world import create
from understudy.contract.model import Contract
from understudy.contract.reader import read

TOKEN_LIFE = 600  # seconds after which a login is made anew
FRONT_END = "http://localhost:3000"


@functools.cache
def contract(backend: str) -> Contract:
    """A backend's contract, read once."""
    return read(backend)


@functools.cache
def engine_of(backend: str, seed: str) -> Engine:
    """A backend's engine, made once: what differs between tests is its world."""
    engine = create_engine(contract(backend), seed)
    return engine


class Answer:
    """What came back. headers: by lower-case name, the last one where there are several; cookies: name to its whole Set-Cookie line."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status, self.raw, self.body = status, headers, body
        self.headers = {name.decode(): value.decode("latin-1") for name, value in headers}
        self.cookies = {line.partition("=")[0]: line for line in (value.decode("latin-1") for name, value in headers if name == b"set-cookie")}

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """The inside of an envelope."""
        return self.json["data"]

    def cookie(self, name: str) -> str:
        """The value that a cookie was set to."""
        return self.cookies[name].split(";")[0].partition("=")[2]

    def __repr__(self) -> str:
        return f"{self.status} {self.body[:400]!r}"


class Client:
    """A fresh world of a backend, whose clock stands still. Only the latest client of a backend is alive."""

    def __init__(self, backend: str, seed: str = "1") -> None:
        self.engine = engine_of(backend, seed)
        self.engine.log.clear()
        self.engine.outbox.clear()
        self.engine.snapshots.clear()
        self.engine.realtime.count = 0
        self.engine.runtime.listening = True
        clock = Clock()
        clock.freeze(float(int(clock.now)))
        switches = dict(self.engine.contract.settings.get("switches") or {})
        for world in list(self.engine.worlds)[1:]:
            self.engine.worlds.drop(world.name)
        self.world = self.engine.world = create("default", self.engine.data, seed, switches, clock)
        self.auth: Mapping[str, Any] = self.engine.contract.settings.get("auth") or {}
        self._tokens: dict[str, tuple[str, float]] = {}

    @property
    def sent(self) -> list[Any]:
        """The messages that left, oldest first."""
        return list(self.engine.outbox)

    @property
    def now(self) -> float:
        return self.world.clock.now

    @functools.lru_cache(maxsize=256)  # noqa: B019 - clients are few, and gone with their test
    def validator(self, channel: str, pointer: str) -> Any:
        """A validator of a message's payload."""
        return self.engine.runtime.validator(self.engine.realtime.lines[channel].channel.bundle, pointer)

    def advance(self, seconds: float) -> None:
        """Lets time pass, and what falls due happen."""
        self.world.clock.advance(seconds)
        self.engine.fire(self.world)

    def rows(self, collection: str) -> list[dict[str, Any]]:
        """The stored rows of a collection."""
        return list(self.world.store.begin().all(collection))

    def row(self, collection: str, key: Any) -> dict[str, Any]:
        found = self.world.store.begin().get(collection, key)
        assert found is not None, f"no {key} in {collection}"
        return found

    def put(self, collection: str, row: Mapping[str, Any]) -> None:
        """Writes a row behind the backend's back."""
        unit = self.world.store.begin()
        unit.put(collection, row[self.engine.contract.collections[collection].key], dict(row))
        unit.commit()

    def service(self, path: str) -> str:
        """The service that has a path."""
        return next((name for name, router in self.engine.routers.items() if router.find(path)), next(iter(self.engine.routers)))

    def request(
        self, method: str, url: str, body: Any = None, *, by: str | None = None, token: str | None = None, service: str | None = None,
        headers: Mapping[str, str] | None = None, data: bytes | None = None, address: str = "127.0.0.1", secure: bool = False,
    ) -> Answer:  # fmt: skip
        """A request. body: sent as JSON; by: the login of who asks, signed in first; data: a body as it is; secure: over https."""
        path, _, query = url.partition("?")
        sent = {"host": "localhost", **(headers or {})}
        if body is not None:
            data, sent = json.dumps(body).encode(), {"content-type": "application/json", **sent}
        token = self.token(by) if by else token
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()]
        request = Request(method, path, query.encode(), raw, data or b"", address, secure, "localhost")
        response = self.engine.handle(service or self.service(path), request)
        return Answer(response.status, response.headers, response.body)

    def get(self, url: str, **more: Any) -> Answer:
        return self.request("GET", url, **more)

    def post(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.request("POST", url, body, **more)

    def put_(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.request("PUT", url, body, **more)

    def patch(self, url: str, body: Any = None, **more: Any) -> Answer:
        return self.request("PATCH", url, body, **more)

    def delete(self, url: str, **more: Any) -> Answer:
        return self.request("DELETE", url, **more)

    def login(self, login: str, password: str = "password123", **more: Any) -> Answer:
        """Signs in by the backend's own login operation."""
        operation = next(item for item in self.engine.contract.operations if item.behavior.do == "login")
        return self.post(operation.path, {self.auth["login"]: login, self.auth["password"]: password}, **more)

    def token(self, login: str) -> str:
        """An access token of an account."""
        known = self._tokens.get(login)
        if known is None or known[1] + TOKEN_LIFE < self.now:
            answer = self.login(login)
            assert answer.status == 200, answer
            body = answer.json
            known = self._tokens[login] = (body.get("data", body)[self.auth["access"]["name"]], self.now)
        return known[0]

    def upload(self, url: str, fields: Mapping[str, str], files: Mapping[str, tuple[str, str, bytes]], **more: Any) -> Answer:
        """A multipart form. files: field name to file name, media type and bytes."""
        parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
        for name, (file, kind, content) in files.items():
            head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\nContent-Type: {kind}\r\n\r\n'
            parts.append(head.encode() + content + b"\r\n")
        return self.request("POST", url, data=b"".join([*parts, b"--x--\r\n"]), headers={"content-type": "multipart/form-data; boundary=x"}, **more)

    def browse(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"", scheme: str = "http") -> Answer:
        """A request through the transport, as a browser makes it: redirects, preflights and CORS headers included."""
        path, _, query = url.partition("?")
        name = self.service(path)
        app = next(item.app for item in host(self.engine) if item.service.name == name)
        raw = [(key.lower().encode(), value.encode("latin-1")) for key, value in {"host": "localhost", **(headers or {})}.items()]
        raw += [(b"content-length", b"%d" % len(body))] if body else []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "headers": raw, "scheme": scheme, "client": ("127.0.0.1", 5000), "server": ("localhost", 80), "root_path": "",
        }  # fmt: skip
        return asyncio.run(_through(app, scope, body))


async def _through(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    content = b"".join(item.get("body", b"") for item in messages if item["type"] == "http.response.body")
    return Answer(messages[0]["status"], messages[0]["headers"], content)


def query(**names: Any) -> str:
    """A query string with its question mark."""
    return f"?{urlencode(names)}"
