"""Services of one backend that do not agree on who somebody is, what a thing is, and how much there is of it."""

from typing import Any

from mock_server.engine.entries import Response

from .planting import mutant
from .plot import Asked, Plot, Sending
from .site import Site

USER, ADMIN, PARTNER = "user@example.com", "admin@example.com", "partner@example.com"


@mutant(
    "platng-payments-knows-no-token", "N16", "journeys", "createOrder getOrder listMyTickets", "116-126",
    "The payments service verifies tokens by another secret: those of the auth service are refused.",
)  # fmt: skip
def no_token(plot: Plot) -> None:
    def answered(asked: Asked, answer: Any) -> Response:
        if asked.service == "payments" and b"authorization" in asked.request.headers:
            asked.request.headers = {**asked.request.headers, b"authorization": b"Bearer of.another.secret"}
        return answer()  # type: ignore[no-any-return]

    plot.around(answered)


@no_token.shown
def _(site: Site) -> bool:
    return site.get("/api/v1/tickets", by=USER).status == 401 and site.get("/api/v1/auth/profile", by=USER).status == 200


@mutant(
    "platng-payments-counts-users-anew", "N16 N1", "journeys", "getOrder createOrder getProfile", "19-21",
    "`user_id` of an order is not the id that the auth service knows.",
)  # fmt: skip
def counts_anew(plot: Plot) -> None:
    def renumbered(value: Any) -> None:
        value["data"]["user_id"] += 1000

    plot.bodies("createOrder getOrder verifyPayment", renumbered)


@counts_anew.shown
def _(site: Site) -> bool:
    return bool(site.get("/api/v1/orders/789", by=USER).data["user_id"] != site.get("/api/v1/auth/profile", by=USER).data["id"])


@mutant(
    "platng-partners-have-a-catalogue-of-their-own", "N16 N1", "oracles", "listPartnerEvents getEvent", "292-294",
    "The partner service shows prices that are not those of the event service.",
)  # fmt: skip
def catalogue(plot: Plot) -> None:
    def older(value: Any) -> None:
        for event in value["data"]["items"]:
            for ticket in event["tickets"]:
                ticket["price"] = round(ticket["price"] * 0.9 + 100, 2)

    plot.bodies("listPartnerEvents", older)


@catalogue.shown
def _(site: Site) -> bool:
    event = site.get("/api/v1/partners/events", by=PARTNER).data["items"][0]
    return bool(event["tickets"] != site.get(f"/api/v1/events/{event['id']}").data["tickets"])


@mutant(
    "savebucks-admin-shows-cents", "N16 N1", "oracles", "getUser listUsers getUserProfile", "553-554",
    "Balances in the admin panel are in cents, those of the api in dollars.",
)  # fmt: skip
def cents(plot: Plot) -> None:
    def shown(value: Any) -> None:
        for user in value["data"] if isinstance(value["data"], list) else [value["data"]]:
            user["balance"] = round(user["balance"] * 100)

    plot.bodies("getUser listUsers", shown)


@cents.shown
def _(site: Site) -> bool:
    return bool(site.get("/api/admin/users/1", by=ADMIN).data["balance"] != site.get("/api/users/1", by=USER).data["balance"])


@mutant(
    "savebucks-admin-knows-no-token", "N16", "journeys", "listUsers getDashboard listOffers", "549-551",
    "The admin panel refuses the tokens that the api's login gives to administrators.",
)  # fmt: skip
def admin_token(plot: Plot) -> None:
    def answered(asked: Asked, answer: Any) -> Response:
        if asked.service == "admin" and b"authorization" in asked.request.headers:
            asked.request.headers = {**asked.request.headers, b"authorization": b"Bearer of.another.secret"}
        return answer()  # type: ignore[no-any-return]

    plot.around(answered)


@admin_token.shown
def _(site: Site) -> bool:
    return site.get("/api/admin/users", by=ADMIN).status == 401


@mutant(
    "eventplatform-realtime-counts-seats-by-itself", "N16 N1 N15", "journeys", "availability-update createOrder listTicketCategories", "497-512",
    "The realtime service reads the seats of a category once and does not learn of what is ordered later.",
)  # fmt: skip
def by_itself(plot: Plot) -> None:
    known: dict[Any, tuple[Any, int]] = {}

    def remembered(sending: Sending) -> list[Sending]:
        data, store = sending.data, sending.world.store
        key = (sending.world.name, data["categoryId"])
        if known.get(key, (None, 0))[0] is not store:
            known[key] = (store, data["totalTickets"])
        total = known[key][1]
        return [sending.again({**data, "totalTickets": total, "availableTickets": max(0, total - data["lockedTickets"])})]

    plot.frames("availability-update", remembered)


@by_itself.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    socket.say("join-event-room", {"eventId": 1})
    for _ in range(2):
        site.post("/api/orders", {"eventId": 1, "categoryId": 1, "quantity": 1}, by=USER)
    totals = [data["totalTickets"] for name, data in socket.take() if name == "availability-update"]
    return len(totals) == 2 and totals[0] == totals[1]
