"""`python -m tests.checks.foreign NAME [URL]`: one of the foreign servers by hand, until it is interrupted. URL: what a proxy stands before."""

import signal
import sys

from . import catchalls, library, manners, panel, party
from .web import served


def main(name: str, *rest: str) -> None:
    kind, _, more = name.partition(":")
    made = (
        manners.MANNERS[name](rest[0]) if name in manners.MANNERS
        else library.app(more) if kind == "library"
        else panel.app() if kind == "panel"
        else party.app() if kind == "party"
        else catchalls.app(name)
    )  # fmt: skip
    with served(made) as url:
        print(url, flush=True)
        signal.pause()


main(*sys.argv[1:])
