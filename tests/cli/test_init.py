"""`understudy init`: copies documents, writes an overlay that works, overwrites nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from understudy.contract.reader import backend_names, read


@pytest.mark.parametrize("name", backend_names())
def test_the_copy_reads_as_the_shipped_backend_and_its_overlay_fits(run: Callable, tmp_path: Path, name: str) -> None:
    ran = run("init", name, "--out", str(tmp_path / name))
    assert ran.code == 0, ran.err
    copy, shipped = read(str(tmp_path / name)), read(name)
    assert [item.id for item in copy.operations] == [item.id for item in shipped.operations]
    assert not (tmp_path / name / "guide.yaml").exists()
    changed = read(name, [tmp_path / name / "overlay.yaml"])
    assert any("note" in item.properties for item in changed.collections.values())


def test_the_next_steps_are_printed(run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = run("init", "eventplatform").out
    assert "understudy mock ./eventplatform\n" in out
    assert "understudy mock eventplatform --overlay eventplatform/overlay.yaml\n" in out


def test_what_is_there_is_named_and_nothing_is_written(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "backend.yaml").write_text("mine", encoding="utf-8")
    ran = run("init", "eventplatform", "--out", str(tmp_path))
    assert (ran.code, ran.err) == (
        2,
        f"understudy: These files are there already: {tmp_path / 'backend.yaml'}. Nothing was written. Remove them or choose another --out.\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["backend.yaml"]
    assert (tmp_path / "backend.yaml").read_text(encoding="utf-8") == "mine"


def test_a_write_that_fails_leaves_nothing_behind(run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    calls: list[object] = []
    replace = os.replace

    def failing(source: Path, target: Path) -> None:
        if str(target).startswith(str(tmp_path / "out")):
            calls.append(target)
            if len(calls) == 3:
                raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    monkeypatch.setattr("understudy.cli.init.os.replace", failing)
    ran = run("init", "eventplatform", "--out", str(tmp_path / "out"))
    assert ran.code == 2
    assert "can't be written: No space left on device. Nothing was left behind." in ran.err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_unknown_backend_is_refused_with_the_closest(run: Callable) -> None:
    assert run("init", "evntplatform").err == "understudy: 'evntplatform' is no backend. Did you mean 'eventplatform'?\n"
