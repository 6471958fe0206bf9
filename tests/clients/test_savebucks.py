"""SaveBucks' sockets: who is let in, chat rooms, and what the admin panel pushes."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from ..mock_process import Mock
from .node import Clients, SocketIO
from .rest import PASSWORD, Rest, session

UMA, SVEN, ADA = "user@example.com", "second@example.com", "admin@example.com"
NUMBERS = itertools.count(1)


def settle(socket: SocketIO) -> None:
    """Joins a room where nobody talks, and waits until it is said."""
    room = f"quiet {next(NUMBERS)}"
    socket.emit("chat:join", room)
    while socket.wait("chat:joined")["roomId"] != room:
        pass


class Bank:
    """Both services of a running mock."""

    def __init__(self, mock: Mock, clients: Clients[SocketIO]) -> None:
        self.api, self.panel, self._clients = mock.url("api"), mock.base("admin"), clients

    def token(self, email: str) -> str:
        return str(session(f"{self.api}/api/auth/login", email=email, password=PASSWORD)["data"]["accessToken"])

    def admin(self) -> Rest:
        return Rest(self.panel, self.token(ADA))

    def balance(self, user: int) -> float:
        return float(Rest(f"{self.api}/api", self.token(ADA)).get(f"/users/{user}")["data"]["balance"])

    def adjust(self, user: int, amount: float) -> None:
        self.admin().post(f"/admin/users/{user}/adjust-balance", {"amount": amount, "reason": "Goodwill"})

    def change(self, collection: str, key: int, fields: dict[str, Any]) -> None:
        """Edits a row by the control API."""
        assert Rest(self.api).status("PATCH", f"/__admin/state/{collection}/{key}", fields) == 200

    def open(self, auth: dict[str, Any] | None, **options: Any) -> SocketIO:
        return self._clients.open(self.api, {"auth": auth, **options}, settle=settle)

    def enter(self, email: str, *rooms: str) -> SocketIO:
        socket = self.open({"token": self.token(email)})
        socket.wait("upgrade")
        for room in rooms:
            socket.emit("chat:join", room)
        socket.rest()
        return socket


@pytest.fixture
def bank(mocks: Callable[[str], Mock], socketio: Clients[SocketIO]) -> Bank:
    return Bank(mocks("savebucks"), socketio)


@pytest.fixture
def room() -> str:
    """A room of a test's own."""
    return f"room {next(NUMBERS)}"


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_token_opens_the_socket(bank: Bank, transport: str) -> None:
    socket = bank.open({"token": bank.token(UMA)}, transports=[transport])
    assert socket.wait("connect")
    assert socket.rest() == []


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("auth", [None, {}, {"token": ""}, {"token": "bad"}, {"token": None}, {"token": 7}, {"token": {"a": 1}}], ids=repr)
def test_without_a_good_token_the_connection_is_refused(bank: Bank, auth: dict[str, Any] | None, transport: str) -> None:
    socket = bank.open(auth, transports=[transport])
    assert socket.wait("connect_error") == "Authentication failed"


def test_a_refused_client_comes_in_with_a_good_token(bank: Bank) -> None:
    socket = bank.open({"token": "bad"})
    socket.wait("connect_error")
    socket.do("connect", {"auth": {"token": bank.token(UMA)}})
    assert socket.wait("connect")


def test_an_unknown_namespace_is_refused(bank: Bank) -> None:
    socket = bank._clients.open(f"{bank.api}/nowhere", {"auth": {"token": bank.token(UMA)}}, settle=settle)
    assert socket.wait("connect_error") == "Invalid namespace"


def test_joining_a_room_by_its_bare_name_is_confirmed(bank: Bank, room: str) -> None:
    socket = bank.enter(UMA)
    socket.emit("chat:join", room)
    assert socket.wait("chat:joined") == {"roomId": room}


def test_joining_can_be_acknowledged(bank: Bank, room: str) -> None:
    socket = bank.enter(UMA)
    assert socket.ask("chat:join", room) == socket.wait("chat:joined") == {"roomId": room}


def test_a_message_reaches_everybody_in_the_room_and_its_sender(bank: Bank, room: str) -> None:
    sender, other = bank.enter(UMA, room), bank.enter(SVEN, room)
    sender.emit("chat:send", {"roomId": room, "content": "Hello", "type": "text"})
    message = sender.wait("chat:message")
    assert other.wait("chat:message") == message
    assert {"id", "userId", "content", "type", "timestamp", "user"} <= message.keys()
    assert (message["userId"], message["roomId"], message["content"], message["type"]) == (1, room, "Hello", "text")
    assert message["user"]["name"] == "Uma Serrano"


@pytest.mark.parametrize(("sent", "said"), [({}, "text"), ({"type": "image"}, "image"), ({"type": "file"}, "file")])
def test_a_message_has_the_type_that_was_sent_or_is_text(bank: Bank, room: str, sent: dict[str, str], said: str) -> None:
    socket = bank.enter(UMA, room)
    socket.emit("chat:send", {"roomId": room, "content": "Hello", **sent})
    assert socket.wait("chat:message")["type"] == said


def test_a_message_stays_in_its_room(bank: Bank, room: str) -> None:
    sender, elsewhere, nowhere = bank.enter(UMA, room), bank.enter(SVEN, f"not {room}"), bank.enter(SVEN)
    sender.emit("chat:send", {"roomId": room, "content": "Hello"})
    sender.wait("chat:message")
    assert elsewhere.rest() == nowhere.rest() == []


def test_a_user_s_other_socket_hears_of_a_room_when_it_has_joined(bank: Bank, room: str) -> None:
    one, two = bank.enter(UMA, room), bank.enter(UMA)
    one.emit("chat:send", {"roomId": room, "content": "First"})
    one.wait("chat:message")
    assert two.rest() == []
    two.emit("chat:join", room)
    two.rest()
    one.emit("chat:send", {"roomId": room, "content": "Second"})
    assert two.wait("chat:message")["content"] == "Second"


