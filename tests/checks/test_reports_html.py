"""The report as a page: in Chromium, with a mouse, a keyboard and a screen reader's eyes, and without scripts."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract_tests.report import Report
from contract_tests.reports import html
from tests.checks.made import HOSTILE, exchange, finding, full, report
from tests.console.page import Page
from tests.html_page import Page as Read

SHOWN = "[...document.querySelectorAll('.finding:not([hidden]) .title')].map((item) => item.textContent)"
FOCUSED = "((item) => [item.name || item.id || item.tagName, getComputedStyle(item).outlineStyle])(document.activeElement)"
STATUS = "document.querySelector('#shown').textContent"


@pytest.fixture
def opened(browser: Page, tmp_path: Path) -> Callable[..., Page]:
    """Call with a report: its page."""

    def call(made: Report, place: str = "", **options: Any) -> Page:
        file = tmp_path / "report.html"
        file.write_text(html.render(made), encoding="utf-8")
        browser.do("open", file.as_uri() + place, options, "")
        return browser

    return call


@pytest.mark.parametrize("made", [report(), full()], ids=["clean", "full"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1280])
def test_axe_finds_nothing_and_nothing_sticks_out(opened: Callable[..., Page], made: Report, theme: str, width: int) -> None:
    page = opened(made, colorScheme=theme, viewport={"width": width, "height": 900})
    for folded in (True, False):
        page.evaluate(f"document.querySelectorAll('details').forEach((item) => (item.open = {str(not folded).lower()}))")
        assert page.do("axe") == []
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_first_finding_stands_open_with_how_to_see_it_again(opened: Callable[..., Page]) -> None:
    page = opened(full())
    assert page.evaluate("[...document.querySelectorAll('.finding')].map((item) => item.open)") == [True] + [False] * 8
    assert "curl -i -X POST http://localhost:3000/api/orders" in page.text(".finding")


@pytest.mark.parametrize(
    ("name", "value", "titles", "checks"),
    [
        ("severity", "warning", ["answers 200 where 201 is documented"], 1),
        ("state", "accepted", ["getUser breaks old.thing"], 0),
        ("operation", "payOrder", ["404 has no envelope"], 0),
        ("operation", "listOrders", ["limit is not obeyed", "total is not true"], 2),
        ("state", "crashed", [], 1),
    ],
)
def test_findings_and_checks_are_filtered(opened: Callable[..., Page], name: str, value: str, titles: list[str], checks: int) -> None:
    page = opened(full())
    page.choose(f"#filters select[name={name}]", value)
    assert page.evaluate(SHOWN) == titles
    assert page.evaluate(STATUS) == f"{len(titles)} of 9 findings, {checks} of 12 checks"
    page.press("Clear")
    page.until(f"{STATUS} === '9 of 9 findings, 12 of 12 checks'")


def test_text_is_searched_by_keyboard_alone(opened: Callable[..., Page]) -> None:
    page = opened(full())
    page.do("press", "/")
    assert page.evaluate("document.activeElement.name") == "text"
    for key in "ENVELOPE":
        page.do("press", key)
    assert page.evaluate(SHOWN) == ["404 has no envelope"]
    page.fill("#filters input", "nothing is like this")
    page.wait("#nothing")


def test_a_view_has_an_address(opened: Callable[..., Page]) -> None:
    page = opened(full(), "#operation=listOrders&text=limit")
    assert page.evaluate(SHOWN) == ["limit is not obeyed"]
    page.fill("#filters input", "total")
    page.until("location.hash === '#text=total&operation=listOrders'")


def test_the_tab_key_reaches_every_control_and_shows_where_it_is(opened: Callable[..., Page]) -> None:
    page = opened(full())
    reached = set()
    for _ in range(60):
        page.do("press", "Tab")
        name, outline = page.evaluate(FOCUSED)
        assert name == "BODY" or outline != "none", name
        reached.add(name)
    assert {"theme", "text", "severity", "class", "state", "operation", "SUMMARY", "PRE", "BUTTON"} <= reached


def test_scripts_are_copied(opened: Callable[..., Page]) -> None:
    page = opened(report(finding()))
    page.press("Copy the command")
    page.wait("button:has-text('Copied')")
    assert (
        page.evaluate("navigator.clipboard.readText()") == "understudy check eventplatform --url gateway=http://localhost:3000 --only orders.total:createOrder"
    )


def test_the_theme_is_the_systems_until_another_is_chosen(opened: Callable[..., Page]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    page = opened(full(), colorScheme="dark")
    dark = page.evaluate(ground)
    page.click("#theme")
    assert page.evaluate(ground) == "rgb(255, 255, 255)" != dark


def test_without_scripts_everything_can_be_read(opened: Callable[..., Page]) -> None:
    page = opened(full(), javaScriptEnabled=False)
    page.click(".finding:nth-of-type(2) summary")
    assert "lock-tickets {}" in page.text(".finding:nth-of-type(2)")
    assert page.do("count", "button:visible") == 0


def test_what_a_target_says_stays_text(opened: Callable[..., Page]) -> None:
    page = opened(report(finding(title=HOSTILE, seen=HOSTILE, evidence=(exchange(content=HOSTILE.encode("utf-8", "replace")),))))
    assert page.do("count", "img") == 0
    assert "onerror=alert(1)" in page.text(".finding")


def test_the_page_names_nothing_to_fetch() -> None:
    read = Read(html.render(full()))
    assert read.all("src") == []
    assert read.all("href") == ["data:,"]
    assert "url(" not in html.render(full())


def test_the_page_forbids_itself_what_it_does_not_need() -> None:
    policy = next(attributes["content"] for tag, attributes in Read(html.render(report())).elements if tag == "meta" and "http-equiv" in attributes)
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; img-src data:; base-uri 'none'; form-action 'none'", policy)


def test_large_bodies_do_not_make_large_pages() -> None:
    large = finding(seen="x" * 1_000_000, title="t" * 1_000_000, evidence=(exchange(content=b"y" * 1_000_000, body=b"z" * 1_000_000),))
    assert len(html.render(report(large))) < 60_000
