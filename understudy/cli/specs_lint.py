"""`understudy specs lint`: every fault of backends and documents."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click

from understudy.cli.output import print_json
from understudy.contract.lint import Fault, is_complete, lint, lint_all

__all__ = ["command"]

LEFT_OUT = "Not checked: validity by the OpenAPI standard. That needs: python3 -m pip install 'understudy[check]'"


@click.command("lint")
@click.argument("targets", nargs=-1, metavar="[BACKEND|DOCUMENT]...")
@click.option("--json", "as_json", is_flag=True, help="Output for programs.")
@click.pass_context
def command(context: click.Context, targets: tuple[str, ...], as_json: bool) -> None:
    """Find every fault of backends and documents; without any, of all shipped backends. Exit code 1 if there are faults."""
    found = sorted({fault for target in targets for fault in lint(target, providers)}) if targets else lint_all(providers)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)
    context.exit(1 if found else 0)


def providers(locale: str) -> Iterable[str]:
    """The names that x-faker may use: Faker's, and those of our own providers."""
    from fixtures.values import generator

    return [name for name in dir(generator(locale)) if not name.startswith("_")]


def _as_json(found: list[Fault]) -> dict[str, Any]:
    return {"count": len(found), "faults": [asdict(fault) for fault in found], "left_out": [] if is_complete() else [LEFT_OUT]}


def _print(found: list[Fault]) -> None:
    for fault in found:
        click.echo(str(fault))
    click.echo(f"{len(found)} fault{'' if len(found) == 1 else 's'}")
    if not is_complete():
        click.echo(LEFT_OUT)
