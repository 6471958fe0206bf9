"""The control API: clock and rows of a running mock."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.mock_process import Mock, ask, serving


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with serving("eventplatform", "--port", "0", folder=tmp_path_factory.mktemp("mock")) as running:
        yield running


def admin(mock: Mock, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    status, _, text = ask(f"{mock.url('gateway')}/__admin{path}", body, headers, method)
    return status, json.loads(text)


def test_the_clock_is_frozen_set_advanced_and_run(mock: Mock) -> None:
    at = "2030-05-01T12:00:00.000Z"
    assert admin(mock, "PUT", "/clock", {"now": at, "frozen": True}) == (200, {"now": at, "frozen": True, "rate": 1.0})
    assert admin(mock, "POST", "/clock/advance", {"seconds": 90})[1]["now"] == "2030-05-01T12:01:30.000Z"
    assert admin(mock, "GET", "/clock")[1]["now"] == "2030-05-01T12:01:30.000Z"
    assert admin(mock, "PUT", "/clock", {"frozen": False, "rate": 60})[1]["rate"] == 60


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("PUT", "/clock", {"nwo": "x"}, "'nwo' is not known here. Did you mean 'now'?"),
        ("PUT", "/clock", {"now": "soon"}, "'now' is an instant such as 2026-11-21T12:00:00Z, not 'soon'."),
        ("POST", "/clock/advance", {"seconds": -1}, "'seconds' is at least 0, not -1."),
        ("POST", "/clock/advance", {"seconds": -(10**30)}, f"'seconds' is at least 0, not -1{'0' * 30}."),
        ("PATCH", "/state/events/1", {"isActive": 10**30}, "isActive must be a boolean"),
        ("POST", "/clock/advance", {}, "'seconds' is required."),
        ("POST", "/clock/advance", [], "the body is an object, not array of 0."),
        ("PATCH", "/state/events/1", {"locaton": "x"}, "locaton is no field of events. Did you mean 'location'?"),
        ("PATCH", "/state/events/1", {"isActive": "x"}, "isActive must be a boolean"),
        ("PATCH", "/state/ticketCategories/1", {"availableSeats": 1}, "availableSeats is computed of ticketCategories."),
        ("PATCH", "/state/events/1", {"idEvent": 7}, "idEvent is the key of events."),
    ],
)
def test_what_can_not_be_is_refused_with_what_is_valid(mock: Mock, method: str, path: str, body: Any, says: str) -> None:
    assert admin(mock, method, path, body) == (400, admin(mock, method, path, body)[1])
    assert admin(mock, method, path, body)[1]["error"] == says


@pytest.mark.parametrize(
    ("path", "says"), [("/state/evnts", "There is no collection 'evnts'. Did you mean 'events'?"), ("/state/events/999", "There is no 999 in events.")]
)
def test_what_is_not_there_is_404(mock: Mock, path: str, says: str) -> None:
    assert admin(mock, "GET", path) == (404, {"error": says, "violations": []})


def test_a_row_is_changed_as_by_an_operation(mock: Mock) -> None:
    assert admin(mock, "PATCH", "/state/events/2", {"location": "Elsewhere"})[1]["location"] == "Elsewhere"
    assert admin(mock, "GET", "/state/events/2")[1]["location"] == "Elsewhere"
    order = admin(mock, "GET", "/state/orders/1")[1]
    assert order["status"] == "completed"
    assert admin(mock, "PATCH", "/state/orders/1", {"status": "pending"})[0] == 409


def test_what_is_secret_is_not_shown(mock: Mock) -> None:
    assert "passwordHash" not in admin(mock, "GET", "/state/users/1")[1]
    assert all("passwordHash" not in row for row in admin(mock, "GET", "/state/users")[1])


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_others_may_not_steer(mock: Mock, headers: dict[str, str]) -> None:
    assert admin(mock, "POST", "/clock/advance", {"seconds": 1}, **headers)[0] == 403
    assert admin(mock, "GET", "/state", **headers)[0] == 403


def test_a_form_that_a_foreign_page_posts_is_refused(mock: Mock) -> None:
    assert admin(mock, "POST", "/clock/advance", {"seconds": 1}, **{"content-type": "text/plain"})[0] == 415
