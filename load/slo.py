"""What a run has to reach: thresholds as a user says them, and what the run ends with.

lock p99<200ms    lock p99.9<=1s    lock mean<5ms     a step's latency
lock failures<1%  lock failures=0                     how many of its answers were wrong
lock rate>100/s   lock count>=1000                    how many there were
oversold=0        lost-broadcast<=3                   a verdict
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.contract.errors import UsageError, suggest

__all__ = ["ALL", "DEFAULTS", "LATENCIES", "METRICS", "VERDICTS", "Slo", "check", "defaults", "evaluate", "exit_code", "parse", "taken", "verdict", "why"]

ALL = "all"  # as a step: all of them together
VERDICTS = ("oversold", "double-locked", "leaked", "stolen", "lost-update", "lost-broadcast", "duplicate-broadcast", "misordered-broadcast")
LATENCIES = ("min", "mean", "max", "p50", "p90", "p95", "p99", "p99.9")
# Metric -> the units it takes -> what a number in that unit is multiplied by; the first is meant where there is none.
UNITS: Mapping[str, Mapping[str, float]] = {
    **{name: {"ms": 1.0, "s": 1000.0, "us": 0.001} for name in LATENCIES},
    "failures": {"": 1.0, "%": 1.0},
    "rate": {"/s": 1.0},
    "count": {"": 1.0},
    **{name: {"": 1.0} for name in VERDICTS},
}
METRICS = tuple(name for name in UNITS if name not in VERDICTS)
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip
SHAPE = re.compile(r"\s*(?P<left>.*[^<>=!\s])\s*(?P<op>[<>=!]+)\s*(?P<number>[^<>=!a-zA-Z%/\s]*)\s*(?P<unit>[^<>=!\s]*)\s*", re.DOTALL)
NUMBER = re.compile(r"\d+(\.\d+)?")
GRAMMAR = "Say STEP METRIC OP VALUE, such as 'lock p99<200ms' or 'lock failures<1%', or VERDICT OP NUMBER, such as 'oversold=0'."


@dataclass(frozen=True, slots=True)
class Slo:
    """One threshold. text: as it was said; step: '' for a verdict; metric: one of METRICS, or of VERDICTS.

    limit: milliseconds of a latency, per second of a rate, else a number or (unit `%`) percent.
    """

    text: str
    step: str
    metric: str
    op: str
    limit: float
    unit: str = ""


def parse(text: str) -> Slo:
    """The threshold that a text says. A latency without a unit is one of milliseconds. Raises UsageError."""
    found = SHAPE.fullmatch(text)
    if not found:
        raise _wrong(text, f"This is no threshold. {GRAMMAR}")
    step, metric = _subject(text, found["left"])
    if found["op"] not in OPERATORS:
        raise _wrong(text, f"'{found['op']}' compares nothing.{suggest(found['op'], OPERATORS)}")
    unit = _unit(text, metric, found["unit"])
    if not NUMBER.fullmatch(found["number"]):
        raise _wrong(text, f"'{found['number']}{found['unit']}' is no value of {metric}. Say a number, such as 200 or 0.5.")
    return Slo(" ".join(text.split()), step, metric, found["op"], float(found["number"]) * UNITS[metric][unit], unit)


def _wrong(text: str, what: str) -> UsageError:
    return UsageError(f"--slo '{text}': {what}")


def _subject(text: str, left: str) -> tuple[str, str]:
    """Step and metric; a verdict has no step."""
    step, _, last = " ".join(left.split()).rpartition(" ")
    if not step and last in METRICS:
        raise _wrong(text, f"{last} of which step? Say STEP {last}, or {ALL} {last} for all steps together.")
    if not step and last not in VERDICTS:
        raise _wrong(text, f"'{last}' is no verdict.{suggest(last, VERDICTS)} A step needs a metric after its name, such as '{last} p99'.")
    if step and last in VERDICTS:
        raise _wrong(text, f"A verdict stands alone. Say '{last}=0'.")
    if step and last not in METRICS:
        raise _wrong(text, f"'{last}' is no metric of a step.{suggest(last, METRICS)}")
    return step, last


def _unit(text: str, metric: str, unit: str) -> str:
    units = UNITS[metric]
    if unit and unit not in units:
        named = [name for name in units if name]
        valid = f" Say {', '.join(named[:-1])} or {named[-1]}." if len(named) > 1 else f" Say {named[0]}, or nothing." if named else " It takes none."
        raise _wrong(text, f"'{unit}' is no unit of {metric}.{valid}")
    return unit or next(iter(units))


DEFAULTS = tuple(parse(f"{name}=0") for name in VERDICTS)


def defaults(result: Mapping[str, Any]) -> Iterator[Slo]:
    """What holds without a word: each verdict that the scenario has is 0, but where the user says a threshold of their own for it."""
    said = {parse(item["text"]).metric for item in result["slos"]}
    yield from (slo for slo in DEFAULTS if slo.metric in result["verdicts"] and slo.metric not in said)


def evaluate(slo: Slo, result: Mapping[str, Any]) -> dict[str, Any]:
    """`{"text", "value", "met"}`: value in the unit of the limit; both None where the step was not measured or the verdict not judged."""
    value = _value(slo, result)
    return {"text": slo.text, "value": value, "met": None if value is None else OPERATORS[slo.op](value, slo.limit)}


def _value(slo: Slo, result: Mapping[str, Any]) -> float | None:
    if not slo.step:
        found = result["verdicts"].get(slo.metric)
        return found["count"] if found and found["judged"] else None
    step = _together(result["steps"].values()) if slo.step == ALL else result["steps"].get(slo.step)
    if not step:
        return None
    if slo.metric == "failures":
        return _failures(step, slo.unit)
    value: float | None = step["per_second" if slo.metric == "rate" else slo.metric]
    return value


def _failures(step: Mapping[str, Any], unit: str) -> float | None:
    if not taken(step):
        return None
    return 100 * float(step["failures"]) / taken(step) if unit == "%" else step["failures"]


def taken(step: Mapping[str, Any]) -> int:
    """How often a step was taken, whatever came of it: its count is of those that did not fail."""
    return int(step["count"]) + int(step["failures"])


def _together(steps: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """All steps as one: sums of counts, failures and rates, the least and the most, the mean of all, and of each percentile the worst step's.

    The worst is no percentile of all answers together, but an upper bound of it. Steps that were never taken say nothing; {} where none was.
    """
    ran = [step for step in steps if taken(step)]
    if not ran:
        return {}
    count = sum(step["count"] for step in ran)
    sums = {"count": count, "failures": sum(step["failures"] for step in ran), "per_second": sum(step["per_second"] for step in ran)}
    total = sum(step["mean"] * step["count"] for step in ran if step["mean"] is not None)
    worst = {name: _known(max, ran, name) for name in LATENCIES}
    return {**worst, **sums, "min": _known(min, ran, "min"), "mean": total / count if count else None}


def _known(choose: Callable[[list[float]], float], steps: Iterable[Mapping[str, Any]], name: str) -> float | None:
    values = [step[name] for step in steps if step[name] is not None]
    return choose(values) if values else None


def check(slo: Slo, steps: Iterable[str], verdicts: Iterable[str]) -> None:
    """Raises UsageError where a scenario has no such step or verdict; for before the run, where its names are known."""
    if said := _unknown(slo, steps, verdicts):
        raise _wrong(slo.text, said)


def _unknown(slo: Slo, steps: Iterable[str], verdicts: Iterable[str]) -> str:
    steps, verdicts = list(steps), list(verdicts)
    if slo.step and slo.step not in (ALL, *steps):
        return f"There is no step '{slo.step}'.{suggest(slo.step, [ALL, *steps])}"
    if not slo.step and slo.metric not in verdicts:
        return f"This scenario has no verdict '{slo.metric}'.{suggest(slo.metric, verdicts)}"
    return ""


def why(slo: Slo, result: Mapping[str, Any]) -> str:
    """Why a threshold could not be held against the result, one sentence; '' where it could."""
    if _value(slo, result) is not None:
        return ""
    if said := _unknown(slo, result["steps"], result["verdicts"]):
        return said
    if slo.step:
        return "No step was taken." if slo.step == ALL else f"The step '{slo.step}' was not measured."
    return str(result["verdicts"][slo.metric]["why"]) or "It was not judged."


def exit_code(result: Mapping[str, Any]) -> int:
    """0 all met, 1 something is not met, 2 nothing ran or came back, 3 unreachable, a lost worker or a `--slo` that was not measured, 130 interrupted.

    A verdict that nobody named and that could not be judged is a warning, no more.
    """
    return _end(result)[0]


def verdict(result: Mapping[str, Any]) -> str:
    """`passed`, `failed`, `nothing` (nothing ran, or every step failed) or `inconclusive`."""
    return _end(result)[1]


def _end(result: Mapping[str, Any]) -> tuple[int, str]:
    ended, failed = result["run"]["ended"], _fails(result)
    if ended == "unreachable":
        return 3, "inconclusive"
    if ended == "interrupted":
        return 130, "failed" if failed else "inconclusive"
    if ended == "worker lost":
        return (1, "failed") if failed else (3, "inconclusive")
    steps = result["steps"].values()
    if failed and any(taken(step) for step in steps):
        return 1, "failed"
    if not any(step["count"] for step in steps):
        return 2, "nothing"
    return (3, "inconclusive") if any(item["met"] is None for item in result["slos"]) else (0, "passed")


def _fails(result: Mapping[str, Any]) -> bool:
    given = any(item["met"] is False for item in result["slos"])
    return given or any(evaluate(slo, result)["met"] is False for slo in defaults(result))
