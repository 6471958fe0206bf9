"""Cliick: accounts, cookies, shops and their members, chat, orders."""

import pytest

from .client import Client

BACKEND = "cliick"
OWNER, ADMIN, AGENT, STRANGER = "test@example.com", "admin@example.com", "agent@example.com", "other@example.com"
SHOP = "/api/shops/shop_123"


def test_login_gives_user_and_tokens(client: Client) -> None:
    answer = client.login(OWNER)
    assert answer.status == 200
    assert answer.json.keys() == {"user", "accessToken", "refreshToken"}
    assert answer.json["user"]["email"] == OWNER


def test_login_with_a_wrong_password_is_401(client: Client) -> None:
    answer = client.login(OWNER, "wrong")
    assert (answer.status, answer.json) == (401, {"error": "Unauthorized", "message": "Invalid email or password"})


def test_the_eleventh_login_in_a_minute_is_429_and_retry_after_is_true(client: Client) -> None:
    assert [client.login(OWNER, "wrong").status for _ in range(10)] == [401] * 10
    answer = client.login(OWNER)
    wait = int(answer.headers["retry-after"])
    assert answer.status == 429
    client.advance(wait - 1)
    assert client.login(OWNER).status == 429
    client.advance(1)
    assert client.login(OWNER).status == 200


def test_logins_of_another_account_are_counted_apart(client: Client) -> None:
    for _ in range(10):
        client.login(OWNER, "wrong")
    assert client.login(ADMIN).status == 200


def test_the_limit_of_the_api_is_off_until_it_is_switched_on(client: Client) -> None:
    statuses = {client.get("/api/auth/me", by=OWNER).status for _ in range(150)}
    client.world.switches["ratelimit"] = True
    later = [client.get("/api/auth/me", by=OWNER) for _ in range(101)]
    assert statuses == {200}
    assert [item.status for item in later] == [200] * 100 + [429]
    assert 0 < int(later[-1].headers["retry-after"]) <= 900


def test_cookies_are_kept_from_scripts_and_foreign_sites(client: Client) -> None:
    cookies = client.login(OWNER).cookies
    assert "; Path=/;" in cookies["access_token"]
    assert "; Path=/api/auth;" in cookies["refresh_token"]
    assert all("HttpOnly" in line and "SameSite=Lax" in line and "Secure" not in line for line in cookies.values())


def test_cookies_are_secure_behind_https(client: Client) -> None:
    assert all("; Secure" in line for line in client.login(OWNER, secure=True).cookies.values())


def test_the_cookie_signs_in(client: Client) -> None:
    token = client.login(OWNER).cookie("access_token")
    assert client.get("/api/auth/me", headers={"cookie": f"access_token={token}"}).json["email"] == OWNER


def test_a_refresh_token_is_no_access_token(client: Client) -> None:
    assert client.get("/api/auth/me", token=client.login(OWNER).json["refreshToken"]).status == 401


def test_an_access_token_dies_after_fifteen_minutes(client: Client) -> None:
    token = client.token(OWNER)
    client.advance(899)
    assert client.get("/api/auth/me", token=token).status == 200
    client.advance(1)
    assert client.get("/api/auth/me", token=token).status == 401


@pytest.mark.parametrize("way", ["body", "cookie"])
def test_refresh_rotates_and_a_used_token_is_dead(client: Client, way: str) -> None:
    first = client.login(OWNER).json["refreshToken"]

    def refresh(token: str) -> int:
        if way == "body":
            return client.post("/api/auth/refresh", {"refreshToken": token}).status
        return client.post("/api/auth/refresh", headers={"cookie": f"refresh_token={token}"}).status

    second = client.post("/api/auth/refresh", {"refreshToken": first}).json["refreshToken"]
    assert refresh(first) == 401
    assert refresh(second) == 200
    assert refresh(second) == 401


def test_refresh_sets_both_cookies_anew(client: Client) -> None:
    answer = client.post("/api/auth/refresh", {"refreshToken": client.login(OWNER).json["refreshToken"]})
    assert answer.cookie("refresh_token") == answer.json["refreshToken"]
    assert answer.cookie("access_token") == answer.json["accessToken"]


def test_refresh_without_a_token_is_401(client: Client) -> None:
    assert client.post("/api/auth/refresh").status == 401


def test_signing_out_kills_the_token_and_clears_the_cookies(client: Client) -> None:
    token = client.token(OWNER)
    answer = client.post("/api/auth/logout", token=token)
    assert answer.json == {"success": True}
    assert all("Max-Age=0" in line for line in answer.cookies.values())
    assert client.get("/api/auth/me", token=token).status == 401


