"""What tests need from the machine: skipped with a reason where it is not there, a failure where TESTS_REQUIRE names it."""

import gc
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

REQUIRED = frozenset(os.environ.get("TESTS_REQUIRE", "").split(","))
PROGRAMS = {"node": ("node", "npm", "npx")}


def _missing(name: str) -> str | None:
    lacking = [program for program in PROGRAMS.get(name, (name,)) if shutil.which(program) is None]
    return f"{' and '.join(lacking)} not found" if lacking else None


def need(name: str, why: str | None) -> None:
    """Skips, or fails where TESTS_REQUIRE names it, if there is a reason why a thing can't be used."""
    if why is None:
        return
    if name in REQUIRED:
        pytest.fail(f"TESTS_REQUIRE names {name}: {why}", pytrace=False)
    pytest.skip(why)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Of `--reruns`: each process asks for a test's failures and says its number; behind a word without an answer, the next question waits 40 ms."""
    told = getattr(getattr(config, "failures_db", None), "sock", None)
    if told is not None:
        told.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def pytest_collection() -> None:
    """The tests themselves, half a million objects, are set aside: the garbage collector would look through them again and again."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def requires() -> Callable[..., None]:
    """Call with the name of a thing (`node`), or with a name and the reason why it can't be used."""
    return lambda name, why=None: need(name, why or _missing(name))


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory, requires: Callable[..., None]) -> Iterator[Any]:
    """A Redis of the tests' own."""
    requires("redis-server")
    from .sharing.redis_server import RedisServer

    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()
