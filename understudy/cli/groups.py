"""Groups of verbs that are imported when they are called."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from understudy.contract.errors import suggest

__all__ = ["LazyGroup", "NamedGroup"]


class NamedGroup(click.Group):
    """A group that says which of its verbs a misspelt one may have been."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            raise click.UsageError(f"'{args[0]}' is no verb.{suggest(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(NamedGroup):
    """A group whose verbs are imported when they are called. verbs: name -> (module, one line of help)."""

    def __init__(self, *arguments: Any, verbs: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.verbs:
            return None
        found: click.Command = import_module(self.verbs[cmd_name][0]).command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their help, without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, self.verbs[name][1]) for name in self.list_commands(ctx)])
