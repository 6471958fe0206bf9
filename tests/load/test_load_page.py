"""The report of a load run as a page: its charts, and in Chromium what is to be seen of it."""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from load.reports import charts, page
from tests.clients.conftest import INSTALL, missing
from tests.console.page import Page
from tests.html_page import Page as Read
from tests.load.made import SECONDS, full, held, hostile, judged, over_time, result, run, step, unjudged

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def chromium(requires: Callable[..., None]) -> Iterator[Page]:
    requires("node")
    requires("chromium")
    if lacking := missing():
        requires("node", f"{', '.join(lacking)} not installed: {INSTALL}")
    with contextlib.closing(Page()) as found:
        yield found


@pytest.fixture
def opened(chromium: Page, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Call with a result: its page, which must fetch nothing and throw nothing."""

    def call(made: dict[str, Any], **options: Any) -> Page:
        file = tmp_path / "load.html"
        file.write_text(page.render(made), encoding="utf-8")
        chromium.do("open", file.as_uri(), options, "")
        return chromium

    chromium.begin()
    yield call
    wrong = chromium.wrong()
    chromium.leave()
    assert wrong == []


@pytest.mark.parametrize("made", [result(), full(), hostile()], ids=["clean", "full", "hostile"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_sticks_out(opened: Callable[..., Page], made: dict[str, Any], theme: str, width: int) -> None:
    found = opened(made, colorScheme=theme, viewport={"width": width, "height": 900})
    for folded in (True, False):
        found.evaluate(f"document.querySelectorAll('details').forEach((item) => (item.open = {str(not folded).lower()}))")
        assert found.do("axe") == []
        assert found.evaluate("document.documentElement.scrollWidth") == width


def test_offenders_are_opened_without_a_script(opened: Callable[..., Page]) -> None:
    found = opened(result(verdicts={"oversold": judged(345)}), javaScriptEnabled=False)
    found.click("summary")
    text = found.text(".verdicts details")
    assert text.split("\n\n")[:2] == ["200 offending requests", "200 of 345 are shown."]
    assert '1.50 s\tuser0@example.com\tGeneral of event 7\t1\tlock_0\tlock-tickets {"categoryId": 7' in text.replace("\n", "")


def test_what_a_target_says_stays_text(opened: Callable[..., Page]) -> None:
    found = opened(hostile())
    assert found.do("count", "img, script") == 0
    assert "<script>alert(1)</script>" in found.text(".brand")


def test_charts_take_the_colours_of_the_theme(opened: Callable[..., Page]) -> None:
    colour = "getComputedStyle(document.querySelector('.chart text')).fill"
    assert opened(result(), colorScheme="light").evaluate(colour) != opened(result(), colorScheme="dark").evaluate(colour)


def test_the_page_names_nothing_to_fetch_and_forbids_itself_the_rest() -> None:
    text = page.render(full())
    read = Read(text)
    assert read.all("src") == read.all("style") == []
    assert [item for item in (*read.all("href"), *read.all("xlink:href")) if not item.startswith("#")] == ["data:,"]
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) == {
        "http://localhost:3000",
        "http://localhost:3001",
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    policy = next(attributes["content"] for tag, attributes in read.elements if tag == "meta" and "http-equiv" in attributes)
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-\S+'; img-src data:; base-uri 'none'; form-action 'none'", policy)


def test_ids_stand_once_in_a_page() -> None:
    ids = Read(page.render(full())).all("id")
    assert len(ids) == len(set(ids))


def test_the_verdict_is_the_first_heading() -> None:
    text = page.render(result(verdicts={"oversold": judged(7)}))
    assert re.findall(r"<h[1-6][^>]*>([^<]*)", text)[0] == "7 seats oversold."
    assert "<title>Failed: seat-rush, Event Ticketing Platform</title>" in text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, ["None was asked for with --slo. Without a word: oversold=0, double-locked=0, leaked=0, stolen=0, lost-update=0."]),
        ({"verdicts": {}}, ["None was asked for with --slo."]),
        ({"slos": ["oversold<=3"]}, ["Also, without a word: double-locked=0, leaked=0, stolen=0, lost-update=0.", "met"]),
        ({"verdicts": {"stolen": unjudged("nobody says whose they are")}}, ["Not judged: nobody says whose they are", "Stolen was not judged: nobody"]),
        ({"verdicts": {"stolen": unjudged("")}}, ["Not judged: no reason is given"]),
        ({"verdicts": {"leaked": judged(2)}, "slos": ["leaked<=3"]}, ["accepted"]),
        ({"run": run(ended="interrupted")}, ["Ended", "interrupted"]),
        ({"run": run(model="open", rate=50.0)}, ["open, 50 arrivals a second"]),
        ({"own": True}, ["Its own mock: gateway"]),
        ({"warnings": ["the generator was the limit"]}, ["The generator was the limit"]),
        ({"failures": [{"step": "lock", "message": "no answer", "count": 1234}]}, ["Failures", "1,234", "no answer"]),
        ({"figures": [{"stock": "VIP", "total": 4, "before": 1, "expected": [1, 2], "after": 3, "available": None}]}, ["1 to 2", "not what was granted"]),
        ({"figures": [{"stock": "VIP", "total": 4, "before": 1, "expected": [3, 3], "after": 3, "available": 2}]}, ["requests and sockets differ"]),
    ],
)
def test_the_page_says_what_there_is_to_know(changed: dict[str, Any], says: list[str]) -> None:
    text = Read(page.render(result(**changed))).text
    assert [said for said in says if said not in text] == []


def test_a_chart_is_told_to_those_who_do_not_see_it() -> None:
    chart = charts.latencies(result())[0]
    root = ElementTree.fromstring(chart.svg)
    title, says = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert says is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {says.get('id')}"
    assert says.text == chart.says == "p99 is at most 42.9 ms, at 8 s; p50 is at most 3.90 ms."


def test_a_chart_is_the_same_twice() -> None:
    assert charts.latencies(full()) == charts.latencies(full())


def test_too_much_held_is_red_and_stands_first() -> None:
    found = charts.held(result(series={**result()["series"], "held": [held("fits"), held("over", over=7), held("none", 0)]}))
    assert [chart.title for chart in found] == ["over", "fits", "none"]
    assert [chart.says for chart in found] == ["At most 27 held of 20: 7 too many, at 10.1 s.", "At most 20 held of 20.", "At most 0 held of 0."]
    assert ["var(--bad)" in chart.svg for chart in found] == [True, False, False]


def series(**changed: Any) -> dict[str, Any]:
    return {**result()["series"], **changed}


def test_rare_steps_are_one_line() -> None:
    names = [f"step {number}" for number in range(9)]
    made = result(steps={name: step(900 - number) for number, name in enumerate(names)}, series=series(steps={name: over_time(2.0) for name in names}))
    chart = charts.throughput(made)
    assert chart is not None
    assert [key.name for key in chart.keys] == [*names[:5], "4 others"]
    assert len({(key.hue, key.dash) for key in chart.keys}) == len({key.dash for key in chart.keys}) == 6
    assert chart.says.endswith("; no failures.")


def test_failures_have_a_line() -> None:
    chart = charts.throughput(result())
    assert chart is not None
    assert chart.keys[-1].name == "failures"
    assert chart.says == "At most 410 a second of one step; 3 failures a second at most."


def test_users_are_drawn_where_they_are_known() -> None:
    assert charts.users(result()) is None
    chart = charts.users(result(series=series(users=list(range(SECONDS)))))
    assert chart is not None
    assert chart.says == "At most 23 users."


def test_nothing_measured_has_no_charts() -> None:
    empty = result(steps={}, series={"step_seconds": 1, "at": [], "steps": {}, "users": [], "held": []})
    assert charts.latencies(empty) == charts.held(empty) == []
    assert charts.throughput(empty) is charts.users(empty) is None
    assert "<svg" not in page.render(empty)


def lines(p50: list[float | None]) -> int:
    """How many lines and marks are drawn for a series of p50, where the others have none."""
    none: list[float | None] = [None] * len(p50)
    made = {"count": [1] * len(p50), "failures": [0] * len(p50), "p50": p50, "p95": none, "p99": [5.0, *none[1:]]}
    svg = charts.latencies(result(series=series(at=list(range(len(p50))), steps={"lock": made})))[0].svg
    return len(re.findall("<path[^>]*clip-path[^>]*stroke=.var\\(--line-3\\)|<use[^>]*stroke=.var\\(--line-3\\)", svg))


@pytest.mark.parametrize(
    ("p50", "drawn"),
    [
        ([3.0], 1),
        ([3.0, 4.0, 3.0], 1),
        ([3.0, 4.0, None, None, None, 3.0, 4.0], 2),
        ([3.0, 4.0, 3.0, None, None, None, 3.0], 2),
        ([3.0, None, 4.0, None, 3.0, None, 4.0], 1),
    ],
    ids=["one second is a mark", "a line", "a long silence is a gap", "a mark after a gap", "a rush every two seconds is no silence"],
)
def test_a_line_has_a_gap_where_nothing_was_measured_for_long(p50: list[float | None], drawn: int) -> None:
    assert lines(p50) == drawn


def test_times_far_apart_are_drawn_on_a_logarithmic_axis() -> None:
    wide = {**over_time(3.0, 2), "p50": [1.0, 1.0], "p95": [10.0, 10.0], "p99": [2000.0, 2000.0]}
    svg = charts.latencies(result(series=series(at=[0, 1], steps={"lock": wide})))[0].svg
    assert {"1 ms", "10 ms", "100 ms", "1 s"} <= set(re.findall(">([^<>]+)</text>", svg))


def test_a_long_run_makes_no_large_page() -> None:
    seconds = 7200
    long = series(at=list(range(seconds)), steps={"lock": over_time(3.0, seconds)}, users=[100] * seconds)
    text = page.render(result(series=long, verdicts={"oversold": judged(9)}))
    assert len(text) < 120_000
    assert "p99 is at most 42.9 ms" in text
