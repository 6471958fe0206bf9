"""A client whose requests go to two processes' engines in turn, and two processes that listen to each other."""

import asyncio
from collections.abc import Iterator

import pytest

from .redis_server import RedisServer
from .steered import Run, Scenario, serving
from .twins import SharedClient


@pytest.fixture
def client(request: pytest.FixtureRequest, redis_server: RedisServer) -> Iterator[SharedClient]:
    redis_server.clear()
    shared = SharedClient(request.module.BACKEND, redis_server.url)
    yield shared
    shared.part()


@pytest.fixture
def run(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs something with two processes that publish lines of the log when somebody asks, and not before."""
    monkeypatch.setattr("mock_server.transports.listening.PUBLISHING", 60)

    async def within(scenario: Scenario) -> None:
        async with serving(redis_server.url) as processes:
            await scenario(processes)

    def run(scenario: Scenario) -> None:
        redis_server.clear()
        asyncio.run(within(scenario))

    return run
