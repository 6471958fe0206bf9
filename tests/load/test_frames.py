"""A client's frames against a real server, and against bytes."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest
from websockets.sync.server import ServerConnection

from load.clients.frames import CLOSE, PONG, TEXT, Broken, Frames, frame
from tests.load.lines import bare, until, upgrade, websocket

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 200_000]


class Heard:
    """A client that keeps what it hears."""

    def __init__(self, url: str, timeout: float = 5.0, **options: Any) -> None:
        self.texts: list[bytes] = []
        self.ends: list[str] = []
        self.frames = Frames(self.texts.append, self.ends.append)
        self.frames.open(url, options.get("headers", {}), options.get("subprotocols", ()), None, timeout)

    def wait(self, many: int) -> list[bytes]:
        until(lambda: len(self.texts) >= many)
        return self.texts

    def end(self) -> str:
        """Why it ended; once."""
        until(lambda: self.ends)
        (why,) = self.ends
        return why


@contextmanager
def hearing(url: str, **options: Any) -> Iterator[Heard]:
    made = Heard(url, **options)
    try:
        yield made
    finally:
        made.frames.close()


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message, text=True)


@contextmanager
def told(*parts: bytes, pause: float = 0.0) -> Iterator[Heard]:
    """A client that is told some bytes, one part after the other."""

    def answer(connection: socket.socket, head: bytes) -> None:
        upgrade(connection, head)
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        connection.recv(65536)

    with bare(answer) as url, hearing(url) as client:
        yield client


def server_frame(payload: bytes, first: int = TEXT) -> bytes:
    """A frame as servers send them: without a mask."""
    made = frame(payload, first)
    at = {126: 4, 127: 10}.get(made[1] & 0x7F, 2)
    return bytes((made[0], made[1] & 0x7F)) + made[2:at] + payload


@pytest.mark.parametrize("size", SIZES)
def test_a_message_of_any_size_goes_and_comes(size: int) -> None:
    with websocket(echo) as url, hearing(url) as client:
        payload = b"x" * size
        client.frames.send(payload)
        assert client.wait(1) == [payload]


@pytest.mark.parametrize(("size", "head"), [(125, 6), (126, 8), (65535, 8), (65536, 14)])
def test_a_frame_has_the_head_that_its_size_asks_for(size: int, head: int) -> None:
    made = frame(b"x" * size)
    assert (made[0], made[1] & 0x80, len(made)) == (TEXT, 0x80, head + size)
    assert made[head - 4 : head] == b"\0\0\0\0"


@pytest.mark.parametrize("size", [3, 126, 70_000])
def test_a_frame_may_come_in_many_pieces(size: int) -> None:
    payload = bytes(97 + number % 26 for number in range(size))
    whole = server_frame(payload) + server_frame(b"next")
    step = 1 if size < 200 else 9_000
    with told(*(whole[at : at + step] for at in range(0, len(whole), step)), pause=0.001) as client:
        assert client.wait(2) == [payload, b"next"]


def test_many_frames_may_come_in_one_piece() -> None:
    with told(b"".join(server_frame(b"%d" % number) for number in range(500))) as client:
        assert client.wait(500) == [b"%d" % number for number in range(500)]


def test_what_comes_with_the_answer_to_the_upgrade_is_heard() -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + server_frame(b"at once"))
        connection.recv(65536)

    with bare(answer) as url, hearing(url) as client:
        assert client.texts == [b"at once"]


def test_a_message_in_several_frames_is_one() -> None:
    parts = server_frame(b"one ", 0x01) + server_frame(b"two ", 0x00) + server_frame(b"", 0x89) + server_frame(b"three", 0x80)
    with told(parts, server_frame(b"four")) as client:
        assert client.wait(2) == [b"one two three", b"four"]


def test_a_ping_is_answered_with_what_it_says() -> None:
    answered = threading.Event()

    def answer(connection: ServerConnection) -> None:
        if connection.ping(b"are you there").wait(5):
            answered.set()
        connection.recv()

    with websocket(answer) as url, hearing(url) as client:
        until(answered.is_set)
        assert client.texts == []
        assert frame(b"are you there", PONG)[0] == 0x8A


def test_a_farewell_of_the_server_is_told_with_its_code() -> None:
    with websocket(lambda connection: connection.close(4001, "too many")) as url:
        client = Heard(url)
        assert client.end() == "closed with 4001 too many"
        assert not client.frames.is_open


def test_a_farewell_without_a_code_is_told() -> None:
    with told(server_frame(b"", CLOSE)) as client:
        assert client.end() == "closed with 1005"


def test_a_connection_that_ends_without_a_farewell_is_told() -> None:
    with bare(upgrade) as url:
        assert Heard(url).end() == "the connection ended"


def test_our_own_farewell_has_a_code() -> None:
    codes: list[Any] = []

    def answer(connection: ServerConnection) -> None:
        for _ in connection:
            pass
        codes.append(connection.close_code)

    with websocket(answer) as url:
        client = Heard(url)
        client.frames.close()
        assert client.end() == "closed by us"
    assert codes == [1000]


def test_a_socket_that_is_dropped_says_no_farewell() -> None:
    codes: list[Any] = []

    def answer(connection: ServerConnection) -> None:
        try:
            connection.recv()
        finally:
            codes.append(connection.close_code)

    with websocket(answer) as url:
        client = Heard(url)
        client.frames.drop()
        assert client.end() == "dropped by us"
    assert codes == [1006]


@pytest.mark.parametrize("end", ["close", "drop"])
def test_what_is_sent_after_the_end_is_broken(end: str) -> None:
    with websocket(echo) as url:
        client = Heard(url)
        getattr(client.frames, end)()
        getattr(client.frames, end)()
        with pytest.raises(Broken, match=r"^the socket is closed$"):
            client.frames.send(b"late")
        assert len(client.ends) == 1


def test_a_socket_that_was_never_open_is_broken() -> None:
    with pytest.raises(Broken, match="the socket is closed"):
        Frames(print, print).send(b"early")


def test_a_message_that_does_not_go_at_once_goes_whole() -> None:
    payload = b"".join(b"%08d" % number for number in range(1_000_000))

    def answer(connection: socket.socket, head: bytes) -> None:
        upgrade(connection, head)
        time.sleep(0.2)  # nothing is read for a while, so that all buffers are full
        got = bytearray()
        while len(got) < len(frame(payload)):
            got += connection.recv(1 << 20)
        connection.sendall(server_frame(b"whole" if bytes(got) == frame(payload) else b"broken"))
        connection.recv(65536)

    with bare(answer) as url, hearing(url) as client:
        client.frames.send(payload)
        assert client.wait(1) == [b"whole"]


def test_frames_that_are_sent_while_a_big_one_goes_come_after_it() -> None:
    big = b"x" * 8_000_000

    def answer(connection: ServerConnection) -> None:
        time.sleep(0.2)
        sizes = [len(connection.recv(1)) for _ in range(4)]
        connection.send(repr(sizes))
        connection.recv()

    with websocket(answer) as url, hearing(url) as client:
        greenlets = [gevent.spawn(client.frames.send, payload) for payload in (big, b"a", big, b"bc")]
        gevent.joinall(greenlets, raise_error=True)
        assert client.wait(1) == [repr([len(big), 1, len(big), 2]).encode()]


def test_a_connection_that_breaks_while_a_big_one_goes_is_told() -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        upgrade(connection, head)
        time.sleep(0.1)

    with bare(answer) as url:
        client = Heard(url)
        with gevent.Timeout(5):
            client.frames.send(b"x" * 50_000_000)
        assert client.end()


@pytest.mark.parametrize("status", ["403 Forbidden", "200 OK", "500 Internal Server Error"])
def test_an_upgrade_that_is_refused_is_told_with_its_status(status: str) -> None:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    said = rf"^127\.0\.0\.1:\d+ answered HTTP/1\.1 {status}$"
    with bare(lambda connection, _: connection.sendall(answer)) as url, pytest.raises(Broken, match=said):
        Heard(url)


def test_an_upgrade_whose_answer_does_not_come_is_told() -> None:
    with bare(lambda connection, _: connection.sendall(b"HTTP/1.1 101 Swi")) as url, pytest.raises(Broken, match=r":\d+ closed before it answered$"):
        Heard(url)


def test_a_server_that_says_nothing_is_given_up() -> None:
    with bare(lambda connection, _: time.sleep(0.5)) as url, pytest.raises(Broken, match="timed out"):
        Heard(url, timeout=0.1)


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Broken, match=rf"^127\.0\.0\.1:{port}: .*refused"):
        Heard(f"ws://127.0.0.1:{port}/")


def test_the_upgrade_says_what_is_asked_for() -> None:
    heads: list[bytes] = []

    def answer(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        upgrade(connection, head)

    with bare(answer) as url:
        Heard(url + "chat?room=1", headers={"Authorization": "Bearer x", "Host": "elsewhere"}, subprotocols=("a", "b")).end()
    lines = heads[0].decode().split("\r\n")
    assert lines[0] == "GET /chat?room=1 HTTP/1.1"
    assert {"Authorization: Bearer x", "Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Version: 13"} <= set(lines)
    assert [line for line in lines if line.lower().startswith("host")] == [f"Host: {url[5:-1]}"]
