"""The forms of faults, made of the models that the control API checks them by: a kind has its own fields and no others."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter

from mock_server.control.models import FaultBase, NewFault

LAST = ("probability", "times", "ttl", "id")  # of every kind, after its own
ABOUT = {
    "ms": "always, in ms", "min": "from, in ms", "max": "to, in ms", "median": "half take longer than, in ms", "sigma": "spread of a log-normal (0.5)",
    "probability": "0 to 1", "times": "at most", "ttl": "ends after: 30s, 5m, 1h", "id": "name, replaces one of it", "retryAfter": "Retry-After, in s",
    "per": "window: 60s, 5m", "limit": "requests in it", "bytes": "bytes that arrive", "part": "or part of the body, 0 to 1",
    "code": "close code (raw sockets)", "detail": "text of the error", "copies": "how many more", "at": "where it breaks",
    "user": "key or login", "path": "may hold *", "tag": "of the document",
}  # fmt: skip
KNOWN = frozenset({"operation", "message", "service", "channel", "user"})  # the page knows what there is, and suggests it


@dataclass(frozen=True, slots=True)
class Field:
    """One input. place: `match` or ""; kind: number, whole or text; choices: the only values, if there are such."""

    name: str
    place: str
    about: str
    kind: str
    needed: bool
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    suggests: str | None


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of fault. of: what it hits, requests or frames."""

    kind: str
    about: str
    of: str
    fields: tuple[Field, ...]

    @property
    def parts(self) -> tuple[tuple[str, list[Field]], ...]:
        """The fields by what they say: of the kind itself, whom it hits, how often and for how long."""
        own = [field for field in self.fields if not field.place]
        return (
            ("", [field for field in own if field.name not in LAST]), ("Applies to", [field for field in self.fields if field.place]),
            ("How often", [field for field in own if field.name in LAST]),
        )  # fmt: skip


@cache
def forms() -> tuple[Form, ...]:
    """All kinds, in the order in which the models name them."""
    return tuple(_form(model) for model in get_args(get_args(NewFault)[0]))


def _form(model: type[FaultBase]) -> Form:
    schema = TypeAdapter(model).json_schema()
    kind = schema["properties"]["kind"]["const"]
    own = [name for name in schema["properties"] if name not in ("kind", "match", *LAST)]
    match: type[BaseModel] = get_type_hints(model)["match"]
    fields = (*_fields(model, own), *_fields(match, list(match.model_fields), "match"), *_fields(model, list(LAST)))
    return Form(kind, model.__doc__ or "", "requests" if "operation" in match.model_fields else "frames", tuple(fields))


def _fields(model: type[BaseModel], names: list[str], place: str = "") -> Iterator[Field]:
    schema = TypeAdapter(model).json_schema()
    for name in names:
        said = schema["properties"][name]
        parts = {key: value for part in [*said.get("anyOf", ()), said] if part.get("type") != "null" for key, value in part.items()}
        numbers = [part["type"] for part in [*said.get("anyOf", ()), said] if "type" in part and part["type"] != "null"]
        kind = "text" if "string" in numbers else "whole" if "integer" in numbers else "number"
        yield Field(
            name, place, ABOUT.get(name, ""), kind, name in schema.get("required", ()), said.get("default"), parts.get("minimum"), parts.get("maximum"),
            tuple(parts.get("enum", ())), name if name in KNOWN else None,
        )  # fmt: skip
