"""Requests that are whole when they are read, and whose answers are at hand, are answered in the same breath.

ASGI makes a task of each request, and has it ask for a body that is there already: a quarter of the time of a bare application on uvicorn. So a request
whose last byte is in the read that began it goes from the parser to the engine and back to the socket. All others, and what the engine does not answer at
once, go uvicorn's way. This reaches into uvicorn's protocol, so its version is pinned to a minor.
"""

from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mock_server.transports.guarding import GuardedProtocol
from mock_server.transports.http import DocumentApp
from mock_server.transports.limits import Limits
from mock_server.transports.whole import write


class PromptProtocol(GuardedProtocol):
    """The guarded protocol, with a short way for what can be answered at once."""

    reading = False
    begun: RequestResponseCycle | None = None  # a request of this read that waits for its own end

    def data_received(self, data: bytes) -> None:
        """Reads; what was begun and is not whole goes the long way."""
        self.reading, self.answers = True, 0
        try:
            GuardedProtocol.data_received(self, data)
        finally:
            self.reading = False
        begun, self.begun = self.begun, None
        if begun is not None and not begun.disconnected:
            GuardedProtocol._start_asgi_task(self, begun, self.app)
        if self.answers and self.open:
            self._unset_keepalive_if_required()  # the last answer set it, and the next request is on its way

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        short = self.reading and isinstance(app, DocumentApp) and not self.flow.write_paused and self.answers < self.limits.waiting
        if short and cycle is self.cycle:
            self.running = self.begun = cycle
        else:
            GuardedProtocol._start_asgi_task(self, cycle, app)

    def on_message_complete(self) -> None:
        """A message is whole: it may be answered."""
        GuardedProtocol.on_message_complete(self)
        cycle, self.begun = self.begun, None
        if cycle is not None and not self.transport.is_closing():
            self._answer(cycle)

    def _answer(self, cycle: RequestResponseCycle) -> None:
        """Answers at once, or begins to."""
        app: Any = self.app  # a DocumentApp: nothing else is begun
        rest: Any = app
        try:
            answered = app.at_once(cycle.scope, bytes(cycle.body))
            if answered is not None:
                request, response = answered
                if not response.delay and response.kept is None and write(cycle, response.status, *app.sent(request, response)):
                    self.answers += 1
                    return
                rest = partial(app.deliver, request, response)
        except Exception as error:  # the parser would take it for the client's; uvicorn tells of it
            rest = partial(_fail, error)
        GuardedProtocol._start_asgi_task(self, cycle, rest)


async def _fail(error: Exception, *_asgi: Any) -> None:
    raise error


def limited(limits: Limits) -> type[PromptProtocol]:
    """The protocol with other limits."""
    return type("PromptProtocol", (PromptProtocol,), {"limits": limits})
