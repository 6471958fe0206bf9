"""People who go away with locks in their hands: what they held has to come free."""

import gevent

from load.actor import Actor
from load.clock import now
from load.pace import Start
from load.parameters import EVENT, Parameter
from load.stories.seat_rush import arrive
from load.story import SEATS, Story
from load.world import Lock

LOCKED, BACK, MOVED, LOOKED = 0.4, 0.55, 0.65, 0.8  # of a round: until when people lock and leave, when they come back, when time passes, when it is looked
EARLY = 0.03  # seconds before time passes from which on no lock is counted on


def act(me: Actor) -> None:
    """One round: a lock; then the page is closed, its network is gone, it is given up, or left open until the lock's time is over."""
    if me.socket is None or not me.socket.is_open:
        arrive(me)
    me.free()
    period = float(me.parameters["period"])
    _, at = me.round()
    gevent.sleep(me.chance.random() * LOCKED / 2 * period)
    lock = me.lock(me.chance.randrange(len(me.stage.stocks)), int(me.parameters["quantity"]))
    gevent.sleep(me.chance.random() * LOCKED / 3 * period)
    if lock is not None and now() > at + LOCKED * period:  # the answer was slow: what comes next would meet the moment at which time is moved
        me.unlock(lock)
    elif lock is not None:
        _leave(me, lock, at, period)
    if me.number == 0 and me.can_move_time and float(me.parameters["expire"]):
        Start.sleep_until(at + MOVED * period)
        me.advance(me.stage.hold + 1)


def _leave(me: Actor, lock: Lock, at: float, period: float) -> None:
    drop, close, expire = (float(me.parameters[name]) for name in ("drop", "close", "expire"))
    how = me.chance.random()
    if how < drop + close:
        (me.drop if how < drop else me.depart)()
        _come_back(me, lock, at, period)
    elif how < drop + close + expire and me.can_move_time and me.number:
        _forget(me, lock, at, period)
    else:
        me.unlock(lock)


def _come_back(me: Actor, lock: Lock, at: float, period: float) -> None:
    """Opens the page once more: what was held when it was closed must not be held any longer."""
    moves = me.can_move_time and float(me.parameters["expire"])
    Start.sleep_until(at + (BACK if moves else LOOKED) * period)
    arrive(me)
    me.still_held(lock, at + ((MOVED * period - EARLY) if moves else period * 0.95))


def _forget(me: Actor, lock: Lock, at: float, period: float) -> None:
    """Leaves the page open until the lock's time is over; then it must not be listed any more."""
    lock.until = at + MOVED * period - EARLY
    Start.sleep_until(at + LOOKED * period)
    if lock.ends and me.target_time() > lock.ends:  # the run may end before time is moved
        me.expire(lock)
        me.still_held(lock)
    else:
        me.unlock(lock)


STORY = Story(
    "abandon",
    "People leave with locks in their hands, with a farewell or without: every seat must be free again, and everybody be told.",
    {
        "connect": "opening a socket until it is greeted",
        "join": "joining the room",
        "lock": "locking seats",
        "unlock": "giving them up as one should",
        "told": "from asking for a lock until somebody in the room is told of it",
        "mine": "one's own locks, once their time is over",
    },
    "seats",
    ("lock", "unlock", "join", "mine"),
    act,
    arrive,
    parameters=(
        Parameter("seats", 200, "seats in a category", least=1),
        Parameter("categories", 1, "categories", least=1, most=50),
        Parameter("quantity", 2, "seats that each locks", least=1),
        Parameter("period", 6.0, "seconds from one round to the next; a server has a quarter of it to notice that somebody is gone", least=1),
        Parameter("drop", 0.3, "share that is cut off", least=0, most=1),
        Parameter("close", 0.2, "share that closes the page", least=0, most=1),
        Parameter("expire", 0.3, "share that leaves the page open until its lock is over, where the target's clock can be moved", least=0, most=1),
        EVENT,
    ),
    verdicts=SEATS,
    users=40,
)
