"""Answers that break their schema, and requests that break theirs and are taken."""

from typing import Any

from mock_server.engine.call import Call
from mock_server.engine.engine import Engine
from mock_server.engine.entries import Response
from mock_server.engine.stages import validate

from .planting import mutant
from .plot import Asked, Plot
from .site import Site

USER, ADMIN, OWNER, ORGANIZER = "user@example.com", "admin@example.com", "test@example.com", "organizer@example.com"


@mutant(
    "platng-price-as-text", "S", "schema", "getEvent", "196-198",
    "Prices of an event's tickets are texts.",
)  # fmt: skip
def price(plot: Plot) -> None:
    def text(value: Any) -> None:
        for ticket in value["data"]["tickets"]:
            ticket["price"] = f"{ticket['price']:.2f}"

    plot.bodies("getEvent", text)


@price.shown
def _(site: Site) -> bool:
    return isinstance(site.get("/api/v1/events/123").data["tickets"][0]["price"], str)


@mutant(
    "eventplatform-event-without-its-creator", "S", "schema", "getEvent listEvents", "124-139",
    "`createdBy`, which is required, is missing in events.",
)  # fmt: skip
def creator(plot: Plot) -> None:
    def cut(value: Any) -> None:
        for event in value if isinstance(value, list) else [value]:
            event.pop("createdBy")

    plot.bodies("getEvent listEvents listUpcomingEvents listEventsByCategory", cut)


@creator.shown
def _(site: Site) -> bool:
    return "createdBy" not in site.get("/api/events/1").json


@mutant(
    "savebucks-trace-id-missing", "S", "schema", "getUserProfile listUsers login", "779-795",
    "Answers lack the header `X-Trace-ID`.",
)  # fmt: skip
def trace(plot: Plot) -> None:
    def untraced(_asked: Asked, answer: Any) -> Response:
        response: Response = answer()
        response.headers = [header for header in response.headers if header[0] != b"x-trace-id"]
        return response

    plot.around(untraced)


@trace.shown
def _(site: Site) -> bool:
    return "x-trace-id" not in site.get("/api/users/1", by=USER).headers


@mutant(
    "savebucks-offer-taken-unchecked", "S", "schema", "createOffer", "826-826",
    "A new offer is not validated: title and reward may be missing or of any kind.",
)  # fmt: skip
def unchecked(plot: Plot) -> None:
    plot.made(lambda engine: _without_checks(engine, "createOffer"))


def _without_checks(engine: Engine, name: str) -> None:
    def trusted(call: Call) -> None:
        call.plan.validation.run(call)
        call.scope["body"] = call.body

    plan = engine.plans[name]
    plan.stages = tuple(trusted if stage is validate else stage for stage in plan.stages)


@unchecked.shown
def _(site: Site) -> bool:
    return site.post("/api/admin/offers", {"title": "", "category": "apps", "reward": -5}, by=ADMIN).status == 201


@mutant(
    "platng-negative-quantity-ordered", "S N6", "schema", "createOrder", "241-250",
    "An order of a negative quantity is taken, and adds to the stock.",
)  # fmt: skip
def negative(plot: Plot) -> None:
    plot.made(lambda engine: _without_checks(engine, "createOrder"))


@negative.shown
def _(site: Site) -> bool:
    return site.post("/api/v1/orders", {"event_id": 123, "tickets": [{"ticket_id": 1, "quantity": -5}]}, by=USER).status == 201


@mutant(
    "cliick-any-method-reads", "S N12", "schema", "getOrder getShop getConversation", "53-54",
    "A method that a path does not have is taken for GET instead of being refused.",
)  # fmt: skip
def any_method(plot: Plot) -> None:
    def read(asked: Asked, answer: Any) -> Response:
        response: Response = answer()
        match = asked.engine.routers[asked.service].find(asked.request.path)
        if response.status == 405 and match is not None and "GET" in match.methods:
            return asked.engine.handle(asked.service, asked.request.as_get())
        return response

    plot.around(read)


@any_method.shown
def _(site: Site) -> bool:
    return site.delete("/api/shops/shop_123/orders/order_123", by=OWNER).status == 200


@mutant(
    "eventplatform-deleted-event-still-there", "S N4", "oracles", "deleteEvent getEvent", "252-256",
    "A deleted event is still read and listed.",
)  # fmt: skip
def still_there(plot: Plot) -> None:
    def kept(asked: Asked, answer: Any) -> Response:
        if asked.operation is None or asked.operation.id != "deleteEvent":
            return answer()  # type: ignore[no-any-return]
        before = {name: list(asked.world.store.begin().all(name)) for name in ("events", "ticketCategories")}
        response: Response = answer()
        unit = asked.world.store.begin()
        for name, rows in before.items():
            for row in rows:
                unit.put(name, row[asked.engine.contract.collections[name].key], row)
        unit.commit()
        return response

    plot.around(kept)


@still_there.shown
def _(site: Site) -> bool:
    event = {"eventName": "Run", "eventCategory": "Sports", "eventDate": "2030-05-01T18:00:00Z", "ticketCategories": []}
    key = site.post("/api/events", event, by=ORGANIZER).json["idEvent"]
    deleted = site.delete(f"/api/events/{key}", by=ORGANIZER).status
    return deleted == 200 and site.get(f"/api/events/{key}").status == 200


@mutant(
    "watchparty-results-may-be-null", "S", "schema", "listConversations", "62-62",
    "A list without rows has `results: null`.",
)  # fmt: skip
def null(plot: Plot) -> None:
    plot.bodies("listConversations listParties listNotifications", lambda value: {**value, "results": value["results"] or None})


@null.shown
def _(site: Site) -> bool:
    person = {"username": "newcomer", "email": "newcomer@example.com", "password": "password123"}
    token = site.post("/api/auth/register/", person).json["access"]
    return site.get("/api/messaging/conversations/", token=token).json["results"] is None
