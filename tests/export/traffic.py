"""Generated traffic: what clients may send to a backend, the valid and the wrong, made of its documents and of what it answered before."""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from fixtures.instants import at
from fixtures.values import Values
from mock_server.app import create_engine, host
from mock_server.engine.call import Request
from mock_server.engine.engine import Engine
from mock_server.engine.realtime import Line
from mock_server.state.clock import Clock
from mock_server.state.rooms import Socket
from mock_server.state.tokens import TokenError
from mock_server.steering import scenarios
from understudy.contract import schemas
from understudy.contract.model import Contract, Media, Operation, Parameter
from understudy.wire.chance import Chance, derive

SEED = "1"
START = 1767225600.0  # 2026-01-01, for which exported rows are written
JUNK: tuple[Any, ...] = ("", "x", -1, 0, 1.5, 999999, True, None, [], {}, "2026-02-30", "é😀", "a" * 300, "' or 1=1", [None], {"a": 1})
TEXT_JUNK = ("0", "-1", "999999", "abc", "1.5", "true", "", "%20", "é", "a,b", "null", "2026-01-01")
BODIES = (b"", b"{", b"[]", b"null", b'"text"', b"{}", b'{"a":NaN}', b"\xff", b'{"a":1}x', b"[" * 300 + b"]" * 300)
PAUSES = (*(0.0,) * 60, *(0.001, 0.5, 1.0, 3.0) * 8, 30.0, 61.0, 61.0, 320.0, 2000.0)
STALE = 600  # seconds after which everybody signs in again
PASSWORD = "password123"
TOO_COMMON = {"id", "name", "title", "email", "status", "type", "page", "limit", "quantity", "message", "content", "description"}
MOST_SEEN = 12
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")


