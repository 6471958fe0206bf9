"""The log as it is read: what answered and why, and nothing that is secret."""

import json
import re
from typing import Any

import pytest

from mock_server.steering.matching import find
from mock_server.steering.records import Records
from mock_server.steering.redaction import HIDDEN
from tests.backends.client import Client
from tests.backends.peer import Peer

USER = "user@example.com"
ORDER = {"eventId": 1, "categoryId": 1, "quantity": 2}


@pytest.fixture
def client() -> Client:
    return Client("eventplatform")


def records(client: Client) -> list[dict[str, Any]]:
    shown = Records(client.engine)
    return [shown.render(client.world, entry) for entry in client.world.log]


def last(client: Client) -> dict[str, Any]:
    return records(client)[-1]


def test_an_exchange_says_what_answered_and_where_that_is_declared(client: Client) -> None:
    client.post("/api/orders", ORDER, by=USER)
    record = last(client)
    known = ("kind", "method", "path", "operation", "status", "user", "stage", "why", "world", "service")
    assert [record[name] for name in known] == [
        "exchange", "POST", "/api/orders", "createOrder", 201, USER, "behave", "declared: create of orders", "default", "gateway",
    ]  # fmt: skip
    assert re.fullmatch(r"eventplatform/gateway\.openapi\.yaml:\d+", record["place"])
    assert (record["request"]["body"], record["response"]["body"]["quantity"]) == (ORDER, 2)


@pytest.mark.parametrize(
    ("method", "url", "body", "by", "status", "stage", "why"),
    [
        ("POST", "/api/orders", {"eventId": 1}, USER, 400, "validate", "required: categoryId is required"),
        ("POST", "/api/orders", ORDER, None, 401, "authenticate", "token: no credential was sent"),
        ("POST", "/api/orders", {**ORDER, "quantity": 76}, USER, 409, "behave", "capacity: Only 75 left"),
        ("GET", "/api/events/999", None, None, 404, "behave", "missing: Event not found"),
        ("GET", "/api/orders/all", None, USER, 403, "behave", "role: Insufficient permissions"),
        ("GET", "/api/event", None, None, 404, "route", "route: There is no GET /api/event here. Did you mean GET /api/events?"),
        ("GET", "/api/evnts/1", None, None, 404, "route", "route: There is no GET /api/evnts/1 here. Did you mean GET /api/events/{id}?"),
        ("DELETE", "/api/auth/login", None, None, 405, "route", "method: Method DELETE is not allowed"),
        ("GET", "/nowhere/near/anything", None, None, 404, "route", "route: There is no GET /nowhere/near/anything here."),
    ],
)
def test_a_refusal_says_which_stage_and_rule(client: Client, method: str, url: str, body: Any, by: str | None, status: int, stage: str, why: str) -> None:
    client.request(method, url, body, by=by)
    record = last(client)
    assert (record["status"], record["stage"], record["why"]) == (status, stage, why)


def test_a_path_of_another_service_is_told(client: Client) -> None:
    platng = Client("platng")
    platng.get("/api/v1/categories", service="auth")
    own = next(name for name, router in platng.engine.routers.items() if router.find("/api/v1/categories"))
    assert last(platng)["why"] == f"route: There is no GET /api/v1/categories here. /api/v1/categories is answered by the service '{own}'."


def test_a_very_long_path_is_compared_with_nothing(client: Client) -> None:
    client.get("/api/" + "event" * 2000)
    assert "Did you mean" not in last(client)["why"]


