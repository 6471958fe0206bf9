"""Everybody loses the connection at the same moment and comes back."""

import gevent

from load.actor import Actor
from load.clock import now
from load.parameters import EVENT, Parameter
from load.stories.seat_rush import arrive
from load.story import SEATS, Story

CHANGERS = 10  # one in so many users stays and locks, so that there is something to hear


def act(me: Actor) -> None:
    """One storm: the connection is cut, opened again and the room joined; a few stay, and lock and unlock all the while."""
    period = float(me.parameters["period"])
    _, at = me.round()
    if me.number % CHANGERS == 0:
        _change(me, at + period * 0.9)
        return
    me.drop()
    me.due(at)
    me.connect(me.stage.calls["lock"].channel, "reconnect")
    me.join(me.stage.stocks[0].parent)


def _change(me: Actor, until: float) -> None:
    while now() < until:
        if me.socket is None or not me.socket.is_open:
            arrive(me)
        lock = me.lock(me.chance.randrange(len(me.stage.stocks)))
        gevent.sleep(0.2)
        if lock is not None:
            me.unlock(lock)


STORY = Story(
    "reconnect-storm",
    "All sockets are cut at once and come back: how long that takes, and whether those who are back hear everything once.",
    {
        "connect": "opening a socket until it is greeted",
        "reconnect": "from the cut to being greeted again",
        "join": "joining the room",
        "lock": "of the few who stay",
        "unlock": "of the few who stay",
        "told": "from asking for a lock until somebody in the room is told of it",
    },
    "seats",
    ("lock", "unlock", "join"),
    act,
    arrive,
    parameters=(
        Parameter("seats", 500, "seats in a category", least=1),
        Parameter("categories", 1, "categories", least=1, most=50),
        Parameter("period", 4.0, "seconds from one storm to the next", least=1),
        EVENT,
    ),
    verdicts=SEATS,
    users=100,
)
