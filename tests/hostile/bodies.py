"""Bodies and texts that no client in its right mind sends."""

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

from understudy.wire.chance import Chance

Body = tuple[bytes, bytes]  # media type and content
JSON = b"application/json"
DEEP = 100_000

TEXTS = (
    "",
    " ",
    "²",
    "٣",
    "१२",
    "1e5",
    "-0",
    "0x10",
    "1_000",
    "9" * 400,
    "-" + "9" * 30,
    "1e400000",
    "NaN",
    "Infinity",
    "null",
    "true",
    "[]",
    "{}",
    "None",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\u202e",
    "👩‍👩‍👧" * 50,
    "é" * 300,
    "a" * 5000,
    "../../etc/passwd",
    "..\\..",
    "%00",
    "%",
    "%zz",
    "%25%32%35",
    "${7*7}",
    "{{7*7}}",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "\r\nX-Injected: 1",
    "a" * 60 + "!",
    "(((((a+)+)+)+)+)$",
    "(?=a)*",
    "__class__",
    "__proto__",
    "0000-00-00",
    "9999-99-99T99:99:99Z",
    "2026-11-21T12:00:00+99:99",
    "10000-01-01T00:00:00Z",
    "00000000-0000-0000-0000-00000000000g",
    "@",
    "@@@",
    "a@" + "b" * 300,
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    -(2**63) - 1,
    10**40,
    1.5,
    -0.0,
    1e308,
    5e-324,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"$ref": "#"},
    {"__class__": "x"},
    [1] * 2000,
    *TEXTS,
)
RAW = (
    b"",
    b" ",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"{",
    b"}",
    b"[",
    b'{"a":',
    b'{"a":1,}',
    b"{'a':1}",
    b"nul",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b'"',
    b'"\\',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\xff\xfe"',
    b'"\xed\xa0\x80"',
    b"\x00",
    b"1e400000",
    b"-1e400000",
    b"1e-400000",
    b"01",
    b"+1",
    b".5",
    b"0x1",
    b"[1 2]",
    b"/**/{}",
    b"{}{}",
    b'{"a":1,"a":2}',
    b"true",
    b"null",
    b"[]",
    b"0",
    b'""',
)


def texts(chance: Chance) -> str:
    """A hostile text."""
    return chance.choice(TEXTS)


def mutated(chance: Chance, example: Any) -> Any:
    """An example with something hostile in it, or instead of it."""
    if isinstance(example, dict) and example and chance.random() < 0.85:
        name = chance.choice(sorted(example))
        changed = {**example, name: mutated(chance, example[name]) if chance.random() < 0.3 else chance.choice(VALUES)}
        if chance.random() < 0.15:
            changed.pop(chance.choice(sorted(changed)))
        return {**changed, texts(chance): chance.choice(VALUES)} if chance.random() < 0.2 else changed
    if isinstance(example, list) and example and chance.random() < 0.7:
        return [mutated(chance, example[0])] * chance.choice((1, 2, 500))
    return chance.choice(VALUES)


