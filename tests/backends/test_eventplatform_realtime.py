"""The event platform's sockets: seat locks, and what REST and sockets tell each other."""

from typing import Any

import pytest

from mock_server.engine import Problem
from mock_server.engine.entries import Heard

from .client import Client
from .peer import Peer

BACKEND = "eventplatform"
CHANNEL = "realtime/realtime"
USER, ORGANIZER, SECOND = "user@example.com", "organizer@example.com", "second@example.com"
VIP, GENERAL = 1, 2
FREE = 75  # seats of VIP that are neither reserved nor sold


def connect(client: Client, user: int = 1, event: int | None = 1, **query: Any) -> Peer:
    peer = Peer(client, CHANNEL, query={"userId": user, **query})
    if event is not None:
        peer.send("join-event-room", {"eventId": event})
    peer.take()
    return peer


def wish(quantity: int, category: int = VIP, event: int = 1, **more: Any) -> dict[str, Any]:
    return {"eventId": event, "categoryId": category, "quantity": quantity, **more}


def figures(category: int, available: int, locked: int, total: int) -> tuple[str, tuple[int, ...]]:
    return "availability-update", (1, category, available, locked, total)


def heard(peer: Peer) -> list[Any]:
    """What came, with availability in short."""
    names = ("eventId", "categoryId", "availableTickets", "lockedTickets", "totalTickets")
    return [(name, tuple(data[item] for item in names) if name == "availability-update" else data) for name, data in peer.take()]


def test_a_new_socket_is_greeted_with_its_session(client: Client) -> None:
    peer = Peer(client, CHANNEL, query={"userId": "1"})
    assert peer.take() == [("connected", {"success": True, "sessionId": peer.socket.id, "message": "Connected to realtime service"})]


@pytest.mark.parametrize("query", [{}, {"userId": 99}, {"userId": "x"}, {"userId": 1, "token": "bad"}])
def test_a_socket_without_a_good_user_is_unauthorized(client: Client, query: dict[str, Any]) -> None:
    with pytest.raises(Problem) as refused:
        Peer(client, CHANNEL, query=query)
    assert (refused.value.status, refused.value.detail) == (401, "Unauthorized")
    assert not client.world.rooms.sockets


def test_a_token_must_be_the_users_own(client: Client) -> None:
    token = client.token(USER)
    assert Peer(client, CHANNEL, query={"userId": 1, "token": token}).take()
    with pytest.raises(Problem):
        Peer(client, CHANNEL, query={"userId": 3, "token": token})


def test_a_room_is_joined(client: Client) -> None:
    peer = connect(client, event=None)
    assert peer.ask("join-event-room", {"eventId": 1, "userId": 1}) == [
        ("joined-event-room", {"success": True, "eventId": 1, "message": "Joined event room"}),
    ]
    assert list(peer.socket.rooms) == ["user:1", "event:1"]


@pytest.mark.parametrize("data", [{"eventId": 999}, {"eventId": 1, "userId": 3}, {}, None, {"eventId": "1"}, [1]])
def test_a_room_that_can_not_be_joined_is_an_error(client: Client, data: Any) -> None:
    peer = connect(client, event=None)
    assert peer.ask("join-event-room", data) == [("error", {"message": "Failed to join event room"})]
    assert list(peer.socket.rooms) == ["user:1"]


def test_a_lock_is_answered_and_told_to_the_room(client: Client) -> None:
    one, other, elsewhere = connect(client), connect(client, 3), connect(client, 3, event=2)
    (name, data), update = one.ask("lock-tickets", wish(2, userId=1))[0], figures(VIP, FREE - 2, 2, FREE)
    assert (name, data["success"], data["availableTickets"]) == ("lock-tickets-response", True, FREE - 2)
    assert heard(other) == [update]
    assert elsewhere.take() == []


def test_the_sender_hears_of_its_own_lock(client: Client) -> None:
    peer = connect(client)
    peer.send("lock-tickets", wish(2))
    assert [name for name, _ in peer.take()] == ["lock-tickets-response", "availability-update"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (wish(76), "Not enough tickets available"),
        (wish(1, category=99), "Ticket category not found"),
        (wish(1, category=1, event=2), "Ticket category not found"),
        (wish(1, event=999), "Event not found"),
        (wish(1, userId=3), "Unauthorized"),
        (wish(0), "quantity must be at least 1"),
        ({"eventId": 1, "categoryId": 1}, "quantity is required"),
        (None, "The body must be an object"),
    ],
)
def test_a_lock_that_is_refused_says_why(client: Client, data: Any, why: str) -> None:
    peer = connect(client)
    assert peer.ask("lock-tickets", data) == [("lock-tickets-response", {"success": False, "message": why})]
    assert client.rows("holds") == []


