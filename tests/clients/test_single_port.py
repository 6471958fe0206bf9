"""All services behind one port: sockets are reached below the path of their service."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from ..mock_process import Mock
from .conftest import serving
from .node import Clients, Frames, SocketIO


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with serving("eventplatform", "watchparty", "--single-port", "0", folder=tmp_path_factory.mktemp("single")) as running:
        yield running


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_socket_io_is_below_its_service(mock: Mock, socketio: Clients[SocketIO], transport: str) -> None:
    url = urlsplit(mock.url("realtime"))
    options = {"query": {"userId": 1}, "path": f"{url.path}/socket.io/", "transports": [transport]}
    socket = socketio.open(f"{url.scheme}://{url.netloc}/realtime", options, settle=lambda _: None)
    assert socket.wait("connected")["success"] is True


def test_a_raw_socket_is_below_its_service(mock: Mock, websocket: Clients[Frames]) -> None:
    socket = websocket.open(f"{mock.url('api').replace('http', 'ws', 1)}/ws/notifications/?token=bad", [], {}, settle=lambda _: None)
    assert socket.wait("close") == 4401
