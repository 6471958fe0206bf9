"""SaveBucks: sessions, users and roles, balances, offers, figures, health."""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from .client import Answer, Client

BACKEND = "savebucks"
USER, SECOND, ADMIN = "user@example.com", "second@example.com", "admin@example.com"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_login_gives_both_tokens_and_their_seconds(client: Client) -> None:
    answer = client.login(USER)
    assert answer.json.keys() == {"success", "data", "message", "timestamp"}
    assert answer.data.keys() == {"user", "accessToken", "refreshToken", "expiresIn"}
    assert answer.data["expiresIn"] == 900
    client.advance(899)
    assert client.get("/api/users/1", token=answer.data["accessToken"]).status == 200
    client.advance(1)
    assert client.get("/api/users/1", token=answer.data["accessToken"]).status == 401


def test_refresh_gives_a_new_access_token_alone(client: Client) -> None:
    token = client.login(USER).data["refreshToken"]
    answer = client.post("/api/auth/refresh", {"refreshToken": token})
    assert answer.data.keys() == {"accessToken", "expiresIn"}
    assert client.get("/api/users/1", token=answer.data["accessToken"]).status == 200
    assert client.post("/api/auth/refresh", {"refreshToken": token}).status == 200


def test_failures_list_their_errors(client: Client) -> None:
    answer = client.get("/api/users/1")
    assert answer.status == 401
    assert answer.json.keys() == {"success", "message", "errors", "timestamp"}
    assert (answer.json["success"], answer.json["errors"]) == (False, ["Authentication failed"])


@pytest.mark.parametrize("path", ["/health", "/api/users/1", "/api/admin/users", "/nowhere"])
def test_every_answer_has_a_trace_id_of_its_own(client: Client, path: str) -> None:
    found = [client.get(path).headers["x-trace-id"] for _ in range(2)]
    assert all(UUID.fullmatch(item) for item in found)
    assert found[0] != found[1]


def test_a_broken_body_is_400_on_the_api_and_422_on_the_admin_panel(client: Client) -> None:
    assert client.post("/api/auth/login", {}).status == 400
    assert client.post("/api/admin/offers", {}, by=ADMIN).status == 422
    assert client.post("/api/admin/offers", data=b"{", by=ADMIN, headers={"content-type": "application/json"}).status == 422


@pytest.mark.parametrize(("who", "path", "status"), [(USER, "1", 200), (USER, "2", 404), (ADMIN, "1", 200), (ADMIN, "999", 404)])
def test_a_profile_is_for_oneself_and_the_administrator(client: Client, who: str, path: str, status: int) -> None:
    assert client.get(f"/api/users/{path}", by=who).status == status


