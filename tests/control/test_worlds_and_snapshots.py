"""The control API: worlds, reset, snapshots."""

import pytest

from tests.control.caller import Caller

USER = "user@example.com"
MARKS = "'.', '_', '~' and '-'"
ORDER = {"eventId": 1, "categoryId": 1, "quantity": 2}


@pytest.fixture
def caller() -> Caller:
    return Caller()


def order(caller: Caller) -> None:
    assert caller.client.post("/api/orders", ORDER, by=USER).status == 201


def orders(caller: Caller, **headers: str) -> int:
    return int(caller.ask("GET", "/state", **headers).json["orders"])


def test_a_world_is_made_by_call_used_and_deleted(caller: Caller) -> None:
    made = caller.ask("POST", "/worlds", {"name": "a"})
    assert (made.status, made.json["name"], made.json["rows"], made.json["base"]) == (201, "a", 80, "http://localhost:3000/__world/a")
    assert [item["name"] for item in caller.ask("GET", "/worlds").json] == ["default", "a"]
    order(caller)
    assert (orders(caller), orders(caller, x_understudy_world="a")) == (13, 12)
    assert caller.ask("DELETE", "/worlds/a").json["name"] == "a"
    assert [item["name"] for item in caller.ask("GET", "/worlds").json] == ["default"]


def test_a_world_without_a_name_gets_one(caller: Caller) -> None:
    names = {caller.ask("POST", "/worlds", {}).json["name"] for _ in range(3)}
    assert len(names) == 3
    assert len(caller.ask("GET", "/worlds").json) == 4


def test_a_world_begins_from_a_snapshot_or_at_an_instant(caller: Caller) -> None:
    order(caller)
    caller.ask("POST", "/snapshots/ordered")
    caller.ask("POST", "/worlds", {"name": "a", "snapshot": "ordered"})
    assert orders(caller, x_understudy_world="a") == 13
    later = caller.ask("POST", "/worlds", {"name": "b", "now": "2031-01-01T00:00:00Z"}).json
    assert later["now"].startswith("2031-01-01T00:00:00")
    dated = caller.ask("GET", "/state/events/1", x_understudy_world="b").json["eventDate"]
    assert dated.startswith("2031-05-01T00:00:00")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("POST", "/worlds", {"name": "default"}, 409, "There is a world 'default' already."),
        ("POST", "/worlds", {"name": "x", "snapshot": "nope"}, 404, "There is no snapshot 'nope'. Valid: here."),
        ("POST", "/worlds", {"name": "x", "now": "soon"}, 400, "'now' is an instant such as 2026-11-21T12:00:00Z, not 'soon'."),
        (
            "POST",
            "/worlds",
            {"name": "a b"},
            409,
            f"'a b' is no name of a world. Valid: up to 100 letters, digits, {MARKS}, a letter or digit first.",
        ),
        ("POST", "/worlds", {"nam": "a"}, 400, "'nam' is not known here. Did you mean 'name'?"),
        ("DELETE", "/worlds/default", None, 409, "The default world can't be deleted; reset it."),
        ("DELETE", "/worlds/nope", None, 404, "There is no world 'nope'. Valid: default."),
        ("GET", "/worlds/defalt", None, 404, "There is no world 'defalt'. Did you mean 'default'?"),
        ("POST", "/reset", {"now": "soon"}, 400, "'now' is an instant such as 2026-11-21T12:00:00Z, not 'soon'."),
        (
            "POST",
            "/snapshots/-x",
            None,
            400,
            f"'-x' is no name of a snapshot. Valid: up to 100 letters, digits, spaces, {MARKS}, a letter or digit first.",
        ),
        ("POST", "/snapshots/her/restore", None, 404, "There is no snapshot 'her'. Did you mean 'here'?"),
        ("DELETE", "/snapshots/nope", None, 404, "There is no snapshot 'nope'. Valid: here."),
        ("PUT", "/snapshots/x", {"understudy": 1}, 400, "'snapshots' is required."),
        ("PUT", "/snapshots/x", {"understudy": 2, "snapshots": []}, 400, "'understudy' is 1, not 2."),
        ("PUT", "/snapshots/x", {"understudy": 1, "snapshots": []}, 409, "This file has no snapshot of eventplatform; it holds nothing."),
    ],
)
def test_what_can_not_be_is_refused(caller: Caller, method: str, path: str, body: object, status: int, says: str) -> None:
    caller.ask("POST", "/snapshots/here")
    answer = caller.ask(method, path, body)
    assert (answer.status, answer.json["error"]) == (status, says)
    assert len(caller.client.engine.snapshots) == 1
    assert len(caller.client.engine.worlds) == 1


def test_a_reset_world_is_as_seeded_and_its_tokens_stay_good(caller: Caller) -> None:
    token = caller.client.token(USER)
    order(caller)
    caller.ask("POST", "/faults", {"kind": "status", "status": 500, "match": {"operation": "listEvents"}})
    caller.ask("PUT", "/clock", {"now": "2031-01-01T00:00:00Z", "frozen": True})
    begun = caller.ask("POST", "/reset").json
    assert begun["world"] == "default"
    assert (orders(caller), caller.ask("GET", "/faults").json, caller.ask("GET", "/clock").json["frozen"]) == (12, [], False)
    assert caller.client.get("/api/orders", token=token).status == 200
    assert caller.ask("GET", "/requests").json["total"] == 1


def test_a_snapshot_is_saved_listed_restored_and_deleted(caller: Caller) -> None:
    order(caller)
    saved = caller.ask("POST", "/snapshots/one order")
    assert (saved.status, saved.json["rows"], saved.json["timers"]) == (201, 81, 1)
    order(caller)
    assert caller.ask("POST", "/snapshots/one order/restore").status == 200
    assert orders(caller) == 13
    assert [item["name"] for item in caller.ask("GET", "/snapshots").json] == ["one order"]
    assert caller.ask("DELETE", "/snapshots/one order").json["name"] == "one order"
    assert caller.ask("GET", "/snapshots").json == []


def test_a_snapshot_goes_out_as_a_file_and_comes_in_again(caller: Caller) -> None:
    order(caller)
    caller.ask("POST", "/snapshots/a")
    file = caller.ask("GET", "/snapshots/a")
    assert caller.client.world.tokens.key.encode() not in file.body
    caller.ask("POST", "/reset")
    came = caller.ask("PUT", "/snapshots/b", raw=file.body)
    assert (came.status, came.json["snapshot"]["name"], came.json["unfit"]) == (200, "b", [])
    caller.ask("POST", "/snapshots/b/restore", x_understudy_world="w")
    assert (orders(caller), orders(caller, x_understudy_world="w")) == (12, 13)


def test_a_file_with_rows_that_do_not_fit_says_so(caller: Caller) -> None:
    caller.ask("POST", "/snapshots/a")
    data = caller.ask("GET", "/snapshots/a").json
    data["snapshots"][0]["rows"]["events"][0]["isActive"] = "perhaps"
    assert caller.ask("PUT", "/snapshots/b", data).json["unfit"] == ["events/1: isActive must be a boolean"]


def test_a_single_port_is_known_by_its_prefix(caller: Caller) -> None:
    made = caller.ask("POST", "/worlds", {"name": "a"}, root="/eventplatform/gateway").json
    assert made["base"] == "http://localhost:3000/eventplatform/gateway/__world/a"


def test_a_path_may_name_the_world_that_is_steered(caller: Caller) -> None:
    order(caller)
    caller.client.engine.worlds.use("a")
    answer = caller.client.browse("GET", "/__world/a/__admin/state", {"host": "localhost"})
    assert answer.json["orders"] == 12
