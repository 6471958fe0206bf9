"""uvicorn's WebSocket protocol, but for one thing: what is sent in one turn of the event loop is written together.

uvloop hands each write to the kernel at once, so ten messages to a room are ten system calls per recipient; gathered they are one
(2.6 times the lock round trips of a stock server instead of 1.4, benchmarks/RESULTS.md). uvicorn, engineio and socketio stay as they are:
websockets' `ServerProtocol` keeps what is to be sent until it is asked for. This reaches into uvicorn's protocol, so its version is pinned to a minor.
"""

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState


class GatheringProtocol(WebSocketsSansIOProtocol):
    """Messages of an open connection leave together; all else is uvicorn's own."""

    gathering = False

    async def run_asgi(self) -> None:
        """Runs the application; one that returns without closing has its last messages written before uvicorn closes."""
        app = self.app

        async def whole(scope: Any, receive: Any, send: Any) -> Any:
            try:
                return await app(scope, receive, send)
            finally:
                self.flush()

        self.app = whole
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Takes what the application sends; a message waits for the end of the turn."""
        if message["type"] != "websocket.send" or not self.handshake_complete or self.close_sent or self.initial_response is not None:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected:
            raise ClientDisconnected
        try:
            if message.get("bytes") is not None:
                self.conn.send_binary(message["bytes"])
            else:
                self.conn.send_text(message["text"].encode())
        except InvalidState:
            raise ClientDisconnected from None
        if not self.gathering:
            self.gathering = True
            self.loop.call_soon(self.flush)

    def flush(self) -> None:
        """Writes what was gathered. A pong or a close that is written earlier takes it along, so the order stays."""
        self.gathering = False
        output = self.conn.data_to_send()
        if output and not self.transport.is_closing():
            self.transport.write(b"".join(output))
