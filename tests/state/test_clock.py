"""A world's clock, with a wall clock that the test moves."""

from collections.abc import Callable

import pytest

from mock_server.state.clock import Clock

MakeClock = Callable[["Wall"], Clock]


class Wall:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_it_runs_with_the_wall_clock(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    wall.now += 5
    assert clock.now == 1005


def test_advancing_jumps_ahead_and_runs_on(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    clock.advance(300)
    wall.now += 1
    assert clock.now == 1301


def test_frozen_it_stands_still(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    wall.now += 1
    clock.freeze()
    wall.now += 100
    assert (clock.now, clock.frozen) == (1001, True)


def test_it_freezes_at_an_instant(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    clock.freeze(1_800_000_000)
    wall.now += 1
    assert clock.now == 1_800_000_000


def test_frozen_it_moves_by_advancing_alone(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    clock.freeze(0)
    clock.advance(301)
    wall.now += 9
    assert (clock.now, clock.frozen) == (301, True)


def test_it_runs_on_from_where_it_stood(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    clock.freeze(50)
    wall.now += 100
    clock.run()
    wall.now += 2
    assert (clock.now, clock.frozen, clock.rate) == (52, False, 1)


def test_a_rate_makes_minutes_of_seconds(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    wall.now += 10
    clock.run(60)
    wall.now += 2
    assert clock.now == 1010 + 120


def test_another_rate_counts_from_its_beginning(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    clock.run(60)
    wall.now += 1
    clock.run(2)
    wall.now += 1
    assert clock.now == 1062


def test_advancing_keeps_the_rate(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    clock.run(10)
    clock.advance(5)
    wall.now += 1
    assert clock.now == 1015


def test_it_says_how_long_an_instant_is_away(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    clock.run(60)
    assert clock.wait(clock.now + 120) == 2
    assert clock.wait(clock.now - 1) == 0


def test_while_it_stands_still_only_the_past_comes(wall: Wall, make_clock: MakeClock) -> None:
    clock = make_clock(wall)
    clock.freeze()
    assert clock.wait(clock.now + 1) is None
    clock.advance(1)
    assert clock.wait(clock.now) == 0


def test_who_sets_it_tells(wall: Wall, make_clock: MakeClock) -> None:
    clock, told = make_clock(wall), []
    clock.moved = lambda: told.append(clock.now)
    clock.freeze()
    clock.advance(5)
    clock.run()
    assert len(told) == 3
