"""Random operations that mostly make sense, drawn from what a model knows."""

from collections.abc import Iterator
from random import Random

from .seats_model import Model, Operation

USERS = (1, 2, 3, 4)
MOST_PEERS = 8
WAITS = (0.5, 0.5, 0.5, 1.0, 1.5, 2.0, 60.0, 299.5, 300.0)
WEIGHTS = {
    "open": 3,
    "close": 2,
    "join": 4,
    "lock": 12,
    "unlock": 5,
    "mine": 2,
    "reserve": 6,
    "release": 4,
    "order": 5,
    "spend": 5,
    "cancel": 4,
    "wait": 6,
    "burst": 1,
}


def operations(model: Model, dice: Random, count: int) -> Iterator[Operation]:
    """So many operations; each is drawn when the one before has been applied to the model."""
    made = 0
    while made < count:
        for operation in _drawn(model, dice):
            made += 1
            yield operation


def _drawn(model: Model, dice: Random) -> list[Operation]:
    verb = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    peers, category, quantity = list(model.users), dice.choice(list(model.categories)), dice.randint(1, 4)
    if verb == "open" or not peers:
        return [("open", f"p{model.number}-{dice.getrandbits(32)}", dice.choice(USERS))] if len(peers) < MOST_PEERS else []
    peer, user = dice.choice(peers), dice.choice(USERS)
    if verb == "burst":
        return [("mine", peer)] * 25
    if verb == "spend":
        return _spending(model, dice)
    if verb == "cancel":
        return [("cancel", user if dice.random() < 0.2 else model.orders[-1].user, len(model.orders) - 1)] if model.orders else []
    rest = {
        "close": (peer,),
        "join": (peer, dice.choice([1, 1, 1, 2, 999])),
        "lock": (peer, dice.choice([category, category, 999]), quantity),
        "unlock": (peer, category),
        "mine": (peer,),
        "reserve": (user, category, quantity),
        "release": (user, category, dice.randint(1, 2)),
        "order": (user, category, quantity),
        "wait": (dice.choice(WAITS),),
    }
    return [(verb, *rest[verb])]


def _spending(model: Model, dice: Random) -> list[Operation]:
    """Mostly a lock's own order; at times by somebody else, of another quantity, or for the second time."""
    if not model.locks:
        return []
    lock = dice.choice(model.locks)
    user = lock.user if dice.random() < 0.8 else dice.choice(USERS)
    quantity = lock.quantity if dice.random() < 0.8 else lock.quantity + 1
    return [("spend", user, lock.number, lock.category, quantity)] * dice.choice([1, 1, 2])
