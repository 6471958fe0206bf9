"""What a mock has: its clock, rows, log, faults, scenarios, snapshots, sockets."""

import builtins
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Unpack
from urllib.parse import quote

from mock_server.state.clock import wall
from understudy.testing.durations import Duration, seconds
from understudy.testing.errors import MockError
from understudy.testing.results import Applied, ClockState, Imported, Line, Row, ScenarioState, SnapshotState, SocketState, read
from understudy.testing.words import Criteria, FaultSettings, Kind

__all__ = ["Clock", "Collection", "Fault", "Faults", "Requests", "Scenarios", "Snapshots", "Sockets", "State"]

Send = Callable[..., Any]  # method, path below /__admin, body=None, query=None -> JSON
Key = str | int
PAUSE = 0.02  # seconds between two looks at the log
SHOWN = 5  # lines that a failed wait tells of


def instant(value: datetime | str | None) -> str | None:
    """An instant as the control API takes it; a datetime without a zone is local time, as everywhere in Python."""
    return value.astimezone().isoformat() if isinstance(value, datetime) else value


def part(name: Key) -> str:
    """A name as a part of a path."""
    return quote(str(name), safe="")


class Part:
    """Some of what a world has."""

    def __init__(self, send: Send) -> None:
        self._send = send


class Clock(Part):
    """The clock of a world. What falls due by a move happens before the call returns."""

    @property
    def state(self) -> ClockState:
        """The clock as it stands."""
        return read(ClockState, self._send("GET", "/clock"))

    @property
    def now(self) -> datetime:
        """The instant in the world."""
        return self.state.now

    def freeze(self, at: datetime | str | None = None) -> ClockState:
        """Stands still: here, or at an instant."""
        return self._set(frozen=True, **({} if at is None else {"now": instant(at)}))

    def run(self, rate: float = 1.0) -> ClockState:
        """Runs on from here. rate: virtual seconds in a real one."""
        return self._set(frozen=False, rate=rate)

    def advance(self, duration: Duration) -> ClockState:
        """Jumps ahead. duration: seconds, a timedelta, or a text such as 5m."""
        return read(ClockState, self._send("POST", "/clock/advance", {"seconds": seconds(duration)}))

    def reset(self) -> ClockState:
        """Runs with real time again, or from where worlds begin."""
        return read(ClockState, self._send("POST", "/clock/reset"))

    def _set(self, **change: Any) -> ClockState:
        return read(ClockState, self._send("PUT", "/clock", change))


class State(Part):
    """The rows of a world: `mock.state("orders").list()`."""

    def __call__(self, collection: str) -> "Collection":
        """The rows of one collection."""
        return Collection(self._send, collection)

    def counts(self) -> dict[str, int]:
        """How many rows each collection has."""
        found: dict[str, int] = self._send("GET", "/state")
        return found


class Collection:
    """The rows of a collection. Changes follow the same declarations as requests: states move where they may, sockets are told."""

    def __init__(self, send: Send, name: str) -> None:
        self._send, self.name = send, name

    def list(self) -> builtins.list[Row]:
        """All rows as they are stored, without what is secret."""
        found: list[Row] = self._send("GET", self._path())
        return found

    def get(self, key: Key) -> Row:
        """One row."""
        return self._row("GET", key)

    def create(self, **fields: Any) -> Row:
        """Makes a row; key, timestamps and defaults are filled in."""
        found: Row = self._send("POST", self._path(), fields)
        return found

    def update(self, key: Key, **fields: Any) -> Row:
        """Changes fields of a row."""
        return self._row("PATCH", key, fields)

    def replace(self, key: Key, **fields: Any) -> Row:
        """Gives a row other fields; those that are not named are lost."""
        return self._row("PUT", key, fields)

    def delete(self, key: Key) -> Row:
        """Removes a row and those that belong to it; returns it."""
        return self._row("DELETE", key)

    def _path(self) -> str:
        return f"/state/{part(self.name)}"

    def _row(self, method: str, key: Key, fields: Row | None = None) -> Row:
        found: Row = self._send(method, f"{self._path()}/{part(key)}", fields)
        return found


class Requests(Part):
    """The log of a world: requests with their answers, and frames of sockets. Criteria: see `words.Criteria`."""

    def all(self) -> list[Line]:
        """All lines, oldest first."""
        return self.find()

    def find(self, **criteria: Unpack[Criteria]) -> list[Line]:
        """The lines that fit, oldest first."""
        return [read(Line, line, whole=line) for line in self._send("POST", "/requests/find", dict(criteria))["requests"]]

    def count(self, **criteria: Unpack[Criteria]) -> int:
        """How many lines fit."""
        return int(self._send("POST", "/requests/count", dict(criteria))["count"])

    def clear(self) -> int:
        """Forgets all lines; returns how many there were."""
        return int(self._send("DELETE", "/requests")["count"])

    def wait_for(self, count: int = 1, timeout: float = 5.0, **criteria: Unpack[Criteria]) -> list[Line]:
        """The lines that fit, as soon as there are so many. Raises TimeoutError after so many seconds, with the last lines of the log."""
        end = wall() + timeout
        while self.count(**criteria) < count:
            if wall() >= end:
                raise TimeoutError(self._lacking(count, timeout, criteria))
            time.sleep(PAUSE)
        return self.find(**criteria)

    def _lacking(self, count: int, timeout: float, criteria: Mapping[str, Any]) -> str:
        lines = [str(line) for line in self.all()]
        told = "; ".join(lines[-SHOWN:]) or "nothing"
        found = self._send("POST", "/requests/count", dict(criteria))["count"]
        return f"{found} of {count} lines that fit {dict(criteria)} after {timeout:g} s. The log of {len(lines)} lines ends with: {told}."


