"""Some sockets keep what their room is told, so that the way from a change to its broadcast can be timed."""

from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
import orjson

from load.clock import now
from load.stage import Room

__all__ = ["Witness"]

EACH = 10  # one in so many users keeps what is told: all hear the same
MOST = 400  # messages that are kept
PATIENCE, STEP = 2.0, 0.02  # seconds that a message may be late, and from one look to the next


class Witness:
    """The latest messages of a room, as one socket hears them. It is called with each, in the event loop."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._kept: deque[tuple[float, bytes]] = deque(maxlen=MOST)

    @classmethod
    def of(cls, number: int, room: Room) -> "Witness | None":
        """That of a user, where they are one of those who keep what is told, and it names its row and how many are left."""
        return cls(room) if number % EACH == 0 and room.key and room.figure else None

    def __call__(self, payload: bytes, at: float) -> None:
        self._kept.append((at, payload))

    def look_for(self, key: Any, left: int, since: float, found: Callable[[float], None]) -> None:
        """Calls `found` with the moment at which it was told that so many of a row are left, once it was; in a greenlet of its own."""
        gevent.spawn(self._look, key, left, since, found)

    def _look(self, key: Any, left: int, since: float, found: Callable[[float], None]) -> None:
        while now() < since + PATIENCE:
            at = next((at for at, payload in self._kept if at >= since and self._says(payload, key, left)), None)
            if at is not None:
                found(at)
                return
            gevent.sleep(STEP)

    def _says(self, payload: bytes, key: Any, left: int) -> bool:
        """Whether a message is about a row and a number; texts that are not alike are not parsed."""
        if str(left).encode() not in payload:
            return False
        start = payload.find(b"{")
        try:
            data = orjson.loads(payload[start : payload.rfind(b"}") + 1])
        except orjson.JSONDecodeError:
            return False
        return bool(data.get(self.room.key) == key and data.get(self.room.figure) == left)
