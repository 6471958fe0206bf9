"""`understudy specs diff`: what breaks those who use the old contract. Cases are data, in `differences/`."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import run  # noqa: F401  a fixture
from understudy.contract.diff import Change, differences
from understudy.contract.reader import backend_names, read, specs_folder

Run = Callable[..., Any]
HERE = Path(__file__).parent / "differences"
OK = {"200": {"description": "d"}}
SCHEMES = {"bearer": {"type": "http", "scheme": "bearer"}, "key": {"type": "apiKey", "in": "header", "name": "X-Key"}}


def cases(name: str) -> Iterator[Any]:
    for case, words in yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8")).items():
        yield pytest.param(words, id=case)


def openapi(paths: Any, components: Any = None) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, "components": {"securitySchemes": SCHEMES, **(components or {})}}


def of_operation(words: Any) -> dict[str, Any]:
    path = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}], "get": {"responses": OK, **words}}
    return openapi({"/things/{id}": path})


def of_schema(way: str, schema: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": content, "responses": OK} if way == "request" else {"responses": {"200": {"description": "d", **content}}}
    return openapi({"/things": {"post": operation}})


def of_messages(words: Any) -> dict[str, Any]:
    """A small AsyncAPI document: `receives` and `sends` are name -> properties of the payload."""
    server = {"host": "x", "protocol": "ws", **({"x-socketio": words["socketio"]} if "socketio" in words else {})}
    messages, operations = {}, {}
    for action, listed in (("receive", words.get("receives", {})), ("send", words.get("sends", {}))):
        for name, properties in listed.items():
            messages[name] = {"name": name, "payload": {"type": "object", "properties": properties}}
            operations[f"{action}-{name}"] = operation("chat", action, name)
    for name, properties in words.get("acks", {}).items():
        messages[name]["x-ack"] = {"type": "object", "properties": properties}
    for name, reply in words.get("replies", {}).items():
        operations[f"receive-{name}"]["reply"] = {"messages": [{"$ref": f"#/channels/chat/messages/{reply}"}]}
    for name, room in words.get("rooms", {}).items():
        operations[f"send-{name}"]["x-behavior"] = {"room": room}
    binding = {"bindings": {"ws": {"query": {"type": "object", **words["query"]}}}} if "query" in words else {}
    channels = {"chat": {"address": words.get("address", "/chat"), "messages": messages, **binding}}
    if "other" in words:
        channels["other"] = {"address": "/other", "messages": {name: {"name": name, "payload": {"type": "object"}} for name in words["other"]}}
        operations |= {f"other-{name}": operation("other", "send", name) for name in words["other"]}
    return {"asyncapi": "3.0.0", "info": {"title": "t", "version": "1"}, "servers": {"s": server}, "channels": channels, "operations": operations}


def operation(channel: str, action: str, name: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"}]}


def written(folder: Path, *documents: Any) -> list[str]:
    paths = [folder / name for name in ("old.yaml", "new.yaml")]
    for path, document in zip(paths, documents, strict=True):
        path.write_text(document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return [str(path) for path in paths]


def changes(folder: Path, *documents: Any) -> tuple[Change, ...]:
    old, new = written(folder, *documents)
    return differences(read(old), read(new))


def said(found: tuple[Change, ...], about: bool = True) -> list[str]:
    return sorted(f"{'breaking' if item.breaking else 'compatible'}: {f'{item.about}: ' if about else ''}{item.says}" for item in found)


@pytest.mark.parametrize("case", list(cases("shapes")))
def test_schemas_are_compared_by_the_way_their_values_go(tmp_path: Path, case: Any) -> None:
    way = next(word for word in ("request", "response") if word in case)
    assert said(changes(tmp_path, *(of_schema(way, schema) for schema in case[way])), about=False) == sorted(case["expect"])


@pytest.mark.parametrize("case", list(cases("operations")))
def test_operations_are_compared(tmp_path: Path, case: Any) -> None:
    if "operation" in case:
        documents = [of_operation(words) for words in case["operation"]]
    else:
        documents = [openapi(one, other) for one, other in zip(case.get("paths", [{}, {}]), case.get("components", [{}, {}]), strict=True)]
    assert said(changes(tmp_path, *documents)) == sorted(case["expect"])


@pytest.mark.parametrize("case", list(cases("channels")))
def test_channels_are_compared(tmp_path: Path, case: Any) -> None:
    assert said(changes(tmp_path, *map(of_messages, case["messages"]))) == sorted(case["expect"])


@pytest.mark.parametrize("name", backend_names())
def test_a_backend_has_no_difference_to_itself(name: str) -> None:
    assert differences(read(name), read(name)) == ()


@pytest.mark.parametrize("name", ["shapes", "operations", "channels"])
def test_no_document_of_the_cases_has_a_difference_to_itself(tmp_path: Path, name: str) -> None:
    for case in yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8")).values():
        for word, make in (("operation", of_operation), ("messages", of_messages), ("request", lambda schema: of_schema("request", schema))):
            for document in case.get(word, ()):
                assert changes(tmp_path, make(document), make(document)) == ()


def of_forms(depth: int, **more: Any) -> dict[str, Any]:
    """An answer whose forms contain the next ones twice, and the last ones the first."""
    schemas: dict[str, Any] = {}
    for level in range(depth):
        inside = {"$ref": f"#/components/schemas/Any{(level + 1) % depth}"}
        schemas[f"Any{level}"] = {"oneOf": [{"$ref": f"#/components/schemas/Of{level}x{form}"} for form in range(5)]}
        for form in range(5):
            schemas[f"Of{level}x{form}"] = {"type": "object", "properties": {"kind": {"const": form}, "left": inside, "right": inside}}
    schemas["Of9x3"]["properties"] |= more
    document = of_schema("response", {"$ref": "#/components/schemas/Any0"})
    return {**document, "components": {**document["components"], "schemas": schemas}}


def test_forms_within_forms_within_themselves_are_compared_in_no_time(tmp_path: Path) -> None:
    assert changes(tmp_path, of_forms(12), of_forms(12)) == ()
    found = changes(tmp_path, of_forms(12, price={"type": "integer"}), of_forms(12))
    assert {item.says.rpartition(".")[2] for item in found} == {"price' is gone"}


OLD = """\
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    get:
      responses:
        '200':
          description: d
          content:
            application/json:
              schema: {$ref: '#/components/schemas/A'}
  /b:
    get:
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}
components:
  schemas:
    A:
      type: object
      properties:
        id: {type: integer}
        name: {type: string}
