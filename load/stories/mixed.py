"""The same seats by request and by socket at once."""

import gevent

from load.actor import Actor
from load.clock import now
from load.parameters import EVENT, Parameter
from load.stories.seat_rush import HELD, arrive
from load.story import SEATS, Story


def act(me: Actor) -> None:
    """One round: every second user takes by request, the others lock by socket, at one moment; then all give back."""
    if me.socket is None or not me.socket.is_open:
        arrive(me)
    me.free()
    period, quantity = float(me.parameters["period"]), int(me.parameters["quantity"])
    number, at = me.round()
    me.due(at)
    stock, end = number % len(me.stage.stocks), at + HELD * period
    if me.number % 2:
        _by_socket(me, stock, quantity, end)
    elif me.number and "order" in me.stage.calls and "cancel" in me.stage.calls and me.chance.random() < float(me.parameters["order"]):
        _by_order(me, stock, quantity, end)
    else:
        _by_request(me, stock, quantity, end)


def _until(end: float) -> None:
    gevent.sleep(max(0.0, end - now()))


def _by_socket(me: Actor, stock: int, quantity: int, end: float) -> None:
    lock = me.lock(stock, quantity)
    _until(end)
    if lock is not None:
        me.unlock(lock)


def _by_order(me: Actor, stock: int, quantity: int, end: float) -> None:
    order = me.order(stock, quantity)
    _until(end)
    if order is not None:
        me.cancel(order)


def _by_request(me: Actor, stock: int, quantity: int, end: float) -> None:
    reserved = me.reserve(stock, quantity)
    if reserved and me.number == 0 and not me.kept:
        me.kept = True  # the first keeps what they reserved, so that what is given back twice shows in the figures
        return
    _until(end)
    if reserved and me.release(stock, quantity) and me.number and me.chance.random() < float(me.parameters["again"]):
        me.abuse("release", stock, quantity)  # what was given back is not given back once more


STORY = Story(
    "mixed",
    "Half of the users reserve by request while the other half lock by socket: both see one stock, and no seat goes twice.",
    {
        "connect": "opening a socket until it is greeted",
        "join": "joining the room",
        "lock": "from the common moment to the answer",
        "unlock": "giving a lock up",
        "told": "from asking for a lock until somebody in the room is told of it",
        "reserve": "from the common moment to the answer",
        "release": "giving back what was reserved",
        "order": "from the common moment to the answer",
        "cancel": "taking the order back",
    },
    "seats",
    ("lock", "unlock", "join", "reserve", "release"),
    act,
    arrive,
    parameters=(
        Parameter("seats", 30, "seats in a category", least=1),
        Parameter("categories", 1, "categories that take turns", least=1, most=50),
        Parameter("quantity", 1, "seats that each asks for", least=1),
        Parameter("order", 0.5, "share of those by request that order and cancel, instead of reserving", least=0, most=1),
        Parameter("again", 0.1, "share that give back twice", least=0, most=1),
        Parameter("period", 2.0, "seconds from one round to the next", least=0.2),
        EVENT,
    ),
    verdicts=SEATS,
    users=100,
)
