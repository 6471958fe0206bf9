"""What is one cause is one finding, told by the rule that says most."""

import re

import pytest

from contract_tests import rules
from contract_tests.causes import BROKEN, PARTS, causes, complaint_of, field_of
from contract_tests.ranking import grouped

from .made import exchange, finding

FIELD = {"evidence": (exchange(status=200),), "expected": "type: integer (components/schemas/Event/properties/id/type)"}
FOREIGN = '"7" is not of type "integer"\n\nSchema at /components/schemas/Event/properties/id:\n\n    {"type": "integer"}'


def test_the_table_names_rules_and_parts_that_there_are() -> None:
    known = {*rules.rules(), *rules.foreign()}
    assert [name for cause in causes() for name in cause.rules if name not in known] == []
    assert [name for cause in causes() for name in cause.by if name not in PARTS] == []
    assert [rule for rule, _ in BROKEN if rule not in known] == []


@pytest.mark.parametrize(
    ("title", "complaint"),
    [
        ("'statusCode' is a required property", "required statusCode"),
        ('the body: "statusCode" is a required property', "required statusCode"),
        ('id: "1" is not of type "integer"', "no integer"),
        ("'1' is not of type 'integer'", "no integer"),
        ('"2026" is not a "date-time"', "no date-time"),
        ("createdAt is no instant with a zone", "no date-time"),
        ("it is text/html and no JSON", "type"),
    ],
)
def test_a_complaint_reads_alike_whoever_makes_it(title: str, complaint: str) -> None:
    assert complaint_of(finding(title=title, seen="")) == complaint


def test_a_field_is_that_of_the_schema() -> None:
    assert field_of(finding("surface.schema", aspect="200.*/id", **FIELD)) == "id"
    assert field_of(finding("ST108", aspect="200", seen=FOREIGN)) == "id"
    assert field_of(finding("journey.shape", aspect="200.*.tickets.*.price", seen="x", expected="y")) == "price"


def test_a_wrong_field_is_one_finding_in_all_answers_and_of_all_validators() -> None:
    title = '*/id of the answer 200 breaks its schema: "7" is not of type "integer"'
    found = grouped([
        finding("ST108", "listEvents", aspect="200", title="response violates schema", seen=FOREIGN, evidence=(exchange(status=200),)),
        finding("surface.schema", "listEvents", aspect="200.*/id", title=title, **FIELD),
        finding("surface.schema", "getEvent", aspect="200.id", title=title, **FIELD),
        finding("journey.shape", "getEvent", aspect="200.id", title="id is not as documented: '7' is not of type 'integer'", evidence=(exchange(status=200),)),
    ])  # fmt: skip
    assert [(item.rule, item.count, set(item.subjects)) for item in found] == [("surface.schema", 4, {"listEvents", "getEvent"})]
    assert ("ST108", "listEvents", "200") in found[0].symptoms


def test_errors_of_another_shape_are_one_finding_whatever_their_status() -> None:
    title = 'the error breaks its schema: "statusCode" is a required property'
    found = grouped([
        finding("surface.schema", "a", aspect="401.body", title=title, evidence=(exchange(status=401),)),
        finding("surface.schema", "b", aspect="404.body", title=title, evidence=(exchange(status=404),)),
        finding("errors.shape", "c", aspect="an-unknown-path", title=title, severity="warning", evidence=(exchange(status=404),)),
    ])  # fmt: skip
    assert [(item.rule, item.count) for item in found] == [("errors.shape", 3)]


def test_a_crash_of_an_operation_is_one_finding() -> None:
    found = grouped([finding("surface.crash", "a", aspect="500"), finding("ST101", "a"), finding("ST103", "a", aspect="500"), finding("ST101", "b")])
    assert [(item.rule, item.subject, item.count) for item in found] == [("surface.crash", "a", 3), ("ST101", "b", 1)]


def test_what_is_seen_of_a_missing_route_is_its_effect() -> None:
    missing = finding("surface.operation", "a", aspect="missing", evidence=(exchange(status=404),))
    effects = [finding("lists.where", "a"), finding("journey.time", "a", aspect="ahead"), finding("ST203", "a", aspect="x")]
    found = grouped([*effects, missing, finding("lists.where", "b")])
    assert {(item.rule, item.subject): item.count for item in found} == {("surface.operation", "a"): 4, ("lists.where", "b"): 1}


def test_what_is_seen_of_a_service_that_is_not_there_is_its_effect() -> None:
    gone = finding("surface.service", "gateway")
    found = grouped([finding("surface.media", "a", aspect="200"), finding("surface.login", "login"), gone, finding("lists.where", "b", service="other")])
    assert [(item.rule, item.count) for item in found if item.service == "gateway"] == [("surface.service", 3)]
    assert len(found) == 2


def test_an_operation_that_refuses_or_loses_is_looked_at_all_the_same() -> None:
    assert len(grouped([finding("surface.operation", "a", aspect="refused"), finding("lists.where", "a")])) == 2


def test_what_is_accepted_is_no_cause_of_what_is_not() -> None:
    accepted = finding("surface.operation", "a", aspect="missing", accepted="comes with v2")
    assert len(grouped([accepted, finding("lists.where", "a")])) == 2


def test_patterns_of_aspects_are_patterns() -> None:
    assert all(isinstance(cause.aspects, re.Pattern) for cause in causes() if cause.aspects)
