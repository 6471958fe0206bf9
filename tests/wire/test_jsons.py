"""JSON texts of numbers that orjson refuses."""

import json

import pytest

from understudy.wire import jsons

HUGE = 10**30


def test_it_is_compact_and_utf8() -> None:
    assert jsons.dumps({"a": [1, "é"], 2: None}) == '{"a":[1,"é"],"2":null}'.encode()


def test_a_number_beyond_64_bits_is_written_in_full() -> None:
    assert jsons.dumps({"a": HUGE, "é": [1]}) == ('{"a":1' + "0" * 30 + ',"é":[1]}').encode()


@pytest.mark.parametrize("value", [{"a": 1, "b": [2]}, {"a": HUGE, "b": [2]}])
def test_indented_it_is_read_as_the_same(value: object) -> None:
    text = jsons.dumps(value, indented=True)
    assert json.loads(text) == value
    assert text.startswith(b'{\n  "a": ')


@pytest.mark.parametrize("number", [1, HUGE])
def test_what_json_can_not_say_is_said_by_the_default(number: int) -> None:
    assert json.loads(jsons.dumps([number, {1}], str)) == [number, "{1}"]


def test_without_a_default_it_is_refused() -> None:
    with pytest.raises(TypeError):
        jsons.dumps({"a": object()})


@pytest.mark.parametrize("value", [10**30, -(10**19), {"a": [1, 2.5, "x" * 30, "1" * 30, None, 2**63, 2**64]}, []])
def test_what_was_written_is_read_as_it_was(value: object) -> None:
    found = jsons.loads(jsons.dumps(value))
    assert (found, repr(found)) == (value, repr(value))
