"""Servers with manners of their own before a backend that is right: none is accused of its manners, and what stands in the way is told once."""

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract_tests import own
from contract_tests.options import Options
from contract_tests.report import Report
from contract_tests.running import check

from .foreign import catchalls, library, manners
from .foreign.web import App, served, start

SOME = ("listEvents", "getEvent", "createOrder")


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with own.serving("eventplatform") as urls:
        yield urls["gateway"]


def met(app: App, **options: object) -> Report:
    given = {"only": SOME, "layers": ("oracles",), "time": 60.0, **options}
    with served(app) as url:
        return check(Options("eventplatform", urls=(f"gateway={url}{given.pop('prefix', '')}",), **given))  # type: ignore[arg-type]


@pytest.mark.parametrize("manner", ["polite", "hasty", "throttled", "zipped", "verbose"])
def test_manners_are_no_findings(mock: str, manner: str) -> None:
    report = met(manners.MANNERS[manner](mock))
    assert ([item.id for item in report.findings], report.ended) == ([], "complete")
    assert report.exit_code("warning") == 0


def test_a_path_before_all_paths_is_part_of_the_url(mock: str) -> None:
    assert met(manners.prefixed(mock), prefix="/v2/backend").findings == ()


def test_a_key_of_a_gateway_is_a_header_of_every_request(mock: str) -> None:
    assert met(manners.guarded(mock), headers=("X-Gateway-Key: s3cret",)).findings == ()


@pytest.mark.parametrize(("manner", "said"), [("prefixed", "every path is 404"), ("guarded", "refused"), ("moved", "redirected"), ("slashed", "redirected")])
def test_what_stands_in_the_way_is_one_finding(mock: str, manner: str, said: str) -> None:
    report = met(manners.MANNERS[manner](mock), only=())
    assert [item.id for item in report.findings] == ["surface.service:gateway"]
    assert said in report.findings[0].title
    assert report.requests < 60


@pytest.mark.parametrize("name", catchalls.ANSWERS)
def test_a_server_that_answers_everything_alike_is_one_finding(name: str) -> None:
    report = met(catchalls.app(name), only=(), layers=("oracles", "security", "browser", "capacity", "journeys", "schema"))
    assert [item.id for item in report.findings] == ["surface.service:gateway"]
    assert report.exit_code() == 1
    assert [item.why for item in report.outcomes if item.state == "crashed"] == []


def test_a_server_that_only_reads_is_told_so_once() -> None:
    rows = [{"idEvent": number, "eventName": "Open air"} for number in (1, 2)]
    report = met(catchalls.readonly(rows), only=(), layers=("oracles", "schema"), quick=True)
    assert [item.subject for item in report.findings if item.rule == "surface.login"] == ["login"]
    assert len(report.findings) < 15


def test_a_read_only_run_sends_nothing_that_changes_anything(mock: str) -> None:
    app = manners.polite(mock)
    report = met(app, only=(), layers=("oracles", "journeys", "security", "browser", "capacity", "schema"), read_only=True)
    assert {(item.method, item.path) for item in app.log if item.method not in ("GET", "HEAD", "OPTIONS")} == {("POST", "/api/auth/login")}
    assert report.findings == ()
    assert "the run is read-only" in report.unchecked


def test_no_more_requests_are_sent_than_the_rate_allows(mock: str) -> None:
    app = manners.polite(mock)
    report = met(app, only=("listEvents",), rate=40.0)
    assert len(app.log) <= 40 * report.seconds + 1


def test_a_target_that_dies_is_told_with_what_was_seen(mock: str) -> None:
    report = met(manners.mortal(mock, 40), only=())
    assert (report.ended, report.exit_code()) == ("unreachable", 3)
    assert "does not answer any more" in report.lost
    assert report.findings == ()


def test_the_end_of_time_ends_the_run(mock: str) -> None:
    report = met(manners.slow(mock, 0.05), only=(), time=3.0)
    assert (report.ended, report.seconds < 30) == ("time", True)
    assert any("--time" in why for why in report.unchecked)


def test_a_target_that_comes_up_late_is_waited_for() -> None:
    with served(library.app()) as url:
        port = int(url.rsplit(":", 1)[1])
    late: list[object] = []
    timer = threading.Timer(1.0, lambda: late.append(start(library.app(), port)))
    timer.start()
    report = check(Options(str(library.DOCUMENT), urls=(url,), headers=(f"X-Library-Key: {library.KEY}",), only=("surface.operation:books_index",), wait=20))
    timer.join()
    for server in late:
        server.shutdown()  # type: ignore[attr-defined]
        server.server_close()  # type: ignore[attr-defined]
    assert [item.state for item in report.outcomes] == ["passed"]


def test_a_port_where_nobody_listens_is_told_at_once() -> None:
    with served(library.app()) as url:
        pass
    report = check(Options(str(library.DOCUMENT), urls=(url,)))
    assert (report.ended, report.exit_code(), report.outcomes) == ("unreachable", 3, ())


def test_a_second_run_against_the_same_target_goes_as_the_first(mock: str) -> None:
    for _ in range(2):
        report = met(manners.polite(mock), only=("idempotency.unique:register",))
        assert (report.findings, [item.state for item in report.outcomes]) == ((), ["passed"])


@pytest.fixture(scope="module")
def certificate(requires: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    requires("openssl")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(("flag", "ended"), [("nothing", "unreachable"), ("insecure", "complete"), ("ca", "complete")])
def test_a_certificate_of_one_s_own_is_trusted_only_if_that_is_said(certificate: Path, flag: str, ended: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    more = {"insecure": {"insecure": True}, "ca": {"ca": certificate / "cert.pem"}}.get(flag, {})
    with served(library.app(), context) as url:
        report = check(Options(str(library.DOCUMENT), urls=(url,), headers=(f"X-Library-Key: {library.KEY}",), only=("books_index",), **more))  # type: ignore[arg-type]
    assert (report.ended, report.findings) == (ended, ())
    assert ("certificate" in report.lost) == (ended == "unreachable")


def test_no_thread_is_left_behind() -> None:
    before = {item.ident for item in threading.enumerate()}
    with own.serving("eventplatform") as urls:
        check(Options("eventplatform", urls=(f"gateway={urls['gateway']}",), only=("capacity.race:createOrder",), layers=("capacity",)))
    assert [item.name for item in threading.enumerate() if item.ident not in before] == []
