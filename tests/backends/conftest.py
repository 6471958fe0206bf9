"""A fresh world for each test: `client` is of the backend that the test module names as BACKEND."""

import pytest

from .client import Client


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Client:
    return Client(request.module.BACKEND)
