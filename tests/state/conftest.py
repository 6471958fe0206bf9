"""The parts of a world in one process, and as two have them that share it over Redis: both pass the same tests."""

from collections.abc import Callable
from typing import Any

import pytest

from mock_server.state.clock import Clock
from mock_server.state.store import Store
from mock_server.state.throttle import Throttle
from mock_server.state.tokens import Tokens


@pytest.fixture(params=["memory", "redis"], scope="session")
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the Redis is, None for state in memory."""
    found: str | None = request.getfixturevalue("redis_server").url if request.param == "redis" else None
    return found


@pytest.fixture
def make_store(url: str | None) -> Callable[[Any], Any]:
    """Makes a store of tables."""
    if url is None:
        return Store
    from .replicas import ReplicatedStore

    return lambda tables: ReplicatedStore(url, tables)


@pytest.fixture
def make_clock(url: str | None) -> Callable[[Any], Any]:
    """Makes a clock that runs with another one."""
    if url is None:
        return Clock
    from .replicas import ReplicatedClock

    return lambda wall: ReplicatedClock(url, wall)


@pytest.fixture
def throttle(url: str | None) -> Any:
    """What counts calls."""
    if url is None:
        return Throttle()
    from .replicas import ReplicatedThrottle

    return ReplicatedThrottle(url)


@pytest.fixture
def make_tokens(url: str | None) -> Callable[[str], Tokens]:
    """Makes the tokens of a key."""
    if url is None:
        return Tokens
    from .replicas import replicated_tokens

    return lambda key: replicated_tokens(url, key)
