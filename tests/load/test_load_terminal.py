"""The report of a load run on a terminal, and the words that all its reports share."""

import json
import re
import shlex
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from load.reports import terminal, words
from load.slo import VERDICTS
from tests.load.made import full, hostile, judged, result, run, step, unjudged

CLEAN = "no seat was sold twice: 20 seats, lock granted 3,120 times and refused 8,880 times, 0 oversold, 0 double-locked."


@pytest.mark.parametrize("made", [result(), full(), hostile()], ids=["clean", "full", "hostile"])
def test_a_made_result_fits_the_schema(made: dict[str, Any]) -> None:
    schema = json.loads(resources.files("load").joinpath("schemas", "result.json").read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.validator_for(schema)
    assert [error.message for error in validator.iter_errors(made)] == []
    assert not validator.is_valid({**made, "more": 1})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, f"PASSED: N{CLEAN[1:]}"),
        ({"parameters": {}}, "PASSED: No place was sold twice: 20 places, "),
        (
            {"verdicts": {"lost-broadcast": judged()}, "figures": []},
            "PASSED: No broadcast was lost: lock granted 3,120 times and refused 8,880 times, 0 lost-broadcast.",
        ),
        ({"verdicts": {}, "slos": ["lock p99<1s"], "steps": {"read": step(9)} | {"lock": step(3)}}, "PASSED: 1 threshold met: 20 seats, read done 9 times."),
        ({"verdicts": {}}, "PASSED: It ran, and nothing was to be judged: 20 seats, "),
        ({"verdicts": {"oversold": judged(7), "stolen": judged(1)}}, "FAILED: 7 seats oversold, 1 lock stolen."),
        ({"slos": ["lock p99<1ms"]}, "FAILED: Not as asked: lock p99<1ms was 42.0 ms."),
        ({"verdicts": {"oversold": judged(7)}, "slos": ["oversold<=3"]}, "FAILED: 7 seats oversold."),
        ({"slos": ["lokc p99<1s"]}, "INCONCLUSIVE: Inconclusive: lokc p99<1s could not be measured."),
        ({"run": run(ended="worker lost", lost=["w-2"])}, f"INCONCLUSIVE: Inconclusive, since a worker died (w-2); until the last report {CLEAN}"),
        ({"run": run(ended="worker lost", lost=["a", "b"])}, "INCONCLUSIVE: Inconclusive, since 2 workers died (a, b); until the last report no seat"),
        ({"run": run(ended="unreachable")}, "INCONCLUSIVE: The target was not reached."),
        ({"run": run(ended="unreachable"), "verdicts": {"leaked": judged(1)}}, "INCONCLUSIVE: The target was not reached; until then 1 seat leaked."),
        ({"run": run(ended="interrupted")}, f"INCONCLUSIVE: Interrupted; until then {CLEAN}"),
        ({"run": run(ended="interrupted"), "verdicts": {"leaked": judged(2)}}, "FAILED: Interrupted; until then 2 seats leaked."),
        ({"steps": {}}, "NOTHING RAN: Nothing ran: no step was taken."),
        ({"steps": {"lock": step(0, failures=9)}}, "NOTHING RAN: Nothing came back: all of 9 steps failed."),
    ],
)
def test_the_verdict_stands_first_in_words(changed: dict[str, Any], says: str) -> None:
    first = terminal.render(result(**changed), False).split("\n\n")[0]
    assert " ".join(first.split()).startswith(says)


def test_every_verdict_has_words_for_one_and_for_many() -> None:
    assert tuple(words.WORDS) == VERDICTS
    one, many = (words.faults(result(verdicts={name: judged(count) for name in VERDICTS})) for count in (1, 2000))
    assert one[:4] == ["1 seat oversold", "1 seat locked by two at once", "1 seat leaked", "1 lock stolen"]
    assert many[4:] == ["2,000 updates lost", "2,000 broadcasts lost", "2,000 broadcasts too many", "2,000 broadcasts out of order"]


def test_a_verdict_shows_its_count_its_meaning_and_three_offenders() -> None:
    text = terminal.render(result(verdicts={"oversold": judged(7)}), False)
    assert "\n        7  oversold             more was granted at one moment than there was to be had\n" in text
    assert text.count("lockId") == 3
    assert "              1.50 s  user0@example.com General of event 7 lock_0 lock-tickets" in text
    assert "\n                      4 more stand in the other reports.\n" in text


def test_what_was_not_judged_says_why_and_warns() -> None:
    text = terminal.render(result(verdicts={"oversold": judged(), "stolen": unjudged("nobody says whose they are")}), False)
    assert "\n        ?  stolen               not judged: nobody says whose they are\n" in text
    assert "\nWarnings\n  Stolen was not judged: nobody says whose they are\n" in text


