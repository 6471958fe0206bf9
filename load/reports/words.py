"""What the reports say alike: the verdict in one sentence, what each verdict means, numbers and units, and how to run it again."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from load import slo

__all__ = ["WORDS", "Word", "again", "counted", "faults", "headline", "milliseconds", "notes", "rows", "state", "steps_by_count", "valued"]

Result = Mapping[str, Any]


class Word(NamedTuple):
    """A verdict for people. none, some: where there is none, or so many; means: what one of them is."""

    none: str
    some: str
    means: str


WORDS: Mapping[str, Word] = {
    "oversold": Word("no {noun} was sold twice", "{count} {nouns} oversold", "more was granted at one moment than there was to be had"),
    "double-locked": Word("no {noun} was locked by two at once", "{count} {nouns} locked by two at once", "granted to somebody while somebody else held it"),
    "leaked": Word("no {noun} leaked", "{count} {nouns} leaked", "still taken after everybody had given it back"),
    "stolen": Word("no lock was stolen", "{locks} stolen", "a lock that the server denied to whoever surely still held it"),
    "lost-update": Word("no update was lost", "{updates} lost", "confirmed to the one who asked, and not in the figures afterwards"),
    "lost-broadcast": Word("no broadcast was lost", "{broadcasts} lost", "a change that somebody in the room was not told"),
    "duplicate-broadcast": Word("no broadcast came twice", "{broadcasts} too many", "a change that somebody in the room was told more than once"),
    "misordered-broadcast": Word(
        "no broadcast was out of order", "{broadcasts} out of order", "the same changes, told to somebody in another order than to others"
    ),
}
NOUNS = ("seat", "ticket", "place")  # what is few, where a parameter is called so
THINGS = ("lock", "update", "broadcast")


def counted(number: int, noun: str) -> str:
    """`1 seat`, `2,000 seats`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def milliseconds(value: float | None) -> str:
    """A time for people: `0.42 ms`, `12.3 ms`, `1.20 s`, or a dash where there is none."""
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value / 1000:,.2f} s" if value < 100_000 else f"{value / 1000:,.0f} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def valued(item: Mapping[str, Any]) -> str:
    """What was measured for a threshold, an entry of `slos`."""
    said, value = slo.parse(item["text"]), item["value"]
    if value is None:
        return "not judged" if not said.step else "not measured"
    if said.metric in slo.LATENCIES:
        return milliseconds(value)
    return f"{value:,.3g} %" if said.unit == "%" else f"{value:,.1f}/s" if said.unit == "/s" else f"{value:,.0f}"


def _noun(result: Result) -> str:
    return next((noun for noun in NOUNS if f"{noun}s" in result["parameters"]), "place")


def _some(result: Result, name: str, count: int) -> str:
    noun = _noun(result)
    things = {f"{thing}s": counted(count, thing) for thing in THINGS}
    return WORDS[name].some.format(count=f"{count:,}", nouns=noun if count == 1 else f"{noun}s", **things)


def state(result: Result, name: str) -> str:
    """Of a verdict: `none`, `found`, `accepted` (found, but no more than a threshold of the user's own allows) or `not judged`."""
    found = result["verdicts"][name]
    if not found["judged"]:
        return "not judged"
    if not found["count"]:
        return "none"
    own = [item["met"] for item in result["slos"] if slo.parse(item["text"]).metric == name]
    return "accepted" if own and all(own) else "found"


def faults(result: Result) -> list[str]:
    """What fails the run, in few words each: verdicts, then thresholds."""
    found = [name for name in result["verdicts"] if state(result, name) == "found"]
    missed = [item for item in result["slos"] if item["met"] is False and slo.parse(item["text"]).metric not in found]
    return [*(_some(result, name, result["verdicts"][name]["count"]) for name in found), *(f"{item['text']} was {valued(item)}" for item in missed)]


def headline(result: Result) -> str:
    """The verdict in one sentence."""
    return _upper(_headline(result))


def _headline(result: Result) -> str:
    ended, found = result["run"]["ended"], ", ".join(faults(result))
    if found and not any(state(result, name) == "found" for name in result["verdicts"]):
        found = f"not as asked: {found}"
    if ended == "unreachable":
        return "the target was not reached" + (f"; until then {found}." if found else ".")
    if ended == "interrupted":
        return f"interrupted; until then {found or _good(result)}."
    if result["verdict"] == "nothing":
        return _nothing(result)
    if result["verdict"] == "failed":
        return f"{found}."
    if ended == "worker lost":
        return f"inconclusive, since {_lost(result)}; until the last report {_good(result)}."
    if result["verdict"] == "inconclusive":
        return f"inconclusive: {', '.join(item['text'] for item in result['slos'] if item['met'] is None)} could not be measured."
    return f"{_good(result)}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _nothing(result: Result) -> str:
    failed = sum(step["failures"] for step in result["steps"].values())
    return f"nothing came back: all of {counted(failed, 'step')} failed." if failed else "nothing ran: no step was taken."


