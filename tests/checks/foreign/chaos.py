"""Answers every operation of a contract with what its document shows, spoilt at random: other types, null, lists, HTML. No check may crash over it."""

import copy
import json
import random
import re
from typing import Any

from understudy.contract import schemas
from understudy.contract.model import Contract, Operation, Response

from .web import Answer, App, Asked

TRASH: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e30,
    "",
    "text",
    "2026-13-45T99:00:00Z",
    [],
    [None],
    [[]],
    [1, "a", {}],
    {},
    {"id": None},
    {"data": {"items": "x"}},
    "\u0000",
)
HTML = "<html><body>oops</body></html>"


def spoilt(value: Any, dice: random.Random, depth: int = 0) -> Any:
    """The value, with a part of it exchanged for trash or left out."""
    if depth > 6 or dice.random() < 0.12:
        return copy.deepcopy(dice.choice(TRASH))
    if isinstance(value, dict) and value:
        made = {name: spoilt(item, dice, depth + 1) if dice.random() < 0.4 else item for name, item in value.items()}
        if dice.random() < 0.15:
            made.pop(dice.choice(list(made)))
        return made
    if isinstance(value, list) and value:
        return [spoilt(item, dice, depth + 1) if dice.random() < 0.5 else item for item in value] + ([dice.choice(TRASH)] if dice.random() < 0.2 else [])
    return value


def example(operation: Operation, response: Response | None) -> Any:
    media = next((item for kind, item in response.media.items() if schemas.is_json(kind)), None) if response else None
    found = next(iter(media.examples.values()), None) if media else None
    if found is None and media and media.schema is not None:
        node = schemas.follow(operation.bundle.data, media.schema)
        found = node.get("example", (node.get("examples") or [{}])[0]) if isinstance(node, dict) else {}
    return found


def app(contract: Contract, seed: int) -> App:
    """One application for all services of a contract."""
    made, dice = App(), random.Random(f"{contract.name} {seed}")

    def answering(operation: Operation) -> Any:
        def answer(asked: Asked) -> Answer:
            statuses = [status for status in operation.responses if status.isdigit()]
            signs = operation.behavior.do in ("login", "register", "refresh")
            good = operation.success.status if operation.success else "200"
            status = str(good) if signs or dice.random() < 0.85 else dice.choice([*statuses, "200", "404", "500"])
            if dice.random() < 0.05 and not signs:
                return int(status), HTML
            value = example(operation, operation.responses.get(status))
            if not signs:
                value = spoilt(value, dice) if dice.random() < 0.7 else value
            elif dice.random() < 0.3:
                value = {**value, "user": dice.choice(TRASH)} if isinstance(value, dict) else value
            headers = {"Retry-After": dice.choice(["1", "soon", "-5", ""])} if dice.random() < 0.03 else {}
            return int(status), json.dumps(value).encode(), headers

        return answer

    for operation in sorted(contract.operations, key=lambda item: item.path.count("{")):
        made.on(operation.method, re.sub(r"\{\w+\}", "<x>", operation.path))(answering(operation))
    made.lost = lambda asked: (404, dice.choice([b"null", b"[]", b'"lost"', b"{}", HTML]))
    return made
