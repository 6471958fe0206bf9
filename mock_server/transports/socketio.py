"""Socket.IO of one service: python-socketio speaks the protocol, the engine says what happens.

python-socketio's own dispatch would take an event named `connect` for a connection, and its emit makes a task per recipient;
so events are dispatched here, and frames go straight into the queues of engineio's sockets, encoded once for a namespace.
That reaches into both libraries: their versions are pinned to a minor, and tests compare with the stock server what clients get.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import orjson
import socketio
from engineio import packet as engine_packet
from engineio.payload import Payload
from socketio.exceptions import ConnectionRefusedError as Refused

from mock_server.engine.call import Request
from mock_server.engine.engine import Engine
from mock_server.engine.frames import Frame
from mock_server.engine.problem import Problem
from mock_server.engine.realtime import RESTART
from mock_server.engine.refusals import said
from mock_server.engine.validation import parse_query
from mock_server.state.rooms import Socket
from mock_server.transports.requests import request_of
from understudy.contract.model import Channel, Service

log = logging.getLogger("understudy")
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
MOST_WAITING = 10_000  # frames that a client has not taken; one that is slower is cut off
PAUSE = 0.05  # seconds before a socket is sent away: python-socketio's client misses a farewell that comes with its welcome
MOST_PACKETS = 1000  # of one request of polling; engineio's own 16 is less than a browser may have gathered before it is connected
MOST_ATTACHMENTS = 10  # of one message, as Node's parser has it
TYPES = "0123456"  # of Engine.IO's packets
SENT = "1345"  # of those that polling sends: close, pong, message, upgrade
SEPARATOR = "\x1e"
POLLING = "Several processes serve this backend, and the next request of a poll may come to another one. Set transports: ['websocket'] in the client."
LARGEST = 1_000_000  # bytes of a message, as Node's server has it

Payload.max_decode_packets = MOST_PACKETS


class OrJson:
    """python-socketio's JSON, by orjson."""

    @staticmethod
    def dumps(value: Any, **_options: Any) -> str:
        """The text of a value."""
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str, **_options: Any) -> Any:
        """The value of a text."""
        return orjson.loads(text)


class Ready(engine_packet.Packet):  # type: ignore[misc]
    """An Engine.IO message whose text is known."""

    def __init__(self, text: str) -> None:
        super().__init__(engine_packet.MESSAGE, text)
        self.text = f"4{text}"

    def encode(self, b64: bool = False) -> str:
        """The packet as it goes over the wire, the same for polling and WebSocket."""
        return self.text


