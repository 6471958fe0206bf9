"""The way to a mock: one connection kept open, used by several threads; what is said where no mock is."""

import gc
import http.server
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from understudy.contract.errors import UsageError
from understudy.testing import MockError, MockFactory, Understudy
from understudy.testing.connection import Connection


class Strange(http.server.BaseHTTPRequestHandler):
    """A server that is no mock: it answers everything with a page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", "4")
        self.end_headers()
        self.wfile.write(b"page")

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def strange() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strange) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_where_nothing_listens_it_is_said_how_to_start_a_mock() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(MockError, match=rf"^No mock answers at {url}: connection refused\. Start one: understudy mock$") as caught:
            Understudy(url).health()
    assert (caught.value.status, caught.value.exit_code, caught.value.violations) == (0, 3, ())


def test_what_is_no_mock_is_told_from_one(strange: str) -> None:
    with pytest.raises(MockError, match=r"what is there has no control API \(status 200\)"):
        Understudy(strange).health()


def test_a_mock_that_does_not_answer_in_time_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(MockError, match="it took too long"):
        Understudy(f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout=0.05).health()


@pytest.mark.parametrize("url", ["localhost:3000", "ftp://localhost", "http://"])
def test_what_is_no_url_is_said(url: str) -> None:
    with pytest.raises(UsageError, match=r"is no URL of a mock\. Valid: one such as http://localhost:3000\."):
        Understudy(url)


@pytest.mark.parametrize("tail", ["", "/", "/__admin", "/__admin/ui?x=1"])
def test_the_consoles_address_is_good_too(understudy_mock: MockFactory, tail: str) -> None:
    url = understudy_mock("eventplatform").url
    with Understudy(url + tail) as mock:
        assert (mock.url, mock.health().backend) == (url, "eventplatform")


def test_the_connection_is_kept_and_opened_again_when_the_mock_closed_it(understudy_mock: MockFactory) -> None:
    connection = Connection(understudy_mock("eventplatform").url)
    connection.send("GET", "/clock")
    first = connection._http.sock
    connection.send("GET", "/clock")
    assert connection._http.sock is first
    first.shutdown(socket.SHUT_RDWR)
    assert "now" in connection.send("GET", "/clock")
    assert connection._http.sock is not first
    connection.close()


def test_threads_share_it(understudy_mock: MockFactory) -> None:
    mock = understudy_mock("eventplatform")
    worlds = [mock.fresh() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for century in (20, 21, 22):
            list(pool.map(lambda number, century=century: worlds[number].clock.freeze(f"{century}{number + 10}-01-01T00:00:00Z"), range(8)))
            assert list(pool.map(lambda world: world.clock.now.year, worlds)) == [century * 100 + number + 10 for number in range(8)]


def test_one_that_nobody_closes_is_no_warning(understudy_mock: MockFactory) -> None:
    mock = Understudy(understudy_mock("eventplatform").url)
    mock.health()
    del mock
    gc.collect()  # a socket that is still open here would be a ResourceWarning, and those are errors


def test_a_token_is_sent(understudy_mock: MockFactory, strange: str) -> None:
    assert Connection(strange, "secret-token")._headers["authorization"] == "Bearer secret-token"
    assert "authorization" not in Connection(strange)._headers
