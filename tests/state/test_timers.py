"""What is due later, in order."""

from mock_server.state.timers import MOST_DEAD, Timers


def test_things_fall_due_in_the_order_of_their_instants() -> None:
    timers = Timers()
    for at in (3, 1, 2):
        timers.set(at, f"at {at}")
    assert list(timers.due(5)) == [(1, "at 1"), (2, "at 2"), (3, "at 3")]


def test_things_of_one_instant_keep_their_order() -> None:
    timers = Timers()
    for thing in ("b", "a", {"no": "order"}, "c"):
        timers.set(1, thing)
    assert [thing for _, thing in timers.due(1)] == ["b", "a", {"no": "order"}, "c"]


def test_what_is_not_due_stays() -> None:
    timers = Timers()
    timers.set(2, "later")
    assert (list(timers.due(1.999)), timers.next, len(timers)) == ([], 2, 1)


def test_what_was_due_is_gone() -> None:
    timers = Timers()
    timers.set(1, "once")
    assert (len(list(timers.due(1))), list(timers.due(1)), timers.next, len(timers)) == (1, [], None, 0)


def test_what_is_set_meanwhile_and_due_comes_as_well() -> None:
    timers, seen = Timers(), []
    timers.set(1, "first")
    for at, thing in timers.due(5):
        seen.append(thing)
        if thing == "first":
            timers.set(at + 2, "follows")
            timers.set(at + 9, "not yet")
    assert (seen, timers.next) == (["first", "follows"], 10)


def test_whatever_the_order_of_setting_things_fall_due_in_theirs() -> None:
    timers = Timers()
    instants = [(number * 7919) % 101 for number in range(400)]
    for number, at in enumerate(instants):
        timers.set(at, number)
    expected = sorted(range(400), key=lambda number: (instants[number], number))
    assert [thing for _, thing in timers.due(50)] == [number for number in expected if instants[number] <= 50]
    assert [thing for _, thing in timers.due(200)] == [number for number in expected if instants[number] > 50]
    assert (len(timers), timers.next) == (0, None)


def test_what_is_cancelled_does_not_fall_due() -> None:
    timers = Timers()
    timers.set(1, "a", "first")
    timers.set(2, "b")
    timers.cancel("first")
    timers.cancel("first")
    timers.cancel("unknown")
    assert (len(timers), list(timers.due(5)), len(timers)) == (1, [(2, "b")], 0)


def test_a_name_can_be_used_again_when_its_thing_is_over() -> None:
    timers = Timers()
    timers.set(1, "a", "lock")
    assert list(timers.due(1)) == [(1, "a")]
    timers.set(2, "b", "lock")
    timers.cancel("lock")
    assert list(timers.due(5)) == []


def test_cancelled_things_leave_no_growth() -> None:
    timers = Timers()
    for number in range(10_000):
        timers.set(number, number, number)
        timers.cancel(number)
    assert len(timers) == 0
    assert sum(map(len, timers._lanes)) + len(timers._heap) <= MOST_DEAD + 1


def test_sweeping_keeps_the_order_of_the_rest() -> None:
    timers = Timers()
    for number in range(5000):
        timers.set(float((number * 7919) % 5000), number, number)
    for number in range(0, 5000, 4):
        timers.cancel(number)
    for number in range(1, 5000, 2):
        timers.cancel(number)
    left = list(range(2, 5000, 4))
    assert [thing for _, thing in timers.due(5000)] == sorted(left, key=lambda number: (number * 7919) % 5000)


def test_who_waits_is_told_of_what_comes_sooner() -> None:
    timers, told = Timers(), []
    timers.sooner = lambda: told.append(timers.first)
    for at in (5, 7, 3, 4):
        timers.set(at, "thing")
    assert told == [5, 3]
