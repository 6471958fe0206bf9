"""The control API: log, faults, scenarios, sockets, rows, health and routes."""

from typing import Any

import pytest

from tests.backends.peer import Peer
from tests.control.caller import Caller

USER = "user@example.com"
CHANNEL = "realtime/realtime"


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_the_log_is_listed_read_counted_searched_and_cleared(caller: Caller) -> None:
    for path in ("/api/events", "/api/events/1", "/api/event"):
        caller.client.get(path)
    listed = caller.ask("GET", "/requests?limit=2").json
    assert ([item["path"] for item in listed["requests"]], listed["total"]) == (["/api/events/1", "/api/event"], 3)
    assert "response" not in listed["requests"][0]
    assert [item["id"] for item in caller.ask("GET", f"/requests?after={listed['requests'][0]['id']}").json["requests"]] == [listed["requests"][1]["id"]]
    one = caller.ask("GET", f"/requests/{listed['requests'][0]['id']}").json
    assert one["response"]["body"]["eventName"] == "Summer Music Festival"
    assert caller.ask("POST", "/requests/count", {"status": 200, "path": "/api/events*"}).json == {"count": 2}
    found = caller.ask("POST", "/requests/find", {"operation": "getEvent"}).json["requests"]
    assert [item["status"] for item in found] == [200]
    assert caller.ask("DELETE", "/requests").json == {"count": 3}
    assert caller.ask("POST", "/requests/count", {}).json == {"count": 0}
    assert caller.ask("GET", "/requests/999999").status == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"statu": 200}, "'statu' is not known here. Did you mean 'status'?"),
        ({"status": "200"}, "'status' is a whole number, not '200'."),
        ({"kind": "exchang"}, "'kind' is 'exchange' or 'frame', not 'exchang'."),
        ({"after": -1}, "'after' is at least 0, not -1."),
    ],
)
def test_criteria_that_can_not_be_are_refused(caller: Caller, body: Any, says: str) -> None:
    answer = caller.ask("POST", "/requests/count", body)
    assert (answer.status, answer.json["error"]) == (400, says)


FAULTS: list[dict[str, Any]] = [
    {"kind": "latency", "ms": 10}, {"kind": "latency", "min": 10, "max": 20.5}, {"kind": "latency", "median": 100, "sigma": 1},
    {"kind": "status", "status": 503, "retryAfter": 3, "detail": "Back soon"}, {"kind": "rate", "limit": 3, "per": "10s"}, {"kind": "reset", "at": "request"},
    {"kind": "truncate", "bytes": 3}, {"kind": "truncate", "part": 0.5}, {"kind": "break"}, {"kind": "drop", "match": {"direction": "in"}},
    {"kind": "delay", "ms": 5}, {"kind": "duplicate", "copies": 3}, {"kind": "reorder"}, {"kind": "kick", "code": 4001, "reason": "Go"},
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_fault_of_each_kind_is_declared_listed_and_taken_away(caller: Caller, fault: dict[str, Any]) -> None:
    made = caller.ask("POST", "/faults", {**fault, "id": "it", "probability": 0.5, "ttl": "5m", "times": 9})
    assert made.status == 201, made
    assert {**fault, "id": "it", "hits": 0, "times": 9, "probability": 0.5}.items() <= made.json.items()
    assert caller.ask("GET", "/faults").json == [made.json]
    assert caller.ask("GET", "/faults/it").json == made.json
    assert caller.ask("DELETE", "/faults/it").json == made.json
    assert caller.ask("GET", "/faults").json == []


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"kind": "latncy"}, 400, "'latncy' is no kind here. Did you mean 'latency'?"),
        ({}, 400, "'kind' is required. Valid: break, delay, drop, duplicate, kick, latency, rate, reorder, reset, status, truncate."),
        ({"kind": "status"}, 400, "'status' is required."),
        ({"kind": "status", "status": 200}, 400, "'status' is at least 400, not 200."),
        (
            {"kind": "status", "status": 500, "ms": 5},
            400,
            "'ms' is not known here. Did you mean 'times'?",
        ),
        ({"kind": "latency", "ms": 700_000}, 400, "'ms' is at most 600000, not 700000."),
        ({"kind": "drop", "match": {"mesage": "x"}}, 400, "'mesage' is not known here. Did you mean 'message'?"),
        ({"kind": "drop", "probability": 2}, 400, "'probability' is at most 1, not 2."),
        ({"kind": "break", "match": {"operation": "listEvnts"}}, 404, "match: there is no operation 'listEvnts'. Did you mean 'listEvents'?"),
    ],
)
def test_a_fault_that_can_not_be_is_refused(caller: Caller, body: Any, status: int, says: str) -> None:
    answer = caller.ask("POST", "/faults", body)
    assert (answer.status, answer.json["error"]) == (status, says)
    assert caller.ask("GET", "/faults").json == []


