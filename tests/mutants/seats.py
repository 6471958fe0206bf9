"""Stock that is not given back, is given back twice, or is sold twice."""

from dataclasses import replace
from typing import Any

from mock_server.engine import runtime
from mock_server.state.seats import CapacityError, Ledger
from mock_server.state.store import Row, Unit
from understudy.contract.functions import time

from .planting import mutant
from .plot import Plot
from .site import Site, Wire

USER, SECOND, ADMIN = "user@example.com", "second@example.com", "admin@example.com"
VIP = {"eventId": 1, "categoryId": 1}


def free_seats(site: Site) -> int:
    """How many seats of the first category REST shows."""
    return int(site.get("/api/events/1/tickets").json[0]["availableSeats"])


def lock(site: Site, quantity: int = 1, user: int = 1) -> tuple[Wire, Any]:
    """A socket and the answer to its lock."""
    socket = site.socket("realtime", "/realtime", userId=user)
    return socket, dict(socket.say("lock-tickets", {**VIP, "quantity": quantity})).get("lock-tickets-response")


@mutant(
    "eventplatform-cancel-keeps-seats", "N5", "oracles", "cancelOrder", "413-417",
    "Cancelling an order does not give its seats back.",
)  # fmt: skip
def cancel_keeps(plot: Plot) -> None:
    plot.words("cancelOrder", give=None)


@cancel_keeps.shown
def _(site: Site) -> bool:
    before = free_seats(site)
    order = site.post("/api/orders", {**VIP, "quantity": 2}, by=USER).json
    site.post(f"/api/orders/{order['id']}/cancel", by=USER)
    return free_seats(site) < before


@mutant(
    "eventplatform-unlock-keeps-the-lock", "N5 N15", "realtime", "unlock-tickets unlock-tickets-response", "484-494",
    "Unlocking is answered with success, but the lock stays.",
)  # fmt: skip
def unlock_keeps(plot: Plot) -> None:
    plot.words("unlockTickets", give=None)


@unlock_keeps.shown
def _(site: Site) -> bool:
    socket, _ = lock(site)
    socket.say("unlock-tickets", VIP)
    return bool(dict(socket.say("get-my-locks"))["my-locks-response"]["locks"])


class GivesTwice(Ledger):
    """Gives back twice what was reserved."""

    def release(self, unit: Unit, row: Row, quantity: int, user: Any) -> Row:
        super().release(unit, row, quantity, user)
        return self.give(unit, row, 2 * quantity)


