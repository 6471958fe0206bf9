"""What the users of one process share, and what they are granted."""

import ssl
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gevent.event import Event

from load.clock import now
from load.ledger import Ledger
from load.meter import Meter
from load.pace import Arrivals, Start
from load.stage import Stage

__all__ = ["Failed", "Lock", "Order", "World"]

Fire = Callable[..., None]


class Failed(Exception):  # noqa: N818 - it ends an iteration, which is no error of ours
    """A step had no answer, or one that nothing declares; the iteration is over."""


@dataclass
class World:
    """What the users of one process share. fire: tells Locust of a step; refused: step -> how often it was refused as declared."""

    stage: Stage
    meter: Meter
    ledger: Ledger
    start: Start
    arrivals: Arrivals | None
    fire: Fire
    tls: ssl.SSLContext | None = None
    over: Event = field(default_factory=Event)  # is set when the run ends
    memory: Any = None  # what a story keeps in mind for all
    offered: deque["Lock"] = field(default_factory=lambda: deque(maxlen=200))  # locks whose names others know
    refused: Counter[str] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class Lock:
    """A lock that was granted. at: the number of its stock; until: the moment up to which it surely holds; ends: when, as the target says."""

    name: str
    at: int
    quantity: int
    until: float
    socket: Any = None
    ends: str = ""

    def surely_until(self, at: float) -> float:
        """The latest moment, not after another, at which it surely was held: its socket was open on the other side too."""
        return min(at, self.until, self.socket.proved if self.socket is not None else at)

    @property
    def is_sure(self) -> bool:
        """Whether nobody but its owner may end it now."""
        return now() < self.until and (self.socket is None or self.socket.is_open)


@dataclass
class Order:
    """An order that was granted. row: what the answer showed of it."""

    key: Any
    at: int
    quantity: int
    row: Mapping[str, Any]
