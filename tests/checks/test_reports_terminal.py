"""The report on a terminal: what matters first, with all that is needed to mend it."""

import re

import pytest

from contract_tests.reports import terminal
from tests.checks.made import FRAMES, HOSTILE, INFERRED, exchange, finding, full, outcome, report


def test_a_finding_says_what_where_and_how_to_see_it_again() -> None:
    text = terminal.render(report(finding(aspect="totalPrice", expected={"totalPrice": 40}, seen={"totalPrice": 20})))
    assert "\n1. error: createOrder breaks orders.total\n" in text
    assert "   at        gateway createOrder totalPrice\n" in text
    assert '   expected  {"totalPrice": 40}\n   seen      {"totalPrice": 20}\n' in text
    assert "   guide     event-platform.md:215-220" in text
    assert "   document  specs/eventplatform/gateway.openapi.yaml:117\n" in text
    assert "   see it    curl -i -X POST http://localhost:3000/api/orders -H 'Authorization: Bearer abc'" in text
    assert "   again     understudy check eventplatform --url gateway=http://localhost:3000 --only orders.total:createOrder:totalPrice\n" in text


def test_a_clean_run_says_so_and_what_it_covered() -> None:
    text = terminal.render(report())
    assert text.rstrip().endswith("PASSED: 0 errors, 0 warnings; checks: 1 passed")
    assert "What" not in text
    assert re.search(r"operations +2 of 3 +67%  not: payOrder", text)


def test_an_inferred_clause_says_why_it_is_thought_so() -> None:
    assert "guide     inferred: status of a creation\n" in terminal.render(report(finding(clause=INFERRED, severity="warning")))


def test_frames_stand_below_each_other() -> None:
    text = terminal.render(report(finding(evidence=(FRAMES,))))
    assert "   see it    socket.io http://localhost:3001 namespace /realtime query userId=1\n             > lock-tickets {}\n             < error {}\n" in text


def test_five_stand_on_top_and_the_rest_in_one_line_each_by_operation() -> None:
    text = terminal.render(report(*(finding(f"rule.{number}", f"operation{number % 2}") for number in range(8))))
    assert text.count("\n   expected ") == 5
    assert "\n3 findings more, by operation\n" in text
    assert "\n  operation1\n    error     operation1 breaks rule.5  [rule.5:operation1]\n    error     operation1 breaks rule.7" in text


def test_what_was_not_checked_stands_there_with_the_reason() -> None:
    assert "Not checked: 1 check\n   1      the clock can't be moved\n          time.expiry:lockTickets\n" in terminal.render(report())


def test_reasons_that_differ_only_in_what_they_are_about_are_one() -> None:
    names = [f"list{number}" for number in range(6)]
    text = terminal.render(report(unchecked={f"{name} tells no total": (f"lists.pages:{name}",) for name in names}))
    assert "   6      it tells no total\n          lists.pages:list0, lists.pages:list1, lists.pages:list2, lists.pages:list3 and 2 more\n" in text


def test_what_is_left_on_ones_own_mock_is_of_no_interest() -> None:
    assert "orders 7" in terminal.render(report(left=("orders 7",)))
    assert "orders 7" not in terminal.render(report(left=("orders 7",), own=True))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ended": "unreachable", "lost": "connection refused"}, "The target is not reached. connection refused\nFAILED"),
        ({"ended": "interrupted"}, "It was interrupted; this is what was seen until then.\nFAILED"),
        ({"ended": "time"}, "Its time was over before everything was checked.\nPASSED so far"),
        ({"outcomes": ()}, "Nothing was tested.\nFAILED"),
        ({"fail_under": 80.0}, "Only 67% of the operations were met, fewer than 80 %.\nFAILED"),
        ({"fail_under": 60.0}, "\nPASSED"),
    ],
)
def test_the_verdict_says_what_decides_it(changed: dict, sentence: str) -> None:
    assert sentence in terminal.render(report(**changed))


@pytest.mark.parametrize(("fail_on", "word"), [("error", "PASSED"), ("warning", "FAILED"), ("never", "PASSED")])
def test_a_warning_fails_the_run_where_it_shall(fail_on: str, word: str) -> None:
    assert f"\n{word}: 0 errors, 1 warning;" in terminal.render(report(finding(severity="warning"), fail_on=fail_on))


def test_accepted_deviations_and_stale_entries_are_told_and_do_not_count() -> None:
    text = terminal.render(report(finding(accepted="goes with v2"), stale=("deviations.toml:3: nothing met it",)))
    assert "Accepted deviations: 1\n  orders.total:createOrder: goes with v2\n  deviations.toml:3: nothing met it\n" in text
    assert "PASSED: 0 errors, 0 warnings, 1 accepted" in text


def test_colours_change_nothing_of_the_text() -> None:
    bare = re.sub(r"\x1b\[[\d;]*m", "", terminal.coloured(full(), 100))
    assert "\x1b" not in bare
    assert "".join(bare.split()) == "".join(terminal.render(full()).split())


def test_prose_is_broken_at_the_terminals_width_and_scripts_are_not() -> None:
    rows = re.sub(r"\x1b\[[\d;]*m", "", terminal.coloured(report(finding(title="word " * 60)), 80)).splitlines()
    assert {len(row) > 80 for row in rows if "curl" in row or "understudy check" in row} == {True}
    assert max(len(row) for row in rows if "curl" not in row and "understudy check" not in row) <= 80


def test_hostile_texts_and_large_bodies_stay_small_and_harmless() -> None:
    large = finding(title=HOSTILE, seen="x" * 1_000_000, evidence=(exchange(content=b"y" * 1_000_000, body=b"\x1b[2J" * 300_000),))
    text = terminal.render(report(large))
    assert len(text) < 10_000
    assert not set(text) & set("\x1b\x00\x9b\u202e\ud800")
    text.encode("utf-8")


def test_a_crash_of_a_check_is_ours() -> None:
    text = terminal.render(report(outcomes=(outcome(), outcome(state="crashed", why="KeyError: 'id'", subject="refund"))))
    assert "orders.total:refund crashed: KeyError: 'id'\n1 check of ours crashed: that is a fault of Understudy, not of the target.\nFAILED" in text