def test_a_user_has_one_lock_in_a_category(client: Client) -> None:
    one, other = connect(client), connect(client)
    one.send("lock-tickets", wish(1))
    other.take()
    assert other.ask("lock-tickets", wish(1)) == [("lock-tickets-response", {"success": False, "message": "You have a lock in this category already"})]
    assert other.ask("lock-tickets", wish(1, category=GENERAL))[0][1]["success"]


def test_an_acknowledgement_carries_the_reply(client: Client) -> None:
    peer = connect(client)
    assert peer.send("lock-tickets", wish(2))["availableTickets"] == FREE - 2
    assert peer.send("lock-tickets", wish(2)) == {"success": False, "message": "You have a lock in this category already"}


def test_any_socket_of_the_user_frees_the_whole_lock(client: Client) -> None:
    one, other = connect(client), connect(client)
    one.send("lock-tickets", wish(3))
    other.take()
    other.send("unlock-tickets", wish(1))
    assert heard(other) == [("unlock-tickets-response", {"success": True}), figures(VIP, FREE, 0, FREE)]


def test_what_is_not_locked_can_not_be_unlocked(client: Client) -> None:
    connect(client, 3).send("lock-tickets", wish(2))
    assert connect(client).ask("unlock-tickets", wish(2)) == [("unlock-tickets-response", {"success": False, "message": "You have no lock in this category"})]


def test_a_lock_ends_after_five_minutes_and_the_room_hears_of_it(client: Client) -> None:
    one, other = connect(client), connect(client, 3)
    one.send("lock-tickets", wish(2))
    client.advance(299.9)
    other.take()
    client.advance(0.1)
    assert heard(other) == [figures(VIP, FREE, 0, FREE)]
    assert client.rows("holds") == []


def test_a_lock_is_over_when_it_is_read_even_before_that_is_told(client: Client) -> None:
    peer = connect(client)
    peer.send("lock-tickets", wish(2))
    client.world.clock.advance(300)
    assert peer.ask("get-my-locks")[-1] == ("my-locks-response", {"locks": []})


def test_a_frozen_clock_freezes_locks(client: Client) -> None:
    peer = connect(client)
    peer.send("lock-tickets", wish(2))
    assert client.world.clock.frozen
    client.engine.fire(client.world)
    assert len(client.rows("holds")) == 1


def test_the_lock_of_a_socket_that_closes_comes_free(client: Client) -> None:
    one, tab, other = connect(client), connect(client), connect(client, 3)
    one.send("lock-tickets", wish(2))
    tab.send("lock-tickets", wish(1, category=GENERAL))
    other.take()
    one.close()
    assert heard(other) == [figures(VIP, FREE, 0, FREE)]
    assert [hold["categoryId"] for hold in client.rows("holds")] == [GENERAL]


def test_a_socket_closes_once(client: Client) -> None:
    one, other = connect(client), connect(client, 3)
    one.close()
    one.close()
    assert one.send("heartbeat") is None
    assert (one.take(), other.take()) == ([], [])
    assert list(client.world.rooms.sockets) == [other.socket.id]


def test_own_locks_are_listed(client: Client) -> None:
    one, other = connect(client), connect(client, 3)
    key = one.send("lock-tickets", wish(2))["lockId"]
    other.send("lock-tickets", wish(1))
    ((_, data),) = [item for item in one.ask("get-my-locks") if item[0] == "my-locks-response"]
    (lock,) = data["locks"]
    assert lock == {"lockId": key, **wish(2), "userId": 1, "expiresAt": lock["expiresAt"], "createdAt": lock["createdAt"]}


def test_a_reservation_is_in_no_list_of_locks(client: Client) -> None:
    client.post("/api/events/tickets/reserve", wish(2), by=USER)
    assert connect(client).ask("get-my-locks") == [("my-locks-response", {"locks": []})]


def test_a_heartbeat_is_answered(client: Client) -> None:
    assert [name for name, _ in connect(client).ask("heartbeat")] == ["heartbeat-response"]


def test_an_unknown_message_is_an_error_that_names_the_closest(client: Client) -> None:
    assert connect(client).ask("lock-ticket") == [("error", {"message": "There is no message 'lock-ticket'. Did you mean 'lock-tickets'?"})]


def test_more_than_twenty_messages_a_second_are_refused(client: Client) -> None:
    peer, other = connect(client, event=None), connect(client, event=None)
    assert [peer.ask("heartbeat")[0][0] for _ in range(21)] == ["heartbeat-response"] * 20 + ["error"]
    assert peer.ask("lock-tickets", wish(1)) == [("lock-tickets-response", {"success": False, "message": "Too many requests"})]
    assert other.ask("heartbeat")[0][0] == "heartbeat-response"
    client.advance(1.01)
    assert peer.ask("heartbeat")[0][0] == "heartbeat-response"


