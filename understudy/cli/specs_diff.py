"""`understudy specs diff`: what changed between two contracts, and what of it breaks those who use the old one."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from understudy.cli.output import print_json
from understudy.contract.diff import Change, differences
from understudy.contract.errors import ContractError, UsageError
from understudy.contract.model import Contract, Place
from understudy.contract.reader import backend_names, read

__all__ = ["command"]


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Output for programs.")
@click.option("--markdown", is_flag=True, help="Output for a comment on a change.")
@click.option("--breaking", is_flag=True, help="Only what breaks clients.")
@click.pass_context
def command(context: click.Context, old: str, new: str, as_json: bool, markdown: bool, breaking: bool) -> None:
    """Show what changed from OLD to NEW: a backend's name, its folder or a document, or one of these in git as REVISION:PATH.

    Exit code 1 if something of it breaks clients that were written for OLD.
    """
    if as_json and markdown:
        raise UsageError("--json and --markdown both say how to print. Give one.")
    with _opened(old) as one, _opened(new) as other:
        found = [_named(_named(item, *one[1:]), *other[1:]) for item in differences(one[0], other[0])]
    shown = [item for item in found if item.breaking or not breaking]
    if as_json:
        print_json(_as_json(shown))
    else:
        click.echo(_markdown(shown) if markdown else _text(shown))
    context.exit(1 if any(item.breaking for item in found) else 0)


@contextmanager
def _opened(target: str) -> Iterator[tuple[Contract, str, str]]:
    """The contract of a target, with the beginning of its files' names and what stands for it."""
    revision, _, path = target.partition(":")
    if not path or Path(target).exists() or target in backend_names():
        yield read(target), "", ""
        return
    with TemporaryDirectory() as name:
        _unpack(revision, path, Path(name))
        try:
            yield read(str(Path(name) / path)), f"{name}/", f"{revision}:"
        except ContractError as error:
            raise ContractError(error.file.replace(f"{name}/", f"{revision}:"), error.line, error.what) from None
        except UsageError:
            raise UsageError(f"'{path}' at {revision} is neither a backend nor a document.") from None


def _unpack(revision: str, path: str, folder: Path) -> None:
    """Unpacks what git has at a revision: the first folder of the path, since documents refer to what is beside them."""
    first = Path(path).parts[0] if len(Path(path).parts) > 1 else "."
    command = ["git", "archive", "--format=tar", revision, "--", first]
    try:
        ran = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", b"") or str(error).encode()).decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"git has no {revision}:{path}: {said[0] if said else error}") from None
    with tarfile.open(fileobj=io.BytesIO(ran.stdout)) as archive:
        archive.extractall(folder, filter="data")


def _named(change: Change, start: str, name: str) -> Change:
    file = change.place.file
    return replace(change, place=Place(name + file[len(start) :], change.place.line)) if start and file.startswith(start) else change


def _as_json(found: list[Change]) -> dict[str, Any]:
    return {"breaking": sum(item.breaking for item in found), "changes": [asdict(item) for item in found]}


def _text(found: list[Change]) -> str:
    return "\n".join((*map(str, found), _counted(found)))


def _counted(found: list[Change]) -> str:
    breaking = sum(item.breaking for item in found)
    return f"{len(found)} change{'' if len(found) == 1 else 's'}, {breaking} breaking"


def _markdown(found: list[Change]) -> str:
    lines = [f"**{_counted(found)}**"]
    if found:
        lines += ["", "| | where | what | file |", "|---|---|---|---|"]
    lines += [f"| {'❌' if item.breaking else ''} | {_cell(item.everywhere)} | {_cell(item.says)} | `{item.place}` |" for item in found]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("\n", " ")
