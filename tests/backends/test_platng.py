"""PlatNG: sessions, orders and their stock, tickets, favourites, partners, optional tokens."""

import base64
import json
from typing import Any

import pytest

from .client import Answer, Client

BACKEND = "platng"
USER, SECOND, PARTNER, OTHER_PARTNER = "user@example.com", "second@example.com", "partner@example.com", "partner2@example.com"
API = "/api/v1"


@pytest.mark.parametrize("service", ["auth", "events", "payments", "notifications", "favorites", "partners"])
def test_health_is_at_the_root_of_each_port(client: Client, service: str) -> None:
    assert client.get("/health", service=service).json == {"status": "ok", "service": service}


def test_login_is_bare_and_sets_the_refresh_cookie(client: Client) -> None:
    answer = client.login(USER)
    assert answer.json.keys() == {"access_token", "refresh_token", "token_type", "user"}
    assert (answer.json["token_type"], answer.json["user"]["id"]) == ("Bearer", 1)
    line = answer.cookies["refresh_token"]
    assert answer.cookie("refresh_token") == answer.json["refresh_token"]
    assert all(part in line for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/api/v1/auth"))


def test_errors_have_code_message_and_field(client: Client) -> None:
    answer = client.post(f"{API}/auth/login", {"email": "user@example.com"})
    assert (answer.status, answer.json["success"], answer.json["error"]["code"]) == (400, False, "VALIDATION_ERROR")
    assert answer.json["error"]["details"] == {"field": "password", "constraint": "required"}


def test_registering_answers_as_login_does(client: Client) -> None:
    body = {"email": "new@example.com", "password": "password123", "full_name": "New", "phone": "+234 1"}
    answer = client.post(f"{API}/auth/register", body)
    assert (answer.status, answer.json["user"]["role"], answer.json["user"]["is_verified"]) == (201, "user", False)
    assert "refresh_token" in answer.cookies
    assert client.post(f"{API}/auth/register", body).status == 409


@pytest.mark.parametrize("way", ["body", "cookie"])
def test_refresh_rotates_and_a_used_token_is_dead(client: Client, way: str) -> None:
    def refresh(token: str) -> Answer:
        given: dict[str, Any] = {"body": {"refresh_token": token}} if way == "body" else {"headers": {"cookie": f"refresh_token={token}"}}
        return client.post(f"{API}/auth/refresh", **given)

    first = client.login(USER).json["refresh_token"]
    second = refresh(first).cookie("refresh_token")
    assert refresh(first).status == 401
    assert refresh(second).status == 200
    assert refresh(second).status == 401


def test_a_refresh_token_dies_after_seven_days(client: Client) -> None:
    token = client.login(USER).json["refresh_token"]
    client.advance(7 * 86400)
    assert client.post(f"{API}/auth/refresh", {"refresh_token": token}).status == 401


def id_token(email: str) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"email": email}).encode()).decode().rstrip("=")
    return f"e30.{body}.sig"


@pytest.mark.parametrize(
    ("token", "who"),
    [("anything", USER), (SECOND, SECOND), (id_token(PARTNER), PARTNER), (id_token("nobody@example.com"), USER), ("a.!.c", USER), ("a.bnVsbA.c", USER)],
)
def test_google_signs_in_whom_the_token_names(client: Client, token: str, who: str) -> None:
    answer = client.post(f"{API}/auth/google", {"token": token})
    assert (answer.status, answer.json["user"]["email"]) == (200, who)
    assert answer.cookie("refresh_token") == answer.json["refresh_token"]


def test_google_refuses_an_invalid_token(client: Client) -> None:
    answer = client.post(f"{API}/auth/google", {"token": "invalid"})
    assert (answer.status, answer.cookies) == (401, {})


def test_a_password_is_changed_by_giving_the_old_one(client: Client) -> None:
    def change(old: str) -> int:
        return client.post(f"{API}/auth/change-password", {"old_password": old, "new_password": "changed1234"}, by=USER).status

    assert [change("wrong"), change("password123")] == [401, 200]
    assert [client.login(USER).status, client.login(USER, "changed1234").status] == [401, 200]


def test_a_profile_changes_only_what_is_given(client: Client) -> None:
    before = client.get(f"{API}/auth/profile", by=USER).data
    after = client.patch(f"{API}/auth/profile", {"full_name": "New Name"}, by=USER).data
    assert after["full_name"] == "New Name"
    assert {name: value for name, value in after.items() if name not in ("full_name", "updated_at")} == {
        name: value for name, value in before.items() if name not in ("full_name", "updated_at")
    }


