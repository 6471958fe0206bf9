"""YAML and JSON as JSON, lines of pointers, and the cache of parsed documents."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from understudy.contract import documents
from understudy.contract.errors import ContractError

Write = Callable[[dict[str, str]], Path]

ANCHORED = """\
base: &base
  one: 1
  two: &two
    deep: true
merged:
  <<: *base
  two: {own: 2}
listed:
  - first
  - {alias: *two}
both:
  <<: [{left: 1}, *base]
"""


def said(call: Callable[[], Any]) -> str:
    with pytest.raises(ContractError) as refused:
        call()
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200: ok", {"200": "ok"}),
        ("true: 1", {"true": 1}),
        ("null: 1", {"null": 1}),
        ("1.5: 1", {"1.5": 1}),
        ("on: [yes, no, off, y]", {"on": ["yes", "no", "off", "y"]}),
        ("a: [10:30, 007, 1_000, 0b1, 1.2.3, +, -, '1']", {"a": ["10:30", "007", "1_000", "0b1", "1.2.3", "+", "-", "1"]}),
        ("a: [0, -1, +2, 0x10, 1e3, 1.5e-2, .5, 1.]", {"a": [0, -1, 2, 16, 1000.0, 0.015, 0.5, 1.0]}),
        ("a: [True, FALSE, ~, Null, '', true]", {"a": [True, False, None, None, "", True]}),
        ("a: [~, null,]", {"a": [None, None]}),
        ("at: 2024-01-15T10:30:00Z", {"at": "2024-01-15T10:30:00Z"}),
        ("on: 2024-01-15", {"on": "2024-01-15"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: .inf", {"a": None}),
        ("a: .nan", {"a": None}),
        ("", None),
        ("just text", "just text"),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_yaml_is_read_as_json_knows_it(write: Write, text: str, value: Any) -> None:
    assert documents.load(write({"a.yaml": text})) == value


def test_a_json_document_is_read(write: Write) -> None:
    assert documents.load(write({"a.json": '\n {"a": [1, 2.5, null, true, "é"]}'})) == {"a": [1, 2.5, None, True, "é"]}


def test_an_anchor_that_holds_itself_is_read(write: Write) -> None:
    value = documents.load(write({"a.yaml": "&a [1, *a]"}))
    assert value[1] is value


BROKEN = {
    "a: 1\nb: 2\na: 3": "a.yaml:3: This is no valid YAML: the key 'a' stands twice.",
    "x:\n  - {a: 1, b: 2, a: 3}": "a.yaml:2: This is no valid YAML: the key 'a' stands twice.",
    "responses:\n  200: a\n  '200': b": "a.yaml:3: This is no valid YAML: the key '200' stands twice.",
    "a: [1, 2\nb: 3": "a.yaml:2: This is no valid YAML: ",
    "a: 1\n  b: 2": "a.yaml:2: This is no valid YAML: mapping values are not allowed in this context.",
    "a: *nowhere": "a.yaml:1: This is no valid YAML: found undefined alias.",
    "a:\n\t- 1": "a.yaml:2: This is no valid YAML: found character that cannot start any token.",
    "a: !!python/object:os.system x": "a.yaml:1: This is no valid YAML: could not determine a constructor for the tag",
    "a: !!binary aGk=": "a.yaml: This is no valid YAML: 'b'hi'' is no JSON value.",
    "a: !!timestamp soon": "a.yaml: This is no valid YAML: ",
    "a: !!int soon": "a.yaml: This is no valid YAML: invalid literal for int()",
    "a: \x01": "a.yaml: This is no valid YAML: ",
    "? [1]\n: 2": "a.yaml:1: This is no valid YAML: found unhashable key.",
    '{"a": 1,, "b": 2}': "a.yaml:1: This is no valid YAML: ",
    "[" * 3000: "This is no valid YAML: ",
}


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_document_is_told_with_its_line(write: Write, text: str) -> None:
    path = write({"a.yaml": text})
    assert BROKEN[text] in said(lambda: documents.load(path)).replace(f"{path.parent}{os.sep}", "")


def test_a_key_that_a_merge_brings_may_stand_again(write: Write) -> None:
    value = documents.load(write({"a.yaml": ANCHORED}))
    assert value["merged"] == {"one": 1, "two": {"own": 2}}


def test_what_is_merged_twice_is_no_key_that_stands_twice(write: Write) -> None:
    text = "a: &a {x: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: *b}\nd: {<<: *b, x: 3}"
    assert documents.load(write({"a.yaml": text}))["c"] == {"x": 2}


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\xfe\xff")
    assert "This is no valid YAML: " in said(lambda: documents.load(tmp_path / "a.yaml"))


def test_a_document_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert said(lambda: documents.load(tmp_path / "a.yaml")) == f"{tmp_path}/a.yaml: The document can't be read: No such file or directory."


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/base", 1),
        ("/base/two/deep", 4),
        ("/merged/one", 2),
        ("/merged/two", 7),
        ("/merged/two/own", 7),
        ("/merged/two/deep", 7),
        ("/listed/0", 9),
        ("/listed/1/alias", 10),
        ("/listed/1/alias/deep", 4),
        ("/both/left", 12),
        ("/both/one", 2),
        ("/base/nope", 1),
        ("/listed/7", 8),
        ("/listed/x", 8),
        ("/nope/further", 1),
    ],
)
def test_a_pointer_has_the_line_of_its_value_or_of_what_is_around_it(write: Write, pointer: str, line: int) -> None:
    assert documents.line_of(str(write({"a.yaml": ANCHORED})), pointer) == line


def test_a_pointer_into_a_json_document_has_a_line(write: Write) -> None:
    assert documents.line_of(str(write({"a.json": '{\n  "a": {\n    "b": 1\n  }\n}'})), "/a/b") == 3


def test_a_line_follows_the_file_when_it_changes(write: Write) -> None:
    path = write({"a.yaml": "a: 1\nb: 2\n"})
    before = documents.line_of(str(path), "/b")
    path.write_text("a: 1\n\n\nb: 2\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert (before, documents.line_of(str(path), "/b")) == (2, 4)


@pytest.mark.parametrize("text", [None, "a: [", "a: *x"])
def test_a_file_without_a_tree_has_line_nought(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert documents.line_of(str(tmp_path / "a.yaml"), "/a") == 0


@pytest.mark.parametrize(("pointer", "parts"), [("", []), ("/", [""]), ("/a~1b/c~0d/e%20f", ["a/b", "c~d", "e f"]), ("/a//b", ["a", "", "b"])])
def test_a_pointer_has_parts(pointer: str, parts: list[str]) -> None:
    assert documents.pointer_parts(pointer) == parts


def test_a_pointer_of_parts_leads_back_to_them() -> None:
    parts = ["paths", "/a/{b~c}", "get"]
    assert documents.pointer_parts(documents.pointer_of(*parts)) == parts


@pytest.mark.parametrize("pointer", ["/a/x", "/a/2", "/a/-1", "/b/0", "/n/x"])
def test_a_pointer_that_leads_nowhere_says_which_part(pointer: str) -> None:
    with pytest.raises(KeyError, match=pointer.rsplit("/", 1)[-1]):
        documents.resolve({"a": [1, 2], "b": {}, "n": None}, pointer)


def test_the_second_load_comes_from_the_cache_and_is_equal(write: Write, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write({"a.yaml": ANCHORED})
    first = documents.load(path)
    monkeypatch.setattr(documents, "_parse_yaml", lambda *_: pytest.fail("it was parsed again"))
    assert documents.load(path) == first
    assert len(list((cache / "understudy").iterdir())) == 1


def test_a_changed_document_is_not_taken_from_the_cache(write: Write) -> None:
    path = write({"a.yaml": "a: 1"})
    documents.load(path)
    path.write_text("a: 2", encoding="utf-8")
    assert documents.load(path) == {"a": 2}


@pytest.mark.parametrize("entry", [b"", b"{", b"\xff\x00", b'{"a": 1} x'])
def test_a_broken_cache_entry_is_ignored_and_mended(write: Write, cache: Path, entry: bytes) -> None:
    path = write({"a.yaml": "a: 1"})
    documents.load(path)
    (kept,) = (cache / "understudy").iterdir()
    kept.write_bytes(entry)
    assert documents.load(path) == {"a": 1}
    assert kept.read_bytes() == b'{"a":1}'


def test_a_home_that_cannot_be_written_is_no_loss(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert documents.load(write({"a.yaml": "a: 1"})) == {"a": 1}


def test_without_a_cache_home_it_is_in_the_home_folder(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    documents.load(write({"a.yaml": "a: 1"}))
    assert len(list((tmp_path / "home" / ".cache" / "understudy").iterdir())) == 1


def test_a_broken_document_is_not_cached(write: Write, cache: Path) -> None:
    path = write({"a.yaml": "a: ["})
    said(lambda: documents.load(path))
    assert not (cache / "understudy").exists()
