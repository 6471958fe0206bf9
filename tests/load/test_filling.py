"""Markers of a call's template, and rows in answers."""

from typing import Any

import pytest

from load.filling import fill, fill_path, find_row

VALUES = {"@stock": 7, "@quantity": 2, "@order": "a b", "@row.total": None}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("@stock", 7),
        ("@row.total", None),
        ("@nobody", "@nobody"),
        ("mail@stock", "mail@stock"),
        (3, 3),
        (None, None),
        ({"items": [{"id": "@stock", "n": "@quantity", "@stock": True}]}, {"items": [{"id": 7, "n": 2, "@stock": True}]}),
    ],
)
def test_markers_are_filled_in(template: Any, filled: Any) -> None:
    assert fill(template, VALUES) == filled


def test_a_template_can_be_filled_again() -> None:
    template = {"items": ["@stock"]}
    assert [fill(template, {"@stock": number}) for number in (1, 2)] == [{"items": [1]}, {"items": [2]}]


@pytest.mark.parametrize(("path", "filled"), [("/events", "/events"), ("/orders/@order/x", "/orders/a b/x"), ("/a@stock", "/a@stock"), ("/@what", "/@what")])
def test_a_path_is_filled_part_by_part(path: str, filled: str) -> None:
    assert fill_path(path, VALUES) == filled


@pytest.mark.parametrize(
    ("answer", "row"),
    [
        ({"id": 1, "data": {"id": 2}}, {"id": 1, "data": {"id": 2}}),
        ({"data": {"order": {"id": 2}}}, {"id": 2}),
        ({"data": [{"name": "x"}, {"id": 3}]}, {"id": 3}),
        ([{"id": 4}], {"id": 4}),
        ({"a": {"b": {"c": {"d": {"id": 5}}}}}, {}),
        ({"ok": True}, {}),
        ("id", {}),
        (None, {}),
    ],
)
def test_the_outermost_row_with_a_key_is_found(answer: Any, row: Any) -> None:
    assert find_row(answer, "id") == row
