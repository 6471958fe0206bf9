"""Things of which there are only so many: one ledger for reservations, locks and sales.

`reserved` is what is reserved or sold. A hold without an end is a reservation and part of `reserved`; one with an end is a
lock and is not, but nobody may take what locks hold. So `free = total - reserved - locked`, and it is never below zero.
Expiry is an instant compared with the world's clock.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mock_server.state.indexes import Computed, is_plain, plain
from mock_server.state.selection import Selection
from mock_server.state.store import Row, Unit
from understudy.contract.functions import iso, time
from understudy.contract.model import Capacity, Holds

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


class CapacityError(Exception):
    """More was asked than there is; its text says how much is left."""


class HoldError(Exception):
    """A lock or reservation that is not there, not the caller's, of another quantity, expired or spent."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one collection. key: the collection's key field."""

    collection: str
    key: str
    capacity: Capacity

    @property
    def holds(self) -> Holds:
        """How it is held; raises HoldError where nothing is declared."""
        if self.capacity.holds is None:
            raise HoldError(f"Nothing of {self.collection} can be held: its capacity declares no holds")
        return self.capacity.holds

    def is_over(self, hold: Row, now: float) -> bool:
        """Whether a hold was a lock that has ended."""
        return hold.get(self.holds.expires) is not None and not self._is_lock(self.holds, hold, now)

    def _of_user(self, unit: Unit, row: Row, user: Any) -> Iterable[Row]:
        """What a user holds of a row."""
        holds = self.capacity.holds
        if holds is None:
            return ()
        found = unit.few(holds.collection, holds.by, row[self.key])
        if found is None and is_plain(user) and is_plain(row[self.key]):
            return unit.matching(holds.collection, {holds.by: row[self.key], holds.user: user})
        found = unit.by(holds.collection, holds.by, row[self.key]) if found is None else found
        return [hold for hold in found if hold[holds.user] == user]

    def locked(self, unit: Unit, row: Row, now: float, user: Any = None) -> int:
        """How much locks hold of a row: everyone's, or one user's."""
        holds = self.capacity.holds
        if holds is None:
            return 0
        if user is not None:
            return sum(hold[holds.quantity] for hold in self._of_user(unit, row, user) if self._is_lock(holds, hold, now))
        found = unit.few(holds.collection, holds.by, row[self.key])
        if found is None:
            known = self._tallied(unit, holds, row[self.key], now)
            if known is not None:
                return known
            found = unit.by(holds.collection, holds.by, row[self.key])
        return sum(hold[holds.quantity] for hold in found if self._is_lock(holds, hold, now)) if found else 0

    def _tallied(self, unit: Unit, holds: Holds, key: Any, now: float) -> int | None:
        """The same for everyone, of a running sum: without those at its beginning whose time is over, and with what the call itself has done."""
        regular, others = (unit.tally(holds.collection, ((holds.by, key), (_end(holds.expires), kind)), holds.quantity, (holds.expires,)) for kind in (1, 2))
        if regular is None or others is None:
            return None
        total = regular.total
        for hold in _one_by_one(regular.rows):
            if self._is_lock(holds, hold, now):
                break
            total -= hold[holds.quantity]
        total += sum(hold[holds.quantity] for hold in others.rows.rows() if self._is_lock(holds, hold, now))
        for before, after in unit.pending(holds.collection):
            total += sum(sign * hold[holds.quantity] for sign, hold in ((-1, before), (1, after)) if hold and self._counts(holds, hold, key, now))
        return int(total)

    def _counts(self, holds: Holds, hold: Row, key: Any, now: float) -> bool:
        return plain(hold.get(holds.by)) == plain(key) and self._is_lock(holds, hold, now)

    def _is_lock(self, holds: Holds, hold: Row, now: float) -> bool:
        end = hold.get(holds.expires)
        return end is not None and (time(end) or 0) > now

    def free(self, unit: Unit, row: Row, now: float) -> int:
        """How much anyone may still take."""
        return int(row[self.capacity.total] - row[self.capacity.reserved] - self.locked(unit, row, now))

    def take(self, unit: Unit, row: Row, quantity: int, now: float) -> Row:
        """Takes what is free; raises CapacityError."""
        free = self.free(unit, row, now)
        if quantity > free:
            raise CapacityError(f"Only {max(free, 0)} left")
        return self._move(unit, row, quantity)

    def give(self, unit: Unit, row: Row, quantity: int) -> Row:
        """Gives back; never below zero."""
        return self._move(unit, row, -quantity)

    def _move(self, unit: Unit, row: Row, quantity: int) -> Row:
        reserved = max(0, row[self.capacity.reserved] + quantity)
        return unit.put(self.collection, row[self.key], {**row, self.capacity.reserved: reserved})

    def _reservation(self, unit: Unit, row: Row, user: Any) -> Row | None:
        holds = self.capacity.holds
        return next((hold for hold in self._of_user(unit, row, user) if holds and hold.get(holds.expires) is None), None)

    def reserve(self, unit: Unit, row: Row, quantity: int, user: Any, now: float, new: Row) -> Row:
        """Takes and holds for a user, without end. new: key and further fields of a new hold."""
        holds = self.holds
        row = self.take(unit, row, quantity, now)
        hold = self._reservation(unit, row, user)
        if hold is None:
            hold = {**new, holds.by: row[self.key], holds.user: user, holds.quantity: 0, holds.expires: None}
        unit.put(holds.collection, hold["id"], {**hold, holds.quantity: hold[holds.quantity] + quantity})
        return row

    def release(self, unit: Unit, row: Row, quantity: int, user: Any) -> Row:
        """Gives back what a user's reservation holds; raises HoldError for more."""
        held = self._use(unit, row, quantity, user, partly=False)
        return self.give(unit, row, held)

    def buy(self, unit: Unit, row: Row, quantity: int, user: Any, now: float) -> Row:
        """Takes for a sale: the user's own reservation first, then what is free."""
        used = self._use(unit, row, quantity, user, partly=True)
        return self.take(unit, row, quantity - used, now) if quantity > used else row

    def _use(self, unit: Unit, row: Row, quantity: int, user: Any, partly: bool) -> int:
        holds, hold = self.holds, self._reservation(unit, row, user)
        have = hold[holds.quantity] if hold else 0
        if quantity > have and not partly:
            raise HoldError(f"Only {have} reserved")
        used: int = min(quantity, have)
        if hold and used == have:
            unit.remove(holds.collection, hold["id"])
        elif hold and used:
            unit.put(holds.collection, hold["id"], {**hold, holds.quantity: have - used})
        return used

    def lock(self, unit: Unit, row: Row, quantity: int, user: Any, now: float, end: float, new: Row) -> Row:
        """Holds for a user until an instant; raises CapacityError, or HoldError if the user has a lock on it already. new: key and further fields."""
        holds = self.holds
        if self.locked(unit, row, now, user):
            raise HoldError("Already locked")
        free = self.free(unit, row, now)
        if quantity > free:
            raise CapacityError(f"Only {max(free, 0)} left")
        hold = {**new, holds.by: row[self.key], holds.user: user, holds.quantity: quantity, holds.expires: iso(end)}
        return unit.put(holds.collection, new["id"], hold)

    def unlock(self, unit: Unit, row: Row, user: Any, now: float) -> Row:
        """Frees the whole lock that a user has on a row, and returns it; raises HoldError if there is none."""
        holds = self.holds
        hold = next((hold for hold in self._of_user(unit, row, user) if self._is_lock(holds, hold, now)), None)
        if hold is None:
            raise HoldError("Nothing is locked")
        unit.remove(holds.collection, hold["id"])
        return hold

    def spend(self, unit: Unit, row: Row, quantity: int, user: Any, lock: Any, now: float) -> Row:
        """Turns a lock into a sale, once; raises HoldError unless it is the user's, of this row and quantity, and not expired."""
        holds = self.holds
        hold = unit.get(holds.collection, lock)
        if hold is None or hold[holds.user] != user or hold[holds.by] != row[self.key] or not self._is_lock(holds, hold, now):
            raise HoldError("The lock is not yours, or has expired or been used")
        if hold[holds.quantity] != quantity:
            raise HoldError(f"The lock holds {hold[holds.quantity]}")
        unit.remove(holds.collection, lock)
        return self._move(unit, row, quantity)


@lru_cache(maxsize=256)
def _end(field: str) -> Computed:
    """What kind of end a hold has: 0 none, 1 an instant as we write it, whose text is in the order of time, 2 another."""
    return Computed(frozenset([field]), lambda row: _kind(row.get(field)))


def _kind(end: Any) -> int:
    if end is None:
        return 0
    return 1 if isinstance(end, str) and _WRITTEN.fullmatch(end) and time(end) is not None else 2


def _one_by_one(rows: Selection) -> Iterator[Row]:
    return (row for number in range(len(rows)) for row in rows.rows(number, number + 1))
