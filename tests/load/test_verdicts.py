"""What the verdicts say of records made by hand, and of sales in simulated time: nobody is accused who did nothing, and one defect is counted as one."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from load.records import FIELDS, SIZE, Kind, pack
from load.stage import Call, Member, Stage, Stock
from load.verdicts import EARLY, MOST, SETTLED, Figure, Judge, Listened, as_listened, held_over_time, read_records, without
from tests.load.market import Terms, simulate

ROOM = "7"
TELLS = {"lock": 1, "unlock": 1, "reserve": 0, "release": 0, "order": 1, "spend": 1, "cancel": 1, "send": 1}


def stage(*totals: int, hold: float = 0.0, taken: int = 0, tells: dict[str, int] | None = None) -> Stage:
    """A stage with so many of each stock, in one room."""
    stocks = tuple(Stock(number, 7, f"Category {number}", total, taken) for number, total in enumerate(totals or (2,)))
    calls = {role: Call(role, tells=many) for role, many in {**TELLS, **(tells or {})}.items()}
    return Stage("any", "any", "Any", True, {}, tuple(Member(f"user{number}", number) for number in range(50)), calls, stocks=stocks, hold=hold)


def row(kind: Kind, sent: float, done: float, account: int = 0, name: str = "", quantity: int = 1, stock: int = 0, sure: bool = True, worker: int = 0) -> bytes:
    return pack(kind, sure, quantity, account, stock, worker, sent, done, name)


def judge(*rows: bytes, on: Stage | None = None, heard: Sequence[Listened] = (), said: Sequence[tuple[float, str]] = ()) -> Judge:
    return Judge(on or stage(), read_records(b"".join(rows)), heard, said)


def count(judge: Judge, name: str, *figures: Figure) -> int:
    verdict = judge.verdict(name, figures)
    assert verdict.judged, verdict.why
    return int(verdict.count)


# oversold

FULL = (row(Kind.LOCK, 1, 2, 1, "a"), row(Kind.LOCK, 1, 3, 2, "b"))


def test_one_seat_too_many_is_counted_and_the_latest_grant_is_named() -> None:
    one = judge(*FULL, row(Kind.LOCK, 1, 4, 3, "c"), said=[(4.0, "lock -> granted")])
    verdict = one.oversold()
    assert verdict.count == 1
    shown = {"at": 4.0, "who": "user3", "stock": "Category 0", "quantity": 1, "id": "c", "said": "lock -> granted"}
    assert verdict.as_json() == {"count": 1, "judged": True, "why": "", "offenders": [shown]}


def test_all_that_there_is_may_be_given() -> None:
    assert count(judge(*FULL), "oversold") == 0


def test_what_was_taken_before_is_not_there() -> None:
    assert count(judge(*FULL, on=stage(3, taken=2)), "oversold") == 1


def test_seats_count_and_not_grants() -> None:
    assert count(judge(row(Kind.ORDER, 1, 2, 1, "a", 2), row(Kind.RESERVE, 1, 3, 2, "", 3)), "oversold") == 3


def test_a_seat_that_is_given_back_before_the_answer_of_another_came_is_not_sold_twice() -> None:
    assert count(judge(*FULL, row(Kind.UNLOCK, 3.9, 5, 1, "a"), row(Kind.LOCK, 1, 4, 3, "c")), "oversold") == 0
    assert count(judge(*FULL, row(Kind.UNLOCK, 4.0, 5, 1, "a"), row(Kind.LOCK, 1, 4, 3, "c")), "oversold") == 0
    assert count(judge(*FULL, row(Kind.UNLOCK, 4.1, 5, 1, "a"), row(Kind.LOCK, 1, 4, 3, "c")), "oversold") == 1


@pytest.mark.parametrize("kind", [Kind.UNLOCK, Kind.DROP, Kind.EXPIRED, Kind.SPENT])
@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.parametrize("name", ["a", ""])
def test_a_lock_that_may_have_ended_does_not_surely_hold(kind: Kind, sure: bool, name: str) -> None:
    ended = row(kind, 3, 3, 1, name, sure=sure)
    one = judge(row(Kind.LOCK, 1, 2, 1, name), ended, row(Kind.LOCK, 4, 5, 2, "b"), row(Kind.LOCK, 4, 5, 3, "c"))
    nobody_knows = kind == Kind.DROP and not sure and not name  # of which lock: it is that of one whose answer never came
    assert count(one, "oversold") == int(nobody_knows)


@pytest.mark.parametrize(("taking", "giving"), [(Kind.ORDER, Kind.CANCEL), (Kind.SPEND, Kind.CANCEL), (Kind.RESERVE, Kind.RELEASE)])
@pytest.mark.parametrize("sure", [True, False])
def test_what_may_have_been_given_back_does_not_surely_hold(taking: Kind, giving: Kind, sure: bool) -> None:
    name = "" if giving == Kind.RELEASE else "o"
    rows = [row(taking, 1, 2, 1, "o"), row(giving, 3, 3, 1, name, sure=sure), row(taking, 4, 5, 2, "p"), row(taking, 4, 5, 3, "q")]
    assert count(judge(*rows), "oversold") == 0
    assert count(judge(*rows, row(taking, 4, 6, 4, "r")), "oversold") == 1


@pytest.mark.parametrize("kind", [Kind.LOCK, Kind.ORDER, Kind.SPEND, Kind.RESERVE])
def test_an_unsure_grant_accuses_nobody(kind: Kind) -> None:
    assert count(judge(*FULL, row(kind, 4, 4, 3, sure=False)), "oversold") == 0


def test_the_end_of_an_unsure_lock_ends_no_other_one() -> None:
    unsure = (row(Kind.LOCK, 3, 3, 3, sure=False), row(Kind.DROP, 3, 3, 3, sure=False))
    assert count(judge(*FULL, *unsure, row(Kind.LOCK, 4, 5, 4, "c")), "oversold") == 1


def test_a_lock_holds_no_longer_than_its_time() -> None:
    on = stage(1, hold=10.0)
    first, late, soon = row(Kind.LOCK, 1, 2, 1, "a"), row(Kind.LOCK, 11, 11 - EARLY, 2, "b"), row(Kind.LOCK, 8, 10.9 - EARLY, 2, "b")
    assert count(judge(first, late, on=on), "oversold") == 0
    assert count(judge(first, soon, on=on), "oversold") == 1
    assert count(judge(first, late, on=on), "double-locked") == 0


def test_a_lock_that_goes_into_an_order_is_one_seat() -> None:
    rows = [row(Kind.LOCK, 1, 2, 1, "a", 2), row(Kind.SPENT, 3, 3, 1, "a", 2), row(Kind.SPEND, 3, 4, 1, "o", 2)]
    assert count(judge(*rows), "oversold") == 0
    assert count(judge(*rows, row(Kind.LOCK, 5, 6, 2, "b")), "oversold") == 1


def test_the_worst_moment_of_each_stock_counts() -> None:
    rows = [row(Kind.LOCK, 1, 2 + account, account, f"l{account}", stock=account % 2) for account in range(8)]
    rows += [row(Kind.UNLOCK, 20, 21, account, f"l{account}", stock=account % 2) for account in range(8)]
    verdict = judge(*rows, row(Kind.LOCK, 30, 31, 9, "last"), on=stage(3, 1)).oversold()
    assert verdict.count == 1 + 3
    assert {item["who"] for item in verdict.offenders} == {"user6", "user3", "user5", "user7"}


def test_who_gave_back_is_no_offender() -> None:
    rows = [*FULL, row(Kind.ORDER, 3, 4, 3, "o"), row(Kind.CANCEL, 5, 6, 3, "o"), row(Kind.LOCK, 6, 7, 4, "c"), row(Kind.LOCK, 6, 8, 5, "d")]
    verdict = judge(*rows).oversold()
    assert (verdict.count, [item["who"] for item in verdict.offenders]) == (2, ["user5", "user4"])


def test_offenders_are_shown_up_to_a_number() -> None:
    rows = [row(Kind.LOCK, 1, 2, number % 50, f"lock-{number}") for number in range(2 * MOST)]
    verdict = judge(*rows).oversold()
    assert (verdict.count, len(verdict.offenders)) == (2 * MOST - 2, MOST)


# double-locked, stolen


def test_a_second_lock_of_one_account_is_counted() -> None:
    verdict = judge(row(Kind.LOCK, 1, 2, 1, "a"), row(Kind.LOCK, 3, 4, 1, "b"), on=stage(9)).double_locked()
    assert (verdict.count, [item["id"] for item in verdict.offenders]) == (1, ["b"])


def test_locks_in_two_stocks_are_no_second_one() -> None:
    assert count(judge(row(Kind.LOCK, 1, 2, 1, "a"), row(Kind.LOCK, 3, 4, 1, "b", stock=1), on=stage(9, 9)), "double-locked") == 0


def test_one_lock_for_two_accounts_is_counted() -> None:
    assert count(judge(row(Kind.LOCK, 1, 2, 1, "a"), row(Kind.LOCK, 1, 2.5, 2, "a"), on=stage(9)), "double-locked") == 1


def test_a_third_lock_is_counted_though_the_second_has_ended() -> None:
    rows = [row(Kind.LOCK, 1, 2, 1, "a"), row(Kind.LOCK, 3, 4, 1, "b"), row(Kind.UNLOCK, 5, 6, 1, "b"), row(Kind.LOCK, 7, 8, 1, "c")]
    assert count(judge(*rows, on=stage(9)), "double-locked") == 2


@pytest.mark.parametrize("kind", [Kind.UNLOCK, Kind.DROP, Kind.EXPIRED, Kind.SPENT])
@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.parametrize("names", [("a", "b"), ("a", "a")], ids=["another", "the same"])
def test_a_lock_after_the_end_of_the_first_is_no_second_one(kind: Kind, sure: bool, names: tuple[str, str]) -> None:
    rows = [row(Kind.LOCK, 1, 2, 1, names[0]), row(kind, 3, 5, 1, names[0], sure=sure), row(Kind.LOCK, 3.1, 4, 1, names[1])]
    assert count(judge(*rows, on=stage(9)), "double-locked") == 0


def test_locks_without_names_end_as_well() -> None:
    rows = [row(Kind.LOCK, 1, 2, 1), row(Kind.UNLOCK, 3, 4, 1), row(Kind.LOCK, 5, 6, 1), row(Kind.UNLOCK, 7, 8, 1)]
    assert count(judge(*rows, on=stage(9)), "double-locked") == 0
    assert count(judge(*rows, row(Kind.LOCK, 6, 6.5, 1), on=stage(9)), "double-locked") == 1


def test_a_theft_is_counted_once_however_often_it_is_noticed() -> None:
    rows = [row(Kind.STOLEN, 3, 4, 1, "a"), row(Kind.STOLEN, 5, 6, 1, "a"), row(Kind.STOLEN, 5, 6, 2, "b"), row(Kind.STOLEN, 5, 6, 2, "c", sure=False)]
    verdict = judge(*rows).stolen()
    assert (verdict.count, [item["id"] for item in verdict.offenders]) == (2, ["a", "b"])


# figures

BOUGHT = (row(Kind.ORDER, 1, 2, 1, "o", 2), row(Kind.RESERVE, 1, 2, 2, "", 3), row(Kind.SPEND, 1, 2, 3, "p", 1), row(Kind.CANCEL, 3, 4, 1, "o", 2))


@pytest.mark.parametrize(("taken", "leaked", "lost"), [(4, 0, 0), (6, 2, 0), (3, 0, 1)])
def test_the_figures_are_what_was_given_for_good(taken: int, leaked: int, lost: int) -> None:
    one = judge(*BOUGHT, row(Kind.LOCK, 5, 6, 5, "l", 4), on=stage(10))
    assert one.expected(0) == (4, 4)
    assert (count(one, "leaked", Figure(taken, None)), count(one, "lost-update", Figure(taken, None))) == (leaked, lost)


@pytest.mark.parametrize(("taken", "leaked", "lost"), [(2, 0, 1), (3, 0, 0), (6, 0, 0), (7, 1, 0)])
def test_what_is_unsure_makes_a_range(taken: int, leaked: int, lost: int) -> None:
    unsure = (row(Kind.ORDER, 5, 5, 5, "", 2, sure=False), row(Kind.CANCEL, 5, 5, 3, "p", 1, sure=False))
    one = judge(*BOUGHT, *unsure, on=stage(10))
    assert one.expected(0) == (3, 6)
    assert (count(one, "leaked", Figure(taken, None)), count(one, "lost-update", Figure(taken, None))) == (leaked, lost)


def test_a_figure_that_is_wrong_says_what_was_seen() -> None:
    verdict = judge(*BOUGHT, row(Kind.ORDER, 5, 5, 5, "", 2, sure=False), on=stage(10)).verdict("leaked", [Figure(7, 1)])
    assert verdict.count == 1 + 2
    assert verdict.offenders[0]["said"] == "7 of 10 are taken, 4 to 6 were given for good; 1 can be had"


@pytest.mark.parametrize(("available", "leaked", "lost"), [(6, 0, 0), (4, 2, 0), (7, 0, 1)])
def test_sockets_show_locks_that_leaked_and_seats_that_are_given_twice(available: int, leaked: int, lost: int) -> None:
    one = judge(*BOUGHT, on=stage(10))
    assert (count(one, "leaked", Figure(4, available)), count(one, "lost-update", Figure(4, available))) == (leaked, lost)


@pytest.mark.parametrize(("available", "leaked"), [(6, 2), (5, 2), (3, 3)])
def test_a_lock_that_was_seen_to_leak_is_not_counted_again_in_the_figures(available: int, leaked: int) -> None:
    assert count(judge(*BOUGHT, row(Kind.LEAKED, 5, 6, 1, "a", 2), on=stage(10)), "leaked", Figure(4, available)) == leaked


def test_figures_that_are_not_shown_are_not_judged() -> None:
    verdict = judge(*BOUGHT).verdict("lost-update", [Figure(None, None)])
    assert (verdict.judged, verdict.why) == (False, "the server does not show how many are taken")
    assert count(judge(*BOUGHT, row(Kind.LEAKED, 5, 6, 1, "a", 2)), "leaked", Figure(None, None)) == 2


# broadcasts


def heard(updates: int, joined: float = 0.5, left: float = 100.0, trail: int = 1, who: str = "user0", room: str = ROOM) -> Listened:
    return Listened(room, joined - 0.4, joined, left, updates, trail, who)


CHANGES = (
    *(row(Kind.LOCK, at, at + 0.5, at, f"l{at}") for at in (1, 2, 3)),
    row(Kind.ORDER, 4, 4.5, 4, "o"),
    *(row(Kind.UNLOCK, at + 10, at + 10.5, at, f"l{at}") for at in (1, 2, 3)),
)


def told(*listened: Listened, more: Sequence[bytes] = (), on: Stage | None = None) -> tuple[int, int]:
    """Lost, and heard twice."""
    one = judge(*CHANGES, *more, on=on or stage(99), heard=listened)
    return count(one, "lost-broadcast"), count(one, "duplicate-broadcast")


@pytest.mark.parametrize(("updates", "wrong"), [(7, (0, 0)), (5, (2, 0)), (8, (0, 1))])
def test_what_was_told_is_what_happened(updates: int, wrong: tuple[int, int]) -> None:
    assert told(heard(updates)) == wrong
    assert told(heard(updates), on=stage(99, tells={"reserve": 1, "release": 1})) == wrong


def test_each_socket_is_counted_by_itself_and_named() -> None:
    verdict = judge(*CHANGES, on=stage(99), heard=[heard(7), heard(6, who="user1"), heard(4, who="user2")]).lost()
    assert verdict.count == 4
    shown = {"at": 100.0, "who": "user1", "stock": ROOM, "quantity": 1, "id": "", "said": "6 came, 7 changes happened"}
    assert verdict.offenders[0] == shown
    assert verdict.offenders[1]["said"] == "4 came, 7 changes happened"


@pytest.mark.parametrize(("updates", "wrong"), [(4, (1, 0)), (5, (0, 0)), (6, (0, 0)), (7, (0, 1))])
def test_who_joins_while_something_happens_may_have_heard_it(updates: int, wrong: tuple[int, int]) -> None:
    assert told(heard(updates, joined=2.3)) == wrong  # the second change is between its question and its answer


@pytest.mark.parametrize(("updates", "wrong"), [(3, (1, 0)), (4, (0, 0)), (5, (0, 0)), (6, (0, 1))])
def test_who_leaves_soon_after_something_need_not_have_heard_it(updates: int, wrong: tuple[int, int]) -> None:
    assert told(heard(updates, left=11.5 + SETTLED - 0.1)) == ((wrong[0], 0) if updates < 6 else (0, 0))
    assert told(heard(updates, left=11.2)) == wrong


@pytest.mark.parametrize(("updates", "wrong"), [(6, (1, 0)), (7, (0, 0)), (9, (0, 0)), (10, (0, 1))])
def test_what_may_have_happened_may_have_been_told(updates: int, wrong: tuple[int, int]) -> None:
    unsure = [row(Kind.LOCK, 5, 5, 9, sure=False), row(Kind.DROP, 5, 5, 9, sure=False)]
    assert told(heard(updates), more=unsure) == wrong


def test_an_unsure_change_after_one_left_was_not_told() -> None:
    unsure = [row(Kind.LOCK, 50, 50, 9, sure=False), row(Kind.DROP, 50, 50, 9, sure=False)]
    assert told(heard(8, left=49), more=unsure) == (0, 1)


def test_an_act_that_brings_about_two_messages_is_told_twice() -> None:
    assert told(heard(8), on=stage(99, tells={"order": 2})) == (0, 0)
    assert told(heard(7), on=stage(99, tells={"order": 2})) == (1, 0)
    assert told(heard(6), on=stage(99, tells={"order": 0})) == (0, 0)


def test_a_lock_that_nobody_ends_may_be_told_when_its_time_is_over() -> None:
    rows = [row(Kind.LOCK, 20, 20.5, 9, "left")]
    assert told(heard(8), more=rows) == told(heard(9), more=rows) == (0, 0)
    assert told(heard(10), more=rows) == (0, 1)


def test_a_lock_whose_order_is_refused_may_be_told_when_it_ends() -> None:
    rows = [row(Kind.LOCK, 20, 20.5, 9, "spent"), row(Kind.SPENT, 21, 21, 9, "spent")]
    assert told(heard(8), more=rows) == told(heard(9), more=rows) == (0, 0)
    assert told(heard(9), more=[*rows, row(Kind.SPEND, 21, 22, 9, "o")]) == (0, 0)
    assert told(heard(10), more=[*rows, row(Kind.SPEND, 21, 22, 9, "o")]) == (0, 1)


def test_a_lock_that_is_dropped_after_its_time_was_told_when_that_was_over() -> None:
    rows, on = [row(Kind.LOCK, 20, 20.5, 9, "late"), row(Kind.DROP, 45, 50, 9, "late")], stage(99, hold=20.0)
    assert told(heard(8), heard(9), more=rows, on=on) == (0, 0)
    assert told(heard(8), more=rows, on=stage(99, hold=60.0)) == (1, 0)


def test_a_chat_is_told_as_well() -> None:
    said = [row(Kind.CHANGE, at, at + 0.1, 1, f"mark-{at}") for at in (1, 2)]
    one = judge(*said, heard=[heard(2), heard(1), heard(3)])
    assert (count(one, "lost-broadcast"), count(one, "duplicate-broadcast")) == (1, 1)


def test_another_room_hears_nothing_of_it() -> None:
    assert told(heard(0, room="8")) == (0, 0)
    assert told(heard(1, room="8")) == (0, 1)


@pytest.mark.parametrize("name", ["lost-broadcast", "duplicate-broadcast", "misordered-broadcast"])
def test_where_nobody_listened_nothing_is_judged(name: str) -> None:
    verdict = judge(*CHANGES).verdict(name, ())
    assert (verdict.judged, verdict.why) == (False, "nobody listened")


def ordered(*listened: Listened) -> Any:
    return judge(*CHANGES, on=stage(99), heard=listened).misordered()


def test_another_order_than_that_of_the_others_is_counted() -> None:
    verdict = ordered(heard(7), heard(7, trail=2, who="user1"), heard(7))
    assert verdict.count == 1
    assert verdict.offenders[0] | {"at": 0} == {
        "at": 0, "who": "user1", "stock": ROOM, "quantity": 1, "id": "", "said": "7 messages came in another order than to 2 others",
    }  # fmt: skip


def test_only_who_heard_the_whole_is_compared() -> None:
    late, early, lossy = heard(7, joined=1.2, trail=2), heard(4, left=12.0, trail=2), heard(6, trail=2)
    assert ordered(late, early, lossy, *[heard(7)] * 3, *[heard(6, trail=3, joined=2)] * 3).count == 0


def test_where_each_hears_something_else_no_order_can_be_compared() -> None:
    verdict = ordered(heard(7), heard(7, trail=2))
    assert (verdict.judged, verdict.why) == (False, "each socket is told something else, so their order can't be compared")


# the file, lost workers, charts


def test_a_record_that_is_cut_off_is_left_out() -> None:
    data = b"".join(FULL)
    assert SIZE == np.dtype(FIELDS).itemsize == 64
    assert [len(read_records(data[:size])) for size in (0, 63, 64, 127, 128)] == [0, 0, 1, 1, 2]


def test_records_are_in_the_order_in_which_they_were_done() -> None:
    assert read_records(b"".join(reversed(FULL)))["done"].tolist() == [2.0, 3.0]


def test_an_empty_ledger_accuses_nobody() -> None:
    one = judge(heard=[heard(0)])
    assert [count(one, name, Figure(0, 2)) for name in ("oversold", "double-locked", "leaked", "stolen", "lost-update", "lost-broadcast")] == [0] * 6
    assert held_over_time(one) == []


@pytest.mark.parametrize(("kind", "name"), [(Kind.LOCK, "a"), (Kind.LOCK, ""), (Kind.ORDER, "a"), (Kind.SPEND, ""), (Kind.RESERVE, "a")])
def test_what_a_lost_worker_had_taken_is_not_sure_after_its_last_report(kind: Kind, name: str) -> None:
    rows = [row(kind, 1, 2, 1, name, 2, worker=3), row(Kind.LOCK, 9, 10, 2, "b")]
    records = read_records(b"".join(rows))
    assert Judge(stage(), without(records, {}), ()).oversold().count == 1
    assert Judge(stage(), without(records, {3: 11.0}), ()).oversold().count == 1
    assert Judge(stage(), without(records, {3: 9.0}), ()).oversold().count == 0
    assert Judge(stage(), without(records, {4: 9.0}), ()).oversold().count == 1


def test_a_lost_worker_is_not_asked_for_what_it_gave_back() -> None:
    records = read_records(row(Kind.ORDER, 1, 2, 1, "a", worker=3) + row(Kind.CANCEL, 3, 4, 1, "a", worker=3) + row(Kind.LOCK, 1, 2, 1, "b", worker=3))
    assert [(item["kind"], item["sent"]) for item in without(records, {3: 9.0})[3:]] == [(Kind.EXPIRED, 9.0)]


def test_the_chart_keeps_the_peaks() -> None:
    rows = [row(Kind.LOCK, at, at + 0.1, at % 50, f"l{at}") + row(Kind.UNLOCK, at + 0.2, at + 0.3, at % 50, f"l{at}") for at in range(2000)]
    (found,) = held_over_time(judge(*rows, row(Kind.LOCK, 1234, 1234.11, 5, "x", 7), row(Kind.UNLOCK, 1234.12, 1235, 5, "x", 7), on=stage(9, taken=1)), 50)
    assert (len(found["at"]), max(found["held"]), found["capacity"], found["stock"]) == (50, 8, 8, "Category 0")


def test_rows_of_a_file_are_what_sockets_heard() -> None:
    assert as_listened([[ROOM, 0.25, 0.5, 100.0, 7, 1, "user0"]]) == [Listened(ROOM, 0.25, 0.5, 100.0, 7, 1, "user0")]


# many


def many(locks: int) -> bytes:
    """So many locks that are given up, each seat held by one at a time."""
    rows = np.zeros(2 * locks, dtype=FIELDS)
    numbers = np.arange(locks)
    for part, kind, begin in ((rows[:locks], Kind.LOCK, 0.0), (rows[locks:], Kind.UNLOCK, 0.5)):
        part["kind"], part["sure"], part["quantity"], part["account"], part["stock"] = kind, 1, 1, numbers % 50, numbers % 20
        part["sent"], part["done"] = numbers + begin, numbers + begin + 0.2
        part["id"] = np.char.mod("lock-%d", numbers)
    return rows.tobytes()


def test_a_million_records_are_judged_in_bounded_memory() -> None:
    data = many(500_000)
    tracemalloc.start()
    one = Judge(stage(*[1] * 20, hold=300), read_records(data + row(Kind.LOCK, 7, 7.3, 3, "one more", stock=7)), [heard(1_000_001, left=1e9)] * 100)
    figures = [Figure(0, 1)] * 20
    found = {name: count(one, name, *figures) for name in ("oversold", "double-locked", "leaked", "lost-update", "lost-broadcast", "duplicate-broadcast")}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {name: many for name, many in found.items() if many} == {"oversold": 1}
    assert peak < 10 * len(data)


# simulated

TERMS = st.builds(
    Terms, seed=st.integers(0, 1 << 32), users=st.integers(2, 8), seats=st.integers(1, 5), stocks=st.integers(1, 2),
    loss=st.sampled_from([0.0, 0.0, 0.05, 0.2]), slow=st.sampled_from([0.0, 0.3]), drops=st.sampled_from([0.0, 0.3]), left=st.sampled_from([0.0, 0.2]),
    cuts=st.sampled_from([0, 0, 2]),
)  # fmt: skip
WHOLE = TERMS.map(lambda terms: replace(terms, loss=0.0, drops=0.0, left=0.0, cuts=0))


@settings(max_examples=150, deadline=None)
@given(TERMS)
def test_a_server_that_keeps_its_books_is_accused_of_nothing(terms: Terms) -> None:
    found = simulate(terms)
    assert max(found.over) <= 0
    assert found.counts() == {}


@settings(max_examples=40, deadline=None)
@given(WHOLE)
def test_in_a_sale_in_which_nothing_is_lost_all_is_known(terms: Terms) -> None:
    found = simulate(terms)
    assert [found.judge.expected(number) for number in range(terms.stocks)] == [(figure.taken, figure.taken) for figure in found.figures]
    assert all(found.judge.between(found.judge._changes[item.room], item) == (item.updates, item.updates) for item in found.judge.heard)


@settings(max_examples=40, deadline=None)
@given(TERMS, st.integers(1, 3))
def test_no_more_is_oversold_than_the_server_gave(terms: Terms, slack: int) -> None:
    found = simulate(replace(terms, slack=slack))
    assert found.counts().get("oversold", 0) <= sum(max(0, over) for over in found.over)


@settings(max_examples=25, deadline=None)
@given(WHOLE, st.integers(1, 3))
def test_seats_too_many_are_counted_exactly_where_all_hold_them_at_once(terms: Terms, slack: int) -> None:
    found = simulate(replace(terms, rush=True, users=terms.seats + slack + 2, slack=slack, stocks=1, slow=0.0))
    assert found.counts() == {"oversold": slack}
    assert len(found.judge.oversold().offenders) == slack


@pytest.mark.parametrize(
    ("flaw", "verdict"),
    [("leak", "leaked"), ("twice", "lost-update"), ("lost", "lost-broadcast"), ("doubled", "duplicate-broadcast"), ("swapped", "misordered-broadcast")],
)
@settings(max_examples=25, deadline=None)
@given(terms=WHOLE)
def test_one_defect_is_counted_exactly(terms: Terms, flaw: str, verdict: str) -> None:
    found = simulate(replace(terms, flaw=flaw, users=max(3, terms.users)))
    counts = found.counts()
    if flaw == "twice":  # what is given back twice can be sold twice
        assert counts.pop("oversold", 0) <= found.harmed
    assert counts == ({verdict: found.harmed} if found.harmed else {})


@settings(max_examples=40, deadline=None)
@given(TERMS, st.sampled_from(["leak", "twice", "lost", "doubled", "swapped"]))
def test_where_answers_are_lost_a_defect_is_never_counted_twice(terms: Terms, flaw: str) -> None:
    found = simulate(replace(terms, flaw=flaw))
    assert all(many <= found.harmed for many in found.counts().values())
