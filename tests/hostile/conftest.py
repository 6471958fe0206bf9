"""One mock of all backends for the session of a worker, and one on a single port."""

import os
from collections.abc import Iterator

import pytest

from .arena import Arena, arena, everything


@pytest.fixture(scope="session")
def seed() -> str:
    """What all attacks are made from. FUZZ_SEED=x tries others."""
    return os.environ.get("FUZZ_SEED", "1")


@pytest.fixture(scope="session")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """All backends, each service on a port of its own."""
    with arena(tmp_path_factory.mktemp("mock"), *everything(), "--port", "0") as running:
        yield running


@pytest.fixture(scope="session")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """All backends on one port."""
    with arena(tmp_path_factory.mktemp("single"), *everything(), "--single-port", "0") as running:
        yield running
