"""The log in the console: live, with why, to be filtered, quick with ten thousand lines."""

from collections.abc import Callable
from pathlib import Path

from tests.clients.node import SocketIO
from tests.console.backend import Backend
from tests.console.page import LINE, Page
from tests.mock_process import serving

STATUS = f"{LINE} .status"


def test_a_request_appears_as_it_comes(console: Page, backend: Backend) -> None:
    assert console.text("#nothing").startswith("Nothing yet")
    backend.get("/api/events?x=1")
    console.wait(f"{LINE}:has-text('/api/events?x=1')")
    assert console.texts(f"{LINE} .method") == ["GET"]
    assert console.texts(STATUS) == ["200"]
    assert console.texts(f"{LINE} .why") == ["declared: list of events"]


def test_the_newest_is_first(console: Page, backend: Backend) -> None:
    for number in (1, 2, 3):
        backend.get(f"/api/events/{number}")
    console.wait(f"{LINE}:has-text('/api/events/3')")
    assert console.texts(f"{LINE} .what") == ["/api/events/3", "/api/events/2", "/api/events/1"]


def test_a_line_tells_why_it_was_answered_so(console: Page, backend: Backend) -> None:
    backend.post("/api/orders", {"eventId": "one", "quantity": -2}, authorization=backend.sign_in())
    console.click(f"{LINE}:has-text('/api/orders')")
    console.wait("#detail .stages")
    assert console.text("#detail .stages .here") == "validate"
    assert console.texts("#detail .stages .passed") == ["route", "throttle", "authenticate"]
    assert console.text("#detail strong") == "required: categoryId is required"
    found = console.texts("#detail .wide tbody tr")
    assert any("/body/quantity" in row and "minimum" in row for row in found)
    facts = dict(zip(console.texts("#detail .facts:not(.headers) dt"), console.texts("#detail .facts:not(.headers) dd"), strict=True))
    assert facts["Operation"] == "createOrder"
    assert facts["Document"].startswith("eventplatform/gateway.openapi.yaml:")
    assert facts["User"] == "user@example.com"
    assert '"quantity": -2' in console.text("[aria-label='Body of the request']")
    assert '"statusCode": 400' in console.text("[aria-label='Body of the response']")
    assert console.text("[aria-label=curl] pre").startswith("curl -X POST http://localhost")


def test_the_curl_command_is_copied(console: Page, backend: Backend) -> None:
    backend.get("/api/events/7")
    console.click(LINE)
    console.press("Copy the curl command")
    console.said("Copied.")
    assert console.evaluate("navigator.clipboard.readText()").startswith("curl -X GET http://localhost")


def test_this_can_be_made_to_fail_and_to_be_late(console: Page, backend: Backend) -> None:
    backend.get("/api/events/7")
    console.click(LINE)
    console.press("Make this fail")
    console.said("getEvent now answers 500.")
    assert backend.get("/api/events/7") == 500
    assert backend.get("/api/events") == 200
    console.press("Delay this")
    console.said("getEvent now takes 3 seconds more.")
    assert [fault["kind"] for fault in backend.admin("GET", "/faults")] == ["status", "latency"]
    console.wait(f"{LINE} .tag.fault")


def test_a_documented_answer_can_be_had_always_or_by_prefer(console: Page, backend: Backend) -> None:
    backend.get("/api/events/7")
    console.click(LINE)
    console.choose("#detail select", "404")
    console.press("Copy as Prefer")
    console.said("Copied.")
    preferred = console.evaluate("navigator.clipboard.readText()")
    assert preferred == "Prefer: code=404"
    assert backend.get("/api/events/7", prefer=preferred.removeprefix("Prefer: ")) == 404
    console.press("Always answer so")
    console.said("getEvent now answers 404.")
    assert backend.get("/api/events/7") == 404


