"""Which places of a request name rows is read from the declarations."""

from contract_tests.bindings import bindings, place_of, scope_of
from understudy.contract.reader import read


def operation(backend: str, name: str):  # type: ignore[no-untyped-def]
    return next(item for item in read(backend).operations if item.id == name)


def test_places_are_paths_bodies_and_queries() -> None:
    assert place_of("body.eventId") == ("body", "eventId")
    assert place_of("path['shop-id']") == ("path", "shop-id")
    assert place_of("body.eventId + 1") is None
    assert place_of(None) is None


def test_a_category_is_one_of_the_event_beside_it() -> None:
    contract = read("eventplatform")
    found = {item.spot: item for item in bindings(contract, operation("eventplatform", "createOrder"))}
    assert found["body", "categoryId"].collection.name == "ticketCategories"
    assert found["body", "categoryId"].scope == {"eventId": ("body", "eventId")}
    assert list(found).index(("body", "eventId")) < list(found).index(("body", "categoryId"))


def test_items_of_a_list_name_rows_too() -> None:
    contract = read("platng")
    found = {item.spot: item for item in bindings(contract, operation("platng", "createOrder"))}
    assert found["body", "tickets"].each == "ticket_id"
    assert found["body", "tickets"].scope == {"event_id": ("body", "event_id")}


def test_the_own_key_is_the_last_path_parameter_unless_it_is_said() -> None:
    contract = read("cliick")
    main = [item.spot for item in bindings(contract, operation("cliick", "updateOrderStatus")) if item.main]
    assert main == [("path", "orderId")]
    assert scope_of(operation("cliick", "updateOrderStatus"), contract.collections["orders"]) == {"shopId": ("path", "shopId")}
