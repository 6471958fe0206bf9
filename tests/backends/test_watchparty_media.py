"""Watch Party: videos and their processing, events, notifications, the store, support, moderation."""

import pytest

from .client import Answer, Client

BACKEND = "watchparty"
USER, SECOND, ADMIN = "user@example.com", "second@example.com", "admin@example.com"
FILM = ("film.mp4", "video/mp4", b"\x00\x01binary\r\n--not the boundary\xff")


def upload(client: Client, by: str = USER, **fields: str) -> Answer:
    return client.upload("/api/videos/upload/", fields, {"file": FILM}, by=by)


def state(client: Client, video: str) -> tuple[str, int]:
    job = client.get(f"/api/videos/{video}/processing/", by=USER).json
    shown = client.get(f"/api/videos/{video}/", by=USER).json
    assert (shown["processing_state"], shown["progress"]) == (job["processing_state"], job["progress"])
    return job["processing_state"], job["progress"]


def test_an_upload_is_processed_on_the_worlds_clock(client: Client) -> None:
    answer = upload(client, title="Holiday")
    assert (answer.status, answer.json["title"]) == (201, "Holiday")
    video, seen = answer.json["id"], []
    for _ in range(6):
        seen.append(state(client, video))
        client.advance(1)
    assert seen == [("uploading", 0), ("processing", 10), ("processing", 10), ("processing", 60), ("processing", 60), ("ready", 100)]


def test_a_video_that_is_ready_has_a_url(client: Client) -> None:
    video = upload(client).json["id"]
    assert client.get(f"/api/videos/{video}/", by=USER).json["url"] is None
    client.advance(5)
    assert client.get(f"/api/videos/{video}/", by=USER).json["url"].endswith(f"{video}.mp4")


def test_a_video_that_is_ready_is_told_to_its_parties_and_its_uploader(client: Client) -> None:
    video = upload(client, title="Holiday").json["id"]
    party = client.post("/api/parties/", {"title": "P", "scheduled_for": "2030-01-01T20:00:00Z", "video": video}, by=USER).json["id"]
    client.advance(5)
    assert [(item.message, item.room) for item in client.sent] == [
        ("video_ready", f"party:{party}"),
        ("notification", "user:00000000-0000-4000-8000-000000000001"),
    ]
    assert client.sent[0].data == {"type": "video_ready", "video_id": video}


def test_an_upload_without_its_file_is_400(client: Client) -> None:
    assert client.upload("/api/videos/upload/", {"title": "x"}, {}, by=USER).status == 400


@pytest.mark.parametrize(
    ("path", "fields"), [("/api/videos/upload/", {"file": "text"}), ("/api/support/tickets/", {"subject": "S", "description": "D", "attachments": "text"})]
)
def test_a_text_in_the_place_of_a_file_is_400(client: Client, path: str, fields: dict[str, str]) -> None:
    assert client.upload(path, fields, {}, by=USER).status == 400


def test_an_empty_file_is_no_upload(client: Client) -> None:
    path, video = target(client)
    assert put(client, path, b"").status == 400
    assert state(client, video) == ("uploading", 0)


def test_an_upload_as_json_is_415(client: Client) -> None:
    assert client.post("/api/videos/upload/", {"title": "x"}, by=USER).status == 415


@pytest.mark.parametrize("path", ["/api/videos/upload/", "/api/videos/upload-url/"])
def test_only_verified_users_upload(client: Client, path: str) -> None:
    token = client.post("/api/auth/register/", {"username": "new", "email": "new@example.com", "password": "password123"}).json["access"]
    if path.endswith("url/"):
        assert client.post(path, {"filename": "x.mp4"}, token=token).status == 403
    else:
        assert client.upload(path, {}, {"file": FILM}, token=token).status == 403


def test_a_private_video_is_for_its_uploader(client: Client) -> None:
    video = upload(client).json["id"]
    assert [client.get(f"/api/videos/{video}/", by=who).status for who in (USER, SECOND)] == [200, 404]
    assert video not in [item["id"] for item in client.get("/api/videos/?page_size=100", by=SECOND).json["results"]]


