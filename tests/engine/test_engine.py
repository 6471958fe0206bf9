"""What an engine does beside answering: its log, its clock, what it keeps, and what hostile input leaves of it."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from mock_server.engine import Call, Reply
from mock_server.engine.effects import Later
from mock_server.engine.engine import Engine

from .driver import HERE, START, Client, engine_of, headers_of


@pytest.fixture
def engine() -> Engine:
    return engine_of(HERE / "club")


@pytest.fixture
def client(engine: Engine) -> Client:
    return Client(engine)


def test_a_crash_leaves_its_trace_in_the_log_and_not_in_the_answer(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "understudy"):
        answer = client.send("POST /crash")
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert "POST /v1/crash failed in behave" in caplog.text
    assert "RuntimeError: the secret of the crash" in caplog.text
    assert "RuntimeError" in (client.engine.log[-1].crash or "")


def test_after_a_crash_the_engine_answers_on(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL, "understudy"):
        client.send("POST /crash")
    assert client.send("GET /boats").status == 200


def test_a_crash_that_falls_due_later_stops_nothing(client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    client.send("POST /trips", {"boatId": 1, "seats": 1}, by="ben")
    monkeypatch.setattr(Later, "fire", lambda _self, _call: 1 / 0)
    client.engine.world.clock.advance(5)
    with caplog.at_level(logging.ERROR, "understudy"):
        assert client.send("GET /trips", by="ben").status == 200
    assert "createTrip: what was due later failed" in caplog.text


def test_the_log_holds_each_exchange_with_its_violations(client: Client) -> None:
    client.send("GET /boats?least=many")
    client.send("GET /nowhere")
    first, second = list(client.engine.log)[-2:]
    assert (first.request.path, first.response.status, first.violations[0].pointer) == ("/v1/boats", 400, "/query/least")
    assert (second.response.status, second.plan) == (404, None)


def test_a_frozen_clock_stands_still_and_is_moved_by_hand(engine: Engine, client: Client) -> None:
    engine.world.clock.freeze(START)
    made = json.loads(client.send("POST /boats", {"name": "Fox", "harbourId": "harbour_1"}, by="anna").body)
    engine.world.clock.advance(1.5)
    changed = json.loads(client.send(f"PUT /boats/{made['id']}", {"name": "Vixen"}, by="anna").body)
    assert (made["createdAt"], changed["updatedAt"]) == ("2027-01-15T08:00:00.000Z", "2027-01-15T08:00:01.500Z")


def test_what_is_due_happens_at_its_own_instant_and_in_order(client: Client) -> None:
    engine = client.engine
    client.send("POST /trips", {"boatId": 1, "seats": 1}, by="ben")
    engine.world.clock.advance(1)
    client.send("POST /trips", {"boatId": 1, "seats": 1}, by="anna")
    engine.outbox.clear()
    engine.world.clock.advance(100)
    assert client.send("GET /trips", by="ben").status == 200
    assert [item.data["id"] for item in engine.outbox] == [1, 2]


def test_without_a_listener_nothing_is_sent(client: Client) -> None:
    client.engine.runtime.listening = False
    client.send("POST /trips", {"boatId": 1, "seats": 1}, by="ben")
    assert not client.engine.outbox


def test_a_public_list_is_kept_until_a_collection_that_it_read_changes(client: Client) -> None:
    kept = client.engine.world.answers
    first = client.send("GET /harbours").body
    ((_, held),) = kept.items()
    assert client.send("GET /harbours").body is first
    assert list(kept.values()) == [held]
    client.send("POST /harbours", {"name": "East"}, by="anna")
    assert json.loads(client.send("GET /harbours").body)[0]["name"] == "East"


@pytest.mark.parametrize("name", ["listMyBoats", "listBoatsAfloat", "readBoat", "readStatistics", "listBoats", "listOpenVouchers"])
def test_an_answer_that_depends_on_the_caller_or_the_time_is_not_kept(client: Client, name: str) -> None:
    assert not client.engine.plans[name].lasting


def test_a_row_is_not_changed_in_place(client: Client) -> None:
    store = client.engine.world.store
    before = store.begin().get("boats", 1)
    client.send("PUT /boats/1", {"name": "Fox"}, by="anna")
    assert before is not None
    assert before["name"] == "Albatross"


def test_two_engines_of_one_seed_answer_alike() -> None:
    one, two = (Client(engine_of(HERE / "club")).send("GET /boats/1").body for _ in range(2))
    assert one == two


def test_a_token_of_another_world_is_refused(client: Client) -> None:
    other = Client(Engine(client.engine.contract, client.engine.runtime.functions, "2"))
    assert client.send("GET /me", headers={"authorization": f"Bearer {other.token('anna')}"}).status == 401


def test_a_bound_function_may_answer_as_it_likes() -> None:
    engine = engine_of(HERE / "club", functions={"crash": lambda _call: Reply(b"plain", 202, {"X-Club": "1"}, "text/plain"), "late": lambda _call: None})
    answer = Client(engine, checked=False).send("POST /crash")
    assert (answer.status, answer.body, headers_of(answer)["x-club"], headers_of(answer)["content-type"]) == (202, b"plain", "1", "text/plain")


def test_effects_around_a_bound_function_stay() -> None:
    engine = engine_of(HERE / "club", functions={"crash": lambda _call: Reply({}), "late": lambda _call: None})
    Client(engine, checked=False).send("POST /crash")
    assert [row["text"] for row in engine.world.store.begin().all("notes")] == ["never"]


HOSTILE: dict[str, Callable[[], bytes]] = {
    "10,000 levels of lists": lambda: b'{"name": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "10,000 levels that never end": lambda: b'{"a":' * 10_000,
    "900 levels": lambda: b'{"name": "East", "more": ' + b"[" * 900 + b"]" * 900 + b"}",
    "a NUL": lambda: b'{"name": "a\\u0000b"}',
    "a raw NUL": lambda: b'{"name": "a\x00b"}',
    "a lone surrogate": lambda: b'{"name": "a\\ud800b"}',
    "no UTF-8": lambda: b'{"name": "\xff\xfe"}',
    "a byte order mark": lambda: b'\xef\xbb\xbf{"name": "East"}',
    "a huge integer": lambda: b'{"name": 1' + b"0" * 3000 + b"}",
    "a huge exponent": lambda: b'{"name": 1e999999}',
    "not a number": lambda: b'{"name": NaN}',
    "a name twice": lambda: b'{"name": "One", "name": "Two"}',
    "a prototype": lambda: b'{"name": "East", "__proto__": {"x": 1}, "constructor": 1}',
    "a null": lambda: b"null",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_bodies_do_no_harm(client: Client, what: str) -> None:
    client.engine.runtime.settings = {}
    client.engine.plans["createHarbour"].body_limit = 1 << 20
    answer = client.send("POST /harbours", by="anna", raw=HOSTILE[what](), headers={"content-type": "application/json"})
    assert answer.status in (201, 400), answer.body
    assert json.loads(client.send("GET /harbours").body)[0]["name"]


@pytest.mark.parametrize(
    "path", ["/boats/%00", "/boats/%ED%A0%80", "/boats/%FF", "/boats/1%00", "/harbours/%F0%9F%9A%A2", "/boats/" + "9" * 5000, "//", "/boats//1"]
)
def test_hostile_paths_do_no_harm(client: Client, path: str) -> None:
    assert client.send(f"GET {path}").status in (400, 404)


@pytest.mark.parametrize("query", ["q=%00", "q=%ED%A0%80", "q=%FF%FE", "q=" + "x" * 20_000, "&&&=&=1&q", "limit=1e5", "page=" + "9" * 5000, "limit=-1"])
def test_hostile_queries_do_no_harm(client: Client, query: str) -> None:
    assert client.send(f"GET /boats?{query}").status in (200, 400)


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "bearer x", "Bearer \xff", "Bearer a.b", "Bearer " + "x" * 10_000, "\x00"])
def test_hostile_credentials_are_refused(client: Client, value: str) -> None:
    assert client.send("GET /me", headers={"authorization": value}).status == 401


def test_an_unsigned_token_is_refused(client: Client) -> None:
    forged = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIiwidHlwIjoiYWNjZXNzIiwianRpIjoieCIsImlhdCI6MSwiZXhwIjo0MTAyNDQ0ODAwfQ."
    assert client.send("GET /me", headers={"authorization": f"Bearer {forged}"}).status == 401


def test_a_body_over_the_limit_is_413_in_the_envelope(client: Client) -> None:
    answer = client.send("POST /harbours", {"name": "x" * 5000}, by="anna")
    assert answer.status == 413
    assert json.loads(answer.body)["code"] == 413
    assert json.loads(headers_of(answer)["understudy-violations"])[0] == {
        "pointer": "/body", "rule": "size", "message": "The body is larger than 4096 bytes", "expected": 4096, "got": 5012,
    }  # fmt: skip


def test_the_violations_header_is_one_line_of_ascii_that_fits(client: Client) -> None:
    client.engine.plans["createTrip"].body_limit = 1 << 20
    body = {f"é\n{number}" * 20: 1 for number in range(60)}
    line = headers_of(client.send("POST /trips", {"boatId": 1, "seats": 1, **body}, by="ben"))["understudy-violations"]
    assert line.isascii()
    assert "\n" not in line
    assert len(line) <= 4096
    assert json.loads(line)[0]["rule"] == "unknown"


def test_a_bound_name_that_no_operation_has_stops_the_start() -> None:
    functions: dict[str, Callable[[Call], Any]] = {"crash": lambda _call: None, "late": lambda _call: None, "crsh": lambda _call: None}
    with pytest.raises(Exception, match=r"^mock_server/backends/club\.py: 'crsh' is bound to no operation with 'do: bound'\. Did you mean 'crash'\?$"):
        engine_of(HERE / "club", functions=functions)
