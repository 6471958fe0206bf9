"""Clients of Socket.IO and of raw WebSockets: each notes what comes, with the time, and what was said as a script that a person can run."""

import json
import shlex
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from contract_tests.exchange import Frames
from contract_tests.options import Options
from contract_tests.timing import ticks
from contract_tests.trust import context
from understudy.wire import socketio
from understudy.wire.socketio import Packet, PacketError

__all__ = ["Client", "Handshake", "Heard", "SocketIO", "Unopened", "WebSocket", "client_of"]

LARGEST = 1 << 24  # bytes of a frame that is taken
SHOWN = 600  # characters of a frame that are shown
FAREWELL = 1.0  # seconds that a closing handshake may take
ABNORMAL = 1006
UNREAD = "(unreadable)"
SCHEMES = {"ws": "http", "wss": "https"}
Predicate = Callable[[Any], bool]
Limit = tuple[int, float]  # so many messages in so many seconds


class Unopened(Exception):  # noqa: N818 - it is no error of ours
    """A connection that could not be opened; its text says why. status: of HTTP, 0 where there was no answer; reached: whether anybody is there."""

    def __init__(self, why: str, status: int = 0, reached: bool = True) -> None:
        super().__init__(why)
        self.status, self.reached = status, reached


@dataclass(frozen=True)
class Heard:
    """Something that came. at: ticks; name: of the message; data: its payload, the whole frame of a raw WebSocket; ack: number of an acknowledgement."""

    at: float
    name: str
    data: Any
    ack: int | None = None


@dataclass(frozen=True)
class Handshake:
    """How a connection is opened. url: ws://host:port, perhaps with a prefix; place: path of Engine.IO or of the WebSocket; namespace: None for a raw one."""

    url: str
    place: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    namespace: str | None = None
    auth: Mapping[str, Any] | None = None
    subprotocols: tuple[str, ...] = ()
    tag: str = "type"

    @property
    def uri(self) -> str:
        """The URL of the WebSocket."""
        if self.namespace is not None:
            return f"{self.url}{socketio.handshake_path(self.place, self.query)}"
        return f"{self.url}{self.place}{f'?{urlencode(self.query)}' if self.query else ''}"

    def script(self) -> str:
        """A line that opens it: for Node with socket.io-client, or for wscat."""
        return self._node() if self.namespace is not None else self._wscat()

    def _node(self) -> str:
        parts = urlsplit(self.url)
        origin = urlunsplit((SCHEMES.get(parts.scheme, parts.scheme), parts.netloc, self.namespace or "/", "", ""))
        options: dict[str, Any] = {"transports": ["websocket"]}
        path = f"{parts.path}/{self.place.strip('/')}/"
        options |= {"path": path} if path != socketio.PATH else {}
        options |= {"auth": dict(self.auth)} if self.auth else {}
        options |= {"query": dict(self.query)} if self.query else {}
        options |= {"extraHeaders": dict(self.headers)} if self.headers else {}
        return f'const socket = require("socket.io-client").io({json.dumps(origin)}, {json.dumps(options)})'

    def _wscat(self) -> str:
        headers = "".join(f" -H {shlex.quote(f'{name}: {value}')}" for name, value in self.headers.items())
        protocols = "".join(f" -s {shlex.quote(item)}" for item in self.subprotocols)
        return f"wscat -c {shlex.quote(self.uri)}{headers}{protocols}"