"""
NEW = OLD.replace("id: {type: integer}", "id: {type: string}").replace("        name: {type: string}\n", "")


def test_a_change_stands_at_its_line_in_the_new_document_and_what_is_gone_in_the_old_one(tmp_path: Path) -> None:
    found = changes(tmp_path, OLD, NEW)
    assert [str(item).replace(str(tmp_path), "") for item in found] == [
        "/new.yaml:21: breaking: GET /a, GET /b: answer 200 'id' is string instead of integer",
        "/old.yaml:22: breaking: GET /a, GET /b: answer 200 'name' is gone",
    ]


def test_the_command_says_what_changed_and_ends_with_1_where_something_breaks(tmp_path: Path, run: Run) -> None:  # noqa: F811
    old, new = written(tmp_path, OLD, NEW)
    ran = run("specs", "diff", old, new)
    assert (ran.code, ran.out.splitlines()[-1]) == (1, "2 changes, 2 breaking")
    assert run("specs", "diff", old, old).out == "0 changes, 0 breaking\n"
    assert run("specs", "diff", old, old).code == 0


def test_compatible_changes_end_with_0_and_can_be_left_out(tmp_path: Path, run: Run) -> None:  # noqa: F811
    old, new = written(tmp_path, NEW, NEW.replace("id: {type: string}", "id: {type: string}\n        more: {type: string}"))
    ran = run("specs", "diff", old, new)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 change, 0 breaking")
    assert run("specs", "diff", old, new, "--breaking").out == "0 changes, 0 breaking\n"


def test_programs_and_comments_get_their_own_form(tmp_path: Path, run: Run) -> None:  # noqa: F811
    old, new = written(tmp_path, OLD, NEW)
    told = json.loads(run("specs", "diff", old, new, "--json").out)
    assert (told["breaking"], told["changes"][0]["kind"], told["changes"][0]["also"]) == (2, "response.type", ["GET /b"])
    assert told["changes"][0]["place"] == {"file": new, "line": 21}
    table = run("specs", "diff", old, new, "--markdown").out
    assert table.startswith("**2 changes, 2 breaking**\n\n| | where | what | file |\n|---|---|---|---|\n| ❌ | GET /a, GET /b | answer 200 'id' is string")
    assert run("specs", "diff", old, new, "--markdown", "--json").code == 2


def test_a_revision_of_git_is_a_contract_too(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], cwd=tmp_path, check=True, capture_output=True)

    monkeypatch.chdir(tmp_path)
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "api.yaml").write_text(OLD)
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        git(*command)
    (tmp_path / "api" / "api.yaml").write_text(NEW)
    ran = run("specs", "diff", "HEAD:api/api.yaml", "api/api.yaml", "--breaking")
    assert ran.code == 1
    assert "HEAD:api/api.yaml:22: breaking: GET /a, GET /b: answer 200 'name' is gone\n" in ran.out
    assert run("specs", "diff", "HEAD:api/none.yaml", "api/api.yaml").err == "understudy: 'api/none.yaml' at HEAD is neither a backend nor a document.\n"
    assert run("specs", "diff", "nowhere:api/api.yaml", "api/api.yaml").err.startswith("understudy: git has no nowhere:api/api.yaml: ")


def test_a_whole_backend_is_compared_by_name_and_by_folder(run: Run) -> None:  # noqa: F811
    name = backend_names()[0]
    assert run("specs", "diff", name, str(specs_folder() / name)).out == "0 changes, 0 breaking\n"


def test_of_a_service_that_is_gone_its_operations_are_not_told_one_by_one(tmp_path: Path) -> None:
    for folder, services in (("one", "ab"), ("other", "a")):
        (tmp_path / folder).mkdir()
        settings = {"title": "t", "services": {name: {"port": 4000 + index} for index, name in enumerate(services)}}
        (tmp_path / folder / "backend.yaml").write_text(yaml.safe_dump(settings))
        for name in services:
            (tmp_path / folder / f"{name}.openapi.yaml").write_text(yaml.safe_dump(openapi({f"/{name}": {"get": {"responses": OK}}})))
    found = differences(read(str(tmp_path / "one")), read(str(tmp_path / "other")))
    assert said(found) == ["breaking: service b: is gone"]
    assert found[0].place.file == str(tmp_path / "one" / "b.openapi.yaml")


def test_an_unknown_target_is_a_usage_error(run: Run) -> None:  # noqa: F811
    assert run("specs", "diff", "eventplatfrom", "cliick").err == (
        "understudy: 'eventplatfrom' is neither a backend nor a document that is there. Did you mean 'eventplatform'?\n"
    )
