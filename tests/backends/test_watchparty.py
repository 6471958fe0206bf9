"""Watch Party: signing in and up, the second factor, invitations, throttling, pages, slashes."""

import re
from typing import Any

import pyotp
import pytest

from understudy.wire import codes

from .client import FRONT_END, Answer, Client

BACKEND = "watchparty"
USER, SECOND, ADMIN, TWO = "user@example.com", "second@example.com", "admin@example.com", "twofactor@example.com"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PUBLIC, PRIVATE, OPEN, CLOSED, FRIENDS = (f"/api/parties/10000000-0000-4000-8000-{number:012}/" for number in range(1, 6))


def test_login_gives_two_tokens_and_the_user(client: Client) -> None:
    answer = client.login(USER)
    assert (answer.status, answer.json.keys(), answer.cookies) == (200, {"access", "refresh", "user"}, {})
    assert answer.json["user"]["email"] == USER


def test_a_refusal_of_a_credential_says_how_to_sign_in(client: Client) -> None:
    for answer in (client.get("/api/parties/"), client.login(USER, "wrong"), client.get("/api/parties/", token="x"), verify(client, "no", "123456")):
        assert (answer.status, answer.headers["www-authenticate"], answer.json.keys()) == (401, 'Bearer realm="api"', {"detail"})


def test_a_broken_body_gets_a_map_of_fields(client: Client) -> None:
    answer = client.post("/api/auth/login/", {"email": 1})
    assert answer.status == 400
    assert answer.json.keys() == {"email", "password"}
    assert all(isinstance(texts, list) for texts in answer.json.values())


@pytest.mark.parametrize("way", ["body", "cookie"])
def test_refresh_gives_a_new_access_token(client: Client, way: str) -> None:
    token = client.login(USER).json["refresh"]
    given = {"body": {"refresh": token}} if way == "body" else {"headers": {"cookie": f"refresh_token={token}"}}
    answer = client.post("/api/auth/refresh/", **given)
    assert (answer.status, answer.json.keys()) == (200, {"access"})
    assert client.get("/api/parties/", token=answer.json["access"]).status == 200


def test_an_access_token_does_not_refresh(client: Client) -> None:
    assert client.post("/api/auth/refresh/", {"refresh": client.token(USER)}).status == 401


def test_a_suspended_user_is_signed_out(client: Client) -> None:
    token = client.token(USER)
    client.put("users", {**client.rows("users")[0], "status": "suspended"})
    assert client.get("/api/parties/", token=token).status == 401
    assert client.login(USER).status == 401


def register(client: Client, email: str, name: str = "newcomer", **more: Any) -> Answer:
    return client.post("/api/auth/register/", {"username": name, "email": email, "password": "password123", **more})


def test_who_signs_up_is_signed_in_and_not_verified(client: Client) -> None:
    answer = register(client, "new@example.com", profile_data={"display_name": "Ada"})
    assert answer.status == 201
    user = answer.json["user"]
    assert (user["is_verified"], user["role"], user["profile_data"]) == (False, "user", {"display_name": "Ada"})
    assert client.get("/api/billing/subscription/", token=answer.json["access"]).json["plan"] == "free"


@pytest.mark.parametrize(("email", "name"), [(USER, "other"), (USER.upper(), "other"), ("new@example.com", "user")])
def test_email_and_username_can_be_taken_once(client: Client, email: str, name: str) -> None:
    assert register(client, email, name).status == 409


def ticket(client: Client) -> str:
    answer = client.login(TWO)
    assert (answer.status, answer.json.keys(), answer.json["requires_2fa"]) == (200, {"requires_2fa", "ticket"}, True)
    return str(answer.json["ticket"])


def verify(client: Client, given: str, code: str) -> Answer:
    return client.post("/api/auth/verify-2fa/", {"ticket": given, "code": code})


def test_an_authenticators_code_ends_the_login(client: Client) -> None:
    answer = verify(client, ticket(client), pyotp.TOTP(SECRET).at(int(client.now)))
    assert (answer.status, answer.json["user"]["email"], answer.cookies) == (200, TWO, {})
    assert client.get("/api/parties/", token=answer.json["access"]).status == 200
    assert client.post("/api/auth/refresh/", {"refresh": answer.json["refresh"]}).status == 200


