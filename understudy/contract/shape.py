"""Whether a document has the shape that the reader leans on, so that a broken one is told with its line and never met by a crash."""

from typing import Any

from understudy.contract import documents
from understudy.contract.bundle import Bundle
from understudy.contract.errors import ContractError
from understudy.contract.vocabulary import schema, validator

KINDS = {"object": "a mapping", "array": "a list", "string": "a text", "boolean": "true or false", "null": "nothing"}
LONGEST = 40


def check(bundle: Bundle) -> None:
    """Raises ContractError for the first thing of a wrong kind."""
    for error in validator("openapi", "").iter_errors(bundle.data):
        pointer = documents.pointer_of(*map(str, error.instance_path))
        raise ContractError(*bundle.place(pointer), f"'{_name(list(error.instance_path))}' is {_wanted(error)}, not {_shown(error.instance)}.")


def _name(path: list[Any]) -> str:
    """What is wrong, with the thing around it."""
    return ".".join(map(str, path[-2:]))


def _wanted(error: Any) -> str:
    node: Any = schema("openapi")
    for part in error.schema_path:
        found = node[part]
        node = documents.resolve(schema("openapi"), found[1:]) if part == "$ref" and isinstance(found, str) else found
    return " or ".join(KINDS[kind] for kind in ([node] if isinstance(node, str) else node))


def _shown(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
