"""uvicorn's WebSocket protocol, but for two things: what is sent in one turn of the event loop is written together, and a hostile client ends.

uvloop hands each write to the kernel at once, so ten messages to a room are ten system calls per recipient; gathered they are one
(2.6 times the lock round trips of a stock server instead of 1.4, benchmarks/RESULTS.md). uvicorn, engineio and socketio stay as they are:
websockets' `ServerProtocol` keeps what is to be sent until it is asked for. This reaches into uvicorn's protocol, so its version is pinned to a minor.
"""

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

MOST_FRAGMENTS = 10_000  # of one message
MOST_UNREAD = 1 << 20  # bytes of pongs


class GatheringProtocol(WebSocketsSansIOProtocol):
    """Messages of an open connection leave together; all else is uvicorn's own."""

    gathering = False
    ending: TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The timer ends with the connection."""
        if self.ending is not None:
            self.ending.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads frames. A handshake that websockets does not take is answered with what it says of it: uvicorn would leave it open."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            self.flush()
            self.close_sent = self.handshake_complete = True
            self.transport.close()

    def handle_cont(self, event: Any) -> None:
        """A message has so many fragments at most: empty ones add nothing to its size, which is all that websockets looks at."""
        if len(self.frames) >= MOST_FRAGMENTS:
            self.conn.fail(1009, f"more than {MOST_FRAGMENTS} fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Hands a message over. A text that is none ends the connection without a word in the log, where uvicorn leaves a traceback."""
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "text":
            try:
                self.queue.put_nowait({"type": "websocket.receive", "text": data.decode()})
            except UnicodeDecodeError:
                self.conn.fail(1007, "invalid UTF-8")
                self.handle_parser_exception()
                return
        else:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": data})
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def handle_ping(self) -> None:
        """Answers a ping; who does not take the answers is cut off, for nothing else holds them back."""
        super().handle_ping()
        if self.transport.get_write_buffer_size() > MOST_UNREAD:
            self.transport.abort()

    def keepalive_timeout(self) -> None:
        """Closes; who is silent may also never take what is still to be written, and closing would wait for that."""
        super().keepalive_timeout()
        self._end()

    def handle_parser_exception(self) -> None:
        """As above."""
        super().handle_parser_exception()
        self._end()

    def handle_close(self, event: Any) -> None:
        """As above."""
        super().handle_close(event)
        self._end()

    def _end(self) -> None:
        if self.ending is None and self.transport.is_closing():
            self.ending = self.loop.call_later(self.close_timeout, self.transport.abort)

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
