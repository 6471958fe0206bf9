"""The pytest plugin: the fixture `understudy_mock`. It imports next to nothing until a test asks for it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from understudy.testing.serving import MockFactory

__all__ = ["understudy_mock"]


@pytest.fixture(scope="session")
def _understudy_servers(pytestconfig: pytest.Config) -> "Iterator[MockFactory]":
    from understudy.testing.serving import MockFactory  # a run whose tests don't ask for a mock does not pay for it

    with MockFactory(pytestconfig.rootpath) as make:
        yield make


@pytest.fixture
def understudy_mock(_understudy_servers: "MockFactory") -> "Iterator[MockFactory]":
    """Call with a backend's name or a document's path: a mock in this process, as seeded at the beginning of each test.

    Every worker of pytest-xdist has its own on ports of its own; the servers live as long as the session.
    """
    yield _understudy_servers
    _understudy_servers.forget()
