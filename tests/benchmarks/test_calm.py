"""A busy machine is waited for, but not for ever, and what others disturbed is done again."""

from itertools import count

import pytest

from benchmarks import calm


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One on which others use all of a core, always."""
    seconds = count()
    monkeypatch.setattr(calm, "busy", lambda: next(seconds))
    monkeypatch.setattr(calm.time, "sleep", lambda _: None)
    monkeypatch.setattr(calm, "own", lambda _: 0.0)


def test_waiting_ends_when_patience_does() -> None:
    patience = calm.Patience(70)
    patience.wait()
    assert patience.left == 10
    patience.wait()
    patience.wait()
    assert patience.left == 0


def test_what_others_disturbed_is_done_again_and_the_calmest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = iter([("first", 0.5), ("second", 0.2), ("third", 0.05)])
    monkeypatch.setattr(calm, "watched", lambda act, pids: next(shares))
    assert calm.undisturbed(lambda: "", (), patient=True) == ("third", 0.05)


def test_disturbance_is_told() -> None:
    assert calm.disturbance([0.02, 0.3, 0.1]) == "Other programs had more than 10% of a core during 1 of 3 measurements, up to 30%."
    assert calm.disturbance([0.02]) == "Other programs had more than 10% of a core during 0 of 1 measurements."


def test_without_patience_the_first_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calm, "watched", lambda act, pids: (act(), 0.5))
    assert calm.undisturbed(lambda: "first", (), patient=False) == ("first", 0.5)