class Traffic:
    """One session with one world of a backend: requests and frames, and what the mock made of them."""

    def __init__(self, contract: Contract, seed: int, start: float = START, scenario: str | None = None) -> None:
        self.contract, self.dice = contract, random.Random(f"{contract.name}/{seed}")
        self.engine: Engine = create_engine(contract, SEED, clock=Clock, start=start)
        self.apps = {item.service.name: item.app for item in host(self.engine)}
        self.world, self.now = self.engine.world, start
        self.world.clock.freeze(start)
        self.scenario = scenario
        if scenario is not None:
            scenarios.apply(self.engine, self.world, scenario, {})
            self.now = self.world.clock.now
        self.chance: Chance = derive("traffic", contract.name, seed)
        self.tokens: list[str] = []
        self.cookies: dict[str, str] = {}
        self.seen: dict[str, list[Any]] = defaultdict(list)
        self.steps: list[dict[str, Any]] = []
        self.sockets: dict[str, tuple[Socket, Line]] = {}
        self.frames: list[Any] = []
        self.seed, self.start = seed, start
        self.fresh: dict[str, Any] = {}
        self.last = ""
        self.names = {operation.id: frozenset(_names(operation)) - TOO_COMMON for operation in contract.operations}
        listens = any(channel.receives for channel in contract.channels)
        self.share = 0.3 if listens else 0.05 if contract.channels else 0.0  # of steps over sockets
        self.numbers = 0

    def run(self, length: int) -> dict[str, Any]:
        """So many steps, as JSON that another engine can repeat."""
        signed = float("-inf")
        for _ in range(length):
            if self.now - signed > STALE and self.contract.settings.get("auth"):
                signed = self.now
                for account in self.contract.settings["accounts"]:
                    self._sign_in(account)
            self.now += self.dice.choice(PAUSES)
            self.world.clock.freeze(self.now)
            self._step()
        return {
            "backend": self.contract.name,
            "seed": SEED,
            "session": self.seed,
            "start": self.start,
            "scenario": self.scenario,
            "key": self.world.tokens.key,
            "steps": self.steps,
        }

    def _step(self) -> None:
        if self.contract.channels and self.dice.random() < self.share:
            self._socket_step()
        else:
            self._request(self._next())

    # requests

    def _next(self) -> Operation:
        """An operation: often one that takes what the last answer gave, such as the `state` of a sign-in elsewhere."""
        fitting = [item for item in self.contract.operations if self.names[item.id] & self.fresh.keys()]
        if not fitting or self.dice.random() < 0.6:
            return self.dice.choice(self.contract.operations)
        near = max(fitting, key=lambda item: _alike(item.path, self.last))
        return near if self.dice.random() < 0.5 else self.dice.choice(fitting)

    def _sign_in(self, account: Mapping[str, Any]) -> None:
        login = next((item for item in self.contract.operations if item.behavior.do == "login"), None)
        auth = self.contract.settings["auth"]
        if login is not None:
            body = {auth["login"]: account[auth["login"]], auth["password"]: account.get("password", PASSWORD)}
            self._send(login.service, Request(login.method, login.path, headers={b"content-type": b"application/json"}, body=json.dumps(body).encode()))

    def _request(self, operation: Operation) -> None:
        dice = self.dice
        path = operation.path
        for name in operation.path_names:
            path = path.replace(f"{{{name}}}", self._path_value(operation, name))
        if dice.random() < 0.02:
            path = dice.choice((path + "/", path.rstrip("/"), path + "/nowhere", "/nothing", path[:-1]))
        method = operation.method if dice.random() < 0.98 else dice.choice(METHODS)
        headers = self._credentials(operation)
        body = b""
        if operation.bodies and method not in ("GET", "HEAD"):
            media = dice.choice([*operation.bodies.values()])
            body, kind = self._body(operation, media)
            if kind:
                headers[b"content-type"] = kind
        if dice.random() < 0.08:
            headers[b"prefer"] = self._preference(operation)
        for parameter in operation.parameters:
            if parameter.where == "header" and dice.random() < 0.5:
                headers[parameter.name.lower().encode()] = dice.choice((b"key-1", b"key-2", b"x"))
        self._send(operation.service, Request(method, path, self._query(operation), headers, body))

    def _send(self, service: str, request: Request) -> None:
        self.last = request.path
        request.address, request.host = "127.0.0.1", f"localhost:{self._port(service)}"
        response = self.apps[service].answer(request)
        body = response.body if response.kept is None else response.body[: max(0, response.kept)]
        self.steps.append({
            "kind": "request", "at": self.now, "service": service, "method": request.method, "path": request.path, "query": request.query.decode("latin-1"),
            "headers": {name.decode(): value.decode("latin-1") for name, value in request.headers.items()}, "body": request.body.decode("latin-1"),
            "status": 0 if response.kept == -1 else response.status, "answer": body.decode("latin-1"), "frames": self._taken(),
            "struck": any(name == b"understudy-fault" for name, _ in response.headers),
            "media": None if response.kept == -1 else next((value.decode() for name, value in response.headers if name == b"content-type"), None),
        })  # fmt: skip
        for name, value in response.headers:
            if name == b"set-cookie":
                key, _, rest = value.decode("latin-1").partition("=")
                self.cookies[key] = rest.partition(";")[0]
        self._remember(response.body)

    def _port(self, service: str) -> int:
        return next(item.port for item in self.contract.services if item.name == service)

    def _remember(self, body: bytes) -> None:
        try:
            value = json.loads(body)
        except ValueError:
            return
        self.fresh = {}
        self._keep(value)

    def _keep(self, value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                self._keep(item, key)
        elif isinstance(value, list):
            for item in value[:5]:
                self._keep(item, name)
        elif isinstance(value, str | int) and not isinstance(value, bool):
            known = self.seen[name.lower()]
            known.append(value)
            self.fresh[name.lower()] = value
            del known[:-MOST_SEEN]
            if isinstance(value, str) and value.count(".") == 2 and value.startswith("ey") and ("access" in name.lower() or self.dice.random() < 0.1):
                self.tokens = [*self.tokens, value][-MOST_SEEN:]

    def _credentials(self, operation: Operation) -> dict[bytes, bytes]:
        dice, found = self.dice, {}
        if self.tokens and dice.random() < (0.9 if operation.security else 0.1):
            good = [token for token in self.tokens if self._opens(token)] if dice.random() < 0.9 else []
            found[b"authorization"] = f"Bearer {dice.choice(good or self.tokens)}".encode()
        elif dice.random() < 0.2:
            found[b"authorization"] = dice.choice((b"Bearer x.y.z", b"Basic abc", b"Bearer ", b"bearer abc"))
        if self.cookies and dice.random() < 0.3:
            found[b"cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items()).encode()
            if dice.random() < 0.3:
                found[b"origin"] = dice.choice((b"http://evil.example", b"http://localhost:3000", b"http://localhost:5173"))
        return found

    def _opens(self, token: str) -> bool:
        try:
            return bool(self.world.tokens.verify(token, "access", self.now))
        except TokenError:
            return False

    def _path_value(self, operation: Operation, name: str) -> str:
        dice = self.dice
        collection = operation.behavior.collection
        keys = list(self.world.store.tables[collection].rows) if collection in self.world.store.tables else []
        others = self._keys_named(name)
        own = [dice.choice(keys[: dice.choice((2, 5, len(keys)))])] if keys and name == operation.path_names[-1] else []
        options = others if others and dice.random() < 0.8 else own
        parameter = next((item for item in operation.parameters if (item.where, item.name) == ("path", name)), None)
        if parameter is not None and not options and dice.random() < 0.9:
            options = [self._made(operation, name, parameter.schema)]
        if options and dice.random() < 0.92:
            return quote(str(dice.choice(options)), safe="")
        return quote(dice.choice(TEXT_JUNK) or "x", safe="%")

    def _keys_named(self, name: str) -> list[Any]:
        """Keys that a field of this name may hold: what the last answer had under it, keys of what it refers to, and what earlier answers had."""
        if name.lower() in self.fresh and self.dice.random() < 0.7:
            return [self.fresh[name.lower()]]
        found = list(self.seen.get(name.lower(), ()))[-3:]
        plain = name.lower().removesuffix("_id").removesuffix("id")
        for collection in self.contract.collections.values():
            rows = list(self.world.store.tables[collection.name].rows)
            refers = any(field.lower() == name.lower() and rows for field in collection.refs)
            target = next((ref.collection for field, ref in collection.refs.items() if field.lower() == name.lower()), None)
            if refers and target is not None and self.world.store.tables[target].rows:
                found.append(self.dice.choice(list(self.world.store.tables[target].rows)))
            if rows and plain and collection.name.lower().startswith(plain):
                found.append(self.dice.choice(rows))
        return found

    def _query(self, operation: Operation) -> bytes:
        dice, pairs = self.dice, []
        for parameter in operation.parameters:
            if parameter.where != "query" or (dice.random() < 0.6 and not parameter.required):
                continue
            for _ in range(1 if dice.random() < 0.97 else 2):
                pairs.append((parameter.name, self._query_value(operation, parameter)))
        if dice.random() < 0.02:
            pairs.append(("__code", dice.choice(("404", "200", "abc"))))
        return urlencode(pairs).encode()

    def _query_value(self, operation: Operation, parameter: Parameter) -> str:
        dice = self.dice
        if dice.random() < 0.15:
            return dice.choice(TEXT_JUNK)
        if parameter.name in ("cursor",):
            links = [str(link) for link in (*self.seen["next"], *self.seen["previous"])]
            found = [link.partition("cursor=")[2].partition("&")[0] for link in links if "cursor=" in link]
            return dice.choice(found) if found else ""
        if parameter.name in ("page", "limit", "page_size", "per_page", "size"):
            return str(dice.choice((1, 2, 3, 5, 10, 100)))
        seen = self._keys_named(parameter.name)
        if seen and dice.random() < 0.5:
            return str(dice.choice(seen))
        value = self._made(operation, parameter.name, parameter.schema)
        return value if isinstance(value, str) else json.dumps(value)

    def _preference(self, operation: Operation) -> bytes:
        codes = [status for status in operation.responses if status.isdigit()]
        return self.dice.choice((f"code={self.dice.choice(codes or ['200'])}", "code=299", "example=default", "delay=0", "example=nope", "wait=3")).encode()

    # bodies

    def _body(self, operation: Operation, media: Media) -> tuple[bytes, bytes]:
        dice = self.dice
        if dice.random() < 0.03:
            return dice.choice(BODIES), b"application/json"
        value = self._value(operation, media)
        if schemas.is_json(media.type):
            kind = media.type.encode() if dice.random() < 0.97 else dice.choice((b"text/plain", b"application/json; charset=utf-8", b"", b"APPLICATION/JSON"))
            return json.dumps(value, ensure_ascii=dice.random() < 0.5).encode(), kind
        if media.type == "application/x-www-form-urlencoded":
            return urlencode(value if isinstance(value, dict) else {}).encode(), media.type.encode()
        if media.type == "multipart/form-data":
            return _multipart(value if isinstance(value, dict) else {}), b"multipart/form-data; boundary=edge"
        return b"bytes of a file", media.type.encode()

    def _value(self, operation: Operation, media: Media) -> Any:
        """A body: the document's example or one of its schema, with keys of rows that are there; sometimes spoiled."""
        dice = self.dice
        example = next(iter(media.examples.values()), None)
        value = json.loads(json.dumps(example)) if example is not None and dice.random() < 0.6 else self._made(operation, "body", media.schema)
        if not isinstance(value, dict):
            return value
        for name in list(value):
            known = self._keys_named(name)
            if known and dice.random() < 0.6:
                value[name] = dice.choice(known)
            elif isinstance(value[name], int) and not isinstance(value[name], bool) and dice.random() < 0.5:
                value[name] = dice.choice((1, 2, 3, 60))
        auth = self.contract.settings.get("auth") or {}
        if auth and auth["login"] in value and auth["password"] in value and dice.random() < 0.7:
            account = dice.choice(self.contract.settings["accounts"])
            value[auth["login"]], value[auth["password"]] = account[auth["login"]], account.get("password", PASSWORD)
        return self._spoiled(value) if dice.random() < 0.25 else value

    def _spoiled(self, value: dict[str, Any]) -> dict[str, Any]:
        dice = self.dice
        for _ in range(dice.choice((1, 1, 2))):
            name = dice.choice([*value, "unknown"]) if value else "unknown"
            if dice.random() < 0.4:
                value.pop(name, None)
            else:
                value[name] = dice.choice(JUNK)
        return value

    def _made(self, operation: Operation, name: str, schema: Any) -> Any:
        values = Values(operation.bundle.data, str(self.contract.settings.get("locale", "en_US")))
        return at(values.make(name, schema or {}, self.chance, optional=self.dice.random() < 0.7), self.now)

    # sockets

    def _socket_step(self) -> None:
        dice = self.dice
        if not self.sockets or dice.random() < 0.1:
            self._open()
        elif dice.random() < 0.06:
            name = dice.choice(list(self.sockets))
            socket, _ = self.sockets.pop(name)
            self.engine.realtime.close(socket, self.world, "left")
            self.steps.append({"kind": "close", "at": self.now, "socket": name, "frames": self._taken()})
        else:
            self._message(*dice.choice(list(self.sockets.items())))

    def _open(self) -> None:
        dice, self.numbers = self.dice, self.numbers + 1
        line = dice.choice(list(self.engine.realtime.lines.values()))
        channel, opening = line.channel, line.plan.operation
        name, token = f"s{self.numbers}", dice.choice([*self.tokens, *self.tokens, "bad", ""])
        subject = dice.choice([*self.world.store.tables.get("users", type("", (), {"rows": {1: None}})).rows][:3])
        query: dict[str, Any] = {"token": token, "userId": subject}
        query = {key: value for key, value in query.items() if dice.random() < 0.9}
        headers = {b"sec-websocket-protocol": f"jwt, {token}".encode()} if dice.random() < 0.2 and token else {}
        path = {key: self._path_value(opening, key) for key in opening.path_names}
        auth = dice.choice(({"token": token}, {"token": token}, None, {"token": 5}, "x"))
        address = opening.path
        for key, value in path.items():
            address = address.replace(f"{{{key}}}", str(value))
        request = Request("GET", address, urlencode(query).encode(), headers, address="127.0.0.1", host=f"localhost:{self._port(channel.service)}")
        socket = Socket(name, line.key, self._hears(name), self._hung(name), self.now, self.world, request, address="127.0.0.1", path=dict(path))
        refused: str | None = None
        try:
            then = self.engine.realtime.open(socket, self.world, auth)
            then()
            self.sockets[name] = (socket, line)
        except Exception as problem:
            refused = f"{getattr(problem, 'status', problem)}"
            frame = self.engine.realtime.refusal(socket, problem)  # type: ignore[arg-type]
            if frame is not None:
                socket.deliver(frame)
        self.steps.append({
            "kind": "open", "at": self.now, "socket": name, "channel": line.key, "path": path, "address": address, "query": request.query.decode(),
            "headers": {key.decode(): value.decode() for key, value in headers.items()}, "auth": auth, "refused": refused, "frames": self._taken(),
        })  # fmt: skip

    def _message(self, name: str, opened: tuple[Socket, Line]) -> None:
        dice, (socket, line) = self.dice, opened
        if not line.channel.receives:
            return
        message = dice.choice(list(line.channel.receives))
        receiver = line.channel.receives[message]
        media = next(iter(receiver.operation.bodies.values()), None)
        data = self._value(receiver.operation, media) if media is not None and media.schema is not None else None
        if isinstance(data, dict) and "userId" in data and socket.account is not None and dice.random() < 0.8:
            data["userId"] = socket.account
        if isinstance(data, dict) and line.channel.raw:
            data[line.channel.tag] = message
        if dice.random() < 0.04:
            message, data = dice.choice((("unknown", data), (message, dice.choice(JUNK))))
        answers: list[Any] = []
        asks = dice.random() < 0.5 and not line.channel.raw
        size = len(json.dumps(data))
        self.engine.realtime.take(socket, message, data, size, None, answers.append if asks else None)
        acknowledged = [None if item is None else json.loads(orjson.dumps(item)) for item in answers]
        self.steps.append({
            "kind": "message", "at": self.now, "socket": name, "name": message, "data": data, "asks": asks, "size": size, "acknowledged": acknowledged,
            "frames": self._taken(),
        })  # fmt: skip

    def _hears(self, name: str) -> Callable[[Any], None]:
        def deliver(frame: Any) -> None:
            data = json.loads(frame.data) if frame.data else None
            self.frames.append([name, frame.name, data])
            self._keep(data)

        return deliver

    def _hung(self, name: str) -> Callable[[int, str], None]:
        return lambda code, _reason: self.frames.append([name, "hang", code])

    def _taken(self) -> list[Any]:
        taken, self.frames = self.frames, []
        return taken


def _alike(one: str, other: str) -> int:
    """How many segments two paths begin with alike."""
    pairs = list(zip(one.split("/"), other.split("/"), strict=False))
    return next((number for number, (a, b) in enumerate(pairs) if a != b and not a.startswith("{")), len(pairs))


def _names(operation: Operation) -> Iterator[str]:
    """What an operation takes, by its lower-case names."""
    yield from (parameter.name.lower() for parameter in operation.parameters)
    for media in operation.bodies.values():
        yield from (name.lower() for name in schemas.properties(operation.bundle.data, media.schema or {}))


def _multipart(value: Mapping[str, Any]) -> bytes:
    parts = []
    for name, item in value.items():
        text = item if isinstance(item, str) else json.dumps(item)
        file = '; filename="clip.mp4"\r\nContent-Type: video/mp4' if name in ("file", "video", "image", "avatar") else ""
        parts.append(f'--edge\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{text}\r\n'.encode())
    return b"".join([*parts, b"--edge--\r\n"])
