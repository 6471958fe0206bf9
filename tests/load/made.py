"""Results of load runs made by hand, for the tests of what is made of them."""

import copy
import math
from typing import Any

from load import slo

SECONDS = 24
# Everything that has broken a report somewhere, without the half of a character, which JSON does not carry.
HOSTILE = "</script><script>alert(1)</script></svg><img src=x onerror=alert(1)>]]>&amp;\x1b[31m\x00\r\n\x9b2J\u202e$x_1$|{{7*7}}{% raw %}\U0001f600'\""
SAID = 'lock-tickets {"categoryId": 7, "quantity": 1} -> {"success": true, "lockId": "lock_9"}'


def step(count: int = 12_000, **changed: Any) -> dict[str, Any]:
    """A step's row: 400 a second of which some were refused."""
    latencies = {"min": 1.2, "mean": 3.4, "max": 80.0, "p50": 3.0, "p90": 9.5, "p95": 14.0, "p99": 42.0, "p99.9": 71.0}
    return {"count": count, "failures": 0, "refused": 0, "per_second": count / 30, **latencies, **changed}


def offender(**changed: Any) -> dict[str, Any]:
    return {"at": 12.31, "who": "user9@example.com", "stock": "General of event 7", "quantity": 1, "id": "lock_9", "said": SAID, **changed}


def judged(count: int = 0, **changed: Any) -> dict[str, Any]:
    """A verdict with as many offenders as it has, at most 200."""
    shown = [offender(at=1.5 + number / 10, who=f"user{number}@example.com", id=f"lock_{number}") for number in range(min(count, 200))]
    return {"count": count, "judged": True, "why": "", "offenders": shown, **changed}


def unjudged(why: str = "the target does not say whose locks there are") -> dict[str, Any]:
    return judged(judged=False, why=why)


def over_time(scale: float, seconds: int = SECONDS) -> dict[str, list[Any]]:
    """A step's series: it breathes, and is silent for three seconds."""
    wave = [scale * (1 + 0.3 * math.sin(second / 2)) for second in range(seconds)]
    silent = [None if 0 <= second - seconds // 2 < 3 else value for second, value in enumerate(wave)]
    times = {name: [None if value is None else round(value * factor, 3) for value in silent] for name, factor in (("p50", 1), ("p95", 4), ("p99", 11))}
    counts = [0 if value is None else round(400 * scale / 3 * (1.2 - value / scale / 4)) for value in silent]
    return {"count": counts, "failures": [3 if second == seconds // 3 and scale < 2 else 0 for second in range(seconds)], **times}


def held(stock: str = "General of event 7", capacity: int = 20, over: int = 0) -> dict[str, Any]:
    """Rushes of two seconds: all is held, then given back; in the fifth there may be too many."""
    points = [(at, value) for rush in range(15) for at, value in ((2.0 * rush, 0), (2.0 * rush + 0.1, capacity), (2.0 * rush + 1.1, 0))]
    most = [capacity + over if value and 9 < at < 11 else value for at, value in points]
    return {"stock": stock, "capacity": capacity, "at": [at for at, _ in points], "held": most}


def result(**changed: Any) -> dict[str, Any]:
    """A clean run of a rush; `verdict` and `exit_code` are those of what was changed."""
    made: dict[str, Any] = {
        "format": 1, "understudy": "0.1.0", "scenario": "seat-rush", "story": "Everybody wants the same few seats at the same moment.",
        "backend": "eventplatform", "title": "Event Ticketing Platform", "target": {"gateway": "http://localhost:3000", "realtime": "http://localhost:3001"},
        "own": False, "parameters": {"seats": 20, "period": 2.0},
        "run": {"started": "2026-11-28T18:00:00+00:00", "seconds": 30.1, "warm_up": 5.0, "users": 100, "workers": 4, "model": "closed", "rate": None,
                "ended": "complete", "lost": []},
        "steps": {"lock": step(refused=8_880), "unlock": step(3_120, p50=1.4, p95=3.0, p99=9.0), "connect": step(100, max=1_204.0, p99=990.0)},
        "series": {"step_seconds": 1, "at": list(range(SECONDS)), "steps": {"lock": over_time(3.0), "unlock": over_time(1.4)}, "users": [], "held": [held()]},
        "verdicts": {name: judged() for name in ("oversold", "double-locked", "leaked", "stolen", "lost-update")},
        "figures": [{"stock": "General of event 7", "total": 20, "before": 0, "expected": [0, 0], "after": 0, "available": 20}],
        "failures": [], "warnings": [], "slos": [], "verdict": "", "exit_code": 0,
    }  # fmt: skip
    return ended({**copy.deepcopy(made), **changed})


def ended(made: dict[str, Any]) -> dict[str, Any]:
    """The result with its thresholds evaluated (texts become entries), and how it ends."""
    made["slos"] = [slo.evaluate(slo.parse(item), made) if isinstance(item, str) else item for item in made["slos"]]
    return {**made, "verdict": slo.verdict(made), "exit_code": slo.exit_code(made)}


def run(**changed: Any) -> dict[str, Any]:
    """The `run` of a result."""
    return {**result()["run"], **changed}


def full() -> dict[str, Any]:
    """A run in which all went wrong that can: for a look at every part of a report."""
    clean = result()
    names = ["GET /api/events", "POST /api/orders", "join", "reserve", "a step whose name is so long that it does not fit on any line of a report " * 2]
    steps = {**clean["steps"], **{name: step(900 - 100 * number, failures=number) for number, name in enumerate(names)}}
    series = {**{name: over_time(1.0 + number) for number, name in enumerate(names)}, **clean["series"]["steps"]}
    stocks = [held(over=7), held("VIP of event 7", 4), held("Balcony of event 7", 120)]
    verdicts = {"oversold": judged(7), "double-locked": judged(345), "leaked": judged(2), "stolen": unjudged(), "lost-update": judged(),
                "lost-broadcast": judged(1, offenders=[offender(at=None, who="", id="", quantity=3)]), "duplicate-broadcast": judged(),
                "misordered-broadcast": judged()}  # fmt: skip
    figures = [*clean["figures"], {"stock": "VIP of event 7", "total": 4, "before": 1, "expected": [1, 2], "after": 3, "available": None}]
    return result(
        steps=steps, series={**clean["series"], "steps": series, "users": [min(100, 20 * second) for second in range(SECONDS)], "held": stocks},
        verdicts=verdicts, figures=figures, run=run(ended="worker lost", lost=["worker-2"], model="open", rate=50.0),
        failures=[{"step": "lock", "message": "no answer within 15 s", "count": 3}, {"step": "POST /api/orders", "message": "503: over capacity", "count": 1}],
        warnings=["the generator was the limit: 2 of 4 workers used more than 90 % of a core; add workers (--processes)"],
        slos=["lock p99<200ms", "lock p99.9<=50ms", "lock failures<1%", "lokc p95<1s", "all rate>100/s", "lost-broadcast<=3", "stolen=0"],
    )  # fmt: skip


def hostile() -> dict[str, Any]:
    """Every text that a target has a say in is one that breaks things."""
    text = HOSTILE
    return result(
        title=text, story=text, backend=text, target={text: text}, parameters={text: text}, steps={text: step()}, warnings=[text],
        series={**result()["series"], "steps": {text: over_time(3.0)}, "held": [held(text)]}, run=run(lost=[text]),
        verdicts={"oversold": judged(1, offenders=[offender(who=text, stock=text, id=text, said=text)]), "leaked": unjudged(text)},
        figures=[{**result()["figures"][0], "stock": text}], failures=[{"step": text, "message": text, "count": 1}],
    )  # fmt: skip
