"""Sums, counts and differences that are not what they are declared to be."""

from typing import Any

from .planting import mutant
from .plot import Plot
from .site import Site

USER, ADMIN = "user@example.com", "admin@example.com"
FILM_NIGHT = "10000000-0000-4000-8000-000000000001"


@mutant(
    "eventplatform-total-price-of-one-seat", "N2", "oracles", "createOrder getOrder listMyOrders", "320-337",
    "`totalPrice` is the price of one seat, whatever the quantity.",
)  # fmt: skip
def total_price(plot: Plot) -> None:
    plot.collection("orders", derive={"totalPrice": "row.unitPrice"})


@total_price.shown
def _(site: Site) -> bool:
    order = site.get("/api/orders/1", by=USER).json
    return bool(order["totalPrice"] != order["unitPrice"] * order["quantity"])


@mutant(
    "eventplatform-available-seats-too-many", "N2 N1", "oracles", "listTicketCategories getEvent", "141-154",
    "`availableSeats` is shown as `totalSeats`, as if nothing were reserved.",
)  # fmt: skip
def available(plot: Plot) -> None:
    def shown(value: Any) -> None:
        for category in value if isinstance(value, list) else value["ticketCategories"]:
            category["availableSeats"] = category["totalSeats"]

    plot.bodies("listTicketCategories getEvent", shown)


@available.shown
def _(site: Site) -> bool:
    row = site.get("/api/events/1/tickets").json[0]
    return bool(row["availableSeats"] != row["totalSeats"] - row["reservedSeats"])


@mutant(
    "platng-order-total-without-its-last-line", "N2", "oracles", "createOrder getOrder verifyPayment", "241-254",
    "`total_amount` leaves out the last line of the order.",
)  # fmt: skip
def order_total(plot: Plot) -> None:
    def shown(value: Any) -> None:
        order = value["data"]
        order["total_amount"] = round(sum(line["subtotal"] for line in order["tickets"][:-1]), 2)

    plot.bodies("createOrder getOrder verifyPayment", shown)


@order_total.shown
def _(site: Site) -> bool:
    order = site.get("/api/v1/orders/789", by=USER).data
    return bool(order["total_amount"] != sum(line["subtotal"] for line in order["tickets"]))


@mutant(
    "platng-unread-counts-read-ones", "N2", "oracles", "markAllNotificationsRead", "280-282",
    "`unread` counts all notifications, the read ones too.",
)  # fmt: skip
def unread(plot: Plot) -> None:
    plot.words("markAllNotificationsRead", reply={"unread": "count('notifications', it.user_id == user.id)"})


@unread.shown
def _(site: Site) -> bool:
    return bool(site.post("/api/v1/notifications/read-all", by=USER).data["unread"] > 0)


@mutant(
    "savebucks-revenue-counts-what-is-not-approved", "N2 N1", "oracles", "getDashboard getRevenue", "591-592",
    "The dashboard's revenue sums up pending and rejected sales too, so it is not that of the days.",
)  # fmt: skip
def revenue(plot: Plot) -> None:
    sums = "round(sum('sales', it.commission_amount, true), 2)"
    plot.words("getDashboard", reply=lambda old: {**old, "stats": {**old["stats"], "total_revenue": sums}})


@revenue.shown
def _(site: Site) -> bool:
    stats = site.get("/api/admin/analytics/dashboard", by=ADMIN).data["stats"]
    days = site.get("/api/admin/analytics/revenue?period=3650", by=ADMIN).data
    return bool(abs(stats["total_revenue"] - sum(day["revenue"] for day in days)) > 0.005)


@mutant(
    "savebucks-active-users-are-all-users", "N2 N1", "oracles", "getUserStats", "566-566",
    "`active_users` does not fall when an account is suspended.",
)  # fmt: skip
def active_users(plot: Plot) -> None:
    plot.words("getUserStats", reply=lambda old: {**old, "active_users": "count('users', true)"})


@active_users.shown
def _(site: Site) -> bool:
    site.put("/api/admin/users/2/status", {"status": "suspended"}, by=ADMIN)
    stats = site.get("/api/admin/analytics/users", by=ADMIN).data
    return bool(stats["active_users"] == stats["total_users"])


@mutant(
    "cliick-order-total-ignores-quantities", "N2", "oracles", "getOrder listOrders updateOrderStatus", "307-320",
    "`totalAmount` adds up the prices without their quantities.",
)  # fmt: skip
def amounts(plot: Plot) -> None:
    plot.collection("orders", derive=lambda old: {**old, "totalAmount": "round(sum(row.items, it.price, true), 2)"})


@amounts.shown
def _(site: Site) -> bool:
    order = site.get("/api/shops/shop_123/orders/order_123", by="test@example.com").json
    return bool(order["totalAmount"] != 20.0)


@mutant(
    "watchparty-chat-summary-one-too-many", "N2 N1", "oracles", "getParty", "58-58",
    "`chat_summary.total_messages` is one more than there are.",
)  # fmt: skip
def summary(plot: Plot) -> None:
    count = "count('chatMessages', it.party_id == row.id) + 1"
    plot.collection("parties", derive=lambda old: {**old, "chat_summary": {**old["chat_summary"], "total_messages": count}})


@summary.shown
def _(site: Site) -> bool:
    party = site.get(f"/api/parties/{FILM_NIGHT}/", by=USER).json
    messages = site.get(f"/api/chat/{FILM_NIGHT}/messages/", by=USER).json["results"]
    return bool(party["chat_summary"]["total_messages"] != len(messages))


@mutant(
    "watchparty-purchase-charges-one", "N2", "oracles", "purchaseItem", "67-67",
    "`total` of a purchase of several is the price of one.",
)  # fmt: skip
def charges_one(plot: Plot) -> None:
    plot.words("purchaseItem", set=lambda old: {**old, "total": "wanted.price"})


@charges_one.shown
def _(site: Site) -> bool:
    bought = site.post("/api/store/purchase/", {"item_id": "a0000000-0000-4000-8000-000000000001", "quantity": 2}, by=USER).json
    return bool(bought["total"] != 200)
