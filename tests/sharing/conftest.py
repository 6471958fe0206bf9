"""A Redis of the tests' own, and a client whose requests go to two processes' engines in turn."""

from collections.abc import Callable, Iterator

import pytest

from .redis_server import RedisServer
from .twins import SharedClient


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory, requires: Callable[..., None]) -> Iterator[RedisServer]:
    requires("redis-server")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(request: pytest.FixtureRequest, redis_server: RedisServer) -> SharedClient:
    redis_server.clear()
    return SharedClient(request.module.BACKEND, redis_server.url)
