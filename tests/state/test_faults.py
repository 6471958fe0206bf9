"""Declared faults: what they hit, how often, for how long."""

from typing import Any

import pytest

from mock_server.state.faults import MOST, Fault, FaultError, Faults


def facts(**known: Any) -> Any:
    return known.get


def status(faults: Faults, **more: Any) -> Fault:
    return faults.add("status", more.pop("match", {}), more.pop("settings", {"status": 500}), **more)


@pytest.mark.parametrize(
    ("match", "known", "hit"),
    [
        ({}, {}, True),
        ({"operation": "listEvents"}, {"operation": "listEvents"}, True),
        ({"operation": "listEvents"}, {"operation": "getEvent"}, False),
        ({"operation": "list*"}, {"operation": "listEvents"}, True),
        ({"operation": ["getEvent", "list*"]}, {"operation": "listOrders"}, True),
        ({"operation": "list*", "method": "POST"}, {"operation": "listEvents", "method": "GET"}, False),
        ({"user": "7"}, {"user": (7, "a@example.com")}, True),
        ({"user": "a@*"}, {"user": (7, "a@example.com")}, True),
        ({"user": "b@*"}, {"user": (7, "a@example.com")}, False),
        ({"user": "*"}, {"user": None}, False),
        ({"tag": "events"}, {"tag": ()}, False),
    ],
)
def test_a_fault_hits_what_fits_its_match(match: dict[str, Any], known: dict[str, Any], hit: bool) -> None:
    assert status(Faults(), match=match).strikes(facts(**known), 0) is hit


def test_the_same_seed_and_id_strike_in_the_same_order() -> None:
    first, second, other = (status(Faults(seed), probability=0.3, id="f") for seed in ("a", "a", "b"))
    struck = [[fault.strikes(facts(), 0) for _ in range(200)] for fault in (first, second, other)]
    assert struck[0] == struck[1] != struck[2]
    assert 30 < sum(struck[0]) < 90
    assert first.hits == sum(struck[0])


def test_a_fault_ends_at_its_instant_and_after_its_times() -> None:
    faults = Faults()
    brief, twice = status(faults, until=10.0), status(faults, times=2)
    assert [brief.strikes(facts(), now) for now in (0, 9.9, 10, 11)] == [True, True, False, False]
    assert [twice.strikes(facts(), 0) for _ in range(3)] == [True, True, False]
    faults.sweep(10)
    assert not list(faults)


def test_what_a_match_lets_pass_is_not_counted() -> None:
    fault = status(Faults(), match={"operation": "a"}, times=1)
    assert not fault.strikes(facts(operation="b"), 0)
    assert (fault.hits, fault.strikes(facts(operation="a"), 0)) == (0, True)


@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [
        ({"ms": 250}, 0.25, 0.25), ({}, 1, 1), ({"min": 100, "max": 300}, 0.1, 0.3), ({"max": 50}, 0, 0.05), ({"median": 100, "sigma": 0}, 0.1, 0.1),
        ({"median": 100, "sigma": 0.5}, 0.01, 1),
    ],
)  # fmt: skip
def test_a_delay_is_fixed_uniform_or_log_normal(settings: dict[str, float], low: float, high: float) -> None:
    fault = Faults("s").add("latency", {}, settings)
    waits = [fault.wait() for _ in range(500)]
    assert low - 1e-9 <= min(waits) <= max(waits) <= high + 1e-9
    if "median" in settings:
        assert 0.08 < sorted(waits)[250] < 0.12


def test_a_fault_of_a_name_replaces_the_one_that_had_it() -> None:
    faults = Faults()
    status(faults, id="x")
    faults.add("drop", {}, {}, id="x")
    assert [(fault.id, fault.kind) for fault in faults] == [("x", "drop")]
    assert (len(faults.requests), len(faults.sockets)) == (0, 1)
    assert faults.remove("x")
    assert not faults.remove("x")


def test_an_unknown_kind_and_too_many_are_refused() -> None:
    faults = Faults()
    with pytest.raises(FaultError, match=r"'latncy' is no kind of fault\. Did you mean 'latency'\?"):
        faults.add("latncy", {}, {})
    for _ in range(MOST):
        status(faults)
    with pytest.raises(FaultError, match=r"There are 1000 faults already\. Remove some\."):
        status(faults)
