"""Finds lines of the log by what they are: for assertions of tests, and for the console's filter."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mock_server.engine.entries import Exchange
from mock_server.state.world import World
from mock_server.steering.records import Record, Records

TEXTS = ("kind", "service", "method", "path", "operation", "user", "stage", "direction", "channel", "message", "room", "socket")


def find(records: Records, world: World, criteria: Mapping[str, Any]) -> Iterator[Record]:
    """The lines that fit, oldest first, rendered. criteria: as `Criteria` of the control API has them, without those that are not given."""
    for entry in list(world.log):
        if _is_worth_rendering(entry, criteria):
            record = records.render(world, entry)
            if fits(record, criteria):
                yield record


def _is_worth_rendering(entry: Any, criteria: Mapping[str, Any]) -> bool:
    """What can be told without rendering, so that counting in a long log is quick."""
    if entry.number <= criteria.get("after", 0):
        return False
    if isinstance(entry, Exchange):
        operation = entry.plan.operation.id if entry.plan else None
        wrong = ("method" in criteria and criteria["method"].upper() != entry.request.method) or "message" in criteria or criteria.get("kind") == "frame"
        return not wrong and ("status" not in criteria or criteria["status"] == entry.response.status) and _text(criteria.get("operation"), operation)
    return (
        not criteria.keys() & {"method", "status", "operation", "path"} and criteria.get("kind") != "exchange" and _text(criteria.get("message"), entry.message)
    )


def fits(record: Record, criteria: Mapping[str, Any]) -> bool:
    """Whether a line is one that is looked for: texts may hold `*`, a body holds at least what is given."""
    if not all(_text(criteria.get(name), _told(record, name)) for name in TEXTS):
        return False
    if "status" in criteria and record.get("status") != criteria["status"]:
        return False
    if "violations" in criteria and bool(record.get("violations")) != criteria["violations"]:
        return False
    body = record.get("data") if record["kind"] == "frame" else (record.get("request") or {}).get("body")
    return ("body" not in criteria or holds(body, criteria["body"])) and ("text" not in criteria or _mentions(record, criteria["text"]))


def _told(record: Record, name: str) -> Any:
    return record.get("sockets") or record.get("socket") if name == "socket" else record.get(name)


def _text(wanted: str | None, found: Any) -> bool:
    if wanted is None:
        return True
    if isinstance(found, list):
        return any(_text(wanted, item) for item in found)
    return found is not None and fnmatchcase(str(found).lower(), wanted.lower())


def holds(value: Any, part: Any) -> bool:
    """Whether a value holds a part: maps at least the given members, lists each given item somewhere."""
    if isinstance(part, dict):
        return isinstance(value, dict) and all(name in value and holds(value[name], item) for name, item in part.items())
    if isinstance(part, list):
        return isinstance(value, list) and all(any(holds(item, wanted) for item in value) for wanted in part)
    return bool(value == part) and isinstance(value, bool) == isinstance(part, bool)


def _mentions(value: Any, text: str) -> bool:
    if isinstance(value, dict):
        return any(_mentions(item, text) for item in value.values())
    if isinstance(value, list):
        return any(_mentions(item, text) for item in value)
    return text.lower() in str(value).lower()
