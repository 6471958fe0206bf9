"""Raw WebSockets of one service: frames are JSON objects, of which one property names the message."""

import asyncio
from typing import Any

import orjson
from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect

from mock_server.engine.engine import Engine
from mock_server.engine.frames import Frame
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.refusals import said
from mock_server.engine.router import Router
from mock_server.state.rooms import Socket
from mock_server.transports.requests import request_of
from understudy.contract.errors import suggest
from understudy.contract.model import Channel, Service

MOST_WAITING = 10_000  # frames that a client has not taken; one that is slower is cut off
LARGEST = 1 << 20  # bytes of a frame, unless backend.yaml says otherwise (`limits.frame`)
REFUSED = 4000  # a refused opening is closed with this and the HTTP status
LONGEST_REASON = 120  # bytes; the protocol admits 123
TOO_SLOW = 1013
Closing = tuple[int, str]


def add_websockets(app: FastAPI, engine: Engine, service: Service) -> None:
    """Adds the WebSocket endpoints of a service's raw channels."""
    channels = [channel for channel in service.channels if channel.raw]
    if not channels:
        return
    router = Router(("OPEN", channel.address, channel) for channel in channels)

    @app.websocket("/{path:path}")
    async def connect(websocket: WebSocket) -> None:
        request = request_of(websocket.scope)
        match = router.find(request.path) or router.find(f"{request.path}/") or router.find(request.path.rstrip("/"))
        if match is None:
            hint = suggest(request.path, [channel.address for channel in channels])
            await _turn_away(websocket, 404, f"There is no {request.path} here.{hint}")
            return
        channel, names = match.methods["OPEN"]
        path = dict(zip(names, match.values, strict=True))
        await Connection(engine, channel, websocket).run(request, path)


def _subprotocol(websocket: WebSocket) -> str | None:
    """The first subprotocol that a client offers; browsers close where none is chosen."""
    return next(iter(websocket.scope.get("subprotocols") or ()), None)


async def _turn_away(websocket: WebSocket, status: int, why: str) -> None:
    """Accepts and closes: a page can read the code and reason of a closed socket, but not of a refused handshake."""
    await websocket.accept(_subprotocol(websocket))
    await websocket.close(REFUSED + status, _cut(why))


def _cut(reason: str) -> str:
    return reason.encode()[:LONGEST_REASON].decode("utf-8", "ignore")


class Connection:
    """One open WebSocket: a queue of what it is sent, and a loop over what it sends."""

    def __init__(self, engine: Engine, channel: Channel, websocket: WebSocket) -> None:
        self.engine, self.channel, self.websocket = engine, channel, websocket
        self.queue: asyncio.Queue[str | Closing] = asyncio.Queue()
        self.largest = int((engine.contract.settings.get("limits") or {}).get("frame", LARGEST))

    async def run(self, request: Any, path: dict[str, Any]) -> None:
        """Serves the connection to its end."""
        channel = f"{self.channel.service}/{self.channel.id}"
        try:
            world = self.engine.world_of(request)
            identity = world.chance.text(20)
            socket = Socket(identity, channel, self.deliver, self.hang, world.clock.now, world, request, path=path, address=request.address)
            welcome = self.engine.realtime.open(socket, world)
        except Problem as problem:
            await _turn_away(self.websocket, problem.status, str(said(self.engine.runtime, problem)["detail"]))
            return
        reason = "transport close"
        try:
            await self.websocket.accept(_subprotocol(self.websocket))
            writer = asyncio.create_task(self._write())
            welcome()
            reason = await self._listen(socket)
            writer.cancel()
        finally:
            self.engine.realtime.close(socket, world, reason)

    def deliver(self, frame: Frame) -> None:
        """Queues a frame."""
        text = frame.encoded.get("")
        if text is None:
            text = frame.encoded[""] = frame.data.decode()
        if self.queue.qsize() < MOST_WAITING:
            self.queue.put_nowait(text)
        elif self.queue.qsize() == MOST_WAITING:
            self.hang(TOO_SLOW, "Frames are not taken")

    def hang(self, code: int, reason: str) -> None:
        """Has the connection closed after what is queued."""
        self.queue.put_nowait((code, _cut(reason)))

    async def _write(self) -> None:
        take, send = self.queue.get, self.websocket.send_text
        try:
            while isinstance(item := await take(), str):
                await send(item)
            await self.websocket.close(*item)
        except (WebSocketDisconnect, RuntimeError):  # the client is gone; the reader ends the connection
            return

    async def _listen(self, socket: Socket) -> str:
        """Takes frames until the client is gone; returns why it went."""
        realtime = self.engine.realtime
        while True:
            message = await self.websocket.receive()
            if message["type"] == "websocket.disconnect":
                return f"closed with {message.get('code', 1005)} {message.get('reason') or ''}".strip()
            try:
                name, frame = self._read(message)
            except Problem as problem:
                realtime.take(socket, "", None, broken=problem)
            else:
                realtime.take(socket, name, frame, len(message["text"]))

    def _read(self, message: Any) -> tuple[str, Any]:
        """The message of a frame; raises Problem for what is none."""
        text, tag = message.get("text"), self.channel.tag
        if text is None:
            raise Problem(415, "media", name="text frames")
        size = len(text) if len(text) > self.largest or len(text) * 4 < self.largest else len(text.encode("utf-8", "replace"))
        if size > self.largest:
            raise Problem(413, "size", name=str(self.largest), violations=(Violation("/body", "size", "The frame is too large", self.largest, size),))
        try:
            frame = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise Problem(400, None, f"The frame is no JSON: {error}", rule="syntax") from None
        if not isinstance(frame, dict) or not isinstance(frame.get(tag), str):
            raise Problem(400, None, f"A frame is an object whose '{tag}' names the message", field=tag, rule="required")
        return frame[tag], frame
