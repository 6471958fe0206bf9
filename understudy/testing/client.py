"""Steers one world of a running mock over its control API."""

import builtins
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any

from understudy.testing.connection import Connection
from understudy.testing.errors import MockError
from understudy.testing.parts import Clock, Faults, Part, Requests, Scenarios, Snapshots, Sockets, State, instant, part
from understudy.testing.results import Delivered, Health, Service, WorldState, read

__all__ = ["Understudy", "Worlds"]

DEFAULT = "default"
HEADER, COOKIE = "X-Understudy-World", "understudy_world"


class Understudy:
    """A world of the mock at a URL, that of any of its services. As a context manager it is closed at the end, and a world that was made for it goes.

    world: its name, made when it is first used; token: what the control API asks for, if it does; timeout: seconds for an answer.
    Every call raises MockError for what the mock refuses, and where none answers.
    """

    def __init__(self, url: str, world: str = DEFAULT, token: str | None = None, timeout: float = 30.0) -> None:
        self._settle(Connection(url, token, timeout), world)

    def _settle(self, connection: Connection, world: str, made: bool = False) -> None:
        self._connection, self.name, self._made = connection, world, made
        self.clock, self.state, self.requests = Clock(self._send), State(self._send), Requests(self._send)
        self.faults, self.scenarios, self.snapshots = Faults(self._send), Scenarios(self._send), Snapshots(self._send)
        self.sockets, self.worlds = Sockets(self._send), Worlds(self)

    def __repr__(self) -> str:
        return f"Understudy({self.url!r}, world={self.name!r})"

    def _send(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        return self._connection.send(method, path, body, self.headers, query)

    @property
    def url(self) -> str:
        """The service's address."""
        return self._connection.url

    @property
    def base(self) -> str:
        """The address whose path carries the world, for clients that send neither header nor cookie."""
        return self._based(self.url)

    @cached_property
    def urls(self) -> dict[str, str]:
        """The address of each service."""
        return {service.name: service.url for service in self.health().services}

    @property
    def bases(self) -> dict[str, str]:
        """As `base`, of each service."""
        return {service: self._based(url) for service, url in self.urls.items()}

    @property
    def headers(self) -> dict[str, str]:
        """What a client sends with each request to be in this world."""
        return {} if self.name == DEFAULT else {HEADER: self.name}

    @property
    def cookies(self) -> dict[str, str]:
        """As `headers`, for what sends cookies only, such as a browser's WebSocket."""
        return {} if self.name == DEFAULT else {COOKIE: self.name}

    def _based(self, url: str) -> str:
        return url if self.name == DEFAULT else f"{url}/__world/{self.name}"

    def health(self) -> Health:
        """What a client needs in development: services, accounts, secrets, lines of a `.env`."""
        data = self._send("GET", "/health")
        return read(Health, {**data, "services": [read(Service, item) for item in data["services"]]})

    def reset(self, now: datetime | str | None = None) -> datetime:
        """The world as seeded, without faults and log; its sockets are closed. now: the instant at which it begins. Returns the instant."""
        data = self._send("POST", "/reset", {} if now is None else {"now": instant(now)})
        return datetime.fromisoformat(data["now"])

    def emit(self, message: str, data: Any = None, *, row: str | int | None = None, room: str | None = None, socket: str | None = None) -> Delivered:
        """Pushes a declared message to a room, a socket or everyone. data: its payload; row: the key of the row of which it is made; else its example."""
        given = {"data": data, "row": row, "room": room, "socket": socket}
        return read(Delivered, self._send("POST", "/emit", {"message": message, **{name: value for name, value in given.items() if value is not None}}))

    def world(self, name: str | None = None) -> "Understudy":
        """A world of its own, as seeded; with a new name, or one by name that is begun again if it is there."""
        try:
            return self.worlds.create(name)
        except MockError as error:
            if error.status != 409 or name is None or name not in [world.name for world in self.worlds.list()]:
                raise
        found = self.worlds.of(name)
        found.reset()
        return found

    def fresh(self) -> "Understudy":
        """A world of its own with a new name."""
        return self.world()

    def end(self) -> None:
        """Forgets this world; its sockets are closed. The default one can only be reset."""
        self.worlds.delete(self.name)

    def close(self) -> None:
        """Closes the connection, which the worlds made from here share; a later call opens it again."""
        self._connection.close()

    def __enter__(self) -> "Understudy":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._made:
            self.close()
            return
        with suppress(MockError):  # it may be gone already
            self.end()


class Worlds(Part):
    """The worlds of a mock."""

    def __init__(self, home: Understudy) -> None:
        super().__init__(home._send)
        self._home = home

    def create(self, name: str | None = None, snapshot: str | None = None, now: datetime | str | None = None) -> Understudy:
        """A new world: as seeded, or from a snapshot. name: None for a new one; now: the instant at which it begins."""
        given = {"name": name, "snapshot": snapshot, "now": instant(now)}
        data = self._send("POST", "/worlds", {key: value for key, value in given.items() if value is not None})
        return self.of(data["name"])

    def of(self, name: str) -> Understudy:
        """The client of a world, over the same connection."""
        found = object.__new__(Understudy)
        found._settle(self._home._connection, name, made=name != DEFAULT)
        return found

    def list(self) -> builtins.list[WorldState]:
        """The worlds that are there, the default one first."""
        return [read(WorldState, data) for data in self._send("GET", "/worlds")]

    def delete(self, name: str) -> WorldState:
        """Forgets a world; its sockets are closed."""
        return read(WorldState, self._send("DELETE", f"/worlds/{part(name)}"))
