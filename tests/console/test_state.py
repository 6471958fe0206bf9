"""Rows in the console: found, changed, refused, and never lost to what happens meanwhile."""

import json
from typing import Any

from tests.console.backend import Backend
from tests.console.page import Page

ROWS = "#rows tbody tr"
BOX = "#row textarea"


def changed(console: Page, **values: Any) -> None:
    """Writes other values into the row that is open."""
    console.fill(BOX, json.dumps({**json.loads(console.value(BOX)), **values}, indent=2))


def open_row(page: Page, backend: Backend, place: str) -> Page:
    page.open(f"{backend.ui}#state/{place}")
    page.wait(BOX)
    return page


def test_collections_and_their_rows_are_there(console: Page, backend: Backend) -> None:
    console.tab("state")
    shown = dict(text.split() for text in console.texts("#collections a"))
    assert shown == {name: str(count) for name, count in backend.admin("GET", "/state").items()}
    console.click("#collections a:has-text('ticketCategories')")
    console.wait(ROWS)
    assert console.text("#rows-shown") == f"1\u2013{shown['ticketCategories']} of {shown['ticketCategories']}"
    assert console.address.endswith("#state/ticketCategories")


def test_rows_are_sorted_and_filtered(page: Page, backend: Backend) -> None:
    page.open(f"{backend.ui}#state/orders")
    page.wait(ROWS)
    orders = backend.admin("GET", "/state/orders")
    page.click("#rows th button:text-is('quantity')")
    page.click("#rows th button:text-is('quantity')")
    assert page.attribute("#rows th[aria-sort]", "aria-sort") == "descending"
    place = page.texts("#rows th").index("quantity") + 1
    assert [int(text) for text in page.texts(f"{ROWS} td:nth-child({place})")] == sorted((order["quantity"] for order in orders), reverse=True)
    page.fill("#rows-filter", "cancelled")
    assert len(page.texts(ROWS)) == sum(order["status"] == "cancelled" for order in orders) > 0


def test_many_rows_come_in_pages(page: Page, backend: Backend) -> None:
    for number in range(60):
        backend.admin("POST", "/state/users", {"username": f"a{number}@example.com", "role": "assistant"})
    page.open(f"{backend.ui}#state/users")
    page.wait(ROWS)
    assert len(page.texts(ROWS)) == 50
    page.press("Next page")
    assert len(page.texts(ROWS)) == len(backend.admin("GET", "/state/users")) - 50


def test_an_edit_is_saved_and_the_front_end_sees_it(page: Page, backend: Backend) -> None:
    open_row(page, backend, "events/1")
    changed(page, eventName="Another title")
    page.press("Save")
    page.said("Saved events / 1.")
    assert backend.admin("GET", "/state/events/1")["eventName"] == "Another title"
    page.wait("#rows td:has-text('Another title')")


def test_only_what_was_changed_is_sent(page: Page, backend: Backend) -> None:
    """Whoever changed another field meanwhile keeps that."""
    open_row(page, backend, "events/1")
    changed(page, eventName="Mine")
    backend.admin("PATCH", "/state/events/1", {"description": "Theirs"})
    page.wait("#row .note")
    page.press("Save")
    page.said("Saved events / 1.")
    row = backend.admin("GET", "/state/events/1")
    assert (row["eventName"], row["description"]) == ("Mine", "Theirs")


def test_a_refused_edit_says_why_beside_its_field_and_changes_nothing(page: Page, backend: Backend) -> None:
    open_row(page, backend, "orders/2")
    before = backend.admin("GET", "/state/orders/2")
    page.expect("400 (Bad Request)")
    changed(page, quantity="many")
    page.press("Save")
    page.wait("#row .wrong li:has-text('quantity')")
    line = page.value(BOX).split("\n").index(next(text for text in page.value(BOX).split("\n") if '"quantity"' in text))
    assert page.evaluate("document.querySelector('#row .notes p').style.top") == f"{6 + 18 * line}px"
    assert page.attribute(BOX, "aria-invalid") == "true"
    assert backend.admin("GET", "/state/orders/2") == before
    assert '"many"' in page.value(BOX)


def test_what_is_no_json_is_not_sent(page: Page, backend: Backend) -> None:
    open_row(page, backend, "orders/2")
    page.fill(BOX, "{ no")
    page.press("Save")
    page.wait("#row .wrong li:has-text('no JSON')")


def test_an_open_row_follows_what_happens(page: Page, backend: Backend) -> None:
    open_row(page, backend, "events/1")
    backend.admin("PATCH", "/state/events/1", {"eventName": "From elsewhere"})
    page.until("document.querySelector('#row textarea').value.includes('From elsewhere')")


def test_an_edit_is_not_lost_to_what_happens(page: Page, backend: Backend) -> None:
    open_row(page, backend, "events/1")
    changed(page, eventName="Half wri")
    backend.admin("PATCH", "/state/events/1", {"eventName": "From elsewhere"})
    page.wait("#row .note")
    assert "Half wri" in page.value(BOX)
    page.press("Take what is there now")
    assert "From elsewhere" in page.value(BOX)


def test_a_row_is_made_and_deleted(page: Page, backend: Backend) -> None:
    page.open(f"{backend.ui}#state/orders")
    page.wait(ROWS)
    count = backend.admin("GET", "/state")["orders"]
    page.press("New row")
    changed(page, quantity=3)
    page.press("Save")
    page.until("/#state.orders.[0-9]+$/.test(location.href)")
    key = page.address.rpartition("/")[2]
    assert backend.admin("GET", f"/state/orders/{key}")["quantity"] == 3
    page.press("Delete")
    page.click("#ask-yes")
    page.said(f"Deleted orders / {key}.")
    assert backend.admin("GET", "/state")["orders"] == count


def test_rows_of_an_order_appear_as_it_is_made(page: Page, backend: Backend) -> None:
    page.open(f"{backend.ui}#state/orders")
    page.wait(ROWS)
    count = len(page.texts(ROWS))
    assert backend.post("/api/orders", {"eventId": 1, "categoryId": 1, "quantity": 2}, authorization=backend.sign_in()) == 201
    page.wait(f"{ROWS}:nth-child({count + 1})")


def test_what_is_markup_stays_text(page: Page, backend: Backend) -> None:
    evil = "<img src=x onerror=\"console.log('evil')\"><script>console.log('evil')</script>"
    backend.admin("PATCH", "/state/events/1", {"eventName": evil})
    backend.get("/api/<script>console.log('evil')</script>")
    open_row(page, backend, "events/1")
    assert evil[:39] in page.text("#rows tbody")
    page.tab("log")
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0


def test_a_collection_that_is_not_there_is_said(page: Page, backend: Backend) -> None:
    page.expect("404")
    page.open(f"{backend.ui}#state/oders")
    page.wait("#rows .wrong:has-text(\"There is no collection 'oders'. Did you mean 'orders'?\")")
