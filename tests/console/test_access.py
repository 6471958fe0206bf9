"""Who can use the console: with a keyboard, with a screen reader, in light and dark, on a narrow screen, without scripts, with a token."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_server.console.view import TABS
from tests.clients.node import SocketIO
from tests.console.backend import Backend
from tests.console.page import LINE, Page
from tests.mock_process import serving

THEMES = ["light", "dark"]


def furnish(backend: Backend, connect: Callable[[int], SocketIO]) -> None:
    """Something of everything."""
    socket = connect(1)
    socket.emit("join-event-room", {"eventId": 1})
    socket.emit("lock-tickets", {"eventId": 1, "categoryId": "x"})
    socket.wait("joined-event-room")
    backend.admin("POST", "/faults", {"kind": "latency", "ms": 1, "ttl": "5m", "match": {"operation": "listEvents"}})
    backend.admin("POST", "/snapshots/before")
    backend.admin("POST", "/worlds", {"name": "second"})
    for method, path in (("GET", "/api/events"), ("GET", "/api/nothing"), ("POST", "/api/orders"), ("PUT", "/api/events/1"), ("DELETE", "/api/events/1")):
        backend.get(path) if method == "GET" else backend.post(path, {"eventId": "x"})


def serious(page: Page) -> list[Any]:
    return [item for item in page.do("axe") if item["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_on_any_tab(page: Page, backend: Backend, connect: Callable[[int], SocketIO], theme: str) -> None:
    furnish(backend, connect)
    page.open(backend.ui, colorScheme=theme, reducedMotion="reduce")
    for tab in TABS:
        page.tab(tab)
        page.evaluate("new Promise((done) => setTimeout(done, 400))")
        assert {tab: serious(page)} == {tab: []}


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_in_what_opens(page: Page, backend: Backend, connect: Callable[[int], SocketIO], theme: str) -> None:
    furnish(backend, connect)
    page.open(backend.ui, colorScheme=theme, reducedMotion="reduce")
    page.expect("400 (Bad Request)")
    page.click(f"{LINE}:has-text('/api/orders')")
    page.wait("#detail .stages")
    page.evaluate("document.querySelectorAll('#detail details').forEach((item) => (item.open = true))")
    assert serious(page) == []
    page.click(f"{LINE}:has-text('joined-event-room')")
    page.wait("#detail:has-text('Recipients')")
    assert serious(page) == []
    page.do("goto", f"{backend.ui}#state/orders/2")
    page.wait("#row textarea")
    page.fill("#row textarea", page.value("#row textarea").replace('"status": "', '"status": "no'))
    page.press("Save")
    page.wait("#row .notes p")
    assert serious(page) == []
    page.tab("faults")
    page.choose("#fault-kind", "status")
    page.press("Declare the fault")
    page.wait("#fault .wrong:has-text('required')")
    assert serious(page) == []
    page.tab("routes")
    page.evaluate("document.querySelectorAll('#routes details').forEach((item) => (item.open = true))")
    assert serious(page) == []
    page.press("Reset world")
    page.wait("#ask")
    assert serious(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_an_empty_log_and_a_filter_without_a_match_are_clean_too(page: Page, backend: Backend, theme: str) -> None:
    page.open(backend.ui, colorScheme=theme)
    assert serious(page) == []


def test_the_arrows_move_through_the_tabs(console: Page) -> None:
    console.evaluate("document.querySelector('#tab-log').focus()")
    names = list(TABS)
    for key, name in (
        ("ArrowRight", names[1]),
        ("ArrowRight", names[2]),
        ("ArrowLeft", names[1]),
        ("End", names[-1]),
        ("ArrowRight", names[0]),
        ("ArrowLeft", names[-1]),
        ("Home", names[0]),
    ):
        console.do("press", key)
        console.wait(f"#tab-{name}[aria-selected=true]")
        assert console.evaluate("document.activeElement.id") == f"tab-{name}"
        assert console.evaluate("[...document.querySelectorAll('[role=tabpanel]:not([hidden])')].map((item) => item.id)") == [name]
    assert console.evaluate("[...document.querySelectorAll('[role=tab]')].map((item) => item.tabIndex)") == [0] + [-1] * (len(names) - 1)


def test_the_tab_key_reaches_every_control_of_a_tab_and_shows_where_it_is(console: Page) -> None:
    console.tab("faults")
    reached = set()
    console.evaluate("document.body.focus()")
    rounds = 0
    while rounds < 2:
        console.do("press", "Tab")
        if console.evaluate("document.activeElement === document.body"):
            rounds += 1
            continue
        label, outline = console.evaluate(
            "[document.activeElement.id || document.activeElement.textContent.slice(0, 7), getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.add(label)
        assert outline != "none", label
    assert {"world", "freeze", "by", "reset", "tab-faults", "preset-for", "Offline", "fault-kind"} <= reached


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("#routes", "#routes-filter"),
        ("#state/orders/3", "#row h3:has-text('orders / 3')"),
        ("#nonsense", "#filters"),
        ("", "#filters"),
        ("#%E0%A4", "#filters"),
    ],
)
def test_every_place_has_an_address(page: Page, backend: Backend, place: str, shown: str) -> None:
    page.open(f"{backend.ui}{place}")
    page.wait(shown)


def test_back_goes_to_where_one_was(console: Page) -> None:
    console.tab("state")
    console.tab("routes")
    console.evaluate("history.back()")
    console.wait("#tab-state[aria-selected=true]")


GROUND = "getComputedStyle(document.body).backgroundColor"


def test_the_theme_is_the_systems_until_another_is_chosen_which_is_remembered(page: Page, backend: Backend) -> None:
    page.open(backend.ui, colorScheme="dark")
    dark = page.evaluate(GROUND)
    page.click("#theme")
    light = page.evaluate(GROUND)
    assert light == "rgb(255, 255, 255)" != dark
    page.do("reload")
    page.ready()
    assert page.evaluate(GROUND) == light
    assert page.text("#theme") == "Theme: light"
    page.click("#theme")
    page.click("#theme")
    assert page.text("#theme") == "Theme: auto"
    assert page.evaluate(GROUND) == dark


PLACES = "section:not([hidden]) :is(.columns, .cards, .page)"
WIDER = f"[...document.querySelectorAll('{PLACES}')].filter((item) => item.scrollWidth > item.clientWidth).map((item) => item.className)"


@pytest.mark.parametrize("width", [500, 900, 1280, 1920])
def test_nothing_sticks_out(page: Page, backend: Backend, connect: Callable[[int], SocketIO], width: int) -> None:
    furnish(backend, connect)
    page.open(backend.ui, viewport={"width": width, "height": 800})
    for tab in TABS:
        page.tab(tab)
        page.evaluate("new Promise((done) => setTimeout(done, 200))")
        assert {tab: page.evaluate("document.documentElement.scrollWidth")} == {tab: width}
        assert {tab: page.evaluate(WIDER)} == {tab: []}


def test_without_scripts_everything_can_be_read(page: Page, backend: Backend) -> None:
    backend.get("/api/events/7")
    page.do("open", backend.ui, {"javaScriptEnabled": False}, "")
    for tab in TABS:
        page.wait(f"#{tab}")
    assert "/api/events/7" in page.text("#lines")
    assert page.do("count", "button:visible") == 0


def test_accounts_are_copied(console: Page) -> None:
    console.tab("accounts")
    console.press("Copy the password of user@example.com")
    console.said("Copied.")
    assert console.evaluate("navigator.clipboard.readText()") == "password123"
    console.press("Copy all lines of the .env")
    console.until("navigator.clipboard.readText().then((text) => text.startsWith('API_GATEWAY_PORT='))")


def test_routes_are_searched_and_lead_into_the_docs(console: Page, backend: Backend) -> None:
    console.tab("routes")
    console.fill("#routes-filter", "orders cancel")
    assert console.do("count", ".route:visible") == 1
    console.click(".route:visible summary")
    assert {"200", "404", "409"} <= set(console.texts(".route:visible tbody td:first-child"))
    assert console.attribute(".route:visible a", "href") == f"{backend.url}/docs#/orders/cancelOrder"


def test_a_mock_for_other_machines_asks_for_its_token(page: Page, tmp_path: Path) -> None:
    with serving("eventplatform", "--admin-token", "open-sesame", folder=tmp_path) as mock:
        ui = f"{mock.url('gateway')}/__admin/ui"
        page.expect("401 (Unauthorized)")
        assert page.do("open", ui, {}, "") == 401
        assert serious(page) == []
        page.fill("#token", "guess")
        page.press("Open the console")
        page.wait("#wrong")
        page.fill("#token", "open-sesame")
        page.press("Open the console")
        page.ready()
        assert page.address == ui
        assert page.evaluate("document.cookie") == ""
        page.press("Freeze")
        page.wait("#now[data-frozen=true]")
        page.leave()


def test_all_services_of_one_port_have_their_console(page: Page, tmp_path: Path) -> None:
    with serving("eventplatform", "--single-port", "0", folder=tmp_path) as mock:
        page.open(f"{mock.url('realtime')}/__admin/ui#faults")
        page.click("#presets button:has-text('429')")
        page.said("429 is in force.")
        assert Backend(mock.url("gateway"), "").get("/api/events") == 429
        page.tab("log")
        page.wait(f"{LINE}:has-text('/eventplatform/gateway/api/events')")
        page.leave()
