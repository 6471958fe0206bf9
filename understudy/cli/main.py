"""The command `understudy`: finds the verb, and says errors in one line."""

import os
import sys
from collections.abc import Sequence

import click
from click.exceptions import NoArgsIsHelpError

from understudy import __version__
from understudy.cli.groups import LazyGroup
from understudy.contract.errors import UnderstudyError, suggest

__all__ = ["cli", "main"]

VERBS = {
    "check": ("understudy.cli.check", "Check a running implementation against its contract"),
    "clock": ("understudy.cli.clock", "Move the time of running mocks"),
    "explain": ("understudy.cli.explain", "Explain a rule of the checks"),
    "export": ("understudy.cli.export", "Write a backend as files for front ends"),
    "init": ("understudy.cli.init", "Copy a backend's documents to start from"),
    "load": ("understudy.cli.load", "Stress a backend where things are few, with an exact verdict"),
    "mock": ("understudy.cli.mock", "Serve backends or documents"),
    "specs": ("understudy.cli.specs", "Lint, list, trace, extract and compare contracts"),
    "state": ("understudy.cli.state", "Reset, show, keep and prepare the state of running mocks"),
}
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


@click.group(cls=LazyGroup, verbs=VERBS, context_settings=SETTINGS)
@click.version_option(__version__, prog_name="understudy", message="%(prog)s %(version)s")
def cli() -> None:
    """Stands in for a backend that is not there, and tells whether the one that is there keeps its word."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and exits: 0 clean, 1 findings, 2 usage or document, 3 nothing answers, 130 interrupted."""
    try:
        code = cli.main(args=None if arguments is None else list(arguments), prog_name="understudy", standalone_mode=False)
        sys.stdout.flush()
    except UnderstudyError as error:
        _fail(str(error), error.exit_code)
    except NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        _fail(_said(error))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered has no reader either
        sys.exit(0)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _fail(text: str, code: int = 2) -> None:
    print(f"understudy: {text}", file=sys.stderr)
    sys.exit(code)


def _said(error: click.ClickException) -> str:
    """Click's error as one line, with the closest valid option and where help is."""
    context = getattr(error, "ctx", None)
    text = error.format_message().replace("\n", " ").strip()
    if isinstance(error, click.NoSuchOption):
        options = [name for item in (context.command.get_params(context) if context else ()) for name in item.opts]
        text = f"'{error.option_name}' is no option of {context.command_path if context else 'understudy'}.{suggest(error.option_name, options)}"
    return f"{text} Help: {context.command_path} -h" if context else text
