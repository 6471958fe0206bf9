"""The same operations against a mock that runs, over its own ports, by a client that speaks Socket.IO by hand."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.mock_process import serving

from .backend import LOGINS, SEATS, Backend, compare

NAMESPACE = "/realtime"
MARK = "/mark"  # no namespace: being refused it comes after all that was sent before


class Wire:
    """One Socket.IO connection on a raw WebSocket."""

    def __init__(self, url: str, user: int) -> None:
        self.received: list[tuple[str, Any]] = []
        self.stack = ExitStack()
        address = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket&userId={user}"
        self.socket: ClientConnection = self.stack.enter_context(connect(address))
        assert str(self.socket.recv()).startswith("0{")
        self.socket.send(f"40{NAMESPACE},")
        self.until(f"40{NAMESPACE},")

    def until(self, start: str) -> str:
        """Reads up to a packet; the events before it are kept."""
        while True:
            text = str(self.socket.recv(timeout=10))
            if text.startswith(start):
                return text[len(start) :]
            if text == "2":
                self.socket.send("3")
            elif text.startswith(f"42{NAMESPACE},"):
                name, data = json.loads(text[len(f"42{NAMESPACE},") :])
                self.received.append((name, data))

    def ask(self, name: str, data: Any) -> Any:
        """Sends an event; what its acknowledgement carries."""
        self.socket.send(f"42{NAMESPACE},7{json.dumps([name, data])}")
        answer = json.loads(self.until(f"43{NAMESPACE},7"))
        return answer[0] if answer else None

    def take(self) -> list[tuple[str, Any]]:
        """All that was sent to it until now."""
        self.socket.send(f"40{MARK},")
        self.until(f"44{MARK},")
        taken, self.received = self.received, []
        return taken


class Running(Backend):
    """A mock in a process of its own, whose clock stands still."""

    def __init__(self, gateway: str, realtime: str) -> None:
        super().__init__()
        self.gateway, self.realtime = urlsplit(gateway), realtime
        self.peers: dict[str, Wire] = {}
        self.http = HTTPConnection(str(self.gateway.hostname), self.gateway.port)
        self.request("PUT", "/__admin/clock", body={"now": "2030-01-01T00:00:00Z", "frozen": True})
        self.tokens = {user: self.request("POST", "/api/auth/login", body={"username": login, "password": "password123"})[1] for user, login in LOGINS.items()}
        for category, seats in SEATS.items():
            values = {"eventId": self.event(category), "totalSeats": seats, "reservedSeats": 0, "isActive": True}
            assert self.request("PATCH", f"/__admin/state/ticketCategories/{category}", body=values)[0] == 200
        assert self.request("PATCH", "/__admin/state/events/2", body={"isActive": True})[0] == 200

    def open(self, peer: str, user: int) -> bool:
        self.peers[peer] = Wire(self.realtime, user)
        return True

    def close(self, peer: str) -> bool:
        wire = self.peers.pop(peer)
        wire.socket.send(f"41{NAMESPACE},")
        wire.take()
        wire.stack.close()
        return True

    def send(self, peer: str, name: str, data: Any = None) -> Any:
        return self.peers[peer].ask(name, data)

    def taken(self) -> dict[str, list[tuple[str, Any]]]:
        return {name: wire.take() for name, wire in self.peers.items()}

    def request(self, method: str, path: str, user: int | None = None, body: Any = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self.tokens[user]['access_token']}"} if user else {}
        headers |= {"content-type": "application/json"} if body is not None else {}
        self.http.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.http.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    def wait(self, seconds: float) -> bool:
        return self.request("POST", "/__admin/clock/advance", body={"seconds": seconds})[0] == 200


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with serving("eventplatform", "--port", "0", folder=tmp_path) as mock:
        backend = Running(mock.url("gateway"), mock.url("realtime"))
        yield backend
        for wire in backend.peers.values():
            wire.stack.close()
        backend.http.close()


@pytest.mark.parametrize("seed", [100, 101])
def test_the_wire_carries_what_the_rulings_say(running: Running, seed: int) -> None:
    compare(running, seed, 1000)
