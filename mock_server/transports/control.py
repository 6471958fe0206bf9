"""The control API under /__admin: the clock, the rows and the sockets of a backend's world."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from mock_server.engine import edits
from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.transports.cors import Cors
from understudy.contract.functions import iso, time

Handler = Callable[[Request], Awaitable[Any]]
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "testserver"})
SECONDS = (0, 10**9)


def add_control(app: FastAPI, engine: Engine) -> None:
    """Adds the routes. They answer callers on this machine alone, and pages of the backend's own origins."""
    control = Control(engine)
    for method, path, handler in (
        ("GET", "/clock", control.clock), ("PUT", "/clock", control.set_clock), ("POST", "/clock/advance", control.advance),
        ("GET", "/state", control.collections), ("GET", "/state/{collection}", control.rows), ("GET", "/state/{collection}/{key}", control.row),
        ("PATCH", "/state/{collection}/{key}", control.change), ("GET", "/sockets", control.sockets),
    ):  # fmt: skip
        app.add_api_route(f"/__admin{path}", _answered(control, handler), methods=[method], include_in_schema=False)


def _answered(control: "Control", handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        headers = control.cors(request)
        try:
            control.admit(request)
            value, status = await handler(request), 200
        except Problem as problem:
            value, status = {"error": problem.detail, "violations": [item.as_json() for item in problem.violations]}, problem.status
        return Response(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS), status, headers, "application/json")

    return answer


class Control:
    """What the routes do with one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.origins = Cors(engine.contract.settings.get("cors"))

    def cors(self, request: Request) -> dict[str, str]:
        """The headers by which a page of an admitted origin may read the answer."""
        origin = request.headers.get("origin", "").encode()
        return {name.decode(): value.decode() for name, value in self.origins.headers(origin)} if origin else {}

    def admit(self, request: Request) -> None:
        """Raises 403 for a caller from elsewhere, or a page of a foreign origin."""
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        client = request.client.host if request.client else "127.0.0.1"
        if host.strip("[]") not in LOCAL or not _is_local(client):
            raise Problem(403, None, "The control API answers on this machine only: call it by localhost.")
        origin = request.headers.get("origin")
        if origin is not None and not self.origins.allows(origin.encode()):
            raise Problem(403, None, f"Pages of {origin} may not steer this mock.")

    async def clock(self, _request: Request) -> Any:
        """The clock as it stands."""
        clock = self.engine.world.clock
        return {"now": iso(clock.now), "frozen": clock.frozen, "rate": clock.rate}

    async def set_clock(self, request: Request) -> Any:
        """Freezes, sets or runs the clock: `now` (an instant), `frozen`, `rate`."""
        given, clock = await _object(request, {"now", "frozen", "rate"}), self.engine.world.clock
        rate = _number(given.get("rate", clock.rate), "rate")
        at = given.get("now")
        instant = time(at) if isinstance(at, str) else None
        if at is not None and instant is None:
            raise Problem(400, None, f"'now' is an instant such as 2026-11-21T12:00:00Z, not {at!r}.")
        frozen = given.get("frozen", clock.frozen)
        if instant is not None or frozen:
            clock.freeze(instant)
        if not frozen:
            clock.run(rate)
        self.engine.fire(self.engine.world)
        return await self.clock(request)

    async def advance(self, request: Request) -> Any:
        """Jumps ahead by `seconds`; what falls due until then happens in order, before the answer."""
        given = await _object(request, {"seconds"})
        self.engine.world.clock.advance(_number(given.get("seconds"), "seconds"))
        self.engine.fire(self.engine.world)
        return await self.clock(request)

    async def collections(self, _request: Request) -> Any:
        """How many rows each collection has."""
        return {name: len(table.rows) for name, table in self.engine.world.store.tables.items()}

    async def rows(self, request: Request) -> Any:
        """The rows of a collection."""
        return edits.listed(self.engine, self.engine.world, request.path_params["collection"])

    async def row(self, request: Request) -> Any:
        """One row."""
        return edits.found(self.engine, self.engine.world, request.path_params["collection"], request.path_params["key"])

    async def change(self, request: Request) -> Any:
        """Changes fields of a row, as an operation would."""
        return edits.change(self.engine, self.engine.world, request.path_params["collection"], request.path_params["key"], await _object(request))

    async def sockets(self, _request: Request) -> Any:
        """The open sockets with their rooms."""
        return [
            {"id": item.id, "channel": item.channel, "account": item.account, "address": item.address, "opened": iso(item.opened), "rooms": list(item.rooms)}
            for item in self.engine.world.rooms.sockets.values()
        ]


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address in LOCAL or address == "testclient"


async def _object(request: Request, known: set[str] | None = None) -> dict[str, Any]:
    """The body: a JSON object with nothing but known names."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Problem(415, None, "Send application/json.")
    try:
        value = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise Problem(400, None, f"The body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise Problem(400, None, "The body is a JSON object.")
    if known is not None and (other := sorted(set(value) - known)):
        raise Problem(400, None, f"'{other[0]}' is not known here. Valid: {', '.join(sorted(known))}.")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not SECONDS[0] <= value <= SECONDS[1]:
        raise Problem(400, None, f"'{name}' is a number from {SECONDS[0]} to {SECONDS[1]}, not {value!r}.")
    return float(value)
