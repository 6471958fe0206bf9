"""Collections: what a schema with x-behavior says of its rows. (What is said of wrong ones stands in `broken/collection-*`.)"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.contract import reader
from understudy.contract.model import Capacity, Child, Collection, Holds, Members, Ref, States

Write = Callable[[dict[str, str]], Path]
HOLD = {"type": "object", "x-behavior": {"collection": "holds"}, "properties": {"id": {"type": "string", "format": "uuid"}}}


@pytest.fixture
def pets(write: Write) -> Callable[..., Collection]:
    """The collection of a schema with some words and properties."""

    def make(words: dict[str, Any], **properties: Any) -> Collection:
        schema = {"type": "object", "x-behavior": {"collection": "pets", **words}, "properties": {"id": {"type": "integer"}, **properties}}
        document = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"Pet": schema, "Hold": HOLD}}}
        return reader.read(str(write({"a.yaml": yaml.safe_dump(document)}))).collections["pets"]

    return make


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def test_a_row_has_the_properties_of_its_schema(pets: Callable[..., Collection]) -> None:
    assert pets({}, name=TEXT).stored == {"id", "name"}


def test_computed_shown_and_embedded_fields_are_not_stored(pets: Callable[..., Collection]) -> None:
    children, refs = {"toys": {"collection": "holds", "by": "petId"}}, {"ownerId": {"collection": "holds", "embed": "owner"}}
    words = {"derive": {"age": "1"}, "children": children, "refs": refs}
    found = pets(words, age=NUMBER, toys={"type": "array"}, owner={"type": "object"})
    assert (found.stored, found.virtual) == ({"id", "ownerId"}, {"age", "toys", "owner"})


def test_secrets_timestamps_and_foreign_keys_are_stored_even_without_a_property(pets: Callable[..., Collection]) -> None:
    found = pets({"secret": ["hash"], "timestamps": {"created": "made", "updated": "changed"}, "refs": {"holdId": "holds"}})
    assert found.stored == {"id", "hash", "made", "changed", "holdId"}
    assert (found.created, found.updated, found.secret, found.refs) == ("made", "changed", {"hash"}, {"holdId": Ref("holds")})


@pytest.mark.parametrize(
    ("words", "schema", "made"),
    [
        ({}, {"type": "integer"}, "int"),
        ({}, {"type": ["integer", "null"]}, "int"),
        ({}, {"type": "string", "format": "uuid"}, "uuid"),
        ({}, {"type": "string"}, "{n}"),
        ({"id": "shop_{n}"}, {"type": "string"}, "shop_{n}"),
    ],
)
def test_keys_are_made_as_said_else_by_the_type_of_the_key(pets: Callable[..., Collection], words: dict[str, Any], schema: Any, made: str) -> None:
    assert pets({"key": "code", **words}, code=schema).id == made


def test_unique_fields_stand_alone_or_together(pets: Callable[..., Collection]) -> None:
    assert pets({"unique": ["name", ["kind", "age"]]}, name=TEXT, kind=TEXT, age=NUMBER).unique == (("name",), ("kind", "age"))


def test_children_have_an_order_and_a_condition(pets: Callable[..., Collection]) -> None:
    found = pets({"children": {"toys": {"collection": "holds", "by": "petId", "where": "it.new", "sort": "-id", "last": 3}}})
    assert found.children == {"toys": Child("holds", "petId", "it.new", ("-id",), 3)}


def test_states_capacity_and_members_are_read(pets: Callable[..., Collection]) -> None:
    holds = {"collection": "holds", "by": "petId", "user": "userId", "quantity": "n", "expires": "end"}
    words = {
        "states": {"field": "state", "initial": "new", "moves": {"new": ["old"], "old": []}},
        "capacity": {"total": "seats", "reserved": "taken", "holds": holds},
        "members": {"collection": "holds", "by": "petId", "user": "userId", "role": "role", "owner": "ownerId"},
    }
    found = pets(words, state=TEXT, seats=NUMBER, taken=NUMBER)
    assert found.states == States("state", {"new": ("old",), "old": ()}, "new")
    assert found.capacity == Capacity("seats", "taken", Holds("holds", "petId", "userId", "n", "end", "5m"))
    assert found.members == Members("userId", "role", "ownerId", None, "holds", "petId")


@pytest.mark.parametrize("name", reader.backend_names())
def test_every_word_about_a_collection_of_a_shipped_backend_names_what_is_there(name: str) -> None:
    contract = reader.read(name)
    for collection in contract.collections.values():
        assert {ref.collection for ref in collection.refs.values()} <= set(contract.collections)
        assert collection.key in collection.stored
