"""Cliick.io's WebSocket: opening it, joining a shop, what REST pushes, and what a broken frame does."""

from collections.abc import Callable
from typing import Any

import pytest

from ..mock_process import Mock
from .node import Clients, Frames, Met
from .rest import PASSWORD, Rest, session

OWNER, AGENT, OTHER = "test@example.com", "agent@example.com", "other@example.com"
SHOP = "/shops/shop_123"
LIMIT = 1 << 20


def settle(socket: Frames) -> None:
    """A ping and its answer."""
    socket.send({"event": "ping", "data": {}})
    socket.wait("pong")


class Shop:
    """A running mock, and shop_123 in it."""

    def __init__(self, mock: Mock, clients: Clients[Frames]) -> None:
        self.base, self._clients = mock.url("api"), clients

    def token(self, email: str) -> str:
        return str(session(f"{self.base}/api/auth/login", email=email, password=PASSWORD)["accessToken"])

    def rest(self, email: str = OWNER) -> Rest:
        return Rest(f"{self.base}/api", self.token(email))

    def open(self, query: str = "", **headers: str) -> Frames:
        return self._clients.open(f"{self.base.replace('http', 'ws', 1)}/ws{query}", [], headers, settle=settle)

    def enter(self, email: str | None = None) -> Frames:
        socket = self.open(f"?token={self.token(email)}" if email else "")
        socket.wait("open")
        return socket

    def join(self, email: str, shop: str = "shop_123") -> Frames:
        socket = self.enter(email)
        socket.send(joining(shop))
        assert socket.rest() == []
        return socket


def joining(shop: str) -> dict[str, Any]:
    return {"event": "shop:join", "data": {"shopId": shop}}


@pytest.fixture
def shop(mocks: Callable[[str], Mock], websocket: Clients[Frames]) -> Shop:
    return Shop(mocks("cliick"), websocket)


def test_a_socket_without_a_token_stays_open_and_may_ping(shop: Shop) -> None:
    socket = shop.enter()
    socket.send({"event": "ping", "data": {}})
    assert socket.wait("pong") == {"event": "pong", "data": {}}
    socket.send({"event": "ping"})
    assert socket.wait("pong") == {"event": "pong", "data": {}}


def test_a_socket_without_a_token_may_not_join_a_shop(shop: Shop) -> None:
    socket = shop.enter()
    socket.send(joining("shop_123"))
    refusal = socket.wait("error")
    assert refusal.keys() == {"event", "data"}
    assert refusal["data"].keys() == {"message"}
    shop.rest().put(f"{SHOP}/conversations/conversation_1", {"notes": "Not for strangers"})
    assert socket.rest() == []


@pytest.mark.parametrize("change", ["bad", "{}x", "x{}"])
def test_a_bad_token_is_closed_with_4401_after_the_socket_is_open(shop: Shop, change: str) -> None:
    socket = shop.open(f"?token={change.format(shop.token(OWNER))}")
    assert socket.story("close") == [Met("open", ""), Met("close", 4401)]


def test_a_foreign_shop_is_not_joined(shop: Shop) -> None:
    socket = shop.enter(OTHER)
    socket.send(joining("shop_123"))
    assert socket.wait("error")["data"]["message"]
    shop.rest().put(f"{SHOP}/conversations/conversation_1", {"notes": "Not for others"})
    assert socket.rest() == []


def test_a_shop_that_there_is_not_is_an_error(shop: Shop) -> None:
    socket = shop.enter(OWNER)
    socket.send(joining("shop_999"))
    assert socket.wait("error")["data"]["message"]
    assert socket.rest() == []


def test_an_order_s_new_status_is_told_to_the_team(shop: Shop) -> None:
    sockets = [shop.join(OWNER), shop.join(AGENT)]
    order = shop.rest().put(f"{SHOP}/orders/order_123/status", {"status": "processing"})
    for socket in sockets:
        assert socket.wait("order:update") == {"event": "order:update", "data": order}
        note = socket.wait("notification")["data"]
        assert note.keys() == {"title", "message", "type"}
        assert "order_123" in note["message"]
        assert socket.rest() == []


