"""Sockets of the load against servers that speak Socket.IO, or JSON, by hand."""

import json
import time
from typing import Any
from zlib import crc32

import gevent
import pytest
from websockets.sync.server import ServerConnection

from load.clients.frames import Broken
from load.clients.sockets import Plain, SocketIO, socket_of
from load.stage import Room
from tests.load.lines import Said, bare, until, websocket

ROOM = Room("room", False, "", "update", "/space")
PLAIN = Room("room", True, "type", "update")
CLOSED = "closed with 1000"


def handshake(url: str, auth: Any = None) -> dict[str, Any]:
    return {"uri": url, "headers": {}, "auth": auth, "subprotocols": []}


def opened(url: str, room: Room = ROOM, auth: Any = None) -> Any:
    made = socket_of(room, handshake(url, auth))
    made.open(3.0)
    return made


def welcome(connection: ServerConnection) -> str:
    """Lets a Socket.IO client in; what it asked with."""
    connection.send('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')
    asked = str(connection.recv())
    connection.send('40/space,{"sid":"y"}')
    return asked


def telling(*texts: str) -> Said:
    """Tells some texts, then answers each message with what it said."""

    def answer(connection: ServerConnection) -> None:
        welcome(connection)
        for text in texts:
            connection.send(text)
        for message in connection:
            connection.send("42/space," + json.dumps(["answer", str(message)]))

    return answer


def test_a_room_says_which_kind_of_socket_it_has() -> None:
    assert isinstance(socket_of(ROOM, handshake("")), SocketIO)
    assert isinstance(socket_of(PLAIN, handshake("")), Plain)


@pytest.mark.parametrize(("auth", "asked"), [(None, "40/space,"), ({"token": "t"}, '40/space,{"token":"t"}')])
def test_a_namespace_is_opened_with_what_signs_in(auth: Any, asked: str) -> None:
    heard: list[str] = []

    def answer(connection: ServerConnection) -> None:
        heard.append(welcome(connection))
        connection.recv()

    with websocket(answer) as url:
        socket = opened(url, auth=auth)
        until(lambda: heard)
        assert (heard, socket.is_open) == ([asked], True)
        socket.close()
        assert not socket.is_open


def test_a_namespace_that_lets_nobody_in_says_why() -> None:
    def answer(connection: ServerConnection) -> None:
        connection.send("0{}")
        connection.recv()
        connection.send('44/space,{"message":"who are you"}')
        connection.recv()

    with websocket(answer) as url, pytest.raises(Broken, match=r"^/space did not open: \{'message': 'who are you'\}$"):
        opened(url)


def test_a_namespace_that_does_not_answer_is_given_up() -> None:
    with websocket(lambda connection: print(connection.recv())) as url, pytest.raises(Broken, match=r"^/space did not open: no answer in time$"):
        SocketIO(ROOM, handshake(url), None).open(0.2)


def test_a_server_that_closes_while_it_opens_is_told() -> None:
    def answer(connection: ServerConnection) -> None:
        time.sleep(0.1)
        connection.close()

    with websocket(answer) as url, pytest.raises(Broken, match=CLOSED):
        opened(url)


