"""Instants without a zone, that do not move, or are not true."""

import re
from datetime import datetime, timedelta
from typing import Any

from mock_server.engine.engine import Engine
from mock_server.engine.entries import Response

from .planting import mutant
from .plot import Asked, Plot, Sending
from .site import Site

USER, ADMIN, OWNER = "user@example.com", "admin@example.com", "test@example.com"
FILM_NIGHT = "10000000-0000-4000-8000-000000000001"
ZONED = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+00:00)"')


def shifted(instant: str, seconds: float) -> str:
    """An instant so much later."""
    later = datetime.fromisoformat(instant.replace("Z", "+00:00")) + timedelta(seconds=seconds)
    return later.isoformat().replace("+00:00", "Z")


def stand_still(collection: str) -> Any:
    """Sets the instant of the last change only when a row is made."""

    def act(engine: Engine) -> None:
        stamps = engine.runtime.stamps
        stamps[collection] = tuple((field, number, True) for field, number, _ in stamps[collection])

    return act


@mutant(
    "eventplatform-timestamps-without-zone", "N14 S", "oracles", "createOrder getOrder listMyOrders", "354-370",
    "The instants of orders have no zone.",
)  # fmt: skip
def no_zone(plot: Plot) -> None:
    def cut(_asked: Asked, response: Response) -> None:
        response.body = ZONED.sub(rb'"\1"', response.body)

    plot.answers("createOrder createOrderWithLock getOrder listMyOrders cancelOrder listAllOrders listOrdersByEvent", cut)


@no_zone.shown
def _(site: Site) -> bool:
    return not site.get("/api/orders/1", by=USER).json["createdAt"].endswith("Z")


@mutant(
    "savebucks-updated-at-stands-still", "N14", "oracles", "updateOffer patchOffer approveOffer", "559-559",
    "`updated_at` of an offer does not move when it is changed.",
)  # fmt: skip
def still(plot: Plot) -> None:
    plot.made(stand_still("offers"))


@still.shown
def _(site: Site) -> bool:
    before = site.get("/api/admin/offers/2", by=ADMIN).data["updated_at"]
    site.advance(60)
    return bool(site.patch("/api/admin/offers/2", {"reward": 9}, by=ADMIN).data["updated_at"] == before)


@mutant(
    "cliick-product-updated-at-stands-still", "N14", "oracles", "updateProduct", "275-276",
    "`updatedAt` of a product does not move when it is changed.",
)  # fmt: skip
def product_still(plot: Plot) -> None:
    plot.made(stand_still("products"))


@product_still.shown
def _(site: Site) -> bool:
    before = next(item for item in site.get("/api/shops/shop_123/products", by=OWNER).json if item["id"] == "product_1")
    return bool(site.put("/api/shops/shop_123/products/product_1", {"stock": 3}, by=OWNER).json["updatedAt"] == before["updatedAt"])


@mutant(
    "platng-upcoming-shows-past-events", "N14 N3", "oracles", "listUpcomingEvents", "206-207",
    "Upcoming events are all events, those that are over too.",
)  # fmt: skip
def past(plot: Plot) -> None:
    plot.words("listUpcomingEvents", where=None)


@past.shown
def _(site: Site) -> bool:
    site.row("events", 123, start_date="2001-05-01T18:00:00Z")
    return any(event["id"] == 123 for event in site.get("/api/v1/events/upcoming?limit=100").data["items"])


@mutant(
    "eventplatform-upcoming-counts-from-last-month", "N14 N3", "oracles", "listUpcomingEvents", "215-220",
    "Events of the last thirty days count as upcoming.",
)  # fmt: skip
def last_month(plot: Plot) -> None:
    plot.words("listUpcomingEvents", where="row.isActive and time(row.eventDate) > now - 2592000")


@last_month.shown
def _(site: Site) -> bool:
    date = site.get("/api/events/1").json["eventDate"]
    now = site.get("/__admin/clock").json["now"]
    site.advance((datetime.fromisoformat(date) - datetime.fromisoformat(now)).total_seconds() + 3600)
    return any(event["idEvent"] == 1 for event in site.get("/api/events/upcoming").json)


@mutant(
    "eventplatform-lock-says-ten-minutes", "N14 N1", "realtime", "lock-tickets-response my-locks-response", "468-482",
    "`expiresAt` of a new lock is five minutes later than the lock ends.",
)  # fmt: skip
def ten_minutes(plot: Plot) -> None:
    def later(sending: Sending) -> list[Sending]:
        data = sending.data
        return [sending.again({**data, "expiresAt": shifted(data["expiresAt"], 300)}) if data.get("success") else sending]

    plot.frames("lock-tickets-response", later)


@ten_minutes.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    answer = dict(socket.say("lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 1}))["lock-tickets-response"]
    return bool(dict(socket.say("get-my-locks"))["my-locks-response"]["locks"][0]["expiresAt"] != answer["expiresAt"])


@mutant(
    "cliick-message-time-in-seconds", "N14", "oracles", "sendMessage getConversation", "290-297",
    "The `timestamp` of a new message is in seconds, all others are in milliseconds.",
)  # fmt: skip
def in_seconds(plot: Plot) -> None:
    plot.words("sendMessage", set=lambda old: {**old, "timestamp": "int(now)"})


@in_seconds.shown
def _(site: Site) -> bool:
    sent = site.post("/api/shops/shop_123/conversations/conversation_1/messages", {"text": "Hello"}, by=OWNER).json
    return bool(sent["timestamp"] < 10**11)


@mutant(
    "watchparty-message-from-the-future", "N14 N1", "oracles", "sendChatMessage listChatMessages", "63-63",
    "`created_at` of a message is the server's local time with a `Z`: three hours ahead.",
)  # fmt: skip
def future(plot: Plot) -> None:
    def ahead(value: Any) -> None:
        value["created_at"] = shifted(value["created_at"], 3 * 3600)

    plot.bodies("sendChatMessage", ahead)


@future.shown
def _(site: Site) -> bool:
    sent = site.post(f"/api/chat/{FILM_NIGHT}/messages/send/", {"content": "Hello"}, by=USER).json
    return bool(site.get(f"/api/chat/{FILM_NIGHT}/messages/", by=USER).json["results"][0]["created_at"] != sent["created_at"])
