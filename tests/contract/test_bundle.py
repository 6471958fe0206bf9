"""One self-contained document of one that is spread over files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from understudy.contract import documents
from understudy.contract.bundle import Bundle, bundle
from understudy.contract.errors import ContractError

Write = Callable[[dict[str, str]], Path]


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for item in node.values():
            yield from refs(item)
    elif isinstance(node, list):
        for item in node:
            yield from refs(item)


def whole(found: Bundle) -> dict[str, Any]:
    """The bundled document, once every reference in it leads somewhere in it."""
    for ref in refs(found.data):
        assert ref.startswith("#"), ref
        documents.resolve(found.data, ref[1:])
    return found.data


def said(path: Path) -> str:
    with pytest.raises(ContractError) as refused:
        bundle(path)
    return str(refused.value).replace(f"{path.parent}/", "")


def test_a_reference_to_another_file_becomes_one_inside(write: Write) -> None:
    path = write({"a.yaml": "x: {schema: {$ref: 'b.yaml#/components/schemas/Pet'}}", "b.yaml": "components: {schemas: {Pet: {type: object}}}"})
    data = whole(bundle(path))
    assert data["x"]["schema"] == {"$ref": "#/components/schemas/Pet"}
    assert data["components"]["schemas"] == {"Pet": {"type": "object"}}


def test_what_the_other_file_refers_to_comes_along(write: Write) -> None:
    other = "components: {schemas: {Pet: {properties: {owner: {$ref: '#/components/schemas/Owner'}, tag: {$ref: 'c/t.yaml#/Tag'}}}, Owner: {type: string}}}"
    tag, deep = "Tag: {$ref: '../d.yaml#/Deep'}", "Deep: {type: integer}"
    path = write({"a.yaml": "x: {$ref: 'b.yaml#/components/schemas/Pet'}", "b.yaml": other, "c/t.yaml": tag, "d.yaml": deep})
    assert set(whole(bundle(path))["components"]["schemas"]) == {"Pet", "Owner", "Tag", "Deep"}


def test_a_reference_inside_the_root_stays(write: Write) -> None:
    path = write({"a.yaml": "x: {$ref: '#/y'}\ny: {type: object}"})
    assert whole(bundle(path)) == {"x": {"$ref": "#/y"}, "y": {"type": "object"}}


def test_a_reference_back_to_the_root_is_not_copied(write: Write) -> None:
    root = "x: {$ref: 'b.yaml#/B'}\ncomponents: {schemas: {A: {type: string}}}"
    path = write({"a.yaml": root, "b.yaml": "B: {items: {$ref: 'a.yaml#/components/schemas/A'}}"})
    data = whole(bundle(path))
    assert data["components"]["schemas"]["B"] == {"items": {"$ref": "#/components/schemas/A"}}


def test_a_whole_file_is_referred_to_by_its_name(write: Write) -> None:
    path = write({"a.yaml": "x: {schema: {$ref: 'pet store.yaml'}}", "pet store.yaml": "type: object"})
    assert whole(bundle(path))["x"]["schema"] == {"$ref": "#/components/schemas/pet_store"}


def test_files_that_refer_to_each_other_are_bundled(write: Write) -> None:
    one, other = "B: {properties: {c: {$ref: 'c.yaml#/C'}}}", "C: {properties: {b: {$ref: 'b.yaml#/B'}}}"
    path = write({"a.yaml": "x: {$ref: 'b.yaml#/B'}", "b.yaml": one, "c.yaml": other})
    data = whole(bundle(path))
    assert data["components"]["schemas"]["C"]["properties"]["b"] == {"$ref": "#/components/schemas/B"}


def test_a_schema_that_refers_to_itself_is_bundled(write: Write) -> None:
    path = write({"a.yaml": "x: {$ref: 'b.yaml#/B'}", "b.yaml": "B: {properties: {child: {$ref: '#/B'}}}"})
    assert whole(bundle(path))["components"]["schemas"]["B"] == {"properties": {"child": {"$ref": "#/components/schemas/B"}}}


def test_two_things_of_one_name_are_kept_apart(write: Write) -> None:
    texts = {
        "a.yaml": "x: [{$ref: 'b.yaml#/components/schemas/Pet'}, {$ref: 'c.yaml#/components/schemas/Pet'}]\ncomponents: {schemas: {Pet: {const: a}}}",
        "b.yaml": "components: {schemas: {Pet: {const: b}}}",
        "c.yaml": "components: {schemas: {Pet: {const: c}}}",
    }
    data = whole(bundle(write(texts)))
    assert [documents.resolve(data, ref["$ref"][1:])["const"] for ref in data["x"]] == ["b", "c"]
    assert data["components"]["schemas"]["Pet"] == {"const": "a"}


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("paths: {/a: {get: {parameters: [{$ref: 'b.yaml#/Thing'}]}}}", "parameters"),
        ("paths: {/a: {get: {responses: {'200': {$ref: 'b.yaml#/Thing'}}}}}", "responses"),
        ("paths: {/a: {get: {responses: {default: {$ref: 'b.yaml#/Thing'}}}}}", "responses"),
        ("paths: {/a: {get: {requestBody: {$ref: 'b.yaml#/Thing'}}}}", "requestBodies"),
        ("x: {schema: {$ref: 'b.yaml#/Thing'}}", "schemas"),
        ("x: {properties: {default: {$ref: 'b.yaml#/Thing'}}}", "schemas"),
        ("x: {properties: {example: {$ref: 'b.yaml#/Thing'}}}", "schemas"),
        ("x: {properties: {properties: {$ref: 'b.yaml#/Thing'}}}", "schemas"),
        ("x: {content: {application/json: {examples: {default: {$ref: 'b.yaml#/Thing'}}}}}", "examples"),
        ("channels: {a: {messages: {b: {$ref: 'b.yaml#/Thing'}}}}", "messages"),
    ],
)
def test_what_is_brought_in_becomes_a_component_of_its_kind(write: Write, where: str, kind: str) -> None:
    data = whole(bundle(write({"a.yaml": where, "b.yaml": "Thing: {description: thing}"})))
    assert list(data["components"]) == [kind]


@pytest.mark.parametrize("text", ["example: {$ref: 'nowhere.yaml'}", "x: {default: {$ref: '#/nope'}}"])
def test_a_reference_in_an_example_is_data(write: Write, text: str) -> None:
    path = write({"a.yaml": text})
    assert bundle(path).data == documents.load(path)


def test_a_path_of_another_file_is_put_in_its_place(write: Write) -> None:
    texts = {
        "a.yaml": "paths:\n  /pets: {$ref: 'p/pets.yaml', summary: ours}",
        "p/pets.yaml": "summary: theirs\nget:\n  operationId: listPets\n  responses: {'200': {$ref: '../r.yaml#/Ok'}}",
        "r.yaml": "Ok: {description: fine}",
    }
    found = bundle(write(texts))
    item = whole(found)["paths"]["/pets"]
    assert (item["summary"], item["get"]["operationId"], item["get"]["responses"]["200"]) == ("ours", "listPets", {"$ref": "#/components/responses/Ok"})


def test_a_place_is_that_of_the_file_a_thing_came_from(write: Write) -> None:
    texts = {
        "a.yaml": "paths:\n  /pets: {$ref: 'p.yaml#/~1pets'}\nx: {$ref: 's.yaml#/components/schemas/Pet'}",
        "p.yaml": "# paths\n/pets:\n  get:\n    operationId: listPets",
        "s.yaml": "components:\n  schemas:\n    Pet:\n      properties:\n        name: {}",
    }
    path = write(texts)
    found = bundle(path)
    assert found.place("/paths/~1pets/get/operationId") == (str(path.parent / "p.yaml"), 4)
    assert found.place("/components/schemas/Pet/properties/name") == (str(path.parent / "s.yaml"), 5)
    assert found.place("/x") == (str(path), 3)


def test_the_document_itself_is_left_alone(write: Write) -> None:
    path = write({"a.yaml": "x: {$ref: 'b.yaml#/B'}", "b.yaml": "B: {type: object}"})
    data = documents.load(path)
    bundle(path, data)
    assert data == {"x": {"$ref": "b.yaml#/B"}}


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a file that is not there": (
        {"a.yaml": "x:\n  y: {$ref: 'schema.yaml#/A'}", "schemas.yaml": ""},
        "a.yaml:2: $ref 'schema.yaml#/A' names a file that is not there. Did you mean 'schemas.yaml'?",
    ),
    "a folder that is not there": ({"a.yaml": "x: {$ref: 'nope/b.yaml'}"}, "a.yaml:1: $ref 'nope/b.yaml' names a file that is not there."),
    "a folder": ({"a.yaml": "x: {$ref: 'sub'}", "sub/b.yaml": ""}, "a.yaml:1: $ref 'sub' names a file that is not there."),
    "a pointer that leads nowhere": (
        {"a.yaml": "x:\n\n  y: {$ref: '#/components/schemas/Pte'}\ncomponents: {schemas: {Pet: {}, Owner: {}}}"},
        "a.yaml:3: $ref '#/components/schemas/Pte' leads nowhere: 'Pte' is not there. Did you mean 'Pet'?",
    ),
    "a pointer into another file that leads nowhere": (
        {"a.yaml": "x: {$ref: 'b.yaml#/component/schemas/Pet'}", "b.yaml": "components: {}"},
        "a.yaml:1: $ref 'b.yaml#/component/schemas/Pet' leads nowhere: 'component' is not there. Did you mean 'components'?",
    ),
    "a pointer past the end of a list": ({"a.yaml": "x: {$ref: '#/y/3'}\ny: [1]"}, "a.yaml:1: $ref '#/y/3' leads nowhere: '3' is not there."),
    "a pointer through a text": ({"a.yaml": "x: {$ref: '#/y/z'}\ny: text"}, "a.yaml:1: $ref '#/y/z' leads nowhere: 'z' is not there."),
    "a wrong reference in the other file": (
        {"a.yaml": "x: {$ref: 'b.yaml#/B'}", "b.yaml": "\nB:\n  items:\n    $ref: '#/C'"},
        "b.yaml:3: $ref '#/C' leads nowhere: 'C' is not there. Valid: B.",
    ),
    "the network": (
        {"a.yaml": "x: {$ref: 'https://example.com/a.yaml#/A'}"},
        "a.yaml:1: $ref 'https://example.com/a.yaml#/A' leads to the network; only files are read.",
    ),
    "a file by its URL": ({"a.yaml": "x: {$ref: 'file:///etc/passwd'}"}, "a.yaml:1: $ref 'file:///etc/passwd' leads to the network; only files are read."),
    "an anchor": ({"a.yaml": "x: {$ref: '#Pet'}"}, "a.yaml:1: $ref '#Pet': what follows '#' is a JSON pointer and begins with '/'."),
    "a path that is itself": ({"a.yaml": "paths:\n  /a: {$ref: '#/paths/~1a'}"}, "a.yaml:2: $ref '#/paths/~1a' leads in a circle."),
    "paths in a circle": (
        {"a.yaml": "paths: {/a: {$ref: 'b.yaml#/A'}}", "b.yaml": "A: {$ref: 'c.yaml#/A'}", "c.yaml": "A: {$ref: 'b.yaml#/A'}"},
        "c.yaml:1: $ref 'b.yaml#/A' leads in a circle.",
    ),
    "a path that is a text": ({"a.yaml": "paths: {/a: {$ref: '#/x'}}\nx: text"}, "a.yaml:1: $ref '#/x' names no mapping."),
    "a broken file": ({"a.yaml": "x: {$ref: 'b.yaml'}", "b.yaml": "a: ["}, "b.yaml:2: This is no valid YAML: "),
    "a list": ({"a.yaml": "[1, 2]"}, "a.yaml:1: The document is not a mapping."),
    "nothing": ({"a.yaml": ""}, "a.yaml:1: The document is not a mapping."),
    "a bottomless document": ({"a.yaml": "x: &x {y: *x}"}, "a.yaml: The document is nested deeper than 200 levels."),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_reference_that_cannot_be_followed_is_told(write: Write, case: str) -> None:
    texts, sentence = WRONG[case]
    assert sentence in said(write(texts))
