"""Cliick's socket: frames {event, data}, rooms by shop."""

from typing import Any

import pytest

from mock_server.engine import Problem

from .client import Client
from .peer import Peer

BACKEND = "cliick"
CHANNEL = "api/shop"
OWNER, OTHER, AGENT = "test@example.com", "other@example.com", "agent@example.com"


def connect(client: Client, login: str | None = OWNER, shop: str | None = "shop_123") -> Peer:
    peer = Peer(client, CHANNEL, query={"token": client.token(login)} if login else {})
    if shop is not None:
        peer.send("shop:join", frame("shop:join", shopId=shop))
    return peer


def frame(event: str, **data: Any) -> dict[str, Any]:
    return {"event": event, "data": data}


def refused(text: str) -> list[Any]:
    return [("error", frame("error", message=text))]


def test_a_socket_without_a_token_may_ping_but_not_join(client: Client) -> None:
    peer = connect(client, None, None)
    assert peer.ask("ping", frame("ping")) == [("pong", frame("pong"))]
    assert peer.ask("shop:join", frame("shop:join", shopId="shop_123")) == refused("Sign in to join a shop")


def test_a_bad_token_is_refused(client: Client) -> None:
    with pytest.raises(Problem) as problem:
        Peer(client, CHANNEL, query={"token": "bad"})
    assert problem.value.status == 401


@pytest.mark.parametrize(("origin", "open_"), [(None, True), ("http://localhost:5173", True), ("https://evil.example", False)])
def test_the_cookie_signs_in_but_not_for_a_foreign_page(client: Client, origin: str | None, open_: bool) -> None:
    headers = {"cookie": f"access_token={client.token(OWNER)}", **({"origin": origin} if origin else {})}
    if not open_:
        with pytest.raises(Problem):
            Peer(client, CHANNEL, headers=headers)
        return
    peer = Peer(client, CHANNEL, headers=headers)
    assert peer.ask("shop:join", frame("shop:join", shopId="shop_123")) == []
    assert "shop:shop_123" in peer.socket.rooms


@pytest.mark.parametrize(("shop", "text"), [("shop_124", "This is not yours"), ("shop_999", "Shop not found")])
def test_a_foreign_shop_is_an_error(client: Client, shop: str, text: str) -> None:
    peer = connect(client, shop=None)
    assert peer.ask("shop:join", frame("shop:join", shopId=shop)) == refused(text)
    assert list(peer.socket.rooms) == [f"user:{peer.socket.account}"]


@pytest.mark.parametrize("data", [{}, {"event": "shop:join"}, {"event": "shop:join", "data": {"shopId": 5}}])
def test_a_frame_that_breaks_its_schema_is_an_error(client: Client, data: Any) -> None:
    ((name, _),) = connect(client, shop=None).ask("shop:join", data)
    assert name == "error"


def test_the_team_hears_of_orders_and_others_do_not(client: Client) -> None:
    owner, agent, other = connect(client), connect(client, AGENT), connect(client, OTHER, "shop_124")
    client.put_("/api/shops/shop_123/orders/order_123/status", {"status": "processing"}, by=OWNER)
    told = owner.take()
    assert [name for name, _ in told] == ["order:update", "notification"]
    assert (told[0][1]["data"]["id"], told[0][1]["data"]["status"]) == ("order_123", "processing")
    assert agent.take() == told
    assert other.take() == []


def test_a_message_is_pushed_with_its_conversation(client: Client) -> None:
    peer = connect(client)
    conversation = next(row for row in client.rows("conversations") if row["shopId"] == "shop_123")["id"]
    answer = client.post(f"/api/shops/shop_123/conversations/{conversation}/messages", {"text": "Hello"}, by=OWNER)
    assert answer.status == 201, answer
    told = peer.take()
    assert [name for name, _ in told] == ["message:new", "conversation:update"]
    assert told[0][1]["data"]["text"] == told[1][1]["data"]["messages"][-1]["text"] == "Hello"
