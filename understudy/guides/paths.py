"""Paths and URLs as guides write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Target", "alike", "signature", "strip", "target"]

URL = re.compile(r"^(?:https?|wss?)://([^/\s?:]*)(?::(\d+))?([^\s?]*)(?:\?(.*))?$")
PLAIN = re.compile(r"^(/[^\s?]*|ws/[^\s?]*)(?:\?(.*))?$")
SEGMENT = re.compile(r"^(?:[\w.@~-]*|\{\w+\})$")
QUERY = re.compile(r"(?:^|[?&])(\w+)=")


@dataclass(frozen=True)
class Target:
    """Where a request goes: path template, its port (0 if not said) and the names in its query."""

    path: str
    port: int = 0
    query: tuple[str, ...] = ()


def target(text: str) -> Target | None:
    """Read a URL or a path; None if it is neither, or if a part of a segment is computed."""
    text = re.sub(r"^\$\{[^}]*\}(?=/)", "", text)
    url, plain = URL.match(text), PLAIN.match(text)
    if url:
        path, port, query = url[3] or "/", int(url[2] or 0), url[4]
    elif plain:
        path, port, query = plain[1], 0, plain[2]
    else:
        return None
    path = template(path if path.startswith("/") else f"/{path}")
    if not all(SEGMENT.match(part) for part in path.split("/")):
        return None
    return Target(path, port, tuple(QUERY.findall(query or "")))


def template(path: str) -> str:
    path = re.sub(r"\$\{(?:[\w?.]*\.)?(\w+)\}", r"{\1}", path)
    return re.sub(r"(?<=/):(\w+)", r"{\1}", path)


def signature(path: str) -> tuple[str, ...]:
    """The segments; a parameter or a number is `{}`, a trailing slash does not count."""
    return tuple("{}" if part.startswith("{") or part.isdigit() else part for part in path.strip("/").split("/"))


def strip(path: str, bases: Iterable[str]) -> str:
    """The path without the longest of the base paths."""
    for base in sorted(bases, key=len, reverse=True):
        if path.startswith(base.rstrip("/") + "/") and path.rstrip("/") != base.rstrip("/"):
            return path[len(base.rstrip("/")) :]
    return path


def alike(path: str, pattern: str) -> bool:
    """Whether a path is an instance of a template."""
    ours, theirs = signature(path), signature(pattern)
    return len(ours) == len(theirs) and all(b in ("{}", a) for a, b in zip(ours, theirs, strict=True))
