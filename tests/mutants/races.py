"""A moment between a check and its act: what is asked for at once passes the same check."""

import asyncio
import contextlib
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any

from mock_server.engine import runtime
from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.state.rooms import Socket
from mock_server.state.seats import HoldError, Ledger
from mock_server.state.store import Row, Unit
from mock_server.state.world import PREFIX, World
from mock_server.transports.requests import request_of, within_world

from .planting import mutant
from .plot import Application, Plot
from .seats import SECOND, USER, VIP, free_seats
from .site import Site, together

GAP = 0.1  # seconds between a check and its act
SEEN: ContextVar[dict[Any, tuple[int, int]] | None] = ContextVar("SEEN", default=None)  # key -> what was free and locked when it was checked


class Checked(Ledger):
    """Believes what was seen when the request came."""

    def free(self, unit: Unit, row: Row, now: float) -> int:
        seen = (SEEN.get() or {}).get(row[self.key])
        return super().free(unit, row, now) if seen is None else seen[0]

    def locked(self, unit: Unit, row: Row, now: float, user: Any = None) -> int:
        seen = (SEEN.get() or {}).get(row[self.key])
        return super().locked(unit, row, now, user) if seen is None or user is not None else seen[1]

    def lock(self, unit: Unit, row: Row, quantity: int, user: Any, now: float, end: float, new: Row) -> Row:
        if super().locked(unit, row, now, user):
            raise HoldError("Already locked")
        hold = super().lock(unit, row, quantity, user, now, end, new)
        SEEN.set(None)
        return hold


def look(engine: Engine, world: World, collection: str) -> None:
    """Sees what is free, and believes it from then on."""
    ledger, unit, now = engine.runtime.ledgers[collection], world.store.begin(), world.clock.now
    SEEN.set({row[ledger.key]: (ledger.free(unit, row, now), ledger.locked(unit, row, now)) for row in unit.all(collection)})


def late(path: str, collection: str) -> Any:
    """Wraps an application: requests to a path are checked when they come, and done a moment later."""

    def wrap(app: Application, engine: Engine, _service: str) -> Application:
        async def run(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].endswith(path):
                with contextlib.suppress(Problem):  # a world that can't be is refused later
                    inside = within_world(scope) if PREFIX in scope["path"] else scope
                    look(engine, engine.world_of(request_of(inside)), collection)
                await asyncio.sleep(GAP)
            await app(scope, receive, send)

        return run

    return wrap


@mutant(
    "eventplatform-orders-race-for-the-last-seat", "N6", "capacity", "createOrder", "341-370",
    "Between the check for free seats and the sale lies a moment: orders at once all get the last seat.",
)  # fmt: skip
def order_race(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", Checked)
    plot.wrap(late("/api/orders", "ticketCategories"))


@order_race.shown
def _(site: Site) -> bool:
    order = {**VIP, "quantity": free_seats(site)}
    tokens = [site.token(login) for login in (USER, SECOND)]
    answers = together([partial(site.post, "/api/orders", order, token=token) for token in tokens])
    return [answer.status for answer in answers] == [201, 201]


@mutant(
    "platng-orders-race-for-the-last-ticket", "N6", "capacity", "createOrder", "241-250",
    "Between the check of the stock and the sale lies a moment: orders at once all get the last ticket.",
)  # fmt: skip
def ticket_race(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", Checked)
    plot.wrap(late("/api/v1/orders", "ticketTypes"))


@ticket_race.shown
def _(site: Site) -> bool:
    left = next(row["available"] for row in site.get("/api/v1/events/123").data["tickets"] if row["id"] == 2)
    order = {"event_id": 123, "tickets": [{"ticket_id": 2, "quantity": left}]}
    tokens = [site.token(login) for login in (USER, SECOND)]
    answers = together([partial(site.post, "/api/v1/orders", order, token=token) for token in tokens])
    return [answer.status for answer in answers] == [201, 201]


@mutant(
    "eventplatform-locks-race-for-the-last-seat", "N6", "capacity", "lock-tickets lock-tickets-response", "457-482",
    "Between the check for free seats and the lock lies a moment: two sockets at once lock the same seat.",
)  # fmt: skip
def lock_race(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", Checked)
    plot.made(_locks_late)


def _locks_late(engine: Engine) -> None:
    take = engine.realtime.take

    def taken(socket: Socket, name: str, *given: Any, **more: Any) -> None:
        if name != "lock-tickets":
            take(socket, name, *given, **more)
            return
        context = copy_context()
        context.run(look, engine, socket.world, "ticketCategories")
        asyncio.get_running_loop().call_later(GAP, lambda: take(socket, name, *given, **more), context=context)

    engine.realtime.take = taken  # type: ignore[method-assign]


@lock_race.shown
def _(site: Site) -> bool:
    everything = {**VIP, "quantity": free_seats(site)}
    sockets = [site.socket("realtime", "/realtime", userId=user) for user in (1, 3)]
    answers = together([partial(socket.call, "lock-tickets", everything) for socket in sockets])
    return [answer["success"] for answer in answers] == [True, True]