def test_a_crash_is_told_with_its_last_line(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = client.engine.plans["listEvents"]

    def fail(_call: Any) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(plan, "stages", (fail,))
    assert client.get("/api/events").status == 500
    assert last(client)["why"] == "crashed: RuntimeError: on purpose"
    assert "Traceback" in last(client)["crash"]


def test_nothing_secret_is_in_the_log() -> None:
    client = Client("cliick")
    answer = client.login("test@example.com")
    access, refresh = answer.json["accessToken"], answer.json["refreshToken"]
    client.get(f"/api/auth/me?token={access}&x=1", token=access, headers={"cookie": f"access_token={access}; theme=dark"})
    client.post("/api/auth/refresh", {"refreshToken": refresh})
    text = json.dumps(records(client))
    assert not [secret for secret in (access, refresh, "password123") if secret in text]
    login, read, _ = records(client)
    assert login["request"]["body"] == {"email": "test@example.com", "password": HIDDEN}
    assert (read["query"], read["request"]["headers"]["authorization"]) == (f"token={HIDDEN}&x=1", f"Bearer {HIDDEN}")
    assert read["request"]["headers"]["cookie"] == f"access_token={HIDDEN}; theme={HIDDEN}"
    assert login["response"]["headers"]["set-cookie"].startswith(f"refresh_token={HIDDEN}; Max-Age=")


def test_a_request_can_be_repeated_with_curl(client: Client) -> None:
    client.post("/api/orders", {**ORDER, "notes": 'it\'s "mine"'}, by=USER)
    assert last(client)["curl"] == (
        "curl -X POST http://localhost/api/orders -H 'content-type: application/json' -H \"authorization: Bearer $TOKEN\" "
        '--data-raw \'{"eventId":1,"categoryId":1,"quantity":2,"notes":"it\'"\'"\'s \\"mine\\""}\''
    )


def test_a_body_that_is_no_text_is_told_by_its_size() -> None:
    client = Client("watchparty")
    client.upload("/api/videos/upload/", {"title": "x"}, {"file": ("a.mp4", "video/mp4", b"\0\1\2" * 10)}, by=USER)
    assert "bytes of multipart/form-data" in records(client)[-1]["request"]["body"]


def test_frames_are_in_the_log_in_both_directions(client: Client) -> None:
    peer = Peer(client, "realtime/realtime", query={"userId": 1, "token": client.token(USER)})
    peer.send("join-event-room", {"eventId": 1})
    peer.send("lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 999})
    peer.close()
    told = [(item["direction"], item["message"], item.get("refused")) for item in records(client) if item["kind"] == "frame"]
    assert told[0] == ("in", "open", None)
    assert ("out", "joined-event-room", None) in told
    assert any(direction == "in" and message == "lock-tickets" and refused for direction, message, refused in told)
    assert told[-1] == ("in", "close", None)
    assert client.token(USER) not in json.dumps(records(client))


@pytest.mark.parametrize(
    ("criteria", "count"),
    [
        ({}, 5), ({"kind": "exchange"}, 5), ({"kind": "frame"}, 0), ({"operation": "createOrder"}, 2), ({"operation": "create*"}, 2), ({"status": 409}, 1),
        ({"status": 409, "operation": "login"}, 0), ({"method": "get"}, 2), ({"path": "/api/events*"}, 1), ({"user": USER}, 3), ({"stage": "route"}, 1),
        ({"violations": True}, 1), ({"violations": False}, 4), ({"body": {"quantity": 2}}, 1), ({"body": {"quantity": 3}}, 0), ({"text": "sUMMER"}, 2),
        ({"after": 3}, 2), ({"service": "gateway"}, 5), ({"message": "x"}, 0),
    ],
)  # fmt: skip
def test_lines_are_found_by_what_they_are(client: Client, criteria: dict[str, Any], count: int) -> None:
    token = client.token(USER)
    client.post("/api/orders", ORDER, token=token)
    client.post("/api/orders", {**ORDER, "quantity": 76}, token=token)
    client.get("/api/events/1")
    client.get("/nowhere")
    assert len(list(find(Records(client.engine), client.world, criteria))) == count


def test_a_broken_body_and_a_violation_hide_a_password_too(client: Client) -> None:
    for body in (
        b'{"username": "a", "password": "hunter2-hunter2"',
        b'{"password": "hunter2-hunt',
        b'{"username": "a", "password": ["hunter2-hunter2"]}',
    ):
        client.request("POST", "/api/auth/login", data=body, headers={"content-type": "application/json"})
    client.post("/api/auth/register", {"username": "new@example.com", "password": "hun", "role": "assistant"})
    told = records(client)
    assert "hunter2" not in json.dumps(told[:3])
    assert told[0]["request"]["body"] == f'{{"username": "a", "password": "{HIDDEN}"'
    assert [item["got"] for item in told[3]["violations"] if item["pointer"] == "/body/password"] == [HIDDEN]
