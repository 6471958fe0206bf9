"""Bodies by their media type: JSON, forms, multipart, or bytes as they are."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from python_multipart import FormParser
from python_multipart.exceptions import FormParserError

from mock_server.engine.call import Upload
from mock_server.engine.problem import Problem, Violation
from understudy.contract.schemas import is_json

MOST_DEPTH = 200  # of JSON: the validator and the writer of answers give up at 255, inside an envelope
MOST_DIGITS = 4000
TOO_DEEP = f"The body is nested more deeply than {MOST_DEPTH} levels"


def essence(header: bytes | None) -> str:
    """The media type of a Content-Type header, without its parameters."""
    return header.split(b";", 1)[0].strip().lower().decode("latin-1") if header else ""


def decode(media: str, header: bytes, body: bytes) -> Any:
    """The value of a body; raises Problem (400) if it is not what its media type says."""
    if is_json(media):
        return decode_json(body)
    if media == "application/x-www-form-urlencoded":
        return _fields(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if media == "multipart/form-data":
        return _multipart(header, body)
    if media.startswith("text/"):
        return body.decode("utf-8", "replace")
    return Upload("", media, body)


def decode_json(body: bytes) -> Any:
    """The value of a JSON text; raises Problem with where it ends to be one."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"at line {error.lineno}, column {error.colno}"
        raise Problem(400, "syntax", violations=(Violation("/body", "json", f"The body is no valid JSON: {error.msg} {where}", "JSON", None),)) from None
    if may_be_deep(len(body)) and is_deep(value):
        raise Problem(400, "syntax", violations=(Violation("/body", "depth", TOO_DEEP, MOST_DEPTH),))
    return value


def may_be_deep(size: int) -> bool:
    """Whether a JSON text of so many bytes is long enough to be nested too deeply."""
    return size > 2 * MOST_DEPTH


def is_deep(value: Any) -> bool:
    """Whether a value is nested more deeply than what checks and writes it can follow."""
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        level = [inner for item in level if isinstance(item, dict | list) for inner in (item.values() if isinstance(item, dict) else item)]
        if not level:
            return False
    return True


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        name = name.removesuffix("[]")
        result[name] = value if name not in result else [*(result[name] if isinstance(result[name], list) else [result[name]]), value]
    return result


def _multipart(header: bytes, body: bytes) -> dict[str, Any]:
    """The fields of a multipart body: texts, and files as Upload."""
    pairs: list[tuple[str, Any]] = []
    boundary = _boundary(header)

    def on_field(item: Any) -> None:
        pairs.append((item.field_name.decode("utf-8", "replace"), (item.value or b"").decode("utf-8", "replace")))

    def on_file(item: Any) -> None:
        item.file_object.seek(0)
        name = (item.file_name or b"").decode("utf-8", "replace")
        pairs.append((item.field_name.decode("utf-8", "replace"), Upload(name, item.content_type or "application/octet-stream", item.file_object.read())))

    parser = None
    try:
        parser = FormParser("multipart/form-data", on_field, on_file, boundary=boundary)
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError, UnicodeDecodeError) as error:
        raise Problem(400, "syntax", violations=(Violation("/body", "multipart", f"The body is no valid multipart: {error}"),)) from None
    finally:
        if parser is not None:
            parser.close()
    if not pairs and boundary not in body:
        raise Problem(400, "syntax", violations=(Violation("/body", "multipart", "The body does not hold its boundary"),))
    return _fields(pairs)


def _boundary(header: bytes) -> bytes:
    for part in header.split(b";")[1:]:
        name, _, value = part.strip().partition(b"=")
        if name.lower() == b"boundary" and value.strip(b'" '):
            return value.strip(b'" ')
    raise Problem(400, "syntax", violations=(Violation("/header/content-type", "boundary", "multipart/form-data needs a boundary"),))


def coerced(value: Any, kinds: Mapping[str, str]) -> Any:
    """Form fields as the types that their schema names; a text that fits none stays a text, so that the validator names it."""
    if not isinstance(value, dict):
        return value
    return {name: coerce(item, kinds.get(name, "string")) for name, item in value.items()}


def coerce(value: Any, kind: str) -> Any:
    """A text as an integer, number, boolean, array or JSON, if it is one."""
    if kind == "array":
        return value if isinstance(value, list) else [value]
    if kind == "any":
        return value[-1] if isinstance(value, list) else value
    if not isinstance(value, str):
        return value
    converter = CONVERTERS.get(kind)
    try:
        return converter(value) if converter else value
    except ValueError:
        return value


def whole(text: str) -> int | None:
    """A text of digits as a number, or None. Digits are those of ASCII, and so few that Python reads them: `isdigit` alone is true of '²'."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def _integer(text: str) -> int:
    number = whole(text.removeprefix("-"))
    if number is None:
        raise ValueError(text)
    return -number if text.startswith("-") else number


def _number(text: str) -> float | int:
    value = orjson.loads(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _value(text: str) -> Any:
    value = orjson.loads(text)
    if may_be_deep(len(text)) and is_deep(value):
        raise ValueError(text)
    return value


def _null(text: str) -> Any:
    return None if text in ("", "null") else text


CONVERTERS: dict[str, Callable[[str], Any]] = {
    "integer": _integer, "number": _number, "boolean": _boolean, "object": _value, "json": _value, "null": _null,
}  # fmt: skip