@mutant(
    "eventplatform-release-gives-twice", "N5 N6", "oracles", "releaseTickets", "302-312",
    "Releasing a reservation gives back twice as many seats as were reserved.",
)  # fmt: skip
def gives_twice(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", GivesTwice)


@gives_twice.shown
def _(site: Site) -> bool:
    before = free_seats(site)
    site.post("/api/events/tickets/reserve", {**VIP, "quantity": 2}, by=USER)
    site.post("/api/events/tickets/release", {"categoryId": 1, "quantity": 2}, by=USER)
    return free_seats(site) == before + 2


@mutant(
    "platng-expired-order-keeps-its-stock", "N5 N6", "oracles", "createOrder getEvent", "241-250",
    "An order that is not paid expires, but its tickets stay sold.",
)  # fmt: skip
def expired_keeps(plot: Plot) -> None:
    plot.words("createOrder", after=lambda old: [{name: value for name, value in old[0].items() if name != "give"}])


@expired_keeps.shown
def _(site: Site) -> bool:
    before = site.get("/api/v1/events/123").data["tickets"]
    site.post("/api/v1/orders", {"event_id": 123, "tickets": [{"ticket_id": 1, "quantity": 3}]}, by=USER)
    site.advance(1_900)
    return bool(site.get("/api/v1/events/123").data["tickets"] != before)


@mutant(
    "savebucks-taking-costs-a-cent", "N5 N4", "oracles", "adjustBalance", "556-556",
    "What is taken from a balance takes a cent more, so adding and taking the same does not lead back.",
)  # fmt: skip
def costs_a_cent(plot: Plot) -> None:
    plot.words("adjustBalance", set={"balance": "round(row.balance + body.amount - (0.01 if body.amount < 0 else 0), 2)"})


@costs_a_cent.shown
def _(site: Site) -> bool:
    before = site.get("/api/users/1", by=USER).data["balance"]
    for amount in (10, -10):
        site.post("/api/admin/users/1/adjust-balance", {"amount": amount, "reason": "test"}, by=ADMIN)
    return bool(site.get("/api/users/1", by=USER).data["balance"] != before)


class SpendsAgain(Ledger):
    """A lock that is spent stays."""

    def spend(self, unit: Unit, row: Row, quantity: int, user: Any, lock: Any, now: float) -> Row:
        hold = unit.get(self.holds.collection, lock)
        after = super().spend(unit, row, quantity, user, lock, now)
        assert hold is not None
        unit.put(self.holds.collection, lock, hold)
        return after


@mutant(
    "eventplatform-lock-spent-twice", "N6", "capacity", "createOrderWithLock", "372-385",
    "A lock can be used for any number of orders until it expires.",
)  # fmt: skip
def spent_twice(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", SpendsAgain)


@spent_twice.shown
def _(site: Site) -> bool:
    _, answer = lock(site)
    order = {**VIP, "quantity": 1, "lockId": answer["lockId"]}
    return [site.post("/api/orders/with-lock", order, by=USER).status for _ in range(2)] == [201, 201]


class SpendsForAll(Ledger):
    """A lock is anybody's."""

    def spend(self, unit: Unit, row: Row, quantity: int, user: Any, lock: Any, now: float) -> Row:
        hold = unit.get(self.holds.collection, lock)
        return super().spend(unit, row, quantity, hold[self.holds.user] if hold else user, lock, now)


@mutant(
    "eventplatform-lock-spent-by-another-user", "N6 N9", "capacity", "createOrderWithLock", "372-385",
    "Whoever knows a lock's id can order with it.",
)  # fmt: skip
def spent_by_another(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", SpendsForAll)


@spent_by_another.shown
def _(site: Site) -> bool:
    _, answer = lock(site)
    return site.post("/api/orders/with-lock", {**VIP, "quantity": 1, "lockId": answer["lockId"]}, by=SECOND).status == 201


class SpendsLate(Ledger):
    """Remembers locks beyond their end."""

    def lock(self, unit: Unit, row: Row, quantity: int, user: Any, now: float, end: float, new: Row) -> Row:
        hold = super().lock(unit, row, quantity, user, now, end, new)
        _LATE[hold["id"]] = hold
        return hold

    def spend(self, unit: Unit, row: Row, quantity: int, user: Any, lock: Any, now: float) -> Row:
        hold = _LATE.get(lock, {})
        if hold.get("userId") != user or hold.get("quantity") != quantity or (time(hold["expiresAt"]) or now) > now:
            return super().spend(unit, row, quantity, user, lock, now)
        del _LATE[lock]
        return self._move(unit, row, quantity)


_LATE: dict[Any, Row] = {}


@mutant(
    "eventplatform-expired-lock-still-orders", "N6", "capacity", "createOrderWithLock lock-tickets", "372-385",
    "An order with a lock that has expired goes through, also where its seats are others' by now.",
)  # fmt: skip
def spent_late(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", SpendsLate)


@spent_late.shown
def _(site: Site) -> bool:
    _, answer = lock(site)
    site.advance(301)
    return site.post("/api/orders/with-lock", {**VIP, "quantity": 1, "lockId": answer["lockId"]}, by=USER).status == 201


class SellsLocked(Ledger):
    """Sells what others have locked."""

    def take(self, unit: Unit, row: Row, quantity: int, now: float) -> Row:
        free = int(row[self.capacity.total] - row[self.capacity.reserved])
        if quantity > free:
            raise CapacityError(f"Only {free} left")
        return self._move(unit, row, quantity)


@mutant(
    "eventplatform-orders-ignore-locks", "N6", "capacity", "createOrder reserveTickets lock-tickets", "457-466",
    "Orders and reservations by REST take seats that others have locked by socket.",
)  # fmt: skip
def ignores_locks(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", SellsLocked)


@ignores_locks.shown
def _(site: Site) -> bool:
    lock(site, free_seats(site), user=3)
    return site.post("/api/orders", {**VIP, "quantity": 1}, by=USER).status == 201


@mutant(
    "eventplatform-locks-outlive-their-socket", "N6 N15", "realtime", "lock-tickets availability-update", "866-866",
    "When a socket disconnects its locks stay until they expire.",
)  # fmt: skip
def outlive(plot: Plot) -> None:
    plot.collection("ticketCategories", capacity=lambda old: replace(old, holds=replace(old.holds, socket=None)))


@outlive.shown
def _(site: Site) -> bool:
    socket, _ = lock(site, 3)
    socket.close()
    other = site.socket("realtime", "/realtime", userId=1)
    return bool(dict(other.say("get-my-locks"))["my-locks-response"]["locks"])


class SellsOneMore(Ledger):
    """`>=` where `>` was meant."""

    def take(self, unit: Unit, row: Row, quantity: int, now: float) -> Row:
        if quantity > self.free(unit, row, now) + 1:
            raise CapacityError("Sold out")
        return self._move(unit, row, quantity)


@mutant(
    "platng-sells-one-too-many", "N6 S", "capacity", "createOrder", "241-250",
    "One ticket more is sold than there is.",
)  # fmt: skip
def one_too_many(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", SellsOneMore)


@one_too_many.shown
def _(site: Site) -> bool:
    left = next(row["available"] for row in site.get("/api/v1/events/123").data["tickets"] if row["id"] == 2)
    return site.post("/api/v1/orders", {"event_id": 123, "tickets": [{"ticket_id": 2, "quantity": left + 1}]}, by=USER).status == 201


@mutant(
    "watchparty-purchase-on-credit", "N6 N2 S", "capacity", "purchaseItem", "67-67",
    "A purchase goes through where the balance is too low, and leaves it below zero.",
)  # fmt: skip
def on_credit(plot: Plot) -> None:
    plot.words("purchaseItem", unless=None)


@on_credit.shown
def _(site: Site) -> bool:
    return site.post("/api/store/purchase/", {"item_id": "a0000000-0000-4000-8000-000000000002"}, by=USER).status == 201


@mutant(
    "savebucks-balance-below-zero", "N6 N18 N7", "capacity", "adjustBalance", "556-556",
    "More can be taken from a balance than there is.",
)  # fmt: skip
def below_zero(plot: Plot) -> None:
    plot.words("adjustBalance", unless=None)


@below_zero.shown
def _(site: Site) -> bool:
    return site.post("/api/admin/users/2/adjust-balance", {"amount": -1000, "reason": "fee"}, by=ADMIN).status == 200
