"""A browser for the tests of the report that is a page."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.clients.conftest import INSTALL, missing
from tests.console.page import Page


@pytest.fixture(scope="session")
def chromium(requires: Callable[..., None]) -> Iterator[Page]:
    requires("node")
    requires("chromium")
    if lacking := missing():
        requires("node", f"{', '.join(lacking)} not installed: {INSTALL}")
    with contextlib.closing(Page()) as page:
        yield page


@pytest.fixture
def browser(chromium: Page) -> Iterator[Page]:
    """A browser without a page; the one that a test opens must have fetched nothing and thrown nothing."""
    yield chromium.begin()
    wrong = chromium.wrong()
    chromium.leave()
    assert wrong == []
