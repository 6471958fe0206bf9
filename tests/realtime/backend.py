"""The event platform as the operations of the model drive it."""

from abc import ABC, abstractmethod
from random import Random
from typing import Any

from .operations import operations
from .seats_model import Category, Model, Operation

EVENTS = {1: 1, 2: 1}  # category -> event; one more of event 2 is added
LOGINS = {1: "user@example.com", 2: "organizer@example.com", 3: "second@example.com", 4: "organizer2@example.com"}
SEATS = {1: 9, 2: 5, 3: 4}


class Backend(ABC):
    """The event platform, driven by the operations of the model; how it is reached is for subclasses."""

    def __init__(self) -> None:
        self.locks: dict[int, str] = {}
        self.orders: list[int] = []

    def event(self, category: int) -> int:
        return EVENTS.get(category, 2)

    def apply(self, operation: Operation, number: int) -> tuple[Any, dict[str, list[Any]]]:
        """Does an operation. number: the model's number of the lock, if one was made."""
        answer = getattr(self, operation[0])(*operation[1:])
        if operation[0] == "lock" and answer["success"]:
            self.locks[number] = answer["lockId"]
        heard = {peer: [self.short(*item) for item in told] for peer, told in self.taken().items()}
        return self.verdict(answer), {peer: told for peer, told in heard.items() if told}

    @abstractmethod
    def open(self, peer: str, user: int) -> bool:
        """Opens a socket."""

    @abstractmethod
    def close(self, peer: str) -> bool:
        """Closes a socket."""

    @abstractmethod
    def send(self, peer: str, name: str, data: Any = None) -> Any:
        """Sends a message; what its acknowledgement carries."""

    @abstractmethod
    def taken(self) -> dict[str, list[tuple[str, Any]]]:
        """What each socket got since the last time: all of it."""

    @abstractmethod
    def request(self, method: str, path: str, user: int | None = None, body: Any = None) -> tuple[int, Any]:
        """A request of a user: status and body."""

    @abstractmethod
    def wait(self, seconds: float) -> bool:
        """Lets time pass."""

    def verdict(self, answer: Any) -> Any:
        return bool(answer.get("success", "message" not in answer)) if isinstance(answer, dict) else answer

    def short(self, name: str, data: Any) -> Any:
        if name == "availability-update":
            return (name, *(data[field] for field in ("eventId", "categoryId", "availableTickets", "lockedTickets", "totalTickets")))
        if name in ("order-completed", "order-cancelled"):
            return name, self.orders.index(data["orderId"])
        if name == "my-locks-response":
            return name, tuple((lock["categoryId"], lock["quantity"]) for lock in data["locks"])
        if name.endswith("-response"):
            return name, data["success"]
        return (name, data["eventId"]) if name == "joined-event-room" else (name,)

    def join(self, peer: str, event: int) -> Any:
        return self.send(peer, "join-event-room", {"eventId": event})

    def lock(self, peer: str, category: int, quantity: int) -> Any:
        return self.send(peer, "lock-tickets", {"eventId": self.event(category), "categoryId": category, "quantity": quantity})

    def unlock(self, peer: str, category: int) -> Any:
        return self.send(peer, "unlock-tickets", {"eventId": self.event(category), "categoryId": category})

    def mine(self, peer: str) -> Any:
        return self.send(peer, "get-my-locks")

    def post(self, path: str, user: int, body: Any = None) -> Any:
        status, answer = self.request("POST", f"/api/{path}", user, body)
        if status == 201:
            self.orders.append(answer["id"])
        return status

    def wish(self, category: int, quantity: int, **more: Any) -> dict[str, Any]:
        return {"eventId": self.event(category), "categoryId": category, "quantity": quantity, **more}

    def reserve(self, user: int, category: int, quantity: int) -> Any:
        return self.post("events/tickets/reserve", user, self.wish(category, quantity))

    def release(self, user: int, category: int, quantity: int) -> Any:
        return self.post("events/tickets/release", user, {"categoryId": category, "quantity": quantity})

    def order(self, user: int, category: int, quantity: int) -> Any:
        return self.post("orders", user, self.wish(category, quantity))

    def spend(self, user: int, number: int, category: int, quantity: int) -> Any:
        return self.post("orders/with-lock", user, self.wish(category, quantity, lockId=self.locks[number]))

    def cancel(self, user: int, order: int) -> Any:
        return self.post(f"orders/{self.orders[order]}/cancel", user)

    def left(self) -> dict[int, int]:
        """The seats that REST shows as available."""
        found = [row for event in (1, 2) for row in self.request("GET", f"/api/events/{event}/tickets")[1]]
        return {row["id"]: row["availableSeats"] for row in found if row["id"] in SEATS}


def compare(backend: Backend, seed: int, count: int) -> None:
    """Does random operations with a backend and the model, and demands that both say and show the same at each step."""
    model = Model({category: Category(backend.event(category), seats) for category, seats in SEATS.items()})
    for step, operation in enumerate(operations(model, Random(seed), count)):
        expected = model.apply(operation)
        assert backend.apply(operation, model.number) == expected, f"step {step}: {operation}"
        assert backend.left() == {key: one.left for key, one in model.categories.items()}, f"step {step}: {operation}"
        assert all(one.left - model.held(key) >= 0 for key, one in model.categories.items())
