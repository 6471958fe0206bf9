"""The event platform's time and sockets: completion, locks, and the figures that pages are told."""

from contract_tests.journey import CONTENT, Flow, Journey, Row
from contract_tests.journeys.eventplatform_orders import SILENT, Hall, hall_of
from contract_tests.realtime.lines import Line
from understudy.contract.functions import time

__all__ = ["LOCKS"]

LOCK = 300.0  # seconds that a lock lives


def _completion(journey: Journey) -> None:
    """Two seconds after buying, an order is completed and its buyer told; a cancelled one never is."""
    hall, buyer = hall_of(journey), journey.newcomer("assistant")
    line = journey.line("/realtime", buyer)
    with journey.step("two orders are made, and one is cancelled at once", "ordered", rule="journey.works"):
        kept, dropped = (journey.row("createOrder", buyer, hall.order(2)) for _ in range(2))
        journey.works("cancelOrder", buyer, path={"id": dropped["id"]})
    with journey.step("the buyer is told of the cancellation", "told-cancelled", on="cancelOrder", rule="journey.told", lines=(537, 541), apart=True):
        journey.hears(line, "order-cancelled", orderId=dropped["id"])
    mark = line.client.mark()
    journey.wait(2.5, "the completion of an order")
    with journey.step("the order is completed two seconds later", "completed", on="createOrder", rule="journey.time", inferred="two seconds are ours"):
        journey.equal(journey.row("getOrder", buyer, path={"id": kept["id"]})["status"], "completed", "status")
    with journey.step("the buyer is told of the completion", "told-completed", on="createOrder", rule="journey.told", lines=(519, 535), apart=True):
        said = journey.hears(line, "order-completed", mark, orderId=kept["id"])
        journey.agree(said, {**hall.order(2), "orderId": kept["id"]}, ("eventId", "categoryId", "quantity"), "the message")
    with journey.step("a cancelled order stays cancelled", "stays", on="cancelOrder", rule="journey.state"):
        journey.equal(journey.row("getOrder", buyer, path={"id": dropped["id"]})["status"], "cancelled", "status")
    with journey.step("a completed order can be cancelled, and its seats come back", "refunded", on="cancelOrder", rule="journey.undone", inferred=SILENT):
        hall.left(8, "with one order of 2 kept")
        journey.works("cancelOrder", buyer, path={"id": kept["id"]})
        hall.left(10, "after cancelling both")


def _locked(journey: Journey, hall: Hall, line: Line, quantity: int) -> Row:
    """Locks seats; the socket's answer."""
    return journey.asks(line, "lock-tickets", {**hall.order(quantity), "userId": line.person.key if line.person else None}, "lock-tickets-response")


def _lock_to_order(journey: Journey) -> None:
    """Lock by socket, buy with the lock: for its owner, as it was made, once."""
    hall, buyer, other = hall_of(journey), journey.newcomer("assistant"), journey.newcomer("assistant")
    line = journey.line("/realtime", buyer)
    with journey.step("four seats are locked for the buyer", "locked", on="createOrderWithLock", rule="journey.told", lines=(459, 482)):
        answer = _locked(journey, hall, line, 4)
        journey.equal(answer["success"], True, "success")
        journey.equal(answer["availableTickets"], 6, "availableTickets in the answer")
        lock = answer["lockId"]
        ahead = (time(answer["expiresAt"]) or 0) - journey.session.now()
        journey.holds(0 < ahead < LOCK + 60, "expiresAt is not ahead of now by the life of a lock", "at most five minutes ahead", answer["expiresAt"])
    with journey.step("a lock changes no figure of REST, but is not sold to others", "locked-rest", on="createOrder", rule="journey.stock", inferred=SILENT):
        hall.left(10, "while 4 are locked")
        journey.refuses(CONTENT, "createOrder", other, hall.order(7), broken=False)
        journey.refuses(CONTENT, "reserveTickets", other, hall.order(7), broken=False)
    with journey.step(
        "a lock is spent by its owner only, and in its own quantity", "not-yours", on="createOrderWithLock", rule="journey.others", inferred=SILENT
    ):
        journey.refuses(CONTENT, "createOrderWithLock", other, hall.order(4, lockId=lock), broken=False)
        journey.refuses(CONTENT, "createOrderWithLock", buyer, hall.order(3, lockId=lock), broken=False)
        hall.left(10, "after refused orders")
    with journey.step("the lock becomes an order", "bought", on="createOrderWithLock", rule="journey.stock"):
        order = journey.row("createOrderWithLock", buyer, hall.order(4, lockId=lock, notes="Special request"))
        journey.agree(order, {**hall.order(4), "totalPrice": 600.0, "userId": buyer.key}, ("quantity", "totalPrice", "userId", "categoryId"), "the order")
        hall.left(6, "after buying the 4 locked")
    with journey.step("a lock is spent once", "spent", on="createOrderWithLock", rule="journey.stock", inferred=SILENT):
        journey.refuses(CONTENT, "createOrderWithLock", buyer, hall.order(4, lockId=lock), broken=False)
        hall.left(6, "after spending the lock again")
        journey.equal(len(journey.rows("listMyOrders", buyer)), 1, "the number of the buyer's orders")
    with journey.step("it is no longer among the buyer's locks", "gone", on="createOrderWithLock", rule="journey.told", lines=(546, 551), apart=True):
        locks = journey.asks(line, "get-my-locks", None, "my-locks-response")["locks"]
        journey.absent(locks, "lockId", lock, "a spent lock")
    with journey.step("everything that is not sold can be bought by others", "rest", on="createOrder", rule="journey.stock"):
        journey.works("createOrder", other, hall.order(6))
        hall.left(0, "after selling the rest")


