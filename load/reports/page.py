"""The report as a page: one file that fetches nothing and runs nothing, the verdict first, then what shows it."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import jinja2

from contract_tests.reports.texts import plain
from load import slo
from load.reports import charts, words
from load.reports.words import Result, counted

__all__ = ["render"]

CHIPS = {"none": "good", "found": "bad", "accepted": "warning", "not judged": "warning"}
MOST = 200  # offenders that a result has of one verdict
ENDED = {"interrupted": "interrupted", "worker lost": "a worker was lost", "unreachable": "the target was not reached"}
MET = {True: ("met", "good"), False: ("not met", "bad"), None: ("unknown", "warning")}


def render(result: Result) -> str:
    """A page of HTML from a result (`load/schemas/result.json`), with its style and charts inside; its own policy forbids everything else."""
    style = _part("page.css")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    return _template().render(_view(plain(result)), style=style, policy=policy)


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_part("page.html"))


def _part(name: str) -> str:
    return resources.files("load.reports").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """How a policy names what stands in the page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _view(result: Result) -> dict[str, Any]:
    """What the template shows."""
    figures = [_figure(item) for item in result["figures"]]
    return {
        "result": result, "headline": words.headline(result), "notes": words.notes(result), "facts": _facts(result), "again": words.again(result),
        "parameters": {name: value for name, value in result["parameters"].items() if value != ""},
        "verdicts": [_verdict(result, name, found) for name, found in result["verdicts"].items()],
        "slos": [(item["text"], words.valued(item), *MET[item["met"]]) for item in result["slos"]],
        "defaults": ", ".join(item.text for item in slo.defaults(result)),
        "held": charts.held(result), "latencies": charts.latencies(result),
        "flow": [chart for chart in (charts.throughput(result), charts.users(result)) if chart],
        "rows": words.rows(result), "figures": figures, "astray": any(item["wrong"] for item in figures),
    }  # fmt: skip


def _facts(result: Result) -> dict[str, str]:
    run = result["run"]
    model = f"open, {run['rate']:g} arrivals a second" if run["rate"] is not None else f"{run['model']}"
    facts = {
        "Started": run["started"].replace("T", " ").replace("+00:00", " UTC"), "Took": f"{run['seconds']:.1f} s",
        "Warm-up": f"{run['warm_up']:g} s" if run["warm_up"] else "",
        "Users": f"{run['users']:,}", "Workers": f"{run['workers']:,}", "Model": model, "Ended": ENDED.get(run["ended"], ""),
        "Exit code": str(result["exit_code"]), "Understudy": result["understudy"],
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value}


def _verdict(result: Result, name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    state, shown = words.state(result, name), len(found["offenders"])
    less = f"{shown:,} of {found['count']:,} are shown." if shown < found["count"] and shown == MOST else ""
    return {
        "name": name, "count": f"{found['count']:,}" if found["judged"] else "?", "state": state, "chip": CHIPS[state], "means": words.WORDS[name].means,
        "why": "" if found["judged"] else found["why"] or "no reason is given", "offenders": found["offenders"], "said": counted(shown, "offending request"),
        "less": less,
    }  # fmt: skip


def _figure(item: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the server's figures. fits: whether they are what was granted."""
    (least, most), after, available = item["expected"], item["after"], item["available"]
    expected = "" if least is None or most is None else f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return {"cells": [item["stock"], *(_known(value) for value in (item["total"], item["before"])), expected or "-", _known(after), _known(available)],
            "wrong": list(_wrong(least, most, after, item["total"], available))}  # fmt: skip


def _wrong(least: int | None, most: int | None, after: int | None, total: int | None, available: int | None) -> Iterator[str]:
    if after is not None and least is not None and most is not None and not least <= after <= most:
        yield "not what was granted"
    if after is not None and total is not None and available is not None and available != total - after:
        yield "requests and sockets differ"


def _known(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
