"""The exported validator says what the mock's says: of the shipped documents' schemas, and of schemas and values made by chance."""

import copy
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.instants import at
from fixtures.values import Values
from mock_server.engine import violations
from mock_server.engine.runtime import Runtime
from understudy.contract import documents, schemas
from understudy.contract.bundle import Bundle
from understudy.contract.model import Contract
from understudy.contract.reader import backend_names, read
from understudy.wire.chance import derive

from .javascript import Runtime as JavaScript
from .made import document, value

HERE = Path(__file__).parent
FORMATS: dict[str, dict[str, list[str]]] = yaml.safe_load((HERE / "formats.yaml").read_text(encoding="utf-8"))
PATTERNS: dict[str, list[str]] = yaml.safe_load((HERE / "patterns.yaml").read_text(encoding="utf-8"))
KNOWN = ("pointer", "rule", "message", "expected", "got")
Found = list[tuple[bool, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory, requires: Callable[..., None]) -> Iterator[JavaScript]:
    requires("node")
    runtime = JavaScript(tmp_path_factory.mktemp("runtime"))
    yield runtime
    runtime.close()


class Python:
    """The mock's validators of one document."""

    def __init__(self, data: Any) -> None:
        self.bundle: Any = SimpleNamespace(data=data)
        self.runtime: Any = SimpleNamespace(_registries={})

    def check(self, pointer: str, requests: bool, values: list[Any]) -> Found:
        """Whether values are valid, and what is wrong with them."""
        validator = Runtime.validator(self.runtime, self.bundle, pointer, requests)
        found = []
        for item in values:
            wrong = [one for error in validator.iter_errors(item) for one in violations.explain(error, "/body")]
            found.append((validator.is_valid(item), [{name: getattr(one, name) for name in KNOWN} for one in wrong]))
        return found


def difference(javascript: JavaScript, python: Python, pointer: str, requests: bool, values: list[Any]) -> Any:
    """The first value of which the two say different things, with what they say."""
    said = javascript.ask("check", pointer, requests, "/body", values)
    wanted = python.check(pointer, requests, values)
    for item, here, there in zip(values, wanted, said, strict=True):
        if without_references(here) != without_references(there, here):
            return {"value": item, "wanted": here, "said": there}
    return None


def without_references(told: Any, like: Any = None) -> Any:
    """What is told; `not` says its whole schema, and the exporter leaves no names for its references."""
    good, found = told
    named = ['"$ref"' in item["message"] for item in (like or told)[1]]
    return good, [{**item, "message": ""} if hidden else item for item, hidden in zip_longest(found, named)]


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=True))
def test_made_schemas_are_told_alike(javascript: JavaScript, chance: Random) -> None:
    made, values = document(chance), [value(chance) for _ in range(12)]
    javascript.ask("document", made)
    for requests in (True, False):
        assert difference(javascript, Python(made), "/components/schemas/M", requests, values) is None, made


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=True))
def test_what_schemas_list_is_told_alike(javascript: JavaScript, chance: Random) -> None:
    made = document(chance)
    javascript.ask("document", made)
    for name, schema in made["components"]["schemas"].items():
        wanted = [schemas.type_of(made, schema), list(schemas.properties(made, schema)), sorted(schemas.required(made, schema))]
        assert javascript.ask("known", f"/components/schemas/{name}") == wanted, made


@pytest.mark.parametrize("backend", sorted(backend_names()))
def test_the_schemas_of_a_shipped_contract_are_told_alike(javascript: JavaScript, backend: str) -> None:
    contract = read(backend)
    for service in contract.services:
        for bundle in (service.bundle, service.realtime):
            if bundle is not None:
                every_schema(javascript, bundle, sorted(pointers(contract, bundle)))


def pointers(contract: Contract, bundle: Bundle) -> Iterator[tuple[str, bool]]:
    """The schemas of a document's bodies, answers and messages, and whether they are of requests."""
    operations = [*contract.operations, *(item.operation for channel in contract.channels for item in channel.receives.values())]
    for operation in operations:
        if operation.bundle is bundle:
            yield from ((item.pointer, True) for item in (*operation.parameters, *operation.bodies.values()) if item.pointer)
            yield from ((item.pointer, False) for answer in operation.responses.values() for item in answer.media.values() if item.pointer)
    for channel in contract.channels:
        if channel.bundle is bundle:
            yield from ((item.message.pointer, False) for item in channel.sends.values() if item.message.pointer)