def test_a_message_is_told_with_its_conversation(shop: Shop) -> None:
    socket = shop.join(OWNER)
    message = shop.rest(AGENT).post(f"{SHOP}/conversations/conversation_1/messages", {"text": "On its way"})
    assert socket.wait("message:new") == {"event": "message:new", "data": message}
    conversation = socket.wait("conversation:update")["data"]
    assert (conversation["id"], conversation["messages"][-1]["id"]) == ("conversation_1", message["id"])
    assert conversation == shop.rest().get(f"{SHOP}/conversations/conversation_1")


def test_a_changed_conversation_is_told(shop: Shop) -> None:
    socket = shop.join(OWNER)
    row = shop.rest(AGENT).put(f"{SHOP}/conversations/conversation_2", {"status": "closed"})
    assert socket.wait("conversation:update") == {"event": "conversation:update", "data": row}
    assert socket.rest() == []


def test_a_paid_order_is_told_when_the_provider_has_answered(shop: Shop) -> None:
    socket, intent = shop.join(OWNER), {"orderId": "order_125", "amount": 4990, "currency": "usd", "provider": "stripe"}
    payment = shop.rest().post(f"{SHOP}/payments/intent", intent)
    shop.rest().post(f"{SHOP}/payments/confirm", {"paymentIntentId": payment["id"]})
    order = socket.wait("order:update")["data"]
    assert (order["id"], order["paymentStatus"]) == ("order_125", "paid")


def test_a_token_by_cookie_is_as_good(shop: Shop) -> None:
    socket = shop.open(cookie=f"access_token={shop.token(OWNER)}")
    socket.wait("open")
    socket.send(joining("shop_123"))
    assert socket.rest() == []
    shop.rest().put(f"{SHOP}/conversations/conversation_1", {"notes": "By cookie"})
    assert socket.wait("conversation:update")["data"]["notes"] == "By cookie"


def test_who_joined_nothing_or_another_shop_hears_nothing(shop: Shop) -> None:
    idle, other, member = shop.enter(OWNER), shop.join(OTHER, "shop_124"), shop.join(OWNER)
    shop.rest().put(f"{SHOP}/conversations/conversation_1", {"notes": "For the team"})
    member.wait("conversation:update")
    assert idle.rest() == other.rest() == []


def test_what_rest_refuses_is_not_told(shop: Shop) -> None:
    socket = shop.join(OWNER)
    assert shop.rest(OTHER).status("PUT", f"{SHOP}/orders/order_125/status", {"status": "processing"}) == 403
    assert shop.rest().status("PUT", f"{SHOP}/orders/order_128/status", {"status": "processing"}) == 409
    assert socket.rest() == []


BROKEN = {
    "no JSON": "{event",
    "nothing": "",
    "a list": "[]",
    "a text": '"ping"',
    "no event": "{}",
    "an event that there isn't": '{"event": "shop:leave", "data": {}}',
    "an event of the server": '{"event": "order:update", "data": {}}',
    "an event that is no text": '{"event": 7}',
    "a join without a shop": '{"event": "shop:join", "data": {}}',
    "a join without data": '{"event": "shop:join"}',
    "a join of a number": '{"event": "shop:join", "data": {"shopId": 123}}',
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_frame_is_an_error_and_the_socket_lives(shop: Shop, case: str) -> None:
    socket = shop.enter(OWNER)
    socket.do("send", BROKEN[case])
    assert socket.wait("error")["data"]["message"]
    assert socket.rest() == []


def test_a_binary_frame_is_an_error_and_the_socket_lives(shop: Shop) -> None:
    socket = shop.enter(OWNER)
    socket.do("sendBytes", '{"event": "ping", "data": {}}')
    assert socket.wait("error")["data"]["message"]
    assert socket.rest() == []


@pytest.mark.parametrize("length", [LIMIT + 1, 3 * LIMIT])
def test_a_frame_over_the_limit_is_an_error_and_the_socket_lives(shop: Shop, length: int) -> None:
    socket = shop.enter(OWNER)
    socket.send({"event": "ping", "data": {"filler": "x" * length}})
    assert socket.wait("error")["data"]["message"]
    assert socket.rest() == []


def test_a_long_frame_below_the_limit_is_served(shop: Shop) -> None:
    socket = shop.enter(OWNER)
    socket.send({"event": "ping", "data": {"filler": "x" * (LIMIT - 100)}})
    assert socket.wait("pong")
