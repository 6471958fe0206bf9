"""What the rulings say of seats, in plain numbers: for each operation over REST or a socket, its answer and who hears what.

It shares nothing with the engine. An operation is a tuple (verb, ...); an outcome is the answer (a status, or a reply's `success`)
and, for each socket, the messages it gets, in order.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

LIFETIME, COMPLETION = 300.0, 2.0
MOST, WINDOW = 20, 1.0
Operation = tuple[Any, ...]
Heard = dict[str, list[Any]]


@dataclass
class Category:
    """Seats of one category: sold ones and reserved ones by user."""

    event: int
    total: int
    sold: int = 0
    reserved: dict[int, int] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """What REST calls available."""
        return self.total - self.sold - sum(self.reserved.values())


@dataclass
class Lock:
    user: int
    category: int
    quantity: int
    end: float
    peer: str
    number: int


@dataclass
class Order:
    user: int
    category: int
    quantity: int
    status: str = "pending"


class Model:
    """The whole state that rulings know, and the outcome of each operation on it."""

    def __init__(self, categories: dict[int, Category]) -> None:
        self.categories = categories
        self.now = 0.0
        self.users: dict[str, int] = {}
        self.rooms: dict[int, dict[str, None]] = {}
        self.sent: dict[str, deque[float]] = {}
        self.locks: list[Lock] = []
        self.orders: list[Order] = []
        self.due: list[tuple[float, int, str, Any]] = []
        self.number = 0
        self.heard: Heard = {}

    def apply(self, operation: Operation) -> tuple[Any, Heard]:
        """The outcome of an operation."""
        self.heard = {}
        answer = getattr(self, f"_{operation[0]}")(*operation[1:])
        return answer, {peer: told for peer, told in self.heard.items() if peer in self.users}

    def held(self, category: int, user: int | None = None) -> int:
        """How many seats locks hold."""
        return sum(lock.quantity for lock in self.locks if lock.category == category and user in (None, lock.user))

    def _tell(self, peer: str, message: Any) -> None:
        self.heard.setdefault(peer, []).append(message)

    def _announce(self, category: int) -> None:
        one, held = self.categories[category], self.held(category)
        for peer in self.rooms.get(one.event, {}):
            self._tell(peer, ("availability-update", one.event, category, one.left - held, held, one.left))

    def _notify(self, user: int, message: str, order: int) -> None:
        for peer, owner in self.users.items():
            if owner == user:
                self._tell(peer, (message, order))

    def _allowed(self, peer: str) -> bool:
        calls = self.sent[peer]
        while calls and calls[0] <= self.now - WINDOW:
            calls.popleft()
        if len(calls) >= MOST:
            return False
        calls.append(self.now)
        return True

    def _later(self, delay: float, kind: str, thing: Any) -> None:
        self.number += 1
        self.due.append((self.now + delay, self.number, kind, thing))

    def _open(self, peer: str, user: int) -> bool:
        self.users[peer], self.sent[peer] = user, deque()
        self._tell(peer, ("connected",))
        return True

    def _close(self, peer: str) -> bool:
        del self.users[peer]
        for members in self.rooms.values():
            members.pop(peer, None)
        for lock in [lock for lock in self.locks if lock.peer == peer]:
            self.locks.remove(lock)
            self._announce(lock.category)
        return True

    def _join(self, peer: str, event: int) -> bool:
        good = self._allowed(peer) and event in {one.event for one in self.categories.values()}
        if good:
            self.rooms.setdefault(event, {})[peer] = None
        self._tell(peer, ("joined-event-room", event) if good else ("error",))
        return good

    def _lock(self, peer: str, category: int, quantity: int) -> bool:
        user, one = self.users[peer], self.categories.get(category)
        good = self._allowed(peer) and one is not None and not self.held(category, user) and quantity <= one.left - self.held(category)
        self._tell(peer, ("lock-tickets-response", good))
        if good:
            self.number += 1
            lock = Lock(user, category, quantity, self.now + LIFETIME, peer, self.number)
            self.locks.append(lock)
            self.due.append((lock.end, self.number, "expire", lock))
            self._announce(category)
        return good

    def _unlock(self, peer: str, category: int) -> bool:
        mine = [lock for lock in self.locks if (lock.user, lock.category) == (self.users[peer], category)]
        good = self._allowed(peer) and bool(mine)
        self._tell(peer, ("unlock-tickets-response", good))
        if good:
            self.locks.remove(mine[0])
            self._announce(category)
        return good

    def _mine(self, peer: str) -> bool:
        good = self._allowed(peer)
        found = tuple((lock.category, lock.quantity) for lock in self.locks if lock.user == self.users[peer])
        self._tell(peer, ("my-locks-response", found) if good else ("error",))
        return good

    def _reserve(self, user: int, category: int, quantity: int) -> int:
        one = self.categories[category]
        if quantity > one.left - self.held(category):
            return 409
        one.reserved[user] = one.reserved.get(user, 0) + quantity
        self._announce(category)
        return 200

    def _release(self, user: int, category: int, quantity: int) -> int:
        one = self.categories[category]
        if quantity > one.reserved.get(user, 0):
            return 409
        one.reserved[user] -= quantity
        self._announce(category)
        return 200

    def _order(self, user: int, category: int, quantity: int) -> int:
        one = self.categories[category]
        own = min(quantity, one.reserved.get(user, 0))
        if quantity - own > 0 and quantity - own > one.left - self.held(category):
            return 409
        one.reserved[user] = one.reserved.get(user, 0) - own
        return self._sold(user, category, quantity)

    def _spend(self, user: int, number: int, category: int, quantity: int) -> int:
        lock = next((lock for lock in self.locks if lock.number == number), None)
        if lock is None or (lock.user, lock.category, lock.quantity) != (user, category, quantity):
            return 409
        self.locks.remove(lock)
        return self._sold(user, category, quantity)

    def _sold(self, user: int, category: int, quantity: int) -> int:
        self.categories[category].sold += quantity
        self.orders.append(Order(user, category, quantity))
        self._later(COMPLETION, "complete", len(self.orders) - 1)
        self._announce(category)
        return 201

    def _cancel(self, user: int, order: int) -> int:
        one = self.orders[order]
        if one.user != user:
            return 404
        if one.status == "cancelled":
            return 409
        one.status = "cancelled"
        self.categories[one.category].sold -= one.quantity
        self._announce(one.category)
        self._notify(user, "order-cancelled", order)
        return 200

    def _wait(self, seconds: float) -> bool:
        until = self.now + seconds
        for at, number, kind, thing in sorted(item for item in self.due if item[0] <= until):
            self.now = at
            self.due.remove((at, number, kind, thing))
            getattr(self, f"_{kind}")(thing)
        self.now = until
        return True

    def _expire(self, lock: Lock) -> None:
        if lock in self.locks:
            self.locks.remove(lock)
            self._announce(lock.category)

    def _complete(self, order: int) -> None:
        if self.orders[order].status == "pending":
            self.orders[order].status = "completed"
            self._notify(self.orders[order].user, "order-completed", order)
