"""What a call does, counted, not timed: with thirty times as many records it calls as many functions and needs as much memory at once."""

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from benchmarks.growth import SUBJECTS, Mock, Subject

FEW, MANY = 200, 6000
LINEAR = {"search by text", "search by text, rare"}  # a part of a text can stand anywhere
ROUNDS = 3


def calls(act: Callable[[], object]) -> int:
    """How many functions an act calls, C's included."""
    count = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def peak(act: Callable[[], object]) -> int:
    """How many bytes an act needs at most at one time: a copy of all rows, or of pointers to them, is among them."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        act()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module", autouse=True)
def _tests_set_aside() -> Iterator[None]:
    """Measuring ends what `tests/conftest.py` has begun."""
    yield
    gc.collect()
    gc.freeze()


def work(subject: Subject, size: int) -> Iterator[tuple[str, tuple[int, int]]]:
    for name, act in subject.acts(Mock(subject, size)):
        for _ in range(ROUNDS):
            act()
        gc.disable()
        gc.freeze()  # each measurement collects what is new, without a look at all that this process holds
        try:
            yield name, (min(calls(act) for _ in range(ROUNDS)), min(peak(act) for _ in range(ROUNDS)))
        finally:
            gc.unfreeze()
            gc.enable()


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda item: f"{item.backend} {item.collection} {item.acts.__name__}")
def test_what_a_call_does_is_the_same_for_few_records_and_for_many(subject: Subject) -> None:
    few, many = dict(work(subject, FEW)), dict(work(subject, MANY))
    grown = {name: (few[name], many[name]) for name in few if name not in LINEAR and not is_flat(few[name], many[name])}
    assert grown == {}


def is_flat(few: tuple[int, int], many: tuple[int, int]) -> bool:
    """Room is left for the depth of a search in an order, and for the parts that are copied when they are written to."""
    return many[0] <= few[0] * 1.3 + 200 and many[1] <= few[1] * 1.5 + 24_000
