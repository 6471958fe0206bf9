"""Faults of requests: what each kind does, and that it is seen in the log."""

import asyncio
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mock_server.app import host
from mock_server.engine.problem import Problem
from mock_server.steering import faults
from tests.backends.client import Answer, Client, contract
from understudy.contract.model import Operation
from understudy.contract.reader import backend_names

USER = "user@example.com"
ORDER = {"eventId": 1, "categoryId": 1, "quantity": 2}


@pytest.fixture
def client() -> Client:
    return Client("eventplatform")


def declare(client: Client, kind: str, **settings: Any) -> None:
    faults.declare(client.engine, client.world, {"kind": kind, "id": "it", **settings})


def last(client: Client) -> Any:
    return client.engine.log[-1]


def test_a_status_answers_in_the_backends_words_and_does_nothing(client: Client) -> None:
    declare(client, "status", status=409, detail="The payment was declined", match={"operation": "createOrder"})
    answer = client.post("/api/orders", ORDER, by=USER)
    assert (answer.status, answer.json) == (409, {"statusCode": 409, "message": "Conflict", "error": "The payment was declined"})
    assert (answer.headers["understudy-fault"], last(client).faults) == ("it", ("it",))
    assert len(client.rows("orders")) == 12
    assert client.get("/api/events").status == 200
    assert "understudy-fault" not in client.get("/api/events").headers


def test_a_status_may_say_when_to_come_again(client: Client) -> None:
    declare(client, "status", status=503, retryAfter=120)
    answer = client.get("/api/events")
    assert (answer.status, answer.headers["retry-after"], answer.json["error"]) == (503, "120", "Service Unavailable")


def test_a_fault_of_a_user_hits_nobody_else(client: Client) -> None:
    declare(client, "status", status=500, match={"user": USER})
    assert client.get("/api/orders", by=USER).status == 500
    assert client.get("/api/orders", by="second@example.com").status == 200
    declare(client, "status", status=500, match={"user": "3"})
    assert client.get("/api/orders", by=USER).status == 200
    assert client.get("/api/orders", by="second@example.com").status == 500
    assert client.get("/api/orders", token="junk").status == 401


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"path": "/api/events/*"}, True), ({"path": "/api/events/{id}"}, True), ({"path": "/api/orders*"}, False), ({"method": "GET"}, True),
        ({"method": ["POST", "PUT"]}, False), ({"service": "gateway"}, True), ({"tag": "events"}, True), ({"tag": "orders"}, False),
        ({"operation": ["getEvent", "listEvents"]}, True),
    ],
)  # fmt: skip
def test_a_match_tells_requests_apart(client: Client, match: dict[str, Any], hit: bool) -> None:
    declare(client, "status", status=500, match=match)
    assert (client.get("/api/events/1").status == 500) is hit


def test_latency_holds_the_answer_back(client: Client) -> None:
    declare(client, "latency", ms=700)
    assert client.get("/api/events").status == 200
    assert last(client).response.delay == pytest.approx(0.7)
    declare(client, "latency", min=100, max=200, probability=0.5)
    delays = []
    for _ in range(60):
        client.get("/api/events")
        delays.append(last(client).response.delay)
    assert 10 < delays.count(0) < 50
    assert all(delay == 0 or 0.1 <= delay <= 0.2 for delay in delays)