def _json(chance: Chance, example: Any) -> Body:
    return JSON, json.dumps(mutated(chance, example), ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _valid(_chance: Chance, example: Any) -> Body:
    return JSON, json.dumps(example).encode()


def _raw(chance: Chance, _example: Any) -> Body:
    return JSON, chance.choice(RAW)


def _deep(chance: Chance, example: Any) -> Body:
    """Nested more deeply than anything reads, or just more deeply than something writes, as a field of what is otherwise good."""
    depth = chance.choice((200, 254, 255, 260, 500, 1000, 1023, 1024, 1025, 5000, DEEP))
    nested = chance.choice((b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth, b"[" * depth))
    if not isinstance(example, dict) or chance.random() < 0.3:
        return JSON, nested
    fields = [json.dumps(name).encode() + b":" + json.dumps(value).encode() for name, value in example.items()]
    place = chance.randrange(len(fields) + 1)
    fields[place : place + 1] = [json.dumps(chance.choice([*example, "extra"])).encode() + b":" + nested]
    return JSON, b"{" + b",".join(fields) + b"}"


def _number(chance: Chance, example: Any) -> Body:
    digits = chance.choice((b"1" * 400, b"9" * 100_000, b"1e400000", b"-1e400000", b"1" + b"0" * 5000 + b".5", b"0." + b"1" * 5000, b"-0", b"1E+308", b"1e999"))
    name = json.dumps(chance.choice(sorted(example)) if isinstance(example, dict) and example else "a").encode()
    return JSON, b"{" + name + b":" + digits + b"}"


def _repeated(chance: Chance, example: Any) -> Body:
    """Duplicate keys, many of them."""
    text = json.dumps(example).encode()
    count = chance.choice((2, 3000))
    return JSON, text[:-1] + b',"a":1' * count + b"}" if text[:1] == b"{" and len(text) > 2 else b"{" + b'"a":1,' * count + b'"a":2}'


def _huge(chance: Chance, example: Any) -> Body:
    name = chance.choice(sorted(example)) if isinstance(example, dict) and example else "a"
    return JSON, json.dumps({name: chance.choice(("a", "é", "\U0001f600", "\\")) * chance.choice((10_000, 200_000, 1_100_000))}).encode()


def _mistyped(chance: Chance, example: Any) -> Body:
    """Good JSON that is said to be something else, or in another coding."""
    text = json.dumps(example)
    kinds = (
        b"application/json; charset=utf-16",
        b"application/json;;;",
        b"application/json; charset=\xff",
        b"text/plain",
        b"application/xml",
        b"*/*",
        b"",
        b"/",
        b"application/problem+json",
    )
    coded = chance.choice(
        (text.encode("utf-16"), text.encode("utf-7"), b"\xef\xbb\xbf" + text.encode(), gzip.compress(text.encode(), mtime=0), text.encode()[:-1] + b"\xff")
    )
    return chance.choice(kinds), coded


def _form(chance: Chance, example: Any) -> Body:
    pairs = "&".join(f"{name}={value}" for name, value in (example.items() if isinstance(example, dict) else ()))
    junk = (
        pairs,
        "&" * 5000,
        "=" * 5000,
        "a[]=1&" * 3000,
        "a=%zz&%=%&=%00",
        "a[b][c]=1&a=2&a[]=3",
        pairs.replace("=", "[]="),
        "%ff=%fe",
        "a" * 20_000,
        "a=1;b=2",
    )
    many = "a=1&" * 1_000_000 if chance.random() < 0.01 else chance.choice(junk)
    return b"application/x-www-form-urlencoded", many.encode("utf-8", "surrogatepass")


def _multipart(chance: Chance, example: Any) -> Body:
    """Multipart with something broken in it."""
    names = sorted(example) if isinstance(example, dict) and example else ["file"]
    part = b'Content-Disposition: form-data; name="%b"; filename="a.png"\r\nContent-Type: image/png\r\n\r\ndata\r\n' % chance.choice(names).encode()
    parts = {
        "good": b"--b\r\n" + part + b"--b--\r\n",
        "many": (b"--b\r\n" + part) * 3000 + b"--b--\r\n",
        "unended": b"--b\r\n" + part,
        "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        "no disposition": b"--b\r\nX: y\r\n\r\nx\r\n--b--\r\n",
        "huge header": b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n",
        "many headers": b"--b\r\n" + b"X: y\r\n" * 5000 + b"\r\nx\r\n--b--\r\n",
        "bad header": b"--b\r\n\x00: y\r\n\r\nx\r\n--b--\r\n",
        "bare": b"--b--\r\n",
        "bad name": b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"; filename="\x00/../\xff"\r\n\r\nx\r\n--b--\r\n',
        "bad encoding": b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n',
        "odd encoding": b'--b\r\nContent-Disposition: form-data; name="a"; filename=f\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=zz=\r\n--b--\r\n',
        "unknown encoding": b'--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\nContent-Transfer-Encoding: x-none\r\n\r\nx\r\n--b--\r\n',
        "long name": b'--b\r\nContent-Disposition: form-data; name="' + b"n" * 50_000 + b'"\r\n\r\nx\r\n--b--\r\n',
        "filename*": b"--b\r\nContent-Disposition: form-data; name*=utf-9''%zz; filename*=\xff''%ff\r\n\r\nx\r\n--b--\r\n",
    }
    boundary = chance.choice((b"b", b"b", b"b", b"c", b'"b"', b"", b"\xff", b"b" * 5000, b"b; boundary=c", b"--"))
    return b"multipart/form-data; boundary=" + boundary, chance.choice(list(parts.values()))


def _garbage(chance: Chance, _example: Any) -> Body:
    return chance.choice((JSON, b"multipart/form-data; boundary=b", b"application/octet-stream", b"image/png")), chance.randbytes(chance.randrange(1, 4000))


def tokens(chance: Chance, good: str) -> str:
    """A credential that is none: JWTs of every kind of wrong."""
    part = {
        "none": {"alg": "none", "typ": "JWT"},
        "lower": {"alg": "hs256"},
        "rs": {"alg": "RS256"},
        "list": ["HS256"],
        "number": {"alg": 7},
        "null": {"alg": None},
        "key": {"alg": "HS256", "kid": "../../x"},
        "crit": {"alg": "HS256", "crit": ["x"], "b64": False},
        "deep": {"alg": "HS256", "x": _nested(300)},
        "text": "HS256",
    }
    payload = chance.choice(
        ({"sub": "1", "exp": 1e400, "jti": 1, "typ": "access"}, {"sub": {"a": 1}, "exp": "x"}, [], "x", 7, None, {"sub": "²", "exp": 2**70}, {"exp": None})
    )
    head = _coded(json.dumps(part[chance.choice(sorted(part))]).encode())
    made = f"{head}.{_coded(json.dumps(payload).encode())}.{_coded(chance.randbytes(32))}"
    pieces = good.split(".") if good.count(".") == 2 else ["a", "b", "c"]
    return chance.choice(
        (
            made,
            f"{head}.{pieces[1]}.{pieces[2]}",
            f"{head}.{pieces[1]}.",
            ".".join(pieces[:2]),
            f"{good}x",
            good[:-3],
            good.upper(),
            "..",
            "...",
            "a.b.c",
            "é.ü.ñ",
            "A" * 10_000,
            f"{_coded(b'[' * 5000)}.{_coded(b'{' * 5000)}.x",
            f"{pieces[0]}.{_coded(b'9' * 5000)}.{pieces[2]}",
            "=",
            " ",
            "null",
        )
    )


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def _coded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


KINDS: Mapping[Callable[[Chance, Any], Body], int] = {
    _json: 40,
    _valid: 8,
    _raw: 8,
    _deep: 6,
    _number: 6,
    _repeated: 3,
    _huge: 2,
    _mistyped: 8,
    _form: 8,
    _multipart: 8,
    _garbage: 3,
}


def bodies(chance: Chance, example: Any) -> Body:
    """A hostile body for an operation that takes an example."""
    (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
    return kind(chance, example)
