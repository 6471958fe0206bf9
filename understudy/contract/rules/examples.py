"""Examples are there and fit their schemas, formats included."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from understudy.contract import documents, schemas
from understudy.contract.rules.fault import Fault, at
from understudy.contract.rules.sources import Sheet, Source
from understudy.contract.rules.vocabulary import walk

__all__ = ["check"]

SCHEMA_WORDS = frozenset({"type", "properties", "allOf", "oneOf", "anyOf", "enum", "items", "format"})


def check(source: Source) -> None:
    """Reports component schemas of a backend without an example, and every example that does not fit."""
    for sheet in source.sheets:
        if source.backend:
            lacking = [(name, pointer) for name, pointer, node in sheet.own("schemas") if "example" not in node and not node.get("examples")]
            source.faults += [at(sheet.bundle, pointer, f"{name}: a schema has an example.") for name, pointer in lacking]
        judge = _Judge(sheet)
        for pointer, node in walk(sheet):
            source.faults += judge.faults(pointer, node)


class _Judge:
    """Validates the examples of one bundled document."""

    def __init__(self, sheet: Sheet) -> None:
        old = str(sheet.data.get("openapi", "")).startswith("3.0")
        self.sheet, self.data = sheet, schemas.nullable_as_type(sheet.data) if old else sheet.data
        self.registry = jsonschema_rs.Registry([("urn:document", self.data)], draft=jsonschema_rs.Draft202012)

    def faults(self, pointer: str, node: Mapping[str, Any]) -> Iterator[Fault]:
        for schema, at_example, value in self._examples(pointer, node):
            yield from self._judged(schema, at_example, value)

    def _examples(self, pointer: str, node: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        """Schema pointer, pointer of the example, and its value, of whatever a node is."""
        if isinstance(node.get("payload"), dict) and isinstance(node.get("examples"), list):
            yield from _of_message(pointer, node)
        elif isinstance(node.get("schema"), dict):
            yield from self._of_media(pointer, node)
        elif _is_schema(node):
            yield from ((pointer, f"{pointer}/example", node["example"]) for _ in range("example" in node))
            listed = node.get("examples")
            yield from ((pointer, f"{pointer}/examples/{index}", item) for index, item in enumerate(listed if isinstance(listed, list) else ()))

    def _of_media(self, pointer: str, node: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        if "example" in node:
            yield f"{pointer}/schema", f"{pointer}/example", node["example"]
        examples = node.get("examples")
        for name in examples if isinstance(examples, dict) else ():
            item = schemas.follow(self.data, examples[name]) if isinstance(examples, dict) else None
            if isinstance(item, dict) and "value" in item:
                yield f"{pointer}/schema", f"{pointer}/examples{documents.pointer_of(name, 'value')}", item["value"]

    def _judged(self, schema: str, at_example: str, value: Any) -> Iterator[Fault]:
        reference = {"$ref": f"urn:document#{quote(schema, safe='/~!$&()*+,;=:@')}"}
        try:
            validator = jsonschema_rs.Draft202012Validator(reference, registry=self.registry, validate_formats=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as refused:
            yield at(self.sheet.bundle, schema, f"This is no usable schema: {str(refused).splitlines()[0]}")
            return
        for error in validator.iter_errors(value):
            inner = "".join(documents.pointer_of(str(part)) for part in error.instance_path)
            named = f" at {inner}" if inner else ""
            yield at(self.sheet.bundle, at_example + inner, f"The example does not fit its schema{named}: {error.message[:160]}.")


def _of_message(pointer: str, node: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for index, item in enumerate(node["examples"]):
        for part in ("payload", "headers"):
            if isinstance(item, dict) and part in item and part in node:
                yield f"{pointer}/{part}", f"{pointer}/examples/{index}/{part}", item[part]


def _is_schema(node: Mapping[str, Any]) -> bool:
    """Whether a node that has an example is a schema: it has words of one."""
    return bool(SCHEMA_WORDS & set(node)) and "in" not in node