def test_signing_up_makes_an_owner(client: Client) -> None:
    answer = client.post("/api/auth/register", {"email": "new@example.com", "password": "password123", "username": "new"})
    assert answer.status == 201
    assert answer.json["user"]["role"] == "owner"
    assert client.login("new@example.com").status == 200


def test_an_email_can_be_taken_once(client: Client) -> None:
    answer = client.post("/api/auth/register", {"email": OWNER.upper(), "password": "password123", "username": "x"})
    assert (answer.status, answer.json["error"]) == (409, "Conflict")


@pytest.mark.parametrize(
    ("origin", "status"), [(None, 201), ("http://localhost:5173", 201), ("http://localhost", 201), ("https://evil.example", 403), ("null", 403)]
)
def test_a_write_by_cookie_from_a_foreign_origin_is_refused(client: Client, origin: str | None, status: int) -> None:
    headers = {"cookie": f"access_token={client.token(OWNER)}", **({"origin": origin} if origin else {})}
    assert client.post("/api/shops", {"name": "Mine"}, headers=headers).status == status


def test_a_write_by_bearer_from_a_foreign_origin_is_not(client: Client) -> None:
    assert client.post("/api/shops", {"name": "Mine"}, by=OWNER, headers={"origin": "https://evil.example"}).status == 201


def test_a_refresh_by_cookie_from_a_foreign_origin_is_refused(client: Client) -> None:
    token = client.login(OWNER).json["refreshToken"]
    assert client.post("/api/auth/refresh", headers={"cookie": f"refresh_token={token}", "origin": "https://evil.example"}).status == 403
    assert client.post("/api/auth/refresh", headers={"cookie": f"refresh_token={token}", "origin": "http://localhost:5173"}).status == 200


READS = {
    "": 3, "/products": 3, "/orders": 3, "/orders/order_123": 3, "/conversations": 3, "/conversations/conversation_1": 3, "/forms": 2, "/payments/pi_seed_1": 2,
}  # fmt: skip


@pytest.mark.parametrize(("path", "allowed"), READS.items())
def test_the_team_reads_what_its_role_may(client: Client, path: str, allowed: int) -> None:
    statuses = [client.get(SHOP + path, by=who).status for who in (OWNER, ADMIN, AGENT, STRANGER)]
    assert statuses == [200] * allowed + [403] * (4 - allowed)


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("PUT", "", {"name": "Renamed"}, 1),
        ("POST", "/products", {"name": "Pen", "retailPrice": 1}, 2),
        ("PUT", "/products/product_1", {"stock": 5}, 2),
        ("POST", "/forms", {"name": "F", "fields": []}, 2),
        ("PUT", "/forms/form_1", {"isActive": False}, 2),
        ("PUT", "/conversations/conversation_1", {"notes": "x"}, 3),
        ("POST", "/conversations/conversation_1/messages", {"text": "Hi"}, 3),
        ("PUT", "/orders/order_123/status", {"status": "processing"}, 3),
        ("POST", "/integrations/tiktok/connect", None, 1),
        ("POST", "/payments/intent", {"orderId": "order_123", "amount": 100, "currency": "usd"}, 2),
    ],
)
def test_the_team_writes_what_its_role_may(client: Client, method: str, path: str, body: object, allowed: int) -> None:
    good = [client.request(method, SHOP + path, body, by=who).status in (200, 201) for who in (OWNER, ADMIN, AGENT, STRANGER)]
    assert good == [True] * allowed + [False] * (4 - allowed)


def test_a_stranger_is_told_403_and_an_unknown_shop_is_404(client: Client) -> None:
    assert client.put_(SHOP, {"name": "x"}, by=STRANGER).status == 403
    assert client.get("/api/shops/shop_999", by=OWNER).status == 404


def test_a_row_of_another_shop_does_not_exist_in_this_one(client: Client) -> None:
    assert client.get(f"{SHOP}/orders/order_201", by=OWNER).status == 404
    assert client.put_(f"{SHOP}/products/product_4", {"stock": 1}, by=OWNER).status == 404
    assert client.put_(f"{SHOP}/orders/order_201/status", {"status": "processing"}, by=OWNER).status == 404


def test_who_creates_a_shop_owns_it(client: Client) -> None:
    made = client.post("/api/shops", {"name": "Corner"}, by=AGENT).json
    assert client.put_(f"/api/shops/{made['id']}", {"name": "Corner Store"}, by=AGENT).json["name"] == "Corner Store"


def test_members_that_are_added_may_read(client: Client) -> None:
    client.put_(SHOP, {"team": [{"userId": "user_4", "role": "agent"}]}, by=OWNER)
    assert client.get(SHOP, by=STRANGER).status == 200
    assert client.get(SHOP, by=AGENT).status == 403


