"""Who may steer a mock."""

import re

import pytest

from mock_server.control.admission import Admission, is_local
from tests.control.caller import Caller

TOKEN = "a-very-secret-token"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True), ("localhost:3000", True), ("LOCALHOST:1", True), ("127.0.0.1:80", True), ("[::1]:3000", True), ("[::1]", True),
        ("app.localhost:5", True), ("notlocalhost", False),
        ("evil.example", False), ("localhost.evil.example", False), ("127.0.0.1.evil.example", False), ("", False), ("10.0.0.1", False),
        ("[::1].evil.example", False), ("[::1", False), ("[fe80::1]:1", False), ("localhost:1:2", False), ("localhost:x", False),
    ],
)  # fmt: skip
def test_a_host_names_this_machine_or_not(host: str, local: bool) -> None:
    assert is_local(host) is local


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200), ({"host": "127.0.0.1:3000"}, 200), ({"host": "evil.example"}, 403), ({"origin": "http://localhost:4200"}, 200),
        ({"origin": "http://localhost:3000"}, 200), ({"origin": "http://localhost:3001"}, 403), ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://evil.example:3000", "host": "evil.example:3000"}, 403),
    ],
)  # fmt: skip
def test_without_a_token_this_machine_and_the_front_ends_pages_may(headers: dict[str, str], status: int) -> None:
    caller = Caller()
    assert caller.ask("POST", "/clock/advance", {"seconds": 1}, **headers).status == status
    assert caller.ask("GET", "/state", **headers).status == status


def test_a_page_of_another_origin_may_if_it_was_named() -> None:
    caller = Caller(admission=Admission(origins=frozenset({"http://localhost:6006"})))
    answer = caller.ask("GET", "/clock", origin="http://localhost:6006")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "http://localhost:6006")
    refused = caller.ask("GET", "/clock", origin="http://localhost:6007")
    assert refused.json["error"] == "Pages of http://localhost:6007 may not steer this mock. Start it with --admin-origin http://localhost:6007 if they should."
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401), ({"authorization": f"Bearer {TOKEN}"}, 200), ({"authorization": f"bearer {TOKEN}"}, 200), ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": TOKEN}, 401), ({"cookie": f"understudy_admin={TOKEN}"}, 200), ({"cookie": "understudy_admin="}, 401),
        ({"authorization": f"Bearer {TOKEN}", "host": "mock.example:3000"}, 200), ({"authorization": f"Bearer {TOKEN}", "origin": "https://evil.example"}, 403),
        ({"cookie": f"understudy_admin={TOKEN}", "origin": "https://evil.example"}, 403), ({"authorization": "Bearer ü"}, 401),
    ],
)  # fmt: skip
def test_with_a_token_only_who_has_it_may(headers: dict[str, str], status: int) -> None:
    caller = Caller(admission=Admission(TOKEN))
    answer = caller.ask("GET", "/clock", **headers)
    assert answer.status == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json["error"] == "The token that was printed at start is missing or wrong. Send it as 'Authorization: Bearer TOKEN'."


def test_every_operation_asks_for_the_token() -> None:
    caller = Caller(admission=Admission(TOKEN))
    document = caller.ask("GET", "/openapi.json", authorization=f"Bearer {TOKEN}").json
    asked = [(method.upper(), re.sub(r"\{\w+\}", "1", path)) for path, item in document["paths"].items() for method in item]
    assert len(asked) > 35
    assert {caller.ask(method, path, {} if method in ("POST", "PUT", "PATCH") else None).status for method, path in asked} == {401}


def test_a_preflight_is_answered_to_those_who_may() -> None:
    caller = Caller()
    wanted = {"access_control_request_method": "PATCH", "access_control_request_headers": "content-type, x-understudy-world"}
    good = caller.ask("OPTIONS", "/state/events/1", origin="http://localhost:4200", **wanted)
    assert (good.status, good.headers["access-control-allow-headers"]) == (200, "content-type, x-understudy-world")
    assert "PATCH" in good.headers["access-control-allow-methods"]
    assert "access-control-allow-origin" not in caller.ask("OPTIONS", "/state/events/1", origin="https://evil.example", **wanted).headers


def test_a_document_without_origins_is_steered_from_pages_of_this_machine() -> None:
    admission = Admission()
    assert admission.allows("http://localhost:5173", "localhost:4010", [])
    assert not admission.allows("https://evil.example", "localhost:4010", [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/clok", None, 404, "There is no /__admin/clok here. Did you mean '/clock'?"),
        ("POST", "/health", None, 405, "POST is no method of /__admin/health. Valid: GET."),
        ("GET", "/reset", None, 405, "GET is no method of /__admin/reset. Valid: POST."),
        ("POST", "/clock", None, 405, "POST is no method of /__admin/clock. Valid: GET, PUT."),
        ("DELETE", "/state/events/1/2", None, 404, "There is no /__admin/state/events/1/2 here. Did you mean '/events'?"),
    ],
)
def test_what_leads_nowhere_is_told_with_what_there_is(method: str, path: str, body: object, status: int, says: str) -> None:
    answer = Caller().ask(method, path, body)
    assert (answer.status, answer.json["error"]) == (status, says)
    if status == 405:
        assert answer.headers["allow"] == says.rpartition("Valid: ")[2].rstrip(".")
