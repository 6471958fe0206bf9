"""`understudy export msw`: a backend as handlers for Mock Service Worker."""

import os
from pathlib import Path
from typing import Any

import click

from understudy.contract.reader import read
from understudy.settings import DEFAULTS, mock_options

__all__ = ["command"]

RUNTIME = "./runtime"


@click.command("msw")
@click.argument("target", metavar="BACKEND|DOCUMENT")
@click.option("--out", metavar="DIR", required=True, help="Where to: a new or empty folder, or one of an earlier export.")
@click.option("--seed", metavar="TEXT", help="What the records are made from; the same seed, the same records.")
@click.option("--runtime", metavar="PATH", default=RUNTIME, help="Import the runtime from there, relative to DIR, instead of copying it: for several backends.")
@click.option("--overlay", multiple=True, metavar="FILE", help="OpenAPI Overlay that changes the documents; may be given again.")
@click.option("--config", metavar="FILE", help="Settings file instead of the understudy.toml found upward.")
@click.option("--force", is_flag=True, help="Also into a folder that holds other files; those that are in the way are overwritten.")
def command(target: str, out: str, runtime: str, force: bool, **flags: Any) -> None:
    """Write a backend as handlers for Mock Service Worker: modules that answer as the mock does, with state and sockets, and their types.

    Serve them with `setupServer(...createHandlers())` or `setupWorker(...createHandlers())` of msw 2 or 3 (docs/export.md).
    """
    options = mock_options({"targets": [target], **flags}, os.environ, Path.cwd())
    from understudy.export import folder, msw  # not before the options are known to be good: they bring the engine

    contract = read(target, options.overlays)
    files = msw.files(contract, options.seed, runtime.rstrip("/"))
    folder.write(Path(out), files, force, made=_made(contract.name if contract.declared else Path(target).name, options.seed, runtime))
    counts = [_counted(len(contract.operations), "operation"), *([_counted(len(contract.channels), "channel")] if contract.channels else [])]
    click.echo(f"Handlers of {' and '.join(counts)} in {out}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _made(target: str, seed: str, runtime: str) -> str:
    """The command that makes the folder again."""
    usual = {"--seed": (seed, DEFAULTS.seed), "--runtime": (runtime, RUNTIME)}
    return " ".join(["understudy export msw", target, *(f"{flag} {value}" for flag, (value, default) in usual.items() if value != default)])
