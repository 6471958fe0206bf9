"""The order by hand answers as the mock does; else its figures would say nothing."""

import json

from benchmarks.by_hand import Shop
from mock_server.app import create_engine
from mock_server.engine import Request
from understudy.contract.reader import read

HEADERS = {b"host": b"localhost", b"content-type": b"application/json"}


def test_an_order_has_the_fields_and_values_of_the_mocks() -> None:
    engine = create_engine(read("eventplatform"), start=1.9e9)
    token = engine.world.tokens.issue("access", "1", "x", engine.world.clock.now, 1e6)
    headers = {**HEADERS, b"authorization": f"Bearer {token}".encode()}
    body = json.dumps({"eventId": 1, "categoryId": 1, "quantity": 3, "notes": "front row"}).encode()
    expected = json.loads(engine.handle("gateway", Request("POST", "/api/orders", b"", headers, body)).body)
    status, text = Shop().order(headers, body)
    found = json.loads(text)
    assert status == 201
    assert found.keys() == expected.keys()
    own = ("id", "unitPrice", "totalPrice", "eventName", "categoryName", "createdAt", "updatedAt")  # its event is another one
    assert {name: value for name, value in found.items() if name not in own} == {name: value for name, value in expected.items() if name not in own}
    assert found["totalPrice"] == 3 * found["unitPrice"]


def test_orders_are_completed_and_refused() -> None:
    shop = Shop()
    headers = {b"authorization": b"Bearer anything"}
    assert shop.order({}, b"{}")[0] == 401
    assert shop.order(headers, b"{}")[0] == 400
    assert shop.order(headers, b'{"eventId": 1, "categoryId": 1, "quantity": 1}')[0] == 201
    assert shop.order(headers, b'{"eventId": 2, "categoryId": 1, "quantity": 1}')[0] == 404
    shop.categories[1]["reservedSeats"] = shop.categories[1]["totalSeats"]
    assert shop.order(headers, b'{"eventId": 1, "categoryId": 1, "quantity": 1}')[0] == 409
    shop.complete(2e9)
    assert [row["status"] for row in shop.orders.values()] == ["completed"]
