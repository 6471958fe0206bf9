"""`understudy export`: a backend as files, for front ends that have no server beside them."""

import click

from understudy.cli.groups import LazyGroup

__all__ = ["command"]

VERBS = {
    "msw": ("understudy.cli.export_msw", "Write handlers for Mock Service Worker that answer as the mock does"),
    "json": ("understudy.cli.export_json", "Write what each operation answers as JSON, for Storybook and tests"),
}


@click.group("export", cls=LazyGroup, verbs=VERBS)
def command() -> None:
    """Write a backend as files that need no server."""