class SocketIO(socketio.AsyncServer):  # type: ignore[misc]
    """The Socket.IO server of one service. Its channels are its namespaces."""

    def __init__(self, engine: Engine, service: Service) -> None:
        self.refresh(service)
        options = next(iter(self.channels.values())).socketio
        super().__init__(
            async_mode="asgi", json=OrJson, namespaces="*", async_handlers=False, cors_allowed_origins=[], max_http_buffer_size=LARGEST,
            transports=list(options["transports"]),
        )  # fmt: skip
        self.engine, self.path = engine, f"/{str(options['path']).strip('/')}"
        self.open_sockets: dict[tuple[str, str], Socket] = {}
        self._size = 0  # of the packet at hand
        self._then: dict[tuple[str, str], Callable[[], Any]] = {}

    def refresh(self, service: Service) -> None:
        """Takes over the namespaces of a service; path and transports stay as they were at start."""
        self.channels = {_namespace(channel): channel for channel in service.channels if not channel.raw}

    async def handle_request(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answers a handshake, a poll or what polling sends; serves a WebSocket to its end. A poll whose client goes away ends its connection at once."""
        if scope["type"] != "http":
            await super().handle_request(scope, _packets(receive), send)
            return
        if self.engine.runtime.shared:
            await _refused(send, POLLING)
            return
        scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"upgrade"]}  # it is no WebSocket, whatever engineio reads there
        request = await receive()
        if scope["method"] != "GET":
            if scope["method"] != "POST" or await self._takes(scope, request["body"]):
                await self._asked(scope, request, send)
            else:
                await _refused(send)
            return
        answer = asyncio.ensure_future(self._asked(scope, request, send))
        gone = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                await self._lose(scope)
            await answer
        finally:
            gone.cancel()
            answer.cancel()

    async def _takes(self, scope: Any, body: bytes) -> bool:
        """Whether what polling sends can be taken: engineio leaves a traceback where not. A payload that is none ends its connection, as Node's server does."""
        if not is_payload(body):
            await self._lose(scope)
            return False
        return True

    async def _asked(self, scope: Any, request: Any, send: Send) -> None:
        """Has engineio answer. It fails over a session that the mock closed, also in the moment in which it is asked for it."""
        try:
            await super().handle_request(scope, partial(asyncio.sleep, 0, request), send)
        except KeyError:
            await _refused(send)

    def _connection(self, scope: Any) -> Any:
        return self.eio.sockets.get(next(iter(parse_query(scope["query_string"]).get("sid", ())), ""))

    async def _lose(self, scope: Any) -> None:
        """Closes the connection of a poll that nobody waits for any more, as Node's server does; one that has been upgraded needs no polls."""
        connection = self._connection(scope)
        if connection is not None and not connection.upgraded:
            await connection.close(wait=False, abort=True, reason=self.reason.TRANSPORT_CLOSE)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        """A poll that is still open is answered: engineio would leave it to its timeout."""
        connection = self.eio.sockets.get(eio_sid)
        if connection is not None:
            connection.queue.put_nowait(engine_packet.Packet(engine_packet.NOOP))
        await super()._handle_eio_disconnect(eio_sid, reason)

    def admits(self, path: str) -> bool:
        """Whether a path, without the service's root, is Socket.IO's."""
        return path == self.path or path.startswith(f"{self.path}/")

    async def _trigger_event(self, event: str, namespace: str, *args: Any) -> Any:
        """Only ever asked for openings and closings; messages go to `_handle_event`."""
        if event == "connect":
            return self._opened(namespace, *args)
        sid, reason = args
        socket = self.open_sockets.pop((namespace, sid), None)
        if socket is not None:
            self.engine.realtime.close(socket, socket.world, str(reason))
        return None

    def _opened(self, namespace: str, sid: str, environ: Mapping[str, Any], auth: Any) -> bool:
        """Lets a socket in, or refuses it in the way that its channel has."""
        channel = self.channels.get(namespace)
        if channel is None:
            raise Refused("Invalid namespace")
        try:
            socket = self._socket(channel, namespace, sid, environ)
        except Problem as problem:  # a world that can't be
            raise Refused(said(self.engine.runtime, problem)["detail"]) from None
        try:
            then: Callable[[], Any] = self.engine.realtime.open(socket, socket.world, auth)
            self.open_sockets[namespace, sid] = socket
        except Problem as problem:
            if channel.opening.behavior.get("refuse_as") != "message":
                raise Refused(said(self.engine.runtime, problem)["detail"]) from None
            then = partial(self._refuse, socket, namespace, problem)
        self._then[namespace, sid] = then
        return True

    async def _refuse(self, socket: Socket, namespace: str, problem: Problem) -> None:
        frame = self.engine.realtime.refusal(socket, problem)
        if frame is not None:
            socket.deliver(frame)
        await asyncio.sleep(PAUSE)
        await self.disconnect(socket.id, namespace=namespace)

    def _socket(self, channel: Channel, namespace: str, sid: str, environ: Mapping[str, Any]) -> Socket:
        request: Request = request_of(environ["asgi.scope"])
        world, engine_sid = self.engine.world_of(request), self.manager.eio_sid_from_sid(sid, namespace)
        connection, prefix = self.eio.sockets[engine_sid], "" if namespace == "/" else f"{namespace},"

        def deliver(frame: Frame) -> None:
            ready = frame.encoded.get(prefix)
            if ready is None:
                ready = frame.encoded[prefix] = Ready(event_packet(prefix, frame))
            if connection.queue.qsize() < MOST_WAITING:
                connection.queue.put_nowait(ready)
            elif not connection.closing:
                log.warning("%s takes nothing: it is cut off", sid)
                connection.cut = asyncio.ensure_future(self._cut_off(engine_sid))

        def hang(code: int, _reason: str) -> None:
            """Sends the client away; one that a restart cuts off connects again."""
            farewell = self._cut_off(engine_sid) if code == RESTART else self.disconnect(sid, namespace=namespace)
            socket.leaving = asyncio.ensure_future(farewell)

        socket = Socket(sid, f"{channel.service}/{channel.id}", deliver, hang, world.clock.now, world, request, address=request.address)
        return socket

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        """What an opening sends is sent after the client was told that it is in."""
        await super()._handle_connect(eio_sid, namespace, data)
        namespace = namespace or "/"
        then = self._then.pop((namespace, self.manager.sid_from_eio_sid(eio_sid, namespace) or ""), None)
        waiting = then() if then is not None else None
        if waiting is not None:
            await waiting

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: list[Any]) -> None:
        """Hands a message to the engine; who asked for an acknowledgement gets one."""
        namespace = namespace or "/"
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        socket = self.open_sockets.get((namespace, sid))
        if socket is None:
            return
        name, payload = str(data[0]), data[1] if len(data) > 1 else None
        acknowledge = partial(self._acknowledge, eio_sid, "" if namespace == "/" else f"{namespace},", id) if id is not None else None
        self.engine.realtime.take(socket, name, payload, self._size, answer=acknowledge)

    def _acknowledge(self, eio_sid: str, prefix: str, id: int, answer: Any) -> None:
        connection = self.eio.sockets.get(eio_sid)
        if connection is not None:
            data = b"" if answer is None else orjson.dumps(answer)
            connection.queue.put_nowait(Ready(f"3{prefix}{id}[{data.decode()}]"))

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        """A packet that is none ends the connection, as Node's server does."""
        self._size = len(data)
        try:
            await super()._handle_eio_message(eio_sid, data)
            waiting = self._binary_packet.get(eio_sid)
            if waiting is not None and waiting.attachment_count > MOST_ATTACHMENTS:
                raise ValueError(f"more than {MOST_ATTACHMENTS} attachments")
        except Exception as error:
            log.warning("%s sent what is no Socket.IO packet: %s", eio_sid, error)
            await self._cut_off(eio_sid)

    async def _cut_off(self, eio_sid: str) -> None:
        """Ends a connection, whether or not its client ever takes what is still to be sent: engineio's own `disconnect` waits for that."""
        connection = self.eio.sockets.get(eio_sid)
        if connection is not None:
            await connection.close(wait=False, reason=self.reason.SERVER_DISCONNECT)
            if connection.upgraded:
                connection.queue.put_nowait(None)  # has engineio close the WebSocket: JavaScript's client overlooks its farewell there

    async def stop(self) -> None:
        """Closes every connection."""
        for connection in list(self.eio.sockets.values()):
            await connection.close(wait=False, reason=self.reason.SERVER_DISCONNECT)
        await self.shutdown()


