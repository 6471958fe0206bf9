"""Forgotten checks of whose a thing is."""

from .planting import mutant
from .plot import Plot
from .site import Site

USER, SECOND = "user@example.com", "second@example.com"
FAMILY_EVENING = "10000000-0000-4000-8000-000000000004"  # hosted by the second user, private


@mutant(
    "eventplatform-order-read-by-anyone", "N9", "security", "getOrder", "407-411",
    "One's order is read by any other user who knows its id.",
)  # fmt: skip
def order_read(plot: Plot) -> None:
    plot.words("getOrder", owner=None)


@order_read.shown
def _(site: Site) -> bool:
    return site.get("/api/orders/1", by=SECOND).status == 200


@mutant(
    "eventplatform-order-cancelled-by-anyone", "N9", "security", "cancelOrder", "413-417",
    "Any user may cancel an order of another one.",
)  # fmt: skip
def order_cancelled(plot: Plot) -> None:
    plot.words("cancelOrder", owner=None)


@order_cancelled.shown
def _(site: Site) -> bool:
    return site.post("/api/orders/1/cancel", by=SECOND).status == 200


@mutant(
    "eventplatform-event-changed-by-another-organizer", "N9 N8", "security", "updateEvent", "236-250",
    "Any organizer may change an event, not only the one who created it.",
)  # fmt: skip
def event_changed(plot: Plot) -> None:
    plot.words("updateEvent", owner=None)


@event_changed.shown
def _(site: Site) -> bool:
    return site.put("/api/events/1", {"location": "Elsewhere"}, by="organizer2@example.com").status == 200


@mutant(
    "platng-favorites-of-everyone-listed", "N9", "oracles", "listFavorites", "222-224",
    "The list of favourites holds those of all users.",
)  # fmt: skip
def favorites_listed(plot: Plot) -> None:
    plot.words("listFavorites", owner=None)


@favorites_listed.shown
def _(site: Site) -> bool:
    return {item["id"] for item in site.get("/api/v1/favorites", by=USER).data["items"]} >= {456, 457}


@mutant(
    "platng-favorite-removed-by-anyone", "N9", "security", "removeFavorite", "233-235",
    "A favourite is removed for whoever names its id.",
)  # fmt: skip
def favorite_removed(plot: Plot) -> None:
    plot.words("removeFavorite", owner=None)


@favorite_removed.shown
def _(site: Site) -> bool:
    return site.delete("/api/v1/favorites/456", by=SECOND).status == 200


@mutant(
    "savebucks-profile-of-anyone-shown", "N9", "security", "getUserProfile", "725-731",
    "A user reads the profile, with balance, of any other.",
)  # fmt: skip
def profile_shown(plot: Plot) -> None:
    plot.words("getUserProfile", visible=None)


@profile_shown.shown
def _(site: Site) -> bool:
    return site.get("/api/users/1", by=SECOND).status == 200


@mutant(
    "cliick-conversation-of-a-foreign-shop", "N9", "security", "getConversation", "46-46",
    "A conversation is read by users who do not belong to the shop.",
)  # fmt: skip
def conversation_read(plot: Plot) -> None:
    plot.words("getConversation", members=None)


@conversation_read.shown
def _(site: Site) -> bool:
    return site.get("/api/shops/shop_123/conversations/conversation_1", by="other@example.com").status == 200


@mutant(
    "cliick-order-through-the-own-shop", "N9", "security", "getOrder", "54-54",
    "The path's shop is checked, but not whether the order is that shop's: a foreign order is read through the own shop.",
)  # fmt: skip
def order_through(plot: Plot) -> None:
    plot.words("getOrder", scope={})


@order_through.shown
def _(site: Site) -> bool:
    return site.get("/api/shops/shop_124/orders/order_123", by="other@example.com").status == 200


@mutant(
    "cliick-product-of-a-foreign-shop-deleted", "N9", "security", "deleteProduct", "40-40",
    "Whoever is signed in deletes products of any shop.",
)  # fmt: skip
def product_deleted(plot: Plot) -> None:
    plot.words("deleteProduct", members=None)


@product_deleted.shown
def _(site: Site) -> bool:
    return site.delete("/api/shops/shop_123/products/product_2", by="other@example.com").status == 200


@mutant(
    "watchparty-private-party-shown", "N9", "security", "getParty", "58-58",
    "A private party is shown to users who take no part in it.",
)  # fmt: skip
def party_shown(plot: Plot) -> None:
    plot.words("getParty", visible=None)


@party_shown.shown
def _(site: Site) -> bool:
    return site.get(f"/api/parties/{FAMILY_EVENING}/", by=USER).status == 200


@mutant(
    "watchparty-notification-read-by-anyone", "N9", "security", "markNotificationRead", "66-66",
    "A notification of another user is marked as read, and shown.",
)  # fmt: skip
def notification_read(plot: Plot) -> None:
    plot.words("markNotificationRead", owner=None)


@notification_read.shown
def _(site: Site) -> bool:
    return site.patch("/api/notifications/90000000-0000-4000-8000-000000000001/read/", by=SECOND).status == 200
