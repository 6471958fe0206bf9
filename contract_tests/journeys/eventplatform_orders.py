"""The event platform's orders: reserve, buy, cancel, and who sees what was bought."""

from dataclasses import dataclass
from typing import Any

from contract_tests.journey import CONTENT, OTHERS, RIGHTS, Flow, Journey, Row
from contract_tests.people import Person
from understudy.contract.functions import iso

__all__ = ["ORDERS", "SILENT", "Hall", "event_body", "hall_of"]

DAY = 86_400.0
SILENT = "the guide does not say so; it follows from its words"


@dataclass
class Hall:
    """An event of our own with one category of seats, so that nobody else's sales disturb its figures."""

    journey: Journey
    organizer: Person
    event: Row
    seat: Row

    @property
    def place(self) -> dict[str, Any]:
        """What requests name it by."""
        return {"eventId": self.event["idEvent"], "categoryId": self.seat["id"]}

    def order(self, quantity: int, **more: Any) -> dict[str, Any]:
        """The body of an order or reservation."""
        return {**self.place, "quantity": quantity, **more}

    def seats(self) -> Row:
        """The category as it is now."""
        rows = self.journey.rows("listTicketCategories", path={"id": self.event["idEvent"]})
        return self.journey.among(rows, "id", self.seat["id"], "the category among the event's tickets")

    def left(self, expected: int, what: str) -> None:
        """So many seats must be available, as the category and the event say."""
        row = self.seats()
        self.journey.equal(row["availableSeats"], expected, f"availableSeats {what}")
        self.journey.equal(row["reservedSeats"], row["totalSeats"] - expected, f"reservedSeats {what}")


def hall_of(journey: Journey, total: int = 10) -> Hall:
    """An organizer creates an event with so many seats."""
    organizer = journey.newcomer("organizer")
    with journey.step("an organizer creates an event with a ticket category", "event-created", rule="journey.works"):
        event = journey.row("createEvent", organizer, event_body(journey, [{"categoryName": "VIP", "price": 150.0, "totalSeats": total}]))
        seat = journey.among(event["ticketCategories"], "categoryName", "VIP", "the category of the new event")
    return Hall(journey, organizer, event, seat)


