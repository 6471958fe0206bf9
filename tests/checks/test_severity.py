"""A broken clause of the guide is an error, one that is only inferred a warning: of the operation, the answer and the field."""

from contract_tests.provenance import clause_of, clause_of_field, clause_of_message, clause_of_response
from understudy.contract.reader import read, read_document


def operation(backend: str, name: str):  # type: ignore[no-untyped-def]
    return next(item for item in read(backend).operations if item.id == name)


def test_a_guide_s_operation_is_an_error_with_its_lines() -> None:
    clause = clause_of(operation("eventplatform", "createEvent"))
    assert (clause.severity, clause.guide, clause.lines) == ("error", "event-platform.md", (158, 194))
    assert clause.place is not None
    assert clause.place.file.endswith("gateway.openapi.yaml")


def test_an_inferred_status_is_a_warning_though_its_operation_is_not() -> None:
    assert clause_of_response(operation("eventplatform", "createEvent"), 201).severity == "warning"
    assert clause_of_response(operation("eventplatform", "createEvent"), 401).severity == "error"


def test_what_the_operation_infers_is_a_warning_for_rules_about_it() -> None:
    listing = operation("eventplatform", "listAllOrders")
    assert clause_of(listing).severity == "error"
    assert clause_of(listing, ("role", "organizer")).severity == "warning"


def test_a_field_has_the_clause_of_its_schema() -> None:
    contract = read("eventplatform")
    found = clause_of_field(contract.collections["ticketCategories"], "availableSeats", operation("eventplatform", "listTicketCategories"))
    assert found.lines == (141, 154)


def test_a_message_has_the_clause_of_what_receives_it() -> None:
    channel = read("eventplatform").channels[0]
    assert clause_of_message(channel, "lock-tickets").guide == "event-platform.md"


def test_all_of_a_document_from_outside_is_inferred(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "pets.yaml"
    path.write_text("openapi: 3.1.0\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets:\n    get: {responses: {'200': {description: ok}}}\n", encoding="utf-8")
    assert clause_of(read_document(path).operations[0]).severity == "warning"
