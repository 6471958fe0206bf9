"""A mock that is stopped while clients are connected."""

from pathlib import Path

import pytest

from .conftest import serving
from .eventplatform import Venue
from .node import Clients, Frames, SocketIO


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_socket_io_clients_hear_of_the_end(socketio: Clients[SocketIO], tmp_path: Path, transport: str) -> None:
    with serving("eventplatform", "--port", "0", folder=tmp_path) as mock:
        venue = Venue(mock, socketio)
        socket = venue.enter(venue.user(), transports=[transport])
        socket.idle()
    assert socket.wait("disconnect") in ("transport close", "io server disconnect")


def test_raw_sockets_hear_of_the_end(websocket: Clients[Frames], tmp_path: Path) -> None:
    with serving("cliick", "--port", "0", folder=tmp_path) as mock:
        socket = websocket.open(f"{mock.url('api').replace('http', 'ws', 1)}/ws", [], {}, settle=lambda _: None)
        socket.wait("open")
    assert socket.wait("close") in (1001, 1012)
