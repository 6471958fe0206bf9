"""What stands on the wire beside paths and bodies: statuses, ports, origins, headers, cookies, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

from understudy.guides.facts import Fact
from understudy.guides.literals import closing
from understudy.guides.markdown import Block, Page
from understudy.guides.tables import cells, columns

__all__ = ["find"]

KNOWN_STATUSES = frozenset(status.value for status in HTTPStatus)
PHRASES = "|".join(re.escape(status.phrase) for status in HTTPStatus)
STATUSES = (
    re.compile(r"HTTP/\d(?:\.\d)? (\d{3})\b"),
    re.compile(r"\bstatus(?:Code)?['\"]?\s*(?:===?|:)\s*(\d{3})\b"),
    re.compile(r"\((\d{3})\)"),
    re.compile(rf"\b(\d{{3}}) (?:{PHRASES}|responses?\b|errors?\b)"),
    re.compile(r"\breturns? (?:an? )?`?(\d{3})\b"),
    re.compile(r"`(\d{3})`"),
)
ANSWERED = re.compile(r"\.(?:status|code)\(([^()]*)\)")
PORTS = (
    re.compile(r"\b(?:localhost|\d+\.\d+\.\d+\.\d+):(\d{2,5})\b"),
    re.compile(r"\bport:?\s*(\d{4,5})\b", re.I),
    re.compile(r"^\s*\w*PORT\w*=(\d{2,5})\b"),
    re.compile(r"\b[A-Z]\w+:(\d{4,5})\b"),
)
ORIGINS = re.compile(r"\b(?:allow_|allowed_)?origins?['\"]?\s*[:=]\s*[^\[\n]*(\[)")
ORIGIN = re.compile(r"https?://[\w.-]+(?::\d+)?")
VARIABLE = re.compile(r"(?:^\s*(?:-\s+)?|process\.env\.)([A-Z][A-Z0-9_]*_(?:URL|URI|API|PORT|HOST|ORIGINS?))\b")
KNOWN = r"(?:Authorization|Content-Type|Content-Security-Policy|Set-Cookie|Cookie|Retry-After|Accept|Origin|Location|Link)"
HEADERS = (
    re.compile(rf"\b({KNOWN})['\"]?:\s"),
    re.compile(rf"`({KNOWN})`"),
    re.compile(rf"\b({KNOWN}) header\b"),
    re.compile(rf"\bheaders\??\.({KNOWN})\b"),
    re.compile(r"\bheaders\[['\"]([\w-]+)['\"]\]"),
    re.compile(r"\.(?:header|setHeader|set)\(\s*['\"]([A-Za-z]+(?:-[A-Za-z]+)+)['\"]"),
    re.compile(r"(?:-H|--header)\s+['\"]([\w-]+):"),
    re.compile(r"`(X-[\w-]+)`|^(X-[\w-]+):"),
)
SHORT = {"HSTS": "Strict-Transport-Security", "CSP": "Content-Security-Policy"}
ATTRIBUTE = re.compile(r"\b(HttpOnly|SameSite=\w+|Secure(?=\s*;|\s*$))", re.I)
SPELLING = {"httponly": "HttpOnly", "secure": "Secure"}
COOKIE = re.compile(r"\b(?:Set-)?Cookie:\s*(\w+)=")


def find(page: Page) -> Iterator[Fact]:
    """All of them; the port of a CORS origin is a front end's and none of the backend's."""
    origins = list(_origins(page))
    foreign = {line for fact in origins for line in fact.lines}
    yield from origins
    for number, text in page.all:
        for section, found in (
            ("statuses", _statuses(text)),
            ("ports", () if number in foreign else _ports(text)),
            ("headers", _headers(text)),
            ("cookies", _cookies(text)),
            ("variables", (match[1] for match in VARIABLE.finditer(text))),
        ):
            yield from (Fact(section, name, (number,)) for name in found)
    yield from _tabled(page)


def _statuses(text: str) -> Iterator[str]:
    codes = [match[1] for rule in STATUSES for match in rule.finditer(text)]
    codes += [code for match in ANSWERED.finditer(text) for code in re.findall(r"\b\d{3}\b", match[1])]
    yield from (code for code in codes if int(code) in KNOWN_STATUSES)


def _ports(text: str) -> Iterator[str]:
    yield from (match[1] for rule in PORTS for match in rule.finditer(text))


def _tabled(page: Page) -> Iterator[Fact]:
    for line, header in columns(page.prose):
        for name, cell in zip(header, cells(line.text), strict=False):
            if name.lower() == "port" and cell.isdigit():
                yield Fact("ports", cell, (line.number,))


def _origins(page: Page) -> Iterator[Fact]:
    for block in page.blocks:
        for match in ORIGINS.finditer(block.text):
            yield from _listed(block, match.start(1))
    for number, text in page.all:
        for match in re.finditer(r"\borigins?\b[\w\s'\"`]*?(https?://[\w.-]+(?::\d+)?)", text):
            yield Fact("origins", match[1], (number,))


def _listed(block: Block, start: int) -> Iterator[Fact]:
    for match in ORIGIN.finditer(block.text, start, closing(block.text, start)):
        yield Fact("origins", match[0], (block.line(match.start()),))


def _headers(text: str) -> Iterator[str]:
    for rule in HEADERS:
        yield from (next(filter(None, match.groups())) for match in rule.finditer(text))
    if re.search(r"\bheaders\b", text, re.I):
        yield from (name for short, name in SHORT.items() if re.search(rf"\b{short}\b", text))


def _cookies(text: str) -> Iterator[str]:
    """Names of cookies, and attributes where a line is about cookies."""
    yield from (match[1] for match in COOKIE.finditer(text))
    if re.search(r"cookie", text, re.I):
        for match in ATTRIBUTE.finditer(text):
            yield SPELLING.get(match[1].lower(), match[1])
