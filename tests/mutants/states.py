"""Transitions that are not declared, and are made all the same."""

from dataclasses import replace
from typing import Any

from .planting import mutant
from .plot import Plot
from .site import Site

USER, ADMIN, OWNER = "user@example.com", "admin@example.com", "test@example.com"
FAMILY_EVENING = "10000000-0000-4000-8000-000000000002"  # live


def also(**moves: tuple[str, ...]) -> Any:
    """Further moves of a collection's states."""
    return lambda old: replace(old, moves={**old.moves, **{state: (*old.moves[state], *to) for state, to in moves.items()}})


@mutant(
    "eventplatform-order-cancelled-twice", "N7 N5", "oracles", "cancelOrder", "413-417",
    "A cancelled order can be cancelled again, and gives its seats back again.",
)  # fmt: skip
def cancelled_twice(plot: Plot) -> None:
    plot.collection("orders", states=also(cancelled=("cancelled",)))


@cancelled_twice.shown
def _(site: Site) -> bool:
    return [site.post("/api/orders/1/cancel", by=USER).status for _ in range(2)] == [200, 200]


@mutant(
    "cliick-completed-order-reopens", "N7", "oracles", "updateOrderStatus", "55-55",
    "A completed order can be set to pending again.",
)  # fmt: skip
def reopens(plot: Plot) -> None:
    plot.collection("orders", states=also(completed=("pending", "processing", "cancelled")))


@reopens.shown
def _(site: Site) -> bool:
    return site.put("/api/shops/shop_123/orders/order_127/status", {"status": "pending"}, by=OWNER).status == 200


@mutant(
    "cliick-paid-payment-confirmed-again", "N7", "oracles", "confirmPayment", "74-74",
    "A payment that succeeded can be confirmed again, and is paid twice.",
)  # fmt: skip
def confirmed_again(plot: Plot) -> None:
    plot.collection("payments", states=also(succeeded=("processing",)))


@confirmed_again.shown
def _(site: Site) -> bool:
    return site.post("/api/shops/shop_123/payments/confirm", {"paymentIntentId": "pi_seed_1"}, by=OWNER).status == 200


@mutant(
    "savebucks-rejected-offer-approved", "N7", "oracles", "approveOffer rejectOffer", "560-561",
    "An offer that was rejected can be approved.",
)  # fmt: skip
def rejected(plot: Plot) -> None:
    plot.collection("offers", states=also(rejected=("active",)))


@rejected.shown
def _(site: Site) -> bool:
    return [site.post(f"/api/admin/offers/2/{act}", by=ADMIN).status for act in ("reject", "approve")] == [200, 200]


@mutant(
    "watchparty-report-resolved-twice", "N7", "oracles", "resolveReport", "71-71",
    "A report that was resolved can be resolved again, in another way.",
)  # fmt: skip
def resolved_twice(plot: Plot) -> None:
    plot.collection("reports", states=also(resolved=("resolved", "dismissed"), dismissed=("resolved", "dismissed")))


@resolved_twice.shown
def _(site: Site) -> bool:
    path = "/api/moderation/admin/reports/c0000000-0000-4000-8000-000000000002/resolve/"
    return [site.post(path, {"action": act}, by=ADMIN).status for act in ("warn", "dismiss")] == [200, 200]


@mutant(
    "watchparty-ended-party-plays", "N7 N15", "realtime", "play end", "90-90",
    "A party that has ended plays on.",
)  # fmt: skip
def plays_on(plot: Plot) -> None:
    plot.collection("parties", states=also(ended=("live", "paused")))


@plays_on.shown
def _(site: Site) -> bool:
    socket = site.frames(f"/ws/party/{FAMILY_EVENING}/", site.token(USER))
    socket.say({"type": "end"})
    return any(frame["type"] == "play" for frame in socket.say({"type": "play", "position": 1}))


@mutant(
    "platng-expired-order-is-paid", "N7", "oracles", "verifyPayment createOrder", "256-262",
    "An order that has expired, whose tickets are others' by now, is completed when it is paid.",
)  # fmt: skip
def expired_paid(plot: Plot) -> None:
    plot.collection("orders", states=also(expired=("completed",)))


@expired_paid.shown
def _(site: Site) -> bool:
    order = site.post("/api/v1/orders", {"event_id": 123, "tickets": [{"ticket_id": 1, "quantity": 1}]}, by=USER).data
    site.advance(1_900)
    token = site.session(USER)["access_token"]
    return site.post("/api/v1/orders/verify", {"order_id": order["id"], "reference": order["reference"]}, token=token).status == 200
