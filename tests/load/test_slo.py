"""Thresholds: how they are said, what they are held against, and what a run ends with."""

from typing import Any

import pytest

from load import slo
from tests.load.made import judged, result, run, step, unjudged
from understudy.contract.errors import UsageError


@pytest.mark.parametrize(
    ("text", "step", "metric", "op", "limit"),
    [
        ("lock p99<200ms", "lock", "p99", "<", 200),
        ("lock p99.9<=1s", "lock", "p99.9", "<=", 1000),
        ("lock mean<5", "lock", "mean", "<", 5),
        ("lock min>250us", "lock", "min", ">", 0.25),
        ("lock failures<1%", "lock", "failures", "<", 1),
        ("lock failures=0", "lock", "failures", "=", 0),
        ("lock rate>100/s", "lock", "rate", ">", 100),
        ("lock count>=1000", "lock", "count", ">=", 1000),
        ("GET /api/events p95 < 1.5 s", "GET /api/events", "p95", "<", 1500),
        ("GET /api/events?a=1&b<2 max<3s", "GET /api/events?a=1&b<2", "max", "<", 3000),
        ("  all   p50<3ms ", "all", "p50", "<", 3),
        ("oversold=0", "", "oversold", "=", 0),
        ("lost-broadcast <= 3", "", "lost-broadcast", "<=", 3),
    ],
)
def test_a_threshold_is_read(text: str, step: str, metric: str, op: str, limit: float) -> None:
    found = slo.parse(text)
    assert (found.step, found.metric, found.op, found.limit) == (step, metric, op, limit)
    assert found.text == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", f"This is no threshold. {slo.GRAMMAR}"),
        ("lock p99", f"This is no threshold. {slo.GRAMMAR}"),
        ("oversld=0", "'oversld' is no verdict. Did you mean 'oversold'? A step needs a metric after its name, such as 'oversld p99'."),
        ("p99<200ms", "p99 of which step? Say STEP p99, or all p99 for all steps together."),
        ("lock p98<200ms", "'p98' is no metric of a step. Did you mean 'p99'?"),
        ("lock oversold=0", "A verdict stands alone. Say 'oversold=0'."),
        ("lock p99=<2", "'=<' compares nothing. Did you mean '='?"),
        ("lock p99!=2", "'!=' compares nothing. Did you mean '='?"),
        ("lock p99<2m", "'m' is no unit of p99. Say ms, s or us."),
        ("lock failures<1ms", "'ms' is no unit of failures. Say %, or nothing."),
        ("lock rate>1ms", "'ms' is no unit of rate. Say /s, or nothing."),
        ("oversold=0%", "'%' is no unit of oversold. It takes none."),
        ("lock p99<-1ms", "'-1ms' is no value of p99. Say a number, such as 200 or 0.5."),
        ("lock p99<", "'' is no value of p99. Say a number, such as 200 or 0.5."),
        ("lock p99<1,000ms", "'1,000ms' is no value of p99. Say a number, such as 200 or 0.5."),
    ],
)
def test_what_is_no_threshold_says_what_is_valid(text: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        slo.parse(text)
    assert str(raised.value) == f"--slo '{text}': {says}"


TWO = {"lock": step(300, failures=100, per_second=40.0, mean=4.0, p99=50.0, min=1.0), "unlock": step(100, per_second=10.0, mean=8.0, p99=90.0, min=0.5)}


@pytest.mark.parametrize(
    ("text", "value", "met"),
    [
        ("lock p99<50ms", 50.0, False),
        ("lock p99<=50ms", 50.0, True),
        ("lock mean<1s", 4.0, True),
        ("lock failures<=25%", 25.0, True),
        ("lock failures=0", 100, False),
        ("lock rate>39/s", 40.0, True),
        ("lock count>=300", 300, True),
        ("all p99<60ms", 90.0, False),
        ("all min>=0.5ms", 0.5, True),
        ("all mean=5", 5.0, True),
        ("all count=400", 400, True),
        ("all failures=20%", 20.0, True),
        ("all rate=50", 50.0, True),
        ("oversold=0", 7, False),
        ("oversold<=7", 7, True),
    ],
)
def test_a_threshold_is_held_against_the_result(text: str, value: float, met: bool) -> None:
    found = slo.evaluate(slo.parse(text), result(steps=TWO, verdicts={"oversold": judged(7)}))
    assert found == {"text": text, "value": value, "met": met}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lokc p99<1s", "There is no step 'lokc'. Did you mean 'lock'?"),
        ("lock p99<1s", "The step 'lock' was not measured."),
        ("lock failures=0", "The step 'lock' was not measured."),
        ("all p99<1s", "No step was taken."),
        ("oversold=0", "This scenario has no verdict 'oversold'. Valid: stolen."),
        ("stolen=0", "nobody says whose they are"),
    ],
)
def test_what_was_not_measured_is_not_met_and_says_why(text: str, why: str) -> None:
    silent = dict.fromkeys(("min", "mean", "max", "p50", "p90", "p95", "p99", "p99.9"))
    made = result(steps={"lock": step(0, per_second=0.0, **silent)}, verdicts={"stolen": unjudged("nobody says whose they are")})
    assert slo.evaluate(slo.parse(text), made) == {"text": text, "value": None, "met": None}
    assert slo.why(slo.parse(text), made) == why


