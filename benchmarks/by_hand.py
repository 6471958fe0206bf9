"""What a create may cost at all: the bare application with one order written by hand, in the least that keeps rows, seats, completions and a log.

It does what specs/eventplatform declares of an order: schema, look-ups, conditions, seats, row, answer, and two seconds later its completion.
It knows one token, event and category as they are first named; there are no indexes, worlds, faults or sockets, and no refusals with reasons.
"""

import os
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import orjson

from benchmarks import bare

SEATS = 50_000_000
DELAY = 2.0  # seconds until an order is completed
LINES = 10_000
ID = {"type": "integer", "minimum": 1, "maximum": 2147483647}
SCHEMA = {
    "type": "object",
    "required": ["eventId", "categoryId", "quantity"],
    "properties": {
        "eventId": ID,
        "categoryId": ID,
        "quantity": {"type": "integer", "minimum": 1, "maximum": 100},
        "notes": {"type": "string", "maxLength": 500},
    },
}
VALID = jsonschema_rs.validator_for(SCHEMA)
Row = dict[str, Any]


@dataclass
class Shop:
    """The state of one shop. due: instants and keys of orders to complete."""

    users: dict[str, Row] = field(default_factory=dict)
    events: dict[int, Row] = field(default_factory=dict)
    categories: dict[int, Row] = field(default_factory=dict)
    orders: dict[int, Row] = field(default_factory=dict)
    due: deque[tuple[float, int]] = field(default_factory=deque)
    log: deque[Any] = field(default_factory=lambda: deque(maxlen=LINES))

    def order(self, headers: dict[bytes, bytes], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to an order."""
        now = time.time()
        self.complete(now)
        token = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
        user = self.users.setdefault(token, {"id": 1, "isActive": True}) if token else None
        if user is None or not user["isActive"]:
            return 401, b"{}"
        given = orjson.loads(body)
        if not VALID.is_valid(given):
            return 400, b"{}"
        event = self.events.setdefault(given["eventId"], {"id": given["eventId"], "eventName": "Rush", "isActive": True})
        category = self.categories.setdefault(given["categoryId"], _category(given["categoryId"], given["eventId"]))
        if category["eventId"] != event["id"]:
            return 404, b"{}"
        left = category["totalSeats"] - category["reservedSeats"]
        if not event["isActive"] or not category["isActive"] or given["quantity"] > left:
            return 409, b"{}"
        return 201, orjson.dumps(self._sell(user, event, category, given, now))

    def _sell(self, user: Row, event: Row, category: Row, given: Row, now: float) -> Row:
        key, quantity, at = len(self.orders) + 1, given["quantity"], written(now)
        self.categories[category["id"]] = {**category, "reservedSeats": category["reservedSeats"] + quantity}
        self.orders[key] = row = {
            "id": key, "userId": user["id"], "eventId": event["id"], "categoryId": category["id"], "quantity": quantity, "unitPrice": category["price"],
            "totalPrice": round(category["price"] * quantity, 2), "status": "pending", "eventName": event["eventName"],
            "categoryName": category["categoryName"], "notes": given.get("notes"), "createdAt": at, "updatedAt": at,
        }  # fmt: skip
        self.due.append((now + DELAY, key))
        return row

    def complete(self, now: float) -> None:
        """Completes what is due."""
        while self.due and self.due[0][0] <= now:
            _, key = self.due.popleft()
            if self.orders[key]["status"] == "pending":
                self.orders[key] = {**self.orders[key], "status": "completed", "updatedAt": written(now)}


def _category(key: int, event: int) -> Row:
    return {"id": key, "eventId": event, "categoryName": "All", "price": 10.5, "totalSeats": SEATS, "reservedSeats": 0, "isActive": True}


def written(instant: float) -> str:
    """An instant as the mock writes it."""
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


SHOP = Shop()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers orders, and all else as the bare application does."""
    if scope["type"] == "lifespan" or scope["path"] != "/api/orders":
        await bare.app(scope, receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body")
    headers = dict(scope["headers"])
    status, answer = SHOP.order(headers, body)
    SHOP.log.append((time.time(), scope["path"], headers, body, status, answer))
    await send({"type": "http.response.start", "status": status, "headers": [*bare.HEADERS, (b"content-length", b"%d" % len(answer))]})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    bare.serve(app, int(os.environ["PORT"]))
