"""The event platform: users and events of a test's own, and the sockets of /realtime."""

import itertools
from dataclasses import dataclass
from typing import Any

from ..mock_process import Mock
from .node import Clients, SocketIO
from .rest import PASSWORD, Rest, session

NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class User:
    """Somebody who has registered. rest: the gateway as this user."""

    id: int
    token: str
    rest: Rest


@dataclass(frozen=True)
class Event:
    """An event. categories: the ids of its ticket categories."""

    id: int
    categories: tuple[int, ...]

    def seats(self, quantity: int = 1, category: int = 0, **changes: Any) -> dict[str, Any]:
        """The body of a lock, a reservation or an order."""
        return {"eventId": self.id, "categoryId": self.categories[category], "quantity": quantity, **changes}


def beat(socket: SocketIO) -> None:
    """A heartbeat and its answer."""
    socket.emit("heartbeat")
    socket.wait("heartbeat-response")


def figures(update: dict[str, Any]) -> tuple[int, int, int]:
    """Available, locked and total seats of an update."""
    return update["availableTickets"], update["lockedTickets"], update["totalTickets"]


class Venue:
    """Both services of a running mock."""

    def __init__(self, mock: Mock, clients: Clients[SocketIO]) -> None:
        self.gateway, self.realtime = mock.base("gateway"), mock.url("realtime")
        self._clients = clients

    def user(self) -> User:
        """A new user."""
        body = {"username": f"guest{next(NUMBERS)}@example.com", "password": PASSWORD}
        answer = Rest(self.gateway).post("/auth/register", body)
        return User(answer["user"]["id"], answer["access_token"], Rest(self.gateway, answer["access_token"]))

    def organizer(self) -> Rest:
        """The gateway as the seeded organizer."""
        answer = session(f"{self.gateway}/auth/login", username="organizer@example.com", password=PASSWORD)
        return Rest(self.gateway, answer["access_token"])

    def event(self, *seats: int) -> Event:
        """A new event with so many seats in each of its categories."""
        categories = [{"categoryName": f"Block {number}", "price": 20.0, "totalSeats": count} for number, count in enumerate(seats, 1)]
        body = {"eventName": "Concert", "eventCategory": "Music", "eventDate": "2031-05-04T18:00:00Z", "ticketCategories": categories}
        row = self.organizer().post("/events", body)
        return Event(row["idEvent"], tuple(category["id"] for category in row["ticketCategories"]))

    def advance(self, seconds: float) -> None:
        """Moves the mock's clock."""
        Rest(self.gateway.removesuffix("/api")).post("/__admin/clock/advance", {"seconds": seconds})

    def free(self, event: Event) -> list[int]:
        """The seats of each category that REST calls available."""
        return [row["availableSeats"] for row in Rest(self.gateway).get(f"/events/{event.id}/tickets")]

    def open(self, query: dict[str, Any], namespace: str = "/realtime", **options: Any) -> SocketIO:
        """A socket with this handshake."""
        return self._clients.open(self.realtime + namespace, {"query": query, **options}, settle=beat)

    def enter(self, user: User, **options: Any) -> SocketIO:
        """A greeted socket of a user, upgraded to websocket unless the options name a transport."""
        socket = self.open({"userId": user.id, "token": user.token}, **options)
        socket.wait("connected" if "transports" in options else "upgrade")
        socket.rest()
        return socket

    def join(self, user: User, *events: Event, **options: Any) -> SocketIO:
        """A socket of a user in the rooms of some events."""
        socket = self.enter(user, **options)
        for event in events:
            socket.emit("join-event-room", {"eventId": event.id, "userId": user.id})
            socket.wait("joined-event-room")
        return socket
