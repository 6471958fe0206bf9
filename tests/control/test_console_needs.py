"""The control API: what a page needs that shows ten thousand lines, who is connected, and messages to send."""

from typing import Any

import pytest

from tests.backends.peer import Peer
from tests.control.caller import Caller


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_earlier_lines_are_listed_from_any_line_on(caller: Caller) -> None:
    for number in range(1, 6):
        caller.client.get(f"/api/events/{number}")
    ids = [item["id"] for item in caller.ask("GET", "/requests").json["requests"]]
    assert [item["id"] for item in caller.ask("GET", f"/requests?before={ids[3]}&limit=2").json["requests"]] == ids[1:3]
    assert [item["id"] for item in caller.ask("GET", f"/requests?before={ids[3]}&after={ids[1]}").json["requests"]] == ids[2:3]
    assert caller.ask("GET", f"/requests?before={ids[0]}").json["requests"] == []
    assert caller.ask("GET", "/requests?before=-1").status == 400


def test_a_list_of_lines_looks_at_no_body(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    Peer(caller.client, "realtime/realtime", query={"userId": 1}).send("join-event-room", {"eventId": 1})
    caller.client.get("/api/events")

    def fail(*_: Any) -> None:
        raise AssertionError("a body was rendered")

    monkeypatch.setattr("mock_server.steering.records.Records._body", fail)
    monkeypatch.setattr("mock_server.steering.redaction.Redaction.value", fail)
    lines = caller.ask("GET", "/requests").json["requests"]
    assert {item["kind"] for item in lines} == {"exchange", "frame"}
    assert [name for item in lines for name in ("request", "response", "data", "curl") if name in item] == []


def test_a_whole_line_has_all_that_its_brief_has(caller: Caller) -> None:
    Peer(caller.client, "realtime/realtime", query={"userId": 1}).send("join-event-room", {"eventId": "x"})
    caller.client.post("/api/orders", {})
    for brief in caller.ask("GET", "/requests").json["requests"]:
        whole = caller.ask("GET", f"/requests/{brief['id']}").json
        assert brief.items() <= whole.items()
        assert whole.keys() - brief.keys() <= {"request", "response", "data", "curl"}


def test_a_socket_says_who_it_is_of(caller: Caller) -> None:
    Peer(caller.client, "realtime/realtime", query={"userId": 3})
    (listed,) = caller.ask("GET", "/sockets").json
    assert (listed["account"], listed["user"]) == (3, "second@example.com")


def test_messages_have_their_documents_example_and_what_they_are_made_of(caller: Caller) -> None:
    routes = {item["id"]: item for item in caller.ask("GET", "/routes").json}
    update = routes["availability-update"]
    assert (update["collection"], routes["connected"]["collection"]) == ("ticketCategories", None)
    assert caller.ask("POST", "/emit", {"message": "availability-update", "data": update["example"]}).status == 200
    assert routes["lock-tickets"]["example"]["quantity"] == 2