def test_what_was_measured_needs_no_reason() -> None:
    assert slo.why(slo.parse("lock p99<1s"), result()) == ""


def test_a_verdict_without_a_reason_was_not_judged() -> None:
    assert slo.why(slo.parse("stolen=0"), result(verdicts={"stolen": unjudged("")})) == "It was not judged."


def test_a_step_that_only_failed_has_failures() -> None:
    made = result(steps={"lock": step(0, failures=9, p99=None)})
    assert slo.evaluate(slo.parse("lock failures<1%"), made) == {"text": "lock failures<1%", "value": 100.0, "met": False}


def test_a_name_can_be_checked_before_the_run() -> None:
    slo.check(slo.parse("all p99<1s"), ["lock"], [])
    slo.check(slo.parse("stolen=0"), ["lock"], ["stolen"])
    with pytest.raises(UsageError, match=r"^--slo 'lokc p99<1s': There is no step 'lokc'\. Did you mean 'lock'\?$"):
        slo.check(slo.parse("lokc p99<1s"), ["lock", "unlock"], [])
    with pytest.raises(UsageError, match=r"^--slo 'leaked=0': This scenario has no verdict 'leaked'\. Valid: stolen\.$"):
        slo.check(slo.parse("leaked=0"), ["lock"], ["stolen"])


def test_every_verdict_that_a_scenario_has_must_be_0() -> None:
    assert [item.text for item in slo.DEFAULTS] == [f"{name}=0" for name in slo.VERDICTS]
    assert [item.text for item in slo.defaults(result(verdicts={"leaked": judged()}))] == ["leaked=0"]


def test_a_threshold_of_ones_own_replaces_the_default() -> None:
    verdicts = {"oversold": judged(), "lost-broadcast": judged(3)}
    assert result(verdicts=verdicts)["exit_code"] == 1
    assert result(verdicts=verdicts, slos=["lost-broadcast<=3"])["exit_code"] == 0
    assert result(verdicts=verdicts, slos=["lost-broadcast<3"])["exit_code"] == 1


FAILED = {"verdicts": {"oversold": judged(1)}}
LOST = {"run": run(ended="worker lost", lost=["worker-2"])}


@pytest.mark.parametrize(
    ("changed", "code", "word"),
    [
        ({}, 0, "passed"),
        ({"verdicts": {}}, 0, "passed"),
        ({"slos": ["lock p99<1s"]}, 0, "passed"),
        ({"verdicts": {"oversold": judged(), "stolen": unjudged()}}, 0, "passed"),
        (FAILED, 1, "failed"),
        ({"slos": ["lock p99<1ms"]}, 1, "failed"),
        ({"slos": ["lock p99<1ms", "lokc p99<1s"]}, 1, "failed"),
        ({"steps": {"lock": step(0, failures=9)}, "slos": ["lock failures<1%"]}, 1, "failed"),
        ({"steps": {}}, 2, "nothing"),
        ({"steps": {"lock": step(0)}}, 2, "nothing"),
        ({"steps": {"lock": step(0, failures=9)}}, 2, "nothing"),
        ({"steps": {}, "slos": ["lock count>1"]}, 2, "nothing"),
        ({"slos": ["lokc p99<1s"]}, 3, "inconclusive"),
        ({"verdicts": {"stolen": unjudged()}, "slos": ["stolen=0"]}, 3, "inconclusive"),
        (LOST, 3, "inconclusive"),
        ({**LOST, **FAILED}, 1, "failed"),
        ({**LOST, "slos": ["lock p99<1ms"]}, 1, "failed"),
        ({"run": run(ended="unreachable")}, 3, "inconclusive"),
        ({"run": run(ended="unreachable"), **FAILED}, 3, "inconclusive"),
        ({"run": run(ended="interrupted")}, 130, "inconclusive"),
        ({"run": run(ended="interrupted"), **FAILED}, 130, "failed"),
    ],
)
def test_how_a_run_ends(changed: dict[str, Any], code: int, word: str) -> None:
    made = result(**changed)
    assert (slo.exit_code(made), slo.verdict(made)) == (code, word)
