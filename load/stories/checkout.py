"""People buy: they lock, think, order what they locked, and some think better of it."""

from load.actor import Actor
from load.parameters import EVENT, Parameter
from load.stories.seat_rush import arrive
from load.story import SEATS, Story
from load.world import Lock


def act(me: Actor) -> None:
    """One purchase, as far as it comes."""
    if me.socket is None or not me.socket.is_open:
        arrive(me)
    me.free()
    at, most = me.chance.randrange(len(me.stage.stocks)), int(me.parameters["quantity"])
    lock = me.lock(at, me.chance.randint(1, most))
    if lock is None:
        me.think(float(me.parameters["think"]))
        return
    me.mine()
    if me.chance.random() < float(me.parameters["thieves"]):
        _steal(me)
        me.lock(at)  # one has to be enough: a second is refused
    me.think(float(me.parameters["think"]))
    if me.chance.random() < float(me.parameters["leave"]):
        if me.unlock(lock):
            me.still_held(lock)
    else:
        _buy(me, lock)
    me.free()  # a second one, where it was granted


def _buy(me: Actor, lock: Lock) -> None:
    """Orders what is locked; some cancel, and some of those once more, which gives nothing back."""
    order = me.spend(lock)
    if order is None or me.chance.random() >= float(me.parameters["cancel"]):
        return
    me.think(float(me.parameters["think"]))
    if me.cancel(order) and me.chance.random() < float(me.parameters["thieves"]):
        me.abuse("cancel", order.at, order.quantity, order=order)


def _steal(me: Actor) -> None:
    """Tries to order with the lock of somebody else: if that goes through, its owner is refused, and their verdict is `stolen`."""
    others = [item for item in me.world.offered if item.is_sure and all(item is not own for own in me.locks)]
    if others:
        lock = me.chance.choice(others)
        me.abuse("spend", lock.at, lock.quantity, lock=lock)


STORY = Story(
    "checkout",
    "People lock seats, look at their locks, order them, and some cancel: what was sold and given back must add up.",
    {
        "connect": "opening a socket until it is greeted",
        "join": "joining the room",
        "lock": "locking a few seats",
        "mine": "one's own locks",
        "spend": "the order with the lock",
        "unlock": "giving up before the order",
        "told": "from asking for a lock until somebody in the room is told of it",
        "cancel": "taking the order back",
    },
    "seats",
    ("lock", "unlock", "join", "mine", "spend", "cancel"),
    act,
    arrive,
    parameters=(
        Parameter("seats", 2000, "seats in a category", least=1),
        Parameter("categories", 2, "categories", least=1, most=50),
        Parameter("quantity", 3, "seats that each buys at most", least=1),
        Parameter("think", 0.5, "seconds between steps, more or less", least=0),
        Parameter("leave", 0.1, "share of those who lock that give up", least=0, most=1),
        Parameter("cancel", 0.4, "share of those who order that cancel", least=0, most=1),
        Parameter("thieves", 0.05, "share that try the lock of somebody else, a second lock, or to cancel twice", least=0, most=1),
        EVENT,
    ),
    verdicts=SEATS,
    users=50,
)