def test_unknown_members_are_refused(client: Client) -> None:
    assert client.put_(SHOP, {"team": [{"userId": "user_999", "role": "agent"}]}, by=OWNER).status == 409


def test_a_deleted_product_is_gone(client: Client) -> None:
    assert client.delete(f"{SHOP}/products/product_1", by=OWNER).status == 200
    assert client.put_(f"{SHOP}/products/product_1", {"stock": 1}, by=OWNER).status == 404
    assert "product_1" not in [item["id"] for item in client.get(f"{SHOP}/products", by=OWNER).json]


def test_a_message_is_pushed_with_its_conversation(client: Client) -> None:
    made = client.post(f"{SHOP}/conversations/conversation_1/messages", {"text": "On Saturday"}, by=AGENT).json
    assert (made["sender"], made["senderId"], made["timestamp"]) == ("seller", "user_3", int(client.now * 1000))
    assert [(item.message, item.room) for item in client.sent] == [("message:new", "shop:shop_123"), ("conversation:update", "shop:shop_123")]
    assert client.get(f"{SHOP}/conversations/conversation_1", by=AGENT).json["messages"][-1] == made


def test_a_conversation_is_assigned_to_members_only(client: Client) -> None:
    assert client.put_(f"{SHOP}/conversations/conversation_1", {"assigneeId": "user_4"}, by=OWNER).status == 409
    assert client.put_(f"{SHOP}/conversations/conversation_1", {"assigneeId": "user_1"}, by=OWNER).json["assigneeId"] == "user_1"


MOVES = {"pending": {"processing", "completed", "cancelled"}, "processing": {"completed", "cancelled"}, "completed": set(), "cancelled": set()}
STATES = {"pending": "order_123", "processing": "order_126", "completed": "order_127", "cancelled": "order_128"}


@pytest.mark.parametrize("before", MOVES)
@pytest.mark.parametrize("after", MOVES)
def test_orders_move_only_where_they_may(client: Client, before: str, after: str) -> None:
    answer = client.put_(f"{SHOP}/orders/{STATES[before]}/status", {"status": after}, by=AGENT)
    assert answer.status == (200 if after in MOVES[before] | {before} else 409)
    kept = client.get(f"{SHOP}/orders/{STATES[before]}", by=AGENT).json["status"]
    assert kept == (after if answer.status == 200 else before)


def test_a_moved_order_is_pushed_to_its_shop(client: Client) -> None:
    client.put_(f"{SHOP}/orders/order_123/status", {"status": "processing"}, by=AGENT)
    assert [(item.message, item.room) for item in client.sent] == [("order:update", "shop:shop_123"), ("notification", "shop:shop_123")]
    assert client.sent[1].data["data"] == {"title": "Order updated", "message": "Order #order_123 is now processing", "type": "info"}


@pytest.mark.parametrize("status", ["pending", "shipped"])
def test_nothing_is_pushed_where_nothing_changed(client: Client, status: str) -> None:
    client.put_(f"{SHOP}/orders/order_123/status", {"status": status}, by=AGENT)
    assert client.sent == []


@pytest.mark.parametrize(("path", "field", "falls"), [("conversations", "updatedAt", True), ("orders", "submittedAt", True), ("forms", "createdAt", False)])
def test_lists_are_in_order(client: Client, path: str, field: str, falls: bool) -> None:
    found = [item[field] for item in client.get(f"{SHOP}/{path}", by=OWNER).json]
    client.advance(1)
    client.post(f"{SHOP}/forms", {"name": "Latest", "fields": []}, by=OWNER)
    assert found == sorted(found, reverse=falls)
    assert client.get(f"{SHOP}/forms", by=OWNER).json[-1]["name"] == "Latest"


def test_subscribing_twice_keeps_one_subscription(client: Client) -> None:
    body = {"endpoint": "https://push.example.com/1", "keys": {"p256dh": "a", "auth": "b"}}
    assert [client.post("/api/notifications/subscribe", body, by=OWNER).status for _ in range(2)] == [201, 201]
    assert len(client.rows("subscriptions")) == 1


def test_unsubscribing_takes_only_the_own_subscription(client: Client) -> None:
    client.post("/api/notifications/subscribe", {"endpoint": "https://push.example.com/1"}, by=OWNER)
    assert client.post("/api/notifications/unsubscribe", {"endpoint": "https://push.example.com/1"}, by=ADMIN).status == 200
    assert len(client.rows("subscriptions")) == 1
    client.post("/api/notifications/unsubscribe", {"endpoint": "https://push.example.com/1"}, by=OWNER)
    assert client.rows("subscriptions") == []
