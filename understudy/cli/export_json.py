"""`understudy export json`: what each operation answers, as files."""

import os
from pathlib import Path
from typing import Any

import click

from understudy.contract.errors import UsageError
from understudy.contract.functions import time
from understudy.contract.reader import read
from understudy.settings import mock_options

__all__ = ["command"]


@click.command("json")
@click.argument("target", metavar="BACKEND|DOCUMENT")
@click.option("--out", metavar="DIR", required=True, help="Where to: a new or empty folder, or one of an earlier export.")
@click.option("--seed", metavar="TEXT", help="What the records are made from; the same seed, the same records.")
@click.option("--now", metavar="INSTANT", help="When it is. Default: one fixed instant, so that the same files are written every day.")
@click.option("--overlay", multiple=True, metavar="FILE", help="OpenAPI Overlay that changes the documents; may be given again.")
@click.option("--config", metavar="FILE", help="Settings file instead of the understudy.toml found upward.")
@click.option("--force", is_flag=True, help="Also into a folder that holds other files; those that are in the way are overwritten.")
def command(target: str, out: str, force: bool, **flags: Any) -> None:
    """Write what each operation of a backend answers: a JSON file for each documented status, and all of them as one module with types.

    Reads are those of the seeded world, as the first demo account that is allowed. Errors and what is created are as documented.
    """
    options = mock_options({"targets": [target], **flags}, os.environ, Path.cwd())
    from understudy.export import answers, folder  # not before the options are known to be good: they bring the engine

    now = time(options.now or answers.NOW)
    assert now is not None
    contract = read(target, options.overlays)
    if not contract.operations:
        raise UsageError(f"{target} has no operations over HTTP, so there are no answers to write.")
    files = answers.files(contract, options.seed, now)
    folder.write(Path(out), files, force, made=f"understudy export json {contract.name if contract.declared else Path(target).name}")
    count = sum("/" in name for name in files)
    click.echo(f"{count} answers of {len(contract.operations)} operations in {out}")
