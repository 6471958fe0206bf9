"""One fact that has two values, depending on where it is read."""

from typing import Any

from mock_server.engine.entries import Response

from .planting import mutant
from .plot import Asked, Plot, Sending
from .site import Site

USER, ADMIN = "user@example.com", "admin@example.com"
CACHED = 60.0  # seconds that a list is kept


@mutant(
    "eventplatform-list-shows-gross-prices", "N1", "oracles", "listEvents getEvent", "196-213",
    "Prices in the list of events have the tax on them, those of the detail have not.",
)  # fmt: skip
def gross(plot: Plot) -> None:
    def taxed(events: Any) -> None:
        for event in events:
            for category in event["ticketCategories"]:
                category["price"] = round(category["price"] * 1.2, 2)

    plot.bodies("listEvents", taxed)


@gross.shown
def _(site: Site) -> bool:
    listed = next(event for event in site.get("/api/events").json if event["idEvent"] == 1)
    return bool(listed["ticketCategories"] != site.get("/api/events/1").json["ticketCategories"])


@mutant(
    "eventplatform-list-is-cached", "N1 N4", "oracles", "listEvents updateEvent", "196-213",
    "The list of events is kept for a minute and does not see what changes meanwhile.",
)  # fmt: skip
def cached(plot: Plot) -> None:
    kept: dict[Any, tuple[Any, float, Response]] = {}

    def answered(asked: Asked, answer: Any) -> Response:
        if asked.operation is None or asked.operation.id != "listEvents":
            return answer()  # type: ignore[no-any-return]
        store, now, response = kept.get(asked.world.name, (None, 0.0, None))
        if response is None or store is not asked.world.store or asked.world.clock.now > now + CACHED:
            response = answer()
            kept[asked.world.name] = (asked.world.store, asked.world.clock.now, response)
        return Response(response.status, list(response.headers), response.body)

    plot.around(answered)


@cached.shown
def _(site: Site) -> bool:
    before = site.get("/api/events").json
    site.put("/api/events/1", {"location": "Somewhere else"}, by="organizer@example.com")
    return bool(site.get("/api/events").json == before)


@mutant(
    "platng-favorite-shows-another-title", "N1", "oracles", "listFavorites getEvent", "222-224",
    "The event inside a favourite is a copy whose title is not the event's.",
)  # fmt: skip
def another_title(plot: Plot) -> None:
    def copied(value: Any) -> None:
        for favorite in value["data"]["items"]:
            favorite["event"]["title"] = favorite["event"]["title"].upper()

    plot.bodies("listFavorites", copied)


@another_title.shown
def _(site: Site) -> bool:
    nested = site.get("/api/v1/favorites", by=USER).data["items"][0]["event"]
    return bool(nested["title"] != site.get(f"/api/v1/events/{nested['id']}").data["title"])


@mutant(
    "savebucks-list-hides-suspensions", "N1", "oracles", "listUsers getUser", "553-555",
    "In the list every user is active; the detail knows better.",
)  # fmt: skip
def hides(plot: Plot) -> None:
    def active(value: Any) -> None:
        for user in value["data"]:
            user["status"] = "active"

    plot.bodies("listUsers", active)


@hides.shown
def _(site: Site) -> bool:
    site.put("/api/admin/users/2/status", {"status": "suspended"}, by=ADMIN)
    listed = next(user for user in site.get("/api/admin/users?limit=100", by=ADMIN).data if user["id"] == 2)
    return bool(listed["status"] != site.get("/api/admin/users/2", by=ADMIN).data["status"])


@mutant(
    "cliick-pushed-order-is-the-old-one", "N1 N15", "realtime", "order:update updateOrderStatus", "116-120",
    "`order:update` carries the order as it was before the change.",
)  # fmt: skip
def old_order(plot: Plot) -> None:
    plot.words("updateOrderStatus", emit=lambda old: [{**old[0], "data": {"event": "'order:update'", "data": "old"}}, old[1]])


@old_order.shown
def _(site: Site) -> bool:
    socket = site.frames("/ws", site.token("test@example.com"), tag="event")
    socket.say({"event": "shop:join", "data": {"shopId": "shop_123"}})
    site.put("/api/shops/shop_123/orders/order_123/status", {"status": "processing"}, by="test@example.com")
    return any(frame["event"] == "order:update" and frame["data"]["status"] == "pending" for frame in socket.take())


@mutant(
    "eventplatform-update-counts-all-seats", "N1 N2 N15", "realtime", "availability-update listTicketCategories", "497-512",
    "`totalTickets` of availability-update is all seats of the category, not those that REST says are available.",
)  # fmt: skip
def all_seats(plot: Plot) -> None:
    plot.words("announceAvailability", data=lambda old: {**old, "totalTickets": "row.totalSeats"})


@all_seats.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    socket.say("join-event-room", {"eventId": 1})
    site.post("/api/events/tickets/reserve", {"eventId": 1, "categoryId": 1, "quantity": 1}, by=USER)
    update = dict(socket.take())["availability-update"]
    return bool(update["totalTickets"] != site.get("/api/events/1/tickets").json[0]["availableSeats"])


@mutant(
    "savebucks-pushed-balance-is-another", "N1 N15", "realtime", "balance:updated getUserProfile", "441-448",
    "`newBalance` is the balance before the change.",
)  # fmt: skip
def pushed_balance(plot: Plot) -> None:
    def before(sending: Sending) -> list[Sending]:
        data = sending.data
        return [sending.again({**data, "newBalance": round(data["newBalance"] - data["change"], 2)})]

    plot.frames("balance:updated", before)


@pushed_balance.shown
def _(site: Site) -> bool:
    socket = site.socket("api", "/", {"token": site.token(USER)})
    site.post("/api/admin/users/1/adjust-balance", {"amount": 5, "reason": "gift"}, by=ADMIN)
    pushed = dict(socket.take())["balance:updated"]["newBalance"]
    return bool(pushed != site.get("/api/users/1", by=USER).data["balance"])
