"""PlatNG's orders across services: stock, payment, tickets, notifications, and what the partner sees of it."""

from dataclasses import dataclass
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.journey import CONTENT, OTHERS, Flow, Journey, Row
from contract_tests.people import Person
from understudy.contract.functions import iso

__all__ = ["ORDERS"]

DAY, UNPAID = 86_400.0, 1_800.0  # seconds; the second is how long an order waits for its payment
STOCK = "the guide does not say when stock is taken"
PAID = "what a payment does is ours: tickets, a notification, all of it once"


@dataclass
class Sale:
    """Tickets of an event that a partner manages, and how many of each are bought. partner: None where nobody can sign in as one."""

    journey: Journey
    event: Row
    lines: list[tuple[Row, int]]
    partner: Person | None

    @property
    def body(self) -> dict[str, Any]:
        """The body of an order."""
        return {"event_id": self.event["id"], "tickets": [{"ticket_id": ticket["id"], "quantity": quantity} for ticket, quantity in self.lines]}

    @property
    def seats(self) -> int:
        """How many tickets are bought."""
        return sum(quantity for _, quantity in self.lines)

    @property
    def total(self) -> float:
        """What they cost."""
        return float(sum(ticket["price"] * quantity for ticket, quantity in self.lines))

    def left(self, taken: int, what: str) -> None:
        """Each ticket is available as often as at first, less what was bought so many times."""
        tickets = self.journey.row("getEvent", path={"id": self.event["id"]})["tickets"]
        for ticket, quantity in self.lines:
            row = self.journey.among(tickets, "id", ticket["id"], "a ticket of the event")
            self.journey.equal(row["available"], ticket["available"] - taken * quantity, f"available of {ticket['name']} {what}")

    def figures(self) -> tuple[Row, Row] | None:
        """The partner's dashboard and analytics."""
        if self.partner is None:
            return None
        now = self.journey.session.now()
        days = {"start_date": iso(now - DAY)[:10], "end_date": iso(now + DAY)[:10]}
        return self.journey.row("getPartnerDashboard", self.partner), self.journey.row("getPartnerAnalytics", self.partner, query=days)


def _sale(journey: Journey) -> Sale:
    """An event that is not free and has tickets left, of a partner where there is one. Raises NotChecked."""
    try:
        partner: Person | None = journey.account("partner")
        events = journey.rows("listPartnerEvents", partner, query={"limit": 100})
    except NotChecked:
        partner, events = None, journey.rows("listEvents", query={"limit": 100})
    for event in sorted(events, key=lambda row: bool(row.get("is_free"))):
        detail = journey.row("getEvent", path={"id": event["id"]})
        tickets = [row for row in detail["tickets"] if row["available"] >= 8]
        if tickets:
            return Sale(journey, detail, [(ticket, 2 - number) for number, ticket in enumerate(tickets[:2])], partner)
    raise NotChecked("no event has tickets left to buy")


def _ordered(journey: Journey, sale: Sale, buyer: Person) -> Row:
    """A new order, as it should be."""
    with journey.step("an order is made, pending, for the sum of its tickets", "ordered", on="createOrder", rule="journey.figures"):
        order = journey.row("createOrder", buyer, sale.body)
        journey.equal(order["total_amount"], sale.total, "total_amount")
        journey.equal(order["status"], "pending", "status")
        journey.equal(order["event_id"], sale.event["id"], "event_id")
        for ticket, quantity in sale.lines:
            line = journey.among(order["tickets"], "ticket_id", ticket["id"], "a line of the order")
            journey.agree(
                line,
                {"quantity": quantity, "unit_price": ticket["price"], "subtotal": ticket["price"] * quantity},
                ("quantity", "unit_price", "subtotal"),
                "a line",
            )
        journey.holds(order["reference"], "there is no reference to pay under", "a reference", order)
    return order


