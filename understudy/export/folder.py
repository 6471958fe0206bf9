"""Writes a folder of generated files: whole or not at all, and nobody else's file is touched."""

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from understudy.contract.errors import UsageError

__all__ = ["MARKER", "write"]

MARKER = "understudy.json"


def write(out: Path, files: Mapping[str, str], force: bool = False, made: str = "") -> None:
    """Writes files (path in the folder, with `/` -> text) and a marker that lists them; of an earlier export, what it listed and is no more is removed.

    force: also into a folder that holds other things, and over files that are not ours; made: the command that makes the folder again, which
    the marker tells. Raises UsageError, and then the folder is as before.
    """
    ours = _ours(out, made, force)
    texts = {**files, MARKER: _marker(files, made)}
    _refuse_foreign(out, set(texts) - ours, force)
    try:
        _replace(out, texts, ours)
    except OSError as error:
        raise UsageError(f"{error.filename or out} can't be written: {error.strerror or error}. Nothing was left behind.") from None


def _marker(files: Mapping[str, str], made: str) -> str:
    told = {"made": made, "files": sorted(files)} if made else {"files": sorted(files)}
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _ours(out: Path, made: str, force: bool) -> set[str]:
    """The files of an earlier export. Raises UsageError for a folder that is somebody else's, or another export's."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file. Nothing was written. Choose another --out.")
    marker = _read_marker(out / MARKER)
    if marker is None:
        if not force and out.is_dir() and any(out.iterdir()):
            raise UsageError(f"{out} holds other files. Nothing was written. Choose another --out, or add to it with --force.")
        return set()
    if not force and made and marker.get("made") != made:
        raise UsageError(f"{out} was made by '{marker.get('made')}'. Nothing was written. Choose another --out, or replace it with --force.")
    return {name for name in marker["files"] if _stays_inside(out, name) and not (out / name).is_dir()} | {MARKER}


def _read_marker(path: Path) -> dict[str, Any] | None:
    """What a marker says; None if there is none, or it is not one of ours."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("files"), list) else None


def _stays_inside(out: Path, name: object) -> bool:
    """Whether a listed name is a file of the folder: a marker may have been edited, and a folder in it may be a link."""
    if not isinstance(name, str) or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        return False
    return (out / name).parent.resolve().is_relative_to(out.resolve())


def _refuse_foreign(out: Path, names: set[str], force: bool) -> None:
    """Raises UsageError for files that are there and not ours."""
    there = sorted(name for name in names if (out / name).exists())
    if there and not force:
        raise UsageError(f"These files of {out} are not of an export: {', '.join(there)}. Nothing was written. Move them, or overwrite them with --force.")
    folders = sorted(name for name in names if (out / name).is_dir())
    if folders:
        raise UsageError(f"{out / folders[0]} is a folder, and a file of that name is to be written. Nothing was written.")
    outside = sorted(name for name in names if not _stays_inside(out, name))
    if outside:
        raise UsageError(f"{out / outside[0]} leads out of {out}. Nothing was written.")


def _replace(out: Path, texts: Mapping[str, str], ours: set[str]) -> None:
    """The new files in place of the old. A folder that was not there appears at once; one that was there may be on a disk of its own."""
    fresh = not out.exists()
    home = out.absolute().parent if fresh else out
    home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home, prefix=".understudy-") as name:
        beside = Path(name)
        for path, text in texts.items():
            _put(beside / "new" / path, text)
        if fresh:
            os.replace(beside / "new", out)
        else:
            _exchange(beside, out, sorted(texts), sorted(ours))


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _exchange(beside: Path, out: Path, names: list[str], ours: list[str]) -> None:
    """Moves what was there away and the new files in; if one can't be moved, everything goes back."""
    moved: list[tuple[Path, Path]] = []
    try:
        for name in sorted({*ours, *names}):
            if (out / name).exists() or (out / name).is_symlink():
                _move(out / name, beside / "old" / name, moved)
        for name in names:
            _move(beside / "new" / name, out / name, moved)
    except OSError:
        for source, target in reversed(moved):
            os.replace(target, source)
        _remove_empty(out, names)
        raise
    _remove_empty(out, ours)


def _move(source: Path, target: Path, moved: list[tuple[Path, Path]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)
    moved.append((source, target))


def _remove_empty(out: Path, names: list[str]) -> None:
    """Removes the folders that held the files, where nothing is left in them."""
    for folder in sorted({parent for name in names for parent in PurePosixPath(name).parents} - {PurePosixPath()}, reverse=True):
        path = out / folder
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
