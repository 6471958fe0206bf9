"""Scenarios: every one of every backend can be brought about, and does what its title says."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from mock_server.control.models import NewFault
from mock_server.engine.problem import Problem
from mock_server.steering import edits, scenarios
from tests.backends.client import Client, contract
from understudy.contract.reader import backend_names

EVERY = [(backend, name) for backend in backend_names() for name in contract(backend).scenarios]
USER = "user@example.com"


def apply(client: Client, name: str, **given: Any) -> dict[str, Any]:
    return scenarios.apply(client.engine, client.world, name, given)


@pytest.mark.parametrize(("backend", "name"), EVERY)
def test_a_scenario_is_brought_about_and_leaves_rows_that_fit(backend: str, name: str) -> None:
    client = Client(backend)
    done = apply(client, name)
    words = contract(backend).scenarios[name]
    assert (done["name"], done["title"], len(done["faults"])) == (name, words["title"], len(words.get("faults") or ()))
    assert done["rows"] > 0 or not {"creates", "updates", "removes"} & words.keys(), "it changes nothing"
    assert edits.unfit_rows(client.engine, {item: table.rows for item, table in client.world.store.tables.items()}) == []


@pytest.mark.parametrize(("backend", "name"), EVERY)
def test_the_faults_of_a_scenario_are_such_as_the_control_api_takes(backend: str, name: str) -> None:
    for fault in contract(backend).scenarios[name].get("faults") or ():
        TypeAdapter(NewFault).validate_python(fault)


@pytest.mark.parametrize("backend", backend_names())
@pytest.mark.parametrize("name", ["empty-account", "expired-session", "slow-network", "payment-fails", "rate-limited"])
def test_every_backend_has_the_situations_that_front_ends_ask_for(backend: str, name: str) -> None:
    assert name in contract(backend).scenarios


def test_a_sold_out_event_sells_nothing() -> None:
    client = Client("eventplatform")
    apply(client, "sold-out-event", event=1)
    assert {item["availableSeats"] for item in client.get("/api/events/1/tickets").json} == {0}
    assert client.post("/api/orders", {"eventId": 1, "categoryId": 1, "quantity": 1}, by=USER).status == 409
    assert client.get("/api/events/2/tickets").json[0]["availableSeats"] > 0


def test_a_name_may_be_given_and_no_other() -> None:
    client = Client("eventplatform")
    apply(client, "last-seats", event=1, left=3)
    assert {item["availableSeats"] for item in client.get("/api/events/1/tickets").json} == {3}
    with pytest.raises(Problem) as caught:
        apply(client, "last-seats", evnt=1)
    assert caught.value.detail == "'evnt' is no name that last-seats takes. Did you mean 'event'?"
    with pytest.raises(Problem) as caught:
        apply(client, "last-seat")
    assert caught.value.detail == "There is no scenario 'last-seat'. Did you mean 'last-seats'?"


def test_an_expired_session_is_refreshed() -> None:
    client = Client("savebucks")
    answer = client.login(USER).data
    apply(client, "expired-session")
    assert client.get("/api/users/1", token=answer["token"] if "token" in answer else answer["accessToken"]).status == 401
    fresh = client.post("/api/auth/refresh", {"refreshToken": answer["refreshToken"]})
    assert fresh.status == 200, fresh
    apply(client, "signed-out")
    assert client.post("/api/auth/refresh", {"refreshToken": fresh.data.get("refreshToken", answer["refreshToken"])}).status == 401
    assert client.login(USER).status == 200


def test_a_payment_that_never_arrives_gives_its_tickets_back() -> None:
    client = Client("platng")
    before = client.row("ticketTypes", 1)["sold"]
    path, body = _order(client)
    made = client.post(path, body, by=USER)
    assert made.status == 201, made
    assert client.row("ticketTypes", 1)["sold"] > before
    apply(client, "payment-never-arrives")
    assert (client.row("ticketTypes", 1)["sold"], client.rows("orders")[-1]["status"]) == (before, "expired")


def _order(client: Client) -> tuple[str, Any]:
    operation = next(item for item in client.engine.contract.operations if item.id == "createOrder")
    return operation.path, next(iter(operation.bodies["application/json"].examples.values()))


def test_a_dependency_that_is_down_is_told() -> None:
    client = Client("savebucks")
    apply(client, "unhealthy", check="database")
    answer = client.get("/health")
    assert (answer.status, answer.json["checks"]["database"]["status"], answer.json["checks"]["redis"]["status"]) == (503, "error", "ok")


def test_rate_limits_are_those_of_the_guide_where_it_has_some() -> None:
    client = Client("cliick")
    apply(client, "rate-limited")
    token = client.token("test@example.com")
    seen = [client.get("/api/auth/me", token=token).status for _ in range(101)]
    assert (seen.count(200) + seen.count(429), seen[-1]) == (101, 429)


def test_a_document_from_outside_has_the_situations_that_fit_everything(tmp_path: Any) -> None:
    from tests.engine.driver import HERE, engine_of

    engine = engine_of(next((HERE / "outside").glob("*.yaml")))
    assert {"slow-network", "offline", "maintenance"} <= set(engine.contract.scenarios)
    assert scenarios.apply(engine, engine.world, "maintenance", {})["faults"] == ["maintenance"]
