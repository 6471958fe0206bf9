"""One request, steered by `Prefer` and by its twins in the query."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server.engine import Call, Reply, Request
from mock_server.engine.engine import Engine
from mock_server.engine.entries import Exchange
from mock_server.engine.preferences import read
from mock_server.steering.records import Records

from .driver import HERE, Client, engine_of, headers_of, play

FOLDER = HERE / "preferences"
CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load((FOLDER / "cases.yaml").read_text(encoding="utf-8"))
REFUSALS: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / "refusals.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def engine() -> Engine:
    return engine_of(FOLDER / "document.yaml")


@pytest.mark.parametrize("name", CASES)
def test_a_preference_is_honoured(engine: Engine, name: str) -> None:
    play(Client(engine, "", checked=False), CASES[name])


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_honoured_is_refused_with_what_can(engine: Engine, name: str) -> None:
    case = REFUSALS[name]
    method, _, url = case["ask"].partition(" ")
    path, _, query = url.partition("?")
    answer = engine.handle("api", Request(method, path, query.encode(), [(b"prefer", case["prefer"].encode())] if "prefer" in case else []))
    violations = json.loads(headers_of(answer)["understudy-violations"])
    assert answer.status == 400
    assert [(item["pointer"], item["rule"], item["message"]) for item in violations] == [(case.get("pointer", "/header/prefer"), "preference", case["says"])]
    assert case["says"] in json.loads(answer.body).values()
    assert "preference-applied" not in headers_of(answer)


def test_every_documented_answer_of_the_other_documents_fits_its_schema() -> None:
    for path in sorted(HERE.glob("outside/*[!s].yaml")):
        if not path.name.endswith(".steps.yaml"):
            every_answer_fits(path)


def every_answer_fits(path: Path) -> None:
    engine = engine_of(path)
    client = Client(engine, "")
    for operation in engine.contract.operations:
        for documented in operation.responses:
            status = {"4XX": "404", "default": "500"}.get(documented, documented)
            for prefer in (f"code={status}", f"code={status}, dynamic=true"):
                answer = client.send(f"{operation.method} {operation.path.replace('{', '').replace('}', '')}", headers={"prefer": prefer})
                assert (answer.status, headers_of(answer)["preference-applied"]) == (int(status), prefer), (path.name, operation.id)
                assert bool(answer.body) == bool(operation.responses[documented].media)


def test_without_an_example_an_error_is_the_envelope_of_the_backend() -> None:
    client = Client(engine_of(HERE / "club"))
    texts = {401: "The token is missing or not valid", 403: "Insufficient permissions", 409: "Conflict", 413: "Payload Too Large", 429: "Too many requests"}
    seen = set()
    for operation in client.engine.contract.operations:
        for status in texts.keys() & {int(item) for item in operation.responses}:
            answer = client.send(f"{operation.method} {operation.path.removeprefix('/v1')}", headers={"prefer": f"code={status}"})
            assert (answer.status, json.loads(answer.body)) == (status, {"code": status, "text": texts[status]})
            seen.add(status)
    assert seen == texts.keys()


def test_a_secret_field_is_not_in_a_made_answer() -> None:
    client = Client(engine_of(HERE / "club"))
    for prefer in ("code=200", "dynamic=true"):
        sailor = json.loads(client.send("POST /login", headers={"prefer": prefer}).body)["sailor"]
        assert sailor.keys() == {"id", "mail", "name", "rank"}


def test_the_twins_are_taken_out_of_the_query_but_the_log_keeps_them(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(call: Call) -> None:
        seen.append(call.request.query)
        call.reply = Reply(b"")

    monkeypatch.setattr(engine.plans["listNotes"], "stages", (look,))
    whole = b"__delay=1&open=true&__dynamic=false&&x__code=1"
    assert engine.handle("api", Request("GET", "/notes", whole)).status == 200
    assert engine.handle("api", Request("GET", "/notes", b"_%5fdelay=2")).status == 200
    assert seen == [b"open=true&&x__code=1", b"_%5fdelay=2"]
    assert [item.request.query for item in engine.log] == [whole, b"_%5fdelay=2"]


@pytest.mark.parametrize("mode", ["on", "strict"])
def test_the_twins_are_no_violations(mode: str) -> None:
    client = Client(engine_of(FOLDER / "document.yaml", mode), "", checked=False)
    answer = client.send("GET /notes?__delay=5&__dynamic=false")
    assert (answer.status, "understudy-violations" in headers_of(answer)) == (200, False)


def test_a_delay_is_left_to_the_transport(engine: Engine) -> None:
    client = Client(engine, "", checked=False)
    plain, late = client.send("GET /notes"), client.send("GET /notes", headers={"prefer": "delay=300"})
    assert (plain.delay, late.delay, late.status, late.body) == (0, 0.3, plain.status, plain.body)
    assert headers_of(late)["preference-applied"] == "delay=300"
    both = client.send("GET /notes?__delay=1500", headers={"prefer": "code=503"})
    assert (both.delay, both.status, headers_of(both)["preference-applied"]) == (1.5, 503, "code=503, delay=1500")


def test_a_refusal_of_the_operation_is_delayed_too(engine: Engine) -> None:
    answer = Client(engine, "", checked=False).send("POST /notes", raw=b"{", headers={"prefer": "delay=250", "content-type": "application/json"})
    assert (answer.status, answer.delay, headers_of(answer)["preference-applied"]) == (400, 0.25, "delay=250")


def test_what_cannot_be_honoured_is_not_delayed(engine: Engine) -> None:
    answer = Client(engine, "", checked=False).send("GET /notes", headers={"prefer": "delay=250, code=530"})
    assert (answer.status, answer.delay) == (400, 0)


def test_head_follows_get(engine: Engine) -> None:
    got, head = (engine.handle("api", Request(method, "/notes", b"__delay=9", [(b"prefer", b"example=one")])) for method in ("GET", "HEAD"))
    assert (head.status, head.body, head.delay) == (200, b"", 0.009)
    assert headers_of(head) == {**headers_of(got), "content-length": str(len(got.body))}


def test_without_an_operation_preferences_are_ignored(engine: Engine) -> None:
    for method, path, status in (("GET", "/nowhere", 404), ("PATCH", "/notes", 405), ("OPTIONS", "/notes", 200)):
        answer = engine.handle("api", Request(method, path, b"__code=200", [(b"prefer", b"code=503, delay=1")]))
        assert (answer.status, answer.delay, "preference-applied" in headers_of(answer)) == (status, 0, False)


def test_dynamic_answers_differ_and_others_do_not(engine: Engine) -> None:
    client = Client(engine, "", checked=False)
    asked = ["code=201", "code=201", "code=201, dynamic=true", "code=201, dynamic=true"]
    answers = [client.send("POST /notes", headers={"prefer": prefer}) for prefer in asked]
    assert len({answer.body for answer in answers}) == 3
    assert len({headers_of(answer)["etag"] for answer in answers}) == 3


def test_the_log_says_what_was_applied(engine: Engine) -> None:
    client = Client(engine, "", checked=False)
    client.send("GET /notes")
    client.send("GET /notes", headers={"prefer": "delay=5, code=503"})
    client.send("GET /notes", headers={"prefer": "code=530"})
    assert [item.preferred for item in engine.log if isinstance(item, Exchange)] == ["", "code=503, delay=5", ""]


def test_a_name_that_is_no_token_is_quoted_and_stays_in_its_line() -> None:
    engine = engine_of(FOLDER / "document.yaml")
    media = engine.plans["listNotes"].operation.responses["200"].media["application/json"]
    media.examples['a "b"\r\nset-cookie: c=1 é'] = []  # type: ignore[index]
    answer = engine.handle("api", Request("GET", "/notes", b"__example=a+%22b%22%0d%0aset-cookie:+c=1+%C3%A9"))
    assert headers_of(answer)["preference-applied"] == 'example="a \\"b\\"??set-cookie: c=1 é"'


@pytest.mark.parametrize("text", ["", ",", ";", '"', '"\\', "=", "=1", ",,;=", '";"="', "\\", "a" * 9 + '\\"' * 30_000])
def test_a_header_that_is_none_prefers_nothing(text: str) -> None:
    assert [name for name, _ in read(text) if name in ("code", "example", "dynamic", "delay")] == []


def test_names_are_read_in_any_case_and_bytes_as_utf8_or_latin1(engine: Engine) -> None:
    assert list(read('CoDe=1;x=2 , "q" , Wait ,e="a;b,c\\"d"')) == [("code", "1"), ('"q"', ""), ("wait", ""), ("e", 'a;b,c"d')]
    for raw in ("example=é".encode(), "example=é".encode("latin-1")):
        answer = engine.handle("api", Request("GET", "/notes", b"", [(b"prefer", raw)]))
        assert "example=é: " in json.loads(answer.body)["detail"]


def test_a_declared_fault_comes_before_what_a_request_prefers(engine: Engine) -> None:
    client = Client(engine, "", checked=False)
    engine.world.faults.add("status", {}, {"status": 503})
    answer = client.send("GET /notes", headers={"prefer": "code=200, delay=5"})
    assert (answer.status, "preference-applied" in headers_of(answer)) == (503, False)


def test_the_delays_of_a_fault_and_of_a_request_add_up(engine: Engine) -> None:
    engine.world.faults.add("latency", {}, {"ms": 200})
    answer = Client(engine, "", checked=False).send("GET /notes", headers={"prefer": "code=200, delay=300"})
    assert (answer.status, round(answer.delay, 6), headers_of(answer)["preference-applied"]) == (200, 0.5, "code=200, delay=300")


def test_the_log_tells_what_was_preferred_from_what_was_run(engine: Engine) -> None:
    client, records = Client(engine, "", checked=False), Records(engine)
    for url in ("/notes?__code=503", "/notes?__delay=5", "/notes?__code=530", "/nowhere?__code=200"):
        client.send(f"GET {url}")
    lines = [records.render(engine.world, entry) for entry in engine.log]
    assert [line["stage"] for line in lines] == ["prefer", "behave", "prefer", "route"]
    assert lines[0]["why"] == "the request preferred code=503"
    assert ["preferred" in line["why"] for line in lines] == [True, False, False, False]
    assert [line.get("delay") for line in lines] == [None, 5, None, None]
    assert "__code=503" in lines[0]["curl"]
