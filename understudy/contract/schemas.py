"""Small questions about a JSON Schema inside a bundled document."""

from collections.abc import Mapping
from typing import Any

from understudy.contract import documents

Schema = Mapping[str, Any]
JSON_TYPES = ("application/json", "application/problem+json", "text/json")


def follow(document: Schema, node: Any) -> Any:
    """The node that a chain of `$ref`s leads to; its siblings win."""
    for _ in range(50):
        if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
            return node
        target = documents.resolve(document, node["$ref"][1:])
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        node = {**target, **siblings} if siblings and isinstance(target, dict) else target
    return {}


def pointer(node: Any, here: str) -> str:
    """The pointer of a schema: where its `$ref` leads, else where it stands."""
    return str(node["$ref"][1:]) if isinstance(node, dict) and isinstance(node.get("$ref"), str) and len(node) == 1 else here


def properties(document: Schema, schema: Any, depth: int = 0) -> dict[str, Schema]:
    """The properties of an object schema, those of its allOf, oneOf and anyOf included."""
    node = follow(document, schema)
    if not isinstance(node, dict) or depth > 12:
        return {}
    found: dict[str, Schema] = {}
    for word in ("allOf", "oneOf", "anyOf"):
        for part in node.get(word) or ():
            for name, value in properties(document, part, depth + 1).items():
                found.setdefault(name, value)
    declared = node.get("properties")
    return {**found, **(declared if isinstance(declared, dict) else {})}


def required(document: Schema, schema: Any, depth: int = 0) -> set[str]:
    """The names an object schema requires, those of its allOf included."""
    node = follow(document, schema)
    if not isinstance(node, dict) or depth > 12:
        return set()
    names = {name for name in node["required"] if isinstance(name, str)} if isinstance(node.get("required"), list) else set()
    for part in node.get("allOf") or ():
        names |= required(document, part, depth + 1)
    return names


def type_of(document: Schema, schema: Any, depth: int = 0) -> str | None:
    """The one type of a schema other than null, where it can be told."""
    node = follow(document, schema)
    if not isinstance(node, dict) or depth > 12:
        return None
    declared = node.get("type")
    if isinstance(declared, list):
        return next((item for item in declared if item != "null"), None)
    if isinstance(declared, str):
        return declared
    if "const" in node or node.get("enum"):
        return _type_of_value(node.get("const", (node.get("enum") or [None])[0]))
    if "properties" in node or "additionalProperties" in node:
        return "object"
    if "items" in node:
        return "array"
    parts = [part for word in ("allOf", "oneOf", "anyOf") for part in node.get(word) or ()]
    return next((found for part in parts if (found := type_of(document, part, depth + 1)) not in (None, "null")), None)


def _type_of_value(value: Any) -> str | None:
    names = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in names if isinstance(value, kind)), None)


def is_json(media_type: str) -> bool:
    """Whether a media type carries JSON."""
    return media_type in JSON_TYPES or media_type.endswith("+json") or media_type == "*/*"


def without_required(node: Any, word: str) -> Any:
    """The document as one side is checked against it: what is `readOnly` is not required of requests, what is `writeOnly` not of answers."""
    if isinstance(node, list):
        return [without_required(item, word) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: without_required(value, word) for key, value in node.items()}
    needed, properties = node.get("required"), node.get("properties")
    if isinstance(needed, list) and isinstance(properties, dict):
        result["required"] = [name for name in needed if not (isinstance(properties.get(name), dict) and properties[name].get(word) is True)]
    return result


def nullable_as_type(node: Any, seen: dict[int, Any] | None = None) -> Any:
    """OpenAPI 3.0 schemas as 3.1 has them: `nullable` becomes a type, boolean `exclusiveMinimum` a number."""
    seen = {} if seen is None else seen
    if id(node) in seen:
        return seen[id(node)]
    if isinstance(node, list):
        return [nullable_as_type(item, seen) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: nullable_as_type(value, seen) for key, value in node.items()}
    if isinstance(result.get("nullable"), bool) and result.pop("nullable"):  # a property may have that name
        result = _with_null(result)
    for word, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(result.get(word), bool):
            strict = result.pop(word)
            if strict and limit in result:
                result[word] = result.pop(limit)
    seen[id(node)] = result
    return result


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        extended = {**schema, "type": [schema["type"], "null"]}
        return {**extended, "enum": [*schema["enum"], None]} if isinstance(schema.get("enum"), list) and None not in schema["enum"] else extended
    return {"anyOf": [schema, {"type": "null"}]}