def test_a_farewell_that_comes_with_the_answer_to_the_upgrade_is_told() -> None:
    def answer(connection: Any, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x88\x02\x03\xe8")
        connection.recv(65536)

    with bare(answer) as url, pytest.raises(Broken, match=CLOSED):
        SocketIO(ROOM, handshake(url), None).open(0.3)


def test_a_ping_is_answered() -> None:
    heard: list[Any] = []

    def answer(connection: ServerConnection) -> None:
        welcome(connection)
        connection.send("2")
        heard.append(connection.recv())

    with websocket(answer) as url:
        socket = opened(url)
        until(lambda: heard)
        assert heard == ["3"]
        socket.close()


def test_a_question_has_its_answer() -> None:
    with websocket(telling()) as url:
        socket = opened(url)
        sent, found = socket.ask(socket.text("lock", {"n": 1}), ("answer",), 3.0)
        assert (found.name, found.data, found.at >= sent) == ("answer", '42/space,["lock",{"n":1}]', True)
        assert repr(found).startswith("answer '42/space")
        assert socket.ask(socket.text("lock", None), ("other",), 0.1)[1] is None
        socket.close()


def test_what_came_early_is_expected_later_and_once() -> None:
    with websocket(telling('42/space,["greeting",{"hello":1}]')) as url:
        socket = opened(url)
        gevent.sleep(0.1)
        assert socket.expect(("greeting",), 1.0).data == {"hello": 1}
        assert socket.expect(("greeting",), 0.05) is None
        socket.close()


def test_updates_are_counted_with_a_checksum_of_their_order() -> None:
    texts = [f'42/space,["update",{{"left":{number}}}]' for number in range(50)]
    with websocket(telling(*texts, '42/space,["done"]')) as url:
        socket = opened(url)
        assert socket.expect(("done",), 3.0) is not None
        assert (socket.updates, socket.trail) == (50, crc32("".join(texts).encode()))
        assert socket.last == texts[-1].encode()
        socket.close()


def test_who_watches_is_told_of_each_update() -> None:
    heard: list[bytes] = []
    with websocket(telling()) as url:
        socket = opened(url, Room("room", False, "", "answer", "/space"))
        socket.watching = lambda payload, _: heard.append(payload)
        socket.send(b'42/space,["x"]')
        until(lambda: heard)
        assert b'42/space,["answer"' in heard[0]
        socket.close()


@pytest.mark.parametrize("end", ["41/space,", None])
def test_a_question_to_a_socket_that_closes_is_broken(end: str | None) -> None:
    def answer(connection: ServerConnection) -> None:
        welcome(connection)
        connection.recv()
        if end:
            connection.send(end)
            connection.recv()

    with websocket(answer) as url:
        socket = opened(url)
        with pytest.raises(Broken, match="disconnected the namespace" if end else CLOSED):
            socket.ask(socket.text("lock", {}), ("answer",), 3.0)
        assert not socket.is_open
        socket.drop()


def test_what_is_no_packet_is_passed_over() -> None:
    with websocket(telling("9nonsense", "42/space,{", "", '42/space,["fine"]')) as url:
        socket = opened(url)
        assert socket.expect(("fine",), 3.0) is not None
        socket.close()


def test_a_declared_rate_is_kept() -> None:
    with websocket(telling()) as url:
        socket = opened(url, Room("room", False, "", "update", "/space", (3, 0.2)))
        moments = [socket.send(b'42/space,["x"]') for _ in range(7)]
        assert min(after - before for before, after in zip(moments, moments[3:], strict=False)) >= 0.2
        assert moments[2] - moments[0] < 0.2
        socket.close()


def echoed(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def test_a_plain_socket_names_its_messages_by_a_tag() -> None:
    with websocket(echoed) as url:
        socket = opened(url, PLAIN)
        assert socket.text("say", {"type": "said", "n": 1}) == b'{"type":"said","n":1}'
        _, found = socket.ask(socket.text("say", {"n": 1}), ("say",), 3.0)
        assert (found.name, found.data) == ("say", {"type": "say", "n": 1})
        socket.close()


def test_a_plain_socket_counts_updates_wherever_their_tag_stands() -> None:
    def answer(connection: ServerConnection) -> None:
        for text in ('{"type": "update"}', ' {"n": 1, "type": "update"}', "[1]", "nonsense", '{"type": "other", "n": 2}', '{"n": 3, "type": "last"}'):
            connection.send(text)
        connection.recv()

    with websocket(answer) as url:
        socket = opened(url, PLAIN)
        assert socket.expect(("last",), 3.0).data == {"n": 3, "type": "last"}
        assert (socket.updates, socket.expect(("other",), 1.0).data) == (2, {"type": "other", "n": 2})
        socket.close()


def test_nothing_is_asked_of_a_socket_that_is_closed() -> None:
    with websocket(telling()) as url:
        socket = opened(url)
        socket.drop()
        begin = time.monotonic()
        with pytest.raises(Broken, match="the socket is closed"):
            socket.ask(b"42", ("answer",), 3.0)
        assert time.monotonic() - begin < 2
