"""The exported runtime reads bodies, parameters and queries as the mock does, and refuses them with the same texts."""

import base64
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_server.engine import media
from mock_server.engine.call import Upload
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.router import Router
from mock_server.engine.validation import cookies_of_header, parse_query, pruner
from understudy.contract.errors import suggest

from .javascript import Runtime as JavaScript
from .made import document, value

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
BOUNDARY = "multipart/form-data; boundary=xYz"
MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory, requires: Callable[..., None]) -> Iterator[JavaScript]:
    requires("node")
    runtime = JavaScript(tmp_path_factory.mktemp("runtime"))
    yield runtime
    runtime.close()


def told(item: Any) -> Any:
    """A value as the other side tells it: files as lists, numbers as JavaScript keeps them."""
    if isinstance(item, Upload):
        return {"upload": [item.name, item.type, list(item.data)]}
    if isinstance(item, dict):
        return {name: told(inner) for name, inner in item.items()}
    if isinstance(item, list):
        return [told(inner) for inner in item]
    return float(item) if isinstance(item, int) and not isinstance(item, bool) else item


def as_said(found: Violation) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("pointer", "rule", "message", "expected", "got")}


def decoded(kind: str, header: str, body: bytes) -> Any:
    try:
        return {"value": told(media.decode(kind, header.encode("latin-1"), body))}
    except Problem as problem:
        return {"status": problem.status, "kind": problem.kind, "violations": [as_said(item) for item in problem.violations]}


def same(javascript: JavaScript, kind: str, header: str, body: bytes) -> None:
    wanted = decoded(kind, header, body)
    said = javascript.ask("decode", kind, header, base64.b64encode(body).decode())
    assert ({"value": told(said["value"])} if "value" in said else said) == wanted, (kind, header, body)


JSON = [
    b"", b" ", b"\n\t ", b"{", b"[", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":1,}', b"[1,]", b"[1, \n]", b"nul", b"nulx", b"[tru]", b"NaN",
    b"[Infinity]", b"-", b"-a", b"[--1]", b"01", b"-01", b"1.", b"1.e1", b"1e", b"1e+", b"[1ea]", b"+1", b".5", b"0x1", b"1e999", b"[1,-1e999]", b"1" * 400,
    b'"', b'"a', b'"\\', b'"\\x"', b'"\\u12"', b'"\\ud800"', b'"\\ud800\\u0041"', b'"\\udc00"', b'"\\ud800', b'{"\\ud800":1}', b'"\\ud83d\\ude00"',
    b'"a\nb"', b'"\x00"', b"1 2", b"{}x", b'{"a" 1}', b"{a:1}", b"{'a':1}", b"{,}", b"[,]", b"[1 2]", b'{"a":1 "b":2}', b"[1}", b'{"a":1]', b"]",
    b"\xef\xbb\xbf{}", b"\xff", b'"\xed\xa0\x80"', b'"\xc3"', b'"\xc3\xa9" x', b'"\xf0\x9f\x98\x80\n"', b"\n\n  x", b"// a\n1", b'{"a":1,"a":2}',
    b'{"__proto__":{"a":1}}', b"[" * 150 + b"]" * 150, b"[" * 201 + b"]" * 201, b"[" * 202 + b"]" * 202, b'{"a":' * 201 + b"1" + b"}" * 201,
    b"[" * 1024 + b"]" * 1024, b"[" * 1025 + b"]" * 1025, b"1.5e3", b"-0", b"12345678901234567890",
]  # fmt: skip


@pytest.mark.parametrize("body", JSON, ids=lambda body: body[:20])
def test_json_is_read_alike(javascript: JavaScript, body: bytes) -> None:
    same(javascript, "application/json", "application/json", body)


PIECES = [
    b'"', b"\\", b"u", b"d", b"8", b",", b":", b"{", b"}", b"[", b"]", b"e", b".", b"-", b"+", b"\n", b"true", b"\\ud800", b"\\udc00", b"999", b"\xc3\xa9",
    b" ", b"\x00", b"\xff", b"/", b"0", b"nul",
]  # fmt: skip
GOOD = [
    b'{"a":[1,2.5,-3e5,true,false,null,"x\\u00e9\\n\\ud83d\\ude00\xc3\xa9"],"b":{"c":{}},"d":[]}', b'[{"k":"v","n":-0.5E+10}, "\xf0\x9f\x98\x80", 1e300]',
    b' \n{ "a" : 1 ,\n "b" : [ true , null ] }',
]  # fmt: skip


def bent(chance: Random, body: bytes, pieces: list[bytes]) -> bytes:
    """A body with a few pieces added, taken away or cut off."""
    made = bytearray(body)
    for _ in range(chance.randrange(1, 3)):
        place = chance.randrange(len(made) + 1)
        deed = chance.randrange(4)
        if deed == 0:
            del made[place:]
        else:
            made[place : place + (deed == 1) * chance.randrange(1, 4)] = b"" if deed == 1 else chance.choice(pieces)
    return bytes(made)


