"""Things of which there are only so many: one ledger for reservations, locks and sales.

`reserved` is what is reserved or sold. A hold without an end is a reservation and part of `reserved`; one with an end is a
lock and is not, but nobody may take what locks hold. So `free = total - reserved - locked`, and it is never below zero.
Expiry is an instant compared with the world's clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mock_server.state.store import Row, Unit
from understudy.contract.functions import iso, time
from understudy.contract.model import Capacity, Holds


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

    def _holds(self, unit: Unit, row: Row) -> tuple[Holds, Iterable[Row]] | None:
        holds = self.capacity.holds
        return (holds, unit.by(holds.collection, holds.by, row[self.key])) if holds else None

    def locked(self, unit: Unit, row: Row, now: float, user: Any = None) -> int:
        """How much locks hold of a row: everyone's, or one user's."""
        found = self._holds(unit, row)
        if found is None:
            return 0
        holds, rows = found
        return sum(hold[holds.quantity] for hold in rows if self._is_lock(holds, hold, now) and (user is None or hold[holds.user] == user))

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
        found = self._holds(unit, row)
        if found is None:
            return None
        holds, rows = found
        return next((hold for hold in rows if hold[holds.user] == user and hold.get(holds.expires) is None), None)

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
        holds, rows = self._holds(unit, row) or (self.holds, ())
        hold = next((hold for hold in rows if hold[holds.user] == user and self._is_lock(holds, hold, now)), None)
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