def test_frames_show_message_room_recipients_and_payload(console: Page, backend: Backend, connect: Callable[[int], SocketIO]) -> None:
    first, second = connect(1), connect(3)
    for socket in (first, second):
        socket.emit("join-event-room", {"eventId": 1})
        socket.wait("joined-event-room")
    first.emit("lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 2})
    console.click(f"{LINE}:has-text('availability-update to event:1')")
    console.wait("#detail .facts")
    facts = dict(zip(console.texts("#detail dt"), console.texts("#detail dd"), strict=True))
    assert (facts["Room"], facts["Recipients"]) == ("event:1", "2")
    assert '"eventId": 1' in console.text("[aria-label=Payload]")
    assert console.text("#detail h3").startswith("← out")
    assert console.texts(f"{LINE}:has-text('→ in'):has-text('lock-tickets') .who") == ["user@example.com"]


def test_the_filter_leaves_what_fits(console: Page, backend: Backend) -> None:
    token = backend.sign_in()
    for path in ("/api/events/1", "/api/nothing", "/api/events/2?q=needle"):
        backend.get(path)
    backend.get("/api/orders", authorization=token)
    console.wait(f"{LINE}:has-text('/api/orders')")
    console.fill("#filters [name=text]", "EVENTS needle")
    assert console.texts(f"{LINE} .what") == ["/api/events/2?q=needle"]
    console.fill("#filters [name=text]", "")
    console.choose("#filters [name=status]", "4")
    assert console.texts(f"{LINE} .what") == ["/api/nothing"]
    console.choose("#filters [name=status]", "")
    console.choose("#filters [name=operation]", "getEvent")
    assert console.text("#shown") == "2 of 5 lines"
    console.choose("#filters [name=operation]", "")
    console.choose("#filters [name=user]", "user@example.com")
    assert console.texts(f"{LINE} .what") == ["/api/orders", "/api/auth/login"]
    console.choose("#filters [name=method]", "POST")
    assert console.texts(f"{LINE} .what") == ["/api/auth/login"]
    console.choose("#filters [name=kind]", "frame")
    assert console.text("#nothing") == "No line fits this filter."


def test_violations_and_faults_can_be_had_alone(console: Page, backend: Backend) -> None:
    backend.admin("POST", "/faults", {"kind": "latency", "ms": 1, "match": {"operation": "listEvents"}})
    for path in ("/api/events", "/api/events/1", "/api/orders"):
        backend.get(path)
    console.wait(f"{LINE}:has-text('/api/orders')")
    console.do("check", "#filters [name=faults]")
    assert console.texts(f"{LINE} .what") == ["/api/events"]
    console.evaluate("document.querySelector('#filters [name=faults]').click()")
    console.do("check", "#filters [name=violations]")
    assert console.texts(f"{LINE} .what") == ["/api/orders"]


def test_a_paused_log_stands_still_and_tells_how_much_it_missed(console: Page, backend: Backend) -> None:
    backend.get("/api/events/1")
    console.wait(LINE)
    console.press("Pause")
    backend.get("/api/events/2")
    console.wait("role=button[name='Resume (1 new)']")
    assert console.texts(f"{LINE} .what") == ["/api/events/1"]
    console.press("Resume (1 new)")
    assert console.texts(f"{LINE} .what") == ["/api/events/2", "/api/events/1"]


def test_the_log_is_cleared_after_a_question(console: Page, backend: Backend) -> None:
    backend.get("/api/events/1")
    console.wait(LINE)
    console.press("Clear")
    console.click("#ask button[value=no]")
    assert console.texts(f"{LINE} .what") == ["/api/events/1"]
    console.press("Clear")
    console.click("#ask-yes")
    console.wait("#nothing")
    assert backend.admin("GET", "/requests")["total"] == 0


OBSERVE = "window.long = []; new PerformanceObserver((list) => list.getEntries().forEach((item) => long.push(item.duration))).observe({ type: 'longtask' })"
MANY = 10_000
TYPED = """(() => {
  const box = document.querySelector('#filters [name=text]');
  box.value = 'n=777'; box.dispatchEvent(new Event('input', { bubbles: true }));
  return [document.querySelector('#shown').textContent, document.querySelectorAll('#lines [role=option]').length];
})()"""


def test_ten_thousand_lines_are_few_elements_and_no_long_task(page: Page, backend: Backend, fill_log: Callable[[int], None]) -> None:
    """No test is timed, but a task so long that a browser itself calls it long (50 ms) must stay below a fifth of a second."""
    fill_log(MANY)
    page.open(backend.ui, OBSERVE)
    page.until(f"document.querySelector('#shown').textContent === '{MANY} lines'")
    assert page.evaluate("document.querySelectorAll('#lines *').length") < 1000
    assert page.attribute(LINE, "aria-setsize") == str(MANY)
    page.evaluate("document.querySelector('#lines').scrollTop = 1e9")
    page.wait(f"{LINE}[aria-posinset='{MANY}']")
    assert page.evaluate(TYPED) == [f"11 of {MANY} lines", 11]
    page.fill("#filters [name=text]", "")
    page.evaluate("document.querySelector('#lines').scrollTop = 0")
    backend.get("/api/events/1?fresh")
    page.wait(f"{LINE}:has-text('fresh')")
    assert [length for length in page.evaluate("long") if length > 200] == []


def test_lines_stay_where_they_are_in_sight_when_others_come(page: Page, backend: Backend, fill_log: Callable[[int], None]) -> None:
    fill_log(200)
    page.open(backend.ui)
    page.until("document.querySelector('#shown').textContent === '200 lines'")
    page.evaluate("document.querySelector('#lines').scrollTop = 26 * 100")
    page.wait(f"{LINE}[aria-posinset='100']")
    before = page.text(f"{LINE}[aria-posinset='105'] .what")
    backend.get("/api/events/1?fresh")
    page.until("document.querySelector('#shown').textContent === '201 lines'")
    assert page.text(f"{LINE}[aria-posinset='106'] .what") == before
    assert page.evaluate("document.querySelector('#lines').scrollTop") == 26 * 101


def test_the_arrows_move_through_the_lines(console: Page, backend: Backend) -> None:
    for number in (1, 2, 3):
        backend.get(f"/api/events/{number}")
    console.wait(f"{LINE}:has-text('/api/events/3')")
    console.evaluate("document.querySelector('#lines').focus()")
    for key, path in (("ArrowDown", 3), ("ArrowDown", 2), ("End", 1), ("ArrowUp", 2), ("Home", 3)):
        console.do("press", key)
        console.wait(f"{LINE}[aria-selected=true]:has-text('/api/events/{path}')")
    console.wait("#detail:has-text('/api/events/3')")
    console.do("press", "Enter")
    assert console.evaluate("document.activeElement.id") == "detail"
    number = console.attribute(f"{LINE}[aria-selected=true]", "data-id")
    assert console.address.endswith(f"#log/{number}")


def test_a_link_leads_to_a_line(page: Page, backend: Backend) -> None:
    backend.get("/api/events/9")
    number = backend.admin("GET", "/requests")["requests"][-1]["id"]
    page.open(f"{backend.ui}#log/{number}")
    page.wait("#detail:has-text('/api/events/9')")
    assert page.attribute(f"{LINE}[data-id='{number}']", "aria-selected") == "true"


def test_a_mock_that_comes_back_is_listened_to_again(page: Page, tmp_path: Path) -> None:
    with serving("eventplatform", folder=tmp_path) as mock:
        backend = Backend(mock.url("gateway"), mock.url("realtime"))
        page.open(backend.ui)
        backend.get("/api/events/1")
        backend.get("/api/events/2")
        page.wait(f"{LINE}:has-text('/api/events/2')")
    page.expect("Failed to load resource", "ERR_")
    page.wait("#live[data-state=lost]")
    with serving("eventplatform", "--port", backend.url.rpartition(":")[2], folder=tmp_path):
        page.wait("#live[data-state=on]")
        backend.get("/api/events/3")
        page.until("document.querySelectorAll('#lines [role=option]').length === 1")
        assert page.texts(f"{LINE} .what") == ["/api/events/3"]
