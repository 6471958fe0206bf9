"""The fixture as somebody else's suite has it: a pytest run of its own."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from ..mock_process import PATIENCE, environment

PLUGIN = () if entry_points(group="pytest11", name="understudy") else ("-p", "understudy.pytest_plugin")
SUITE = """
import asyncio, logging, os, urllib.request

import pytest


@pytest.mark.parametrize("number", range(4))
def test_each_begins_as_seeded(understudy_mock, number):
    mock = understudy_mock("eventplatform")
    assert mock.state.counts()["orders"] == 12
    assert mock.requests.all() == []
    mock.state("orders").delete(1)
    mock.faults.add("latency", ms=1)
    urllib.request.urlopen(f"{mock.url}/api/events/1").close()
    print(f"WORKER {os.environ.get('PYTEST_XDIST_WORKER', 'none')} {mock.url}")


def test_worlds(understudy_mock):
    mock = understudy_mock("eventplatform")
    with mock.fresh() as world:
        world.state("orders").delete(1)
    assert mock.state("orders").get(1)


async def page(mock):
    reader, writer = await asyncio.open_connection("localhost", int(mock.url.rpartition(":")[2]))
    writer.write(b"GET /api/events/1 HTTP/1.1\\r\\nhost: localhost\\r\\nconnection: close\\r\\n\\r\\n")
    status = await reader.readline()
    await reader.read()
    writer.close()
    await writer.wait_closed()
    return status


def test_inside_a_loop(understudy_mock):
    async def story():
        mock = understudy_mock("eventplatform")
        assert await page(mock) == b"HTTP/1.1 200 OK\\r\\n"
        assert mock.requests.count() == 1

    asyncio.run(story())


def test_a_document(understudy_mock):
    assert understudy_mock("pets.yaml").health().backend == "pets"


def test_logging_is_left_as_it_was(understudy_mock):
    understudy_mock("eventplatform")
    assert [logging.getLogger(name).handlers for name in ("uvicorn", "uvicorn.error", "understudy")] == [[], [], []]
"""
LAZY = "import sys, pytest; known = set(sys.modules); import understudy.pytest_plugin; print(sorted(set(sys.modules) - known))"
AFTER = """
import threading


def pytest_unconfigure():
    print("THREADS", [thread.name for thread in threading.enumerate() if thread.name.startswith("understudy")])
"""


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    (folder / "pets.yaml").write_text("openapi: 3.0.3\ninfo: {title: P, version: '1'}\npaths: {/pets: {get: {responses: {'200': {description: P}}}}}\n")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    (folder / "conftest.py").write_text(AFTER, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", *PLUGIN, "-p", "no:cacheprovider", "-rP", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False)


def workers(text: str) -> dict[str, set[str]]:
    """The workers, and the addresses of the mocks that each had."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line.startswith("WORKER"):
            _, worker, url = line.split()
            found.setdefault(worker, set()).add(url)
    return found


def test_a_suite_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    done = run(tmp_path)
    assert "8 passed" in done.stdout, done.stdout
    assert "warning" not in done.stdout
    assert "THREADS []" in done.stdout
    assert [len(urls) for urls in workers(done.stdout).values()] == [1]


def test_workers_of_xdist_have_mocks_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE.replace("range(4)", "range(20)"), encoding="utf-8")
    done = run(tmp_path, "-n", "2")
    assert "24 passed" in done.stdout, done.stdout
    assert "warning" not in done.stdout
    found = workers(done.stdout)
    assert sorted(found) == ["gw0", "gw1"]
    assert [len(urls) for urls in found.values()] == [1, 1]
    assert found["gw0"] != found["gw1"]


def test_a_suite_that_asks_for_no_mock_pays_for_none() -> None:
    done = subprocess.run([sys.executable, "-c", LAZY], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "['understudy', 'understudy.pytest_plugin']\n"


def test_the_fixture_is_listed_with_what_it_is(tmp_path: Path) -> None:
    done = run(tmp_path, "--fixtures")
    assert "understudy_mock" in done.stdout
    assert "a mock in this process, as seeded at the beginning of each test" in done.stdout


def test_a_failure_shows_the_mocks_own_words(tmp_path: Path) -> None:
    suite = "def test_it(understudy_mock):\n    understudy_mock('eventplatform').scenarios.apply('sold-out-evnt')\n"
    (tmp_path / "test_it.py").write_text(suite, encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "MockError: There is no scenario 'sold-out-evnt'. Did you mean 'sold-out-event'?" in done.stdout
