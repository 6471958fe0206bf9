"""The Python client against a mock in this process: each call does what it says, and the mock shows it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from understudy.contract.errors import UsageError
from understudy.testing import MockError, MockFactory, Understudy

from .front import Front

NOON = "2026-11-21T12:00:00Z"


@pytest.fixture
def mock(understudy_mock: MockFactory) -> Understudy:
    return understudy_mock("eventplatform")


def test_health_says_where_everything_is(mock: Understudy) -> None:
    health = mock.health()
    assert (health.status, health.backend, health.world) == ("ready", "eventplatform", "default")
    assert [service.name for service in health.services] == ["gateway", "realtime"]
    assert health.services[0].base == f"{mock.url}/api"
    assert health.accounts[0] == {"login": "user@example.com", "password": "password123", "role": "assistant", "note": None}
    assert list(mock.urls) == ["gateway", "realtime"]
    assert mock.urls["gateway"] == mock.url == mock.base


def test_the_clock_is_frozen_advanced_run_and_reset(mock: Understudy) -> None:
    frozen = mock.clock.freeze(NOON)
    assert (frozen.now, frozen.frozen) == (datetime(2026, 11, 21, 12, tzinfo=UTC), True)
    for duration in (90, "90s", "1.5", timedelta(minutes=5), "5m", "2h"):
        before = mock.clock.now
        after = mock.clock.advance(duration).now
        assert after - before == {90: timedelta(seconds=90), "90s": timedelta(seconds=90), "1.5": timedelta(seconds=1.5), "2h": timedelta(hours=2)}.get(
            duration if not isinstance(duration, timedelta) else "", timedelta(minutes=5)
        )
    assert mock.clock.run(60).rate == 60
    reset = mock.clock.reset()
    assert (reset.frozen, reset.rate) == (False, 1)
    assert abs(reset.now - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_datetime_is_an_instant(mock: Understudy) -> None:
    assert mock.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC)).now == datetime(2030, 1, 1, tzinfo=UTC)
    assert mock.reset(now=datetime(2031, 1, 1, tzinfo=UTC)).year == 2031


def test_what_is_no_duration_is_said(mock: Understudy) -> None:
    with pytest.raises(UsageError, match=r"^'five minutes' is no duration\. Valid: seconds such as 90, or 500ms, 90s, 5m, 2h, 1d\.$"):
        mock.clock.advance("five minutes")


def test_rows_are_made_read_changed_and_removed(mock: Understudy) -> None:
    events = mock.state("events")
    count = mock.state.counts()["events"]
    row = events.create(eventName="Late show", eventCategory="Music", eventDate=NOON, createdBy=2, isActive=True)
    key = row["idEvent"]
    assert events.get(key)["eventName"] == "Late show"
    assert events.update(key, eventName="Later show")["eventName"] == "Later show"
    assert Front(mock.url).call("GET", f"/events/{key}")[1]["eventName"] == "Later show"
    kept = {name: value for name, value in events.get(key).items() if name in ("eventCategory", "eventDate", "createdBy", "isActive")}
    assert events.replace(key, eventName="Other show", **kept)["eventName"] == "Other show"
    assert len(events.list()) == count + 1
    assert events.delete(key)["idEvent"] == key
    assert Front(mock.url).status(f"/events/{key}") == 404


def test_a_refusal_has_status_text_and_violations(mock: Understudy) -> None:
    with pytest.raises(MockError) as caught:
        mock.state("orders").update(1, quantity="many")
    error = caught.value
    assert (error.status, str(error)) == (400, error.text)
    assert [item["pointer"] for item in error.violations] == ["/body/quantity"]
    with pytest.raises(MockError, match=r"There is no collection 'ordrs'\. Did you mean 'orders'") as caught:
        mock.state("ordrs").list()
    assert caught.value.status == 404


def test_names_with_signs_and_spaces_stay_one_name(mock: Understudy) -> None:
    with pytest.raises(MockError, match=r"There is no a b\?c#d in orders"):
        mock.state("orders").get("a b?c#d")


def test_the_log_is_found_counted_waited_for_and_cleared(mock: Understudy) -> None:
    front = Front(mock.url).sign_in()
    front.order(quantity=2)
    front.status("/events/999")
    assert [str(line) for line in mock.requests.all()] == ["POST /api/auth/login 200", "POST /api/orders 201", "GET /api/events/999 404"]
    (line,) = mock.requests.find(operation="createOrder", body={"quantity": 2})
    assert (line.method, line.path, line.status, line.user) == ("POST", "/api/orders", 201, "user@example.com")
    assert line.request["body"]["quantity"] == 2
    assert line.response["body"]["status"] == "pending"
    assert (mock.requests.count(status=404), mock.requests.count(path="/api/*"), mock.requests.count(after=line.id)) == (1, 3, 1)
    assert [found.id for found in mock.requests.wait_for(1, operation="createOrder")] == [line.id]
    assert mock.requests.clear() == 3
    assert mock.requests.all() == []


def test_a_wait_in_vain_says_what_came_instead(mock: Understudy) -> None:
    Front(mock.url).status("/events/1")
    said = r"^0 of 2 lines that fit {'operation': 'createOrder'} after 0\.05 s\. The log of 1 lines ends with: GET /api/events/1 200\.$"
    with pytest.raises(TimeoutError, match=said):
        mock.requests.wait_for(2, timeout=0.05, operation="createOrder")


def test_a_fault_ends_with_its_block(mock: Understudy) -> None:
    front = Front(mock.url)
    with mock.faults.add("status", status=503, match={"operation": "listEvents"}) as fault:
        assert (front.status("/events"), front.status("/events/1")) == (503, 200)
        assert mock.faults.get(fault).hits == 1
    assert front.status("/events") == 200
    assert mock.faults.list() == []


def test_a_fault_that_is_gone_already_is_no_error(mock: Understudy) -> None:
    with mock.faults.add("latency", ms=1):
        mock.reset()
    with pytest.raises(ZeroDivisionError), mock.faults.add("latency", ms=1):
        raise ZeroDivisionError
    assert mock.faults.list() == []


def test_faults_are_listed_removed_and_cleared(mock: Understudy) -> None:
    mock.clock.freeze(NOON)
    slow = mock.faults.add("latency", id="slow", ms=1, ttl=timedelta(minutes=5), probability=0.5, times=3)
    assert (slow.until, slow.probability, slow.times, slow.whole["ms"]) == (datetime(2026, 11, 21, 12, 5, tzinfo=UTC), 0.5, 3, 1)
    mock.faults.add("kick", match={"message": "lock-tickets"})
    assert [fault.kind for fault in mock.faults.list()] == ["latency", "kick"]
    assert mock.faults.remove("slow").id == "slow"
    assert mock.faults.clear() == 1
    with pytest.raises(MockError, match=r"there is no operation 'listEvnts'\. Did you mean 'listEvents'"):
        mock.faults.add("status", status=503, match={"operation": "listEvnts"})


def test_scenarios_are_listed_and_applied(mock: Understudy) -> None:
    assert {"name": "sold-out-event", "given": {"event": 1}}.items() <= {
        "name": next(item for item in mock.scenarios.list() if item.name == "sold-out-event").name, "given": {"event": 1}
    }.items()  # fmt: skip
    done = mock.scenarios.apply("sold-out-event", event=5)
    assert done.rows > 0
    seats = Front(mock.url).call("GET", "/events/5/tickets")[1]
    assert [row["availableSeats"] for row in seats] == [0] * len(seats)


def test_snapshots_bring_back_and_travel_as_files(mock: Understudy) -> None:
    mock.snapshots.save("before")
    mock.state("orders").delete(1)
    mock.snapshots.restore("before")
    assert mock.state("orders").get(1)["id"] == 1
    file = json.loads(json.dumps(mock.snapshots.export("before")))
    assert mock.snapshots.delete("before").name == "before"
    imported = mock.snapshots.import_("after", file)
    assert (imported.snapshot.name, imported.unfit) == ("after", [])
    assert [item.name for item in mock.snapshots.list()] == ["after"]
    with pytest.raises(MockError, match="no member of a snapshot"):
        mock.snapshots.import_("bad", {**file, "snapshots": [{**file["snapshots"][0], "rowz": {}}]})


def test_a_message_is_pushed_and_nobody_hears_it(mock: Understudy) -> None:
    assert mock.sockets.list() == []
    given = {"eventId": 1, "categoryId": 1, "availableTickets": 1, "totalTickets": 2, "lockedTickets": 1, "timestamp": NOON}
    delivered = mock.emit("availability-update", given, room="event-1")
    assert (delivered.sockets, delivered.data) == (0, given)
    assert mock.emit("availability-update", row=1).data["categoryId"] == 1
    with pytest.raises(MockError, match=r"There is no message 'availability-updat' that is sent\. Did you mean 'availability-update'"):
        mock.emit("availability-updat")
    with pytest.raises(MockError, match="There is no socket 'abc'"):
        mock.sockets.kick("abc")
