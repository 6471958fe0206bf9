"""`understudy mock` as it is typed: what it prints is true, what can't be is one sentence, and Ctrl-C ends it."""

import itertools
import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from understudy.contract.reader import backend_names, read

from ..mock_process import ask, run, serving, start, stop

PETS = Path(__file__).parents[1] / "engine" / "outside" / "pets-3.0.yaml"


def is_free(port: int) -> bool:
    """Whether somebody could listen on a port."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


HANDED_OUT = itertools.count()


def free(count: int = 1) -> int:
    """The first of some ports in a row that are free now: below those that systems give to clients, apart for each worker, never the same twice."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for step in HANDED_OUT:
        first = 20_000 + 2_000 * (worker % 5) + (os.getpid() * 37 + step * 10) % 2_000
        if all(is_free(port) for port in range(first, first + count)):
            return first
        assert step < 500, "no port is free"
    raise AssertionError("no port is free")


@pytest.fixture
def busy() -> Iterator[int]:
    """A port on which somebody listens."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", free(2) + 1))
        other.listen()
        yield other.getsockname()[1]


def text_of(*arguments: str, folder: Path) -> str:
    """What `mock` prints until it is ready."""
    process = start(["mock", *arguments], folder)
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Press Ctrl-C"):
            break
    _, _, said = stop(process)
    assert lines, said
    return "".join(lines)


@pytest.mark.parametrize("backend", backend_names())
def test_every_url_that_is_told_answers_and_every_account_signs_in(backend: str, tmp_path: Path) -> None:
    contract = read(backend)
    auth = contract.settings["auth"]
    login = next(item for item in contract.operations if item.behavior.do == "login")
    with serving(backend, folder=tmp_path) as mock:
        (told,) = mock.told["backends"]
        for service in told["services"]:
            if service["docs"]:
                assert ask(service["docs"])[0] == 200
                assert service["base"].startswith(service["url"])
        assert len(told["accounts"]) == len(contract.settings["accounts"])
        for account in told["accounts"]:
            body = {auth["login"]: account["login"], auth["password"]: account["password"]}
            assert ask(mock.url(login.service) + login.path, body)[0] == 200, account
        urls = {service["url"].rpartition(":")[2] for service in told["services"]}
        ports = set(re.findall(r"localhost:(\d+)", " ".join(told["environment"])))
        own = {str(service.port) for service in contract.services}
        assert ports & urls or not ports
        assert not ports & own, "the .env names a guide's port that is not in use"


def test_port_zero_picks_a_port_for_each_service(tmp_path: Path) -> None:
    with serving("platng", "--port", "0", folder=tmp_path) as mock:
        urls = [service["url"] for service in mock.told["backends"][0]["services"]]
        assert len(set(urls)) == 6
        assert all(ask(f"{url}/health")[0] == 200 for url in urls)


def test_a_port_is_that_of_the_first_service_and_the_others_follow(tmp_path: Path) -> None:
    port = free(6)
    with serving("platng", "--port", str(port), folder=tmp_path) as mock:
        assert [service["url"] for service in mock.told["backends"][0]["services"]] == [f"http://localhost:{port + step}" for step in range(6)]
        assert json.loads(ask(f"http://localhost:{port + 1}/health")[2])["service"] == "events"


def test_an_offset_moves_every_port_and_the_lines_of_the_env(tmp_path: Path) -> None:
    offset = free(2) - 3000
    printed = text_of("eventplatform", "--port-offset", str(offset), folder=tmp_path)
    assert f"http://localhost:{3000 + offset}" in printed
    assert f"API_GATEWAY_PORT={3000 + offset}" in printed
    assert f"REALTIME_SERVICE_PORT={3001 + offset}" in printed
    assert re.search(r"user@example\.com\s+password123", printed)
    assert "\033" not in printed


def test_on_a_single_port_everything_is_where_it_is_said_to_be(tmp_path: Path) -> None:
    with serving("platng", "eventplatform", "--single-port", "0", folder=tmp_path) as mock:
        services = [service for backend in mock.told["backends"] for service in backend["services"]]
        assert len({service["url"].split("/")[2] for service in services}) == 1
        for service in services:
            if service["operations"]:
                document = json.loads(ask(f"{service['url']}/openapi.json")[2])
                assert document["servers"][0]["url"] == service["base"].rstrip("/")
        assert ask(f"{mock.url('gateway')}/api/events/1")[0] == 200
        assert f"NEXT_PUBLIC_EVENT_API={mock.url('events')}/api/v1" in mock.told["backends"][0]["environment"]


def test_a_busy_port_is_one_line_with_a_command_that_works(busy: int, tmp_path: Path) -> None:
    arguments = ["mock", "eventplatform", "--port-offset", str(busy - 3001)]
    done = run(arguments, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"Port {busy} (eventplatform realtime) is busy. Nothing was started. Try: understudy mock eventplatform --port-offset " in done.stderr
    assert is_free(busy - 1), "the other service was half-started"
    advised = done.stderr.strip().partition("Try: understudy mock ")[2].split()
    with serving(*advised, folder=tmp_path) as mock:
        assert ask(f"{mock.url('gateway')}/api/events/1")[0] == 200


def test_a_busy_single_port_is_one_line_with_a_command_that_works(busy: int, tmp_path: Path) -> None:
    done = run(["mock", "savebucks", "--single-port", str(busy)], tmp_path)
    assert done.returncode == 2
    advised = done.stderr.strip().partition("Try: understudy mock ")[2].split()
    with serving(*advised, folder=tmp_path) as mock:
        assert ask(f"{mock.url('api')}/health")[0] == 200


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_and_frees_its_ports(by: int, tmp_path: Path) -> None:
    port = free(2)
    process = start(["mock", "eventplatform", "--port", str(port)], tmp_path)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("Press Ctrl-C"):
        assert process.poll() is None
    assert ask(f"http://127.0.0.1:{port}/api/events/1")[0] == 200
    code, _, said = stop(process, by)
    assert code in (0, 130)
    assert said.strip() == "Stopped."
    assert is_free(port)
    assert is_free(port + 1)


def test_an_open_connection_does_not_hold_the_end_up(tmp_path: Path) -> None:
    with serving("eventplatform", folder=tmp_path) as mock:
        host, _, port = mock.url("gateway").removeprefix("http://").partition(":")
        with closing(socket.create_connection((host, int(port)))) as idle:
            idle.sendall(b"GET /api/events/1 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(20).startswith(b"HTTP/1.1 200")
            assert stop(mock.process)[0] in (0, 130)


def test_the_same_seed_gives_the_same_records_and_another_gives_others(tmp_path: Path) -> None:
    def names(seed: str) -> list[str]:
        with serving("eventplatform", "--seed", seed, folder=tmp_path) as mock:
            return [event["eventName"] for event in json.loads(ask(f"{mock.url('gateway')}/api/events")[2])]

    first = names("a")
    assert first == names("a")
    assert first != names("b")


def test_strict_is_handed_on(tmp_path: Path) -> None:
    with serving("eventplatform", "--validate", "strict", folder=tmp_path) as mock:
        status, headers, _ = ask(f"{mock.url('gateway')}/api/auth/login", {"username": "user@example.com", "password": "password123", "more": 1})
    assert status == 400
    assert json.loads(headers["understudy-violations"])[0]["pointer"] == "/body/more"


def test_settings_come_from_the_environment_and_the_file(tmp_path: Path) -> None:
    (tmp_path / "understudy.toml").write_text('targets = ["savebucks"]\nport = 0\njson = true\n', encoding="utf-8")
    process = start(["mock"], tmp_path, {"UNDERSTUDY_SEED": "x"})
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert stop(process)[0] in (0, 130)
    assert [backend["name"] for backend in told["backends"]] == ["savebucks"]


def test_a_document_from_outside_is_served(tmp_path: Path) -> None:
    with serving(str(PETS), folder=tmp_path) as mock:
        made = json.loads(ask(f"{mock.base('api')}/pets", {"name": "Rex"})[2])
        assert json.loads(ask(f"{mock.base('api')}/pets/{made['id']}")[2])["name"] == "Rex"
        assert ask(f"{mock.base('api')}/pets/{made['id']}", method="DELETE")[0] == 204
        assert ask(f"{mock.base('api')}/pets/{made['id']}")[0] == 404


SENTENCES = {
    "an unknown backend": (["mock", "eventplatfrom"], "'eventplatfrom' is neither a backend nor a document that is there. Did you mean 'eventplatform'?"),
    "a broken document": (["mock", "broken.yaml"], "broken.yaml:3: This is no valid YAML: "),
    "a document of another kind": (["mock", "other.yaml"], "other.yaml:1: An OpenAPI document names its version, 3.0 or 3.1; found none."),
    "a port out of range": (["mock", "eventplatform", "--port-offset", "63000"], "Port 66000 (eventplatform gateway) is not between 0 and 65535."),
    "an address of nobody": (["mock", "eventplatform", "--port", "0", "--host", "192.0.2.1"], "'192.0.2.1' is no address of this machine."),
    "a name of nobody": (["mock", "eventplatform", "--port", "0", "--host", "nowhere.invalid"], "'nowhere.invalid' is no address of this machine."),
    "a port that two want": (["mock", "platng", "platng"], "is wanted by platng auth and by platng auth."),
    "an option that is none": (["mock", "--prot", "1"], "'--prot' is no option of understudy mock. Did you mean '--port'?"),
    "a mode that is none": (["mock", "--validate", "strickt"], "Did you mean 'strict'?"),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_what_cannot_be_is_one_sentence_and_exit_code_2(name: str, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("openapi: 3.1.0\npaths: {/a: [\n", encoding="utf-8")
    (tmp_path / "other.yaml").write_text("name: something\n", encoding="utf-8")
    arguments, sentence = SENTENCES[name]
    done = run(arguments, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
