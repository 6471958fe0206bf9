"""What is inferred of a document without declarations: `inference/<case>.openapi.yaml` gives the routes of `<case>.expected.yaml`."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.contract import reader
from understudy.contract.model import Collection, Operation

CASES = sorted((Path(__file__).parent / "inference").glob("*.openapi.yaml"))


def route(operation: Operation) -> dict[str, Any]:
    words = {name: value for name, value in operation.behavior.words.items() if value not in ({}, None)}
    return {"source": operation.behavior.source, **words}


def described(collection: Collection) -> dict[str, Any]:
    known = {"key": collection.key, "id": collection.id, "internal": sorted(collection.internal), "created": collection.created, "updated": collection.updated}
    return {name: value for name, value in known.items() if value}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.split(".")[0])
def test_a_document_has_the_routes_that_its_file_expects(path: Path) -> None:
    contract = reader.read(str(path))
    expected = yaml.safe_load(path.with_name(path.name.replace(".openapi.", ".expected.")).read_text(encoding="utf-8"))
    assert {f"{operation.method} {operation.path}": route(operation) for operation in contract.operations} == expected["routes"]
    assert {name: described(collection) for name, collection in contract.collections.items()} == expected["collections"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.split(".")[0])
def test_an_inferred_collection_says_that_it_is_inferred(path: Path) -> None:
    contract = reader.read(str(path))
    declared = {operation.behavior.collection for operation in contract.operations if operation.behavior.source == "declared"}
    assert {name for name, collection in contract.collections.items() if collection.declared} == declared
