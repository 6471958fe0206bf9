"""The mutants are what their table says, and each of them really has its defect, which the clean mock has not."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest

from understudy.contract.model import Contract
from understudy.contract.reader import backend_names

from .planting import CLASSES, LAYERS, Mutant, Planted, contract, planted, served
from .table import mutants

MUTANTS = mutants()
WORLDS = count(1)
EACH = pytest.mark.parametrize("name", MUTANTS)


@pytest.fixture(scope="module")
def clean() -> Iterator[dict[str, Planted]]:
    """A mock without a defect for each backend."""
    made = {backend: served(backend) for backend in backend_names()}
    yield {backend: server.__enter__() for backend, server in made.items()}
    for server in made.values():
        server.__exit__(None, None, None)


def names_in(contract: Contract) -> set[str]:
    """All operations and messages of a contract."""
    messages = {name for channel in contract.channels for name in (*channel.sends, *channel.receives)}
    receiving = {item.operation.id for channel in contract.channels for item in channel.receives.values()}
    return {operation.id for operation in contract.operations} | messages | receiving


@EACH
def test_a_mutant_names_what_there_is(name: str) -> None:
    mutant = MUTANTS[name]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name)
    assert mutant.backend in backend_names()
    assert 1 <= len(mutant.classes) <= 3
    assert set(mutant.classes) <= set(CLASSES)
    assert mutant.layer in LAYERS
    assert mutant.about
    assert set(mutant.about) <= names_in(contract(mutant.backend))
    assert re.fullmatch(r"\d+(-\d+)?", mutant.lines)
    assert mutant.says.endswith(".")


def test_there_are_enough_of_every_class_backend_and_kind() -> None:
    classes = Counter(item for mutant in MUTANTS.values() for item in mutant.classes)
    backends = Counter(mutant.backend for mutant in MUTANTS.values())
    assert len(MUTANTS) >= 84
    assert {item: classes[item] for item in CLASSES if classes[item] < 3} == {}
    assert {item: backends[item] for item in backend_names() if backends[item] < 12} == {}
    assert sum(_is_realtime(mutant) for mutant in MUTANTS.values()) >= 20
    assert {mutant.layer for mutant in MUTANTS.values()} == set(LAYERS)


def _is_realtime(mutant: Mutant) -> bool:
    """Whether a message is what it is about."""
    operations = {operation.id for operation in contract(mutant.backend).operations}
    return any(name not in operations for name in mutant.about)


@EACH
def test_a_mutant_has_its_defect_in_every_world_and_the_clean_mock_has_not(name: str, clean: dict[str, Planted]) -> None:
    mutant = MUTANTS[name]
    with planted(mutant) as server:
        assert shown(mutant, server) is True
        assert shown(mutant, server, "another") is True
    assert shown(mutant, clean[mutant.backend], f"w{next(WORLDS)}") is False


def shown(mutant: Mutant, server: Planted, world: str | None = None) -> bool:
    """Whether a mutant's own proof sees the defect."""
    with server.site(world) as site:
        return mutant.shows(site)
