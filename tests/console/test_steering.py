"""What the console does to a mock: sockets, faults, clock, scenarios, snapshots and worlds."""

import json
from collections.abc import Callable

from tests.clients.node import SocketIO
from tests.console.backend import Backend
from tests.console.page import LINE, Page

SOCKETS = "#socket-list tbody tr"
LOCK = {"eventId": 1, "categoryId": 1, "quantity": 2}


def test_open_sockets_are_there_with_user_and_rooms(console: Page, connect: Callable[[int], SocketIO]) -> None:
    console.tab("sockets")
    console.wait("#socket-list .empty")
    socket = connect(1)
    console.wait(f"{SOCKETS}:has-text('user@example.com')")
    socket.emit("join-event-room", {"eventId": 1})
    console.wait("#room-list td:has-text('event:1')")
    assert console.text("[data-count=sockets]") == "1"


def test_a_kicked_socket_is_closed(console: Page, connect: Callable[[int], SocketIO]) -> None:
    console.tab("sockets")
    first, _second = connect(1), connect(3)
    console.click(f"{SOCKETS}:has-text('user@example.com') button:has-text('Kick')")
    console.said("Kicked user@example.com.")
    assert first.wait("disconnect") == "io server disconnect"
    console.until("document.querySelectorAll('#socket-list tbody tr').length === 1")
    assert "second@example.com" in console.text(SOCKETS)


def test_the_documents_example_is_emitted_to_a_room(console: Page, connect: Callable[[int], SocketIO]) -> None:
    inside, outside = connect(1), connect(3)
    inside.emit("join-event-room", {"eventId": 1})
    inside.wait("joined-event-room")
    console.tab("sockets")
    console.press("Emit to room event:1")
    console.choose("#emit-message", "availability-update")
    payload = json.loads(console.value("#emit textarea"))
    console.press("Emit")
    console.said("availability-update: sent to 1 socket.")
    assert inside.wait("availability-update") == payload
    assert "availability-update" not in [met.event for met in outside.rest()]


def test_a_payload_against_its_schema_is_not_sent(console: Page, connect: Callable[[int], SocketIO]) -> None:
    connect(1)
    console.tab("sockets")
    console.choose("#emit-message", "availability-update")
    console.expect("400 (Bad Request)")
    console.fill("#emit textarea", json.dumps({**json.loads(console.value("#emit textarea")), "availableTickets": "few"}, indent=2))
    console.press("Emit")
    console.wait("#emit .wrong li:has-text('availableTickets must be an integer')")


def test_a_message_is_made_of_a_row_and_goes_where_its_document_says(console: Page, connect: Callable[[int], SocketIO]) -> None:
    inside, _outside = connect(1), connect(3)
    inside.emit("join-event-room", {"eventId": 1})
    inside.wait("joined-event-room")
    console.tab("sockets")
    console.choose("#emit-message", "availability-update")
    console.fill("#emit-row", "1")
    assert console.texts("#emit-to option")[0] == "whom its document says"
    console.press("Emit")
    console.said("availability-update: sent to 1 socket.")
    assert inside.wait("availability-update")["categoryId"] == 1


def test_a_sent_frame_is_sent_again(console: Page, connect: Callable[[int], SocketIO]) -> None:
    socket = connect(1)
    socket.emit("join-event-room", {"eventId": 1})
    socket.emit("lock-tickets", LOCK)
    first = socket.wait("availability-update")
    console.click(f"{LINE}:has-text('availability-update')")
    console.press("Send again…")
    console.wait("#emit")
    console.press("Emit")
    assert socket.wait("availability-update") == first


def test_a_preset_hits_real_requests_until_it_is_removed(console: Page, backend: Backend) -> None:
    console.tab("faults")
    console.click("#presets button:has-text('429')")
    console.said("429 is in force.")
    assert backend.get("/api/events") == 429
    console.wait("#fault-list td.number:text-is('1')")
    assert console.attribute("[data-count=faults]", "class") == "count alarm"
    console.press("Remove fault too-many")
    console.wait("#fault-list .empty")
    assert backend.get("/api/events") == 200


