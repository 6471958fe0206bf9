"""Answers are read as the contract wraps them, and as teams that do not follow it wrap them."""

import pytest

from contract_tests.people import access_in, refresh_in
from contract_tests.shapes import find_key, page_of, payload, row_of, rows_of
from understudy.contract.reader import read


def operation(backend: str, name: str):  # type: ignore[no-untyped-def]
    contract = read(backend)
    return contract, next(item for item in contract.operations if item.id == name)


def test_envelopes_and_pages_are_taken_off() -> None:
    contract, listing = operation("platng", "listEvents")
    value = {"success": True, "message": "", "data": {"items": [{"id": 1}], "pagination": {"page": 1, "limit": 20, "total": 1, "pages": 1}}}
    assert rows_of(contract, listing, value) == [{"id": 1}]
    page = page_of(contract, listing, value)
    assert (page.page, page.limit, page.total, page.pages) == (1, 20, 1, 1)


@pytest.mark.parametrize("value", [[{"id": 1}], {"data": [{"id": 1}]}, {"items": [{"id": 1}]}, {"rows": [{"id": 1}]}])
def test_lists_in_other_wrappers_are_found(value: object) -> None:
    contract, listing = operation("eventplatform", "listEvents")
    assert rows_of(contract, listing, value) == [{"id": 1}]


@pytest.mark.parametrize("value", [None, 3, "text", [], {}, {"a": [1], "b": [2]}])
def test_what_has_no_rows_has_none(value: object) -> None:
    contract, listing = operation("eventplatform", "listEvents")
    assert not rows_of(contract, listing, value)
    assert row_of(contract, listing, value, "idEvent") is None
    payload(contract, listing, value)
    page_of(contract, listing, value)


def test_a_row_is_found_by_its_key() -> None:
    contract, reading = operation("eventplatform", "getEvent")
    assert row_of(contract, reading, {"event": {"idEvent": 3}}, "idEvent") == {"idEvent": 3}
    assert row_of(contract, reading, {"idEvent": 3}, "idEvent") == {"idEvent": 3}


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": "abc"},
        {"data": {"accessToken": "abc"}},
        {"token": "abc", "data": {"user": {}}},
        {"tokens": {"access": {"token": "abc", "expires": 3}}},
        {"jwt": "abc"},
    ],
)
def test_a_token_is_found_wherever_it_stands(answer: object) -> None:
    assert access_in(answer, "access_token") == "abc"


def test_a_token_of_no_name_is_known_by_its_form() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    assert access_in({"result": [token]}) == token
    assert access_in({"message": "welcome"}) is None
    assert refresh_in({"data": {"refreshToken": "r"}}) == "r"


def test_keys_are_found_whatever_their_case() -> None:
    assert find_key({"a": {"Access_Token": 1}}, ("accesstoken",)) == 1
    assert find_key({"a": None}, ("a",)) is None