class Client:
    """One connection. refused: what a refused opening was told with, None if it was let in; closed: code and reason, None while it is open."""

    def __init__(self, handshake: Handshake, options: Options, limit: Limit | None = None) -> None:
        self.handshake, self.options, self.limit = handshake, options, limit
        self.heard: list[Heard] = []
        self.lines: list[str] = []
        self.refused: Any = None
        self.closed: tuple[int, str] | None = None
        self.opened_at = ticks()
        self._news = threading.Condition()
        self._sent: deque[float] = deque()
        self._leaving = False
        self._ws: Any = None

    def open(self, seconds: float) -> "Client":
        """Connects. Raises Unopened."""
        given = self.handshake
        try:
            self._ws = connect(
                given.uri, legacy=True, ssl=context(self.options) if given.uri.startswith("wss") else None, additional_headers=dict(given.headers),
                subprotocols=[Subprotocol(item) for item in given.subprotocols] or None, compression=None, proxy=None, open_timeout=seconds,
                ping_interval=None, close_timeout=FAREWELL, max_size=LARGEST, max_queue=None,
            )  # fmt: skip
        except InvalidStatus as error:
            raise Unopened(f"{given.uri} answered {error.response.status_code}", error.response.status_code) from None
        except (OSError, WebSocketException, ValueError, EOFError) as error:
            raise Unopened(f"{given.uri}: {error or type(error).__name__}", reached=not isinstance(error, OSError)) from None
        threading.Thread(target=self._listen, daemon=True).start()
        self._greet(seconds)
        return self

    def _greet(self, seconds: float) -> None:
        """What is said before messages can be; raises Unopened."""

    def _listen(self) -> None:
        with suppress(ConnectionClosed, OSError, EOFError):
            while True:
                text = self._ws.recv()
                self._take(text if isinstance(text, str) else text.decode("utf-8", "replace"))
        code = self._ws.close_code
        self._end(ABNORMAL if code is None else code, self._ws.close_reason or "")

    def _take(self, text: str) -> None:
        raise NotImplementedError

    def _end(self, code: int, reason: str) -> None:
        with self._news:
            if self.closed is None:
                self.closed = (code, reason)
                if not self._leaving:
                    self.lines.append(f"< closed with {code}{f' {reason}' if reason else ''}")
            self._news.notify_all()

    def _note(self, name: str, data: Any, ack: int | None, line: str) -> None:
        with self._news:
            self.heard.append(Heard(ticks(), name, data, ack))
            self.lines.append(f"< {_short(line)}")
            self._news.notify_all()

    def _send(self, text: str, line: str) -> None:
        with self._news:
            self.lines.append(f"> {_short(line)}")
        self._say(text)

    def _say(self, text: str) -> None:
        with suppress(ConnectionClosed, OSError):
            self._ws.send(text)

    def emit(self, name: str, data: Any = None, ack: bool = False) -> int:
        """Sends a message, not faster than the channel allows. Returns the mark from which on answers are looked for."""
        self._pace()
        mark = self.mark()
        self._emit(name, data, ack)
        return mark

    def _emit(self, name: str, data: Any, ack: bool) -> None:
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Sends a text as it is, as one frame."""
        self._send(text, f"(as it is) {text}")

    def _pace(self) -> None:
        if self.limit is None:
            return
        most, window = self.limit
        while self._sent and ticks() - self._sent[0] > window * 1.1:
            self._sent.popleft()
        if len(self._sent) >= most - 1:
            time.sleep(max(0.0, self._sent[0] + window * 1.1 - ticks()))
        self._sent.append(ticks())

    def mark(self) -> int:
        """The place in what came; later things come after it."""
        return len(self.heard)

    def since(self, mark: int, name: str | None = None) -> list[Heard]:
        """What came after a mark."""
        return [item for item in self.heard[mark:] if name is None or item.name == name]

    def wait(self, name: str, predicate: Predicate | None = None, seconds: float = 2.0, since: int = 0) -> Heard | None:
        """The first message of a name after a mark whose payload fits; None if none comes in time."""
        return self.wait_for(lambda item: item.ack is None and item.name == name and (predicate is None or predicate(item.data)), seconds, since)

    def wait_for(self, fits: Callable[[Heard], bool], seconds: float, since: int = 0) -> Heard | None:
        """The first thing after a mark that fits; None if none comes in time, or the connection ends."""
        end, at = ticks() + seconds, since
        with self._news:
            while True:
                for item in self.heard[at:]:
                    if fits(item):
                        return item
                at = max(at, len(self.heard))
                left = end - ticks()
                if left <= 0 or self.closed is not None:
                    return None
                self._news.wait(left)

    def wait_closed(self, seconds: float) -> tuple[int, str] | None:
        """Code and reason once it is closed; None if it stays open so long."""
        end = ticks() + seconds
        with self._news:
            while self.closed is None and (left := end - ticks()) > 0:
                self._news.wait(left)
            return self.closed

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self.closed is None and self.refused is None

    def close(self) -> None:
        """Says farewell and closes."""
        self._leaving = True
        with suppress(ConnectionClosed, OSError, WebSocketException):
            self._ws.close()

    def drop(self) -> None:
        """Cuts the connection without a farewell, as a page does whose network is gone."""
        self._leaving = True
        with suppress(OSError):
            self._ws.close_socket()

    def frames(self, last: int = 30) -> Frames:
        """What was said, as evidence."""
        lines = tuple(self.lines)
        cut = (f"... {len(lines) - last} more lines", *lines[-last:]) if len(lines) > last else lines
        return Frames(self.handshake.script(), cut)


class SocketIO(Client):
    """A namespace of a Socket.IO server, over a WebSocket from the start."""

    disconnected: bool = False

    def _greet(self, seconds: float) -> None:
        self._acks = 0
        end = ticks() + seconds
        with self._news:
            while self.refused is None and not self._in and self.closed is None and (left := end - ticks()) > 0:
                self._news.wait(left)
        if not self._in and self.refused is None:
            self.drop()
            raise Unopened(f"{self.handshake.uri} did not open {self.handshake.namespace}{f': closed with {self.closed[0]}' if self.closed else ' in time'}")

    _in: bool = False

    @property
    def space(self) -> str:
        """The namespace."""
        return self.handshake.namespace or "/"

    def _take(self, text: str) -> None:
        if text[:1] == socketio.PING:
            self._say(socketio.PONG + text[1:])
        elif text[:1] == socketio.OPEN:
            self._say(socketio.encode(Packet(socketio.CONNECT, self.space, dict(self.handshake.auth) if self.handshake.auth else None)))
        elif text[:1] == socketio.MESSAGE:
            self._packet(text)
        elif text[:1] == socketio.CLOSE:
            self._end(ABNORMAL, "the server closed Engine.IO")

    def _packet(self, text: str) -> None:
        try:
            packet = socketio.decode(text)
        except PacketError as error:
            self._note(UNREAD, str(error), None, text)
            return
        if packet.namespace == self.space:
            self.TAKES.get(packet.type, SocketIO._event)(self, packet)

    def _connected(self, _packet: Packet) -> None:
        with self._news:
            self._in = True
            self._news.notify_all()

    def _turned_away(self, packet: Packet) -> None:
        with self._news:
            self.refused = packet.data if packet.data is not None else {}
            self.lines.append(f"< connect_error {json.dumps(packet.data)}")
            self._news.notify_all()

    def _sent_away(self, _packet: Packet) -> None:
        self.disconnected = True
        self._end(1000, "io server disconnect")

    def _event(self, packet: Packet) -> None:
        name, *arguments = packet.data
        data = arguments[0] if arguments else None
        self._note(name, data, None, f"{json.dumps(name)} {json.dumps(data, ensure_ascii=False)}")

    def _acknowledged(self, packet: Packet) -> None:
        data = packet.data[0] if packet.data else None
        self._note("", data, packet.id, f"acknowledgement {packet.id} {json.dumps(packet.data, ensure_ascii=False)}")

    TAKES: ClassVar[Mapping[int, Callable[["SocketIO", Packet], None]]] = {
        socketio.CONNECT: _connected, socketio.CONNECT_ERROR: _turned_away, socketio.DISCONNECT: _sent_away, socketio.ACK: _acknowledged,
    }  # fmt: skip

    def _emit(self, name: str, data: Any, ack: bool) -> None:
        arguments = [] if data is None else [data]
        number = None
        if ack:
            number, self._acks = self._acks, self._acks + 1
        shown = ", ".join(json.dumps(item, ensure_ascii=False) for item in (name, *arguments))
        self._send(socketio.event(self.space, name, *arguments, id=number), f"socket.emit({shown}{', console.log' if ack else ''})")

    def wait_ack(self, seconds: float, since: int = 0) -> Heard | None:
        """The next acknowledgement after a mark."""
        return self.wait_for(lambda item: item.ack is not None, seconds, since)


class WebSocket(Client):
    """A raw WebSocket whose frames are JSON objects."""

    def _take(self, text: str) -> None:
        try:
            data = json.loads(text)
        except ValueError:
            data = None
        name = data.get(self.handshake.tag) if isinstance(data, dict) else None
        self._note(name if isinstance(name, str) else UNREAD, data if data is not None else text, None, text)

    def _emit(self, name: str, data: Any, ack: bool) -> None:
        text = json.dumps(data, ensure_ascii=False)
        self._send(text, text)


def client_of(handshake: Handshake, options: Options, limit: Limit | None = None) -> Client:
    """The client for a handshake, not yet connected."""
    return (WebSocket if handshake.namespace is None else SocketIO)(handshake, options, limit)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"
