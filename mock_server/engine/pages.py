"""Cuts a list to a page: by number, by cursor, or to its first so many."""

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from mock_server.engine.call import Call
from mock_server.engine.media import whole
from mock_server.engine.validation import parse_query
from mock_server.engine.views import dumps
from mock_server.state.ordering import UnorderedError
from mock_server.state.selection import Listed, Rows, Sifted
from mock_server.state.store import Row
from understudy.contract.model import Operation

SIZES = ("limit", "per_page", "perPage", "page_size", "pageSize", "size", "max_results", "maxResults", "first", "count")
OFFSETS = ("offset", "skip", "start")


@dataclass(frozen=True, slots=True)
class Pager:
    """How one operation pages. style: page, cursor, limit or offset; the names of its query parameters; default and most: rows."""

    style: str
    page: str
    size: str
    cursor: str
    default: int
    most: int


def pager(operation: Operation, settings: Mapping[str, Any]) -> Pager | None:
    """The pager of a list, or None where it is answered whole."""
    word = operation.behavior.get("page")
    names = {item.name for item in operation.parameters if item.where == "query"}
    pages: Mapping[str, Any] = settings.get("pages") or {}
    if word is False:
        return None
    if pages:
        found = Pager(
            word or pages.get("style", "page"),
            pages.get("page", "page"),
            pages.get("size", "limit"),
            pages.get("cursor", "cursor"),
            pages.get("default", 20),
            pages.get("most", 100),
        )
        return found if word or names & {found.page, found.size, found.cursor} else None
    size = next((name for name in SIZES if name in names), None)
    offset = next((name for name in OFFSETS if name in names), None)
    if size is None and "page" not in names and offset is None:
        return None
    style = word or ("page" if "page" in names else "offset" if offset else "limit")
    return Pager(style, offset or "page", size or "limit", "cursor", 20 if "page" in names else 1000, 1000)


def cut(call: Call, found: Pager, rows: Rows, sort: tuple[str, ...], key: str) -> tuple[list[Row], dict[str, Any]]:
    """The rows of the page that a call asks for, and what a page template may name."""
    size = _size(call, found)
    total, pages = len(rows), math.ceil(len(rows) / size)
    names: dict[str, Any] = {"total": total, "limit": size, "pages": pages, "next": None, "previous": None, "page": 1}
    cursor = call.query.get(found.cursor) if found.style == "cursor" else None
    if cursor:
        start = _after(rows, str(cursor), sort, key)
    elif found.style == "offset":
        start = max(_number(call.query.get(found.page), 0), 0)
    else:
        names["page"] = max(_number(call.query.get(found.page), 1), 1) if found.style != "limit" else 1
        start = (names["page"] - 1) * size
    chosen = rows.rows(start, start + size)
    if found.style == "cursor":
        names["next"] = _link(call, found, {found.cursor: _cursor(chosen[-1], sort, key)}) if chosen and start + size < total else None
        names["previous"] = _previous(call, found, rows, start, size, sort, key)
    return chosen, names


def _size(call: Call, found: Pager) -> int:
    return min(max(_number(call.query.get(found.size), found.default), 1), found.most)


def walked(call: Call, found: Pager, rows: Sifted, sort: tuple[str, ...], key: str) -> tuple[list[Row], dict[str, Any]]:
    """The same where nobody says how many rows there are, so that nobody counts them: from the cursor on, until the page is full."""
    size, cursor = _size(call, found), call.query.get(found.cursor)
    number = 1 if cursor else max(_number(call.query.get(found.page), 1), 1)
    if cursor:
        start = _after(rows, str(cursor), sort, key)
        chosen, before = rows.rows_from(start, size + 1), rows.rows_before(start, size + 1)
    else:
        start = (number - 1) * size
        seen = rows.rows_from(0, start + size + 1)
        chosen, before = seen[start:], seen[:start][::-1] if len(seen) >= start else []
    names: dict[str, Any] = {"limit": size, "page": number, "next": None, "previous": None}
    if len(chosen) > size:
        names["next"] = _link(call, found, {found.cursor: _cursor(chosen[size - 1], sort, key)})
    if before:
        names["previous"] = _link(call, found, {found.cursor: _cursor(before[size], sort, key)} if len(before) > size else {})
    return chosen[:size], names


def _number(value: Any, default: int) -> int:
    number = whole(value) if isinstance(value, str) else value
    return number if isinstance(number, int) and not isinstance(number, bool) else default


def _previous(call: Call, found: Pager, rows: Rows, start: int, size: int, sort: tuple[str, ...], key: str) -> str | None:
    if start <= 0 or start > len(rows):
        return None
    return _link(call, found, {found.cursor: _cursor(rows.rows(start - size - 1, start - size)[0], sort, key)} if start > size else {})


def _cursor(row: Row, sort: tuple[str, ...], key: str) -> str:
    """Opaque: the key of the last row shown and its sort values, so that it holds when rows come and go."""
    text = dumps([row[key], {name.lstrip("-"): row.get(name.lstrip("-")) for name in sort}])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _after(rows: Rows | Sifted, cursor: str, sort: tuple[str, ...], key: str) -> int:
    """The place behind the row that a cursor names; behind where it would stand if it is gone; the start for no cursor of ours."""
    try:
        last, values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = rows.position(last)
        if position is not None:
            return position + 1
        stub = {**values, key: last}
    except (ValueError, TypeError):
        return 0
    try:
        return rows.place_for(stub)
    except UnorderedError:  # a cursor that was tampered with
        return _naively(rows, stub, sort, key)


def _naively(rows: Rows | Sifted, stub: Row, sort: tuple[str, ...], key: str) -> int:
    """The place where a row would stand that no index can place."""
    if not isinstance(rows, Sifted):
        return Listed(rows.rows(), sort, key).place_for(stub)
    found = rows.listed(sort, key)
    behind = found.rows(found.place_for(stub))
    position = rows.selection.position(behind[0][key]) if behind else None
    return len(rows.selection) if position is None else position


def _link(call: Call, found: Pager, changed: Mapping[str, str]) -> str:
    given = {name: values[-1] for name, values in parse_query(call.request.query).items() if name not in (found.cursor, found.page)}
    query = urlencode({**given, **changed})
    scheme = "https" if call.request.secure else "http"
    return f"{scheme}://{call.request.host}{call.request.root}{call.request.path}{f'?{query}' if query else ''}"
