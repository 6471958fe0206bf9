"""Bodies that break their contract: a valid one with the smallest change that its schema does not admit."""

from collections.abc import Iterator
from typing import Any

import orjson

from mock_server.engine import documented
from mock_server.engine.plan import Plan
from understudy.contract.model import Media
from understudy.contract.schemas import is_json
from understudy.wire.chance import Chance

MOST = 200  # changes that are looked at
WRONG: tuple[Any, ...] = (None, "broken", -1, [], {}, True)


def broken(plan: Plan, status: int, body: bytes, chance: Chance) -> bytes:
    """A body that is not valid against what the document says of the answer; half of it where no change to its JSON would break it."""
    media = _media(plan, status)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[: len(body) // 2]
    if media is None or media.pointer is None:
        return orjson.dumps({"broken": True})
    validator = plan.runtime.validator(plan.operation.bundle, media.pointer, requests=False)
    changed = [item for item in _changes(value) if not validator.is_valid(item)]
    return orjson.dumps(chance.choice(changed)) if changed else body[: len(body) // 2]


def _media(plan: Plan, status: int) -> Media | None:
    found = documented.answer(plan.operation, status)
    return next((media for media in found.media.values() if is_json(media.type)), None) if found else None


def _changes(value: Any) -> Iterator[Any]:
    """A value with one member left out or of another type, at any depth."""
    for count, change in enumerate(_changed(value, 0)):
        if count >= MOST:
            return
        yield change


def _changed(value: Any, depth: int) -> Iterator[Any]:
    if depth > 4:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            yield {key: other for key, other in value.items() if key != name}
            yield from ({**value, name: other} for other in WRONG if type(other) is not type(item))
            yield from ({**value, name: inner} for inner in _changed(item, depth + 1))
    elif isinstance(value, list) and value:
        yield from ([inner, *value[1:]] for inner in _changed(value[0], depth + 1))