async def _refused(send: Send, why: str = "This is no payload of a session that is open.") -> None:
    await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": why.encode()})


def _packets(receive: Receive) -> Receive:
    """What a WebSocket takes until a packet that is none: that ends it. engineio fails over it, and keeps the connection."""

    async def take() -> Any:
        message = await receive()
        text = message.get("text")
        if text is not None and not (text[:1] in TYPES and 0 < len(text) <= LARGEST):
            return {"type": "websocket.disconnect", "code": 1002}
        return message

    return take


def is_payload(body: bytes) -> bool:
    """Whether a body is what polling sends: packets, and not too many; binary ones in base64."""
    try:
        packets = body.decode().split(SEPARATOR) if body else []
        for text in packets:
            if text[:1] == "b":
                base64.b64decode(text[1:])
            elif text[:1] not in SENT or not text:
                return False
    except ValueError:
        return False
    return len(packets) <= MOST_PACKETS and len(body) <= LARGEST


def _namespace(channel: Channel) -> str:
    return f"/{channel.address.strip('/')}"


def event_packet(prefix: str, frame: Frame) -> str:
    """A frame as a Socket.IO packet. prefix: the namespace with a comma, '' for the default one."""
    data = f",{frame.data.decode()}" if frame.data else ""
    return f"2{prefix}[{orjson.dumps(frame.name).decode()}{data}]"
