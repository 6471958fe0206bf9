"""When users act: in clock time, with a clock that is set by the test."""

from collections.abc import Iterator
from itertools import pairwise
from unittest import mock

import gevent
import pytest

from load.pace import Arrivals, Start
from understudy.wire.chance import derive


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    with mock.patch("load.pace.now", made.now), mock.patch("load.pace.gevent.sleep", made.sleep):
        yield made


def started(at: float = 101.0) -> Start:
    start = Start()
    start.give(at)
    return start


def test_the_start_is_given_once() -> None:
    start = started(101.0)
    start.give(200.0)
    assert start.wait() == 101.0


def test_the_start_is_waited_for() -> None:
    start = Start()
    waiting = gevent.spawn(start.wait)
    gevent.sleep(0)
    assert not waiting.ready()
    start.give(5.0)
    assert waiting.get(timeout=2) == 5.0


def test_rounds_begin_at_the_same_moments_for_all(clock: Clock) -> None:
    start = started()
    assert start.rounds(2.0) == (0, 101.0)
    assert clock.time == 101.0
    clock.time = 101.5
    assert start.rounds(2.0, 0) == (1, 103.0)
    assert clock.time == 103.0


def test_who_is_a_little_late_still_takes_part(clock: Clock) -> None:
    clock.time = 103.09
    assert (started().rounds(2.0, 0), clock.time) == ((1, 103.0), 103.09)


def test_who_is_late_waits_for_the_next_round(clock: Clock) -> None:
    clock.time = 103.11
    assert started().rounds(2.0, 0) == (2, 105.0)


def test_nobody_takes_part_twice(clock: Clock) -> None:
    clock.time = 101.0
    assert started().rounds(2.0, 4) == (5, 111.0)


def test_a_moment_that_is_over_is_not_waited_for(clock: Clock) -> None:
    Start.sleep_until(99.0)
    assert clock.time == 100.0


def test_people_arrive_at_a_rate_at_random_moments(clock: Clock) -> None:
    arrivals = Arrivals(50.0, derive("pace"), started())
    moments = [arrivals.take() for _ in range(2000)]
    gaps = [after - before for before, after in pairwise(moments)]
    assert (moments[0], arrivals.late) == (101.0, 0)
    assert len(gaps) / sum(gaps) == pytest.approx(50.0, rel=0.1)
    assert sum(gap < 0.01 for gap in gaps) / len(gaps) == pytest.approx(0.39, abs=0.05)  # as chance has it: 1 - exp(-0.5)


def test_arrivals_that_find_nobody_free_are_late_and_count_from_when_they_came(clock: Clock) -> None:
    arrivals = Arrivals(1.0, derive("pace"), started())
    clock.time = 150.0
    assert [arrivals.take() < 150.0 for _ in range(20)] == [True] * 20
    assert (arrivals.late, clock.time) == (20, 150.0)
