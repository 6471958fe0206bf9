"""Hostile sockets: malformed frames and packets, handshakes that are none, floods. The mock stays right, forgets them, and says no trace."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from understudy.contract.model import Channel
from understudy.wire.chance import Chance, derive

from .arena import Arena, check_log, contract, suspicious
from .frames import BROKEN, HANDSHAKE, HANDSHAKES, PAYLOADS, QUERIES, SESSIONS, TEXT, frame, handshake, packets, texts
from .wires import connect, everything, exchange, reset

SOCKETS = 1200  # connections that are hostile
FLOOD = 2000  # connections that come and go
AT_ONCE = 40
PARTY = "10000000-0000-4000-8000-000000000001"
GROWTH = 80 << 20  # bytes
LATEST = 8.0  # seconds


@pytest.fixture
def channels(mock: Arena) -> list[tuple[str, Channel]]:
    return [(name, channel) for name in mock.names for channel in contract(name).channels]


@pytest.fixture(autouse=True)
def _forgotten(mock: Arena) -> Iterator[None]:
    """Whatever came, the mock is right afterwards, told of no surprise, and has no socket left."""
    mock.arm()
    memory = mock.memory()
    yield
    mock.prove()
    check_log(mock.said())
    end = time.monotonic() + LATEST
    while mock.sockets() and time.monotonic() < end:
        time.sleep(0.1)
    assert mock.sockets() == 0
    assert mock.memory() - memory < GROWTH


def opening(mock: Arena, chance: Chance, backend: str, channel: Channel) -> str:
    """Where a channel is, with a good token."""
    token = chance.choice(mock.tokens[backend])
    path = f"{channel.address.replace('{partyId}', PARTY)}?token={token}" if channel.raw else f"/socket.io/?EIO=4&transport=websocket&token={token}&userId=1"
    return mock.place(backend, channel.service)[1] + path


def attack(mock: Arena, chance: Chance, backend: str, channel: Channel) -> bytes:
    """What a hostile socket sends."""
    if chance.random() < 0.15:
        return handshake(opening(mock, chance, backend, channel), chance.choice(HANDSHAKES)) + chance.choice(BROKEN)
    if channel.raw:
        made = [texts(chance, channel) for _ in range(chance.randrange(1, 12))]
    else:
        mine = [item for item in contract(backend).channels if item.service == channel.service]
        joined = frame(TEXT, f'40{"" if channel.address == "/" else channel.address + ","}{{"token":"{chance.choice(mock.tokens[backend])}"}}'.encode())
        made = [joined, *(packets(chance, mine) for _ in range(chance.randrange(1, 12)))]
    made += [chance.choice(BROKEN)] if chance.random() < 0.5 else []
    return b"".join(made)


async def converse(mock: Arena, chance: Chance, backend: str, channel: Channel) -> tuple[bytes, bytes]:
    """Opens a socket and attacks by it; returns what was sent and what came."""
    place, data = mock.place(backend, channel.service)[0], attack(mock, chance, backend, channel)
    if data.startswith(b"GET"):
        return data, await exchange(place, data, 0.1)
    reader, writer = await asyncio.open_connection(*place)
    found = b""
    with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(5):
            writer.write(handshake(opening(mock, chance, backend, channel)))
            found = await reader.readuntil(b"\r\n\r\n")
            writer.write(data)
            async with asyncio.timeout(0.15):
                while piece := await reader.read(1 << 16):
                    found += piece
    writer.transport.abort()
    return data, found


def test_hostile_sockets_neither_stop_the_mock_nor_get_a_trace(mock: Arena, channels: list[tuple[str, Channel]], seed: str) -> None:
    wrong: list[str] = []
    numbers = iter(range(SOCKETS))
    accepted = 0

    async def run() -> None:
        nonlocal accepted
        for number in numbers:
            chance = derive(seed, "sockets", number)
            backend, channel = chance.choice(channels)
            sent, found = await converse(mock, chance, backend, channel)
            accepted += found.startswith(b"HTTP/1.1 101")
            if why := suspicious(None, found):
                wrong.append(f"seed {seed!r}, socket {number} of {backend} {channel.id}: {why}\nsent {sent[:3000]!r}\ngot {found[-1500:]!r}")

    async def storm() -> None:
        await asyncio.gather(*(run() for _ in range(AT_ONCE)))

    asyncio.run(storm())
    assert not wrong, f"{len(wrong)} findings\n" + "\n\n".join(wrong[:5])
    assert accepted > SOCKETS / 2, "the attacks do not get in"


def test_hostile_polling_neither_stops_the_mock_nor_gets_a_trace(mock: Arena, channels: list[tuple[str, Channel]], seed: str) -> None:
    for number, (backend, service) in enumerate(sorted({(backend, channel.service) for backend, channel in channels if not channel.raw})):
        place, root = mock.place(backend, service)
        chance = derive(seed, "polling", number)
        for data in polls(place, root, chance):
            answer = asyncio.run(exchange(place, data, 0.05, 5))
            assert suspicious(None, answer) is None, (data[:500], answer)


def polls(place: tuple[str, int], root: str, chance: Chance) -> Iterator[bytes]:
    """Requests of polling: openings that are none, sessions that are none, bodies that are none in sessions that are."""
    for query in (*QUERIES, *(f"EIO=4&transport=polling&sid={session}" for session in SESSIONS)):
        for method in ("GET", "POST", "DELETE"):
            yield f"{method} {root}/socket.io/?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n2".encode("latin-1")
    for payload in PAYLOADS:
        session = sid(place, root)
        start = f"POST {root}/socket.io/?EIO=4&transport=polling&sid={session} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length:".encode()
        yield b"%b %d\r\n\r\n%b" % (start, len(b"40"), b"40")
        yield b"%b %d\r\n\r\n%b" % (start, len(payload), payload)
        yield start.replace(b"Content-Length:", b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(payload) or 1, payload or b"x"))
        yield f"GET {root}/socket.io/?EIO=4&transport=polling&sid={session} HTTP/1.1\r\nConnection: close\r\n\r\n".encode()
        yield start + b" 1\r\n\r\n1"


def sid(place: tuple[str, int], root: str) -> str:
    """A session that polling opened."""
    answer = asyncio.run(exchange(place, f"GET {root}/socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()))
    return answer.partition(b'"sid":"')[2].partition(b'"')[0].decode()


def test_a_flood_of_sockets_that_come_and_go_leaves_nothing(mock: Arena, channels: list[tuple[str, Channel]]) -> None:
    files = mock.files()
    chance = derive("flood")
    for number in range(FLOOD):
        backend, channel = channels[number % len(channels)]
        connection = connect(mock.place(backend, channel.service)[0])
        connection.sendall(handshake(opening(mock, chance, backend, channel)))
        if number % 3 == 0:
            connection.recv(1 << 16)
            if not channel.raw:
                connection.sendall(frame(TEXT, b"40" + (b"" if channel.address == "/" else channel.address.encode() + b",")))
        reset(connection) if number % 2 else connection.close()
    end = time.monotonic() + LATEST
    while mock.files() > files + 5 and time.monotonic() < end:
        time.sleep(0.05)
    assert mock.files() <= files + 5


@pytest.mark.parametrize("headers", [HANDSHAKE[:3], (*HANDSHAKE[:3], (b"Sec-WebSocket-Version", b"12")), (*HANDSHAKE, HANDSHAKE[2])])
def test_a_handshake_that_is_none_is_answered_and_closed(mock: Arena, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    place, root = mock.place("watchparty", "api")
    with contextlib.closing(connect(place)) as connection:
        connection.sendall(handshake(f"{root}/ws/notifications/", headers))
        assert everything(connection).startswith(b"HTTP/1.1 400")


@pytest.fixture
def session(mock: Arena) -> Iterator[socket.socket]:
    """An open WebSocket with Engine.IO and a namespace that let it in."""
    place, root = mock.place("savebucks", "api")
    with contextlib.closing(connect(place)) as connection:
        connection.sendall(handshake(f"{root}/socket.io/?EIO=4&transport=websocket"))
        said(connection, b'"sid"')
        connection.sendall(frame(TEXT, b'40{"token":"%b"}' % mock.bystander_token("savebucks").encode()))
        said(connection, b'40{"sid"')
        yield connection


def said(connection: socket.socket, text: bytes) -> None:
    """Waits until the mock says a text."""
    found = b""
    while text not in found:
        piece = connection.recv(1 << 16)
        assert piece, found
        found += piece


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"7",
        b"a",
        b"\x1e",
        "\u00b2".encode(),
        "4\u00b2".encode(),
        b"42[",
        b'4511-["x",{"_placeholder":true,"num":0}]',
        b"49",
        b"44",
        b"4" + b"x" * 1_000_001,
        b"42" + b"9" * 101 + b"[]",
    ],
    ids=repr,
)
def test_a_packet_that_is_none_ends_its_connection_at_once(mock: Arena, session: socket.socket, packet: bytes) -> None:
    assert mock.sockets() == 1
    session.sendall(frame(TEXT, packet))
    end = time.monotonic() + LATEST
    while mock.sockets() and time.monotonic() < end:
        time.sleep(0.02)
    assert mock.sockets() == 0


@pytest.mark.parametrize(
    "packet",
    [
        b'451-["x",{"_placeholder":true,"num":0}]',
        b'42["x",%b]' % (b"[" * 250 + b"]" * 250),
        b'42["connect"]',
        b"42[[]]",
        b"431[]",
        b"439999999999[]",
        b"41/nope,",
    ],
    ids=repr,
)
def test_a_packet_that_means_nothing_leaves_its_connection_alone(mock: Arena, session: socket.socket, packet: bytes) -> None:
    session.sendall(frame(TEXT, packet))
    session.sendall(frame(2, b"x") if packet.startswith(b"45") else b"")
    session.sendall(frame(TEXT, b'427["chat:join",{}]'))
    said(session, b"437[")
    assert mock.sockets() == 1


def test_what_polling_may_not_send_is_refused_at_once(mock: Arena) -> None:
    place, root = mock.place("savebucks", "api")
    for payload in (b"6", b"2", b"\x1e", b"4x\x1e", b"x" * 1_000_001, b"bA"):
        opened = sid(place, root)
        head = f"POST {root}/socket.io/?EIO=4&transport=polling&sid={opened} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(payload)}\r\n\r\n"
        assert asyncio.run(exchange(place, head.encode() + payload, 3)).startswith(b"HTTP/1.1 400"), payload[:20]


def test_a_bad_message_by_polling_does_not_wait_for_a_poll(mock: Arena) -> None:
    place, root = mock.place("savebucks", "api")
    head = f"POST {root}/socket.io/?EIO=4&transport=polling&sid={sid(place, root)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"
    assert asyncio.run(exchange(place, head.encode() + b"42[", 3)).startswith(b"HTTP/1.1 ")


def test_a_payload_may_hold_what_a_browser_gathered(mock: Arena) -> None:
    place, root = mock.place("savebucks", "api")
    body = b"\x1e".join([b'40{"token":"%b"}' % mock.bystander_token("savebucks").encode(), *[b'42["chat:join",{}]'] * 40])
    head = (
        f"POST {root}/socket.io/?EIO=4&transport=polling&sid={sid(place, root)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    assert asyncio.run(exchange(place, head.encode() + body, 3)).endswith(b"\r\nOK\r\n0\r\n\r\n")
    end = head.replace(f"Content-Length: {len(body)}", "Content-Length: 1").encode() + b"1"
    assert asyncio.run(exchange(place, end, 3)).endswith(b"\r\nOK\r\n0\r\n\r\n")


@pytest.mark.parametrize("headers", [(), HANDSHAKE[:1], HANDSHAKE[1:2], (*HANDSHAKE, (b"Transfer-Encoding", b"chunked"))])
def test_an_upgrade_that_is_none_is_refused(mock: Arena, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    place, root = mock.place("savebucks", "api")
    data = handshake(f"{root}/socket.io/?EIO=4&transport=websocket", (*headers, (b"Connection", b"close")))
    assert asyncio.run(exchange(place, data, 1)).startswith((b"HTTP/1.1 400", b"HTTP/1.1 101")[: 2 if len(headers) > 1 else 1])
