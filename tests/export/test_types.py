"""`handlers.d.ts`: what the compiler of TypeScript makes of it, and how a schema becomes a type."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.contract.reader import backend_names, read
from understudy.export.names import claim, identifier, operation_names, quoted, word
from understudy.export.types import declarations
from understudy.export.typescript import Writer, comment

HERE = Path(__file__).parent


def shipped() -> dict[str, str]:
    return {f"{name}/handlers.d.ts": declarations(read(name)) for name in backend_names()}


def users(*names: str) -> dict[str, str]:
    return {name: (HERE / name).read_text(encoding="utf-8") for name in names}


@pytest.mark.parametrize("modules", [{}, {"module": "esnext", "moduleResolution": "bundler", "exactOptionalPropertyTypes": True}], ids=["node", "bundler"])
def test_all_backends_and_their_users_pass_the_strict_compiler(compile_: Callable[..., str], modules: dict[str, Any]) -> None:
    assert compile_({**shipped(), **users("typed.ts", "mistyped.ts")}, **modules) == ""


def test_a_mistake_is_one_to_the_compiler(compile_: Callable[..., str]) -> None:
    text = users("mistyped.ts")["mistyped.ts"]
    said = compile_({**shipped(), "mistyped.ts": "\n".join(line for line in text.splitlines() if not line.startswith("// @ts-expect-error"))})
    assert said.count("error TS") == text.count("// @ts-expect-error")


ODD = """
import { apiCreateHandlers, apiDelete, createHandlers, createHandlersOf, getThing } from './handlers.js';
import type { ApiDate, ApiMock, Cat, Closed, Counts, Dog, Free, Mixed, Operations, Tree, _2fa, myThing, myThingInput } from './handlers.js';
export const mock = createHandlersOf([getThing, apiDelete, apiCreateHandlers], createHandlers().length ? {} : { seed: 1 });
export const day: ApiDate = '2026-01-01', code: _2fa = '1', of: ApiMock = { of: day }, tree: Tree = { children: [{ children: [] }] };
export const pets: [Cat, Dog] = [{ kind: 'cat', lives: 7 }, { kind: 'dog', name: 'Rex' }];
export const sent: myThingInput = { secret: 's', 'weird-name': null, tree, pair: ['a', 1], either: pets[0], level: { a: ['x'] } };
export const got: Omit<myThing, 'secret'> = { id: 1, 'weird-name': 'x', tree, level: null };
export const counts: Counts = { a: 1 }, mixed: Mixed = { name: 'a', more: true }, closed: Closed = {}, free: Free = { 'x-a': 'b' };
export type Trace = Operations['get-thing']['parameters']['header']['X-Trace'];
"""


def test_odd_names_and_shapes_pass_the_compiler(compile_: Callable[..., str]) -> None:
    assert compile_({"handlers.d.ts": declarations(read(str(HERE / "odd.yaml"))), "use.ts": ODD}) == ""


def the_type(schema: Any, sent: bool = False) -> str:
    return Writer(lambda pointer, _: pointer.rsplit("/", 1)[-1]).type(schema, sent)


REF = {"$ref": "#/components/schemas/Pet"}
TYPES = [
    ({"type": "string", "format": "date-time"}, "string"),
    ({"type": "integer"}, "number"),
    ({"type": ["integer", "null"]}, "number | null"),
    ({"enum": ["a", "it's", 1, None, True]}, "'a' | 'it\\'s' | 1 | null | true"),
    ({"const": {"a": [1]}}, "{ a: [1] }"),
    ({}, "unknown"),
    (True, "unknown"),
    (False, "never"),
    (REF, "Pet"),
    ({**REF, "description": "said"}, "Pet"),
    ({**REF, "required": ["name"]}, "Pet & { name: unknown }"),
    ({"type": "array", "items": REF}, "Pet[]"),
    ({"type": "array", "items": {"type": ["string", "null"]}}, "(string | null)[]"),
    ({"type": "array"}, "unknown[]"),
    ({"prefixItems": [REF, {"type": "string"}]}, "[Pet, string, ...unknown[]]"),
    ({"prefixItems": [REF], "items": False}, "[Pet]"),
    ({"type": "object"}, "{ [key: string]: unknown }"),
    ({"additionalProperties": {"type": "integer"}}, "{ [key: string]: number }"),
    ({"type": "object", "additionalProperties": False}, "{ [key: string]: never }"),
    ({"properties": {"a": {"type": "string"}}}, "{ a?: string }"),
    ({"properties": {"a-b": {"type": "string"}}, "required": ["a-b"]}, "{ 'a-b': string }"),
    ({"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}}, "{ a?: string; [key: string]: number | string | undefined }"),
    ({"properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": True}, "{ a: string; [key: string]: unknown }"),
    ({"patternProperties": {"^x": {"type": "string"}}}, "{ [key: string]: string }"),
    ({"allOf": [REF], "default": "x"}, "Pet"),
    ({"type": "object", "allOf": [REF, {"properties": {"a": True}}]}, "Pet & { a?: unknown }"),
    ({"allOf": [REF], "properties": {"a": True}, "required": ["a"]}, "Pet & { a: unknown }"),
    ({"oneOf": [REF, {"type": "null"}]}, "Pet | null"),
    ({"oneOf": [REF, {"type": "string"}], "properties": {"a": True}}, "(Pet | string) & { a?: unknown }"),
    ({"allOf": [{"oneOf": [REF, {"type": "string"}]}, {"minLength": 2}]}, "Pet | string"),
    ({"type": "string", "format": "binary"}, "Blob"),
    ({"type": "string", "contentMediaType": "image/png"}, "Blob"),
    ({"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"}, "string"),
]


@pytest.mark.parametrize(("schema", "expected"), TYPES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_schema_is_the_type(schema: Any, expected: str) -> None:
    assert the_type(schema) == expected


def test_what_one_side_sets_may_be_left_out_by_the_other() -> None:
    schema = {"properties": {"id": {"type": "integer", "readOnly": True}, "pin": {"type": "string", "writeOnly": True}}, "required": ["id", "pin"]}
    assert the_type(schema) == "{ readonly id: number; pin?: string }"
    assert the_type(schema, sent=True) == "{ readonly id?: number; pin: string }"


def test_what_is_described_stands_on_lines_of_its_own() -> None:
    schema = {"properties": {"at": {"type": "string", "format": "date", "description": "When", "default": "now", "deprecated": True}}}
    assert the_type(schema) == '{\n  /**\n   * When\n   * @format date\n   * @default "now"\n   * @deprecated\n   */\n  at?: string;\n}'


def test_a_comment_ends_where_it_ends() -> None:
    assert comment({"description": "a */ b"}) == "/** a *\\/ b */\n"


def backend(folder: Path, **components: dict[str, Any]) -> Path:
    """A backend whose services have a schema each."""
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}}
    answers = {"200": {"description": "Fine", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
    for name, schemas in components.items():
        document = {
            "openapi": "3.1.0", "info": {"title": name, "version": "1"}, "servers": [{"url": "http://localhost:3000"}],
            "paths": {"/things": {"get": {"operationId": "getThing", "responses": answers}}}, "components": {"schemas": {"Thing": schema, **schemas}},
        }  # fmt: skip
        (folder / f"{name}.openapi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    services = {name: {"port": 3000 + number} for number, name in enumerate(components)}
    (folder / "backend.yaml").write_text(yaml.safe_dump({"title": "Twins", "services": services}), encoding="utf-8")
    return folder


def test_documents_that_share_a_schema_share_its_type(tmp_path: Path) -> None:
    text = declarations(read(str(backend(tmp_path, one={}, two={}))))
    assert text.count("export interface Thing ") == 1
    assert "TwoThing" not in text


def test_schemas_of_one_name_that_differ_are_told_apart(tmp_path: Path) -> None:
    """Also where only what they refer to differs."""
    ref = {"$ref": "#/components/schemas/Part"}
    whole = {"type": "object", "properties": {"part": ref}}
    text = declarations(read(str(backend(tmp_path, one={"Part": {"type": "string"}, "Thing": whole}, two={"Part": {"type": "integer"}, "Thing": whole}))))
    assert "export type Part = string;" in text
    assert "export type TwoPart = number;" in text
    assert "export interface Thing {\n  part?: Part;\n}" in text
    assert "export interface TwoThing {\n  part?: TwoPart;\n}" in text


def test_operations_of_one_name_are_told_apart(tmp_path: Path) -> None:
    contract = read(str(backend(tmp_path, one={}, two={})))
    assert operation_names(contract) == {("one", "getThing"): "getThing", ("two", "getThing"): "twoGetThing"}
    text = declarations(contract)
    assert "export declare const getThing: Operation<'getThing'>;" in text
    assert "export declare const twoGetThing: Operation<'two.getThing'>;" in text


@pytest.mark.parametrize(("text", "name"), [("get-user", "getUser"), ("2fa", "_2fa"), ("a.b/c", "aBC"), ("Ünï", "n"), ("", "_"), ("fine", "fine")])
def test_an_identifier_is_close_to_its_text(text: str, name: str) -> None:
    assert identifier(text) == name


def test_a_name_is_given_once() -> None:
    taken = {"a"}
    assert [claim(("a", "b"), taken) for _ in range(4)] == ["b", "b2", "b3", "b4"]


@pytest.mark.parametrize(("text", "literal"), [("a", "'a'"), ("it's", "'it\\'s'"), ('"', "'\"'"), ("\\", "'\\\\'"), ("\n", "'\\n'"), ("\u2028", "'\\u2028'")])
def test_a_text_is_a_literal(text: str, literal: str) -> None:
    assert quoted(text) == literal


def test_a_property_is_quoted_if_it_must_be() -> None:
    assert [word(text) for text in ("a", "a-b", "1", "delete")] == ["a", "'a-b'", "'1'", "delete"]
