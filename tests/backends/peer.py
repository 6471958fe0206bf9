"""A socket without a network: what it sends goes straight into the engine, what it is sent is checked against its document and kept."""

import json
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from mock_server.engine import Request
from mock_server.engine.frames import Frame
from mock_server.state.rooms import Socket
from mock_server.state.world import World

if TYPE_CHECKING:
    from tests.backends.client import Client

NUMBERS = count(1)


class Peer:
    """One socket on a channel (`service/channel`). Raises the Problem with which its opening is refused."""

    def __init__(
        self, client: "Client", channel: str, *, path: Mapping[str, str] | None = None, query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None, auth: Any = None, world: World | None = None,
    ) -> None:  # fmt: skip
        self.client, self.realtime = client, client.engine.realtime
        self.received: list[tuple[str, Any]] = []
        self.hung: tuple[int, str] | None = None
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in {"host": "localhost", **(headers or {})}.items()]
        request = Request("GET", "/", urlencode(query or {}).encode(), raw, address="127.0.0.1", host="localhost")
        self.world = world or client.world
        self.socket = Socket(f"s{next(NUMBERS)}", channel, self._deliver, self._hang, client.now, self.world, request, path=dict(path or {}))
        self.realtime.open(self.socket, self.world, auth)()

    def _deliver(self, frame: Frame) -> None:
        data = json.loads(frame.data) if frame.data else None
        message = self.realtime.lines[self.socket.channel].channel.sends[frame.name].message
        if message.pointer is not None:
            wrong = [error.message for error in self.client.validator(self.socket.channel, message.pointer).iter_errors(data)]
            assert not wrong, f"{frame.name} breaks its schema: {wrong} in {data}"
        self.received.append((frame.name, data))

    def _hang(self, code: int, reason: str) -> None:
        self.hung = (code, reason)

    def send(self, name: str, data: Any = None) -> Any:
        """Sends a message; what an acknowledgement would carry."""
        answer = self.realtime.receive(self.socket, self.world, name, data)
        return None if answer is None else json.loads(orjson.dumps(answer))

    def ask(self, name: str, data: Any = None) -> list[tuple[str, Any]]:
        """Sends a message; what came of it, oldest first."""
        self.take()
        self.send(name, data)
        return self.take()

    def take(self) -> list[tuple[str, Any]]:
        """What was received since the last time."""
        taken, self.received = self.received, []
        return taken

    def close(self, reason: str = "transport close") -> None:
        """Goes away."""
        self.realtime.close(self.socket, self.world, reason)
