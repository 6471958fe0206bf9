"""uvicorn's HTTP protocol with an end to what one connection may take: bytes of a head, requests that wait, and time.

httptools limits nothing: a request target, a header or a trailer that never ends would be kept to the last byte, and a client that stalls would stay.
What is usual costs next to nothing: a request that comes in one piece is asked for sizes that are known anyway, and sets no timer.
Methods that every request takes name their parent: half the cost of `super()`. This reaches into uvicorn's protocol, so its version is pinned to a minor.
"""

import asyncio
import socket
import struct
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from mock_server.transports.cutting import ABORT
from mock_server.transports.limits import Limits
from mock_server.transports.whole import WholeCycle

LINE, LINES = 8192, 128  # bytes of a line and headers of a handshake: websockets, which reads it again, admits no more
LINGER = 1.0  # seconds in which what a refused client still sends is read, so that its system lets it read the refusal

LEAST = 4096  # bytes of a head below which it need not be weighed
WASTE = 16 << 20  # bytes that are read after the answer


class ExcessError(Exception):
    """A limit is not kept. status: of the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class GuardedProtocol(HttpToolsProtocol):
    """Requests within the limits are uvicorn's affair; others are refused, and their connection ends."""

    limits: ClassVar[Limits] = Limits()
    heading = True  # the head of a request is read, or waited for
    open = False  # a message is not at its end
    chunk = taken = first = 0  # bytes: of this read; since the head began; of the read in which it began
    answers = 0  # of this read's requests that were answered before it was at its end
    silent = wasted = 0  # bytes: without body since the last of it; that were read for nothing
    trailers = done = False  # done: refused, or handed over to another protocol
    excess: ExcessError | None = None
    running: RequestResponseCycle | None = None  # what is being answered; uvicorn's `cycle` may be one that waits
    stalled: asyncio.TimerHandle | None = None  # runs while a message is not whole
    unread: asyncio.TimerHandle | None = None  # runs while the client does not take what it is sent

    def connection_made(self, transport: Any) -> None:
        """Gives a connection its time for a first head."""
        super().connection_made(transport)
        self._await(self.limits.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """The timers end with the connection."""
        self._release()
        self.resume_writing()
        self._drop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what came, and looks at what it leaves half done."""
        self.chunk = len(data)
        if self.done:
            self._waste()
            return
        self.taken += self.chunk
        self.silent += self.chunk
        HttpToolsProtocol.data_received(self, data)
        if self.done:
            return
        if self.open:
            self._look()
        elif self.answers or (self.cycle is not None and not self.cycle.response_complete):
            if self.stalled is not None:
                self._release()
        elif self.stalled is None:  # what came was nothing, such as an empty line
            self._await(self.limits.head)

    def _look(self) -> None:
        """Refuses what is half there and too large already. Else a head gets its time as a whole, a body for each piece."""
        if not self.heading and self.cycle.response_complete:
            self._waste()
        try:
            if self.heading:
                self._weigh(self.taken - self.first > self.limits.headers + self.limits.target)
            elif self.silent > self.limits.headers or self.trailers:
                self._weigh(self.silent > self.limits.headers + self.chunk)
        except ExcessError as excess:
            self.refuse(excess.status, str(excess))
            return
        if not self.heading:
            self._release()
        if self.stalled is None:
            self._await(self.limits.head if self.heading else self.limits.body)

    def _waste(self) -> None:
        """Reads on what nobody wants any more, so that its client reads the answer: but not for ever."""
        self.wasted += self.chunk
        if self.wasted > WASTE:
            self.transport.abort()

    def _weigh(self, endless: bool) -> None:
        """Raises ExcessError for a head over a limit. endless: what the parser still holds is over it too."""
        limits = self.limits
        if len(self.url) > limits.target:
            raise ExcessError(414, f"The request target is longer than {limits.target} bytes.")
        if len(self.headers) > limits.count:
            raise ExcessError(431, f"There are more than {limits.count} headers.")
        if endless or (self.taken > limits.headers and sum(len(name) + len(value) for name, value in self.headers) > limits.headers):
            raise ExcessError(431, f"The headers are larger than {limits.headers} bytes.")

    def on_message_begin(self) -> None:
        """A head begins: with this read, as far as can be told."""
        HttpToolsProtocol.on_message_begin(self)
        self.scope["extensions"] = {ABORT: self.abort}  # type: ignore[dict-item]
        self.heading = self.open = True
        self.trailers = False
        self.taken = self.first = self.chunk

    def on_headers_complete(self) -> None:
        """Weighs the head before anything is done with it."""
        limits = self.limits
        if self.taken > LEAST or len(self.headers) > limits.count or self.pipeline:
            self._judge(limits)
        self.heading = False
        self.silent = 0
        HttpToolsProtocol.on_headers_complete(self)

    def _judge(self, limits: Limits) -> None:
        """Weighs a head that may be over a limit, and keeps what it breaks for the answer."""
        try:
            self._weigh(False)
            if len(self.pipeline) >= limits.waiting:
                raise ExcessError(503, f"More than {limits.waiting} requests wait for their answers.")
        except ExcessError as excess:
            self.excess = excess
            raise

    def on_chunk_header(self) -> None:
        """What comes after the chunks is no header of the request: it is weighed and dropped."""
        if not self.trailers:
            self.trailers, self.headers = True, []

    def on_body(self, body: bytes) -> None:
        """Takes a piece of a body."""
        self.silent = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A message is whole."""
        self.open = False
        HttpToolsProtocol.on_message_complete(self)

    def send_400_response(self, msg: str) -> None:
        """Refuses what the parser does not take, by the limit that it breaks if it is that."""
        excess = self.excess
        self.refuse(excess.status if excess else 400, str(excess or msg))

    def refuse(self, status: int, text: str) -> None:
        """Answers, where nothing else is being answered, and ends the connection; the request at hand is dropped."""
        self.done = True
        self._release()
        if self._drop() or self.transport.is_closing():
            self._end()
            return
        head = [STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in self.server_state.default_headers)]
        body = text.encode("ascii", "replace")
        head.append(b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body))
        self.flow.resume_reading()
        self.transport.write(b"".join(head) + body)
        self.transport.write_eof()
        self.stalled = self.loop.call_later(LINGER, self.transport.abort)

    def abort(self, reset: bool) -> None:
        """Ends the connection in the middle of an answer, as a fault has it. reset: at once, so that the client is told of a reset."""
        self.done = True
        self._release()
        self._drop()
        if not reset:
            self._end()
            return
        own = self.transport.get_extra_info("socket")
        if own is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # what closes then is no end but a reset
        self.transport.abort()

    def _drop(self) -> bool:
        """Drops what is being answered, and what waits; returns whether the client waits for, or has begun to read, another answer."""
        cycle, waiting = self.running, bool(self.pipeline)
        self.pipeline.clear()
        if cycle is None or cycle.response_complete:
            return waiting
        cycle.disconnected, cycle.waiting_for_100_continue = True, False
        cycle.message_event.set()
        return cycle is not self.cycle or cycle.response_started

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        cycle.__class__ = WholeCycle  # uvicorn has no place to name it
        HttpToolsProtocol._start_asgi_task(self, cycle, app)

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection over, unless it is busy or the handshake is more than websockets reads."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.refuse(400, "A handshake can't come while a request is being answered.")
        elif len(self.url) + 24 > LINE:
            self.refuse(414, f"The request line of a handshake is longer than {LINE} bytes.")
        elif len(self.headers) > LINES or any(len(name) + len(value) + 4 > LINE for name, value in self.headers):
            self.refuse(431, f"A handshake has more than {LINES} headers, or one of more than {LINE} bytes.")
        else:
            self.done = True
            self._release()
            super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """Gives the client its time to take something."""
        super().pause_writing()
        if self.unread is None:
            self._expect(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client takes what it is sent."""
        if self.unread is not None:
            self.unread.cancel()
            self.unread = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Closing waits until the client has taken everything: not for ever."""
        HttpToolsProtocol.on_response_complete(self)
        if self.transport.is_closing():
            self._end()

    def timeout_keep_alive_handler(self) -> None:
        """As above."""
        super().timeout_keep_alive_handler()
        self._end()

    def _end(self) -> None:
        self.transport.close()
        if self.unread is None and self.transport.get_write_buffer_size():
            self._expect(self.transport.get_write_buffer_size())

    def _expect(self, pending: int) -> None:
        self.unread = self.loop.call_later(self.limits.write, self._press, pending)

    def _press(self, pending: int) -> None:
        """Cuts off a client that took nothing since it was last looked at."""
        left = self.transport.get_write_buffer_size()
        if left >= pending:
            self.transport.abort()
        else:
            self._expect(left)

    def _await(self, patience: float) -> None:
        self.stalled = self.loop.call_later(patience, self._tire)

    def _tire(self) -> None:
        """Ends what does not come; a connection on which nothing came at all goes without a word."""
        self.stalled = None
        if self.flow.read_paused:  # it is us who do not read
            self._await(self.limits.body)
        elif self.open:
            self.refuse(408, "The request did not come to its end in time.")
        else:
            self._end()

    def _release(self) -> None:
        if self.stalled is not None:
            self.stalled.cancel()
            self.stalled = None