def target(client: Client) -> tuple[str, str]:
    """The path that takes the file, and the video."""
    answer = client.post("/api/videos/upload-url/", {"filename": "film.mp4", "title": "Large"}, by=USER)
    assert (answer.status, answer.json["method"]) == (201, "PUT")
    assert answer.json["upload_url"].startswith("http://localhost/api/videos/uploads/")
    return answer.json["upload_url"].removeprefix("http://localhost"), answer.json["id"]


def put(client: Client, path: str, content: bytes = b"\x00" * 1000, kind: str = "video/mp4") -> Answer:
    return client.request("PUT", path, data=content, headers={"content-type": kind})


def test_the_upload_url_takes_the_file_without_a_token(client: Client) -> None:
    path, video = target(client)
    assert state(client, video) == ("uploading", 0)
    assert put(client, path).status == 200
    assert state(client, video) == ("processing", 10)
    client.advance(3)
    assert state(client, video) == ("processing", 60)
    client.advance(2)
    assert state(client, video) == ("ready", 100)


def test_the_bytes_that_were_put_are_counted(client: Client) -> None:
    path, video = target(client)
    assert put(client, path, b"\x00" * 1234).json["size"] == 1234
    assert client.get(f"/api/videos/{video}/", by=USER).json["size"] == 1234


def test_the_bytes_that_were_uploaded_are_counted(client: Client) -> None:
    assert upload(client).json["size"] == len(FILM[2])


def test_the_upload_url_takes_one_file(client: Client) -> None:
    path, video = target(client)
    assert [put(client, path).status for _ in range(2)] == [200, 409]
    client.advance(5)
    assert put(client, path).status == 409
    assert state(client, video) == ("ready", 100)


def test_the_upload_url_dies_after_an_hour(client: Client) -> None:
    path, _ = target(client)
    client.advance(3600)
    assert put(client, path).status == 404


def test_an_unknown_upload_url_is_404(client: Client) -> None:
    assert put(client, "/api/videos/uploads/unknown/").status == 404


def test_the_upload_url_is_secure_where_it_was_asked_for_securely(client: Client) -> None:
    answer = client.post("/api/videos/upload-url/", {"filename": "film.mp4"}, by=USER, secure=True)
    assert answer.json["upload_url"].startswith("https://")


def test_no_answer_shows_the_upload_token(client: Client) -> None:
    path, video = target(client)
    assert path.split("/")[-2].encode() not in client.get(f"/api/videos/{video}/", by=USER).body


