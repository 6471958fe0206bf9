"""A client of a served mock, as a person with curl and a socket would be: REST, Socket.IO and raw WebSockets, in one world."""

import base64
import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mock_server.engine.router import Router
from understudy.contract.model import Contract

PASSWORD, WORLD = "password123", "understudy_world"
PATIENCE = 5.0  # seconds after which what does not come is taken for lost
MARK = "/mark"  # no namespace: being refused it comes after all that was sent before
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What came back. fields: the headers as they came, with lower-case names."""

    status: int
    fields: Sequence[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.fields)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """The inside of an envelope."""
        return self.json["data"]

    @property
    def text(self) -> str:
        return self.body.decode()


class Site:
    """One backend's services. world: whose, None for the default one."""

    def __init__(self, contract: Contract, urls: Mapping[str, str], world: str | None = None) -> None:
        self.contract, self.urls, self.world = contract, urls, world
        self._routers = {service.name: Router((item.method, item.path, None) for item in service.operations) for service in contract.services}
        self._tokens: dict[str, str] = {}
        self._open = ExitStack()

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_error: object) -> None:
        """Closes its sockets."""
        self._open.close()

    def service(self, path: str) -> str:
        """The service that has a path, else the first."""
        plain = path.partition("?")[0]
        return next((name for name, router in self._routers.items() if router.find(plain)), next(iter(self.urls)))

    def ask(
        self, method: str, path: str, body: Any = None, by: str | None = None, token: str | None = None, headers: Mapping[str, str] | None = None,
        data: bytes | None = None, service: str | None = None,
    ) -> Answer:  # fmt: skip
        """An answer. body: sent as JSON; by: the login of who asks; data: a body as it is."""
        sent = {**({"x-understudy-world": self.world} if self.world else {}), **(headers or {})}
        if body is not None:
            data, sent = json.dumps(body).encode(), {"content-type": "application/json", **sent}
        token = self.token(by) if by else token
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        place = urlsplit(self.urls[service or self.service(path)])
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE)
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            return Answer(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())
        finally:
            connection.close()

    def get(self, path: str, **more: Any) -> Answer:
        return self.ask("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.ask("POST", path, body, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.ask("PUT", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.ask("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self.ask("DELETE", path, **more)

    def login(self, login: str, password: str = PASSWORD, **more: Any) -> Answer:
        """Signs in by the backend's own operation."""
        auth = self.contract.settings["auth"]
        path = next(item.path for item in self.contract.operations if item.behavior.do == "login")
        return self.post(path, {auth["login"]: login, auth["password"]: password}, **more)

    def session(self, login: str) -> Any:
        """What signing in answers, without its envelope."""
        body = self.login(login).json
        return body.get("data", body)

    def token(self, login: str) -> str:
        """An access token of an account."""
        if login not in self._tokens:
            self._tokens[login] = self.session(login)[self.contract.settings["auth"]["access"]["name"]]
        return self._tokens[login]

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        assert self.post("/__admin/clock/advance", {"seconds": seconds}).status == 200

    def row(self, collection: str, key: Any, **fields: Any) -> Any:
        """A stored row, after some of its fields are set."""
        method = "PATCH" if fields else "GET"
        return self.ask(method, f"/__admin/state/{collection}/{key}", fields or None).json

    def socket(self, service: str, namespace: str, auth: Any = None, **query: Any) -> "Wire":
        """A Socket.IO connection."""
        address = self._address(service, "/socket.io/", {"EIO": 4, "transport": "websocket", **query})
        return Wire(self._open.enter_context(connect(address)), namespace, auth)

    def frames(self, path: str, token: str | None = None, service: str = "api", tag: str = "type") -> "Raw":
        """A raw WebSocket."""
        return Raw(self._open.enter_context(connect(self._address(service, path, {"token": token} if token else {}))), tag)

    def _address(self, service: str, path: str, query: Mapping[str, Any]) -> str:
        named = {**query, **({WORLD: self.world} if self.world else {})}
        return f"{self.urls[service].replace('http', 'ws', 1)}{path}?{urlencode(named)}"


class Wire:
    """One Socket.IO connection. refused: with what the namespace was refused."""

    def __init__(self, socket: ClientConnection, namespace: str, auth: Any) -> None:
        self.received: list[tuple[str, Any]] = []
        self._prefix = "" if namespace == "/" else f"{namespace},"
        self.socket = socket
        assert str(self.socket.recv(PATIENCE)).startswith("0{")
        self.socket.send(f"40{self._prefix}{json.dumps(auth) if auth is not None else ''}")
        opened = self._until(f"40{self._prefix}", f"44{self._prefix}")
        self.refused: Any = json.loads(opened[len(self._prefix) + 2 :]) if opened.startswith("44") else None

    def _until(self, *starts: str, patience: float = PATIENCE) -> str:
        """Reads up to a packet; the events before it are kept."""
        while True:
            text = str(self.socket.recv(patience))
            if text.startswith(starts):
                return text
            if text == "2":
                self.socket.send("3")
            elif text.startswith(f"42{self._prefix}["):
                name, *data = json.loads(text[len(self._prefix) + 2 :])
                self.received.append((name, data[0] if data else None))

    def send(self, name: str, data: Any = None) -> None:
        """Sends an event."""
        self.socket.send(f"42{self._prefix}{json.dumps([name, data])}")

    def call(self, name: str, data: Any = None, patience: float = 1.0) -> Any:
        """Sends an event; what its acknowledgement carries, None where none comes."""
        self.socket.send(f"42{self._prefix}7{json.dumps([name, data])}")
        with suppress(TimeoutError):
            answer = json.loads(self._until(f"43{self._prefix}7", patience=patience)[len(self._prefix) + 3 :])
            return answer[0] if answer else None
        return None

    def take(self) -> list[tuple[str, Any]]:
        """All that was sent to it until now."""
        with suppress(ConnectionClosed):
            self.socket.send(f"40{MARK},")
            self._until(f"44{MARK},")
        taken, self.received = self.received, []
        return taken

    def say(self, name: str, data: Any = None) -> list[tuple[str, Any]]:
        """Sends an event; what came of it."""
        self.send(name, data)
        return self.take()

    def close(self) -> None:
        """Goes away, in the way of a tab that is closed."""
        self.socket.close()


class Raw:
    """One raw WebSocket. tag: the property that names a frame."""

    def __init__(self, socket: ClientConnection, tag: str) -> None:
        self.tag, self.socket = tag, socket
        self.closed: int | None = None

    def send(self, frame: Any) -> None:
        """Sends a frame."""
        self.socket.send(json.dumps(frame))

    def read(self, patience: float = 0.3) -> list[Any]:
        """All frames until none comes for a while; `closed` is then the code of a closed socket."""
        found: list[Any] = []
        try:
            while True:
                found.append(json.loads(self.socket.recv(patience)))
        except TimeoutError:
            return found
        except ConnectionClosed as ended:
            self.closed = ended.rcvd.code if ended.rcvd else 1006
            return found

    def take(self) -> list[Any]:
        """All frames that were sent to it until now: up to the answer to a ping."""
        found: list[Any] = []
        try:
            self.send({self.tag: "ping"})
            while (frame := json.loads(self.socket.recv(PATIENCE)))[self.tag] != "pong":
                found.append(frame)
        except ConnectionClosed as ended:
            self.closed = ended.rcvd.code if ended.rcvd else 1006
        return found

    def say(self, frame: Any) -> list[Any]:
        """Sends a frame; what came of it."""
        self.send(frame)
        return self.take()

    def close(self) -> None:
        """Goes away."""
        self.socket.close()


def together(acts: Sequence[Callable[[], T]]) -> list[T]:
    """The results of acts that begin at once."""
    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(act) for act in acts]]


def jwt_part(value: Any) -> str:
    """A part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claims_of(token: str) -> dict[str, Any]:
    """What a JWT says."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
