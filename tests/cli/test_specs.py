"""The verbs of `understudy specs`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from understudy.contract.pages import vocabulary_page
from understudy.contract.reader import backend_names
from understudy.contract.vocabulary import schema

GOOD = Path(__file__).parents[1] / "contract_lint" / "good" / "harbour"
KEYWORDS = {
    "$schema", "$id", "$ref", "$defs", "title", "description", "type", "additionalProperties", "required", "properties", "items", "enum", "anyOf", "pattern",
    "minimum", "maximum", "minItems", "maxItems", "minLength", "minProperties", "maxProperties",
}  # fmt: skip
PETS = """
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {'200': {description: a, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/P'}}}}}}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/P'}}}}
      responses: {'201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/P'}}}}}
  /status: {get: {operationId: getStatus, responses: {'200': {description: a}}}}
components: {schemas: {P: {type: object, properties: {id: {type: integer}, name: {type: string}}}}}
"""


def test_lint_exits_0_without_and_1_with_faults(run: Callable, tmp_path: Path) -> None:
    copy = shutil.copytree(GOOD, tmp_path / "harbour")
    assert run("specs", "lint", str(copy)).code == 0
    file = copy / "api.openapi.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("do: list", "do: lsit"), encoding="utf-8")
    ran = run("specs", "lint", str(copy))
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == "1 fault"
    assert "api.openapi.yaml:37: GET /berths: x-behavior.do: 'lsit' is not one of" in ran.out


def test_lint_exits_2_for_what_can_not_be_looked_at(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    ran = run("specs", "lint", str(tmp_path / "a.yaml"))
    assert ran.code == 2
    assert "This is neither an OpenAPI nor an AsyncAPI document" in ran.err


def test_lint_speaks_json(run: Callable) -> None:
    found = json.loads(run("specs", "lint", str(GOOD), "--json").out)
    assert (found["count"], found["faults"]) == (0, [])


def test_routes_of_a_document_say_what_is_inferred(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "pets.yaml").write_text(PETS, encoding="utf-8")
    lines = run("specs", "routes", str(tmp_path / "pets.yaml")).out.splitlines()
    assert [line.split() for line in lines[1:4]] == [
        ["GET", "/pets", "listPets", "list", "pets", "inferred"],
        ["POST", "/pets", "addPet", "create", "pets", "inferred"],
        ["GET", "/status", "getStatus", "example"],
    ]
    assert lines[4] == "pets: 3 operations: 2 inferred, 1 example"
    assert lines[-1] == "0 of 3 operations are Python"


def test_routes_of_all_backends_count_what_is_python(run: Callable) -> None:
    found = json.loads(run("specs", "routes", "--json").out)
    assert set(found["backends"]) == set(backend_names())
    assert found["all"]["operations"] == len(found["routes"]) == sum(item["operations"] for item in found["backends"].values())
    assert found["all"]["python"] <= 30
    assert found["all"]["inferred"] == found["all"]["example"] == 0


def test_routes_list_the_messages_that_clients_send(run: Callable) -> None:
    found = json.loads(run("specs", "routes", "eventplatform", "--json").out)
    assert {item["path"]: (item["operation"], item["source"]) for item in found["messages"]}["/realtime lock-tickets"] == ("lockTickets", "declared")
    assert found["backends"]["eventplatform"]["messages"] == len(found["messages"]) == 5
    assert "/realtime lock-tickets" in run("specs", "routes", "eventplatform").out


def test_trace_exits_1_when_something_is_missing(run: Callable, tmp_path: Path) -> None:
    copy = shutil.copytree(GOOD, tmp_path / "harbour")
    (copy / "guide.yaml").write_text("guide: harbour.md\nlines: 30\noperations:\n  - {name: GET /api/berths, lines: [7]}\n", encoding="utf-8")
    assert run("specs", "trace", str(copy)).code == 0
    (copy / "guide.yaml").write_text("guide: harbour.md\nlines: 30\noperations:\n  - {name: GET /api/cranes, lines: [7]}\n", encoding="utf-8")
    ran = run("specs", "trace", "--missing", str(copy))
    assert ran.code == 1
    assert "GET /api/cranes" in ran.out
    assert "1 missing" in ran.out.splitlines()[-1]


def test_trace_without_a_ledger_says_how_to_write_one(run: Callable) -> None:
    ran = run("specs", "trace", str(GOOD))
    assert ran.code == 2
    assert f"guide.yaml is not there. Write it with: understudy specs extract {GOOD}" in ran.err


def test_extract_writes_and_checks(run: Callable, tmp_path: Path) -> None:
    copy = shutil.copytree(GOOD, tmp_path / "harbour")
    (tmp_path / "harbour.md").write_text("# Harbour\n\n`GET /api/berths`\n", encoding="utf-8")
    guides = ("--guides", str(tmp_path))
    assert run("specs", "extract", str(copy), *guides, "--check").code == 1
    assert not (copy / "guide.yaml").exists()
    assert run("specs", "extract", str(copy), *guides).code == 0
    assert "GET /api/berths" in (copy / "guide.yaml").read_text(encoding="utf-8")
    assert run("specs", "extract", str(copy), *guides, "--check").out.endswith("guide.yaml: as it was\n")


def test_extract_without_guides_says_where_to_name_them(run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_GUIDES", str(tmp_path / "none"))
    ran = run("specs", "extract")
    assert ran.err == f"understudy: The guides are not at {tmp_path / 'none'}. Say where they are: --guides DIR, or UNDERSTUDY_GUIDES.\n"
    ran = run("specs", "extract", str(GOOD), "--guides", str(tmp_path))
    assert ran.err.endswith(f"backend.yaml: its guide harbour.md is not in {tmp_path}.\n")


def test_the_vocabulary_page_is_the_committed_one(run: Callable) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "vocabulary.md"
    assert page.read_text(encoding="utf-8") == vocabulary_page(), "run: understudy specs vocabulary --write"
    assert run("specs", "vocabulary").out == vocabulary_page()


@pytest.mark.parametrize("name", ["behavior", "backend", "faker", "settings"])
def test_the_vocabularys_schemas_hold_keywords_only(name: str) -> None:
    """A comma in an unquoted description would cut it and make a keyword of its rest."""

    def words(node: object, names: bool = False) -> set[str]:
        if isinstance(node, list):
            return {word for item in node for word in words(item)}
        if not isinstance(node, dict):
            return set()
        inside = {word for key, item in node.items() for word in words(item, not names and key in ("properties", "$defs"))}
        return inside | (set() if names else set(node))

    assert words(schema(name)) <= KEYWORDS