def test_events_are_filtered_by_time_and_type(client: Client) -> None:
    everything = client.get("/api/events/?page_size=100", by=USER).json["results"]
    middle = sorted(item["starts_at"] for item in everything)[len(everything) // 2]
    later = client.get(f"/api/events/?page_size=100&from={middle}", by=USER).json["results"]
    day = client.get(f"/api/events/?page_size=100&from={middle[:10]}&to={middle[:10]}", by=USER).json["results"]
    assert [item["id"] for item in later] == [item["id"] for item in everything if item["starts_at"] >= middle]
    assert [item["id"] for item in day] == [item["id"] for item in everything if item["starts_at"][:10] == middle[:10]]
    for kind in {item["type"] for item in everything}:
        found = client.get(f"/api/events/?page_size=100&type={kind}", by=USER).json["results"]
        assert found == [item for item in everything if item["type"] == kind]


def test_a_notification_is_read_by_its_owner_alone(client: Client) -> None:
    path = "/api/notifications/90000000-0000-4000-8000-000000000001/read/"
    assert client.patch(path, by=SECOND).status == 404
    assert client.patch(path, by=USER).json["is_read"] is True
    shown = client.get("/api/notifications/?page_size=100", by=USER).json["results"]
    assert next(item for item in shown if item["id"] in path)["is_read"] is True


def test_a_purchase_takes_its_price(client: Client) -> None:
    answer = client.post("/api/store/purchase/", {"item_id": "a0000000-0000-4000-8000-000000000001", "quantity": 3}, by=USER)
    assert (answer.status, answer.json["total"], answer.json["balance"]) == (201, 300, 200)
    again = client.post("/api/store/purchase/", {"item_id": "a0000000-0000-4000-8000-000000000001", "quantity": 3}, by=USER)
    assert (again.status, again.json) == (409, {"detail": "Your balance is too low."})


def test_a_plan_only_rises(client: Client) -> None:
    steps = [client.post("/api/billing/upgrade/", {"plan": plan}, by=USER).status for plan in ("basic", "basic", "premium", "basic", "premium")]
    assert steps == [200, 409, 200, 409, 409]
    assert client.get("/api/billing/subscription/", by=USER).json["plan"] == "premium"


def test_a_ticket_keeps_what_is_known_of_its_attachments(client: Client) -> None:
    answer = client.upload("/api/support/tickets/", {"subject": "S", "description": "D"}, {"attachments": ("a.png", "image/png", b"12345")}, by=USER)
    assert (answer.status, answer.json["attachments"]) == (201, [{"filename": "a.png", "content_type": "image/png", "size": 5}])


def test_a_ticket_is_followed_up_by_its_owner_and_the_admin(client: Client) -> None:
    path = "/api/support/tickets/b0000000-0000-4000-8000-000000000001/messages/"
    assert [client.post(path, {"message": "Hm"}, by=who).status for who in (USER, ADMIN, SECOND)] == [201, 201, 404]


def test_a_closed_ticket_takes_no_message(client: Client) -> None:
    assert client.post("/api/support/tickets/b0000000-0000-4000-8000-000000000002/messages/", {"message": "Hm"}, by=USER).status == 409


def test_users_and_reports_are_for_the_admin(client: Client) -> None:
    for path in ("/api/admin/users/", "/api/moderation/reports/"):
        assert [client.get(path, by=who).status for who in (USER, ADMIN)] == [403, 200]


def test_users_are_filtered_and_searched(client: Client) -> None:
    everyone = client.get("/api/admin/users/?page_size=100", by=ADMIN).json["results"]
    for role in ("user", "admin"):
        found = client.get(f"/api/admin/users/?page_size=100&role={role}", by=ADMIN).json["results"]
        assert found == [item for item in everyone if item["role"] == role]
    for status in ("active", "suspended"):
        found = client.get(f"/api/admin/users/?page_size=100&status={status}", by=ADMIN).json["results"]
        assert found == [item for item in everyone if item["status"] == status]
    assert [item["email"] for item in client.get("/api/admin/users/?search=SECOND@", by=ADMIN).json["results"]] == [SECOND]


def resolve(client: Client, report: str, action: str, by: str = ADMIN) -> Answer:
    return client.post(f"/api/moderation/admin/reports/{report}/resolve/", {"action": action}, by=by)


REPORT = "c0000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(("action", "status"), [("dismiss", "dismissed"), ("warn", "resolved"), ("remove_content", "resolved"), ("suspend_user", "resolved")])
def test_a_report_is_resolved_once(client: Client, action: str, status: str) -> None:
    assert resolve(client, REPORT, action).json["status"] == status
    assert resolve(client, REPORT, action).status == 409


def test_only_the_admin_resolves(client: Client) -> None:
    assert resolve(client, REPORT, "dismiss", by=USER).status == 403


def test_removed_content_is_gone(client: Client) -> None:
    chat = "/api/chat/10000000-0000-4000-8000-000000000003/messages/"
    assert "First!" in [item["content"] for item in client.get(chat, by=USER).json["results"]]
    resolve(client, REPORT, "remove_content")
    assert "First!" not in [item["content"] for item in client.get(chat, by=USER).json["results"]]


def test_a_conversation_counts_what_is_unread(client: Client) -> None:
    found = client.get("/api/messaging/conversations/", by=USER).json["results"]
    assert [item["unread_count"] for item in found] == [1, 0]
    assert found[0]["last_message"]["content"] == "Shall we watch it together?"
    assert [item["unread_count"] for item in client.get("/api/messaging/conversations/", by=SECOND).json["results"]] == [0]


def test_a_chat_message_reaches_the_chats_sockets(client: Client) -> None:
    party = "10000000-0000-4000-8000-000000000001"
    made = client.post(f"/api/chat/{party}/messages/send/", {"content": "Hello"}, by=SECOND).json
    assert [(item.message, item.room, item.data["id"]) for item in client.sent] == [("message", f"chat:{party}", made["id"])]
    assert client.get(f"/api/parties/{party}/", by=USER).json["chat_summary"]["last_message"] == "Hello"