def test_latency_is_slept_in_the_transport(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("mock_server.transports.http.sleep", sleep)
    declare(client, "latency", ms=700)
    assert client.browse("GET", "/api/events").status == 200
    assert slept == [pytest.approx(0.7)]


def test_a_rate_limit_admits_so_many_and_tells_when_it_is_over(client: Client) -> None:
    declare(client, "rate", limit=2, per="60s", match={"operation": "listEvents"})
    answers = [client.get("/api/events") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers.get("understudy-fault") for answer in answers] == [None, None, "it"]
    assert (answers[2].headers["retry-after"], answers[2].headers["ratelimit-limit"]) == ("60", "2")
    client.advance(61)
    assert client.get("/api/events").status == 200


def test_a_rate_limit_of_nothing_admits_nothing(client: Client) -> None:
    declare(client, "rate", limit=0, per="30s")
    answer = client.get("/api/events")
    assert (answer.status, answer.headers["retry-after"]) == (429, "30")


@pytest.mark.parametrize(("at", "orders"), [("response", 13), ("request", 12)])
def test_a_reset_comes_before_or_after_the_deed(client: Client, at: str, orders: int) -> None:
    declare(client, "reset", at=at, match={"operation": "createOrder"})
    client.post("/api/orders", ORDER, by=USER)
    assert (last(client).response.kept, len(client.rows("orders"))) == (-1, orders)


@pytest.mark.parametrize(("settings", "kept"), [({}, 0.5), ({"part": 0.25}, 0.25), ({"bytes": 10}, 10), ({"bytes": 10**6}, 1.0), ({"part": 0.0}, 0.0)])
def test_a_body_is_cut(client: Client, settings: dict[str, Any], kept: float) -> None:
    declare(client, "truncate", **settings)
    answer = client.get("/api/events")
    size = len(answer.body)
    assert last(client).response.kept == min(size - 1, int(kept * size) if isinstance(kept, float) else kept)


def test_a_fault_lasts_as_long_as_its_ttl_on_the_worlds_clock(client: Client) -> None:
    declare(client, "status", status=500, ttl="5m")
    assert client.get("/api/events").status == 500
    client.advance(299)
    assert client.get("/api/events").status == 500
    client.advance(1)
    assert client.get("/api/events").status == 200
    assert not list(client.world.faults)


def test_the_faults_of_a_world_are_not_those_of_another(client: Client) -> None:
    client.get("/api/events", headers={"x-understudy-world": "a"})
    declare(client, "status", status=500)
    assert client.get("/api/events", headers={"x-understudy-world": "a"}).status == 200
    assert client.get("/api/events").status == 500


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"kind": "status", "match": {"operation": "listEvnts"}}, "match: there is no operation 'listEvnts'. Did you mean 'listEvents'?"),
        ({"kind": "drop", "match": {"message": "lock-ticket"}}, "match: there is no message 'lock-ticket'. Did you mean 'lock-tickets'?"),
        ({"kind": "drop", "match": {"channel": "realtme"}}, "match: there is no channel 'realtme'. Did you mean 'realtime'?"),
        ({"kind": "status", "match": {"service": ["gateway", "gatway"]}}, "match: there is no service 'gatway'. Did you mean 'gateway'?"),
        ({"kind": "status", "ttl": "5 minutes"}, "'ttl' is seconds or a duration such as 30s, 5m or 1h, not '5 minutes'."),
    ],
)
def test_a_match_that_hits_nothing_is_refused(client: Client, data: dict[str, Any], says: str) -> None:
    with pytest.raises(Problem) as caught:
        faults.declare(client.engine, client.world, data)
    assert caught.value.detail == says
    assert not list(client.world.faults)


def cut(client: Client) -> list[Any]:
    """What a request's transport is sent until its connection ends."""
    app = next(item.app for item in host(client.engine) if item.service.name == "gateway")
    sent: list[Any] = []

    async def run() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/api/events", "raw_path": b"/api/events", "query_string": b"", "headers": [(b"host", b"localhost")],
            "scheme": "http", "client": ("127.0.0.1", 1), "root_path": "", "extensions": {"understudy.abort": lambda reset: sent.append(("abort", reset))},
        }  # fmt: skip
        await app(scope, None, send)

    asyncio.run(run())
    return sent


def test_a_reset_sends_nothing_and_a_cut_body_a_part(client: Client) -> None:
    declare(client, "reset")
    assert cut(client) == [("abort", True)]
    declare(client, "truncate", bytes=7)
    start, body, end = cut(client)
    whole = client.get("/api/events").body
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(whole)
    assert (body["body"], body["more_body"], end) == (whole[:7], True, ("abort", False))


def schema_of(operation: Operation, status: int) -> Any:
    response = operation.responses.get(str(status))
    media = next((item for item in response.media.values() if item.pointer), None) if response else None
    return None if media is None else (operation.bundle.data, media.pointer)


@pytest.mark.parametrize("backend", backend_names())
def test_a_broken_body_is_valid_json_and_breaks_its_schema(backend: str) -> None:
    """Every read that needs no parameter, by a validator that is not the mock's."""
    client = Client(backend)
    login = str(client.engine.contract.settings["accounts"][0][client.auth["login"]])
    tried = 0
    for operation in contract(backend).operations:
        if operation.method != "GET" or "{" in operation.path or any(item.required for item in operation.parameters):
            continue
        client.world.faults.clear()
        good = client.get(operation.path, by=login, service=operation.service)
        found = schema_of(operation, good.status)
        if found is None or not isinstance(good.json, dict | list):
            continue
        declare(client, "break", match={"operation": operation.id})
        tried += 1
        for _ in range(5):
            assert not valid(found, client.get(operation.path, by=login, service=operation.service)), operation.id
        assert valid(found, good), operation.id
    assert tried >= 1


def valid(found: Any, answer: Answer) -> bool:
    document, pointer = found
    registry: Any = Registry().with_resource("urn:d", DRAFT202012.create_resource(document))
    try:
        value = json.loads(answer.body)
    except ValueError:
        return False
    return bool(Draft202012Validator({"$ref": f"urn:d#{pointer}"}, registry=registry).is_valid(value))
