"""Hostile frames: of WebSockets, of Engine.IO and Socket.IO inside them, and what polling sends instead."""

import json
import struct
from collections.abc import Sequence
from typing import Any

from understudy.contract.model import Channel
from understudy.wire.chance import Chance

from .bodies import DEEP, RAW, TEXTS, VALUES, mutated

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
HANDSHAKE = (b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"), (b"Sec-WebSocket-Key", b"AAAAAAAAAAAAAAAAAAAAAA=="), (b"Sec-WebSocket-Version", b"13")


def frame(opcode: int, data: bytes = b"", final: bool = True, reserved: int = 0, masked: bool = True, length: int | None = None) -> bytes:
    """A frame. length: what it says of itself, if that is not true."""
    size = len(data) if length is None else length
    first = opcode | (0x80 if final else 0) | reserved << 4
    mask = 0x80 if masked else 0
    head = (
        bytes([first, mask | size])
        if size < 126
        else struct.pack("!BBH", first, mask | 126, size)
        if size < 1 << 16
        else struct.pack("!BBQ", first, mask | 127, size)
    )
    return head + (b"\0\0\0\0" if masked else b"") + data


def handshake(path: str, headers: Sequence[tuple[bytes, bytes]] = HANDSHAKE) -> bytes:
    """The request that opens a WebSocket."""
    return b"GET %b HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % (path.encode(), b"".join(b"%b: %b\r\n" % header for header in headers))


BROKEN = (
    frame(TEXT, b"x", reserved=4),
    frame(TEXT, b"x", reserved=1),
    frame(TEXT, b"x", masked=False),
    frame(3, b"x"),
    frame(11, b"x"),
    frame(PING, b"x" * 126),
    frame(PING, b"x", final=False),
    frame(CLOSE, b"\x03"),
    frame(CLOSE, struct.pack("!H", 0)),
    frame(CLOSE, struct.pack("!H", 1005)),
    frame(CLOSE, struct.pack("!H", 65535)),
    frame(CLOSE, struct.pack("!H", 1000) + b"\xff"),
    frame(CLOSE, struct.pack("!H", 1000) + b"x" * 130),
    frame(CLOSE),
    frame(CLOSE) + frame(TEXT, b"x"),
    frame(0, b"x"),
    frame(TEXT, b"x", final=False) + frame(TEXT, b"y"),
    frame(TEXT, b"x", final=False) + frame(CLOSE),
    frame(TEXT, b"\xff\xfe"),
    frame(TEXT, b"\xed\xa0\x80"),
    frame(TEXT, b"\xc3", final=False) + frame(0, b"\xa9"),
    frame(TEXT, b"\xc3", final=False) + frame(0, b"\xff"),
    frame(TEXT, b"", length=1 << 62),
    frame(TEXT, b"", length=(1 << 63) + 1),
    frame(TEXT, b"", length=17 << 20),
    frame(BINARY, b"\0" * 1000),
    frame(PONG, b"x" * 125) * 500,
    frame(PING, b"x" * 125) * 500,
    frame(TEXT, final=False) + frame(0, final=False) * 12_000,
    frame(TEXT, b"a" * 1_100_000),
    b"GET / HTTP/1.1\r\n\r\n",
    b"\0" * 500,
    frame(TEXT) * 200,
    struct.pack("!BBH", 0x81, 0xFE, 5) + b"\0\0\0\0hello",
    frame(CLOSE) * 50,
    frame(TEXT, b"{}")[:5],
)
HANDSHAKES = (
    (),
    HANDSHAKE[:1],
    HANDSHAKE[:3],
    (*HANDSHAKE[:3], (b"Sec-WebSocket-Version", b"12")),
    (*HANDSHAKE[:2], (b"Sec-WebSocket-Key", b"x"), HANDSHAKE[3]),
    (*HANDSHAKE, HANDSHAKE[2]),
    (*HANDSHAKE, (b"Content-Length", b"5")),
    (*HANDSHAKE, (b"Sec-WebSocket-Protocol", b",,,")),
    (*HANDSHAKE, (b"Sec-WebSocket-Protocol", b"jwt, \xff")),
    (*HANDSHAKE, (b"Sec-WebSocket-Protocol", b"jwt")),
    (*HANDSHAKE, (b"Sec-WebSocket-Extensions", b"permessage-deflate; x=\xff")),
    (*HANDSHAKE, (b"Sec-WebSocket-Extensions", b"permessage-deflate; server_max_window_bits=99")),
    (*HANDSHAKE, (b"Cookie", b"access_token=\xff; a")),
    (*HANDSHAKE, (b"Origin", b"\xff")),
    (*HANDSHAKE, (b"Authorization", b"Bearer \xff")),
    (*HANDSHAKE, (b"Sec-WebSocket-Protocol", b"a" * 8000)),
    (*HANDSHAKE, (b"X-Forwarded-For", b"\xff")),
    (*HANDSHAKE, (b"Transfer-Encoding", b"chunked")),
    (*HANDSHAKE, *[(b"X", b"y")] * 140),
    (*HANDSHAKE, (b"\xff", b"y")),
)
PACKETS = (
    "",
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "9",
    "a",
    "²",
    "٣",
    "2probe",
    "3probe",
    "5",
    "4²",
    "4",
    "40",
    "41",
    "42",
    "43",
    "44",
    "45",
    "46",
    "47",
    "49",
    "4x",
    "40/",
    "40/nope,",
    "40/" + "n" * 5000 + ",",
    "40/realtime,{",
    "40,[]",
    "40,7",
    '40,"x"',
    "40,null",
    "40{" + '"a":{' * 300,
    "41/realtime,",
    "41/nope,",
    "42",
    "42[]",
    "42{}",
    "42null",
    "42[null]",
    "42[1]",
    '42["connect"]',
    '42["disconnect"]',
    '42[["x"]]',
    '42[{"a":1}]',
    '42["x",' + "[" * 300 + "]" * 300 + "]",
    "42" + "[" * DEEP + "]" * DEEP,
    "42" + "9" * 99 + '["x"]',
    "42" + "9" * 101 + '["x"]',
    '42²["x"]',
    '42٣["x"]',
    "43" + "9" * 99 + "[]",
    "43²[]",
    "43[]",
    "431[]",
    "43null",
    "431{}",
    "44{}",
    '51-["x",{"_placeholder":true,"num":0}]',
    '51-["x",{"_placeholder":true,"num":5}]',
    '51-["x",{"_placeholder":true,"num":-1}]',
    '51-["x",{"_placeholder":true,"num":"a"}]',
    '50-["x"]',
    '5²-["x"]',
    '59999999999-["x"]',
    '599999999999999-["x"]',
    '451-["x",{"_placeholder":true,"num":0}]',
    '451-["x",{"_placeholder":true,"num":9}]',
    '451-["x",{"_placeholder":true,"num":null}]',
    '450-["x"]',
    '45²-["x"]',
    '4599999999-["x"]',
    '461-1[{"_placeholder":true,"num":0}]',
    "461-" + "9" * 99 + "[]",
    "b",
    "bAAAA",
    "b!!!",
    "bé",
    '452-/realtime,["x"]',
    '42["\\ud800"]',
    '42["x","\\udfff"]',
    '42["x",1e999]',
    '42["x",NaN]',
    '42["' + "x" * 100_000 + '"]',
    '42["x"' + ",1" * 20_000 + "]",
    "\x00",
    "\x1e",
    "4\x00",
    '42/realtime,0["heartbeat"]',
    '42/realtime,["lock-tickets",null]',
)
PAYLOADS = (
    b"",
    b"\x1e",
    b"\x1e" * 5000,
    b"4" * 5000,
    b"\x1e".join([b"2"] * 5000),
    b"\x1e".join([b'42["x"]'] * 16),
    b"\xff\xfe",
    b"d=",
    b"d=%zz",
    b"d=4",
    b"d",
    b"10:4hello",
    b"\x00\x01\xff4",
    b"4" + b"x" * 1_100_000,
    b"1",
    b"1\x1e1\x1e42[]",
    b"6",
    b"7",
    b"x",
)
SESSIONS = ("", "x", "\u00e9", "%00", "%ff", "a" * 3000, "null", "..%2f", "%F0%9F%91%A9")
QUERIES = (
    "EIO=3&transport=polling",
    "EIO=&transport=polling",
    "transport=polling",
    "EIO=4",
    "EIO=4&transport=x",
    "EIO=4&transport=websocket",
    "EIO=4&EIO=3&transport=polling",
    "EIO=%b2&transport=polling",
    "EIO=4&transport=polling&j=0",
    "EIO=4&transport=polling&j=%b2",
    "EIO=4&transport=polling&j=x",
    "EIO=4&transport=polling&j=" + "9" * 5000,
    "%ff=%fe",
    "&&&",
    "EIO=4&transport[]=polling",
    "EIO=4&transport=polling&b64=1",
    "EIO=4&transport=polling&sid=",
)


def packets(chance: Chance, channels: Sequence[Channel]) -> bytes:
    """A frame with an Engine.IO packet that is none, or with a Socket.IO event that nobody expects."""
    channel = chance.choice(channels)
    space = "" if channel.address.strip("/") == "" else f"/{channel.address.strip('/')},"
    if channel.receives and chance.random() < 0.4:
        name, example = message(chance, channel)
        return frame(TEXT, f"42{space}{chance.choice(('', '7', '007'))}{json.dumps([name, mutated(chance, example)])}".encode("utf-8", "surrogatepass"))
    text = chance.choice(PACKETS).replace("/realtime,", space)
    return frame(chance.choice((TEXT, TEXT, TEXT, BINARY)), text.encode("utf-8", "surrogatepass"))


def message(chance: Chance, channel: Channel) -> tuple[str, Any]:
    """The name and an example of a message that a channel takes."""
    name = chance.choice(sorted(channel.receives))
    return name, next(iter(channel.receives[name].message.examples), {})


def texts(chance: Chance, channel: Channel) -> bytes:
    """A frame of a raw WebSocket with something in it that is none of its messages."""
    kind = chance.randrange(4)
    if kind == 0:
        return frame(TEXT, chance.choice(RAW))
    if kind == 1:
        return frame(TEXT, json.dumps({channel.tag: chance.choice(VALUES), "x": chance.choice(TEXTS)}).encode())
    if kind == 2:
        depth = chance.choice((250, 500, 1020, DEEP))
        return frame(TEXT, json.dumps({channel.tag: chance.choice(sorted(channel.receives))}).encode()[:-1] + b',"data":' + b"[" * depth + b"]" * depth + b"}")
    name, example = message(chance, channel)
    changed = mutated(chance, example)
    return frame(TEXT, json.dumps({channel.tag: name, **changed} if isinstance(changed, dict) else changed).encode())
