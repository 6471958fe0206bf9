"""Values that no schema would think of: they are refused, or looked for and not found, and never a crash."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
import yaml

from mock_server.app import bound_functions
from mock_server.engine import Request
from mock_server.engine.engine import Engine
from mock_server.engine.media import MOST_DEPTH, coerce, decode_json, is_deep, whole
from mock_server.engine.problem import Problem
from mock_server.engine.router import REMEMBERED, Router
from mock_server.engine.validation import LONGEST
from mock_server.steering import edits
from tests.engine.driver import Client, engine_of, violations_of
from understudy.contract.reader import backend_names, read, specs_folder

OUTSIDE = Path(__file__).parent / "outside"
SUPERSCRIPT, ARABIC = "²", "٣"  # `isdigit` is true of both, `int` takes the second alone


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("text", [SUPERSCRIPT, ARABIC, "", "-1", "1_000", "9" * 5000, " 1", "1e3"])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert whole(text) is None


def test_a_number_is_a_number() -> None:
    assert (whole("007"), coerce("-5", "integer"), coerce("--5", "integer"), coerce(SUPERSCRIPT, "integer")) == (7, -5, "--5", SUPERSCRIPT)


def test_json_may_be_so_deep_and_no_deeper() -> None:
    assert decode_json(nested(MOST_DEPTH + 1))
    with pytest.raises(Problem) as refused:
        decode_json(nested(MOST_DEPTH + 2))
    (violation,) = refused.value.violations
    assert (violation.pointer, violation.rule, violation.message) == ("/body", "depth", f"The body is nested more deeply than {MOST_DEPTH} levels")


def test_what_is_not_too_deep_can_be_checked_and_written() -> None:
    value = {"a": orjson.loads(nested(MOST_DEPTH))}
    assert not is_deep(value)
    validator = jsonschema_rs.validator_for({"type": "object", "properties": {"a": {"type": "string"}}})
    assert len(list(validator.iter_errors(value))) == 1
    assert orjson.dumps({"data": {"items": [value]}})


def test_a_query_that_is_too_deep_stays_a_text() -> None:
    text = nested(MOST_DEPTH + 2).decode()
    assert coerce(text, "json") == text


def made(backend: str, mode: str = "on") -> Engine:
    """An engine of a shipped backend."""
    contract = read(backend)
    return Engine(contract, bound_functions(contract), mode=mode)


@pytest.mark.parametrize("depth", [250, 255, 300, 1000, 1023, 1100, 100_000])
@pytest.mark.parametrize("backend", backend_names())
def test_a_login_with_a_deep_field_is_refused_where_it_is_counted_too(backend: str, depth: int) -> None:
    engine = made(backend)
    auth = engine.contract.settings["auth"]
    login = next(item for item in engine.contract.operations if item.behavior.do == "login")
    for field in (auth["login"], auth["password"]):
        text = json.dumps({auth["login"]: "a@example.com", auth["password"]: "password123", field: "deep"}).encode().replace(b'"deep"', nested(depth))
        answer = engine.handle(login.service, Request("POST", login.path, b"", {b"content-type": b"application/json"}, text))
        assert answer.status in (400, 422), answer.body
        assert violations_of(answer)[0][1] in ("depth", "json")


def test_a_path_that_is_long_is_found_but_not_remembered() -> None:
    router = Router([("GET", "/things/{id}", "plan")])
    path = "/things/" + "a" * 2000
    assert router.find(path) is not None
    assert router.find("/things/a") is router.find("/things/a")
    assert router.find(path) is not router.find(path)
    assert LONGEST < 2000 < REMEMBERED


def patterns(node: Any) -> Iterator[str]:
    """Every `pattern` in a document."""
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from patterns(value)
    if isinstance(node, dict) and isinstance(node.get("pattern"), str):
        yield node["pattern"]


LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # all workers read all documents
SHIPPED = {found for file in specs_folder().glob("*/*.yaml") for found in patterns(yaml.load(file.read_text(encoding="utf-8"), LOADER))}


@pytest.mark.parametrize("pattern", [*sorted(SHIPPED), "^(a+)+$", "^(a|a)*$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_no_pattern_takes_long_over_a_hostile_text(pattern: str) -> None:
    validator = jsonschema_rs.validator_for({"type": "string", "pattern": pattern})
    began = time.monotonic()
    for text in ("a" * 100_000 + "!", "x" * 5_000, "!" * 100_000, "0" * 100_000 + "\n", "aA" * 20_000):
        validator.is_valid(text)
    assert time.monotonic() - began < 5, "this grows faster than the text"


@pytest.mark.parametrize(
    "query",
    [
        "limit=" + "9" * 4500,
        "page=" + "9" * 300,
        f"page={SUPERSCRIPT}",
        f"limit={ARABIC}",
        "page=1e5",
        "limit=-1",
        "page=%00",
        "sort=" + "-a," * 3000,
        "search=%ff%fe",
        "search=" + "(a%2B)%2B" * 500,
    ],
)
@pytest.mark.parametrize("mode", ["on", "warn", "off"])
@pytest.mark.parametrize("backend", backend_names())
def test_lists_take_any_query(backend: str, query: str, mode: str) -> None:
    engine = made(backend, mode)
    lists = [item for item in engine.contract.operations if item.behavior.do == "list" and "{" not in item.path and not item.security]
    for operation in lists:
        answer = engine.handle(operation.service, Request("GET", operation.path, query.encode()))
        assert answer.status < 500, (operation.id, answer.body)


def test_a_key_of_odd_digits_is_no_row() -> None:
    client = Client(engine_of(OUTSIDE / "pets-3.0.yaml"), base="", checked=False)
    for key in ("%C2%B2", "%D9%A3", "9" * 5000, "%00", "1e5"):
        for path in sorted({operation.path for operation in client.engine.contract.operations if operation.path.count("{") == 1}):
            assert client.send("GET " + re.sub(r"\{.*?\}", key, path)).status in (200, 400, 404, 405, 422)


@pytest.mark.parametrize("key", [SUPERSCRIPT, ARABIC, "9" * 5000, "\0"])
def test_the_control_api_finds_no_row_of_odd_digits(key: str) -> None:
    engine = made("eventplatform")
    with pytest.raises(Problem) as refused:
        edits.found(engine, engine.world, "events", key)
    assert refused.value.status == 404
