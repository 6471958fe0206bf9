"""Every notation of `METHOD /path`: one function per notation, each yields sightings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from understudy.guides.literals import closing
from understudy.guides.markdown import Block, Line, Page, spans
from understudy.guides.paths import Target, target

__all__ = ["Mention", "Sighting", "mentions", "sightings"]

METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
PAIR = re.compile(rf"\b({METHODS})\s+((?:https?://|/)[^\s`'\",)|]*)(.*)")
EXAMPLE = re.compile(r"\b(?:example|e\.g\.)", re.I)
CURL = re.compile(r"\bcurl\b(.*?)((?:https?://|\bwww\.)[^\s`'\"]+)(.*)")
ROUTE = re.compile(r"Route::(get|post|put|patch|delete)\(\s*'([^']*)'(?:[^;\n]*'(\w+)'\s*\])?")
RESOURCE = re.compile(r"Route::(?:api)?[rR]esource\(\s*'([^']+)'(?:[^;\n]*?(\w+)::class)?")
GROUP = re.compile(r"^(\s*)Route::.*prefix\('([^']+)'\).*group\(")
CALL = re.compile(r"""\b\w+\.(get|post|put|patch|delete)(?:<[^>]*>)?\(\s*(['"`])(/[^'"`]*)\2""")
FETCH = re.compile(r"""(?:\bfetch|\.request)\s*(\()\s*(['"`])([^'"`]+)\2""")
OPTION = re.compile(r"""\bmethod:\s*['"](\w+)['"]""")
ADDRESS = re.compile(r"(https?://[^\s`'\",)|]+)")
HINTS = (
    ("GET", re.compile(r"\bpoll\w*|\bfetch\w*|\bread\b|\blist\b", re.I)),
    ("POST", re.compile(r"\brequest\b|\bvia\b|\bsubmit\w*|\bsend\b", re.I)),
)
RESOURCE_METHODS = (("GET", ""), ("POST", ""), ("GET", "/"), ("PUT", "/"), ("PATCH", "/"), ("DELETE", "/"))


@dataclass(frozen=True)
class Sighting:
    """An operation on a line. `example` marks an instance of a template; `handler` names the function that serves it."""

    method: str
    target: Target
    line: int
    example: bool = False
    handler: str = ""


@dataclass(frozen=True)
class Mention:
    """A path without a method, and the method its sentence suggests ('' if none)."""

    target: Target
    line: int
    method: str = ""


def sightings(page: Page) -> list[Sighting]:
    found = [each for block in page.blocks for notation in NOTATIONS for each in notation(block)]
    found += [each for line in page.prose for each in (*_told(line), *_curled_line(line.number, line.text))]
    return sorted(found, key=lambda each: each.line)


def _told(line: Line) -> Iterator[Sighting]:
    for span in spans(line.text):
        yield from _paired(line.number, span[1], line.text)


def _paired(number: int, text: str, around: str) -> Iterator[Sighting]:
    match = PAIR.search(text)
    place = target(match[2] + match[3] if match and "?" in match[2] else match[2]) if match else None
    if match and place is None:
        place = target(match[2])
    if match and place:
        names = (*place.query, *re.findall(r"&(\w+)=", match[3]))
        place = Target(place.path, place.port, tuple(dict.fromkeys(names)))
        yield Sighting(match[1], place, number, bool(EXAMPLE.search(around)))


def _lines(block: Block) -> Iterator[Sighting]:
    for number, text in block.lines:
        yield from _paired(number, text, text)


def _curled(block: Block) -> Iterator[Sighting]:
    text = block.text.replace("\\\n", "  ")  # keeps offsets
    for match in re.finditer(r"^.*\bcurl\b.*$", text, re.M):
        yield from _curled_line(block.line(match.start()), match[0])


def _curled_line(number: int, text: str) -> Iterator[Sighting]:
    match = CURL.search(text)
    place = target(match[2]) if match else None
    if not match or not place or place.path == "/":
        return
    given = re.search(rf"(?:-X|--request)\s*({METHODS})", match[1] + match[3])
    sends = re.search(r"\s(?:-d|--data\S*|-F)\b", match[1] + match[3])
    yield Sighting(given[1] if given else "POST" if sends else "GET", place, number)


def _routed(block: Block) -> Iterator[Sighting]:
    groups: list[tuple[str, str]] = []
    for number, text in block.lines:
        prefix = "".join(f"/{each}" for _, each in groups)
        for method, path, handler in _routes(text):
            place = target(prefix + "/" + path.strip("/"))
            if place:
                yield Sighting(method, place, number, handler=handler)
        opened = GROUP.match(text)
        if opened:
            groups.append((opened[1], opened[2].strip("/")))
        elif groups and text.startswith(groups[-1][0] + "}"):
            groups.pop()


def _routes(text: str) -> Iterator[tuple[str, str, str]]:
    for match in ROUTE.finditer(text):
        yield match[1].upper(), match[2], match[3] or ""
    for match in RESOURCE.finditer(text):
        one = re.sub(r"s$", "", re.sub(r"ies$", "y", match[1].rsplit("/", 1)[-1])).replace("-", "_")
        for method, tail in RESOURCE_METHODS:
            yield method, match[1] + (f"/{{{one}}}" if tail else ""), ""


def _called(block: Block) -> Iterator[Sighting]:
    for match in CALL.finditer(block.text):
        place = target(match[3])
        if place and "Route::" not in match[0]:
            yield Sighting(match[1].upper(), place, block.line(match.start()))


def _fetched(block: Block) -> Iterator[Sighting]:
    for match in FETCH.finditer(block.text):
        place = target(match[3])
        if place:
            given = OPTION.search(block.text[match.start() : closing(block.text, match.start(1))])
            yield Sighting(given[1].upper() if given else "GET", place, block.line(match.start()))


NOTATIONS: tuple[Callable[[Block], Iterator[Sighting]], ...] = (_lines, _curled, _routed, _called, _fetched)


def mentions(page: Page) -> list[Mention]:
    """Paths without a method: inline code in prose, and URLs in code."""
    found = [each for line in page.prose for each in _mentioned(line)]
    for block in page.blocks:
        for number, text in block.lines:
            places = (target(match[1]) for match in ADDRESS.finditer(text))
            found += [Mention(place, number) for place in places if place and place.path != "/"]
    return sorted(found, key=lambda each: each.line)


def _mentioned(line: Line) -> Iterator[Mention]:
    for span in spans(line.text):
        place = target(span[1]) if span[1].startswith("/") else None
        if place:
            yield Mention(place, line.number, _hinted(line.text[: span.start()]))


def _hinted(before: str) -> str:
    """The method of the last telling verb before the path, in its sentence; none across another path."""
    sentence = re.split(r"[.;|](?:\s|$)|`/", before)[-1]
    last = [(match.start(), method) for method, verb in HINTS for match in verb.finditer(sentence)]
    return max(last)[1] if last else ""
