"""SaveBucks' sockets: chat rooms, and what administrators' acts push."""

from typing import Any

import pytest

from mock_server.engine import Problem
from mock_server.steering import edits

from .client import Client
from .peer import Peer

BACKEND = "savebucks"
CHANNEL = "api/root"
USER, SECOND, ADMIN = "user@example.com", "second@example.com", "admin@example.com"


def connect(client: Client, login: str = USER, room: str | None = None) -> Peer:
    peer = Peer(client, CHANNEL, auth={"token": client.token(login)})
    if room is not None:
        peer.send("chat:join", room)
    peer.take()
    return peer


@pytest.mark.parametrize("auth", [None, {}, {"token": "bad"}, {"token": None}, {"token": 5}, "text", [1]])
def test_a_socket_without_a_good_token_is_refused(client: Client, auth: Any) -> None:
    with pytest.raises(Problem) as refused:
        Peer(client, CHANNEL, auth=auth)
    assert refused.value.detail == "Authentication failed"


def test_an_expired_token_opens_nothing(client: Client) -> None:
    token = client.token(USER)
    client.advance(15 * 60)
    with pytest.raises(Problem):
        Peer(client, CHANNEL, auth={"token": token})


def test_a_room_is_joined_by_its_bare_id(client: Client) -> None:
    assert connect(client).ask("chat:join", "general") == [("chat:joined", {"roomId": "general"})]


def test_a_message_reaches_everyone_in_the_room_and_nobody_else(client: Client) -> None:
    one, other, elsewhere = connect(client, room="general"), connect(client, SECOND, "general"), connect(client, SECOND, "other")
    ((name, said),) = one.ask("chat:send", {"roomId": "general", "content": "Hello"})
    assert (name, said["content"], said["roomId"], said["userId"], said["type"]) == ("chat:message", "Hello", "general", 1, "text")
    assert other.take() == [(name, said)]
    assert elsewhere.take() == []


@pytest.mark.parametrize("data", [{"roomId": "general", "content": "x"}, {"roomId": "mine"}, {}, None, "text", {"roomId": "mine", "content": 5}])
def test_what_can_not_be_said_is_an_error_and_changes_nothing(client: Client, data: Any) -> None:
    before = client.rows("chatMessages")
    assert connect(client, room="mine").ask("chat:send", data) == [("error", {"message": "Failed to send message"})]
    assert client.rows("chatMessages") == before


def test_a_room_is_the_sockets_own(client: Client) -> None:
    connect(client, room="general")
    assert connect(client).ask("chat:send", {"roomId": "general", "content": "x"}) == [("error", {"message": "Failed to send message"})]


def test_nobody_listens_in_a_users_own_room_by_joining_it(client: Client) -> None:
    spy = connect(client, SECOND, room="user:1")
    client.post("/api/admin/users/1/adjust-balance", {"amount": 5, "reason": "Goodwill"}, by=ADMIN)
    assert [name for name, _ in spy.take()] == ["leaderboard:updated"]


def test_a_balance_is_pushed_to_its_user(client: Client) -> None:
    mine, tab, other = connect(client), connect(client), connect(client, SECOND)
    client.post("/api/admin/users/1/adjust-balance", {"amount": 12.5, "reason": "Goodwill"}, by=ADMIN)
    pushed = [item for item in mine.take() if item[0] == "balance:updated"]
    assert [(data["change"], data["reason"]) for _, data in pushed] == [(12.5, "Goodwill")]
    assert [item for item in tab.take() if item[0] == "balance:updated"] == pushed
    assert [name for name, _ in other.take()] == ["leaderboard:updated"]


def test_a_payment_whose_status_changes_is_pushed_to_its_user(client: Client) -> None:
    payment = next(row for row in client.rows("payments") if row["status"] == "pending")
    owner = next(row for row in client.rows("users") if row["id"] == payment["user_id"])
    peer = connect(client, owner["email"]) if owner["email"] in (USER, SECOND) else None
    edits.change(client.engine, client.world, "payments", str(payment["id"]), {"status": "completed"})
    told = [emit for emit in client.sent if emit.message == "payment:status"]
    assert [emit.room for emit in told] == [f"user:{owner['id']}"]
    if peer is not None:
        assert peer.take() == [("payment:status", {"paymentId": payment["id"], "status": "completed", "amount": payment["amount"]})]
    edits.change(client.engine, client.world, "payments", str(payment["id"]), {"status": "completed"})
    assert len([emit for emit in client.sent if emit.message == "payment:status"]) == 1


def test_the_leaderboard_follows_any_change_of_its_ten(client: Client) -> None:
    peer = connect(client, SECOND)
    edits.change(client.engine, client.world, "users", "1", {"balance": 10_000_000})
    ((name, data),) = peer.take()
    assert (name, data["leaderboard"][0]["userId"]) == ("leaderboard:updated", 1)
    edits.change(client.engine, client.world, "users", "1", {"name": "Somebody"})
    assert peer.take() == []