@MANY
@given(st.randoms(use_true_random=True))
def test_broken_json_is_refused_alike(javascript: JavaScript, chance: Random) -> None:
    for _ in range(20):
        same(javascript, "application/json", "", bent(chance, chance.choice(GOOD), PIECES))


def part(head: bytes, data: bytes) -> bytes:
    return b"--xYz\r\n" + head + b"\r\n\r\n" + data + b"\r\n"


NAMED, FILE = b'Content-Disposition: form-data; name="a"', b'Content-Disposition: form-data; name="f"; filename="x.png"\r\nContent-Type: image/png'
PARTS = [
    part(NAMED, b"1"), part(NAMED, b"") + part(NAMED, b"2"), part(FILE, b"\x00\xff\r\n--xY"),
    part(b'content-disposition: form-data; NAME="b[]"', b"\xc3\xa9"), part(b"Content-Disposition: form-data; name=plain; filename=", b"x"),
    part(b'Content-Disposition: form-data; name="a;b\\"c"', b"1"), part(b'Content-Disposition: form-data; name="f"; filename="C:\\\\dir\\\\x.txt"', b"1"),
    part(b"Content-Disposition: form-data; name*=utf-8''x", b"1"), part(b"Content-Disposition: form-data", b"1"), part(b"Content-Disposition", b"1"),
    part(b"Content-Type: text/plain", b"1"), part(b": x", b"1"), part(b"", b"1"), part(NAMED + b"\r\nContent-Transfer-Encoding: base64", b"aGk="),
    part(NAMED + b"\r\nContent-Transfer-Encoding: Base64", b"a-Gk=="), part(NAMED + b"\r\nContent-Transfer-Encoding: base64", b"aGkx\r\naGk="),
    part(NAMED + b"\r\nContent-Transfer-Encoding: base64", b"abc"), part(NAMED + b"\r\nContent-Transfer-Encoding: quoted-printable", b"a=3Db=\r\nc=="),
    part(NAMED + b"\r\nContent-Transfer-Encoding: x", b"1"), part(NAMED + b"\r\nA b: 1", b"1"), part(NAMED + b"\r\nX:  \t1 \t", b"1"),
    part(NAMED + b"\r\nX: 1\rY", b"1"), part(NAMED + b"\nX: 1", b"1"), part(NAMED + b"\r\nX: " + b"a" * 5000, b"1"),
    part(NAMED + b"".join(b"\r\nX%d: 1" % number for number in range(9)), b"1"), part(NAMED, b"1").replace(b"--xYz\r", b"--xYz \t\r"),
    part(NAMED, b"1\r\n--xYz \t\r\n" + FILE + b"\r\n\r\nz"), part(NAMED, b"1\r\n--xYzz\r\n2"), part(NAMED, b"1\r\n--xYz x"), part(NAMED, b"1\r\n--xYz-x"),
]  # fmt: skip
BODIES = [
    *(item + b"--xYz--\r\n" for item in PARTS), b"\r\n\r\n" + PARTS[0] + b"--xYz--", PARTS[0], PARTS[0] + b"--xYz", PARTS[0] + b"--xYz-", b"--xYz--",
    b"--xYz", b"", b"x", b"--", b"--xYy", b"--xYzz", b"--xYz\rx", b"--xYz-x", b"\r\n\r\n", b"\r\nno", b"preamble\r\n" + PARTS[0], PARTS[0][:-3],
    PARTS[2][:-9], b'{"a": 1}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:60])
def test_multipart_is_read_alike(javascript: JavaScript, body: bytes) -> None:
    same(javascript, MULTIPART, BOUNDARY, body)


MARKS = [
    b"\r\n", b"\r", b"\n", b"-", b"--xYz", b"--xYz--", b"--xYz\r\n", b" ", b"\t", b":", b";", b'"', b"=", b"\\", b"a", b"\xc3\xa9", b"\xff", b'name="z"',
    b"\r\n\r\n",
]  # fmt: skip
HEADERS = [
    MULTIPART, f"{MULTIPART}; boundary=", f'{MULTIPART}; charset=x; BOUNDARY="xYz"', f"{MULTIPART};boundary= 'xYz' ; x", f"{MULTIPART}; boundary=no",
    f"{MULTIPART}; boundary={'x' * 257}", f"{MULTIPART}; boundary=x;boundary=xYz",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_a_boundary_is_found_alike(javascript: JavaScript, header: str) -> None:
    same(javascript, MULTIPART, header, PARTS[0] + b"--xYz--\r\n")


@MANY
@given(st.randoms(use_true_random=True))
def test_broken_multipart_is_refused_alike(javascript: JavaScript, chance: Random) -> None:
    for _ in range(10):
        body = b"".join(chance.choice(PARTS) for _ in range(chance.randrange(1, 4))) + b"--xYz--\r\n"
        same(javascript, MULTIPART, BOUNDARY, bent(chance, body, MARKS))


QUERY = [*"ab=&+%;[]4cC é\x80", "%C3%A9", "%c3", "%41", "%zz", "%EF%BB%BF", "%F0%9F%98%80", "a[]", "&&", "a[b]"]


@MANY
@given(st.lists(st.sampled_from(QUERY), max_size=14).map("".join))
def test_forms_and_queries_are_read_alike(javascript: JavaScript, text: str) -> None:
    same(javascript, FORM, FORM, text.encode())
    same(javascript, FORM, FORM, text.encode("latin-1"))
    assert javascript.ask("query", text) == parse_query(text.encode("latin-1"))


@MANY
@given(st.binary(max_size=30))
def test_other_bodies_are_read_alike(javascript: JavaScript, body: bytes) -> None:
    for kind in ("text/plain", "image/png", FORM):
        same(javascript, kind, kind, body)


TEXTS = [
    "", "1", "-1", "01", "-01", "--1", "+1", " 1", "1 ", "1.5", "1.50", "1e3", "1e999", "-0", "²", "٣", "1_0", "0x1", "true", "false", "True", "null",
    "None", "NaN", "[1,2]", '{"a": 1}', '{"a": }', '"x"', "[" * 250 + "]" * 250, "constructor", "__proto__", "9007199254740991", "1" * 4001,
    "1" * 400 + "x",
]  # fmt: skip
KINDS = ["integer", "number", "boolean", "array", "object", "json", "null", "string", "any", "other"]


@pytest.mark.parametrize("kind", KINDS)
def test_texts_become_the_same_values(javascript: JavaScript, kind: str) -> None:
    values: list[Any] = [*TEXTS, ["1", "x"], None, 5, True]
    said = javascript.ask("coerce", values, kind)
    assert [told(item) for item in said] == [told(media.coerce(item, kind)) for item in values]


def test_digits_and_media_types_are_told_alike(javascript: JavaScript) -> None:
    assert [told(item) for item in javascript.ask("whole", TEXTS)] == [told(media.whole(text)) for text in TEXTS]
    headers = ["", "application/json", " Application/JSON ; charset=x", "a/b;c", ";", "\tA/B\n", "É/x"]
    assert javascript.ask("essence", headers) == [media.essence(header.encode("latin-1")) for header in headers]


@MANY
@given(st.lists(st.sampled_from([*'ab=; "\t%é', "a=1", "; ", '"x"', "__proto__"]), max_size=12).map("".join))
def test_cookies_are_read_alike(javascript: JavaScript, text: str) -> None:
    assert javascript.ask("cookies", text) == (cookies_of_header(text) if text else {})


@MANY
@given(st.randoms(use_true_random=True))
def test_bodies_are_pruned_alike(javascript: JavaScript, chance: Random) -> None:
    made, values = document(chance), [value(chance) for _ in range(8)]
    pointer = "/components/schemas/M"
    prune = pruner(made, {"$ref": f"#{pointer}"})
    wanted = []
    for item in values:
        notes: list[Violation] = []
        wanted.append([prune(item, "/body", notes) if prune else item, [as_said(note) for note in notes]])
    javascript.ask("document", made)
    assert javascript.ask("prune", pointer, values) == json.loads(json.dumps(wanted))


@MANY
@given(st.text("abcd_", max_size=9), st.lists(st.text("abcd_", max_size=9), max_size=16))
def test_the_closest_name_is_the_same(javascript: JavaScript, name: str, names: list[str]) -> None:
    assert javascript.ask("suggest", name, names) == suggest(name, names)


SEGMENTS = ["a", "b", "{x}", "{y}", "v{x}", "{x}.json", "{x}:close", ""]
ASKED = ["a", "b", "v1", "c.json", "v.json", "%41", "é", ""]


@MANY
@given(st.lists(st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3), max_size=8), st.lists(st.sampled_from(ASKED), max_size=4))
def test_paths_lead_to_the_same(javascript: JavaScript, templates: list[list[str]], path: list[str]) -> None:
    routes = ["/" + "/".join(parts) for parts in templates]
    router = Router(("GET", template, template) for template in routes)
    paths = ["/" + "/".join(path[:size]) for size in range(len(path) + 1)]
    wanted = [found and [found.template, list(found.values), [found.methods["GET"][0], list(found.methods["GET"][1])]] for found in map(router.find, paths)]
    assert javascript.ask("route", routes, paths) == wanted
