"""Hostile requests, as bytes: each from its own random source, so that one can be made again from the seed and its number."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from understudy.wire.chance import Chance

from .bodies import bodies, texts, tokens

Header = tuple[bytes, bytes]
CRLF = b"\r\n"


@dataclass(frozen=True)
class Target:
    """What is attacked. path: with {parameters}; query: names of its parameters; example: of its body; tokens: good ones; statuses: documented ones."""

    place: tuple[str, int]
    method: str
    path: str
    query: tuple[str, ...] = ()
    example: Any = None
    tokens: tuple[str, ...] = ()
    statuses: frozenset[int] = frozenset()


@dataclass
class Draft:
    """A request before it is written."""

    method: bytes
    target: bytes
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    version: bytes = b"HTTP/1.1"

    def written(self, framed: bool = True) -> bytes:
        """The request. framed: with its length, where it has a body."""
        headers = [*self.headers, *([(b"Content-Length", b"%d" % len(self.body))] if framed and self.body else [])]
        return b"%b %b %b\r\n%b\r\n%b" % (self.method, self.target, self.version, b"".join(b"%b: %b\r\n" % header for header in headers), self.body)


def draft(chance: Chance, target: Target) -> Draft:
    """A request that is mostly good: with a token more often than not, ids that exist, a body of its operation."""
    path = target.path
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}{chance.choice(('1', '1', '3', '99999', 'shop_123', '00000000-0000-4000-8000-000000000001'))}{rest.partition('}')[2]}"
    made = Draft(target.method.encode(), path.encode(), [(b"Host", b"localhost")])
    if target.tokens and chance.random() < 0.85:
        made.headers.append((b"Authorization", b"Bearer " + chance.choice(target.tokens).encode()))
    if target.example is not None:
        made.headers.append((b"Content-Type", b"application/json"))
        made.body = json.dumps(target.example).encode()
    return made


def _segments(chance: Chance, target: Target, made: Draft) -> None:
    """Ids that are none, in the place of parameters."""
    path = target.path or "/"
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}{_escaped(chance, texts(chance)) or '%20'}{rest.partition('}')[2]}"
    extra = (*[""] * 12, "/", "//", "/.", "/..", "/%2e%2e/", "/%00", "/%ff%fe", "%", "%zz", "/%252e", ";a=b", "/" + "a/" * 500, "?", "#x", "/" + "a" * 4000)
    made.target = (path + chance.choice(extra)).encode("utf-8", "surrogatepass")


def _escaped(chance: Chance, text: str) -> str:
    coded = quote(text.encode("utf-8", "surrogatepass"), safe="")
    return chance.choice((coded, coded, quote(coded, safe=""), coded.replace("%", "%%")))


def _queries(chance: Chance, target: Target, made: Draft) -> None:
    """Parameters with values that are none: of those documented, and of those that everybody guesses."""
    names = [*target.query, "page", "limit", "cursor", "sort", "search", "q", "filter", "offset", "", "a[b]", "__proto__"]
    count = chance.choice((1, 1, 2, 5, 1000))
    pairs = [f"{chance.choice(names)}{chance.choice(('', '', '[]', '[x]'))}={_escaped(chance, texts(chance))}" for _ in range(count)]
    junk = chance.choice(("", "", "", "&&&", "&=&", "%", "&%ff=%fe", "?" * 100, "&sort=" + "-a," * 1500, "&" + "page=1&" * 1200))
    made.target += b"?" + ("&".join(pairs)[:12_000] + junk).encode()


def _bodies(chance: Chance, target: Target, made: Draft) -> None:
    kind, made.body = bodies(chance, target.example if target.example is not None else {"name": "x"})
    made.headers = [header for header in made.headers if header[0] != b"Content-Type"] + [(b"Content-Type", kind)]
    if chance.random() < 0.1:
        made.headers.append((b"Content-Encoding", chance.choice((b"gzip", b"br", b"deflate, gzip", b"x"))))


def _credentials(chance: Chance, target: Target, made: Draft) -> None:
    token = tokens(chance, chance.choice(target.tokens or ("a.b.c",)))
    made.headers = [header for header in made.headers if header[0] != b"Authorization"]
    scheme = chance.choice(("Bearer ", "Bearer ", "bearer\t", "Basic ", "", "Bearer Bearer ", "Digest "))
    raw = token.encode("utf-8", "replace")
    made.headers.append(
        chance.choice(
            (
                (b"Authorization", scheme.encode() + raw),
                (b"Cookie", b"access_token=" + raw + b"; refresh_token=" + raw),
                (b"Cookie", b";;;=;=a;" + raw),
                (b"Cookie", b"a=b;" * 3000),
                (b"X-Api-Key", raw),
                (b"Stripe-Signature", b"t=" + raw + b",v1=" + raw),
                (b"Cookie", b'access_token="' + raw),
            )
        )
    )


def _headers(chance: Chance, _target: Target, made: Draft) -> None:
    """Headers that ask for something odd."""
    junk = (
        (b"Range", b"bytes=0-1,2-3,-1,9999999999999999999-"),
        (b"Range", b"x"),
        (b"If-None-Match", b"*"),
        (b"If-Match", b'"' * 100),
        (b"If-Modified-Since", b"never"),
        (b"Prefer", b"code=999, example=x, dynamic=maybe, delay=-1"),
        (b"Prefer", b"code=abc"),
        (b"Prefer", b"delay=1e400"),
        (b"Prefer", b"\xb2"),
        (b"Idempotency-Key", b"k" * 3000),
        (b"Idempotency-Key", b"\xff"),
        (b"X-Forwarded-For", b"\xff, ::1, %00"),
        (b"X-Forwarded-For", b"," * 1000),
        (b"X-Forwarded-Proto", b"gopher"),
        (b"Origin", b"\xff"),
        (b"Origin", b"null"),
        (b"Origin", b"http://localhost:3000"),
        (b"Accept-Encoding", b"gzip;q=, gzip;q=x"),
        (b"Accept", b"*/*;q=x" * 300),
        (b"Host", b""),
        (b"Host", b"\xff"),
        (b"Host", b"a:b:c@d"),
        (b"Host", b"[::1"),
        (b"Content-Type", b"application/json"),
        (b"Content-Type", b"\xff/\xfe"),
        (b"X-Understudy-World", b"../\xff"),
        (b"X-Understudy-World", b"w" * 5000),
        (b"Transfer-Encoding", b"identity"),
        (b"Access-Control-Request-Method", b"\xff"),
        (b"Access-Control-Request-Headers", b"\x80\xff"),
        (b"X-HTTP-Method-Override", b"DELETE"),
        (b"Accept-Language", b"*" * 3000),
        (b"Date", b"x"),
        (b"Connection", b"keep-alive, close, upgrade"),
        (b"TE", b"trailers"),
        (b"X", b"y" * 9000),
        (b"X-Request-Id", b"\x80" * 50),
        (b"X-Trace-ID", b"\xff\x80"),
    )
    made.headers += [chance.choice(junk) for _ in range(chance.choice((1, 1, 2, 6)))]


def _methods(chance: Chance, _target: Target, made: Draft) -> None:
    made.method = chance.choice(
        (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PROPFIND", b"PURGE", b"SEARCH", b"M-SEARCH", b"QUERY")
    )


FRAMED: Mapping[Callable[[Chance, Target, Draft], None], int] = {_segments: 15, _queries: 25, _bodies: 35, _credentials: 10, _headers: 20, _methods: 5}


def framed(chance: Chance, target: Target) -> bytes:
    """A request that ends where it says, whatever is in it: others may follow it on its connection."""
    made = draft(chance, target)
    for kind in chance.choices(list(FRAMED), list(FRAMED.values()), k=chance.choice((1, 1, 2, 3))):
        kind(chance, target, made)
    made.headers = [(name, value) for name, value in made.headers if not (made.body and name == b"Transfer-Encoding")]
    if made.body and chance.random() < 0.1:
        step = chance.choice((1, 7, 1000)) if len(made.body) < 5000 else 60_000
        pieces = [made.body[at : at + step] for at in range(0, len(made.body), step)]
        made.headers.append((b"Transfer-Encoding", b"chunked"))
        made.body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        return made.written(framed=False)
    return made.written()


def _flipped(chance: Chance, _made: Draft, text: bytes) -> bytes:
    changed = bytearray(text)
    for _ in range(chance.choice((1, 1, 3, 20))):
        changed[chance.randrange(min(len(changed), 400))] = chance.choice((0, 10, 13, 32, 37, 58, 127, 128, 255, chance.randrange(256)))
    return bytes(changed)


def _truncated(chance: Chance, _made: Draft, text: bytes) -> bytes:
    return text[: chance.randrange(1, len(text))]


def _lengths(chance: Chance, made: Draft, _text: bytes) -> bytes:
    """A Content-Length that is wrong, or several."""
    said = (
        b"-1",
        b"1",
        b"99999999999999999999999",
        b"18446744073709551616",
        b"4294967296",
        b"0x10",
        b"1e3",
        b"",
        b" ",
        b"abc",
        b"5, 5",
        b"5,6",
        b"+5",
        b"5 5",
        b"\xb2",
    )
    made.headers += [(b"Content-Length", chance.choice(said)) for _ in range(chance.choice((1, 1, 2)))]
    return made.written(framed=chance.random() < 0.3)


def _chunks(chance: Chance, made: Draft, _text: bytes) -> bytes:
    """Chunks that are none."""
    made.headers.append(
        (
            chance.choice((b"Transfer-Encoding", b"Transfer-Encoding ", b"Transfer-\tEncoding")),
            chance.choice((b"chunked", b"chunked, chunked", b"gzip, chunked", b"xchunked", b"chunked;q=1", b"\x0bchunked")),
        )
    )
    made.body = chance.choice(
        (
            b"zz\r\nhello\r\n0\r\n\r\n",
            b"5\r\nhel",
            b"5\nhello\n0\n\n",
            b"-5\r\nhello\r\n0\r\n\r\n",
            b"ffffffffffffffffff\r\nx",
            b"7fffffff\r\nx",
            b"5\r\nhelloXX0\r\n\r\n",
            b"5;" + b"x" * 70_000 + b"\r\nhello\r\n0\r\n\r\n",
            b"5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 5\r\n\r\n",
            b"0\r\n" + b"T: x\r\n" * 300 + b"\r\n",
            b"0\r\nT: " + b"x" * 70_000,
            b"0\r\n",
            b"\r\n",
            b"0x5\r\nhello\r\n0\r\n\r\n",
            b"5 \r\nhello\r\n0\r\n\r\n",
        )
    )
    return made.written(framed=chance.random() < 0.4)


def _lines(chance: Chance, made: Draft, _text: bytes) -> bytes:
    """A request line that is none."""
    target = made.target
    return chance.choice(
        (
            b"GET %b\r\n" % target,
            b"GET %b\r\n\r\n" % target,
            b"%b %b HTTP/1.0\r\n\r\n" % (made.method, target),
            b"GET %b HTTP/0.9\r\n\r\n" % target,
            b"GET %b HTTP/2.0\r\n\r\n" % target,
            b"GET %b HTTP/9.9\r\n\r\n" % target,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET http://localhost%b HTTP/1.1\r\nHost: x\r\n\r\n" % target,
            b"GET http://[::1 HTTP/1.1\r\n\r\n",
            b"CONNECT localhost:80 HTTP/1.1\r\n\r\n",
            b"CONNECT %b HTTP/1.1\r\n\r\n" % target,
            b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET * HTTP/1.1\r\n\r\n",
            b"GET localhost:80 HTTP/1.1\r\n\r\n",
            b"GET  %b  HTTP/1.1\r\n\r\n" % target,
            b"GET\t%b\tHTTP/1.1\r\n\r\n" % target,
            b"get %b HTTP/1.1\r\n\r\n" % target,
            b"XYZZY %b HTTP/1.1\r\n\r\n" % target,
            b"A" * 9000 + b" / HTTP/1.1\r\n\r\n",
            b"GET /%b HTTP/1.1\r\n\r\n" % (b"a" * 20_000),
            b"GET %b?%b HTTP/1.1\r\n\r\n" % (target, b"a=1&" * 10_000),
            b"GET %b\x00 HTTP/1.1\r\n\r\n" % target,
            b"GET /\xff\xfe%b HTTP/1.1\r\n\r\n" % target,
            b"GET /../../..%b HTTP/1.1\r\n\r\n" % target,
            b"GET //%b HTTP/1.1\r\n\r\n" % target,
            b"GET \\%b HTTP/1.1\r\n\r\n" % target,
            b"GET ?a HTTP/1.1\r\n\r\n",
            b"GET # HTTP/1.1\r\n\r\n",
            b"GET %b HTTP/1.1\n\n" % target,
            b"GET %b HTTP/1.1\r\r\n\n" % target,
            b"\r\n" * 500 + b"GET %b HTTP/1.1\r\n\r\n" % target,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"\x00" * 100,
            b"\x04\x01\x00\x50",
            b"GET ftp://x:99999%b HTTP/1.1\r\n\r\n" % target,
            b"GET http://x:99999999/ HTTP/1.1\r\n\r\n",
            b"GET http:///a HTTP/1.1\r\n\r\n",
            b"GET http://a@b@c/ HTTP/1.1\r\n\r\n",
        )
    )


def _heads(chance: Chance, made: Draft, _text: bytes) -> bytes:
    """Headers that are none, or too much."""
    line = b"%b %b HTTP/1.1\r\n" % (made.method, made.target)
    junk = (
        b"X y\r\n",
        b": y\r\n",
        b"X\x00: y\r\n",
        b"X: \x00\r\n",
        b"X: a\r\n folded\r\n",
        b" X: y\r\n",
        b"X : y\r\n",
        b"X: \x01\x02\r\n",
        b"\xff: y\r\n",
        b"X: y\rZ: w\r\n",
        b"X: y\nZ: w\n",
        b"Host: a\r\nHost: b\r\n",
        b"X: y\r\n" * 300,
        b"X: " + b"y" * 70_000 + b"\r\n",
        b"X" * 70_000 + b": y\r\n",
        b"X: " + b"y" * 500_000,
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Expect: 100-continue\r\nContent-Length: 5\r\n",
        b"Expect: 200-maybe\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n",
        b"Upgrade: websocket\r\nConnection: upgrade\r\n",
        b"Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 99\r\n",
        b"Upgrade: \xff\r\nConnection: upgrade\r\n",
        b"Connection: \xff\r\n",
        b"Upgrade: websocket\r\nConnection: upgrade\r\nX: " + b"y" * 9000 + b"\r\n",
        b"Upgrade: websocket\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n",
        b"Upgrade: websocket\r\nConnection: upgrade\r\n" + b"X: y\r\n" * 150,
    )
    return line + b"Host: x\r\n" + b"".join(chance.choice(junk) for _ in range(chance.choice((1, 1, 2)))) + CRLF + made.body[:100]


def _ahead(chance: Chance, _made: Draft, text: bytes) -> bytes:
    """Requests sent ahead, with something among them that is none."""
    parts = [text] * chance.choice((2, 5, 40))
    parts.insert(
        chance.randrange(len(parts) + 1),
        chance.choice((b"\x00", b"GET", b"\r\n\r\n\r\n", b"GET / HTTP/1.1\r\nX", b"HTTP/1.1 200 OK\r\n\r\n", chance.randbytes(50))),
    )
    return b"".join(parts)[:200_000]


BROKEN: Mapping[Callable[[Chance, Draft, bytes], bytes], int] = {_flipped: 25, _truncated: 10, _lengths: 12, _chunks: 12, _lines: 25, _heads: 25, _ahead: 5}


def broken(chance: Chance, target: Target) -> bytes:
    """Bytes of which nobody can say where they end: they have a connection of their own."""
    made = draft(chance, target)
    (kind,) = chance.choices(list(BROKEN), list(BROKEN.values()))
    return kind(chance, made, made.written())


def last(target: Target) -> bytes:
    """A plain request that ends its connection."""
    return b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % (target.path.partition("{")[0].encode() or b"/")


def series(chance: Chance, operations: Sequence[Target], others: Sequence[Target], length: int) -> tuple[Target, list[bytes]]:
    """Some attacks for one connection: framed ones on one place, or a broken one."""
    targets = operations if chance.random() < 0.75 else others
    target = chance.choice(targets)
    if chance.random() < 0.35:
        return target, [broken(chance, target)]
    near = [other for other in targets if other.place == target.place]
    return target, [*(framed(chance, chance.choice(near)) for _ in range(length)), last(target)]
