"""What the reader makes of a document: paths, parameters, bodies, answers, security, examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.contract import reader
from understudy.contract.errors import ContractError, UsageError
from understudy.contract.model import Contract, Operation, Security

Write = Callable[[dict[str, str]], Path]
Read = Callable[..., Contract]


@pytest.fixture
def read(write: Write) -> Read:
    """Reads a document of some parts, OpenAPI 3.1 unless it says otherwise."""

    def document(**parts: Any) -> Contract:
        whole = {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, **parts}
        return reader.read(str(write({"pets.openapi.yaml": yaml.safe_dump(whole, sort_keys=False)})))

    return document


def one(contract: Contract) -> Operation:
    (operation,) = contract.operations
    return operation


def get(**words: Any) -> dict[str, Any]:
    return {"/pets": {"get": {"operationId": "listPets", **words}}}


def test_a_document_is_a_contract_with_one_service(read: Read) -> None:
    contract = read(paths=get())
    assert (contract.name, contract.title, contract.declared) == ("pets", "Pets", False)
    assert [(service.name, service.port) for service in contract.services] == [("api", reader.FREE_PORT)]


def test_an_operation_knows_where_it_stands(read: Read) -> None:
    operation = one(read(paths=get()))
    assert str(operation.place).endswith("pets.openapi.yaml:7")


def test_an_operation_without_id_is_named_by_method_and_path(read: Read) -> None:
    assert one(read(paths={"/pet-shops/{shop_id}/pets": {"get": {}}})).id == "getPetShopsShopIdPets"


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        (None, "/pets"),
        ([], "/pets"),
        ([{"url": "/"}], "/pets"),
        ([{"url": "http://localhost:3000"}], "/pets"),
        ([{"url": "http://localhost:3000/"}], "/pets"),
        ([{"url": "http://localhost:3000/api/v1/"}], "/api/v1/pets"),
        ([{"url": "https://a.example/one"}, {"url": "https://b.example/two"}], "/one/pets"),
        ([{"url": "/api"}], "/api/pets"),
        ([{"url": "api"}], "/api/pets"),
        ([{"url": "https://{host}/{base}/x", "variables": {"host": {"default": "h"}, "base": {"default": "v2"}}}], "/v2/x/pets"),
    ],
)
def test_the_base_path_is_that_of_the_first_server(read: Read, servers: Any, path: str) -> None:
    assert one(read(paths=get(), **({} if servers is None else {"servers": servers}))).path == path


def test_servers_of_a_path_win_over_those_of_the_document(read: Read) -> None:
    paths = {"/pets": {"servers": [{"url": "/path"}], "get": {}, "post": {"servers": [{"url": "/own"}]}}}
    assert [operation.path for operation in read(paths=paths, servers=[{"url": "/all"}]).operations] == ["/path/pets", "/own/pets"]


def test_every_method_of_a_path_is_an_operation(read: Read) -> None:
    contract = read(paths={"/a": {method: {} for method in reader.METHODS} | {"summary": "x", "x-get": {}}})
    assert {operation.method for operation in contract.operations} == {method.upper() for method in reader.METHODS}


def test_parameters_of_path_and_operation_are_merged(read: Read) -> None:
    shared = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}, {"name": "x", "in": "query", "schema": {"type": "string"}}]
    paths = {
        "/pets/{id}": {
            "parameters": shared,
            "get": {"parameters": [{"name": "x", "in": "query", "schema": {"type": "boolean"}}, {"name": "x", "in": "header", "schema": {"type": "number"}}]},
        }
    }
    found = {(parameter.where, parameter.name): parameter.type for parameter in one(read(paths=paths)).parameters}
    assert found == {("path", "id"): "integer", ("query", "x"): "boolean", ("header", "x"): "number"}


def test_headers_are_the_same_whatever_their_case(read: Read) -> None:
    paths = {"/a": {"parameters": [{"name": "X-Id", "in": "header"}], "get": {"parameters": [{"name": "x-id", "in": "header", "required": True}]}}}
    assert [(parameter.name, parameter.required) for parameter in one(read(paths=paths)).parameters] == [("x-id", True)]


def test_a_path_parameter_that_is_not_declared_is_a_text(read: Read) -> None:
    (parameter,) = one(read(paths={"/pets/{id}": {"get": {}}})).parameters
    assert (parameter.name, parameter.where, parameter.required, parameter.type) == ("id", "path", True, "string")


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ({"in": "query"}, ("form", True, "string")),
        ({"in": "query", "style": "pipeDelimited", "schema": {"type": "array"}}, ("pipeDelimited", False, "array")),
        ({"in": "query", "explode": False, "schema": {"type": "array"}}, ("form", False, "array")),
        ({"in": "header", "schema": {"type": ["integer", "null"]}}, ("simple", False, "integer")),
        ({"in": "query", "content": {"application/json": {"schema": {"type": "object"}}}}, ("form", True, "json")),
    ],
)
def test_a_parameter_has_style_and_type(read: Read, node: Any, told: tuple[Any, ...]) -> None:
    (parameter,) = one(read(paths=get(parameters=[{"name": "p", **node}]))).parameters
    assert (parameter.style, parameter.explode, parameter.type) == told


def test_a_shared_parameter_points_at_its_own_schema(read: Read) -> None:
    components = {"parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}}}
    (parameter,) = one(read(paths=get(parameters=[{"$ref": "#/components/parameters/Page"}]), components=components)).parameters
    assert parameter.pointer == "/components/parameters/Page/schema"


@pytest.mark.parametrize(
    ("media", "examples"),
    [
        ({"example": {"a": 1}}, {"default": {"a": 1}}),
        ({"example": None}, {"default": None}),
        ({"examples": {"one": {"value": 1}, "two": {"value": 2}}}, {"one": 1, "two": 2}),
        ({"examples": {"shared": {"$ref": "#/components/examples/Shared"}}}, {"shared": "s"}),
        ({"examples": {"elsewhere": {"externalValue": "http://x"}}}, {}),
        ({"schema": {"type": "string", "example": "x"}}, {"default": "x"}),
        ({"schema": {"type": "string", "examples": ["x", "y"]}}, {"default": "x"}),
        ({"schema": {"$ref": "#/components/schemas/Pet"}}, {"default": {"id": 1}}),
        ({"schema": {"type": "string"}}, {}),
    ],
)
def test_examples_are_those_of_the_media_else_of_the_schema(read: Read, media: Any, examples: Any) -> None:
    components = {"schemas": {"Pet": {"type": "object", "example": {"id": 1}}}, "examples": {"Shared": {"value": "s"}}}
    responses = {"200": {"description": "", "content": {"application/json": media}}}
    assert one(read(paths=get(responses=responses), components=components)).responses["200"].media["application/json"].examples == examples


def test_the_success_is_the_first_good_answer(read: Read) -> None:
    operation = one(read(paths=get(responses={"404": {"description": "no"}, "202": {"description": "later"}, "201": {"description": "made"}})))
    assert operation.success is not None
    assert operation.success.status == "201"


def test_an_operation_without_good_answer_has_no_success(read: Read) -> None:
    assert one(read(paths=get(responses={"default": {"description": "any"}}))).success is None


def test_a_shared_answer_is_followed(read: Read) -> None:
    components = {"responses": {"Pets": {"description": "Pets", "headers": {"X": {"$ref": "#/components/headers/X"}}}}, "headers": {"X": {"required": True}}}
    response = one(read(paths=get(responses={200: {"$ref": "#/components/responses/Pets"}}), components=components)).responses["200"]
    assert (response.description, response.headers, response.pointer) == ("Pets", {"X": {"required": True}}, "/components/responses/Pets")


def test_a_body_has_media_types_and_may_be_required(read: Read) -> None:
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}, "text/plain": {}}}
    operation = one(read(paths={"/a": {"post": {"requestBody": body}}}))
    assert (list(operation.bodies), operation.body_required, operation.bodies["text/plain"].schema) == (["application/json", "text/plain"], True, None)


SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "Basic"},
    "key": {"type": "apiKey", "in": "query", "name": "api_key"},
    "oauth": {"type": "oauth2", "flows": {}},
}


@pytest.mark.parametrize(
    ("document", "operation", "ways", "anonymous"),
    [
        (None, None, [], True),
        ([{"bearer": []}], None, ["bearer"], False),
        ([{"bearer": []}], [], [], True),
        ([{"bearer": []}], [{"key": []}], ["query"], False),
        (None, [{"basic": []}, {"oauth": ["read"]}], ["basic", "bearer"], False),
        (None, [{"bearer": []}, {}], ["bearer"], True),
        (None, [{"bearer": [], "key": []}], ["bearer", "query"], False),
        (None, [{"unknown": []}], ["bearer"], False),
    ],
)
def test_security_is_the_operations_else_the_documents(read: Read, document: Any, operation: Any, ways: list[str], anonymous: bool) -> None:
    parts = {} if document is None else {"security": document}
    words = {} if operation is None else {"security": operation}
    found = one(read(paths=get(**words), components={"securitySchemes": SCHEMES}, **parts))
    assert ([way.where for way in found.security], found.anonymous) == (ways, anonymous)


def test_an_api_key_has_its_name(read: Read) -> None:
    found = one(read(paths=get(security=[{"key": []}]), components={"securitySchemes": SCHEMES}))
    assert found.security == (Security("key", "query", "api_key"),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"allOf": [{"type": "object"}], "nullable": True}, {"anyOf": [{"allOf": [{"type": "object"}]}, {"type": "null"}]}),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 1}),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": False}, {"type": "integer", "maximum": 9}),
        ({"properties": {"nullable": {"type": "boolean", "nullable": True}}}, {"properties": {"nullable": {"type": ["boolean", "null"]}}}),
        ({"items": {"type": "number", "nullable": True}}, {"items": {"type": ["number", "null"]}}),
    ],
)
def test_a_schema_of_openapi_3_0_is_read_as_one_of_3_1(read: Read, old: Any, new: Any) -> None:
    contract = read(openapi="3.0.3", paths=get(), components={"schemas": {"X": old}})
    bundle = contract.services[0].bundle
    assert bundle is not None
    assert bundle.data["components"]["schemas"]["X"] == new


def test_a_schema_of_openapi_3_1_is_left_alone(read: Read) -> None:
    bundle = read(paths=get(), components={"schemas": {"X": {"type": "string", "nullable": True}}}).services[0].bundle
    assert bundle is not None
    assert bundle.data["components"]["schemas"]["X"] == {"type": "string", "nullable": True}


def test_declared_behaviour_is_read(read: Read) -> None:
    schema = {"type": "object", "x-behavior": {"collection": "pets"}, "properties": {"id": {"type": "integer"}}}
    behavior = one(read(paths=get(**{"x-behavior": {"collection": "pets", "do": "list"}}), components={"schemas": {"Pet": schema}})).behavior
    assert (behavior.source, behavior.do, behavior.collection) == ("declared", "list", "pets")


def test_behaviour_in_python_is_bound(read: Read) -> None:
    assert one(read(paths=get(**{"x-behavior": {"do": "bound"}}))).behavior.source == "bound"


@pytest.mark.parametrize("name", reader.backend_names())
def test_a_shipped_backend_is_read_by_its_name(name: str) -> None:
    contract = reader.read(name)
    assert (contract.name, contract.declared) == (name, True)
    assert all(operation.behavior.source != "example" for operation in contract.operations)


def test_a_backend_is_read_from_its_folder(write: Write) -> None:
    texts = {"boats/backend.yaml": "title: Boats\nservices: {api: {port: 7005}}", "boats/api.openapi.yaml": "openapi: 3.1.0\npaths: {/boats: {get: {}}}"}
    contract = reader.read(str(write(texts).parent))
    assert [(service.name, service.port, len(service.operations)) for service in contract.services] == [("api", 7005, 1)]


def test_collections_of_shared_files_are_found(write: Write) -> None:
    shared = "components: {schemas: {Boat: {type: object, x-behavior: {collection: boats}, properties: {id: {type: string, format: uuid}}}}}"
    texts = {"b/backend.yaml": "title: B\nservices: {api: {port: 1}}", "b/api.openapi.yaml": "openapi: 3.1.0\npaths: {}", "b/schemas.yaml": shared}
    assert reader.read(str(write(texts).parent)).collections["boats"].id == "uuid"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("title: B\nservices: {api: {prot: 1, port: 1}}", "backend.yaml:2: 'prot' is not a word of the vocabulary here. Did you mean 'port'?"),
        ("title: B\nservices:\n  api: {port: 1, openapi: none.yaml}", "none.yaml: The document can't be read: No such file or directory."),
        ("title: B\nservices: 5", "backend.yaml:2: 5 is not of type"),
        ("", "backend.yaml: null is not of type"),
    ],
)
def test_a_wrong_backend_file_is_told_with_its_line(write: Write, text: str, sentence: str) -> None:
    path = write({"b/backend.yaml": text})
    with pytest.raises(ContractError) as refused:
        reader.read(str(path.parent))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("eventplatfrom", "'eventplatfrom' is neither a backend nor a document that is there. Did you mean 'eventplatform'?"),
        ("nowhere/api.yaml", "'nowhere/api.yaml' is neither a backend nor a document that is there."),
        ("", "'' is neither a backend nor a document that is there."),
    ],
)
def test_a_target_that_is_nothing_is_told_with_the_closest_backend(target: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        reader.read(target)
    assert sentence in str(refused.value)


def test_an_overlay_changes_a_shipped_backend(write: Write) -> None:
    path = write({"o.yaml": "overlay: 1.0.0\nactions: [{target: \"$.paths['/orders'].get\", update: {summary: Mine}}]"})
    contract = reader.read("eventplatform", [path])
    assert next(operation.summary for operation in contract.operations if operation.id == "listMyOrders") == "Mine"


def test_an_overlay_that_meets_nothing_is_refused(write: Write) -> None:
    path = write({"o.yaml": "overlay: 1.0.0\nactions: [{target: \"$.paths['/oders']\", update: {}}]"})
    with pytest.raises(ContractError, match="meets nothing in the documents"):
        reader.read("eventplatform", [path])
