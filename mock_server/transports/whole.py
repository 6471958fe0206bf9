"""Answers that are at hand as a whole leave in one write.

ASGI has a head and a body sent one after the other, and uvloop hands each to the kernel at once: two system calls, two packets and a search by
expression in each header for what may end it. Known as a whole they are one call, and line ends are counted once (benchmarks/RESULTS.md).
This reaches into uvicorn's cycle of a request, so its version is pinned to a minor.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mock_server.transports.cors import Headers

WHOLE = "understudy.whole"  # in the message of a head whose body follows at once; other servers do not look at it
GOVERNING = frozenset({b"connection", b"transfer-encoding"})


class WholeCycle(RequestResponseCycle):
    """A request and its answer. A head that says so waits for its body; whatever wraps the application sees both as ever."""

    head: Any = None

    async def send(self, message: Any) -> None:
        """Sends a message, or keeps a head."""
        head, self.head = self.head, None
        if message["type"] == "http.response.start":  # one after another is that of an error: what was kept is dropped
            if message.get(WHOLE) and not self.response_started:
                self.head = message
                return
        elif head is not None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                await answer(self, head, message)
                return
            await RequestResponseCycle.send(self, head)
        await RequestResponseCycle.send(self, message)


async def answer(cycle: RequestResponseCycle, start: Any, end: Any) -> None:
    """Sends head and body, and ends the cycle. The headers have a content-length, where there is a body, and names in lower case."""
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    if not write(cycle, start["status"], start["headers"], end.get("body", b"")):  # uvicorn says what is wrong, or does what the header asks for
        await RequestResponseCycle.send(cycle, start)
        await RequestResponseCycle.send(cycle, end)


def write(cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> bool:
    """Writes an answer and ends the cycle; False, and nothing is written, where a header is more than a header or governs the connection."""
    head = head_of(cycle, status, headers)
    if head is None:
        return False
    cycle.transport.write(head if cycle.scope["method"] == "HEAD" else head + body)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def head_of(cycle: RequestResponseCycle, status: int, headers: Headers) -> bytes | None:
    """Status line and headers; None as `write` says."""
    parts = [STATUS_LINE[status]]
    for name, value in cycle.default_headers:
        parts += (name, b": ", value, b"\r\n")
    for name, value in headers:
        if name in GOVERNING:
            return None
        parts += (name, b": ", value, b"\r\n")
    lines = len(parts) // 4 + 2  # with the status line and the empty one
    if not cycle.keep_alive:
        parts.append(b"connection: close\r\n")
        lines += 1
    parts.append(b"\r\n")
    head = b"".join(parts)
    return head if head.count(b"\n") == head.count(b"\r") == lines and b"\0" not in head else None
