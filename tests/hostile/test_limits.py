"""What one connection may take has an end: of its head, its body, its trailers, of what it sends ahead."""

import asyncio
import contextlib
import socket

import pytest

from .arena import STATUS, Arena
from .wires import connect, everything, exchange

HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
LAST = b"Connection: close\r\n\r\n"
KEY = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
ENDLESS = 200 << 20  # bytes that somebody sends who is not stopped
GROWTH = 40 << 20  # bytes that the mock may grow by while it is attacked; what it is sent is many times as much
PIECE = 1 << 16


@pytest.fixture
def place(mock: Arena) -> tuple[str, int]:
    """A service with REST."""
    return mock.place("platng", "events")[0]


def answered(place: tuple[str, int], data: bytes) -> list[int]:
    return [int(status) for status in STATUS.findall(asyncio.run(exchange(place, data, quiet=3)))]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"GET /health?" + b"a" * 16_000 + b" HTTP/1.1\r\nHost: x\r\n" + LAST, 200, id="a target within the limit"),
        pytest.param(b"GET /health?" + b"a" * 16_400 + b" HTTP/1.1\r\nHost: x\r\n" + LAST, 414, id="a target over the limit"),
        pytest.param(HEAD + b"X: " + b"y" * 60_000 + b"\r\n" + LAST, 200, id="a header within the limit"),
        pytest.param(HEAD + b"X: " + b"y" * 70_000 + b"\r\n" + LAST, 431, id="a header over the limit"),
        pytest.param(HEAD + b"".join(b"X%d: %b\r\n" % (number, b"y" * 1000) for number in range(70)) + LAST, 431, id="headers over the limit together"),
        pytest.param(HEAD + b"X: y\r\n" * 198 + LAST, 200, id="as many headers as may be"),
        pytest.param(HEAD + b"X: y\r\n" * 199 + LAST, 431, id="one header too many"),
        pytest.param(HEAD + b"X: " + b"y" * 8200 + b"\r\n" + KEY + b"\r\n", 431, id="a handshake with a header over the limit"),
        pytest.param(HEAD + b"X: y\r\n" * 130 + KEY + b"\r\n", 431, id="a handshake with too many headers"),
        pytest.param(b"GET /?" + b"a" * 8200 + b" HTTP/1.1\r\nHost: x\r\n" + KEY + b"\r\n", 414, id="a handshake with a target over the limit"),
        pytest.param(
            b"POST /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + LAST + b"5\r\nhello\r\n0\r\n" + b"T: x\r\n" * 200 + b"\r\n", 405, id="many trailers"
        ),
        pytest.param(b"POST /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: x\r\n" * 202, 431, id="too many trailers"),
        pytest.param(b"PUT /__admin/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n" % (17 << 20) + LAST + b" " * (17 << 20), 413, id="control"),
        pytest.param(
            b"POST /api/v1/events HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1100000\r\n" + LAST + b" " * 1_100_000, 413, id="a body"
        ),
    ],
)
def test_limits_are_where_they_are_said_to_be(place: tuple[str, int], data: bytes, status: int) -> None:
    assert answered(place, data)[:1] == [status]


@pytest.mark.parametrize(
    ("begin", "piece", "statuses"),
    [
        pytest.param(b"GET /", b"a" * PIECE, {414}, id="target"),
        pytest.param(HEAD + b"X: ", b"a" * PIECE, {431}, id="value"),
        pytest.param(HEAD, b"a" * PIECE, {431}, id="name"),
        pytest.param(HEAD, b"X: y\r\n" * 10, {431}, id="headers"),
        pytest.param(b"POST /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: ", b"a" * PIECE, {431, 405}, id="trailer"),
        pytest.param(b"POST /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", b"T: x\r\n" * 100, {431, 405}, id="trailers"),
        pytest.param(b"POST /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"x" * PIECE, {431}, id="extension of a chunk"),
        pytest.param(b"POST /api/v1/events HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"x" * PIECE, {413}, id="body"),
        pytest.param(
            b"PUT /__admin/clock HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * PIECE + b"\r\n", {413}, id="body for the control API"
        ),
    ],
)
def test_what_never_ends_is_ended_and_not_kept(mock: Arena, place: tuple[str, int], begin: bytes, piece: bytes, statuses: set[int]) -> None:
    before = mock.memory()
    with contextlib.closing(connect(place)) as connection:
        sent = pour(connection, begin, piece)
        assert sent < ENDLESS, "nobody stops it"
        assert {int(status) for status in STATUS.findall(everything(connection))} <= statuses
    assert mock.memory() - before < GROWTH
    mock.prove()


def pour(connection: socket.socket, begin: bytes, piece: bytes) -> int:
    """Sends pieces until the mock ends that; returns how many bytes those were."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        connection.sendall(begin)
        while sent < ENDLESS:
            connection.sendall(piece)
            sent += len(piece)
    return sent


@pytest.fixture
def polling(mock: Arena) -> tuple[str, int]:
    """A service with Socket.IO."""
    return mock.place("eventplatform", "realtime")[0]


def test_a_body_that_never_ends_is_not_kept_for_polling_either(mock: Arena, polling: tuple[str, int]) -> None:
    before = mock.memory()
    with contextlib.closing(connect(polling)) as connection:
        begin = b"POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert pour(connection, begin, b"10000\r\n" + b"x" * PIECE + b"\r\n") < ENDLESS
    assert mock.memory() - before < GROWTH


def test_requests_sent_ahead_are_answered_in_their_order(place: tuple[str, int]) -> None:
    paths = [b"/health", b"/nothing"] * 60
    data = b"".join(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths) + HEAD + LAST
    assert answered(place, data) == [200, 404] * 60 + [200]


def test_who_sends_too_many_requests_ahead_is_cut_off(mock: Arena, place: tuple[str, int]) -> None:
    assert len(answered(place, b"GET /health HTTP/1.1\r\n\r\n" * 5000)) < 1000
    mock.prove()


def test_a_handshake_during_an_answer_is_refused(place: tuple[str, int], polling: tuple[str, int]) -> None:
    data = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\nGET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n" + KEY + b"\r\n"
    assert answered(polling, data) in ([400], [])


def test_headers_after_the_body_are_no_headers_of_the_request(mock: Arena, place: tuple[str, int]) -> None:
    token = mock.tokens["platng"][0].encode()
    head = b"GET /api/v1/tickets HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    body = b"\r\n1\r\n \r\n0\r\nAuthorization: Bearer " + token + b"\r\n\r\n"
    payments = mock.place("platng", "payments")[0]
    assert answered(payments, head + LAST[:-2] + body) == [401]