READS = ("/events", "/events/search?q=tech", "/events/featured", "/events/upcoming", "/events/123")


def shown(answer: Answer) -> list[dict[str, Any]]:
    data = answer.data
    found: list[dict[str, Any]] = data.get("items", [data])
    return found


@pytest.mark.parametrize("path", READS)
def test_without_a_token_events_say_nothing_of_favourites(client: Client, path: str) -> None:
    assert all("is_favorite" not in item for item in shown(client.get(API + path)))


@pytest.mark.parametrize("path", READS)
def test_with_a_token_events_say_whether_they_are_favourites(client: Client, path: str) -> None:
    found = shown(client.get(API + path, by=USER))
    assert [item["is_favorite"] for item in found] == [item["id"] == 124 for item in found]


@pytest.mark.parametrize("path", READS)
def test_a_bad_optional_token_is_401(client: Client, path: str) -> None:
    assert client.get(API + path, token="bad").status == 401


def test_is_favorite_follows_the_favourites(client: Client) -> None:
    client.post(f"{API}/favorites", {"event_id": 123}, by=USER)
    assert [client.get(f"{API}/events/123", by=who).data["is_favorite"] for who in (USER, SECOND)] == [True, False]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("city=Lagos", lambda item: item["city"] == "Lagos"),
        ("is_free=true", lambda item: item["is_free"]),
        ("category_id=1", lambda item: item["category_id"] == 1),
    ],
)
def test_filters_keep_what_fits_and_all_of_it(client: Client, query: str, fits: Any) -> None:
    everything = client.get(f"{API}/events?limit=100").data["items"]
    assert client.get(f"{API}/events?limit=100&{query}").data["items"] == [item for item in everything if fits(item)]


def test_pages_show_each_event_once(client: Client) -> None:
    first = client.get(f"{API}/events?limit=7").data
    pages = [client.get(f"{API}/events?limit=7&page={page}").data for page in range(1, first["pagination"]["pages"] + 1)]
    ids = [item["id"] for page in pages for item in page["items"]]
    assert first["pagination"] == {"page": 1, "limit": 7, "total": 26, "pages": 4}
    assert len(ids) == len(set(ids)) == 26


def test_upcoming_events_are_later_than_now(client: Client) -> None:
    client.advance(40 * 86400)
    found = [item["id"] for item in client.get(f"{API}/events/upcoming?limit=100").data["items"]]
    assert 123 in found
    assert 124 not in found


def available(client: Client, ticket: int = 1) -> int:
    tickets = client.get(f"{API}/events/123").data["tickets"]
    return next(item["available"] for item in tickets if item["id"] == ticket)


def buy(client: Client, *lines: tuple[int, int], by: str = USER, event: int = 123) -> Answer:
    return client.post(f"{API}/orders", {"event_id": event, "tickets": [{"ticket_id": key, "quantity": number} for key, number in lines]}, by=by)


def verify(client: Client, order: dict[str, Any], by: str = USER, **more: Any) -> Answer:
    return client.post(f"{API}/orders/verify", {"order_id": order["id"], "reference": order["reference"], **more}, by=by)


def test_an_order_takes_its_stock_at_once(client: Client) -> None:
    before = available(client), available(client, 2)
    order = buy(client, (1, 2), (2, 1)).data
    assert (order["status"], order["total_amount"], order["currency"]) == ("pending", 30000, "NGN")
    assert (available(client), available(client, 2)) == (before[0] - 2, before[1] - 1)


def test_more_than_there_is_is_409_and_nothing_is_taken(client: Client) -> None:
    before = available(client), available(client, 2)
    assert buy(client, (1, 1), (2, before[1] + 1)).status == 409
    assert (available(client), available(client, 2)) == before


def test_the_last_ticket_is_sold_once(client: Client) -> None:
    assert [buy(client, (2, available(client, 2))).status, buy(client, (2, 1), by=SECOND).status] == [201, 409]


def test_an_unpaid_order_gives_its_stock_back_after_thirty_minutes(client: Client) -> None:
    before = available(client)
    order = buy(client, (1, 3)).data
    client.advance(1799)
    assert available(client) == before - 3
    client.advance(1)
    assert available(client) == before
    assert client.get(f"{API}/orders/{order['id']}", by=USER).data["status"] == "expired"
    assert verify(client, order).status == 409


def test_a_paid_order_keeps_its_stock(client: Client) -> None:
    before = available(client)
    verify(client, buy(client, (1, 3)).data)
    client.advance(3600)
    assert available(client) == before - 3


