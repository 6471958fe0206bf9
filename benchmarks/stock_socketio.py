"""The yardstick: seat locks as an ordinary developer would write them with python-socketio, its defaults, on the same uvicorn as the mock.

PORT=3980 python -m benchmarks.stock_socketio
"""

import os
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import socketio
import uvicorn

NAMESPACE = "/realtime"
HOLD = timedelta(minutes=5)

sio = socketio.AsyncServer(async_mode="asgi")
seats = {(1, 1): 75, (1, 2): 500}
locks: dict[tuple[int, int], dict[str, Any]] = {}
held: dict[int, int] = {}


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def announce(event: int, category: int) -> None:
    total, locked = seats[event, category], held.get(category, 0)
    update = {"eventId": event, "categoryId": category, "availableTickets": total - locked, "lockedTickets": locked, "totalTickets": total}
    await sio.emit("availability-update", {**update, "timestamp": iso(datetime.now(UTC))}, room=f"event:{event}", namespace=NAMESPACE)


async def refuse(sid: str, event: str, message: str) -> None:
    await sio.emit(event, {"success": False, "message": message}, to=sid, namespace=NAMESPACE)


@sio.on("connect", namespace=NAMESPACE)
async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
    user = parse_qs(environ["QUERY_STRING"]).get("userId", [""])[0]
    if not user.isdigit():
        raise socketio.exceptions.ConnectionRefusedError("Unauthorized")
    await sio.save_session(sid, {"user": int(user)}, namespace=NAMESPACE)
    await sio.emit("connected", {"success": True, "sessionId": sid, "message": "Connected to realtime service"}, to=sid, namespace=NAMESPACE)


@sio.on("join-event-room", namespace=NAMESPACE)
async def join(sid: str, data: Any) -> None:
    await sio.enter_room(sid, f"event:{data['eventId']}", namespace=NAMESPACE)
    await sio.emit("joined-event-room", {"success": True, "eventId": data["eventId"], "message": "Joined event room"}, to=sid, namespace=NAMESPACE)


@sio.on("lock-tickets", namespace=NAMESPACE)
async def lock(sid: str, data: Any) -> None:
    user = (await sio.get_session(sid, namespace=NAMESPACE))["user"]
    event, category, quantity = data.get("eventId"), data.get("categoryId"), data.get("quantity")
    if (event, category) not in seats or not isinstance(quantity, int) or quantity < 1:
        return await refuse(sid, "lock-tickets-response", "Ticket category not found")
    free = seats[event, category] - held.get(category, 0)
    if (user, category) in locks or quantity > free:
        return await refuse(sid, "lock-tickets-response", "Not enough tickets available")
    held[category] = held.get(category, 0) + quantity
    made = {"lockId": str(uuid.uuid4()), "quantity": quantity, "expiresAt": iso(datetime.now(UTC) + HOLD)}
    locks[user, category] = made
    answer = {"success": True, "lockId": made["lockId"], "expiresAt": made["expiresAt"], "availableTickets": free - quantity}
    await sio.emit("lock-tickets-response", answer, to=sid, namespace=NAMESPACE)
    await announce(event, category)


@sio.on("unlock-tickets", namespace=NAMESPACE)
async def unlock(sid: str, data: Any) -> None:
    user, category = (await sio.get_session(sid, namespace=NAMESPACE))["user"], data.get("categoryId")
    lost = locks.pop((user, category), None)
    if lost is None:
        return await refuse(sid, "unlock-tickets-response", "You have no lock in this category")
    held[category] -= lost["quantity"]
    await sio.emit("unlock-tickets-response", {"success": True}, to=sid, namespace=NAMESPACE)
    await announce(data["eventId"], category)


if __name__ == "__main__":
    config = uvicorn.Config(
        socketio.ASGIApp(sio),
        port=int(os.environ["PORT"]),
        http="httptools",
        ws="websockets-sansio",
        loop="auto",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        backlog=2048,
    )
    uvicorn.Server(config).run()
