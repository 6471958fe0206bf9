"""Packets as python-socketio and engineio write and read them."""

from typing import Any

import pytest
from engineio import packet as engine_packet
from socketio.packet import Packet as Theirs

from understudy.wire import socketio
from understudy.wire.socketio import ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, Packet, PacketError, decode, encode, event, handshake_path, opened

PACKETS = (
    Packet(CONNECT),
    Packet(CONNECT, "/", {"token": "abc"}),
    Packet(CONNECT, "/realtime", {"token": "abc"}),
    Packet(DISCONNECT, "/realtime"),
    Packet(EVENT, "/", ["chat:join", "general"]),
    Packet(EVENT, "/", ["heartbeat"], 0),
    Packet(EVENT, "/api/v1", ["a, b", {"x": [1, 2.5, None, True]}, "ünïcode 🎟"], 12),
    Packet(ACK, "/realtime", [{"success": True}], 3),
    Packet(ACK, "/", [], 0),
    Packet(CONNECT_ERROR, "/", {"message": "Authentication failed"}),
)


def theirs(packet: Packet) -> Theirs:
    return Theirs(packet_type=packet.type, data=packet.data, namespace=packet.namespace, id=packet.id)


@pytest.mark.parametrize("packet", PACKETS, ids=str)
def test_a_packet_reads_as_it_was_written(packet: Packet) -> None:
    assert decode(encode(packet)) == packet


@pytest.mark.parametrize("packet", PACKETS, ids=str)
def test_what_we_write_the_library_reads(packet: Packet) -> None:
    outer = engine_packet.Packet(encoded_packet=encode(packet))
    read = Theirs(encoded_packet=outer.data if isinstance(outer.data, str) else encode(packet)[1:])
    assert (read.packet_type, read.namespace or "/", read.data, read.id) == (packet.type, packet.namespace, packet.data, packet.id)


@pytest.mark.parametrize("packet", PACKETS, ids=str)
def test_what_the_library_writes_we_read(packet: Packet) -> None:
    assert decode(f"{socketio.MESSAGE}{theirs(packet).encode()}") == packet


def test_an_event_is_written_as_a_frame() -> None:
    assert event("/realtime", "lock-tickets", {"quantity": 2}, id=7) == '42/realtime,7["lock-tickets",{"quantity":2}]'
    assert event("/", "heartbeat") == '42["heartbeat"]'


def test_a_query_after_a_namespace_is_no_part_of_it() -> None:
    assert decode('40/realtime?token=1,{"sid":"x"}') == Packet(CONNECT, "/realtime", {"sid": "x"})


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("", "is no Socket.IO packet"), ("2", "is no Socket.IO packet"), ("49", "is no Socket.IO packet"), ("42{", "is no JSON"),
        ('42{"a":1}', "begins with its name"), ("42[]", "begins with its name"), ("43{}", "is a list"), ('451-["x",{"_placeholder":true,"num":0}]', "binary"),
    ],
)  # fmt: skip
def test_what_is_no_packet_is_told(frame: str, why: str) -> None:
    with pytest.raises(PacketError, match=why):
        decode(frame)


def test_the_first_frame_tells_the_session() -> None:
    assert opened('0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')["pingInterval"] == 25000


@pytest.mark.parametrize("frame", ["", "0", "0[]", '0{"upgrades":[]}', '4{"sid":"a"}', "<html>"])
def test_a_first_frame_that_opens_nothing_is_told(frame: str) -> None:
    with pytest.raises(PacketError):
        opened(frame)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((), "/socket.io/?EIO=4&transport=websocket"),
        (("/realtime/ws",), "/realtime/ws/?EIO=4&transport=websocket"),
        (("/socket.io/", {"userId": 1, "token": "a b"}), "/socket.io/?EIO=4&transport=websocket&userId=1&token=a+b"),
        ((None, None, "polling"), "/socket.io/?EIO=4&transport=polling"),
    ],
)
def test_the_first_request_carries_version_transport_and_query(arguments: tuple[Any, ...], path: str) -> None:
    assert handshake_path(*arguments) == path