def event_body(journey: Journey, categories: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    tag = journey.session.chance.text(6)
    return {
        "eventName": f"Summer Music Festival {tag}", "eventCategory": f"Music {tag}", "description": "Annual summer music festival",
        "eventDate": iso(journey.session.now() + 90 * DAY), "location": "Central Park", "ticketCategories": categories, **more,
    }  # fmt: skip


def _reservation(journey: Journey) -> None:
    """Reserve, buy, release: the own reservation is used first, and everything comes back."""
    hall, buyer, other = hall_of(journey), journey.newcomer("assistant"), journey.newcomer("assistant")
    with journey.step("reserving three seats leaves seven, as the answer says", "reserved", on="reserveTickets", rule="journey.stock"):
        journey.equal(journey.row("reserveTickets", buyer, hall.order(3))["availableSeats"], 7, "availableSeats in the answer")
        hall.left(7, "after reserving 3 of 10")
    with journey.step("nobody releases what another has reserved", "foreign-release", on="releaseTickets", rule="journey.others", inferred=SILENT, apart=True):
        journey.refuses(CONTENT, "releaseTickets", other, {"categoryId": hall.seat["id"], "quantity": 3}, broken=False)
        hall.left(7, "after another's release")
    with journey.step("others can have what is left and no more", "rest", on="createOrder", rule="journey.stock"):
        journey.refuses(CONTENT, "createOrder", other, hall.order(8), broken=False)
        hall.left(7, "after a refused order of 8")
    with journey.step("an order uses the buyer's own reservation first", "reservation-used", on="createOrder", rule="journey.stock", inferred=SILENT):
        order = journey.row("createOrder", buyer, hall.order(2))
        hall.left(7, "after ordering 2 of 3 reserved seats")
    with journey.step("what is left of the reservation can be released, once", "released", on="releaseTickets", rule="journey.undone"):
        journey.works("releaseTickets", buyer, {"categoryId": hall.seat["id"], "quantity": 1})
        hall.left(8, "after releasing the third seat")
        journey.refuses(CONTENT, "releaseTickets", buyer, {"categoryId": hall.seat["id"], "quantity": 1}, broken=False)
        hall.left(8, "after releasing again")
    with journey.step("cancelling the order gives its seats back", "cancelled", on="cancelOrder", rule="journey.undone"):
        journey.works("cancelOrder", buyer, path={"id": order["id"]})
        hall.left(10, "after everything was given back")


def _order(journey: Journey) -> None:
    """An order from buying to cancelling, and whose it is."""
    hall, buyer, other = hall_of(journey), journey.newcomer("assistant"), journey.newcomer("assistant")
    with journey.step("an order says what was bought, for what price, and is pending", "ordered", on="createOrder", rule="journey.figures", lines=(341, 370)):
        order = journey.row("createOrder", buyer, hall.order(2, notes="Special seating request"))
        bought = {"userId": buyer.key, **hall.order(2), "unitPrice": 150.0, "totalPrice": 300.0, "notes": "Special seating request"}
        bought |= {"eventName": hall.event["eventName"], "categoryName": "VIP", "status": "pending"}
        journey.agree(order, bought, tuple(bought), "the order")
    where = {"id": order["id"]}
    with journey.step("its seats are taken", "taken", on="createOrder", rule="journey.stock"):
        hall.left(8, "after ordering 2 of 10")
        detail = journey.row("getEvent", path={"id": hall.event["idEvent"]})
        journey.equal(journey.among(detail["ticketCategories"], "id", hall.seat["id"], "the category")["availableSeats"], 8, "availableSeats in the detail")
    with journey.step("the buyer finds it among their orders and by its id", "found", rule="journey.agrees"):
        names = ("eventId", "quantity", "unitPrice", "totalPrice", "eventName")
        journey.agree(journey.row("getOrder", buyer, path=where), order, names, "the order by its id")
        journey.agree(journey.among(journey.rows("listMyOrders", buyer), "id", order["id"], "the order among my orders"), order, names, "the order in the list")
    with journey.step("nobody else reads, lists or cancels it", "private", rule="journey.others", lines=(861, 861), apart=True):
        journey.refuses(OTHERS, "getOrder", other, path=where, broken=False)
        journey.absent(journey.rows("listMyOrders", other), "id", order["id"], "another's order")
        journey.refuses(OTHERS, "cancelOrder", other, path=where, broken=False)
        hall.left(8, "after another's cancelling")
    with journey.step("cancelling it gives the seats back", "cancelled", on="cancelOrder", rule="journey.undone"):
        journey.equal(journey.row("cancelOrder", buyer, path=where)["status"], "cancelled", "status")
        hall.left(10, "after cancelling")
    with journey.step("a cancelled order is not cancelled again", "cancelled-twice", on="cancelOrder", rule="journey.state", inferred=SILENT):
        journey.refuses(CONTENT, "cancelOrder", buyer, path=where, broken=False)
        hall.left(10, "after cancelling twice")
        journey.equal(journey.row("getOrder", buyer, path=where)["status"], "cancelled", "status")


def _sold_out(journey: Journey) -> None:
    """The last seat is sold once, and is free again when its order is cancelled."""
    hall, buyer, other = hall_of(journey, 3), journey.newcomer("assistant"), journey.newcomer("assistant")
    with journey.step("all seats can be sold", "last-seat", on="createOrder", rule="journey.stock"):
        order = journey.row("createOrder", buyer, hall.order(3))
        hall.left(0, "after selling all 3")
    with journey.step("a sold-out category is neither sold nor reserved", "sold-out", rule="journey.stock"):
        journey.refuses(CONTENT, "createOrder", other, hall.order(1), broken=False)
        journey.refuses(CONTENT, "reserveTickets", other, hall.order(1), broken=False)
        hall.left(0, "after refused requests")
    with journey.step("cancelled seats can be bought by others", "resold", on="createOrder", rule="journey.undone"):
        journey.works("cancelOrder", buyer, path={"id": order["id"]})
        journey.works("createOrder", other, hall.order(3))
        hall.left(0, "after selling all 3 again")


def _oversight(journey: Journey) -> None:
    """Organizers see the orders of all and of an event; assistants don't."""
    hall, buyer = hall_of(journey), journey.newcomer("assistant")
    elsewhere = hall_of(journey)
    with journey.step("orders are made of two events", "ordered", rule="journey.works"):
        orders = [journey.row("createOrder", buyer, hall.order(quantity)) for quantity in (1, 2)]
        foreign = journey.row("createOrder", buyer, elsewhere.order(1))
    names = ("userId", "eventId", "quantity", "totalPrice")
    with journey.step("an organizer sees the orders of an event, all of them and no others", "of-event", on="listOrdersByEvent", rule="journey.listed"):
        rows = journey.rows("listOrdersByEvent", hall.organizer, path={"eventId": hall.event["idEvent"]})
        journey.equal(sorted(str(row["id"]) for row in rows), sorted(str(row["id"]) for row in orders), "the ids of the event's orders")
        for order in orders:
            journey.agree(journey.among(rows, "id", order["id"], "an order"), order, names, "an order of the event")
    with journey.step("an organizer sees the orders of everyone", "all", on="listAllOrders", rule="journey.listed"):
        everything = journey.rows("listAllOrders", hall.organizer)
        for order in (*orders, foreign):
            journey.agree(journey.among(everything, "id", order["id"], "an order among all"), order, names, "an order among all")
    with journey.step("an assistant sees neither", "assistant", rule="journey.rights", inferred="the guide calls it Admin, and knows the organizer alone"):
        journey.refuses(RIGHTS, "listAllOrders", buyer, broken=False)
        journey.refuses(RIGHTS, "listOrdersByEvent", buyer, path={"eventId": hall.event["idEvent"]}, broken=False)


def _deleting(journey: Journey) -> None:
    """An event that has been sold stays until its orders are cancelled."""
    hall, buyer = hall_of(journey), journey.newcomer("assistant")
    where = {"id": hall.event["idEvent"]}
    with journey.step("a ticket is sold", "sold", rule="journey.works"):
        order = journey.row("createOrder", buyer, hall.order(1))
    with journey.step("an event with orders is not deleted", "refused", on="deleteEvent", rule="journey.state", inferred=SILENT):
        journey.refuses(CONTENT, "deleteEvent", hall.organizer, path=where, broken=False)
        journey.row("getEvent", path=where)
        journey.row("getOrder", buyer, path={"id": order["id"]})
    with journey.step("once they are cancelled, it is deleted", "deleted", on="deleteEvent", rule="journey.state"):
        journey.works("cancelOrder", buyer, path={"id": order["id"]})
        journey.works("deleteEvent", hall.organizer, path=where)
        journey.refuses(frozenset([404, 410]), "getEvent", None, path=where, broken=False)


ORDERS = (
    Flow("reservation", "reserveTickets", _reservation),
    Flow("order", "createOrder", _order),
    Flow("sold-out", "createOrder", _sold_out),
    Flow("oversight", "listOrdersByEvent", _oversight),
    Flow("deleting", "deleteEvent", _deleting),
)
