"""Drives an engine without a network, as the case files say, and checks every answer against its document."""

import functools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import yaml
from jsonschema import Draft202012Validator

from mock_server.engine import Call, Request
from mock_server.engine.engine import Engine
from mock_server.engine.entries import Heard, Response
from mock_server.state.clock import Clock
from understudy.contract.reader import read

HERE = Path(__file__).parent
START = 1_800_000_000.0
BASE = "/v1"


def crash(_call: Call) -> Any:
    """A behaviour with a mistake in it."""
    raise RuntimeError("the secret of the crash")


def late(call: Call) -> Any:
    """A behaviour that writes and then fails."""
    call.store.put("notes", 99, {"id": 99, "text": "half", "open": True})
    raise KeyError("half written")


def engine_of(target: str | Path, mode: str = "on", functions: Mapping[str, Callable[[Call], Any]] | None = None) -> Engine:
    """An engine of a document or folder, on a clock that stands still, whose messages are kept."""
    contract = read(str(target))
    found = {"crash": crash, "late": late} if functions is None and contract.declared else functions
    engine = Engine(contract, found, "1", mode, lambda: Clock(lambda: START))
    engine.runtime.listening = True
    return engine


class Client:
    """Asks an engine, and checks what it answers against the schema of its document."""

    def __init__(self, engine: Engine, base: str = BASE, checked: bool = True) -> None:
        self.engine, self.base, self.checked = engine, base, checked
        self.kept: dict[str, Any] = {}
        self.tokens: dict[str, str] = {}

    def send(self, line: str, body: Any = None, headers: Mapping[str, str] | None = None, by: str | None = None, raw: bytes | None = None) -> Response:
        """An answer. line: `METHOD /path?query`; by: the name before @example.com of who asks; raw: a body as it is."""
        method, _, url = line.partition(" ")
        path, _, query = url.partition("?")
        given = {"host": "club.test", **({"content-type": "application/json"} if body is not None else {}), **(headers or {})}
        if by is not None:
            given["authorization"] = f"Bearer {self.token(by)}"
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        sent = [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()]
        service = self.engine.contract.services[0].name
        request = Request(method, self.base + path, quote(query, safe="=&%[]+,:").encode(), sent, data, "10.0.0.1", False, "club.test")
        answer = self.engine.handle(service, request)
        if self.checked:
            self.check(request, answer)
        return answer

    def token(self, name: str) -> str:
        """An access token of an account."""
        if name not in self.tokens:
            answer = self.send("POST /login", {"mail": f"{name}@example.com", "word": "password123"})
            self.tokens[name] = json.loads(answer.body)["pass"]
        return self.tokens[name]

    def check(self, request: Request, answer: Response) -> None:
        """Fails unless the document has the answer's status, and its body is valid against its schema."""
        match = self.engine.routers[self.engine.contract.services[0].name].find(request.path)
        found = match.methods.get(request.method) if match else None
        if found is None:
            return
        operation = found[0].operation
        told = operation.responses.get(str(answer.status)) or operation.responses.get("default")
        assert told is not None or answer.status == 500, f"{operation.id} answers {answer.status}, which its document does not have: {answer.body!r}"
        media = next(iter(told.media.values()), None) if told else None
        if media is None or media.schema is None or not media.type.endswith("json"):
            return
        document = operation.bundle.data
        root = {**media.schema, "components": document.get("components", {})} if isinstance(media.schema, dict) else media.schema
        Draft202012Validator(root, format_checker=jsonschema.FormatChecker()).validate(json.loads(answer.body))


def headers_of(answer: Response) -> dict[str, str]:
    """The headers of an answer, by lower-case name."""
    return {name.decode(): value.decode("latin-1") for name, value in answer.headers}


def violations_of(answer: Response) -> list[list[str]]:
    """Pointer and rule of each violation that an answer names."""
    return [[item["pointer"], item["rule"]] for item in json.loads(headers_of(answer).get("understudy-violations", "[]"))]