def every_schema(javascript: JavaScript, bundle: Bundle, found: list[tuple[str, bool]]) -> None:
    """Compares what is said of plausible values, and of values with something wrong."""
    python, values = Python(bundle.data), Values(bundle.data, "en_US")
    javascript.ask("document", bundle.data)
    for pointer, requests in dict.fromkeys(found):
        chance = Random(pointer)
        schema = documents.resolve(bundle.data, pointer)
        good = [at(values.make("value", schema, derive(pointer, number)), 1.7e9) for number in range(3)]
        wrong = [broken(chance, item) for item in good for _ in range(6)]
        assert difference(javascript, python, pointer, requests, [plain(item) for item in (*good, *wrong)]) is None, pointer


def broken(chance: Random, item: Any) -> Any:
    """A copy of a value with one part replaced, taken away or added."""
    item = copy.deepcopy(item)
    if not isinstance(item, dict | list) or not item or chance.random() < 0.2:
        return value(chance)
    key = chance.choice(list(item) if isinstance(item, dict) else range(len(item)))
    deed = chance.random()
    if deed < 0.5:
        item[key] = broken(chance, item[key])
    elif deed < 0.8:
        del item[key]
    elif isinstance(item, dict):
        item[chance.choice(["extra", "id", "name"])] = value(chance)
    else:
        item.append(value(chance))
    return item


def plain(item: Any) -> Any:
    """A value without numbers like 1.0, which JavaScript can't tell from 1."""
    if isinstance(item, dict):
        return {name: plain(inner) for name, inner in item.items()}
    if isinstance(item, list):
        return [plain(inner) for inner in item]
    return int(item) if isinstance(item, float) and item.is_integer() else item


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_told_alike(javascript: JavaScript, name: str) -> None:
    cases = FORMATS[name]
    chance = Random(name)
    validator = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)
    texts = [*cases["texts"], *(bent(chance, chance.choice(cases["texts"]), cases["pieces"]) for _ in range(1500))]
    wanted = [validator.is_valid(text) for text in texts]
    said = javascript.ask("format", name, texts)
    assert [(text, good) for text, good, told in zip(texts, wanted, said, strict=True) if good != told and not excused(name, text)] == []
    assert any(wanted)
    assert not all(wanted)


def bent(chance: Random, text: str, pieces: list[str]) -> str:
    """A text with one or two characters replaced, taken away or added."""
    characters = list(text)
    for _ in range(chance.randrange(1, 3)):
        place = chance.randrange(len(characters) + 1)
        characters[place : place + chance.randrange(2)] = [chance.choice(pieces)] * chance.randrange(2)
    return "".join(characters)


def excused(name: str, text: str) -> bool:
    """What the mock's library alone takes: punctuation in dates where a digit belongs, encoded labels that browsers find no letters in."""
    if name in ("date", "time", "date-time"):
        return any(character in "*+,-./" for character in text)
    return "xn--" in text if "host" in name or "email" in name else name == "regex" and "\\p" in text


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_alike(javascript: JavaScript, pattern: str) -> None:
    texts = [*PATTERNS[pattern], "", "a", "é", "a b", "1", "٣", "\n", "\r", "\u2028", "\u00a0", "\ufeff", "😀", "A1-_", "]", "a\n"]
    validator = jsonschema_rs.Draft202012Validator({"pattern": pattern})
    javascript.ask("document", {"s": {"pattern": pattern}})
    assert [item[0] for item in javascript.ask("check", "/s", True, "/body", texts)] == [validator.is_valid(text) for text in texts]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_is_found_that_a_pattern_matches(javascript: JavaScript, pattern: str) -> None:
    text = javascript.ask("sample", pattern)
    looks = "(?=" in pattern or "\\1" in pattern  # which takes more than one look at a pattern
    assert looks if text is None else jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid(text)
