"""Makes the result of a run: what the ledger says, what the server says, and what was asked for."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.client import TimeOver
from contract_tests.session import Session
from contract_tests.stock import amount
from load.clock import now
from load.slo import Slo, evaluate, exit_code, parse, verdict
from load.stage import Stage
from load.staging.probe import available
from load.story import Story
from load.transcript import LEDGER, LISTENED, RUN
from load.verdicts import Figure, Judge, Verdict, as_listened, held_over_time, read_records, without
from understudy import __version__

__all__ = ["figures_of", "result_of"]

BUSY, LATE = 90.0, 0.1  # per cent of a core, and seconds that a worker was late, from which on the generator itself was the limit
WHOLE = ("leaked", "lost-update", "duplicate-broadcast", "misordered-broadcast")  # verdicts for which all that happened must be known
FAILURES = parse("all failures<=1%")  # holds unless somebody says another threshold of failures
SETTLE = 6.0  # seconds that figures may take until they are what was done


def result_of(
    folder: Path, story: Story, stage: Stage, options: Mapping[str, Any], session: Session | None, slos: Sequence[Slo], ended: str = ""
) -> dict[str, Any]:
    """The result of a run whose transcript lies in a folder, as `load/schemas/result.json` describes it. session: with the target, None where it is gone.
    Raises Unreachable where it turns out to be gone."""
    run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    begin = float(run["begin"] or run["end"])
    lost = {run["workers"][name]["index"]: run["workers"][name]["at"] for name in run["lost"]}
    judge = Judge(stage, without(read_records((folder / LEDGER).read_bytes()), lost), _listened(folder), run["said"], begin)
    figures = figures_of(session, stage, judge) if story.verdicts and stage.checking else []
    steps = {name: {**row, "refused": run["refused"].get(name, 0)} for name, row in run["steps"].items()}
    found: dict[str, Any] = {
        "format": 1, "understudy": __version__, "scenario": story.name, "story": story.says, "backend": stage.backend, "title": stage.title,
        "target": dict(stage.urls), "own": stage.own, "parameters": dict(stage.parameters), "run": _run(run, options, ended), "steps": steps,
        "series": {**run["series"], "held": held_over_time(judge)},
        "verdicts": {name: _verdict(judge, name, figures, run["lost"]).as_json() for name in story.verdicts},
        "figures": [_figure(judge, number, figure) for number, figure in enumerate(figures)],
        "failures": run["failures"], "warnings": [*stage.warnings, *_warnings(run)], "slos": [], "verdict": "", "exit_code": 0,
    }  # fmt: skip
    told = any(item.metric == FAILURES.metric for item in slos)
    found["slos"] = [evaluate(item, found) for item in (*slos, *(() if told else (FAILURES,)))]
    found["verdict"], found["exit_code"] = verdict(found), exit_code(found)
    return found


def _verdict(judge: Judge, name: str, figures: Sequence[Figure], lost: Sequence[str]) -> Verdict:
    """One verdict; what can't be told where a worker was lost is not judged."""
    if lost and name in WHOLE:
        return Verdict(judged=False, why=f"{', '.join(lost)} was lost: what its users did after its last report is not known")
    return judge.verdict(name, figures)


def _listened(folder: Path) -> Any:
    lines = (folder / LISTENED).read_text(encoding="utf-8").splitlines()
    return as_listened(json.loads(line) for line in lines)


def _run(run: Mapping[str, Any], options: Mapping[str, Any], ended: str) -> dict[str, Any]:
    how = ended or ("worker lost" if run["lost"] else "complete")
    rate = options.get("rate") or None
    return {
        "started": run["started"], "seconds": run["seconds"], "warm_up": run["warm_up"], "users": run["users"], "workers": len(run["workers"]),
        "model": "open" if rate else "closed", "rate": rate, "ended": how, "lost": list(run["lost"]),
    }  # fmt: skip


def _warnings(run: Mapping[str, Any]) -> list[str]:
    """What makes the figures worth less than they look."""
    found = []
    workers = run["workers"]
    busy = [name for name, item in workers.items() if item["cpu"] > BUSY]
    late = {name: item["lag"] for name, item in workers.items() if item["lag"] > LATE}
    if busy:
        found.append(f"the generator was the limit: {len(busy)} of {len(workers)} workers used more than {BUSY:g} % of a core; add workers (--processes)")
    if late:
        found.append(f"the generator was the limit: a worker was up to {max(late.values()) * 1000:.0f} ms late, and so its latencies are; add workers")
    waited = sum(item["late"] for item in workers.values())
    if waited:
        found.append(f"{waited} arrivals found no user free for more than a second: the rate is more than so many users can do; add users")
    if run["begin"] is None:
        found.append("the run ended before all users were there: nothing was measured")
    return found


def figures_of(session: Session | None, stage: Stage, judge: Judge) -> list[Figure]:
    """What the server says of each stock, once all have left: asked again for a while where it is not yet what is expected."""
    until = now() + SETTLE
    while True:
        found = [_asked(session, stage, number) for number in range(len(stage.stocks))]
        fits = all(item.taken is None or _fits(judge, number, item) for number, item in enumerate(found))
        if fits or now() > until or session is None:
            return found
        time.sleep(0.3)


def _fits(judge: Judge, number: int, figure: Figure) -> bool:
    least, most = judge.expected(number)
    free = judge.stage.stocks[number].total - (figure.taken or 0)
    return least <= (figure.taken or 0) <= most and figure.available in (None, free)


def _asked(session: Session | None, stage: Stage, number: int) -> Figure:
    if session is None:
        return Figure(None, None)
    stock = stage.stocks[number]
    collection = session.contract.collections[stage.checking["collection"]]
    try:
        field = next((name for name, ref in collection.refs.items() if ref.collection == stage.checking["parent"]), None)
        rows = session.rows(collection, None, {field: stock.parent} if field and stock.parent is not None else {})
        row = next((row for row in rows if str(row.get(collection.key)) == str(stock.key)), None)
        known = amount(collection, row) if row is not None else None
        return Figure(known[1] if known else None, available(session, stage, stock))
    except (NotChecked, TimeOver):
        return Figure(None, None)


def _figure(judge: Judge, number: int, figure: Figure) -> dict[str, Any]:
    stock = judge.stage.stocks[number]
    return {
        "stock": stock.label, "total": stock.total, "before": stock.taken, "expected": list(judge.expected(number)), "after": figure.taken,
        "available": figure.available,
    }  # fmt: skip
