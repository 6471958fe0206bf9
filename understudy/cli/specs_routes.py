"""`understudy specs routes`: each operation and each message that clients send, what it does and where that is said."""

import click

from understudy.cli.output import print_json, print_table
from understudy.contract.reader import backend_names, read
from understudy.contract.routes import SOURCES, Route, count, messages, routes

__all__ = ["command"]

HEADER = ("method", "path", "operation", "do", "source")


@click.command("routes")
@click.argument("targets", nargs=-1, metavar="[BACKEND|DOCUMENT]...")
@click.option("--json", "as_json", is_flag=True, help="Output for programs.")
def command(targets: tuple[str, ...], as_json: bool) -> None:
    """List the operations and messages of backends and documents; without any, of all shipped backends."""
    contracts = [read(target) for target in targets or backend_names()]
    found = {contract.name: routes(contract) for contract in contracts}
    sent = {contract.name: messages(contract) for contract in contracts}
    every = [route for listed in found.values() for route in listed]
    if as_json:
        counts = {name: {**count(found[name]), "messages": len(sent[name])} for name in found}
        heard = [route.as_dict() for routes_ in sent.values() for route in routes_]
        print_json({"routes": [route.as_dict() for route in every], "messages": heard, "backends": counts, "all": count(every)})
        return
    for name, listed in found.items():
        print_table(HEADER, [_row(route) for route in (*listed, *sent[name])])
        click.echo(f"{name}: {_counted(listed)}{f'; {len(sent[name])} messages' if sent[name] else ''}\n")
    if len(found) > 1:
        click.echo(f"all: {_counted(every)}")
    python = count(every)["python"]
    click.echo(f"{python} of {len(every)} operations are Python")


def _row(route: Route) -> tuple[str, ...]:
    return route.method, route.path, route.operation, " ".join(filter(None, (route.do, route.collection))), route.source


def _counted(listed: list[Route]) -> str:
    counts = count(listed)
    said = ", ".join(f"{counts[source]} {source}" for source in SOURCES if counts[source])
    return f"{counts['operations']} operations{f': {said}' if said else ''}"
