"""`understudy init`: copies a backend's documents, and an overlay to start from."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from understudy.cli.folders import backend_folder
from understudy.contract.errors import UsageError
from understudy.contract.model import Contract
from understudy.contract.reader import read
from understudy.guides.ledger import FILE

__all__ = ["command", "overlay_text"]

OVERLAY = "overlay.yaml"
SHARED = "../_shared/"


@click.command("init")
@click.argument("backend")
@click.option("--out", metavar="DIR", help="Where to. Default: a folder of the backend's name.")
def command(backend: str, out: str | None) -> None:
    """Copy a backend's documents to change them, and an overlay for those who only want to add a little."""
    folder = backend_folder(backend)
    target = Path(out) if out else Path(folder.name)
    texts = {**_documents(folder), OVERLAY: overlay_text(read(str(folder)), folder.name)}
    _refuse_overwriting(target, list(texts))
    _write(target, texts)
    for name in texts:
        click.echo(str(target / name))
    here = target if target.is_absolute() or str(target).startswith(".") else f"./{target}"
    click.echo(f"\nServe the copy:                   understudy mock {here}")
    click.echo(f"Or the shipped one with a change: understudy mock {folder.name} --overlay {target / OVERLAY}")
    click.echo(f"See whether a change is sound:    understudy specs lint {here}")


def _documents(folder: Path) -> dict[str, str]:
    """File name to text, what the documents share with other backends included."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml")) if path.name != FILE}
    if any(SHARED in text for text in texts.values()):
        texts = {name: text.replace(SHARED, "_shared/") for name, text in texts.items()}
        texts |= {f"_shared/{path.name}": path.read_text(encoding="utf-8") for path in sorted((folder.parent / "_shared").glob("*.yaml"))}
    return texts


def overlay_text(contract: Contract, name: str) -> str:
    """An OpenAPI Overlay that adds a field to the first collection's schema, with a comment how to use it."""
    target = "$.info"
    update = "description: With our own changes"
    for service in contract.services:
        found = [item for item in contract.collections.values() if service.bundle is not None and item.bundle is service.bundle and item.declared]
        if found:
            target = f"$.components.schemas.{found[0].pointer.rsplit('/', 1)[-1]}.properties"
            update = "note: {type: string, maxLength: 200}"
            break
    return f"""\
# Changes to the shipped backend {name}, as an OpenAPI Overlay. Use it with
#   understudy mock {name} --overlay {OVERLAY}
# target is a JSONPath into the bundled documents; update merges, remove: true takes away. An action that meets nothing is an error.
overlay: 1.0.0
info: {{title: Our changes to {name}, version: 1.0.0}}
actions:
  - target: {target}
    update:
      {update}
"""


def _refuse_overwriting(target: Path, names: list[str]) -> None:
    there = [str(target / name) for name in names if (target / name).exists()]
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file. Nothing was written. Choose another --out.")
    if there:
        raise UsageError(f"These files are there already: {', '.join(there)}. Nothing was written. Remove them or choose another --out.")


def _write(target: Path, texts: dict[str, str]) -> None:
    """Writes all files or none: beside the target first, then moved."""
    moved: list[Path] = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent) as beside:
            for name, text in texts.items():
                (Path(beside) / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(beside) / name).write_text(text, encoding="utf-8")
            for name in texts:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(beside) / name, target / name)
                moved.append(target / name)
    except OSError as error:
        for path in moved:
            path.unlink()
        raise UsageError(f"{error.filename or target} can't be written: {error.strerror}. Nothing was left behind.") from None