def _purchase(journey: Journey) -> None:
    """Order, pay, tickets, notification, the partner's figures: one purchase over five services."""
    sale, buyer, other = _sale(journey), journey.newcomer(), journey.newcomer()
    before = sale.figures()
    order = _ordered(journey, sale, buyer)
    where, paying = {"id": order["id"]}, {"reference": order["reference"], "order_id": order["id"]}
    with journey.step("its stock is taken from the event's page at once", "stock", on="createOrder", rule="journey.stock", inferred=STOCK):
        sale.left(1, "after the order")
    with journey.step("the buyer finds the order as it was made, and has no tickets yet", "unpaid", on="getOrder", rule="journey.agrees"):
        journey.agree(journey.row("getOrder", buyer, path=where), order, ("id", "event_id", "total_amount", "reference", "status", "currency"), "the order")
        journey.absent(journey.every("listMyTickets", buyer), "order_id", order["id"], "a ticket of an unpaid order")
    with journey.step("nobody else reads or verifies it", "private", rule="journey.others"):
        journey.refuses(OTHERS, "getOrder", other, path=where, broken=False)
        journey.refuses(OTHERS, "verifyPayment", other, paying, broken=False)
        journey.equal(journey.row("getOrder", buyer, path=where)["status"], "pending", "status")
    with journey.step("a wrong reference pays nothing", "wrong-reference", on="verifyPayment", rule="journey.state", inferred=PAID):
        journey.refuses(CONTENT, "verifyPayment", buyer, {**paying, "reference": f"not-{order['reference']}"}, broken=False)
        journey.equal(journey.row("getOrder", buyer, path=where)["status"], "pending", "status")
        journey.absent(journey.every("listMyTickets", buyer), "order_id", order["id"], "a ticket of an unpaid order")
    with journey.step("the right one completes it", "paid", on="verifyPayment", rule="journey.state"):
        journey.equal(journey.row("verifyPayment", buyer, paying)["status"], "completed", "status")
        journey.equal(journey.row("getOrder", buyer, path=where)["status"], "completed", "status by its id")
    _paid(journey, sale, buyer, order, before, 1)
    with journey.step("verified again, it is paid once", "twice", on="verifyPayment", rule="journey.once", inferred=PAID):
        journey.call("verifyPayment", buyer, paying)
        journey.equal(journey.row("getOrder", buyer, path=where)["status"], "completed", "status")
    _paid(journey, sale, buyer, order, before, 2)


def _paid(journey: Journey, sale: Sale, buyer: Person, order: Row, before: tuple[Row, Row] | None, times: int) -> None:
    """What one payment has brought about, however often it was verified."""
    rules = ("journey.services", "journey.figures", "journey.stock") if times == 1 else ("journey.once",) * 3
    often = "" if times == 1 else "-twice"
    with journey.step("there is one ticket for each seat, each with a code of its own", f"tickets{often}", on="verifyPayment", rule=rules[0], inferred=PAID):
        tickets = [row for row in journey.every("listMyTickets", buyer) if str(row["order_id"]) == str(order["id"])]
        journey.equal(len(tickets), sale.seats, "the number of tickets")
        for ticket, quantity in sale.lines:
            journey.equal(len([row for row in tickets if str(row["ticket_id"]) == str(ticket["id"])]), quantity, f"the number of {ticket['name']}")
        journey.equal(len({row["code"] for row in tickets}), len(tickets), "the number of codes")
        journey.equal({str(row["event_id"]) for row in tickets} == {str(sale.event["id"])}, True, "the event of the tickets")
    with journey.step("the buyer is told once", f"notified{often}", on="verifyPayment", rule=rules[0], inferred=PAID, apart=True):
        told = [row for row in journey.every("listNotifications", buyer) if str(row.get("order_id")) == str(order["id"])]
        journey.equal(len(told), 1, "the number of notifications of the order")
        journey.equal(told[0]["is_read"], False, "is_read")
    with journey.step("the payment takes no more stock", f"stock-paid{often}", on="verifyPayment", rule=rules[2], inferred=STOCK, apart=True):
        sale.left(1, "after the payment")
    now = sale.figures()
    if before is None or now is None:
        return
    with journey.step("the partner's dashboard and analytics count it", f"figures{often}", on="getPartnerDashboard", rule=rules[1], inferred=PAID, apart=True):
        for name, old, new in zip(("dashboard", "analytics"), before, now, strict=True):
            for field, more in (("total_orders", 1), ("tickets_sold", sale.seats), ("total_revenue", sale.total)):
                journey.equal(new[field], old[field] + more, f"{field} of the {name}")


