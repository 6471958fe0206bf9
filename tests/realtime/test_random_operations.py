"""Ten thousand random operations over REST and sockets: no message is missing, extra or misrouted, and all figures agree at each step."""

from typing import Any

import pytest

from tests.backends.client import Client
from tests.backends.peer import Peer

from .backend import LOGINS, SEATS, Backend, compare


class InProcess(Backend):
    """Straight into the engine."""

    def __init__(self) -> None:
        super().__init__()
        self.client = Client("eventplatform")
        self.peers: dict[str, Peer] = {}
        known = self.client.row("ticketCategories", 1)
        for category, seats in SEATS.items():
            changed = {"id": category, "eventId": self.event(category), "totalSeats": seats, "reservedSeats": 0, "isActive": True}
            self.client.put("ticketCategories", {**known, **changed})
        self.client.put("events", {**self.client.row("events", 2), "isActive": True})

    def open(self, peer: str, user: int) -> bool:
        self.peers[peer] = Peer(self.client, "realtime/realtime", query={"userId": user})
        return True

    def close(self, peer: str) -> bool:
        self.peers.pop(peer).close()
        return True

    def send(self, peer: str, name: str, data: Any = None) -> Any:
        return self.peers[peer].send(name, data)

    def taken(self) -> dict[str, list[tuple[str, Any]]]:
        return {name: peer.take() for name, peer in self.peers.items()}

    def request(self, method: str, path: str, user: int | None = None, body: Any = None) -> tuple[int, Any]:
        answer = self.client.request(method, path, body, by=LOGINS[user] if user else None)
        return answer.status, answer.json

    def wait(self, seconds: float) -> bool:
        self.client.advance(seconds)
        return True


@pytest.mark.parametrize("seed", range(10))
def test_what_is_heard_and_shown_is_what_the_rulings_say(seed: int) -> None:
    compare(InProcess(), seed, 1000)
