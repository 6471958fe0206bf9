"""Faults of frames, in both directions: dropped, late, twice, overtaken, and sockets that are closed."""

from collections.abc import Callable
from typing import Any

import pytest

from mock_server.engine.entries import Heard, Sent
from mock_server.steering import faults
from tests.backends.client import Client
from tests.backends.peer import Peer

CHANNEL = "realtime/realtime"
LOCK = {"eventId": 1, "categoryId": 1, "quantity": 2}


class Later:
    """A loop that waits for nothing: what is to be done later is done by hand."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, seconds: float, act: Callable[[], None]) -> None:
        self.waiting.append((seconds, act))

    def run(self) -> list[float]:
        waiting, self.waiting = self.waiting, []
        for _, act in waiting:
            act()
        return [seconds for seconds, _ in waiting]


@pytest.fixture
def client() -> Client:
    return Client("eventplatform")


@pytest.fixture
def later(client: Client, monkeypatch: pytest.MonkeyPatch) -> Later:
    made = Later()
    monkeypatch.setattr(client.engine.runtime, "later", made)
    return made


@pytest.fixture
def peer(client: Client) -> Peer:
    peer = Peer(client, CHANNEL, query={"userId": 1})
    peer.send("join-event-room", {"eventId": 1})
    peer.take()
    return peer


def declare(client: Client, kind: str, **settings: Any) -> None:
    faults.declare(client.engine, client.world, {"kind": kind, "id": "it", **settings})


def take(peer: Peer, name: str, data: Any = None) -> list[Any]:
    """Sends a message as a transport does; what acknowledgements came."""
    acknowledged: list[Any] = []
    peer.realtime.take(peer.socket, name, data, answer=acknowledged.append)
    return acknowledged


def names(peer: Peer) -> list[str]:
    return [name for name, _ in peer.take()]


def test_without_faults_a_message_is_answered(client: Client, peer: Peer) -> None:
    assert len(take(peer, "lock-tickets", LOCK)) == 1
    assert names(peer) == ["lock-tickets-response", "availability-update"]


def test_a_message_that_is_dropped_never_came(client: Client, peer: Peer) -> None:
    declare(client, "drop", match={"message": "lock-tickets", "direction": "in"})
    assert take(peer, "lock-tickets", LOCK) == []
    assert names(peer) == []
    assert client.rows("holds") == []
    entry = client.engine.log[-1]
    assert isinstance(entry, Heard)
    assert (entry.message, entry.faults) == ("lock-tickets", ("it",))


def test_a_reply_that_is_dropped_was_still_done(client: Client, peer: Peer) -> None:
    declare(client, "drop", match={"message": "lock-tickets-response"})
    take(peer, "lock-tickets", LOCK)
    assert names(peer) == ["availability-update"]
    assert len(client.rows("holds")) == 1
    sent = [entry for entry in client.engine.log if isinstance(entry, Sent)]
    assert [(entry.message, entry.faults) for entry in sent[-2:]] == [("lock-tickets-response", ("it",)), ("availability-update", ())]


def test_a_delayed_message_comes_later_and_is_acknowledged_then(client: Client, peer: Peer, later: Later) -> None:
    declare(client, "delay", ms=400, match={"message": "lock-tickets", "direction": "in"})
    assert take(peer, "lock-tickets", LOCK) == []
    assert (names(peer), client.rows("holds")) == ([], [])
    assert later.run() == [0.4]
    assert names(peer) == ["lock-tickets-response", "availability-update"]


def test_a_delayed_reply_is_overtaken(client: Client, peer: Peer, later: Later) -> None:
    declare(client, "delay", ms=400, match={"message": "lock-tickets-response"})
    take(peer, "lock-tickets", LOCK)
    assert names(peer) == ["availability-update"]
    later.run()
    assert names(peer) == ["lock-tickets-response"]


def test_a_duplicate_comes_again(client: Client, peer: Peer) -> None:
    declare(client, "duplicate", copies=2, match={"message": "availability-update"})
    take(peer, "lock-tickets", LOCK)
    assert names(peer) == ["lock-tickets-response", *["availability-update"] * 3]


def test_a_message_received_twice_is_done_twice(client: Client, peer: Peer) -> None:
    declare(client, "duplicate", match={"message": "lock-tickets", "direction": "in"})
    assert len(take(peer, "lock-tickets", LOCK)) == 2
    replies = [data["success"] for name, data in peer.take() if name == "lock-tickets-response"]
    assert replies == [True, False]


def test_the_next_frame_overtakes_one_that_is_held(client: Client, peer: Peer, later: Later) -> None:
    declare(client, "reorder", match={"message": "lock-tickets-response"})
    take(peer, "lock-tickets", LOCK)
    assert names(peer) == ["availability-update", "lock-tickets-response"]


def test_a_held_frame_that_nothing_follows_comes_after_a_while(client: Client, peer: Peer, later: Later) -> None:
    declare(client, "reorder", match={"message": "availability-update"})
    take(peer, "lock-tickets", LOCK)
    assert names(peer) == ["lock-tickets-response"]
    assert later.run() == [1.0]
    assert names(peer) == ["availability-update"]


def test_a_kick_closes_the_socket(client: Client, peer: Peer) -> None:
    declare(client, "kick", code=4123, reason="Go", match={"message": "lock-tickets"})
    take(peer, "lock-tickets", LOCK)
    assert (peer.hung, client.rows("holds")) == ((4123, "Go"), [])


def test_a_fault_hits_the_sockets_of_a_user_alone(client: Client, peer: Peer) -> None:
    other = Peer(client, CHANNEL, query={"userId": 3})
    other.send("join-event-room", {"eventId": 1})
    other.take()
    declare(client, "drop", match={"user": "second@example.com", "message": "availability-update"})
    take(peer, "lock-tickets", LOCK)
    assert (names(peer)[-1], names(other)) == ("availability-update", [])


def test_a_fault_may_hit_one_socket_and_one_channel(client: Client, peer: Peer) -> None:
    declare(client, "drop", match={"socket": peer.socket.id, "channel": "realtime"})
    take(peer, "lock-tickets", LOCK)
    assert names(peer) == []
    declare(client, "drop", match={"socket": "other"})
    assert len(take(peer, "get-my-locks", {})) == 1
