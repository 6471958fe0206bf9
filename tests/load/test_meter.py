"""Times of steps: what is counted, and how exactly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.meter import Meter, Series, bucket, middle, percentile, summary


def metered(*steps: tuple[float, float, bool]) -> Meter:
    """A meter that began at 100 s and ends at 110 s. steps: begin, end, failed."""
    meter = Meter()
    meter.begin, meter.end = 100.0, 110.0
    for begin, end, failed in steps:
        meter.took("lock", begin, end, failed)
    return meter


def series(*meters: Meter) -> Series:
    found = Series()
    for meter in meters:
        found.add(json.loads(json.dumps(meter.drain())))
    return found


@given(st.floats(0.01, 1e6))
def test_a_time_is_known_to_one_per_cent(milliseconds: float) -> None:
    assert middle(bucket(milliseconds)) == pytest.approx(milliseconds, rel=0.0101)


@pytest.mark.parametrize(("share", "value"), [(0, 1), (50, 50), (90, 90), (99, 99), (99.9, 100), (100, 100)])
def test_so_many_per_cent_do_not_exceed_a_percentile(share: float, value: float) -> None:
    histogram: dict[int, int] = {}
    for milliseconds in range(1, 101):
        histogram[bucket(milliseconds)] = histogram.get(bucket(milliseconds), 0) + 1
    assert percentile(histogram, share) == pytest.approx(value, rel=0.03)


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile({}, 99) is None


def test_nothing_counts_before_the_run_has_begun() -> None:
    meter = Meter()
    meter.took("lock", 1.0, 2.0, False)
    assert meter.drain() == []


def test_only_what_begins_while_it_is_measured_counts() -> None:
    found = series(metered((99.9, 100.5, False), (100.0, 100.1, False), (109.9, 115.0, False), (110.0, 110.1, False)))
    assert sorted(found.cells) == [("lock", 0), ("lock", 9)]
    assert found.table()["lock"]["max"] == pytest.approx(5100)


def test_a_step_counts_from_the_moment_at_which_it_was_to_begin() -> None:
    assert series(metered((101.0, 104.0, False))).cells[("lock", 1)][3] == pytest.approx(3000)


def test_workers_add_up() -> None:
    row = series(metered((100.0, 100.01, False), (100.0, 100.02, True)), metered((100.5, 100.53, False))).table()["lock"]
    assert (row["count"], row["failures"], row["per_second"]) == (2, 1, 3.0)
    assert (row["min"], row["mean"], row["max"]) == (pytest.approx(10), pytest.approx(20), pytest.approx(30))


def test_what_is_drained_is_not_counted_again() -> None:
    meter = metered((100.0, 100.01, False))
    assert series(meter, meter).table()["lock"]["count"] == 1


def test_failures_alone_have_no_times() -> None:
    row = series(metered((100.0, 109.0, True))).table()["lock"]
    assert (row["count"], row["failures"], row["min"], row["mean"], row["max"], row["p99"]) == (0, 1, None, None, None, None)


def test_each_second_is_told() -> None:
    found = series(metered((100.0, 100.01, False), (102.0, 102.02, False), (102.5, 102.51, True))).over_time()["lock"]
    assert (found["count"], found["failures"]) == ([1, 0, 1], [0, 0, 1])
    assert found["p50"] == [pytest.approx(10, rel=0.02), None, pytest.approx(20, rel=0.02)]


def test_nothing_was_measured() -> None:
    assert (series().steps(), series().seconds(), series().table(), series().over_time()) == ([], 0, {}, {})


def test_a_rate_is_over_all_seconds() -> None:
    assert summary([[{bucket(10): 30}, 0, 300.0, 10.0, 10.0]], 15)["per_second"] == 2.0