def _all_or_none(journey: Journey) -> None:
    """An order takes all its lines or none."""
    sale, buyer = _sale(journey), journey.newcomer()
    ticket, _ = sale.lines[0]
    good = {"ticket_id": ticket["id"], "quantity": 1}
    with journey.step("an order with a ticket that the event does not have takes nothing", "unknown", on="createOrder", rule="journey.kept", inferred=STOCK):
        journey.refuses(CONTENT, "createOrder", buyer, {**sale.body, "tickets": [good, {"ticket_id": 2147483600, "quantity": 1}]}, broken=False)
        sale.left(0, "after a refused order")
    with journey.step("no more is sold than there is", "too-many", on="createOrder", rule="journey.stock", inferred=STOCK):
        many = min(ticket["available"] + 1, 1000)
        if many > ticket["available"]:
            journey.refuses(CONTENT, "createOrder", buyer, {**sale.body, "tickets": [{"ticket_id": ticket["id"], "quantity": many}]}, broken=False)
        sale.left(0, "after a refused order")
    with journey.step("and no order is left of it", "no-order", on="createOrder", rule="journey.kept", apart=True):
        journey.equal(len(journey.rows("listMyTickets", buyer)), 0, "the number of tickets")


def _unpaid(journey: Journey) -> None:
    """An order that nobody pays gives its stock back after half an hour, and can't be paid then."""
    sale, buyer = _sale(journey), journey.newcomer()
    order = _ordered(journey, sale, buyer)
    with journey.step("its stock is taken", "taken", on="createOrder", rule="journey.stock", inferred=STOCK):
        sale.left(1, "after the order")
    journey.wait(UNPAID + 5, "the end of an unpaid order")
    with journey.step("half an hour later it has expired", "expired", on="createOrder", rule="journey.time", inferred=STOCK):
        journey.equal(journey.row("getOrder", buyer, path={"id": order["id"]})["status"], "expired", "status")
    with journey.step("its stock is free again", "free", on="createOrder", rule="journey.stock", inferred=STOCK):
        sale.left(0, "after the order expired")
    with journey.step("it can't be paid any more", "late", on="verifyPayment", rule="journey.state", inferred=PAID):
        journey.refuses(CONTENT, "verifyPayment", buyer, {"reference": order["reference"], "order_id": order["id"]}, broken=False)
        journey.absent(journey.every("listMyTickets", buyer), "order_id", order["id"], "a ticket of an expired order")


def _told(journey: Journey) -> None:
    """What a buyer is told: by socket at once, among their notifications, until it is read."""
    sale, buyer, other = _sale(journey), journey.newcomer(), journey.newcomer()
    line, foreign = journey.line("/api/v1", buyer), journey.line("/api/v1", other)
    mark = line.client.mark()
    with journey.step("two orders are paid", "paid", on="verifyPayment", rule="journey.works"):
        orders = [journey.row("createOrder", buyer, sale.body) for _ in range(2)]
        for order in orders:
            journey.works("verifyPayment", buyer, {"reference": order["reference"], "order_id": order["id"]})
    with journey.step(
        "the buyer's socket is told of it, with the notification that is listed", "pushed", on="verifyPayment", rule="journey.told", lines=(510, 528)
    ):
        said = journey.hears(line, "notification", mark, order_id=orders[0]["id"])
        listed = journey.among(journey.every("listNotifications", buyer), "id", said["id"], "the notification")
        journey.agree(listed, said, ("title", "message", "is_read"), "the notification")
    with journey.step("nobody else's is", "not-pushed", on="verifyPayment", rule="journey.others", lines=(510, 528), apart=True):
        journey.hears(line, "notification", mark, order_id=orders[1]["id"])
        journey.equal(len(foreign.client.since(0, "notification")), 0, "the number of notifications at another's socket")
    with journey.step("read, it stays read, and the other does not", "read", on="markNotificationRead", rule="journey.kept"):
        journey.refuses(OTHERS, "markNotificationRead", other, path={"id": said["id"]}, broken=False)
        journey.works("markNotificationRead", buyer, path={"id": said["id"]})
        rows = {str(row["order_id"]): row["is_read"] for row in journey.every("listNotifications", buyer) if row.get("order_id")}
        journey.equal(rows.get(str(orders[0]["id"])), True, "is_read of the first")
        journey.equal(rows.get(str(orders[1]["id"])), False, "is_read of the second")
    with journey.step("read-all leaves nothing unread", "read-all", on="markAllNotificationsRead", rule="journey.kept"):
        journey.works("markAllNotificationsRead", buyer)
        unread = [row["id"] for row in journey.every("listNotifications", buyer) if not row["is_read"]]
        journey.equal(unread, [], "the unread notifications")


ORDERS = (
    Flow("purchase", "verifyPayment", _purchase),
    Flow("all-or-none", "createOrder", _all_or_none),
    Flow("told", "markNotificationRead", _told),
    Flow("unpaid", "createOrder", _unpaid, clock=True, slow=True),
)