@pytest.mark.parametrize(("step", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_a_code_is_good_one_step_around(client: Client, step: int, status: int) -> None:
    assert verify(client, ticket(client), codes.code(SECRET, client.now, step)).status == status


def test_codes_follow_the_worlds_clock(client: Client) -> None:
    client.advance(86400)
    assert verify(client, ticket(client), codes.code(SECRET, client.now)).status == 200


def test_a_wrong_code_leaves_the_ticket_good(client: Client) -> None:
    given = ticket(client)
    wrong = codes.code(SECRET, client.now, 50)
    assert [verify(client, given, code).status for code in (wrong, codes.code(SECRET, client.now))] == [401, 200]


def test_a_ticket_is_good_once(client: Client) -> None:
    given = ticket(client)
    assert [verify(client, given, codes.code(SECRET, client.now, step)).status for step in (0, 1)] == [200, 401]


def test_a_code_is_good_once(client: Client) -> None:
    assert [verify(client, ticket(client), codes.code(SECRET, client.now)).status for _ in range(2)] == [200, 401]
    client.advance(30)
    assert verify(client, ticket(client), codes.code(SECRET, client.now)).status == 200


def test_a_ticket_dies_after_five_minutes(client: Client) -> None:
    given = ticket(client)
    client.advance(300)
    assert verify(client, given, codes.code(SECRET, client.now)).status == 401


def test_a_second_login_gives_a_good_ticket_too(client: Client) -> None:
    ticket(client)
    assert verify(client, ticket(client), codes.code(SECRET, client.now)).status == 200


def test_a_suspended_account_does_not_get_past_the_second_factor(client: Client) -> None:
    given = ticket(client)
    client.put("users", {**next(row for row in client.rows("users") if row["email"] == TWO), "status": "suspended"})
    assert verify(client, given, codes.code(SECRET, client.now)).status == 401


def test_the_eleventh_login_in_a_minute_is_429_and_retry_after_is_true(client: Client) -> None:
    answers = [client.login(USER, "wrong") for _ in range(11)]
    assert [item.status for item in answers] == [401] * 10 + [429]
    assert answers[-1].json == {"detail": "Request was throttled."}
    wait = int(answers[-1].headers["retry-after"])
    client.advance(wait - 1)
    assert client.login(USER).status == 429
    client.advance(1)
    assert client.login(USER).status == 200


def invite(client: Client, *emails: str, party: str = PUBLIC, by: str = USER) -> Answer:
    return client.post(f"{party}invite/", {"emails": list(emails)}, by=by)


def test_inviting_is_throttled_per_user_and_recovers(client: Client) -> None:
    answers = [invite(client, f"n{number}@example.com") for number in range(11)]
    assert [item.status for item in answers] == [200] * 10 + [429]
    assert invite(client, "x@example.com", party=OPEN, by=SECOND).status == 200
    client.advance(int(answers[-1].headers["retry-after"]))
    assert invite(client, "n10@example.com").status == 200


def test_a_known_email_takes_part_at_once(client: Client) -> None:
    answer = invite(client, "ADMIN@example.com")
    assert [(item["email"], item["status"]) for item in answer.json["invitations"]] == [(ADMIN, "accepted")]
    names = [item["user"]["username"] for item in client.get(PUBLIC, by=ADMIN).json["participants"]]
    assert names == ["user", "second", "admin"]


def test_who_is_invited_is_notified(client: Client) -> None:
    before = len(client.get("/api/notifications/", by=ADMIN).json["results"])
    invite(client, ADMIN)
    assert [(item.message, item.room) for item in client.sent] == [("notification", "user:00000000-0000-4000-8000-000000000003")]
    assert len(client.get("/api/notifications/", by=ADMIN).json["results"]) == before + 1


def test_an_invitation_twice_is_one(client: Client) -> None:
    first, again = invite(client, ADMIN, "new@example.com"), invite(client, ADMIN, "new@example.com")
    assert again.json == first.json
    assert [item["user"]["username"] for item in client.get(PUBLIC, by=USER).json["participants"]].count("admin") == 1
    assert len(client.sent) == 1


@pytest.mark.parametrize("party", [CLOSED, OPEN])
def test_only_the_host_invites(client: Client, party: str) -> None:
    assert [invite(client, "x@example.com", party=party, by=who).status for who in (SECOND, USER, ADMIN)] == [200, 403, 403]


def test_nobody_is_invited_when_the_party_is_over(client: Client) -> None:
    assert invite(client, "x@example.com", party=FRIENDS, by=SECOND).status == 409


def test_a_pending_invitation_admits_who_signs_up(client: Client) -> None:
    assert invite(client, "new@example.com", party=PRIVATE).json["invitations"][0]["status"] == "pending"
    token = register(client, "New@example.com").json["access"]
    assert client.get(PRIVATE, token=token).status == 200
    figures = client.get(f"/api/analytics{PRIVATE.removeprefix('/api')}", by=USER).json
    assert figures["invitations"] == {"sent": 1, "accepted": 1}


@pytest.mark.parametrize(("days", "status"), [(6.9, 200), (7, 404)])
def test_an_invitation_dies_after_seven_days(client: Client, days: float, status: int) -> None:
    invite(client, "new@example.com", party=PRIVATE)
    client.advance(days * 86400)
    assert client.get(PRIVATE, token=register(client, "new@example.com").json["access"]).status == status


def test_inviting_again_renews_the_seven_days(client: Client) -> None:
    invite(client, "new@example.com", party=PRIVATE)
    client.advance(6 * 86400)
    invite(client, "new@example.com", party=PRIVATE)
    client.advance(2 * 86400)
    assert client.get(PRIVATE, token=register(client, "new@example.com").json["access"]).status == 200


@pytest.mark.parametrize(
    ("party", "seen"),
    [(PUBLIC, [200, 200, 200]), (PRIVATE, [200, 200, 404]), (OPEN, [200, 200, 200]), (CLOSED, [404, 200, 404]), (FRIENDS, [200, 200, 404])],
)
def test_parties_are_seen_by_whom_they_admit(client: Client, party: str, seen: list[int]) -> None:
    assert [client.get(party, by=who).status for who in (USER, SECOND, ADMIN)] == seen
    chat = f"/api/chat/{party.split('/')[3]}/messages/"
    assert [client.get(chat, by=who).status for who in (USER, SECOND, ADMIN)] == seen
    sent = [client.post(f"{chat}send/", {"content": "Hi"}, by=who).status for who in (USER, SECOND, ADMIN)]
    assert sent == [201 if status == 200 else 404 for status in seen]


def test_the_list_holds_what_one_hosts_or_attends(client: Client) -> None:
    titles = {item["title"] for item in client.get("/api/parties/", by=USER).json["results"]}
    assert titles == {"Friday film night", "Family evening"}
    assert [item["title"] for item in client.get("/api/parties/?status=live", by=USER).json["results"]] == ["Family evening"]


def make(client: Client, number: int) -> list[str]:
    """The ids of new parties, the latest last; one a second."""
    made = []
    for index in range(number):
        client.advance(1)
        made.append(client.post("/api/parties/", {"title": f"Party {index}", "scheduled_for": "2030-01-01T20:00:00Z"}, by=USER).json["id"])
    return made


def follow(client: Client, url: str | None) -> Any:
    assert url is not None
    return client.get(url.removeprefix("http://localhost"), by=USER).json


def test_cursor_pages_show_each_row_once_in_order(client: Client) -> None:
    made = make(client, 7)
    page, seen = client.get("/api/parties/?page_size=3", by=USER).json, []
    while True:
        assert len(page["results"]) <= 3
        seen += [item["id"] for item in page["results"]]
        if page["next"] is None:
            break
        page = follow(client, page["next"])
    assert seen[:7] == made[::-1]
    assert len(seen) == len(set(seen)) == 9


def test_a_cursor_is_stable_when_rows_come(client: Client) -> None:
    made = make(client, 5)
    page = client.get("/api/parties/?page_size=2", by=USER).json
    make(client, 2)
    assert [item["id"] for item in follow(client, page["next"])["results"]] == [made[2], made[1]]


def test_a_cursor_is_stable_when_its_row_goes(client: Client) -> None:
    made = make(client, 5)
    page = client.get("/api/parties/?page_size=2", by=USER).json
    unit = client.world.store.begin()
    unit.remove("parties", made[3])
    unit.commit()
    assert [item["id"] for item in follow(client, page["next"])["results"]] == [made[2], made[1]]


def test_previous_leads_back(client: Client) -> None:
    make(client, 5)
    first = client.get("/api/parties/?page_size=2", by=USER).json
    second = follow(client, first["next"])
    third = follow(client, second["next"])
    assert first["previous"] is None
    assert follow(client, third["previous"])["results"] == second["results"]
    assert follow(client, second["previous"])["results"] == first["results"]


def test_a_cursor_keeps_the_filter(client: Client) -> None:
    make(client, 3)
    page = client.get("/api/parties/?page_size=1&status=scheduled", by=USER).json
    while page["next"]:
        page = follow(client, page["next"])
        assert [item["status"] for item in page["results"]] == ["scheduled"]


def test_pages_go_by_number_too(client: Client) -> None:
    made = make(client, 5)
    assert [item["id"] for item in client.get("/api/parties/?page_size=2&page=2", by=USER).json["results"]] == [made[2], made[1]]


@pytest.mark.parametrize("query", ["?cursor=nonsense", "?page=999"])
def test_an_unknown_cursor_or_a_page_past_the_end_is_200(client: Client, query: str) -> None:
    assert client.get(f"/api/parties/{query}", by=USER).status == 200


@pytest.mark.parametrize("query", ["?page_size=0", "?page_size=101", "?page=0", "?page_size=x"])
def test_a_page_that_can_not_be_is_400(client: Client, query: str) -> None:
    assert client.get(f"/api/parties/{query}", by=USER).status == 400


def test_a_missing_slash_is_redirected_with_cors_headers(client: Client) -> None:
    answer = client.browse("GET", "/api/parties?status=live", {"origin": FRONT_END})
    assert (answer.status, answer.headers["location"]) == (301, "/api/parties/?status=live")
    assert answer.headers["access-control-allow-origin"] == FRONT_END
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_a_foreign_origin_gets_no_cors_headers(client: Client) -> None:
    for path in ("/api/parties", "/api/parties/"):
        assert "access-control-allow-origin" not in client.browse("GET", path, {"origin": "https://evil.example"}).headers


def test_a_post_without_its_slash_is_not_redirected(client: Client) -> None:
    assert client.browse("POST", "/api/auth/login", {"content-type": "application/json"}, b"{}").status == 404


def test_a_preflight_names_method_and_headers(client: Client) -> None:
    asked = {"origin": FRONT_END, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    answer = client.browse("OPTIONS", "/api/parties/", asked)
    assert answer.status == 200
    assert set(re.split(", *", answer.headers["access-control-allow-methods"])) >= {"GET", "POST"}
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