ADMIN_CALLS: list[tuple[str, str, Any]] = [
    ("GET", "users", None), ("GET", "users/1", None), ("PUT", "users/2/status", {"status": "active"}),
    ("POST", "users/2/adjust-balance", {"amount": 1, "reason": "r"}),
    ("GET", "offers", None), ("GET", "offers/1", None), ("POST", "offers", {"title": "T", "category": "c", "reward": 1}), ("PATCH", "offers/1", {"reward": 2}),
    ("POST", "offers/2/approve", None), ("POST", "offers/3/reject", None),
    ("GET", "analytics/dashboard", None), ("GET", "analytics/revenue", None), ("GET", "analytics/users", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), ADMIN_CALLS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_admin_panel_is_for_administrators(client: Client, method: str, path: str, body: Any) -> None:
    good = 201 if (method, path) == ("POST", "offers") else 200
    assert client.request(method, f"/api/admin/{path}", body).status == 401
    assert client.request(method, f"/api/admin/{path}", body, by=USER).status == 403
    assert client.request(method, f"/api/admin/{path}", body, by=ADMIN).status == good


def test_a_suspended_user_can_not_sign_in(client: Client) -> None:
    token = client.token(USER)
    client.put_("/api/admin/users/1/status", {"status": "suspended"}, by=ADMIN)
    assert [client.login(USER).status, client.get("/api/users/1", token=token).status] == [401, 401]
    client.put_("/api/admin/users/1/status", {"status": "active"}, by=ADMIN)
    assert client.login(USER).status == 200


def adjust(client: Client, amount: float, user: int = 1) -> Answer:
    return client.post(f"/api/admin/users/{user}/adjust-balance", {"amount": amount, "reason": "Goodwill"}, by=ADMIN)


def test_a_balance_is_adjusted_and_its_user_told(client: Client) -> None:
    assert adjust(client, 12.5).data["balance"] == 138.0
    assert client.get("/api/users/1", by=USER).data["balance"] == 138.0
    assert (client.sent[0].message, client.sent[0].room) == ("balance:updated", "user:1")
    assert client.sent[0].data == {"newBalance": 138.0, "change": 12.5, "reason": "Goodwill"}


def test_a_balance_never_falls_below_zero(client: Client) -> None:
    assert adjust(client, -125.51).status == 409
    assert adjust(client, -125.5).data["balance"] == 0
    assert adjust(client, -0.01).status == 409


def test_adding_and_taking_away_leaves_a_balance_as_it_was(client: Client) -> None:
    for amount in (0.1, 0.2, -0.3):
        adjust(client, amount)
    assert client.get("/api/users/1", by=USER).data["balance"] == 125.5


def test_the_leaderboard_is_told_when_its_ten_change(client: Client) -> None:
    adjust(client, 100000)
    told = [item for item in client.sent if item.message == "leaderboard:updated"]
    assert [item.room for item in told] == [None]
    board = told[0].data["leaderboard"]
    assert (len(board), board[0]["userId"], board[0]["balance"]) == (10, 1, 100125.5)
    assert [item["balance"] for item in board] == sorted((item["balance"] for item in board), reverse=True)


def test_the_leaderboard_is_silent_when_its_ten_stay(client: Client) -> None:
    lowest = min(client.rows("users"), key=lambda row: row["balance"])
    adjust(client, 0.01, lowest["id"])
    assert [item.message for item in client.sent] == ["balance:updated"]


def move(client: Client, offer: int, act: str) -> int:
    return client.post(f"/api/admin/offers/{offer}/{act}", by=ADMIN).status


@pytest.mark.parametrize(("act", "status"), [("approve", "active"), ("reject", "rejected")])
def test_a_pending_offer_is_approved_or_rejected_once(client: Client, act: str, status: str) -> None:
    assert [move(client, 2, act), move(client, 2, "approve"), move(client, 2, "reject")] == [200, 409, 409]
    assert client.get("/api/admin/offers/2", by=ADMIN).data["status"] == status


def test_a_new_offer_is_pending_and_announced(client: Client) -> None:
    made = client.post("/api/admin/offers", {"title": "T", "category": "apps", "reward": 1.5}, by=ADMIN).data
    assert made["status"] == "pending"
    assert [(item.message, item.room, item.data["category"]) for item in client.sent] == [("offer:new", None, "apps")]


def test_an_approved_offer_is_announced_and_a_rejected_one_is_not(client: Client) -> None:
    move(client, 2, "approve")
    move(client, 3, "reject")
    assert [item.message for item in client.sent] == ["offer:new"]


def test_an_offers_status_is_not_written_directly(client: Client) -> None:
    client.patch("/api/admin/offers/2", {"status": "active", "reward": 9}, by=ADMIN)
    found = client.get("/api/admin/offers/2", by=ADMIN).data
    assert (found["status"], found["reward"]) == ("pending", 9)


def test_an_offer_with_sales_is_kept(client: Client) -> None:
    assert client.delete("/api/admin/offers/1", by=ADMIN).status == 409
    made = client.post("/api/admin/offers", {"title": "T", "category": "apps", "reward": 1}, by=ADMIN).data["id"]
    assert client.delete(f"/api/admin/offers/{made}", by=ADMIN).data["id"] == made
    assert client.get(f"/api/admin/offers/{made}", by=ADMIN).status == 404


@pytest.mark.parametrize("path", ["users", "offers"])
def test_lists_are_paged(client: Client, path: str) -> None:
    first = client.get(f"/api/admin/{path}?limit=5", by=ADMIN).json["pagination"]
    total = len(client.rows(path))
    assert first == {"page": 1, "limit": 5, "total": total, "totalPages": -(-total // 5)}
    ids = [item["id"] for page in range(1, first["totalPages"] + 1) for item in client.get(f"/api/admin/{path}?limit=5&page={page}", by=ADMIN).data]
    assert len(ids) == len(set(ids)) == total


def test_the_dashboard_equals_the_data(client: Client) -> None:
    stats = client.get("/api/admin/analytics/dashboard", by=ADMIN).data["stats"]
    users, offers, sales, payments = (client.rows(name) for name in ("users", "offers", "sales", "payments"))
    assert stats == {
        "total_users": len(users),
        "active_users": sum(row["status"] == "active" for row in users),
        "total_offers": sum(row["status"] == "active" for row in offers),
        "total_revenue": pytest.approx(sum(row["commission_amount"] for row in sales if row["status"] == "approved")),
        "pending_payments": pytest.approx(sum(row["amount"] for row in payments if row["status"] == "pending")),
    }


def test_the_dashboard_follows_the_data(client: Client) -> None:
    before = client.get("/api/admin/analytics/dashboard", by=ADMIN).data["stats"]["total_offers"]
    move(client, 2, "approve")
    assert client.get("/api/admin/analytics/dashboard", by=ADMIN).data["stats"]["total_offers"] == before + 1


@pytest.mark.parametrize("period", [1, 7, 30, 3650])
def test_revenue_is_that_of_approved_sales_by_day(client: Client, period: int) -> None:
    found = client.get(f"/api/admin/analytics/revenue?period={period}", by=ADMIN).data
    expected: Counter[str] = Counter()
    for row in client.rows("sales"):
        if row["status"] == "approved" and datetime.fromisoformat(row["created_at"]).timestamp() >= client.now - period * 86400:
            expected[datetime.fromisoformat(row["created_at"]).astimezone(UTC).strftime("%Y-%m-%d")] += row["commission_amount"]
    assert [item["date"] for item in found] == sorted(expected)
    assert {item["date"]: item["revenue"] for item in found} == pytest.approx(dict(expected))


def test_the_period_is_thirty_days_unless_said(client: Client) -> None:
    assert client.get("/api/admin/analytics/revenue", by=ADMIN).data == client.get("/api/admin/analytics/revenue?period=30", by=ADMIN).data


def test_user_statistics_equal_the_data(client: Client) -> None:
    found, users = client.get("/api/admin/analytics/users", by=ADMIN).data, client.rows("users")
    assert found["total_users"] == found["active_users"] + found["suspended_users"] == len(users)
    assert found["total_balance"] == pytest.approx(sum(row["balance"] for row in users))


def test_health_is_bare_and_good(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status, answer.json.keys()) == (200, {"status", "timestamp", "uptime", "checks"})
    assert {name: item["status"] for name, item in answer.json["checks"].items()} == {"database": "ok", "redis": "ok", "external_apis": "ok"}


@pytest.mark.parametrize("name", ["database", "redis", "external_apis"])
def test_health_is_503_when_a_check_is_not_ok(client: Client, name: str) -> None:
    client.put("healthChecks", {**next(row for row in client.rows("healthChecks") if row["name"] == name), "status": "error"})
    answer = client.get("/health")
    assert (answer.status, answer.json["checks"][name]["status"]) == (503, "error")


def test_uptime_goes_on(client: Client) -> None:
    before = client.get("/health").json["uptime"]
    client.advance(60)
    assert client.get("/health").json["uptime"] == pytest.approx(before + 60)
