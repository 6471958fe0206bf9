"""Real processes over one Redis: no seat is sold twice, no message is lost, and what dies is got over."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from ..mock_process import Mock, run, serving
from ..mock_process import ask as asked
from .redis_server import RedisServer

NAMESPACE = "/realtime"
WORKERS = 3
SEATS = 75  # VIP seats of event 1 that are free


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, body: Any = None, headers: dict[str, str] | None = None, method: str | None = None) -> Answer:
    return Answer(*asked(url, body, headers, method))


@pytest.fixture
def durable(tmp_path: Path, requires: Callable[..., None]) -> Iterator[RedisServer]:
    """A Redis that writes each change before it answers."""
    requires("redis-server")
    server = RedisServer(tmp_path, durable=True)
    server.start()
    yield server
    with contextlib.suppress(ProcessLookupError):
        server.stop(kill=True)


@pytest.fixture
def mock(durable: RedisServer, tmp_path: Path) -> Iterator[Mock]:
    with serving("eventplatform", "--state", durable.url, "--workers", str(WORKERS), folder=tmp_path) as running:
        yield running


def workers(mock: Mock) -> list[int]:
    """The process ids of the workers."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(mock.process.pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in told.stdout.split()]


def token(mock: Mock, login: str = "user@example.com") -> str:
    answer = ask(f"{mock.base('gateway')}/auth/login", {"username": login, "password": "password123"})
    return str(answer.json["access_token"])


def order(mock: Mock, credential: str, quantity: int = 1) -> int:
    body = {"eventId": 1, "categoryId": 1, "quantity": quantity}
    return int(ask(f"{mock.base('gateway')}/orders", body, {"authorization": f"Bearer {credential}"}).status)


def vip(mock: Mock) -> dict[str, Any]:
    found: dict[str, Any] = ask(f"{mock.base('gateway')}/events/1/tickets").json[0]
    return found


def socket_of(mock: Mock, user: int) -> ClientConnection:
    """A socket that has joined the room of event 1."""
    address = f"{mock.url('realtime').replace('http', 'ws', 1)}/socket.io/?{urlencode({'EIO': 4, 'transport': 'websocket', 'userId': user})}"
    opened = connect(address, legacy=True)
    opened.send(f"40{NAMESPACE},")
    heard(opened, "connected")
    say(opened, "join-event-room", {"eventId": 1})
    heard(opened, "joined-event-room")
    return opened


def say(socket: ClientConnection, name: str, data: Any) -> None:
    socket.send(f"42{NAMESPACE},{json.dumps([name, data])}")


def heard(socket: ClientConnection, name: str, within: float = 10) -> Any:
    """The data of the next message of a name."""
    start = f"42{NAMESPACE},"
    while True:
        text = str(socket.recv(timeout=within))
        if text.startswith(start):
            found, data = json.loads(text[len(start) :])
            if found == name:
                return data


def test_seats_are_sold_once_whoever_sells_them(mock: Mock) -> None:
    credential = token(mock)
    with ThreadPoolExecutor(12) as crowd:
        answers = Counter(crowd.map(lambda _: order(mock, credential), range(SEATS + 45)))
    assert answers == {201: SEATS, 409: 45}
    assert (vip(mock)["availableSeats"], len(workers(mock))) == (0, WORKERS)


def test_everybody_hears_everything_in_one_order(mock: Mock) -> None:
    sockets = [socket_of(mock, user) for user in (1, 2, 3, 4)]
    try:
        for round_ in range(6):
            say(sockets[round_ % 2], "lock-tickets", {"eventId": 1, "categoryId": 2, "quantity": 1})
            say(sockets[round_ % 2], "unlock-tickets", {"eventId": 1, "categoryId": 2})
        told = [[heard(socket, "availability-update")["lockedTickets"] for _ in range(12)] for socket in sockets]
    finally:
        for socket in sockets:
            socket.close()
    assert told[0] == told[1] == told[2] == told[3]
    assert told[0][-1] == 0


