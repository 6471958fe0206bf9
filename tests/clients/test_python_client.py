"""python-socketio's own client, which suites in Python bring."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import socketio

from ..mock_process import Mock
from .eventplatform import Venue
from .node import PATIENCE
from .rest import PASSWORD, session

# aiohttp may be a moment later than its client: a connection that is collected meanwhile warns, which is its own affair
pytestmark = pytest.mark.filterwarnings("ignore:.*Connection.__del__:pytest.PytestUnraisableExceptionWarning")

SPACE = "/realtime"


class Listener:
    """A client that queues what it hears."""

    def __init__(self, namespace: str) -> None:
        self.client, self._namespace = socketio.AsyncClient(reconnection=False), namespace
        self._heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.client.on("*", self._hear, namespace=namespace)
        self.client.on("connect_error", self._refused, namespace=namespace)

    async def _hear(self, event: str, *data: Any) -> None:
        self._heard.put_nowait((event, data[0] if data else None))

    async def _refused(self, reason: Any) -> None:
        self._heard.put_nowait(("connect_error", reason))

    async def connect(self, url: str, **options: Any) -> None:
        await self.client.connect(url, namespaces=[self._namespace], **options)

    async def emit(self, event: str, data: Any = None) -> None:
        await self.client.emit(event, data, namespace=self._namespace)

    async def call(self, event: str, data: Any = None) -> Any:
        return await self.client.call(event, data, namespace=self._namespace, timeout=PATIENCE)

    async def wait(self, event: str) -> Any:
        """The data of the next event of this name; what comes before it is dropped."""
        async with asyncio.timeout(PATIENCE):
            while True:
                heard, data = await self._heard.get()
                if heard == event:
                    return data


def play(namespace: str, scene: Callable[[Listener], Any]) -> None:
    """Plays a scene with a listener, and closes it."""

    async def run() -> None:
        listener = Listener(namespace)
        try:
            await scene(listener)
        finally:
            async with asyncio.timeout(PATIENCE):
                await listener.client.shutdown()

    asyncio.run(run())


@pytest.fixture
def place(mocks: Callable[[str], Mock]) -> Venue:
    return Venue(mocks("eventplatform"), None)


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]], ids="+".join)
def test_it_locks_seats_and_hears_of_it(place: Venue, transports: list[str]) -> None:
    event, user = place.event(10), place.user()

    async def scene(listener: Listener) -> None:
        await listener.connect(f"{place.realtime}?userId={user.id}&token={user.token}", transports=transports)
        assert (await listener.wait("connected"))["sessionId"] == listener.client.get_sid(SPACE)
        await listener.emit("join-event-room", {"eventId": event.id, "userId": user.id})
        await listener.wait("joined-event-room")
        reply = await listener.call("lock-tickets", event.seats(3))
        assert (reply["success"], reply["availableTickets"]) == (True, 7)
        assert (await listener.wait("availability-update"))["lockedTickets"] == 3
        assert await listener.call("lock-tickets", event.seats(1)) == {"success": False, "message": "You have a lock in this category already"}

    play(SPACE, scene)


def test_it_is_told_that_it_is_not_known(place: Venue) -> None:
    async def scene(listener: Listener) -> None:
        await listener.connect(place.realtime)
        assert await listener.wait("error") == {"message": "Unauthorized"}
        await listener.client.wait()
        assert not listener.client.connected

    play(SPACE, scene)


@pytest.fixture
def bank(mocks: Callable[[str], Mock]) -> str:
    return mocks("savebucks").url("api")


def test_it_talks_in_a_room(bank: str) -> None:
    token = session(f"{bank}/api/auth/login", email="user@example.com", password=PASSWORD)["data"]["accessToken"]

    async def scene(listener: Listener) -> None:
        await listener.connect(bank, auth={"token": token})
        assert await listener.call("chat:join", "pythons") == {"roomId": "pythons"}
        await listener.emit("chat:send", {"roomId": "pythons", "content": "Hello"})
        assert (await listener.wait("chat:message"))["content"] == "Hello"

    play("/", scene)


@pytest.mark.parametrize("auth", [None, {"token": "bad"}], ids=repr)
def test_it_is_refused_without_a_good_token(bank: str, auth: dict[str, str] | None) -> None:
    async def scene(listener: Listener) -> None:
        with pytest.raises(socketio.exceptions.ConnectionError, match="failed to connect"):
            await listener.connect(bank, auth=auth)
        assert await listener.wait("connect_error") in ("Authentication failed", {"message": "Authentication failed"})

    play("/", scene)
