"""The report for whoever sits before it: the verdict in words first, then what shows it, in 100 columns."""

import io
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from contract_tests.reports.texts import flat, plain
from load.reports import words
from load.reports.words import Result, counted

__all__ = ["render"]

STYLES = {"title": "bold", "dim": "dim", "good": "bold green", "bad": "bold red", "warning": "yellow", "": ""}
VERDICTS = {"passed": ("PASSED", "good"), "failed": ("FAILED", "bad"), "inconclusive": ("INCONCLUSIVE", "warning"), "nothing": ("NOTHING RAN", "warning")}
STATES = {"none": "", "found": "bad", "accepted": "warning", "not judged": "warning"}
WIDTH = 100
NAME = 24  # columns of a step's name
MOST = 3  # offenders of one verdict
MOST_FAILURES = 10


class Line(NamedTuple):
    """One line. style: a key of STYLES; start: what stands before it, in the first of its rows."""

    text: str = ""
    style: str = ""
    start: str = ""


def render(result: Result, color: bool) -> str:
    """A text of at most 100 columns from a result (`load/schemas/result.json`), with colours of a terminal or without."""
    rows = [row for line in _lines(plain(result)) for row in _broken(line)]
    return _coloured(rows) if color else "".join(f"{row.start}{row.text}".rstrip() + "\n" for row in rows)


def _coloured(rows: Sequence[Line]) -> str:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), force_terminal=True, width=WIDTH, highlight=False, emoji=False, markup=False, color_system="standard")
    with console.capture() as captured:
        for row in rows:
            console.print(Text.assemble((row.start, "dim"), (row.text, STYLES[row.style])), soft_wrap=True)
    return captured.get()


def _broken(line: Line) -> Iterator[Line]:
    """The line as rows that fit; a row of a table is one that fits."""
    room = WIDTH - len(line.start)
    fits = len(line.text) <= room
    for number, text in enumerate([line.text] if fits else wrap(line.text, room, break_on_hyphens=False)):
        yield Line(text, line.style, line.start if number == 0 else " " * len(line.start))


def _lines(result: Result) -> Iterator[Line]:
    for part in (_head, _run, _verdicts, _steps, _slos, _figures, _failures, _notes):
        found = list(part(result))
        yield from found
        if found:
            yield Line()


def _head(result: Result) -> Iterator[Line]:
    word, style = VERDICTS[result["verdict"]]
    yield Line(f"{word}: {flat(words.headline(result))}", style)


def _run(result: Result) -> Iterator[Line]:
    run = result["run"]
    where = ", ".join(f"{name} {url}" for name, url in result["target"].items())
    how = f", {run['rate']:g} arrivals a second" if run["rate"] is not None else ""
    warm = f", of which {run['warm_up']:g} s warm-up" if run["warm_up"] else ""
    yield Line(flat(f"{result['scenario']} on {result['title']}: {result['story']}", 400), "dim")
    yield Line(flat(f"{'its own mock' if result['own'] else 'target'}: {where}", 400), "dim")
    yield Line(f"{counted(run['users'], 'user')} on {counted(run['workers'], 'worker')}{how}, {run['seconds']:.1f} s{warm}", "dim")


def _verdicts(result: Result) -> Iterator[Line]:
    if result["verdicts"]:
        yield Line("Verdicts", "title")
    for name, found in result["verdicts"].items():
        state = words.state(result, name)
        count = f"{found['count']:,}" if found["judged"] else "?"
        said = words.WORDS[name].means if found["judged"] else f"not judged: {flat(found['why'], 200)}"
        yield Line(said, STATES[state] or "dim", f"{count:>9}  {name:<21}")
        if state in ("found", "accepted"):
            yield from _offenders(found)


def _offenders(found: Mapping[str, Any]) -> Iterator[Line]:
    for item in found["offenders"][:MOST]:
        at = f"{item['at']:.2f} s" if item["at"] is not None else ""
        yield Line(flat(" ".join(filter(None, (item["who"], item["stock"], item["id"], item["said"]))), 240), "", f"{at:>20}  ")
    if len(found["offenders"]) > MOST:
        yield Line(f"{len(found['offenders']) - MOST:,} more stand in the other reports.", "dim", " " * 22)


def _steps(result: Result) -> Iterator[Line]:
    rows = words.rows(result)
    if rows:
        yield Line("Steps", "title")
        yield Line(_row("", ("count", "refused", "failed", "a second", "p50", "p95", "p99", "most")), "dim")
    for name, *cells in rows:
        yield Line(_row(_cut(name), cells), "bad" if cells[2] != "0" else "")


def _row(name: str, cells: Sequence[str]) -> str:
    widths = (11, 9, 7, 10, 8, 8, 8, 9)
    return f"  {name:<{NAME}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _cut(name: str) -> str:
    name = flat(name)
    return name if len(name) <= NAME else f"{name[: NAME - 3]}..."


def _slos(result: Result) -> Iterator[Line]:
    if result["slos"]:
        yield Line("Thresholds", "title")
    for item in result["slos"]:
        word, style = {True: ("met", "good"), False: ("not met", "bad"), None: ("unknown", "warning")}[item["met"]]
        yield Line(flat(f"{item['text']}, {'' if item['met'] is None else 'was '}{words.valued(item)}"), style, f"{word:>9}  ")


def _figures(result: Result) -> Iterator[Line]:
    """The server's figures, of the stocks alone where they are not what was granted."""
    for item in result["figures"]:
        (least, most), after = item["expected"], item["after"]
        if after is not None and least is not None and most is not None and not least <= after <= most:
            expected = f"{least:,}" if least == most else f"{least:,} to {most:,}"
            yield Line(flat(f"{item['stock']}: the server says that {after:,} are taken, by what was granted it is {expected}."), "bad")


def _failures(result: Result) -> Iterator[Line]:
    if result["failures"]:
        yield Line("Failures", "title")
    for item in result["failures"][:MOST_FAILURES]:
        yield Line(flat(f"{item['step']}: {item['message']}", 300), "bad", f"{item['count']:>9,}  ")
    if len(result["failures"]) > MOST_FAILURES:
        yield Line(f"{len(result['failures']) - MOST_FAILURES:,} other kinds stand in the other reports.", "dim", " " * 11)


def _notes(result: Result) -> Iterator[Line]:
    notes = words.notes(result)
    if notes:
        yield Line("Warnings", "title")
    yield from (Line(flat(text), "warning", "  ") for text in notes)