def test_all_faults_are_taken_away_at_once(caller: Caller) -> None:
    for fault in FAULTS:
        caller.ask("POST", "/faults", fault)
    assert caller.ask("DELETE", "/faults").json == {"count": len(FAULTS)}
    assert caller.ask("GET", "/faults/fault-1").status == 404


def test_a_scenario_is_listed_and_applied(caller: Caller) -> None:
    listed = {item["name"]: item for item in caller.ask("GET", "/scenarios").json}
    assert listed["sold-out-event"]["given"] == {"event": 1}
    done = caller.ask("POST", "/scenarios/sold-out-event", {"given": {"event": 1}}).json
    assert (done["name"], done["rows"], done["faults"]) == ("sold-out-event", 2, [])
    assert caller.client.get("/api/events/1/tickets").json[0]["availableSeats"] == 0
    assert caller.ask("POST", "/scenarios/offline").json["faults"] == ["offline", "offline-sockets"]
    assert caller.ask("POST", "/scenarios/sold-out-event", {"given": {"evnt": 1}}).status == 400


def test_sockets_are_listed_kicked_and_sent_messages(caller: Caller) -> None:
    peer = Peer(caller.client, CHANNEL, query={"userId": 1})
    peer.send("join-event-room", {"eventId": 1})
    peer.take()
    (listed,) = caller.ask("GET", "/sockets").json
    assert (listed["id"], listed["account"], listed["rooms"]) == (peer.socket.id, 1, ["user:1", "event:1"])
    made_of_row = caller.ask("POST", "/emit", {"message": "availability-update", "row": 1}).json
    assert (made_of_row["sockets"], made_of_row["data"]["categoryId"]) == (1, 1)
    assert peer.take() == [("availability-update", made_of_row["data"])]
    assert caller.ask("POST", "/emit", {"message": "availability-update", "room": "event:2", "data": made_of_row["data"]}).json["sockets"] == 0
    assert caller.ask("POST", "/emit", {"message": "availability-update", "socket": peer.socket.id, "data": made_of_row["data"]}).json["sockets"] == 1
    assert caller.ask("POST", "/emit", {"message": "availability-update"}).json["sockets"] == 1
    assert len(peer.take()) == 2
    assert caller.ask("POST", f"/sockets/{peer.socket.id}/kick", {"code": 4009, "reason": "Go"}).json["id"] == peer.socket.id
    assert peer.hung == (4009, "Go")


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"message": "availability-updat"}, 404, "There is no message 'availability-updat' that is sent. Did you mean 'availability-update'?"),
        ({"message": "availability-update", "data": {"eventId": "x"}}, 400, None),
        ({"message": "availability-update", "socket": "nope"}, 404, "There is no socket 'nope'; 0 are open."),
        ({"message": "availability-update", "row": 999}, 404, "There is no 999 in ticketCategories."),
        ({"message": "lock-tickets-response", "row": 1}, 409, "The document does not say how 'lock-tickets-response' is made of a row. Give 'data'."),
    ],
)
def test_a_message_that_can_not_be_sent_is_refused(caller: Caller, body: Any, status: int, says: str | None) -> None:
    answer = caller.ask("POST", "/emit", body)
    assert answer.status == status, answer
    assert says is None or answer.json["error"] == says


def test_rows_are_made_replaced_and_removed(caller: Caller) -> None:
    row = {"eventName": "New", "eventCategory": "Music", "eventDate": "2031-01-01T00:00:00.000Z", "createdBy": 2, "isActive": True}
    made = caller.ask("POST", "/state/events", row)
    assert (made.status, made.json["idEvent"]) == (201, 21)
    assert caller.client.get("/api/events/21").json["eventName"] == "New"
    put = caller.ask("PUT", "/state/events/21", {**row, "eventName": "Other", "location": "There"}).json
    assert (put["eventName"], put["location"]) == ("Other", "There")
    assert caller.ask("PUT", "/state/events/21", row).json.get("location") is None
    assert caller.ask("DELETE", "/state/events/21").json["idEvent"] == 21
    assert caller.client.get("/api/events/21").status == 404


