"""Reads answers as the contract says that they are wrapped: envelope, page, and the row or rows within."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.contract import schemas
from understudy.contract.expressions import names_in
from understudy.contract.model import Collection, Contract, Operation

__all__ = ["Page", "find_key", "key_pointer", "maps_in", "page_of", "payload", "row_of", "rows_of"]

DATA, ITEMS, ROW = "data", "items", "row"
AROUND = ("meta", "pagination", "page")
FIGURES = {"total": ("total", "totalCount", "total_count", "totalItems", "count"), "next": ("next",)}
USUAL = ("data", "items", "results", "result", "content", "records", "payload")


@dataclass(frozen=True, slots=True)
class Page:
    """What an answer says of its page; None for what it does not say."""

    page: Any = None
    limit: Any = None
    total: Any = None
    pages: Any = None
    next: Any = None
    previous: Any = None


def payload(contract: Contract, operation: Operation, value: Any) -> Any:
    """What stands inside the envelope; the value itself where the operation has none, or where the target sends none."""
    template = _envelope(contract, operation)
    name = _holding(template, DATA) if template else None
    return value[name] if name and isinstance(value, dict) and name in value else value


def _envelope(contract: Contract, operation: Operation) -> Mapping[str, Any] | None:
    service = next((item for item in contract.services if item.name == operation.service), None)
    settings: Mapping[str, Any] = service.settings if service else {}
    template = settings.get("success") or (contract.settings.get("envelope") or {}).get("success")
    wanted = operation.behavior.get("envelope", settings.get("envelope", True)) is not False
    bare = operation.behavior.do in ("login", "register", "refresh") and operation.behavior.get("envelope") is False
    return template if isinstance(template, Mapping) and wanted and not bare and not operation.by_socket else None


def _holding(template: Mapping[str, Any], name: str) -> str | None:
    """The key of a template whose value is that name."""
    return next((key for key, value in template.items() if value == name), None)


def rows_of(contract: Contract, operation: Operation, value: Any) -> list[Any] | None:
    """The rows of a list's answer; None where there are none to be found."""
    inner = payload(contract, operation, value)
    if isinstance(inner, list):
        return inner
    if not isinstance(inner, dict):
        return None
    for name in (*_item_names(contract, operation), *USUAL):
        if isinstance(inner.get(name), list):
            found: list[Any] = inner[name]
            return found
    lists = [item for item in inner.values() if isinstance(item, list)]
    return lists[0] if len(lists) == 1 else None


def _item_names(contract: Contract, operation: Operation) -> Iterator[str]:
    reply, page = operation.behavior.get("reply"), (contract.settings.get("envelope") or {}).get("page")
    for template in (reply, page):
        if isinstance(template, Mapping):
            yield from (key for key, value in template.items() if isinstance(value, str) and ITEMS in _names(value))


def _names(text: str) -> frozenset[str]:
    try:
        return names_in(text)
    except Exception:  # a template of a document that lint refuses has no names
        return frozenset()


def maps_in(row: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a list inside a row; none where it is no list."""
    found = row.get(name) if isinstance(row, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def row_of(contract: Contract, operation: Operation, value: Any, key: str | None = None) -> dict[str, Any] | None:
    """The row of an answer: inside envelope and wrapper; with `key`, a map that has it."""
    inner = payload(contract, operation, value)
    reply = operation.behavior.get("reply")
    candidates = [inner]
    if isinstance(inner, dict):
        if isinstance(reply, Mapping):
            candidates = [inner.get(name) for name, text in reply.items() if text == ROW] + candidates
        candidates += [item for item in inner.values() if isinstance(item, dict)]
    maps = [item for item in candidates if isinstance(item, dict)]
    if key is None:
        return maps[0] if maps else None
    return next((item for item in maps if key in item), None)


def key_pointer(contract: Contract, operation: Operation, collection: Collection) -> str | None:
    """The JSON pointer of the row's key in the answer of an operation, as documented; None where the answer has none."""
    success = operation.success
    media = next((item for name, item in success.media.items() if schemas.is_json(name)), None) if success else None
    if media is None or media.schema is None:
        return None
    template = _envelope(contract, operation)
    outer = _holding(template, DATA) if template else None
    return _key_within(operation, collection, media.schema, [outer] if outer else [])


def _key_within(operation: Operation, collection: Collection, schema: Any, path: list[str]) -> str | None:
    found = schemas.properties(operation.bundle.data, schema)
    if path and path[0] in found:
        return (
            f"/{path[0]}{_key_within(operation, collection, found[path[0]], path[1:]) or ''}"
            if _key_within(operation, collection, found[path[0]], path[1:])
            else None
        )
    return f"/{collection.key}" if collection.key in found else None


def page_of(contract: Contract, operation: Operation, value: Any) -> Page:
    """The figures of a page, by the backend's templates, else by their usual names."""
    envelope = contract.settings.get("envelope") or {}
    found: dict[str, Any] = {}
    for template, inner in _figures(envelope, contract, operation, value):
        for key, name in template.items():
            if isinstance(name, Mapping) and isinstance(inner, dict) and isinstance(inner.get(key), dict):
                found |= {word: inner[key].get(field) for field, word in name.items() if word in Page.__slots__}
            elif name in Page.__slots__ and isinstance(inner, dict):
                found[name] = inner.get(key)
    return Page(**found) if found or operation.behavior.source != "inferred" else Page(**_usual(value))


def _usual(value: Any) -> dict[str, Any]:
    """What an answer says of its page under the usual names, beside a list under one: where no document says how."""
    if not isinstance(value, dict) or not any(isinstance(value.get(name), list) for name in USUAL):
        return {}
    inner = [value, *(value[name] for name in AROUND if isinstance(value.get(name), dict))]
    given = [(word, item[name]) for word, names in FIGURES.items() for name in names for item in inner if name in item]
    return dict(reversed(given))


def _figures(envelope: Mapping[str, Any], contract: Contract, operation: Operation, value: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    page, pagination, success = envelope.get("page"), envelope.get("pagination"), envelope.get("success") or {}
    if isinstance(page, Mapping):
        yield page, payload(contract, operation, value)
    if isinstance(pagination, Mapping) and isinstance(value, dict):
        yield pagination, value.get(_holding(success, "pagination") or "pagination")
    reply = operation.behavior.get("reply")
    if isinstance(reply, Mapping):
        yield reply, payload(contract, operation, value)


def find_key(value: Any, names: tuple[str, ...], depth: int = 4) -> Any:
    """The first value under one of some names, anywhere in a JSON value; whatever the case."""
    if depth < 0:
        return None
    if isinstance(value, dict):
        lowered = {str(key).lower().replace("_", ""): item for key, item in value.items()}
        for name in names:
            if (found := lowered.get(name.lower().replace("_", ""))) not in (None, ""):
                return found
        return next((found for item in value.values() if (found := find_key(item, names, depth - 1)) is not None), None)
    if isinstance(value, list):
        return next((found for item in value[:3] if (found := find_key(item, names, depth - 1)) is not None), None)
    return None


def properties_of(operation: Operation, schema: Any) -> dict[str, Any]:
    """The properties of a schema of an operation's document."""
    return dict(schemas.properties(operation.bundle.data, schema or {}))
