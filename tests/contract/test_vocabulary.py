"""What is said of a declaration that is not in the vocabulary."""

from typing import Any

import pytest

from understudy.contract.vocabulary import faults, schema

WRONG: list[tuple[str, str, Any, str, str]] = [
    ("behavior", "operation", {"do": "lsit"}, "/do", "Did you mean 'list'?"),
    ("behavior", "operation", {"do": "zzz"}, "/do", "'zzz' is not one of list, read, create"),
    ("behavior", "operation", {"colection": "a"}, "/colection", "'colection' is not a word of the vocabulary here. Did you mean 'collection'?"),
    ("behavior", "operation", {"take": {"of": "a", "key": "1", "quantity": "1", "holds": "keep"}}, "/take/holds", "Did you mean 'hold'?"),
    ("behavior", "operation", {"take": [{"of": "a", "key": "1", "quantity": "1", "hold": "keeep"}]}, "/take/0/hold", "Did you mean 'keep'?"),
    ("behavior", "operation", {"take": {"of": "a", "quantity": "1"}}, "/take", '"key" is a required property'),
    ("behavior", "operation", {"emit": [{"mesage": "x"}]}, "/emit/0/mesage", "Did you mean 'message'?"),
    ("behavior", "operation", {"rate": {"limit": 0, "per": "60s"}}, "/rate/limit", "less than the minimum"),
    ("behavior", "operation", {"rate": {"limit": 1, "per": "minute"}}, "/rate/per", "does not match"),
    ("behavior", "operation", {"after": [{"delay": "2s", "gives": []}]}, "/after/0/gives", "Did you mean 'give'?"),
    ("behavior", "operation", {"denied": 409}, "/denied", "'409' is not one of 403, 404."),
    ("behavior", "operation", {"room": "'a'"}, "/room", "'room' is not a word of the vocabulary here."),
    ("behavior", "message", {"filters": ["a"]}, "/filters", "'filters' is not a word of the vocabulary here."),
    ("behavior", "message", {"do": "login"}, "/do", "'login' is not one of read, create"),
    ("behavior", "message", {"emit": [{"message": "a", "to": "sendr"}]}, "/emit/0/to", "'sendr' is not one of sender."),
    ("behavior", "channel", {"refuse_as": "close"}, "/refuse_as", "'close' is not one of connect_error, message."),
    ("behavior", "push", {"emit": []}, "/emit", "'emit' is not a word of the vocabulary here."),
    ("behavior", "operation", {"collection": 5}, "/collection", "5 is not of type"),
    ("behavior", "operation", [], "", "[] is not of type"),
    ("behavior", "schema", {"key": "id"}, "", '"collection" is a required property'),
    ("behavior", "schema", {"collection": "a", "uniqe": ["b"]}, "/uniqe", "Did you mean 'unique'?"),
    ("behavior", "schema", {"collection": "a", "refs": {"b": {"colection": "c"}}}, "/refs/b/colection", "Did you mean 'collection'?"),
    ("behavior", "schema", {"collection": "a", "capacity": {"total": "a", "reserve": "b"}}, "/capacity/reserve", "Did you mean 'reserved'?"),
    ("behavior", "schema", {"collection": "a-b"}, "/collection", "does not match"),
    ("backend", "", {"title": "T", "services": {"api": {"prot": 1, "port": 1}}}, "/services/api/prot", "Did you mean 'port'?"),
    ("backend", "", {"title": "T", "services": {"api": {"port": "80"}}}, "/services/api/port", '"80" is not of type'),
    ("backend", "", {"title": "T"}, "", '"services" is a required property'),
    ("backend", "", {"title": "T", "services": {}, "seeds": {}}, "/seeds", "Did you mean 'seed'?"),
    ("backend", "", {"title": "T", "services": {}, "seed": {"a": {"cuont": 1}}}, "/seed/a/cuont", "Did you mean 'count'?"),
    ("faker", "", {"one_off": [1]}, "/one_off", "Did you mean 'one_of'?"),
    ("faker", "", {"future": "soon"}, "/future", "does not match"),
]


@pytest.mark.parametrize(("name", "part", "value", "pointer", "sentence"), WRONG, ids=[sentence for *_, sentence in WRONG])
def test_a_wrong_declaration_is_told_where_and_what(name: str, part: str, value: Any, pointer: str, sentence: str) -> None:
    found = faults(name, part, value)
    assert any(at == pointer and sentence in said for at, said in found), found


RIGHT: list[tuple[str, str, Any]] = [
    ("behavior", "operation", {}),
    ("behavior", "operation", {"do": "reply", "reply": {"a": {"b": "row.x"}, "c": None}}),
    (
        "behavior",
        "message",
        {"do": "reply", "reply": {"a": "row.x"}, "room": "'a'", "reply_as": "ack", "refused": {"message": "error", "data": {"a": "detail"}}},
    ),
    ("behavior", "message", {"take": {"of": "a", "key": "1", "hold": "lock"}, "requires": [{"when": "user == null", "say": "No"}]}),
    ("behavior", "channel", {"caller": "account", "refuse_as": "message", "rate": {"limit": 2, "per": "1s"}, "closes": {"emit": [{"message": "left"}]}}),
    ("behavior", "push", {"collection": "a", "whenever": "old == null", "room": "'a'", "data": {"a": "row.b"}}),
    ("behavior", "operation", {"take": {"of": "a", "key": "body.id", "quantity": "1", "hold": "spend", "lock": "body.lock"}}),
    ("behavior", "schema", {"collection": "a", "unique": ["b", ["c", "d"]], "refs": {"b": "x", "c": {"collection": "y", "embed": "z"}}}),
    ("faker", "", "company"),
    ("faker", "", {"provider": "pyint", "args": {"min_value": 1}}),
]


@pytest.mark.parametrize(("name", "part", "value"), RIGHT)
def test_a_right_declaration_has_no_faults(name: str, part: str, value: Any) -> None:
    assert faults(name, part, value) == []


def test_every_fault_is_told_not_only_the_first() -> None:
    assert len(faults("behavior", "operation", {"do": "lsit", "colection": 1, "emit": [{}]})) == 3


@pytest.mark.parametrize("name", ["behavior", "backend", "faker"])
def test_a_schema_of_the_vocabulary_describes_itself(name: str) -> None:
    assert {"$schema", "$id", "title"} <= set(schema(name))