def test_removing_a_row_removes_those_that_belong_to_it(caller: Caller) -> None:
    before = caller.ask("GET", "/state").json["ticketCategories"]
    caller.ask("DELETE", "/state/events/1")
    assert caller.ask("GET", "/state").json["ticketCategories"] < before


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("POST", "/state/events", {"eventName": "x"}, 400, "createdBy is required"),
        ("POST", "/state/events", {"idEvent": 1, "eventName": "x", "eventCategory": "y", "eventDate": "2031-01-01T00:00:00Z", "createdBy": 2, "isActive": True},
         409, "There is a 1 in events already."),
        ("POST", "/state/users", {"username": "user@example.com", "role": "assistant"}, 409, None),
        ("PUT", "/state/events/1", {"evntName": "x"}, 400, "evntName is no field of events. Did you mean 'eventName'?"),
        ("DELETE", "/state/events/999", None, 404, "There is no 999 in events."),
        ("DELETE", "/state/evnts/1", None, 404, "There is no collection 'evnts'. Did you mean 'events'?"),
    ],
)  # fmt: skip
def test_rows_that_can_not_be_are_refused(caller: Caller, method: str, path: str, body: Any, status: int, says: str | None) -> None:
    answer = caller.ask(method, path, body)
    assert answer.status == status, answer
    assert says is None or answer.json["error"] == says
    assert caller.ask("GET", "/state").json["events"] == 20


def test_rows_are_listed_in_pages(caller: Caller) -> None:
    assert [row["idEvent"] for row in caller.ask("GET", "/state/events?limit=2&offset=3").json] == [4, 5]


def test_health_says_what_a_client_needs(caller: Caller) -> None:
    told = caller.ask("GET", "/health").json
    assert (told["status"], told["backend"], told["worlds"], told["ui"]) == ("ready", "eventplatform", 1, "http://localhost:3000/__admin/ui")
    assert {"login": USER, "password": "password123", "role": "assistant", "note": None} in told["accounts"]
    assert [service["name"] for service in told["services"]] == ["gateway", "realtime"]
    assert Caller("watchparty").ask("GET", "/health").json["secrets"] == Caller("watchparty").client.engine.contract.settings["secrets"]


def test_routes_say_what_each_operation_may_answer(caller: Caller) -> None:
    routes = {item["id"]: item for item in caller.ask("GET", "/routes").json}
    login = routes["login"]
    assert (login["method"], login["path"], login["source"], login["secured"]) == ("POST", "/api/auth/login", "declared", False)
    assert [item["status"] for item in login["answers"]][:2] == ["200", "400"]
    assert (routes["lock-tickets"]["direction"], routes["availability-update"]["direction"]) == ("in", "out")
    assert len(caller.ask("GET", "/routes").json) >= 20


def test_the_documents_of_the_control_api_are_there(caller: Caller) -> None:
    document = caller.ask("GET", "/openapi.json").json
    assert document["servers"] == [{"url": "/__admin"}]
    assert "422" not in str(document["paths"])
    assert all(operation["operationId"] for item in document["paths"].values() for operation in item.values())
    assert b"swagger-ui-bundle.js" in caller.ask("GET", "/docs").body
    assert caller.ask("GET", "/docs/swagger-ui.css").status == 200
    assert caller.ask("GET", "/docs/nope.js").status == 404


def test_a_slash_in_a_key_or_a_collection_is_written_encoded(caller: Caller) -> None:
    caller.client.put("holds", {"id": "a/b", "categoryId": 1, "userId": 1, "quantity": 1})
    app = caller.client
    assert app.browse("GET", "/__admin/state/holds/a%2Fb", {"host": "localhost"}).json["id"] == "a/b"
    assert app.browse("GET", "/__admin/state/ho%2flds", {"host": "localhost"}).json["error"].startswith("There is no collection 'ho/lds'.")
    assert app.browse("GET", "/__admin/state/holds/a%2Fc", {"host": "localhost"}).json["error"] == "There is no a/c in holds."
