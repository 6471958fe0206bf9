"""Fields of payloads and data models, each with the context it belongs to, and the values they may have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from understudy.guides.facts import Fact
from understudy.guides.literals import closing, keys, statements
from understudy.guides.markdown import Block, Page
from understudy.guides.operations import Operations
from understudy.guides.realtime import FRAME, emits, handlers

__all__ = ["find"]

MODEL = re.compile(r"\b(?:interface|type)\s+(\w+)(?:<[^{=]*(?:=[^{>]*)?>)?\s*(?:extends\s+[\w, ]+)?=?\s*(?=\{)")
MODULE = re.compile(r"\bdeclare\s+module\b[^{]*(?=\{)")
ENUM = re.compile(r"\benum\s+(\w+)\s*(?=\{)")
UNION = re.compile(r"(\w+)\??['\"]?\s*:[^;\n|]*?((?:(['\"])[\w-]+\3\s*\|\s*)+(['\"])[\w-]+\4)")
QUOTED = re.compile(r"['\"]([\w.-]+)['\"]")
SENT = (
    re.compile(r"""\b\w+\.(?:post|put|patch)(?:<[^>]*>)?\(\s*['"`]/[^'"`]*['"`]\s*,\s*(?=\{)"""),
    re.compile(r"\bbody:\s*JSON\.stringify\(\s*(?=\{)"),
    re.compile(r"(?:-d|--data\S*)\s+'(?=\{)"),
)
FRAMED = re.compile(r"\.send\(\s*JSON\.stringify\(\s*(?=\{)")
OUTWARD = re.compile(r"\bawait\s+\w+\.(\w+\.create)\(\s*(?=\{)|\b(\w+\.requestBody)\(\s*(?=\{)")
PROMISE = re.compile(r"\bfunction\s+(\w+)\([^)]*\):\s*Promise<\s*(?=\{)")
SERVED = re.compile(r"""\b\w+\.(?:get|post|put|patch|delete)\(\s*['"]/[^'"]*['"]\s*,[^{]*=>\s*(?=\{)""")
BUILT = re.compile(r"\b(?:const|let|var)\s+(\w+)\s*=\s*(?=\{)")
CLAIM = re.compile(r"\b(\w+)\s*=\s*(?:await\s+)?jwt\.verify\(")
REMARK = re.compile(r"/\*\s*(?=\{)|//\s*(?=\{)")
HEADER = re.compile(r"^[A-Z][a-z]+(?:-[A-Z][a-z]+)*$")
CODE = re.compile(r"""['"]code['"]\s*:\s*['"]([A-Z][A-Z0-9_]+)['"]""")
TURN = re.compile(r"\bswitch\s*\(\s*([\w.]+)\s*\)")
CASE = re.compile(r"\bcase\s+'([\w.-]+)'")


def find(page: Page, operations: Operations) -> Iterator[Fact]:
    for block in page.blocks:
        if block.lang == "php":
            continue
        for start, context in _regions(block, operations, page):
            yield from _keyed(block, start, context)
        yield from _enums(block)
        yield from _received(block)
        yield from _claims(block)
        yield from _cases(block)


def _regions(block: Block, operations: Operations, page: Page) -> Iterator[tuple[int, str]]:
    """Offset and context of each literal that describes a payload."""
    yield from _models(block)
    yield from _bodies(block, operations, page)
    yield from _sent(block, operations)
    yield from _served(block, operations)
    yield from ((offset, event) for event, offset in emits(block))
    for match in FRAMED.finditer(block.text):
        yield match.end(), _frame(block, match.end(), "")
    for match in OUTWARD.finditer(block.text):
        yield match.end(), match[1] or match[2]
    for match in PROMISE.finditer(block.text):
        yield match.end(), match[1]


def _models(block: Block) -> Iterator[tuple[int, str]]:
    """Interfaces and types; what augments a library's module is none of the backend's."""
    modules = [(match.end(), closing(block.text, match.end())) for match in MODULE.finditer(block.text)]
    for match in MODEL.finditer(block.text):
        if not any(start <= match.start() < end for start, end in modules):
            yield match.end(), match[1]


def _bodies(block: Block, operations: Operations, page: Page) -> Iterator[tuple[int, str]]:
    for start, end in statements(block.text):
        if "{" in block.text[start:end] and "headers" not in _remark(block, start).lower():
            yield start + block.text[start:end].index("{"), _frame(block, start, _context(block, start, operations, page))


def _frame(block: Block, start: int, otherwise: str) -> str:
    match = FRAME.search(block.text, start, closing(block.text, start))
    return match[3] if match else otherwise


def _context(block: Block, start: int, operations: Operations, page: Page) -> str:
    """The operation above, in the block or under its heading; else the status or first word of the label."""
    near = operations.near(_section(block, page), block.line(start))
    return near or _worded(_remark(block, start)) or _worded(block.label)


def _section(block: Block, page: Page) -> int:
    """The first line under the block's heading."""
    above = (line.number for line in page.prose if line.number < block.first and line.heading != block.heading)
    return max(above, default=0) + 1


def _remark(block: Block, start: int) -> str:
    """The comment line right above an offset."""
    before = block.text[:start].rstrip().split("\n")[-1].strip()
    return before if before.startswith(("//", "#")) else ""


def _worded(text: str) -> str:
    status = re.search(r"\b[1-5]\d\d\b", text)
    word = re.search(r"[A-Za-z]+", text)
    return status[0] if status else word[0].lower() if word else ""


def _sent(block: Block, operations: Operations) -> Iterator[tuple[int, str]]:
    for match in (match for rule in SENT for match in rule.finditer(block.text)):
        context = operations.near(block.first, block.line(match.end()))
        if context:
            yield match.end(), context


def _served(block: Block, operations: Operations) -> Iterator[tuple[int, str]]:
    """Objects that a route's handler builds and sends."""
    for match in SERVED.finditer(block.text):
        end = closing(block.text, match.end())
        context = operations.near(block.first, block.line(match.start()))
        for built in BUILT.finditer(block.text, match.end(), end):
            if re.search(rf"\b(?:send|json)\({built[1]}\)", block.text[built.end() : end]):
                yield built.end(), context


def _keyed(block: Block, start: int, context: str) -> Iterator[Fact]:
    end = closing(block.text, start)
    for key in keys(block.text, start):
        if not HEADER.match(key.name) or ("-" not in key.name and key.name != "Authorization"):
            yield Fact("fields", key.name, (block.line(key.offset),), of=context)
    for match in UNION.finditer(block.text, start, end):
        for value in QUOTED.findall(match[2]):
            yield Fact("values", value, (block.line(match.start()),), of=f"{context}.{match[1]}")
    for match in CODE.finditer(block.text, start, end):
        yield Fact("values", match[1], (block.line(match.start()),), of=f"{context}.code")


def _enums(block: Block) -> Iterator[Fact]:
    for match in ENUM.finditer(block.text):
        for value in QUOTED.finditer(block.text, match.end(), closing(block.text, match.end())):
            yield Fact("values", value[1], (block.line(value.start()),), of=match[1])


def _received(block: Block) -> Iterator[Fact]:
    """What a handler reads of its payload, and payloads shown in its comments."""
    for handler in handlers(block):
        for chain, offset in _chains(handler.text, handler.payload):
            for name in chain:
                yield Fact("fields", name, (block.line(handler.offset + offset),), of=handler.event)
        for match in REMARK.finditer(handler.text):
            text = handler.text[match.end() : closing(handler.text, match.end())]
            for key in keys(text, 0):
                yield Fact("fields", key.name, (block.line(handler.offset + match.end() + key.offset),), of=handler.event)


def _chains(text: str, name: str) -> Iterator[tuple[list[str], int]]:
    """The members read of a variable: `data.offer.title`; a call at the end is the language's, not the payload's."""
    if name:
        for match in re.finditer(rf"(?<![\w.]){name}((?:\??\.\w+)+)(\()?", text):
            members = re.findall(r"\w+", match[1])
            yield members[: len(members) - bool(match[2])], match.start()


def _claims(block: Block) -> Iterator[Fact]:
    """Claims read of a verified token."""
    for match in CLAIM.finditer(block.text):
        for chain, offset in _chains(block.text, match[1]):
            for name in chain:
                yield Fact("fields", name, (block.line(offset),), of="jwt")


def _cases(block: Block) -> Iterator[Fact]:
    for turn in TURN.finditer(block.text):
        for match in CASE.finditer(block.text, turn.end()):
            yield Fact("values", match[1], (block.line(match.start()),), of=turn[1])