def test_sending_to_a_room_that_was_not_joined_is_an_error(bank: Bank, room: str) -> None:
    member, stranger = bank.enter(UMA, room), bank.enter(SVEN)
    stranger.emit("chat:send", {"roomId": room, "content": "Hello"})
    assert stranger.wait("error") == {"message": "Failed to send message"}
    assert member.rest() == stranger.rest() == []


@pytest.mark.parametrize("change", [{"content": None}, {"content": ""}, {"content": 7}, {"type": "video"}, {"roomId": None}], ids=repr)
def test_a_malformed_message_is_an_error_and_nobody_hears_it(bank: Bank, room: str, change: dict[str, Any]) -> None:
    sender, member = bank.enter(UMA, room), bank.enter(SVEN, room)
    sender.emit("chat:send", {"roomId": room, "content": "Hello", **change})
    assert sender.wait("error")["message"]
    assert sender.rest() == member.rest() == []


def test_nobody_speaks_in_another_s_name(bank: Bank, room: str) -> None:
    socket = bank.enter(UMA, room)
    socket.emit("chat:send", {"roomId": room, "content": "Hello", "userId": 2, "id": "mine", "user": {"name": "Sven"}})
    message = socket.wait("chat:message")
    assert (message["userId"], message["user"]["name"], message["id"] != "mine") == (1, "Uma Serrano", True)


def test_bytes_are_an_error_and_the_socket_lives(bank: Bank, room: str) -> None:
    socket = bank.enter(UMA, room)
    socket.do("emitBytes", "chat:send", {"roomId": room}, "content")
    assert socket.wait("error")["message"]
    assert socket.rest() == []


@pytest.mark.parametrize(("event", "data"), [("chat:join", {}), ("chat:join", 7), ("chat:join", None), ("chat:send", "Hello"), ("chat:leave", "general")])
def test_what_is_not_understood_is_an_error(bank: Bank, event: str, data: Any) -> None:
    socket = bank.enter(UMA)
    socket.emit(event, data)
    assert socket.wait("error")["message"]
    assert socket.rest() == []


def test_an_adjusted_balance_is_told_to_that_user_s_sockets_alone(bank: Bank) -> None:
    one, two, other = bank.enter(UMA), bank.enter(UMA), bank.enter(SVEN)
    before = bank.balance(1)
    bank.adjust(1, 12.5)
    assert one.wait("balance:updated") == two.wait("balance:updated") == {"newBalance": before + 12.5, "change": 12.5, "reason": "Goodwill"}
    assert "balance:updated" not in [item.event for item in other.rest()]
    assert bank.balance(1) == before + 12.5


def test_a_refused_adjustment_is_told_to_nobody(bank: Bank) -> None:
    socket = bank.enter(SVEN)
    body = {"amount": -999_999, "reason": "Fraud"}
    assert bank.admin().status("POST", "/admin/users/2/adjust-balance", body) == 409
    assert Rest(bank.panel, bank.token(UMA)).status("POST", "/admin/users/2/adjust-balance", {**body, "amount": 5}) == 403
    assert socket.rest() == []


def test_a_payment_s_new_status_is_told_to_its_user_alone(bank: Bank) -> None:
    owner, other = bank.enter(UMA), bank.enter(SVEN)
    bank.change("payments", 1, {"status": "completed"})
    told = owner.wait("payment:status")
    assert (told["paymentId"], told["status"]) == (1, "completed")
    assert told.keys() == {"paymentId", "status", "amount"}
    assert other.rest() == owner.rest() == []


def test_a_new_and_an_approved_offer_are_told_to_everybody(bank: Bank) -> None:
    sockets = [bank.enter(email) for email in (UMA, SVEN, ADA)]
    offer = bank.admin().post("/admin/offers", {"title": "Try a tea", "category": "shopping", "reward": 3.5})["data"]
    for socket in sockets:
        assert socket.wait("offer:new") == {"offer": offer, "category": "shopping"}
    bank.admin().post(f"/admin/offers/{offer['id']}/approve")
    for socket in sockets:
        told = socket.wait("offer:new")["offer"]
        assert (told["id"], told["status"]) == (offer["id"], "active")
    assert [socket.rest() for socket in sockets] == [[], [], []]


def test_a_change_among_the_ten_highest_balances_is_told_to_everybody(bank: Bank) -> None:
    sockets = [bank.enter(email) for email in (UMA, SVEN)]
    bank.adjust(1, 100_000)
    told = [socket.wait("leaderboard:updated") for socket in sockets]
    assert told[0] == told[1]
    assert told[0]["period"] == "all-time"
    board = told[0]["leaderboard"]
    assert board[0] == {"userId": 1, "name": "Uma Serrano", "balance": bank.balance(1)}
    assert len(board) == 10
    assert [row["balance"] for row in board] == sorted((row["balance"] for row in board), reverse=True)


def test_a_change_below_the_ten_highest_balances_is_told_to_nobody_else(bank: Bank) -> None:
    admin, other = bank.enter(ADA), bank.enter(SVEN)
    bank.adjust(3, 0.01)
    assert admin.wait("balance:updated")["change"] == 0.01
    assert admin.rest() == other.rest() == []


def test_a_closed_socket_is_told_nothing_and_the_others_are(bank: Bank) -> None:
    one, two = bank.enter(UMA), bank.enter(UMA)
    one.do("disconnect")
    bank.adjust(1, 1)
    assert two.wait("balance:updated")["change"] == 1
    assert [item for item in one.story("disconnect") if item.event != "disconnect"] == []