def test_a_preset_may_be_for_one_operation_and_a_while(console: Page, backend: Backend) -> None:
    console.tab("faults")
    console.wait("#preset-for option[value=listEvents]", "attached")
    console.choose("#preset-for", "listEvents")
    console.choose("#preset-ttl", "5m")
    assert console.evaluate("document.querySelector('#presets [data-frames]').disabled") is True
    console.click("#presets button:has-text('429')")
    console.said("429 is in force.")
    assert (backend.get("/api/events"), backend.get("/api/events/1")) == (429, 200)
    assert console.text("#fault-list tbody tr time").startswith(("4 min", "5 min"))
    console.click("[data-advance='300']")
    console.wait("#fault-list .empty")
    assert backend.get("/api/events") == 200


def test_a_fault_of_ones_own_has_the_fields_of_its_kind(console: Page, backend: Backend) -> None:
    console.tab("faults")
    console.choose("#fault-kind", "latency")
    assert console.do("count", "#fault [data-field=status]:visible") == 0
    console.choose("#fault-kind", "status")
    assert console.do("count", "#fault [data-field=ms]:visible") == 0
    console.fill("#fault-status-status", "418")
    console.fill("#fault-status-match-operation", "getEvent")
    console.fill("#fault-status-times", "1")
    console.press("Declare the fault")
    console.said("is in force.")
    assert [backend.get("/api/events/1") for _ in range(2)] == [418, 200]


def test_a_wrong_fault_is_refused_beside_its_field(console: Page, backend: Backend) -> None:
    console.tab("faults")
    console.expect("400 (Bad Request)")
    console.choose("#fault-kind", "status")
    console.fill("#fault-status-status", "200")
    console.press("Declare the fault")
    console.wait("#fault-status-status-wrong:has-text('at least 400')")
    assert console.evaluate("document.activeElement.id") == "fault-status-status"
    assert backend.admin("GET", "/faults") == []


def test_all_faults_are_removed_at_once(console: Page, backend: Backend) -> None:
    console.tab("faults")
    for name in ("Slow", "Lost frames"):
        console.click(f"#presets button:has-text('{name}')")
        console.said(f"{name} is in force.")
    console.press("Remove all")
    console.said("Removed 2 faults.")
    assert backend.admin("GET", "/faults") == []


def test_advancing_the_clock_ends_a_lock(console: Page, connect: Callable[[int], SocketIO], backend: Backend) -> None:
    socket = connect(1)
    socket.emit("join-event-room", {"eventId": 1})
    socket.emit("lock-tickets", LOCK)
    before = socket.wait("availability-update")
    assert before["lockedTickets"] == 2
    console.fill("#by", "5m 1s")
    console.press("Advance")
    console.said("The clock was advanced by 301 s.")
    assert socket.wait("availability-update")["lockedTickets"] == 0
    assert backend.admin("GET", "/state")["holds"] == 0


def test_the_clock_is_frozen_and_runs_again(console: Page, backend: Backend) -> None:
    console.press("Freeze")
    console.wait("#now[data-frozen=true]")
    assert backend.admin("GET", "/clock")["frozen"] is True
    assert console.text("#now").endswith("frozen")
    console.press("+1 h")
    console.said("The clock was advanced by 1 h.")
    frozen = backend.admin("GET", "/clock")["now"]
    console.until(f"document.querySelector('#now').dateTime === {json.dumps(frozen)}")
    console.press("Real time")
    console.wait("#now[data-frozen=false]")
    assert backend.admin("GET", "/clock")["now"] < frozen


def test_a_length_that_is_none_is_said(console: Page) -> None:
    console.fill("#by", "soon")
    console.press("Advance")
    console.said('"soon" is no length of time.')


def test_what_moves_the_clock_elsewhere_shows_here(console: Page, backend: Backend) -> None:
    backend.admin("PUT", "/clock", {"now": "2030-01-02T03:04:05Z", "frozen": True})
    console.until("document.querySelector('#now').textContent === '2030-01-02 03:04:05 frozen'")


def test_a_scenario_is_brought_about(console: Page, backend: Backend) -> None:
    console.tab("scenarios")
    assert len(console.texts(".scenario h3")) == len(backend.admin("GET", "/scenarios")) > 1
    console.click("[data-scenario='maintenance'] button")
    console.said("fault declared.")
    assert backend.get("/api/events") == 503
    console.wait("[data-count=faults]:text-is('1')")


