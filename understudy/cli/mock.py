"""`understudy mock`: serves backends or documents."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

import click

from understudy.settings import mock_options

__all__ = ["command"]


@click.command("mock")
@click.argument("targets", nargs=-1, metavar="[BACKEND|DOCUMENT]...")
@click.option("-p", "--port", metavar="PORT", help="Port of the first service, the others follow; 0 picks free ones.")
@click.option("--port-offset", metavar="NUMBER", help="Added to every service's port (3000 is often the front end's own).")
@click.option("--single-port", metavar="PORT", help="One port for all services, each under /<backend>/<service>.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on. Default: 127.0.0.1.")
@click.option("--seed", metavar="TEXT", help="What the records are made from; the same seed, the same records.")
@click.option("--overlay", multiple=True, metavar="FILE", help="OpenAPI Overlay that changes the documents; may be given again.")
@click.option("--validate", metavar="on|strict|warn|off", help="What happens to requests that break their schema. Default: on.")
@click.option("--now", metavar="INSTANT", help="When worlds begin; dates of seeded records are counted from it. Default: now.")
@click.option("--scenario", multiple=True, metavar="NAME", help="A situation to begin with, such as slow-network; may be given again.")
@click.option("--load", metavar="FILE", help="State to begin with: a file of --save, or an exported snapshot.")
@click.option("--save", metavar="FILE", help="Where state is kept, every minute and on a clean stop.")
@click.option("--watch", is_flag=True, help="Changed documents take effect at once; state and sockets stay.")
@click.option("--worlds", metavar="NUMBER", help="How many isolated copies of a backend's state there may be. Default: 1000.")
@click.option("--state", metavar="URL", help="Redis that holds state, such as redis://localhost:6379/0; other machines may serve the same.")
@click.option("--workers", metavar="NUMBER", help="Processes that serve; more than one need --state. Default: 1.")
@click.option("--admin-token", metavar="TEXT", help="What the control API asks for. Default: nothing on this machine, else a new one.")
@click.option("--admin-origin", multiple=True, metavar="ORIGIN", help="Pages of this origin may steer the mock; may be given again.")
@click.option("--config", metavar="FILE", help="Settings file instead of the understudy.toml found upward.")
@click.option("-v", "--verbose", count=True, help="More output; twice, still more.")
@click.option("-q", "--quiet", count=True, help="Less output.")
@click.option("--json", is_flag=True, help="Output for programs, one JSON document per line.")
@click.option("--no-color", is_flag=True, help="Plain output (as NO_COLOR).")
def command(**flags: Any) -> None:
    """Serve backends by name, or OpenAPI documents by path; without any, all shipped backends.

    Every flag can be set in understudy.toml and as UNDERSTUDY_<FLAG>; the command line wins.
    """
    given = {name.replace("_", "-"): value for name, value in flags.items()}
    options = mock_options(given, os.environ, Path.cwd(), terminal=sys.stdout.isatty())
    gc.disable()  # until all is loaded: what is made at start stays, and would be looked at in vain for a tenth of the time
    try:
        from mock_server.serve import run  # not before the options are known to be good: it brings the web server

        run(options)
    finally:
        gc.enable()