def test_what_counted_a_socket_goes_with_it(client: Client) -> None:
    for _ in range(50):
        peer = connect(client)
        peer.close()
    assert not [key for key in client.world.throttle.calls if key[0] == CHANNEL]
    assert (client.world.rooms.sockets, client.world.rooms.rooms) == ({}, {})


def test_a_lock_limits_what_rest_sells(client: Client) -> None:
    connect(client).send("lock-tickets", wish(FREE - 1))
    assert [client.post("/api/orders", wish(2), by=SECOND).status, client.post("/api/orders", wish(1), by=SECOND).status] == [409, 201]


def test_rest_limits_what_a_lock_gets(client: Client) -> None:
    client.post("/api/orders", wish(FREE - 1), by=SECOND)
    peer = connect(client)
    assert peer.send("lock-tickets", wish(2)) == {"success": False, "message": "Not enough tickets available"}
    assert peer.send("lock-tickets", wish(1))["success"]


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/api/events/tickets/reserve", wish(2), (FREE - 2, 0, FREE - 2)),
        ("/api/orders", wish(3), (FREE - 3, 0, FREE - 3)),
    ],
)
def test_the_room_hears_what_rest_takes(client: Client, path: str, body: Any, told: tuple[int, int, int]) -> None:
    peer, elsewhere = connect(client, 3), connect(client, 3, event=2)
    client.post(path, body, by=USER)
    assert heard(peer) == [figures(VIP, *told)]
    assert elsewhere.take() == []


def test_the_room_hears_of_what_is_given_back(client: Client) -> None:
    peer = connect(client, 3)
    client.post("/api/events/tickets/reserve", wish(2), by=USER)
    client.post("/api/events/tickets/release", {"categoryId": VIP, "quantity": 1}, by=USER)
    assert heard(peer)[-1] == figures(VIP, FREE - 1, 0, FREE - 1)


def test_an_order_with_a_lock_spends_it_and_completes_two_seconds_later(client: Client) -> None:
    buyer, tab, other = connect(client), connect(client, event=None), connect(client, 3)
    key = buyer.send("lock-tickets", wish(2))["lockId"]
    answer = client.post("/api/orders/with-lock", wish(2, lockId=key), by=USER)
    assert heard(other)[-1] == figures(VIP, FREE - 2, 0, FREE - 2)
    tab.take()
    client.advance(1.9)
    assert tab.take() == []
    client.advance(0.1)
    notice = {"orderId": answer.json["id"], **wish(2), "message": "Your order has been completed successfully!"}
    assert tab.take() == [("order-completed", notice)]
    assert other.take() == []
    assert len(client.world.timers) == 0, "nothing is left of the lock's end"


def test_a_cancelled_order_is_told_to_its_user_and_its_seats_to_the_room(client: Client) -> None:
    buyer, other = connect(client, event=None), connect(client, 3)
    key = client.post("/api/orders", wish(2), by=USER).json["id"]
    other.take()
    client.post(f"/api/orders/{key}/cancel", by=USER)
    assert [(name, data["orderId"]) for name, data in buyer.take()] == [("order-cancelled", key)]
    assert heard(other) == [figures(VIP, FREE, 0, FREE)]
    client.advance(10)
    assert buyer.take() == []


def test_a_refused_request_tells_nobody(client: Client) -> None:
    peer = connect(client)
    assert client.post("/api/orders", wish(FREE + 1), by=USER).status == 409
    assert client.post("/api/orders", wish(1)).status == 401
    assert peer.take() == []


def test_thousands_of_locks_leave_no_timers(client: Client) -> None:
    peer = connect(client)
    for _ in range(3000):
        client.world.clock.advance(0.06)
        peer.send("lock-tickets", wish(1))
        peer.send("unlock-tickets", wish(1))
    timers = client.world.timers
    assert (len(timers), sum(map(len, timers._lanes)) + len(timers._heap) <= 1001, len(timers._named)) == (0, True, 0)
    assert client.rows("holds") == []


def test_a_lock_comes_free_even_if_the_rest_of_closing_fails(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_call: Any) -> None:
        raise RuntimeError("on purpose")

    one, other = connect(client), connect(client, 3)
    one.send("lock-tickets", wish(2))
    other.take()
    monkeypatch.setattr(client.engine.realtime.lines[CHANNEL], "closing", (fail,))
    one.close()
    assert heard(other) == [figures(VIP, FREE, 0, FREE)]


def test_a_crash_is_told_in_the_backends_words_and_changes_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_call: Any) -> None:
        raise RuntimeError("on purpose")

    peer = connect(client)
    plan = client.engine.realtime.lines[CHANNEL].plans["heartbeat"]
    monkeypatch.setattr(plan, "steps", (*plan.steps, fail))
    assert peer.ask("heartbeat") == [("error", {"message": "Internal server error"})]
    assert "on purpose" in next(entry.crash for entry in reversed(client.engine.log) if isinstance(entry, Heard))