def fits(expected: Any, found: Any, at: str = "answer") -> None:
    """Fails unless a value holds what is expected: maps may hold more, lists may not, /text/ is a pattern."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), f"{at}: {found!r} is no map"
        for name, value in expected.items():
            assert name in found, f"{at}: no {name} in {found!r}"
            fits(value, found[name], f"{at}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list), f"{at}: {found!r} is no list"
        assert len(expected) == len(found), f"{at}: {len(found)} items instead of {len(expected)}: {found!r}"
        for index, value in enumerate(expected):
            fits(value, found[index], f"{at}[{index}]")
    elif isinstance(expected, str) and len(expected) > 2 and expected[0] == expected[-1] == "/":
        assert re.search(expected[1:-1], str(found)), f"{at}: {found!r} does not match {expected}"
    else:
        assert expected == found, f"{at}: {found!r} is not {expected!r}"
        assert isinstance(expected, bool) == isinstance(found, bool), f"{at}: {found!r} is not {expected!r}"


def play(client: Client, steps: list[dict[str, Any]]) -> None:
    """Takes the steps of a case."""
    for number, step in enumerate(steps, 1):
        try:
            _take(client, step)
        except AssertionError as error:
            raise AssertionError(f"step {number} ({step.get('ask') or next(iter(step))}): {error}") from error
        except jsonschema.ValidationError as error:
            raise AssertionError(f"step {number} ({step.get('ask')}): the answer breaks its schema: {error.message}") from error


def _take(client: Client, step: dict[str, Any]) -> None:
    world = client.engine.world
    if "wait" in step:
        world.clock.advance(step["wait"])
        client.engine.fire(world)
    if "ask" in step:
        _ask(client, step)
    if "rows" in step:
        unit = world.store.begin()
        fits(step["rows"], {name: list(unit.all(name)) if isinstance(wanted, list) else len(list(unit.all(name))) for name, wanted in step["rows"].items()})
    if "sent" in step:
        sent = [{"message": item.message, "room": item.room, "data": getattr(item.data, "row", item.data)} for item in client.engine.outbox]
        client.engine.outbox.clear()
        fits(step["sent"], sent, "sent")


def _ask(client: Client, step: dict[str, Any]) -> None:
    filled = yaml.safe_load(_filled(yaml.safe_dump({name: step[name] for name in ("ask", "body", "headers", "answer") if name in step}), client.kept))
    raw = step["raw"].encode() if "raw" in step else None
    answer = client.send(filled["ask"], filled.get("body"), filled.get("headers"), step.get("by"), raw)
    assert answer.status == step.get("status", 200), f"{answer.status} {answer.body[:500]!r}"
    value = json.loads(answer.body) if answer.body and "text" not in step else None
    if "answer" in step:
        fits(filled["answer"], value)
    for name in step.get("lacks", ()):
        assert name not in value, f"there is a {name} in {value!r}"
    if "text" in step:
        assert re.search(step["text"], answer.body.decode()), answer.body
    if "violations" in step:
        found, expected = sorted(violations_of(answer)), sorted(step["violations"])
        assert found == expected, f"{found} instead of {expected}"
    if "has headers" in step:
        fits(step["has headers"], headers_of(answer), "headers")
    assert [name for name in step.get("lacks headers", ()) if name in headers_of(answer)] == []
    for name, path in step.get("keep", {}).items():
        client.kept[name] = functools.reduce(lambda found, part: found[part], path.split("."), value)


def _filled(text: str, kept: Mapping[str, Any]) -> str:
    """A text with `<name>` as what was kept under it."""
    return re.sub(r"<(\w+)>", lambda match: str(kept.get(match.group(1), match.group(0))), text)


def heard(engine: Engine) -> list[Heard]:
    """What sockets sent, oldest first, as the log has it."""
    return [entry for entry in engine.log if isinstance(entry, Heard)]
