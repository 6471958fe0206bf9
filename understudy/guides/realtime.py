"""Realtime: events with who sends them, channels, and what a handshake carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from understudy.guides.facts import Fact
from understudy.guides.literals import closing, keys
from understudy.guides.markdown import Block, Line, Page, spans
from understudy.guides.paths import target

__all__ = ["Handler", "emits", "find", "handlers"]

RESERVED = frozenset(["connect", "connection", "connect_error", "disconnect", "disconnecting", "reconnect", "reconnect_attempt", "close", "open", "upgrade"])
SOCKET = r"\b(?:\w*[sS]ocket\w*|io|ws)(?:\.current)?\??\."
VERB = re.compile(rf"""{SOCKET}(to\([^)]*\)\.)?(emit|on|once|off)(\()\s*(['"])([\w:.-]+)\4""")
SERVER = re.compile(r"\bio\.(?:on\(\s*['\"]connection|use\()|new (?:Socket\w*)?Server\(")
BROADCAST = re.compile(r"\bio\.(?:to\(|emit)")
FRAME = re.compile(r"""(['"]?)\bevent\1\s*:\s*(['"])([\w:.-]+)\2""")
TOLD = re.compile(r"\bemits?\s+`([\w:.-]+)`")
HANDLER = re.compile(r"""\s*,\s*(?:async\s*)?\(?\s*(\w+)""")
OPENED = re.compile(r"""\bio(\()\s*(?:(['"`])([^'"`]+)\2|process\.env\.(\w+)!?)""")
CHANNEL = re.compile(r"""\bwss?://[^\s'"`,;)]+""")
ROUTE = re.compile(r"^/?ws/\S*$")


@dataclass(frozen=True)
class Handler:
    """Code that receives an event: its text and where that starts in the block, and the name of its payload."""

    event: str
    text: str
    offset: int
    payload: str


def find(page: Page, environment: dict[str, str]) -> Iterator[Fact]:
    """Events, channels and handshake parameters; `environment` resolves `io(process.env.X)`."""
    for block in page.blocks:
        yield from _coded(block)
        yield from _framed(block)
        yield from _opened(block, environment)
        for number, text in block.lines:
            yield from _addressed(number, text)
    for line in page.prose:
        yield from (Fact("events", match[1], (line.number,), way="server") for match in TOLD.finditer(line.text))
        yield from _addressed(line.number, line.text)
        yield from _routed(line)


def _coded(block: Block) -> Iterator[Fact]:
    for match in VERB.finditer(block.text):
        if match[5] not in RESERVED:
            yield Fact("events", match[5], (block.line(match.start()),), way=_way(block, match))


def _way(block: Block, match: re.Match[str]) -> str:
    """Who sends: an emit of a client's code is the client's, what the client listens to is the server's."""
    if match[2] == "off":
        return ""
    serves = bool(SERVER.search(block.text)) or bool(BROADCAST.search(match[0]))
    return "server" if serves == (match[2] == "emit") else "client"


def _framed(block: Block) -> Iterator[Fact]:
    """Frames `{"event": "name"}`: the heading's arrow tells the sender, else code that sends is a client's."""
    server = re.search(r"server\W+(?:to\W+)?client", block.heading, re.I)
    client = re.search(r"client\W+(?:to\W+)?server", block.heading, re.I) or ".send(" in block.text
    for match in FRAME.finditer(block.text):
        yield Fact("events", match[3], (block.line(match.start()),), way="server" if server else "client" if client else "")


def emits(block: Block) -> Iterator[tuple[str, int]]:
    """Event and offset of each literal payload: `emit('name', {`."""
    for match in VERB.finditer(block.text):
        after = re.compile(r"\s*,\s*(?=\{)").match(block.text, match.end())
        if match[2] == "emit" and after:
            yield match[5], after.end()


def handlers(block: Block) -> Iterator[Handler]:
    for match in VERB.finditer(block.text):
        named = HANDLER.match(block.text, match.end())
        if match[2] in ("on", "once") and match[5] not in RESERVED:
            end = closing(block.text, match.start(3))
            yield Handler(match[5], block.text[match.start() : end], match.start(), named[1] if named else "")


def _opened(block: Block, environment: dict[str, str]) -> Iterator[Fact]:
    """Socket.IO connections: the path of the URL is the namespace, `auth` and `query` are the handshake."""
    for match in OPENED.finditer(block.text):
        place = target(match[3] or environment.get(match[4] or "", "/"))
        if place:
            yield Fact("channels", place.path, (block.line(match.start()),), port=place.port)
            yield from _handshake(block, match, place.path)


def _handshake(block: Block, match: re.Match[str], channel: str) -> Iterator[Fact]:
    options = block.text.find("{", match.end(), closing(block.text, match.start(1)))
    for key in keys(block.text, options) if options >= 0 else ():
        if key.parents[:1] in (("auth",), ("query",)):
            yield Fact("parameters", key.name, (block.line(key.offset),), of=channel)


def _addressed(number: int, text: str) -> Iterator[Fact]:
    for match in CHANNEL.finditer(text):
        place = target(re.sub(r"//\.+(?=/)", "//host", match[0]))
        if place and place.path != "/":
            yield Fact("channels", place.path, (number,), port=place.port)


def _routed(line: Line) -> Iterator[Fact]:
    """Channel paths in inline code, `ws/room/{id}/`, and the query parameters told beside them."""
    named = [span[1] for span in spans(line.text)]
    places = [place for name in named if ROUTE.match(name) and (place := target(name))]
    for place in places:
        yield Fact("channels", place.path, (line.number,))
        for name in named:
            if re.fullmatch(r"\?\w+=?", name):
                yield Fact("parameters", name.strip("?="), (line.number,), of=place.path)
