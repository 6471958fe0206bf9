"""A mock and a browser for all tests of the console; each test begins with the world as seeded."""

import contextlib
import http.client
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.clients.conftest import INSTALL, missing
from tests.clients.node import Clients, SocketIO
from tests.console.backend import Backend
from tests.console.page import Page
from tests.mock_process import Mock, serving


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with serving("eventplatform", folder=tmp_path_factory.mktemp("console")) as mock:
        yield mock


@pytest.fixture
def backend(running: Mock) -> Backend:
    """The event platform, its default world as seeded and alone."""
    found = Backend(running.url("gateway"), running.url("realtime"))
    found.clear()
    return found


@pytest.fixture(scope="session")
def chromium(requires: Callable[..., None]) -> Iterator[Page]:
    requires("node")
    requires("chromium")
    if lacking := missing():
        requires("node", f"{', '.join(lacking)} not installed: {INSTALL}")
    with contextlib.closing(Page()) as page:
        yield page


@pytest.fixture
def page(chromium: Page) -> Iterator[Page]:
    """A browser without a page; the one that a test opens is closed after it, and must not have done what it should not."""
    yield chromium.begin()
    wrong = chromium.wrong()
    chromium.leave()
    assert wrong == []


@pytest.fixture
def console(page: Page, backend: Backend) -> Page:
    """The console of the default world."""
    return page.open(backend.ui)


@pytest.fixture(scope="session")
def clients(chromium: Page) -> Iterator[Clients[SocketIO]]:
    with contextlib.closing(Clients(SocketIO)) as found:
        yield found


@pytest.fixture
def connect(clients: Clients[SocketIO], backend: Backend) -> Iterator[Callable[[int], SocketIO]]:
    """Call with a user's id: a connected socket of socket.io-client."""

    def opened(user: int) -> SocketIO:
        socket = clients.open(f"{backend.sockets}/realtime", {"query": {"userId": user}, "transports": ["websocket"]}, settle=lambda _socket: None)
        socket.wait("connected")
        return socket

    yield opened
    clients.leave()


@pytest.fixture
def fill_log(backend: Backend) -> Callable[[int], None]:
    """Call with a number: so many requests, `?n=0` and on."""

    def fill(count: int) -> None:
        where = urlsplit(backend.url)
        with contextlib.closing(http.client.HTTPConnection(where.hostname or "", where.port)) as connection:
            for number in range(count):
                connection.request("GET", f"/api/events/{number % 20 + 1}?n={number}")
                connection.getresponse().read()

    return fill
