"""What verbs print: plain lines for files and pipes, tables with colour on a terminal."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

__all__ = ["is_rich", "print_json", "print_table"]

Row = Sequence[str]


def is_rich() -> bool:
    """Whether output goes to a terminal whose user has nothing against colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def print_json(value: Any) -> None:
    """One JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(header: Row, rows: Sequence[Row], title: str = "") -> None:
    """A table on a terminal, else aligned columns that awk and cut can read."""
    if is_rich():
        _rich(header, rows, title)
        return
    if title:
        click.echo(title)
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _rich(header: Row, rows: Sequence[Row], title: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