def _lock_ends(journey: Journey) -> None:
    """A lock that nobody spends ends after five minutes, on unlocking, and with its socket."""
    hall, buyer, other = hall_of(journey), journey.newcomer("assistant"), journey.newcomer("assistant")
    line = journey.line("/realtime", buyer)
    with journey.step("all seats are locked", "locked", on="createOrderWithLock", rule="journey.told", lines=(459, 482)):
        lock = _locked(journey, hall, line, 10)["lockId"]
        journey.refuses(CONTENT, "createOrder", other, hall.order(1), broken=False)
    journey.wait(LOCK + 5, "the end of a lock")
    with journey.step(
        "after five minutes the lock is worth nothing", "expired", on="createOrderWithLock", rule="journey.time", inferred="five minutes are ours"
    ):
        journey.refuses(CONTENT, "createOrderWithLock", buyer, hall.order(10, lockId=lock), broken=False)
        hall.left(10, "after the lock's end")
    with journey.step("its seats are on sale again", "on-sale", on="createOrder", rule="journey.stock", inferred="five minutes are ours"):
        order = journey.row("createOrder", other, hall.order(10))
        journey.works("cancelOrder", other, path={"id": order["id"]})
    second = journey.line("/realtime", buyer)
    with journey.step("seats that are unlocked are on sale at once", "unlocked", on="createOrder", rule="journey.undone", lines=(484, 494)):
        journey.equal(_locked(journey, hall, second, 10)["success"], True, "success of the second lock")
        body = {**hall.order(10), "userId": buyer.key}
        journey.equal(journey.asks(second, "unlock-tickets", body, "unlock-tickets-response")["success"], True, "success of unlocking")
        order = journey.row("createOrder", other, hall.order(10))
        journey.works("cancelOrder", other, path={"id": order["id"]})


def _live_figures(journey: Journey) -> None:
    """What the event's room is told is what REST shows."""
    hall, buyer, watcher = hall_of(journey), journey.newcomer("assistant"), journey.newcomer("assistant")
    eye, line = journey.line("/realtime", watcher), journey.line("/realtime", buyer)
    with journey.step("a page joins the room of an event", "joined", on="getEvent", rule="journey.told", lines=(447, 455)):
        body = {"eventId": hall.event["idEvent"], "userId": watcher.key}
        journey.equal(journey.asks(eye, "join-event-room", body, "joined-event-room")["eventId"], hall.event["idEvent"], "eventId")

    def told(what: str, slug: str, on: str, mark: int, free: int, locked: int) -> None:
        with journey.step(f"{what} is told to the room with the figures of REST", slug, on=on, rule="journey.told", lines=(498, 516)):
            said = journey.hears(eye, "availability-update", mark, categoryId=hall.seat["id"])
            journey.agree(
                said,
                {"availableTickets": free, "lockedTickets": locked, "totalTickets": free + locked},
                ("availableTickets", "lockedTickets", "totalTickets"),
                "the update",
            )
            journey.equal(said["totalTickets"], hall.seats()["availableSeats"], "totalTickets against availableSeats")

    mark = eye.client.mark()
    _locked(journey, hall, line, 5)
    told("a lock", "lock", "createOrderWithLock", mark, 5, 5)
    mark = eye.client.mark()
    with journey.step("others buy of the rest", "ordered", rule="journey.works"):
        order = journey.row("createOrder", watcher, hall.order(2))
    told("an order", "order", "createOrder", mark, 3, 5)
    mark = eye.client.mark()
    with journey.step("and cancel again", "cancelled", rule="journey.works"):
        journey.works("cancelOrder", watcher, path={"id": order["id"]})
    told("a cancellation", "cancel", "cancelOrder", mark, 5, 5)
    mark = eye.client.mark()
    with journey.step("a reservation is made", "reserved", rule="journey.works"):
        journey.works("reserveTickets", watcher, hall.order(1))
    told("a reservation", "reserve", "reserveTickets", mark, 4, 5)
    mark = eye.client.mark()
    line.client.close()
    told("the end of a lock with its socket", "left", "createOrderWithLock", mark, 9, 0)


LOCKS = (
    Flow("lock-to-order", "createOrderWithLock", _lock_to_order),
    Flow("live-figures", "cancelOrder", _live_figures),
    Flow("completion", "createOrder", _completion, clock=True),
    Flow("lock-ends", "createOrderWithLock", _lock_ends, clock=True),
)