def test_a_verified_order_has_a_ticket_for_each_seat(client: Client) -> None:
    order = buy(client, (1, 2), (2, 1), by=SECOND).data
    answer = verify(client, order, by=SECOND)
    assert (answer.status, answer.data["status"]) == (200, "completed")
    tickets = client.get(f"{API}/tickets", by=SECOND).data["items"]
    assert [item["ticket_id"] for item in tickets] == [1, 1, 2]
    assert len({item["code"] for item in tickets}) == 3


def test_verifying_notifies_the_buyer(client: Client) -> None:
    verify(client, buy(client, (1, 1)).data)
    assert [(item.message, item.room) for item in client.sent] == [("notification", "user:1")]
    assert client.get(f"{API}/notifications", by=USER).data["items"][0]["title"] == "Payment received"


def test_verifying_twice_is_one_effect(client: Client) -> None:
    order = buy(client, (1, 2), by=SECOND).data
    first, again = verify(client, order, by=SECOND), verify(client, order, by=SECOND)
    assert (again.status, again.json) == (200, first.json)
    assert client.get(f"{API}/tickets", by=SECOND).data["pagination"]["total"] == 2
    assert len(client.sent) == 1


def test_a_wrong_reference_is_refused(client: Client) -> None:
    order = buy(client, (1, 1)).data
    assert verify(client, order, reference="wrong").status == 409
    assert client.get(f"{API}/orders/{order['id']}", by=USER).data["status"] == "pending"


def test_anothers_order_does_not_exist(client: Client) -> None:
    order = buy(client, (1, 1)).data
    assert client.get(f"{API}/orders/{order['id']}", by=SECOND).status == 404
    assert verify(client, order, by=SECOND).status == 404


def test_the_guides_own_order_can_be_paid(client: Client) -> None:
    assert verify(client, {"id": 789, "reference": "paystack-reference-123"}).data["status"] == "completed"


def test_a_ticket_of_another_event_is_404(client: Client) -> None:
    assert buy(client, (3, 1)).status == 404


def test_a_favourite_is_kept_once_and_removed_by_its_id(client: Client) -> None:
    made = client.post(f"{API}/favorites", {"event_id": 123}, by=USER)
    assert made.status == 201
    assert client.post(f"{API}/favorites", {"event_id": 123}, by=USER).status == 409
    assert client.delete(f"{API}/favorites/{made.data['id']}", by=USER).status == 200
    assert client.post(f"{API}/favorites", {"event_id": 123}, by=USER).status == 201


def test_anothers_favourite_can_not_be_removed(client: Client) -> None:
    assert client.delete(f"{API}/favorites/456", by=SECOND).status == 404
    assert client.delete(f"{API}/favorites/456", by=USER).status == 200


def test_an_unknown_event_is_no_favourite(client: Client) -> None:
    assert client.post(f"{API}/favorites", {"event_id": 99999}, by=USER).status == 404


def test_notifications_are_read_one_by_one_and_at_once(client: Client) -> None:
    assert client.patch(f"{API}/notifications/123/read", by=SECOND).status == 404
    assert client.patch(f"{API}/notifications/123/read", by=USER).data["is_read"] is True
    assert client.post(f"{API}/notifications/read-all", by=USER).data == {"unread": 0}


@pytest.mark.parametrize("path", ["dashboard", "events", "analytics"])
def test_partners_alone_see_the_figures(client: Client, path: str) -> None:
    assert [client.get(f"{API}/partners/{path}", by=who).status for who in (USER, PARTNER)] == [403, 200]


def test_a_partner_sees_its_own_events_alone(client: Client) -> None:
    mine = {item["id"] for item in client.get(f"{API}/partners/events?limit=100", by=PARTNER).data["items"]}
    theirs = {item["id"] for item in client.get(f"{API}/partners/events?limit=100", by=OTHER_PARTNER).data["items"]}
    assert {123, 124} <= mine
    assert not mine & theirs


def test_a_sale_shows_in_its_partners_figures(client: Client) -> None:
    before = client.get(f"{API}/partners/dashboard", by=PARTNER).data
    verify(client, buy(client, (1, 2)).data)
    after = client.get(f"{API}/partners/dashboard", by=PARTNER).data
    assert after == {
        **before,
        "total_orders": before["total_orders"] + 1,
        "tickets_sold": before["tickets_sold"] + 2,
        "total_revenue": before["total_revenue"] + 10000,
    }


def test_one_identity_holds_on_every_service(client: Client) -> None:
    paths = ("auth/profile", "tickets", "notifications", "favorites")
    assert [client.get(f"{API}/{path}", by=USER).status for path in paths] == [200] * 4
    assert [client.get(f"{API}/{path}").status for path in paths] == [401] * 4