@dataclass(frozen=True, slots=True)
class Fault:
    """A declared fault; as a context manager it is taken away at the end. until: the instant at which it ends; hits: how often it had struck."""

    id: str
    kind: str
    match: Mapping[str, Any]
    probability: float
    hits: int
    until: datetime | None = None
    times: int | None = None
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)
    faults: "Faults | None" = field(default=None, repr=False, compare=False)

    def __enter__(self) -> "Fault":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.faults is not None:
            with suppress(MockError):  # it may be over by itself, or by a reset
                self.faults.remove(self)


class Faults(Part):
    """The faults of a world."""

    def add(self, kind: Kind, **settings: Unpack[FaultSettings]) -> Fault:
        """Declares a fault: `with mock.faults.add("status", status=503, match={"operation": "listEvents"}): ...`."""
        body: dict[str, Any] = {"kind": kind, **settings}
        if isinstance(body.get("ttl"), timedelta):
            body["ttl"] = seconds(body["ttl"])
        return self._fault(self._send("POST", "/faults", body))

    def list(self) -> builtins.list[Fault]:
        """The declared faults whose time is not over."""
        return [self._fault(data) for data in self._send("GET", "/faults")]

    def get(self, fault: Fault | str) -> Fault:
        """One fault as it stands, with how often it struck."""
        return self._fault(self._send("GET", self._path(fault)))

    def remove(self, fault: Fault | str) -> Fault:
        """Takes a fault away; returns it with how often it struck."""
        return self._fault(self._send("DELETE", self._path(fault)))

    def clear(self) -> int:
        """Takes all faults away; returns how many there were."""
        return int(self._send("DELETE", "/faults")["count"])

    def _path(self, fault: Fault | str) -> str:
        return f"/faults/{part(fault.id if isinstance(fault, Fault) else fault)}"

    def _fault(self, data: Row) -> Fault:
        return read(Fault, data, whole=data, faults=self)


class Scenarios(Part):
    """Prepared situations."""

    def list(self) -> builtins.list[ScenarioState]:
        """Those of the backend."""
        return [read(ScenarioState, data) for data in self._send("GET", "/scenarios")]

    def apply(self, name: str, **given: Any) -> Applied:
        """Brings one about, on top of what is there. given: values for the names that it has."""
        return read(Applied, self._send("POST", f"/scenarios/{part(name)}", {"given": given}))


class Snapshots(Part):
    """State kept under names; all worlds of a backend share them."""

    def list(self) -> builtins.list[SnapshotState]:
        """Those that are there, oldest first."""
        return [read(SnapshotState, data) for data in self._send("GET", "/snapshots")]

    def save(self, name: str) -> SnapshotState:
        """Keeps the world's state; a snapshot of that name is replaced."""
        return read(SnapshotState, self._send("POST", f"/snapshots/{part(name)}"))

    def restore(self, name: str) -> SnapshotState:
        """Brings the world back, its clock included; its sockets are closed."""
        return read(SnapshotState, self._send("POST", f"/snapshots/{part(name)}/restore"))

    def delete(self, name: str) -> SnapshotState:
        """Forgets one."""
        return read(SnapshotState, self._send("DELETE", f"/snapshots/{part(name)}"))

    def export(self, name: str) -> dict[str, Any]:
        """One as the JSON of a file, without what is secret."""
        found: dict[str, Any] = self._send("GET", f"/snapshots/{part(name)}")
        return found

    def import_(self, name: str, file: Mapping[str, Any]) -> Imported:
        """Keeps what `export` gave under a name; a damaged file changes nothing."""
        data = self._send("PUT", f"/snapshots/{part(name)}", dict(file))
        return Imported(read(SnapshotState, data["snapshot"]), data["unfit"])


class Sockets(Part):
    """The open sockets of a world."""

    def list(self) -> builtins.list[SocketState]:
        """Those that are open, in the order in which they came."""
        return [read(SocketState, data) for data in self._send("GET", "/sockets")]

    def kick(self, socket: SocketState | str, code: int = 4000, reason: str = "Kicked") -> SocketState:
        """Closes one, as the server would."""
        identity = socket.id if isinstance(socket, SocketState) else socket
        return read(SocketState, self._send("POST", f"/sockets/{part(identity)}/kick", {"code": code, "reason": reason}))
