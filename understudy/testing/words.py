"""The keywords that calls of the client take, as the control API has them."""

from datetime import timedelta
from typing import Any, Literal, TypedDict

__all__ = ["Criteria", "FaultSettings", "Kind", "Match"]

Kind = Literal["latency", "status", "rate", "reset", "truncate", "break", "drop", "delay", "duplicate", "reorder", "kick"]
Texts = str | list[str]


class Criteria(TypedDict, total=False):
    """Which lines of the log are meant. Texts may hold `*`; body: what a body holds at least; text: what is mentioned anywhere; after: a line's id."""

    kind: Literal["exchange", "frame"]
    service: str
    method: str
    path: str
    operation: str
    status: int
    user: str
    stage: str
    direction: Literal["in", "out"]
    channel: str
    message: str
    room: str
    socket: str
    violations: bool
    body: Any
    text: str
    after: int


class Match(TypedDict, total=False):
    """What a fault hits; `*` stands for any part of a text. Without any it hits everything of its kind."""

    service: Texts
    user: Texts
    operation: Texts
    method: Texts
    path: Texts
    tag: Texts
    message: Texts
    channel: Texts
    direction: Literal["in", "out"]
    socket: Texts


class FaultSettings(TypedDict, total=False):
    """What a fault does, where and how often (docs/steering.md has which kind takes what)."""

    id: str
    match: Match
    probability: float
    ttl: float | str | timedelta
    times: int
    ms: float
    min: float
    max: float
    median: float
    sigma: float
    status: int
    detail: str
    retryAfter: int
    limit: int
    per: str
    at: Literal["request", "response"]
    bytes: int
    part: float
    copies: int
    code: int
    reason: str
