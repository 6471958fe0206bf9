"""How many locks a second: some lock and unlock as quickly as they are answered, while all the others listen."""

import gevent

from load.actor import Actor
from load.parameters import EVENT, Parameter
from load.stories.seat_rush import arrive
from load.story import SEATS, Story


def act(me: Actor) -> None:
    """One lock and its end; or a while of listening."""
    if me.socket is None or not me.socket.is_open:
        arrive(me)
    me.free()
    if me.number >= int(me.parameters["lockers"]):
        gevent.sleep(0.5)
        return
    lock = me.lock(me.number % len(me.stage.stocks))
    if lock is not None:
        me.unlock(lock)


STORY = Story(
    "lock-loop",
    "A few users lock and unlock as quickly as they are answered, and everybody in the room is told: how much that is a second.",
    {
        "connect": "opening a socket until it is greeted",
        "join": "joining the room",
        "lock": "locking one seat",
        "unlock": "giving it up",
        "told": "from asking for a lock until somebody in the room is told of it",
        "lock ack": "from asking for a lock to the acknowledgement, with acks=true",
    },
    "seats",
    ("lock", "unlock", "join"),
    act,
    arrive,
    parameters=(
        Parameter("lockers", 10, "users that lock; the others listen", least=1),
        Parameter("seats", 1000, "seats in a category", least=1),
        Parameter("categories", 2, "categories", least=1, most=50),
        Parameter("acks", False, "whether acknowledgements are asked for, and timed"),
        EVENT,
    ),
    verdicts=SEATS,
    users=50,
)
