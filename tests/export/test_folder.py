"""What is written to a folder: whole or not at all, and nothing of anybody else's is touched."""

import json
import os
from pathlib import Path

import pytest

from understudy.contract.errors import UsageError
from understudy.export.folder import MARKER, write

MADE = "understudy export json shop"


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_holds_the_files_and_a_list_of_them(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "out", {"a.js": "1\n", "b/c.js": "2\n"}, made=MADE)
    found = contents(tmp_path / "deep" / "out")
    assert json.loads(found.pop(MARKER)) == {"made": MADE, "files": ["a.js", "b/c.js"]}
    assert found == {"a.js": "1\n", "b/c.js": "2\n"}


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "1"})
    assert sorted(contents(tmp_path)) == ["a.js", MARKER]


def test_a_second_export_replaces_the_first_and_leaves_strangers(tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "1", "old/b.js": "2", "kept/c.js": "3"})
    (tmp_path / "kept" / "mine.md").write_text("mine", encoding="utf-8")
    write(tmp_path, {"a.js": "4", "new/d.js": "5"})
    found = contents(tmp_path)
    found.pop(MARKER)
    assert found == {"a.js": "4", "new/d.js": "5", "kept/mine.md": "mine"}
    assert not (tmp_path / "old").exists()


def test_a_file_may_become_a_folder(tmp_path: Path) -> None:
    write(tmp_path, {"a": "1"})
    write(tmp_path, {"a/b": "2"})
    assert sorted(contents(tmp_path)) == ["a/b", MARKER]


def refused(out: Path, files: dict[str, str], made: str = "", force: bool = False) -> str:
    before = contents(out) if out.is_dir() else {}
    with pytest.raises(UsageError) as met:
        write(out, files, force, made)
    assert (contents(out) if out.is_dir() else {}) == before
    return str(met.value)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    assert refused(tmp_path / "out", {"a.js": "1"}, force=True) == f"{tmp_path / 'out'} is a file. Nothing was written. Choose another --out."


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.js").write_text("mine", encoding="utf-8")
    assert refused(tmp_path, {"a.js": "1"}) == f"{tmp_path} holds other files. Nothing was written. Choose another --out, or add to it with --force."


def test_force_adds_to_it_and_still_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "mine.js").write_text("mine", encoding="utf-8")
    write(tmp_path, {"a.js": "1"}, force=True)
    assert sorted(contents(tmp_path)) == ["a.js", "mine.js", MARKER]


def test_a_strangers_file_in_the_way_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "1"})
    (tmp_path / "b.js").write_text("mine", encoding="utf-8")
    assert "These files of" in refused(tmp_path, {"b.js": "2"})
    assert "not of an export: b.js." in refused(tmp_path, {"b.js": "2"})


def test_a_strangers_folder_in_the_way_is_refused_even_with_force(tmp_path: Path) -> None:
    (tmp_path / "b.js").mkdir()
    (tmp_path / "b.js" / "mine").write_text("mine", encoding="utf-8")
    assert "b.js is a folder" in refused(tmp_path, {"b.js": "2"}, force=True)


def test_a_folder_of_another_export_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "1"}, made=MADE)
    assert refused(tmp_path, {"a.js": "2"}, "understudy export msw shop") == (
        f"{tmp_path} was made by '{MADE}'. Nothing was written. Choose another --out, or replace it with --force."
    )


@pytest.mark.parametrize("listed", ["../mine.js", "/mine.js", 7])
def test_a_list_that_was_edited_removes_nothing_outside(tmp_path: Path, listed: object) -> None:
    (tmp_path / "mine.js").write_text("mine", encoding="utf-8")
    write(tmp_path / "out", {"a.js": "1"})
    (tmp_path / "out" / MARKER).write_text(json.dumps({"files": ["a.js", listed]}), encoding="utf-8")
    write(tmp_path / "out", {"a.js": "2"})
    assert (tmp_path / "mine.js").read_text(encoding="utf-8") == "mine"


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "out", {"a.js": "1"})
    (tmp_path / "out" / "runtime").symlink_to(tmp_path / "elsewhere")
    assert "leads out of" in refused(tmp_path / "out", {"runtime/b.js": "2"}, force=True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("broken", ["a.js", "b/c.js", "z.js", MARKER])
def test_a_write_that_fails_half_way_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    write(tmp_path, {"a.js": "1", "b/c.js": "2"})
    (tmp_path / "mine.md").write_text("mine", encoding="utf-8")
    replace = os.replace

    def failing(source: Path, target: Path) -> None:
        if target == tmp_path / broken and "new" in Path(source).parts:
            raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    monkeypatch.setattr("understudy.export.folder.os.replace", failing)
    assert "can't be written: No space left on device. Nothing was left behind." in refused(tmp_path, {"a.js": "3", "b/c.js": "4", "n/d.js": "5", "z.js": "6"})
    assert not (tmp_path / "n").exists()
    assert not list(tmp_path.glob(".understudy-*"))


def test_a_new_folder_that_fails_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="can't be written"):
        write(tmp_path / "file" / "out", {"a.js": "1"})
