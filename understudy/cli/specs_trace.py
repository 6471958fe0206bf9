"""`understudy specs trace`: what of a guide the documents carry, and on which lines their clauses stand."""

import click

from understudy.cli.folders import backend_folder
from understudy.contract.errors import UsageError
from understudy.contract.reader import backend_names
from understudy.guides import Trace, render, trace
from understudy.guides.ledger import FILE

__all__ = ["command"]


@click.command("trace")
@click.argument("backends", nargs=-1, metavar="[BACKEND]...")
@click.option("--missing", is_flag=True, help="Only what is missing, and clauses whose lines don't hold them.")
@click.pass_context
def command(context: click.Context, backends: tuple[str, ...], missing: bool) -> None:
    """Show guide to contract and contract to guide. Exit code 1 if the documents lack something that a guide names."""
    found = [_traced(name) for name in backends or backend_names()]
    click.echo("\n".join(render(item, full=not missing) for item in found), nl=False)
    lacking = sum(len(item.missing) for item in found)
    click.echo(f"\n{lacking} missing, {sum(len(item.problems) for item in found)} clauses adrift")
    context.exit(1 if lacking else 0)


def _traced(name: str) -> Trace:
    folder = backend_folder(name)
    if not (folder / FILE).is_file():
        raise UsageError(f"{folder / FILE} is not there. Write it with: understudy specs extract {name}")
    return trace(folder)
