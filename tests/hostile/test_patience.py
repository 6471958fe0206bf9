"""Slow clients: others are served meanwhile, memory does not grow, and their connections end. The limits of this mock are short, so that nobody waits."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator

import pytest

from .arena import STATUS, Arena, arena
from .wires import connect, everything

WAIT = 1.0  # seconds: what the mock of these tests gives a head, a body and an answer
LATEST = 15.0  # seconds after which it should have long ended what it has no patience with
MANY = 200
GROWTH = 60 << 20  # bytes
BIG = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"  # an answer of 1.5 MB


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A mock with little patience."""
    limits = f"{{'head': {WAIT}, 'body': {WAIT}, 'write': {WAIT}}}"
    with arena(tmp_path_factory.mktemp("hasty"), "eventplatform", limits=limits) as running:
        yield running


@pytest.fixture
def place(hasty: Arena) -> tuple[str, int]:
    return hasty.place("eventplatform", "gateway")[0]


def comes(true: Callable[[], bool]) -> bool:
    """Whether something comes true before patience ends."""
    end = time.monotonic() + LATEST
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def held(place: tuple[str, int], begin: bytes, drip: bytes, hasty: Arena) -> list[bytes]:
    """Opens many connections that begin and then only drip, while others are served; returns what each of them got when the mock ended it.

    How many are open at once is not asked: on a busy machine the first have been ended before the last are there.
    """
    before, memory = hasty.files(), hasty.memory()
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(contextlib.closing(connect(place))) for _ in range(MANY)]
        for connection in made:
            with contextlib.suppress(ConnectionError):
                connection.sendall(begin)
        for _ in range(3):
            hasty.prove()
            for connection in made:
                with contextlib.suppress(ConnectionError):
                    connection.sendall(drip)
        answers = [everything(connection) for connection in made]  # ends when the mock has ended each
        assert comes(lambda: hasty.files() <= before + 10), "the connections do not end"
        assert hasty.memory() - memory < GROWTH
        return answers


def test_heads_that_drip_end_with_408(hasty: Arena, place: tuple[str, int]) -> None:
    answers = held(place, b"GET /api/events HTTP/1.1\r\nHost: x\r\nX: ", b"y", hasty)
    assert {tuple(STATUS.findall(answer)) for answer in answers} <= {(b"408",), ()}
    assert b"did not come to its end in time" in answers[0]


def test_connections_that_say_nothing_end_without_a_word(hasty: Arena, place: tuple[str, int]) -> None:
    assert held(place, b"", b"", hasty) == [b""] * MANY


def test_empty_lines_after_an_answer_do_not_keep_a_connection(hasty: Arena, place: tuple[str, int]) -> None:
    before = hasty.files()
    with contextlib.closing(connect(place)) as connection:
        connection.sendall(b"HEAD /api/events/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        connection.sendall(b"\r\n")
        assert everything(connection) == b""
    assert comes(lambda: hasty.files() <= before)


def test_bodies_that_never_end_are_not_acted_upon(hasty: Arena, place: tuple[str, int]) -> None:
    body = json.dumps({"username": "half@example.com", "password": "password123", "name": "Half"}).encode()
    head = b"POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (len(body) + 9)
    answers = held(place, head + body, b"", hasty)
    assert {tuple(STATUS.findall(answer)) for answer in answers} == {(b"408",)}
    assert b"half@example.com" not in json.dumps(hasty.rows("eventplatform", "users")).encode()


def test_a_client_that_goes_away_within_its_body_is_not_acted_upon(hasty: Arena, place: tuple[str, int]) -> None:
    body = json.dumps({"username": "gone@example.com", "password": "password123", "name": "Gone"}).encode()
    with contextlib.closing(connect(place)) as connection:
        connection.sendall(b"POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n" + body)
        time.sleep(0.1)
    hasty.prove()
    assert b"gone@example.com" not in json.dumps(hasty.rows("eventplatform", "users")).encode()


def test_a_body_that_comes_slowly_but_steadily_is_taken(place: tuple[str, int]) -> None:
    text = b'{"username":"user@example.com","password":"password123"}'
    pieces = [text[:10], text[10:20], text[20:30], text[30:40], text[40:]]
    with contextlib.closing(connect(place)) as connection:
        head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % len(text))
        for piece in pieces:
            time.sleep(WAIT / 3)
            connection.sendall(piece)
        assert everything(connection).startswith((b"HTTP/1.1 200", b"HTTP/1.1 201"))


@pytest.mark.parametrize("ending", [b"", BIG.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")], ids=["kept alive", "to be closed"])
def test_answers_that_are_never_read_end_the_connection(hasty: Arena, place: tuple[str, int], ending: bytes) -> None:
    """The kernel takes some megabytes of each for the client; what the mock holds itself is one answer for each connection."""
    before = hasty.files()
    with contextlib.ExitStack() as stack:
        memory = hasty.memory()
        for _ in range(MANY // 10):
            stack.enter_context(contextlib.closing(connect(place, 4096))).sendall(BIG * 50 + ending)
        hasty.prove()
        assert hasty.memory() - memory < 2 * GROWTH
        assert comes(lambda: hasty.files() <= before + 2), "who reads nothing stays"
        hasty.prove()


def test_who_reads_slowly_gets_everything(place: tuple[str, int]) -> None:
    with contextlib.closing(connect(place, 65536)) as connection:
        connection.sendall(BIG.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        found = b""
        while piece := connection.recv(1 << 16):
            found += piece
            time.sleep(WAIT / 20)
    head, _, body = found.partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(body) in head.lower()
