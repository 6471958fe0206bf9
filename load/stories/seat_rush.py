"""Everybody wants the same few seats at the same moment."""

import gevent

from load.actor import Actor
from load.clock import now
from load.parameters import EVENT, Parameter
from load.story import SEATS, Story

HELD = 0.55  # share of a round after which what was granted is given up


def arrive(me: Actor) -> None:
    """Opens a socket and joins the room."""
    stock = me.stage.stocks[0]
    me.connect(me.stage.calls["lock"].channel)
    me.join(stock.parent)


def act(me: Actor) -> None:
    """One round: all lock at one moment, hold what they got until all were answered, and give it up."""
    if me.socket is None or not me.socket.is_open:
        arrive(me)
    me.free()
    number, at = me.round()
    me.due(at)
    stock, quantity = number % len(me.stage.stocks), int(me.parameters["quantity"])
    lock = me.lock(stock, quantity)
    if lock is not None:
        gevent.sleep(max(0.0, at + HELD * float(me.parameters["period"]) - now()))
        me.unlock(lock)


STORY = Story(
    "seat-rush",
    "Everybody locks seats of one category at the same moment, again and again; no more may be granted than there are.",
    {
        "connect": "opening a socket until it is greeted",
        "join": "joining the room",
        "lock": "from the common moment to the answer",
        "unlock": "giving a lock up",
        "told": "from asking for a lock until somebody in the room is told of it",
        "lock ack": "from asking for a lock to the acknowledgement, with acks=true",
    },
    "seats",
    ("lock", "unlock", "join"),
    act,
    arrive,
    parameters=(
        Parameter("seats", 20, "seats in a category", least=1),
        Parameter("categories", 1, "categories that take turns", least=1, most=50),
        Parameter("quantity", 1, "seats that each asks for", least=1),
        Parameter("period", 2.0, "seconds from one rush to the next", least=0.2),
        Parameter("acks", False, "whether acknowledgements are asked for, and timed"),
        EVENT,
    ),
    verdicts=SEATS,
    users=100,
)