def test_steps_stand_in_a_table() -> None:
    text = terminal.render(result(steps={"lock": step(12_000, refused=8_880, failures=3), "GET /api/events/{id}/categories": step(5, p99=None)}), False)
    assert re.search(r"^  lock +12,000 +8,880 +3 +400\.0 +3\.00 ms +14\.0 ms +42\.0 ms +80\.0 ms$", text, re.MULTILINE)
    assert re.search(r"^  GET /api/events/\{id\}/\.\.\. +5 +0 +0 +0\.2 +3\.00 ms +14\.0 ms +- +80\.0 ms$", text, re.MULTILINE)


def test_thresholds_say_what_was_measured() -> None:
    slos = ["lock p99<1s", "lock p99<1ms", "all failures<1%", "lock rate>1/s", "lock count>1", "lokc p99<1s", "leaked=0"]
    text = terminal.render(result(slos=slos, verdicts={"leaked": unjudged("")}), False)
    rows = (
        "      met  lock p99<1s, was 42.0 ms",
        "  not met  lock p99<1ms, was 42.0 ms",
        "      met  all failures<1%, was 0 %",
        "      met  lock rate>1/s, was 400.0/s",
        "      met  lock count>1, was 12,000",
        "  unknown  lokc p99<1s, not measured",
        "  unknown  leaked=0, not judged",
    )
    assert "\nThresholds\n" + "\n".join(rows) + "\n" in text
    assert "\n  --slo 'lokc p99<1s': There is no step 'lokc'. Did you mean 'lock'?\n" in text


def test_figures_that_are_not_what_was_granted_are_told() -> None:
    figure = {"stock": "VIP", "total": None, "before": 0, "expected": [1, 2], "after": 3, "available": None}
    assert "\nVIP: the server says that 3 are taken, by what was granted it is 1 to 2.\n" in terminal.render(result(figures=[figure]), False)
    assert "the server says" not in terminal.render(result(figures=[{**figure, "after": None}, {**figure, "expected": [None, None]}]), False)


def test_failures_are_told_by_kind() -> None:
    failures = [{"step": "lock", "message": f"status {number}", "count": 1_000} for number in range(12)]
    text = terminal.render(result(failures=failures), False)
    assert "\nFailures\n    1,000  lock: status 0\n" in text
    assert "\n           2 other kinds stand in the other reports.\n" in text


def test_a_lost_worker_is_named_though_the_run_has_failed() -> None:
    text = terminal.render(result(run=run(ended="worker lost", lost=["worker-2"]), verdicts={"oversold": judged(1)}), False)
    assert "\n  A worker died (worker-2); the verdict is exact up to the last report.\n" in text


def test_the_load_is_told() -> None:
    assert "\n100 users on 4 workers, 30.1 s, of which 5 s warm-up\n" in terminal.render(result(), False)
    one = terminal.render(result(own=True, run=run(users=1, workers=1, rate=50.0, model="open", warm_up=0.0)), False)
    assert "\n1 user on 1 worker, 50 arrivals a second, 30.1 s\n" in one
    assert "\nits own mock: gateway http://localhost:3000, " in one


@pytest.mark.parametrize("made", [result(), full(), hostile()], ids=["clean", "full", "hostile"])
def test_it_fits_100_columns_and_obeys_nobody(made: dict[str, Any]) -> None:
    text = terminal.render(made, False)
    assert max(map(len, text.split("\n"))) <= 100
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert re.sub("\x1b\\[[0-9;]*m", "", terminal.render(made, True)).split() == text.split()


def test_colours_come_only_where_they_are_wanted() -> None:
    assert terminal.render(result(), True).startswith("\x1b[1;32mPASSED")
    assert terminal.render(full(), True).startswith("\x1b[1;31mFAILED")
    assert terminal.render(result(steps={}), True).startswith("\x1b[33mNOTHING RAN")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.0, "0.00 ms"), (3.456, "3.46 ms"), (12.34, "12.3 ms"), (183.2, "183 ms"), (1234.0, "1.23 s"), (123_456.0, "123 s")],
)
def test_times_are_told_in_three_digits(value: float | None, text: str) -> None:
    assert words.milliseconds(value) == text


def test_the_command_runs_it_again() -> None:
    made = result(slos=["lock p99<200ms"], parameters={"seats": 20, "name": "a b", "event": ""}, run=run(rate=50.0, model="open"))
    urls = ["--url", "gateway=http://localhost:3000", "--url", "realtime=http://localhost:3001"]
    how = ["--users", "100", "--run-time", "24s", "--processes", "4", "--rate", "50", "--warm-up", "5s"]
    said = ["--set", "seats=20", "--set", "name=a b", "--slo", "lock p99<200ms"]
    assert shlex.split(words.again(made)) == ["understudy", "load", "seat-rush", "eventplatform", *urls, *how, *said]
    assert "--url" not in words.again(result(own=True))
    assert " --run-time 25s " in words.again(result(series={**made["series"], "at": []}))
