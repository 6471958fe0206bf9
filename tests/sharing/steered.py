"""Two processes of one backend in one loop, each with what listens to the other, and with a control API of its own."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from mock_server.app import create_engine, host
from mock_server.engine.call import Request
from mock_server.engine.engine import Engine
from mock_server.sharing.joining import join
from mock_server.sharing.link import Link
from mock_server.state.clock import Clock
from mock_server.state.rooms import Socket
from mock_server.transports.listening import Listener
from understudy.contract.reader import read

from ..backends.client import Answer
from ..control.caller import Caller

START = 1767225600.0
Scenario = Callable[[Sequence["Process"]], Awaitable[None]]
Run = Callable[[Scenario], None]


class Process(Caller):
    """One process. url: of the Redis, None for one that is alone; frames: what its sockets got; hung: those that were closed."""

    def __init__(self, url: str | None, backend: str = "eventplatform") -> None:
        self.engine: Engine = create_engine(read(backend), "1", clock=Clock, start=START)
        self.engine.world.clock.freeze(START)
        if url is not None:
            self.link = Link(url)
            join(self.engine, self.link)
        self.hosted = host(self.engine)
        self.app = self.hosted[0].app
        self.frames: list[tuple[str, Any]] = []
        self.hung: list[str] = []
        self.listener: asyncio.Task[None] | None = None

    def request(self, method: str, url: str, body: Any = None, token: str | None = None, world: str | None = None) -> Answer:
        """A request that comes to this process."""
        parts = urlsplit(url)
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}", "x-understudy-world": world}
        given = {name.encode(): value.encode() for name, value in headers.items() if value not in (None, "Bearer None")}
        data = json.dumps(body).encode() if body is not None else b""
        response = self.engine.handle("gateway", Request(method, parts.path, parts.query.encode(), given, data, host="localhost"))
        return Answer(response.status, response.headers, response.body)

    def token(self) -> str:
        """A login at this process."""
        return str(self.request("POST", "/api/auth/login", {"username": "user@example.com", "password": "password123"}).json["access_token"])

    def connect(self, identity: str, user: int = 1) -> Socket:
        """A socket of this process, in the room of event 1."""
        world = self.engine.world

        def hang(_code: int, _reason: str) -> None:
            self.hung.append(identity)
            self.engine.realtime.close(socket, world, "hung up")

        def deliver(frame: Any) -> None:
            self.frames.append((identity, frame.name))

        socket = Socket(identity, next(iter(self.engine.realtime.lines)), deliver, hang, START + user, world, Request("GET", "/", b"userId=%d" % user))
        self.engine.realtime.open(socket, world)()
        self.engine.realtime.take(socket, "join-event-room", {"eventId": 1})
        return socket

    async def steer(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """What the control API of this process answers: its JSON, of a refusal its status and error."""
        answer = await self._ask(method, path, body, "", None, headers)
        return answer.json if answer.status < 300 else (answer.status, answer.json["error"])

    async def lines(self, **criteria: Any) -> list[Any]:
        """The lines of the log that fit, as this process tells them."""
        found = await self.steer("POST", "/requests/find", criteria)
        return list(found["requests"])

    async def start(self) -> None:
        """Listens to the others."""
        self.listener = asyncio.create_task(Listener(self.engine, self.link, lambda _: None).run())
        await self.engine.peers.ready.wait()

    async def stop(self) -> None:
        """Ends as a process does that is told to."""
        assert self.listener is not None
        self.listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.listener


@contextlib.asynccontextmanager
async def serving(url: str, count: int = 2) -> AsyncIterator[Sequence[Process]]:
    """So many processes over one Redis."""
    found = [Process(url) for _ in range(count)]
    for process in found:
        await process.start()
        process.engine.world.share.catch_up()
    try:
        yield found
    finally:
        for process in found:
            await process.stop()