def _lost(result: Result) -> str:
    names = result["run"]["lost"]
    return f"{'a worker' if len(names) < 2 else f'{len(names)} workers'} died" + (f" ({', '.join(names)})" if names else "")


def _good(result: Result) -> str:
    """What went well, with the figures that show how much that is worth."""
    judged = [name for name, found in result["verdicts"].items() if found["judged"]]
    clean = next((name for name in judged if state(result, name) == "none"), "")
    good = WORDS[clean].none.format(noun=_noun(result)) if clean else _thresholds(result)
    others = [f"{result['verdicts'][name]['count']:,} {name}" for name in judged[:2]]
    return f"{good}: {', '.join([*_load(result), *others])}"


def _thresholds(result: Result) -> str:
    met = sum(item["met"] is True for item in result["slos"])
    return f"{counted(met, 'threshold')} met" if met else "it ran, and nothing was to be judged"


def _load(result: Result) -> Iterator[str]:
    """What there was, and what was asked of it: `20 seats`, `lock granted 3,120 times and refused 8,880 times`."""
    stock = sum(figure["total"] or 0 for figure in result["figures"])
    if stock:
        yield counted(stock, _noun(result))
    nothing: tuple[str, Mapping[str, Any]] = ("", {})
    name, step = max(result["steps"].items(), key=lambda item: (item[1].get("refused", 0), item[1]["count"]), default=nothing)
    if step.get("refused"):
        yield f"{name} granted {_times(step['count'] - step['refused'])} and refused {_times(step['refused'])}"
    elif step:
        yield f"{name} done {_times(step['count'])}"


def _times(number: int) -> str:
    return counted(number, "time")


def notes(result: Result) -> list[str]:
    """What else there is to know of the verdict, one sentence each: what was not judged or measured, and warnings."""
    lost = [f"{_upper(_lost(result))}; the verdict is exact up to the last report."] if result["run"]["lost"] else []
    unjudged = [f"{name} was not judged: {found['why'] or 'no reason is given'}" for name, found in result["verdicts"].items() if not found["judged"]]
    told = {name for name, found in result["verdicts"].items() if not found["judged"]}
    unknown = [slo.parse(item["text"]) for item in result["slos"] if item["met"] is None]
    unmet = [f"--slo '{item.text}': {slo.why(item, result)}" for item in unknown if item.metric not in told]
    return [*lost, *(_upper(text) for text in result["warnings"]), *(_upper(text) for text in unjudged), *unmet]


def steps_by_count(result: Result) -> list[tuple[str, Mapping[str, Any]]]:
    """The steps, those that were taken most often first."""
    return sorted(result["steps"].items(), key=lambda item: (-slo.taken(item[1]), item[0]))


def rows(result: Result) -> list[tuple[str, ...]]:
    """The table of steps: name, count, refused, failures, a second, p50, p95, p99, most."""
    times = ("p50", "p95", "p99", "max")
    return [
        (
            name, f"{step['count']:,}", f"{step.get('refused', 0):,}", f"{step['failures']:,}", f"{step['per_second']:,.1f}",
            *(milliseconds(step[time]) for time in times),
        )
        for name, step in steps_by_count(result)
    ]  # fmt: skip


def again(result: Result) -> str:
    """The command that makes the same run once more."""
    run, series = result["run"], result["series"]
    measured = len(series["at"]) * series["step_seconds"] or max(1, run["seconds"] - run["warm_up"])
    urls = [] if result["own"] else [part for name, url in result["target"].items() for part in ("--url", f"{name}={url}")]
    how = ["--users", str(run["users"]), "--run-time", f"{round(measured)}s", "--processes", str(max(1, run["workers"]))]
    rate = ["--rate", f"{run['rate']:g}"] if run["rate"] is not None else []
    warm = ["--warm-up", f"{run['warm_up']:g}s"] if run["warm_up"] else []
    told = [part for name, value in result["parameters"].items() if value != "" for part in ("--set", f"{name}={value}")]
    asked = [part for item in result["slos"] for part in ("--slo", item["text"])]
    return shlex.join(["understudy", "load", result["scenario"], *filter(None, [result["backend"]]), *urls, *how, *rate, *warm, *told, *asked])
