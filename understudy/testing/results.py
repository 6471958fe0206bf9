"""What a mock tells, as dataclasses. Instants are of the world's clock and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

__all__ = ["Applied", "ClockState", "Delivered", "Health", "Imported", "Line", "ScenarioState", "Service", "SnapshotState", "SocketState", "WorldState", "read"]

Row = dict[str, Any]
T = TypeVar("T")
INSTANTS = frozenset({"now", "saved", "opened", "until", "at"})


def read(kind: type[T], data: Mapping[str, Any], **more: Any) -> T:
    """A dataclass from its JSON. Members that it does not have are left out: a newer mock may say more."""
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _value(name, value) for name, value in data.items() if name in known}, **more)


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in INSTANTS and isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class ClockState:
    """A world's clock. rate: virtual seconds in a real one."""

    now: datetime
    frozen: bool
    rate: float


@dataclass(frozen=True, slots=True)
class Service:
    """One service. url: its address; base: where the paths of its document begin; channels: how its sockets are reached."""

    name: str
    url: str
    base: str
    purpose: str
    docs: str | None
    operations: int
    channels: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Health:
    """What a client needs in development. accounts: who may sign in; environment: lines for a front end's `.env`; worlds: how many there are."""

    status: str
    version: str
    backend: str
    title: str
    services: list[Service]
    accounts: list[dict[str, Any]]
    secrets: dict[str, Any]
    environment: list[str]
    worlds: int
    world: str
    ui: str


@dataclass(frozen=True, slots=True)
class WorldState:
    """One world. rows: how many it has; base: the address whose path carries it."""

    name: str
    now: datetime
    frozen: bool
    rows: int
    sockets: int
    faults: int
    requests: int
    base: str


@dataclass(frozen=True, slots=True)
class SnapshotState:
    """One snapshot. saved: real time; now: the world's; timers: what was due later."""

    name: str
    saved: datetime
    now: datetime
    rows: int
    timers: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What was made of a file. unfit: rows that don't fit their schema, and why; they are kept."""

    snapshot: SnapshotState
    unfit: list[str]


@dataclass(frozen=True, slots=True)
class SocketState:
    """One open socket. account: the key of whose it is."""

    id: str
    channel: str
    account: Any
    address: str
    opened: datetime
    rooms: list[str]


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many sockets got a message, and its payload."""

    sockets: int
    data: Any


@dataclass(frozen=True, slots=True)
class ScenarioState:
    """A situation that can be brought about. given: names that a call may set, with what they are otherwise."""

    name: str
    title: str
    about: str
    given: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a scenario did. rows: how many it changed; faults: the ids of those that it declared."""

    name: str
    title: str
    rows: int
    faults: list[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log. kind: exchange (a request and its answer) or frame (of a socket).

    request, response: headers and body of an exchange; data: a frame's payload; direction: in is from the client;
    whole: all that the mock tells of it.
    """

    id: int
    kind: str
    service: str
    world: str
    at: datetime
    whole: Mapping[str, Any] = field(repr=False)
    method: str | None = None
    path: str | None = None
    operation: str | None = None
    status: int | None = None
    user: str | None = None
    direction: str | None = None
    channel: str | None = None
    message: str | None = None
    room: str | None = None
    data: Any = None
    request: Mapping[str, Any] = field(default_factory=dict, repr=False)
    response: Mapping[str, Any] = field(default_factory=dict, repr=False)
    violations: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}" if self.kind == "exchange" else f"{self.direction} {self.message}"
