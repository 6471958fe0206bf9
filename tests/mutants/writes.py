"""Writes that lose, clear or keep what they should not."""

from typing import Any

import orjson

from mock_server.engine.entries import Response

from .planting import mutant
from .plot import Asked, Plot
from .site import Site

USER, ADMIN, ORGANIZER, OWNER = "user@example.com", "admin@example.com", "organizer@example.com", "test@example.com"


@mutant(
    "platng-profile-patch-clears-the-phone", "N4", "oracles", "updateProfile", "166-172",
    "PATCH of the profile clears the phone where the body does not name it.",
)  # fmt: skip
def clears_phone(plot: Plot) -> None:
    plot.words("updateProfile", set={"phone": "body.phone"})


@clears_phone.shown
def _(site: Site) -> bool:
    site.patch("/api/v1/auth/profile", {"full_name": "Johnny Doe"}, by=USER)
    return "phone" not in site.get("/api/v1/auth/profile", by=USER).data


@mutant(
    "savebucks-offer-patch-clears-the-description", "N4", "oracles", "patchOffer", "559-559",
    "PATCH of an offer clears the description where the body does not name it.",
)  # fmt: skip
def clears_description(plot: Plot) -> None:
    plot.words("patchOffer", set={"description": "body.description"})


@clears_description.shown
def _(site: Site) -> bool:
    offer = {"title": "A", "description": "Long", "category": "apps", "reward": 1}
    key = site.post("/api/admin/offers", offer, by=ADMIN).data["id"]
    return "description" not in site.patch(f"/api/admin/offers/{key}", {"title": "B"}, by=ADMIN).data


@mutant(
    "savebucks-offer-title-truncated", "N4", "oracles", "createOffer updateOffer patchOffer", "559-559",
    "Titles of offers are cut off after twelve characters.",
)  # fmt: skip
def truncated(plot: Plot) -> None:
    def cut(body: Any) -> None:
        body["title"] = body["title"][:12] if isinstance(body["title"], str) else body["title"]

    plot.requests("createOffer updateOffer patchOffer", cut)


@truncated.shown
def _(site: Site) -> bool:
    title = "A title of more than twelve characters"
    return bool(site.post("/api/admin/offers", {"title": title, "category": "apps", "reward": 1}, by=ADMIN).data["title"] != title)


@mutant(
    "cliick-product-change-not-stored", "N4", "oracles", "updateProduct", "39-39",
    "A change of a product is answered as asked for, but not stored.",
)  # fmt: skip
def not_stored(plot: Plot) -> None:
    plot.around(lambda asked, answer: _without_effect(asked, answer, "updateProduct", "products", "productId"))


def _without_effect(asked: Asked, answer: Any, operation: str, collection: str, parameter: str) -> Response:
    if asked.operation is None or asked.operation.id != operation:
        return answer()  # type: ignore[no-any-return]
    before = asked.world.store.begin().get(collection, asked.path[parameter])
    response: Response = answer()
    if before is not None:
        unit = asked.world.store.begin()
        unit.put(collection, asked.path[parameter], before)
        unit.commit()
    return response


@not_stored.shown
def _(site: Site) -> bool:
    site.put("/api/shops/shop_123/products/product_1", {"stock": 7}, by=OWNER)
    return bool(next(item for item in site.get("/api/shops/shop_123/products", by=OWNER).json if item["id"] == "product_1")["stock"] != 7)


@mutant(
    "eventplatform-location-of-a-new-event-lost", "N4", "oracles", "createEvent", "158-194",
    "The location of a new event is not stored.",
)  # fmt: skip
def location_lost(plot: Plot) -> None:
    plot.words("createEvent", accepts=["eventName", "eventCategory", "description", "eventDate", "ticketCategories"])


@location_lost.shown
def _(site: Site) -> bool:
    event = {"eventName": "Run", "eventCategory": "Sports", "eventDate": "2030-05-01T18:00:00Z", "location": "Old Port", "ticketCategories": []}
    return "location" not in site.post("/api/events", event, by=ORGANIZER).json


@mutant(
    "eventplatform-price-of-a-new-category-rounded", "N4", "oracles", "createEvent", "158-194",
    "Prices of new ticket categories are stored as whole numbers.",
)  # fmt: skip
def rounded(plot: Plot) -> None:
    def whole(body: Any) -> None:
        for category in body["ticketCategories"]:
            category["price"] = int(category["price"])

    plot.requests("createEvent", whole)


@rounded.shown
def _(site: Site) -> bool:
    category = {"categoryName": "Front", "price": 10.75, "totalSeats": 5}
    event = {"eventName": "Run", "eventCategory": "Sports", "eventDate": "2030-05-01T18:00:00Z", "ticketCategories": [category]}
    return bool(site.post("/api/events", event, by=ORGANIZER).json["ticketCategories"][0]["price"] != 10.75)


@mutant(
    "platng-refused-order-keeps-its-stock", "N4 N5 N6", "oracles", "createOrder getEvent", "241-250",
    "An order that is refused for its second line has taken the stock of the first one.",
)  # fmt: skip
def refused_order(plot: Plot) -> None:
    def keep(asked: Asked, response: Response) -> None:
        if response.status == 409:
            _take_what_there_is(asked, orjson.loads(asked.request.body)["tickets"])

    plot.answers("createOrder", keep)


def _take_what_there_is(asked: Asked, lines: list[Any]) -> None:
    unit = asked.world.store.begin()
    for line in lines:
        row = unit.get("ticketTypes", line["ticket_id"])
        if row is None or line["quantity"] > row["quantity"] - row["sold"]:
            break
        unit.put("ticketTypes", row["id"], {**row, "sold": row["sold"] + line["quantity"]})
    unit.commit()


@refused_order.shown
def _(site: Site) -> bool:
    before = site.get("/api/v1/events/123").data["tickets"]
    lines = [{"ticket_id": 1, "quantity": 1}, {"ticket_id": 2, "quantity": 1000}]
    site.post("/api/v1/orders", {"event_id": 123, "tickets": lines}, by=USER)
    return bool(site.get("/api/v1/events/123").data["tickets"] != before)


@mutant(
    "watchparty-settings-of-a-new-party-lost", "N4", "oracles", "createParty", "57-57",
    "The settings of a new party are not stored.",
)  # fmt: skip
def settings_lost(plot: Plot) -> None:
    plot.words("createParty", accepts=["title", "description", "scheduled_for", "visibility"])


@settings_lost.shown
def _(site: Site) -> bool:
    party = {"title": "Late show", "scheduled_for": "2030-05-01T18:00:00Z", "settings": {"allow_chat": False}}
    made = site.post("/api/parties/", party, by=USER).json
    return (made.get("settings") or {}).get("allow_chat") is not False


@mutant(
    "cliick-form-change-clears-the-description", "N4", "oracles", "updateForm", "62-62",
    "A change of a form clears the description where the body does not name it.",
)  # fmt: skip
def clears_form(plot: Plot) -> None:
    plot.words("updateForm", set={"description": "body.description"})


@clears_form.shown
def _(site: Site) -> bool:
    return "description" not in site.put("/api/shops/shop_123/forms/form_1", {"isActive": False}, by=OWNER).json
