"""The four requests that every HTTP server is asked, of the event platform's gateway."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import ask

SEATS = 50_000_000  # no run sells them out
BROKEN = {"eventId": "x", "categoryId": 1, "quantity": 0}


@dataclass(frozen=True, slots=True)
class Request:
    """good: the statuses that count as an answer to it; bare: its path at the yardstick, which can't tell bodies apart (of the same length)."""

    name: str
    path: str
    good: tuple[int, ...]
    body: str = ""
    bare: str = ""


REQUESTS = (
    Request("by id", "/events/1", (200,)),
    Request("list", "/events", (200,)),
    Request("invalid", "/orders", (400, 422), "broken", "/refuse"),
    Request("create", "/orders", (201,), "order"),  # the last, as orders go on by themselves two seconds later
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a server is sent: bodies by name, and a token that a user signed in for."""

    bodies: Mapping[str, Any]
    token: str


def prepare(port: int) -> Prepared:
    """Signs in at a mock and makes an event that can't be sold out."""
    event = {
        "eventName": "Rush",
        "eventCategory": "Music",
        "eventDate": "2030-01-01T18:00:00Z",
        "ticketCategories": [{"categoryName": "All", "price": 10.5, "totalSeats": SEATS}],
    }
    made = sent(port, "/api/events", event, login(port, "organizer@example.com"))
    order = {"eventId": made["idEvent"], "categoryId": made["ticketCategories"][0]["id"], "quantity": 1, "notes": "front row"}
    return Prepared({"order": order, "broken": BROKEN}, login(port, "user@example.com"))


def login(port: int, name: str) -> str:
    """The token of a demo account."""
    return str(sent(port, "/api/auth/login", {"username": name, "password": "password123"})["access_token"])


def sent(port: int, path: str, body: Any, token: str = "") -> Any:
    """The answer to a request that has to succeed."""
    answer = ask(port, path, body, token)
    if answer.status >= 300:
        raise SystemExit(f"{path} on {port} is answered with {answer.status}: {answer.body.decode(errors='replace')[:300]}")
    return json.loads(answer.body)
