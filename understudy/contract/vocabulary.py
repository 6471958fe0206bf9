"""Checks x-behavior, x-faker and backend.yaml against their JSON Schemas, with errors that name the closest word."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import jsonschema_rs
import yaml

from understudy.contract.errors import suggest


@lru_cache(maxsize=8)
def schema(name: str) -> dict[str, Any]:
    """One of the vocabulary's JSON Schemas: behavior, backend, faker, settings or openapi."""
    text = resources.files("understudy.contract").joinpath("schemas", f"{name}.yaml").read_bytes()
    loaded: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


@lru_cache(maxsize=16)
def validator(name: str, part: str) -> Any:
    """A validator of one of the vocabulary's schemas, or of one of its parts."""
    whole = schema(name)
    return jsonschema_rs.validator_for({**whole, "$ref": f"#/$defs/{part}"} if part else whole)


def faults(name: str, part: str, value: Any) -> list[tuple[str, str]]:
    """What is wrong with a value: (JSON pointer in it, sentence with the closest valid word)."""
    found = validator(name, part)
    if found.is_valid(value):
        return []
    return [fault for error in found.iter_errors(value) for fault in _explain(schema(name), error)]


def _explain(whole: Mapping[str, Any], error: Any) -> list[tuple[str, str]]:
    """One error as sentences; of an anyOf, the errors of its parts that come closest."""
    at = "".join(f"/{part}" for part in error.instance_path)
    kind = error.kind.name
    if kind == "additionalProperties":
        valid = _properties_at(whole, error.schema_path)
        return [(f"{at}/{word}", f"'{word}' is not a word of the vocabulary here.{suggest(word, valid)}") for word in error.kind.unexpected]
    if kind == "enum":
        options = [str(option) for option in error.kind.options]
        return [(at, f"'{error.instance}' is not one of {', '.join(options)}.{suggest(str(error.instance), options)}")]
    if kind == "anyOf":
        branches = [branch for branch in error.kind.context if branch and not _wrong_type(branch, len(error.instance_path))]
        return [fault for found in min(branches, key=len, default=[]) for fault in _explain(whole, found)] or [(at, f"{error.message}.")]
    return [(at, f"{error.message}.")]


def _wrong_type(branch: list[Any], depth: int) -> bool:
    """Whether a branch was not meant at all: the value itself has another type."""
    return any(found.kind.name in ("type", "const") and len(found.instance_path) <= depth for found in branch)


def _properties_at(whole: Mapping[str, Any], path: list[str | int]) -> list[str]:
    """The words that the schema of an additionalProperties error admits, found by its path with `$ref`s followed."""
    node: Any = whole
    for part in path[:-1]:
        node = _step(whole, node, part)
    while isinstance(node, dict) and "$ref" in node and "properties" not in node:
        node = _step(whole, node, "$ref")
    return list(node.get("properties", ())) if isinstance(node, dict) else []


def _step(whole: Mapping[str, Any], node: Any, part: str | int) -> Any:
    if part == "$ref" and isinstance(node, dict) and isinstance(node.get("$ref"), str):
        found: Any = whole
        for name in node["$ref"].split("/")[1:]:
            found = found[name]
        return found
    if isinstance(node, dict):
        return node.get(part, {})
    return node[part] if isinstance(node, list) and isinstance(part, int) else {}
