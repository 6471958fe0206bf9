"""Rate limits in a sliding window."""

from mock_server.state.throttle import SWEEP, Allowance, Throttle


def test_as_many_calls_as_the_limit_are_allowed(throttle: Throttle) -> None:
    assert [throttle.count("a", 3, 60, now).left for now in (0, 1, 2)] == [2, 1, 0]


def test_one_more_has_to_wait_until_the_first_leaves_the_window(throttle: Throttle) -> None:
    for now in (10, 11, 12):
        throttle.count("a", 3, 60, now)
    assert throttle.count("a", 3, 60, 20) == Allowance(3, 0, 50, 50)


def test_after_the_wait_it_is_true(throttle: Throttle) -> None:
    for now in (10.4, 11, 12):
        throttle.count("a", 3, 60, now)
    wait = throttle.count("a", 3, 60, 20).wait
    assert throttle.count("a", 3, 60, 20 + wait).wait == 0


def test_the_wait_is_a_whole_second_at_least(throttle: Throttle) -> None:
    throttle.count("a", 1, 1, 0.0)
    assert throttle.count("a", 1, 1, 0.95).wait == 1


def test_the_window_slides(throttle: Throttle) -> None:
    for now in (0, 50):
        throttle.count("a", 2, 60, now)
    assert [throttle.count("a", 2, 60, now).wait for now in (59, 60, 61)] == [1, 0, 49]


def test_a_refused_call_is_not_counted(throttle: Throttle) -> None:
    throttle.count("a", 1, 60, 0)
    for now in range(1, 59):
        throttle.count("a", 1, 60, now)
    assert throttle.count("a", 1, 60, 60).wait == 0


def test_keys_are_counted_apart(throttle: Throttle) -> None:
    throttle.count("a", 1, 60, 0)
    assert throttle.count("b", 1, 60, 0).wait == 0


def test_what_was_counted_can_be_kept_and_brought_back(throttle: Throttle) -> None:
    for now in (10.25, 11, 12):
        throttle.count(("a", "1.2.3.4", 7), 3, 60, now)
    kept = throttle.kept()
    throttle.count(("b",), 3, 60, 12)
    throttle.replace({})
    assert throttle.count(("a", "1.2.3.4", 7), 3, 60, 13).left == 2
    throttle.replace(kept)
    assert throttle.count(("a", "1.2.3.4", 7), 3, 60, 20) == Allowance(3, 0, 51, 51)
    assert throttle.count(("b",), 3, 60, 20).left == 2
    assert kept == {("a", "1.2.3.4", 7): (10.25, 11, 12)}


def test_what_is_long_past_is_forgotten() -> None:
    throttle = Throttle()
    for number in range(SWEEP + 1):
        throttle.count(number, 1, 60, 0)
    throttle.count("last", 1, 60, 100_000)
    assert list(throttle.calls) == ["last"]
