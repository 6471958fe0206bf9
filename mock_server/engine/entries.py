"""The lines of a world's log. They keep what was there; `mock_server.steering.records` renders them when they are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mock_server.engine.call import Request
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem, Violation
from mock_server.state.rooms import Socket

LARGEST_BODY = 1 << 16  # bytes of a body or frame that the log keeps
LARGE = "(too large for the log)"
OVERHEAD = 1500  # bytes that a line takes beside its bodies, roughly
NAMED = 20  # recipients of a message that the log names


@dataclass(slots=True)
class Response:
    """An answer, ready to be sent. delay: seconds to wait before that; kept: bytes of the body after which the connection ends, -1 for not even a status."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    delay: float = 0.0
    kept: int | None = None


@dataclass(slots=True)
class Exchange:
    """A request and its answer. stage: the one that answered; problem: the refusal, if it was one; crash: the traceback of an exception."""

    at: float
    service: str
    request: Request
    response: Response
    plan: Plan | None
    stage: Callable[[Any], None] | None
    violations: Sequence[Violation]
    crash: str | None = None
    problem: Problem | None = None
    user: Any = None
    faults: tuple[str, ...] = ()
    preferred: str = ""
    number: int = 0
    size: int = 0


@dataclass(slots=True)
class Heard:
    """A message that a socket sent, or its opening or closing. refused: the text of a refusal."""

    at: float
    service: str
    channel: str
    socket: str
    message: str
    data: Any
    refused: str | None
    violations: tuple[Violation, ...]
    crash: str | None = None
    user: Any = None
    faults: tuple[str, ...] = ()
    number: int = 0
    size: int = OVERHEAD


@dataclass(slots=True)
class Sent:
    """A message that sockets were sent. data: its JSON; sockets: ids of the first recipients; count: of all; mark: names it in several processes."""

    at: float
    service: str
    channel: str
    message: str
    room: str | None
    data: bytes
    sockets: tuple[str, ...]
    count: int
    faults: tuple[str, ...] = ()
    number: int = 0
    size: int = OVERHEAD
    mark: str = ""


def sent(now: float, message: str, room: str | None, data: bytes, sockets: Sequence[Socket], faults: Sequence[str] = (), mark: str = "") -> Sent:
    """The line of a message that some sockets of a channel were sent."""
    channel = sockets[0].channel
    kept = data if len(data) <= LARGEST_BODY else b'"%b"' % LARGE.encode()
    names = tuple(socket.id for socket in sockets[:NAMED])
    return Sent(now, channel.partition("/")[0], channel, message, room, kept, names, len(sockets), tuple(faults), size=OVERHEAD + len(kept), mark=mark)
