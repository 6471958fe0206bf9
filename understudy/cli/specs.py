"""`understudy specs`: what can be asked of contracts."""

import click

from understudy.cli.groups import LazyGroup

__all__ = ["command"]

VERBS = {
    "diff": ("understudy.cli.specs_diff", "Show what changed between two contracts, and what of it breaks clients"),
    "extract": ("understudy.cli.specs_extract", "Write guide.yaml from the guides"),
    "lint": ("understudy.cli.specs_lint", "Find every fault of documents"),
    "routes": ("understudy.cli.specs_routes", "List operations and what they do"),
    "trace": ("understudy.cli.specs_trace", "Show guide to contract and back"),
    "vocabulary": ("understudy.cli.specs_vocabulary", "Print the words of x-behavior"),
}


@click.group("specs", cls=LazyGroup, verbs=VERBS)
def command() -> None:
    """Lint, list, trace, extract and compare contracts."""