def test_what_a_process_that_is_killed_held_comes_free(mock: Mock) -> None:
    credential = token(mock)
    sockets = [socket_of(mock, user) for user in (1, 2, 3, 4)]
    for socket in sockets:
        say(socket, "lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 10})
        assert heard(socket, "lock-tickets-response")["success"]
    os.kill(workers(mock)[0], signal.SIGKILL)
    left = [socket for socket in sockets if not is_cut(socket)]
    end = time.monotonic() + 15
    while order(mock, credential, SEATS - 10 * len(left)) != 201 and time.monotonic() < end:
        time.sleep(0.3)
    assert vip(mock)["availableSeats"] == 10 * len(left)
    assert order(mock, credential) == 409
    for socket in left:
        socket.close()
    wait_for(lambda: len(workers(mock)) == WORKERS)


def is_cut(socket: ClientConnection) -> bool:
    try:
        while True:
            socket.recv(timeout=1)
    except TimeoutError:
        return False
    except ConnectionClosed:
        return True


def wait_for(what: Callable[[], bool], within: float = 15) -> None:
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_nothing_that_was_answered_is_lost_when_redis_is_killed(mock: Mock, durable: RedisServer) -> None:
    credential = token(mock)
    socket = socket_of(mock, 1)
    assert [order(mock, credential) for _ in range(5)] == [201] * 5
    durable.stop(kill=True)
    answer = ask(f"{mock.base('gateway')}/events/1")
    assert (answer.status, answer.json["message"]) == (503, "Service Unavailable")
    assert is_cut(socket)  # so that clients come back for fresh figures
    durable.start()
    wait_for(lambda: all(ask(f"{mock.base('gateway')}/events/1").status == 200 for _ in range(4 * WORKERS)))  # each of them
    assert vip(mock)["availableSeats"] == SEATS - 5
    assert order(mock, credential) == 201
    again = socket_of(mock, 1)
    say(again, "lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 1})
    assert heard(again, "availability-update")["lockedTickets"] == 1
    again.close()


def test_a_second_mock_joins_the_state_of_the_first(mock: Mock, durable: RedisServer, tmp_path: Path) -> None:
    credential = token(mock)
    with serving("eventplatform", "--state", durable.url, folder=tmp_path) as other:
        assert order(other, credential, 2) == 201
        assert vip(mock)["availableSeats"] == vip(other)["availableSeats"] == SEATS - 2
        with socket_of(other, 1) as far, socket_of(mock, 2) as near:
            say(near, "lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 3})
            assert heard(far, "availability-update")["lockedTickets"] == 3


def test_polling_is_refused_with_what_to_set(mock: Mock) -> None:
    answer = ask(f"{mock.url('realtime')}/socket.io/?EIO=4&transport=polling")
    assert answer.status == 400
    assert "transports: ['websocket']" in answer.body.decode()


def test_one_process_steers_all(mock: Mock) -> None:
    admin = f"{mock.url('gateway')}/__admin"

    def figures() -> set[int]:
        return {vip(mock)["availableSeats"] for _ in range(12)}

    assert ask(f"{admin}/snapshots/begin", {}).status == 201
    ask(f"{admin}/scenarios/sold-out-event", {})
    assert figures() == {0}
    assert ask(f"{admin}/snapshots/begin/restore", {}).status == 200
    assert figures() == {SEATS}
    ask(f"{admin}/faults", {"kind": "status", "status": 503, "match": {"operation": "listEvents"}})
    assert {ask(f"{mock.base('gateway')}/events").status for _ in range(12)} == {503}
    sockets = [socket_of(mock, user) for user in (1, 2, 3, 4)]
    pushed = ask(f"{admin}/emit", {"message": "order-completed"})
    assert (pushed.status, pushed.json["sockets"]) == (200, 4)
    assert [heard(socket, "order-completed") for socket in sockets] == [pushed.json["data"]] * 4
    for socket in sockets:
        socket.close()
    ask(f"{admin}/clock/advance", {"seconds": 86400})
    assert len({ask(f"{admin}/clock").json["now"][:16] for _ in range(12)}) <= 2
    ask(f"{admin}/reset", {})
    assert {ask(f"{mock.base('gateway')}/events").status for _ in range(12)} == {200}


def test_every_call_stands_once_in_the_log_whoever_tells_of_it(mock: Mock) -> None:
    admin = f"{mock.url('gateway')}/__admin"
    ask(f"{admin}/reset", {})
    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(lambda number: ask(f"{mock.base('gateway')}/events?page={number}").status, range(90))) == {200}
    told = [ask(f"{admin}/requests?limit=1000").json for _ in range(4 * WORKERS)]
    assert told == [told[0]] * len(told)
    lines = told[0]["requests"]
    assert sorted(int(line["query"].removeprefix("page=")) for line in lines) == list(range(90))
    assert [line["id"] for line in lines] == [lines[0]["id"] + number for number in range(90)]
    for number in range(4 * WORKERS):  # what was answered is there at once, at whichever process
        ask(f"{mock.base('gateway')}/events/{1 + number % 5}")
        assert ask(f"{admin}/requests/count", {"operation": "getEvent"}).json == {"count": number + 1}
    assert {ask(f"{admin}/requests", method="DELETE").json["count"] for _ in range(WORKERS)} == {90 + 4 * WORKERS, 0}


def test_who_looks_at_one_process_hears_of_the_calls_of_all(mock: Mock) -> None:
    with urllib.request.urlopen(f"{mock.url('gateway')}/__admin/events", timeout=10) as stream:
        heard = (line.decode().rstrip() for line in stream)
        assert next(heard) == "event: hello"
        for number in range(12):
            ask(f"{mock.base('gateway')}/events?page={number}")
        ask(f"{mock.url('gateway')}/__admin/faults", {"kind": "latency", "ms": 1})
        seen: list[tuple[str, Any]] = []
        while len(seen) < 13:
            line = next(heard)
            if line.startswith("event: "):
                seen.append((line.removeprefix("event: "), json.loads(next(heard).removeprefix("data: "))))
    lines = [data for kind, data in seen if kind == "log"]
    assert [line["query"] for line in lines] == [f"page={number}" for number in range(12)]
    assert [line["id"] for line in lines] == list(range(1, 13))
    assert [kind for kind, _ in seen if kind != "log"] == ["faults"]


def test_the_sockets_of_a_process_that_is_killed_vanish_from_the_list(mock: Mock) -> None:
    admin = f"{mock.url('gateway')}/__admin"
    sockets = [socket_of(mock, user) for user in range(1, 9)]
    told = ask(f"{admin}/sockets").json
    assert len(told) == 8
    killed, held = Counter(item["process"] for item in told).most_common(1)[0]
    number = int(killed.partition(".")[0].rpartition("-")[2])
    os.kill(sorted(workers(mock))[number], signal.SIGKILL)
    left = [socket for socket in sockets if not is_cut(socket)]
    assert len(left) == 8 - held
    assert {len(ask(f"{admin}/sockets").json) for _ in range(2 * WORKERS)} == {len(left)}
    assert ask(f"{admin}/emit", {"message": "order-completed"}).json["sockets"] == len(left)
    for item in ask(f"{admin}/sockets").json:  # each is closed by one that need not hold it
        assert ask(f"{admin}/sockets/{item['id']}/kick", {}).json["process"] == item["process"]
    assert {len(ask(f"{admin}/sockets").json) for _ in range(2 * WORKERS)} == {0}


def test_raw_sockets_hear_what_happens_at_another_process(durable: RedisServer, tmp_path: Path) -> None:
    party = "10000000-0000-4000-8000-000000000001"
    with serving("watchparty", "--state", durable.url, "--workers", str(WORKERS), folder=tmp_path) as mock:

        def joined(login: str) -> ClientConnection:
            body = {"email": f"{login}@example.com", "password": "password123"}
            credential = ask(f"{mock.url('api')}/api/auth/login/", body).json["access"]
            return connect(f"{mock.url('api').replace('http', 'ws', 1)}/ws/party/{party}/?token={credential}", legacy=True)

        with joined("user") as host, contextlib.ExitStack() as stack:
            guests = [stack.enter_context(joined("second")) for _ in range(5)]
            host.send(json.dumps({"type": "play", "position": 12}))
            for guest in guests:
                while (frame := json.loads(guest.recv(timeout=10)))["type"] != "play":
                    pass
                assert frame["position"] == 12
            assert ask(f"{mock.url('api')}/api/parties/{party}/", headers={"authorization": f"Bearer {token_of(mock)}"}).json["status"] == "live"


def token_of(mock: Mock) -> str:
    body = {"email": "second@example.com", "password": "password123"}
    return str(ask(f"{mock.url('api')}/api/auth/login/", body).json["access"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--state", "redis://127.0.0.1:1/0"], "Nothing answers as Redis at redis://127.0.0.1:1/0"),
        (["--state", "localhost:6379"], "'state' is the URL of a Redis such as redis://localhost:6379/0, not 'localhost:6379'"),
        (["--workers", "2"], "2 workers need one state: --state redis://localhost:6379/0"),
        (["--workers", "0"], "workers"),
    ],
)
def test_mistakes_are_told_at_start(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = run(["mock", "eventplatform", "--port", "0", *arguments], tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
