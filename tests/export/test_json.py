"""`understudy export json`: every documented answer as a file, valid, the same every day, and as a module."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.contract.functions import time
from understudy.contract.model import Contract
from understudy.contract.reader import backend_names, read
from understudy.export.answers import NOW, files
from understudy.export.asking import Mock

AT = time(NOW) or 0.0
HERE = Path(__file__).parent


def exported(name: str, seed: str = "understudy") -> tuple[Contract, dict[str, str], list[dict[str, Any]]]:
    contract = read(name)
    written = files(contract, seed, AT)
    return contract, written, json.loads(written["index.json"])["answers"]


@pytest.mark.parametrize("name", backend_names())
def test_every_documented_answer_is_there_and_valid(name: str) -> None:
    contract, written, index = exported(name)
    validator = Mock(contract, "understudy", AT).engine.runtime.answer_validator
    found = set()
    for entry in index:
        operation = next(item for item in contract.operations if item.id == entry["operation"])
        response = operation.responses[str(entry["status"])]
        found.add((operation.id, str(entry["status"])))
        media = response.media.get(entry["media"] or "")
        assert (entry["file"] is not None) == (media is not None and "json" in media.type), entry
        if entry["file"] and media and media.pointer:
            assert validator(operation.bundle, media.pointer).is_valid(json.loads(written[entry["file"]])), entry
    assert found == {(item.id, status) for item in contract.operations for status in item.responses if status[0] in "2345"}


@pytest.mark.parametrize("name", backend_names())
def test_what_can_be_read_is_read_from_the_seeded_world(name: str) -> None:
    contract, written, index = exported(name)
    rows = [entry for entry in index if entry["method"] == "GET" and entry["status"] == 200 and entry["file"]]
    secured = {item.id for item in contract.operations if not item.anonymous}
    assert [entry["operation"] for entry in rows if entry["operation"] in secured and entry["as"] is None] == []
    assert [entry["operation"] for entry in rows if json.loads(written[entry["file"]]) in ([], {})] == []


def test_errors_are_in_the_backends_own_words() -> None:
    _, written, _ = exported("eventplatform")
    assert json.loads(written["createOrder/409.json"]) == {"statusCode": 409, "message": "Conflict", "error": "Only 3 left"}
    assert json.loads(written["listMyOrders/401.json"]) == {"statusCode": 401, "message": "Unauthorized", "error": "Invalid Token!"}


def test_what_is_in_the_index_can_be_found_by_it() -> None:
    _, written, index = exported("eventplatform")
    entry = next(item for item in index if item["operation"] == "getEvent" and item["status"] == 200)
    assert entry == {
        "operation": "getEvent", "service": "gateway", "method": "GET", "path": "/api/events/{id}", "status": 200, "title": "The event",
        "media": "application/json", "file": "getEvent/200.json", "as": None,
    }  # fmt: skip
    assert {entry["file"] for entry in index if entry["file"]} == {name for name in written if "/" in name}


def test_another_seed_makes_other_rows_and_the_same_seed_the_same() -> None:
    assert exported("eventplatform")[1] == exported("eventplatform")[1]
    assert exported("eventplatform")[1]["listEvents/200.json"] != exported("eventplatform", "other")[1]["listEvents/200.json"]


def document(**operation: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "One", "version": "1"}, "paths": {"/things": {"get": {"operationId": "listThings", **operation}}}}


def texts(folder: Path, data: dict[str, Any]) -> dict[str, str]:
    path = folder / "api.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return files(read(str(path)), "understudy", AT)


def body(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "Said", "content": {"application/json": {"schema": schema, **more}}}


def test_named_examples_are_files_of_their_own(tmp_path: Path) -> None:
    examples = {"out of stock": {"value": {"error": "none left"}}, "paused": {"value": {"error": "not on sale"}}}
    written = texts(tmp_path, document(responses={"409": body({"type": "object"}, examples=examples), "204": {"description": "Nothing"}}))
    index = json.loads(written["index.json"])["answers"]
    assert [(item["status"], item["title"], item["file"]) for item in index] == [
        (204, "Nothing", None), (409, "out of stock", "listThings/409.json"), (409, "paused", "listThings/409.paused.json"),
    ]  # fmt: skip
    assert json.loads(written["listThings/409.paused.json"]) == {"error": "not on sale"}
    assert "'409.paused': { error: string }" not in written["index.js"]
    assert "'409.paused': { error: 'not on sale' }" in written["index.js"]


def test_ranges_and_defaults_keep_their_names(tmp_path: Path) -> None:
    error = body({"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}})
    written = texts(tmp_path, document(responses={"200": body({"type": "array", "items": {"type": "string"}}), "4XX": error, "default": error}))
    assert sorted(name for name in written if "/" in name) == ["listThings/200.json", "listThings/4XX.json", "listThings/default.json"]
    assert [item["status"] for item in json.loads(written["index.json"])["answers"]] == [200, 400, 500]


def test_an_example_that_breaks_its_schema_is_left_out(tmp_path: Path) -> None:
    written = texts(tmp_path, document(responses={"200": {"description": "Said"}, "409": body({"type": "integer"}, example="many")}))
    assert [name for name in written if "/" in name] == []


def test_odd_names_are_folders_and_identifiers() -> None:
    written = files(read(str(HERE / "odd.yaml")), "understudy", AT)
    assert {"get-thing/4XX.json", "get-thing/default.json", "createHandlers/200.json"} <= written.keys()
    assert "export const getThing = {" in written["index.js"]
    assert "export const apiCreateHandlers = {" in written["index.js"]


def test_folders_differ_where_letters_have_no_case(tmp_path: Path) -> None:
    data = document(responses={"200": body({"type": "integer"})})
    data["paths"]["/others"] = {"get": {"operationId": "listthings", "responses": {"200": body({"type": "integer"})}}}
    data["paths"]["/index"] = {"get": {"operationId": "index", "responses": {"200": body({"type": "integer"})}}}
    assert sorted(name for name in texts(tmp_path, data) if "/" in name) == ["api-index/200.json", "api-listThings/200.json", "listthings/200.json"]


@pytest.mark.parametrize("name", backend_names())
def test_the_module_holds_what_the_files_hold(name: str, tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    _, written, index = exported(name)
    (tmp_path / "index.js").write_text(written["index.js"], encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    code = "import * as all from './index.js'; console.log(JSON.stringify(all))"
    ran = subprocess.run(["node", "--input-type=module", "-e", code], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True)
    all_ = json.loads(ran.stdout)
    assert {entry["file"]: all_[entry["operation"]][Path(entry["file"]).stem] for entry in index if entry["file"]} == {
        name: json.loads(text) for name, text in written.items() if "/" in name
    }


@pytest.mark.parametrize("name", backend_names())
def test_the_bodies_have_the_types_that_are_declared(name: str, compile_: Callable[..., str]) -> None:
    """Each constant is given its declared type: a body that does not fit its type, or has a property that this lacks, is an error."""
    _, written, _ = exported(name)
    typed = re.sub(r"^export const (\w+) =", r"export const \1: typeof all.\1 =", written["index.js"], flags=re.MULTILINE)
    assert compile_({"index.d.ts": written["index.d.ts"], "bodies.ts": f"import type * as all from './index.js';\n{typed}"}) == ""


# The command


def test_the_command_writes_the_same_whatever_the_day_and_the_hash(tmp_path: Path) -> None:
    def written(folder: Path, seed: str) -> dict[str, str]:
        command = [sys.executable, "-m", "understudy", "export", "json", "savebucks", "--out", str(folder)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Auckland" if seed == "1" else "UTC"}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
        return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}

    assert written(tmp_path / "one", "1") == written(tmp_path / "two", "2")


def test_the_command_tells_what_it_wrote_and_may_be_repeated(run: Callable, tmp_path: Path) -> None:
    for seed in ("a", "b"):
        ran = run("export", "json", "eventplatform", "--out", str(tmp_path / "out"), "--seed", seed)
        assert (ran.code, ran.out, ran.err) == (0, f"89 answers of 20 operations in {tmp_path / 'out'}\n", "")
    assert json.loads((tmp_path / "out" / "understudy.json").read_text(encoding="utf-8"))["made"] == "understudy export json eventplatform"


def test_dates_are_counted_from_now(run: Callable, tmp_path: Path) -> None:
    assert run("export", "json", "eventplatform", "--out", str(tmp_path), "--now", "2030-06-01T00:00:00Z").code == 0
    assert json.loads((tmp_path / "getEvent" / "200.json").read_text(encoding="utf-8"))["eventDate"] == "2030-09-29T00:00:00.000Z"


def test_a_document_by_its_path_is_exported(run: Callable, tmp_path: Path) -> None:
    assert run("export", "json", str(HERE / "odd.yaml"), "--out", str(tmp_path / "out")).code == 0
    assert (tmp_path / "out" / "get-thing" / "4XX.json").is_file()


REFUSALS = [
    (("eventplatfrom", "--out", "new"), "'eventplatfrom' is neither a backend nor a document that is there. Did you mean 'eventplatform'?"),
    (("eventplatform", "--out", "new", "--now", "soon"), "'now' is an instant such as 2026-11-21T12:00:00Z, not 'soon'."),
    (("eventplatform", "--out", "full"), "full holds other files. Nothing was written. Choose another --out, or add to it with --force."),
    (("eventplatform", "--out", "full/mine.txt"), "full/mine.txt is a file. Nothing was written. Choose another --out."),
    (("eventplatform",), "Missing option '--out'. Help: understudy export json -h"),
    (("only.asyncapi.yaml", "--out", "new"), "only.asyncapi.yaml has no operations over HTTP, so there are no answers to write."),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSALS, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "only.asyncapi.yaml").write_text((HERE.parent / "engine" / "chat.asyncapi.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    ran = run("export", "json", *arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"understudy: {said}\n")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["full", "mine.txt", "only.asyncapi.yaml"]


def test_a_misspelt_verb_is_met_with_the_closest(run: Callable) -> None:
    assert "'jsno' is no verb. Did you mean 'json'?" in run("export", "jsno").err