def test_a_scenario_takes_what_is_given(console: Page, backend: Backend) -> None:
    console.tab("scenarios")
    form = "[data-scenario='sold-out-event']"
    console.fill(f"{form} [data-given=event]", "2")
    console.click(f"{form} button")
    console.wait(f"{form} output:has-text('changed')")
    assert backend.seats(2) == 0 < backend.seats(1)


def test_a_snapshot_brings_a_world_back_and_travels_as_a_file(console: Page, backend: Backend) -> None:
    console.tab("worlds")
    console.fill("#snapshot-name", "before")
    console.press("Save")
    console.said("Saved before.")
    backend.admin("PATCH", "/state/events/1", {"eventName": "After"})
    console.press("Restore before")
    console.said("default is as in before.")
    assert backend.admin("GET", "/state/events/1")["eventName"] != "After"
    file = console.do("download", "role=link[name='Download before']")
    assert file["name"] == "before.json"
    console.press("Delete before")
    console.wait("#snapshot-list .empty")
    altered = json.loads(file["text"])
    next(row for row in altered["snapshots"][0]["rows"]["events"] if row["idEvent"] == 1)["eventName"] = "From a file"
    console.do("upload", "#snapshot-file", "mine.json", json.dumps(altered))
    console.press("Restore mine")
    console.said("default is as in mine.")
    assert backend.admin("GET", "/state/events/1")["eventName"] == "From a file"


def test_a_file_that_is_no_snapshot_is_refused(console: Page) -> None:
    console.tab("worlds")
    console.expect("400 (Bad Request)")
    console.do("upload", "#snapshot-file", "notes.json", "{ no")
    console.said("notes.json is no JSON")
    console.do("upload", "#snapshot-file", "notes.json", "{}")
    console.said("'understudy' is required")


def test_worlds_are_made_opened_kept_apart_and_deleted(console: Page, backend: Backend) -> None:
    console.tab("worlds")
    console.fill("#world-name", "second")
    console.press("Create")
    console.said("Created second.")
    console.click("role=link[name='Open world second']")
    console.ready()
    assert console.address.partition("#")[0].endswith("?understudy_world=second")
    assert console.value("#world") == "second"
    backend.get("/api/events/1")
    backend.get("/api/events/2", x_understudy_world="second")
    console.tab("log")
    console.wait(LINE)
    assert console.texts(f"{LINE} .what") == ["/api/events/2"]
    console.tab("faults")
    console.click("#presets button:has-text('429')")
    console.said("429 is in force.")
    assert (backend.get("/api/events"), backend.get("/api/events", x_understudy_world="second")) == (200, 429)
    console.tab("worlds")
    console.press("Delete world second")
    console.click("#ask-yes")
    console.until("document.documentElement.dataset.world === 'default'")
    console.ready()
    assert [item["name"] for item in backend.admin("GET", "/worlds")] == ["default"]


def test_the_selector_goes_to_another_world(page: Page, backend: Backend) -> None:
    backend.admin("POST", "/worlds", {"name": "third"})
    page.open(f"{backend.ui}#faults")
    page.wait("#world option[value=third]", "attached")
    page.choose("#world", "third")
    page.until("document.documentElement.dataset.world === 'third'")
    page.ready()
    assert page.address.endswith("?understudy_world=third#faults")


def test_the_address_counts_more_than_a_cookie_of_the_front_end(page: Page, backend: Backend) -> None:
    backend.admin("POST", "/worlds", {"name": "fourth"})
    page.open(backend.ui)
    page.do("cookie", {"name": "understudy_world", "value": "fourth", "url": backend.url})
    page.do("goto", f"{backend.ui}?understudy_world=default")
    page.ready()
    backend.get("/api/events/8")
    page.wait(f"{LINE}:has-text('/api/events/8')")
    page.do("goto", backend.ui)
    page.ready()
    assert page.value("#world") == "fourth"


def test_a_world_is_reset_after_a_question(console: Page, backend: Backend) -> None:
    backend.admin("PATCH", "/state/events/1", {"eventName": "Changed"})
    backend.get("/api/events")
    console.wait(LINE)
    console.press("Reset world")
    console.click("#ask-yes")
    console.said("default is as seeded.")
    console.wait("#nothing")
    assert backend.admin("GET", "/state/events/1")["eventName"] != "Changed"
