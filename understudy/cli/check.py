"""`understudy check`: a verdict on any real implementation."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from understudy.contract.errors import UsageError
from understudy.settings import merge

if TYPE_CHECKING:
    from contract_tests.checks import Check
    from contract_tests.options import Options
    from contract_tests.report import Report

__all__ = ["command", "options_of"]

BASELINE = "deviations.toml"
Found = Mapping[str, Any]


@click.command("check")
@click.argument("target", required=False, metavar="BACKEND|DOCUMENT")
@click.option("--url", multiple=True, metavar="[SERVICE=]URL", help="Where a service is; without a name, all of them. Without any, its own mock is checked.")
@click.option(
    "--auth",
    multiple=True,
    metavar="[ROLE=]LOGIN:PASSWORD",
    help="Who may sign in, or [ROLE=]bearer:TOKEN; two at least. Default: demo accounts, else new ones.",
)
@click.option("-H", "--header", multiple=True, metavar="NAME:VALUE", help="A header of every request.")
@click.option("--socket-url", multiple=True, metavar="[SERVICE=]URL", help="Where its sockets are, if elsewhere.")
@click.option("--socket-path", metavar="PATH", help="The path of Socket.IO. Default: as the document says.")
@click.option("--secret", multiple=True, metavar="NAME=VALUE", help="A secret that checks need, such as a webhook's.")
@click.option("--overlay", multiple=True, metavar="FILE", help="OpenAPI Overlay that changes the documents.")
@click.option("--insecure", is_flag=True, help="Certificates are not verified.")
@click.option("--ca", metavar="FILE", help="The certificates that are trusted.")
@click.option("--cert", metavar="FILE", help="The client's certificate.")
@click.option("--key", metavar="FILE", help="The client's key.")
@click.option("--wait", metavar="SECONDS", help="How long the target may take to come up.")
@click.option("--rate", metavar="NUMBER", help="Requests a second at most. Default: any.")
@click.option("--time", metavar="SECONDS", help="How long the run may take. Default: 600.")
@click.option("--timeout", metavar="SECONDS", help="How long a request may take. Default: 15.")
@click.option("--read-only", is_flag=True, help="Nothing is changed at the target.")
@click.option("--no-register", is_flag=True, help="No accounts are made.")
@click.option("--keep", is_flag=True, help="What was made is not deleted at the end.")
@click.option("--quick", is_flag=True, help="What is cheap only.")
@click.option("--slow", is_flag=True, help="Times are waited for where the target's clock can't be moved.")
@click.option("--seed", metavar="TEXT", help="What random values are made from.")
@click.option("--layer", multiple=True, metavar="NAME", help="oracles, journeys, security, browser, realtime, capacity or schema. Default: all.")
@click.option("--only", multiple=True, metavar="ID", help="A finding, check, rule, operation or layer that is run alone.")
@click.option("--skip", multiple=True, metavar="ID", help="The same that is left out.")
@click.option("--fail-on", metavar="error|warning|never", help="What makes the exit code 1. Default: error.")
@click.option("--fail-under", metavar="PERCENT", help="Exit code 1 where fewer of the operations were met.")
@click.option("--report", multiple=True, metavar="FORMAT=PATH", help="Writes a report: html, json, junit, markdown, sarif or text.")
@click.option("--deviations", metavar="FILE", help=f"Known deviations. Default: {BASELINE}, if it is there.")
@click.option("--write-baseline", is_flag=True, help="Accepts all that is found, in the file of deviations.")
@click.option("--list", "as_list", is_flag=True, help="Lists the checks and makes none.")
@click.option("--config", metavar="FILE", help="Settings file instead of the understudy.toml found upward.")
@click.option("-v", "--verbose", count=True, help="More output.")
@click.option("-q", "--quiet", count=True, help="Less output: twice, the exit code alone.")
@click.option("--json", is_flag=True, help="Output for programs: the JSON report.")
@click.option("--no-color", is_flag=True, help="Plain output (as NO_COLOR).")
def command(target: str | None, write_baseline: bool, as_list: bool, **flags: Any) -> int:
    """Check a running implementation of a backend, or of a document, against its contract.

    Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage or nothing tested, 3 the target is not reached, 130 interrupted.
    Every flag can be set in [check] of understudy.toml and as UNDERSTUDY_<FLAG>.
    """
    _need_extra()
    given = {name.replace("_", "-"): value for name, value in flags.items()}
    found = merge({**given, "target": target}, os.environ, Path.cwd(), "check")
    options = options_of(found, os.environ)
    return _list(options) if as_list else _check(options, found, write_baseline)


def _need_extra() -> None:
    """Says how to get what checks stand on, where it is missing."""
    try:
        import httpx2  # noqa: F401 - looked for only
        import schemathesis  # noqa: F401
    except ImportError as error:
        raise UsageError(f"`understudy check` needs the extra 'check' ({error.name} is missing): python3 -m pip install 'understudy[check]'") from None


def options_of(found: Found, environ: Mapping[str, str]) -> "Options":
    """The options of a run from its settings. Raises UsageError."""
    from contract_tests.checks import LAYERS
    from contract_tests.options import Options
    from understudy.contract.reader import backend_names

    if not found.get("target"):
        raise UsageError(f"What shall be checked? Name a backend ({', '.join(backend_names())}) or give a document's path.")
    return Options(
        target=str(found["target"]),
        urls=_texts(found, "url"), auth=_texts(found, "auth"), headers=_texts(found, "header"), sockets=_texts(found, "socket-url"),
        socket_path=found.get("socket-path"), secrets=_texts(found, "secret"), overlays=tuple(map(Path, _texts(found, "overlay"))),
        insecure=bool(found.get("insecure")), ca=_path(found, "ca"), cert=_path(found, "cert"), key=_path(found, "key"),
        wait=float(found.get("wait", 0)), rate=float(found.get("rate", 0)), time=float(found.get("time", 600)), timeout=float(found.get("timeout", 15)),
        read_only=bool(found.get("read-only")), register=not found.get("no-register"), keep=bool(found.get("keep")),
        slow=bool(found.get("slow")), quick=bool(found.get("quick")), seed=str(found.get("seed", "1")),
        layers=_texts(found, "layer") or LAYERS, only=_texts(found, "only"), skip=_texts(found, "skip"), environment=dict(environ),
    )  # fmt: skip


def _texts(found: Found, name: str) -> tuple[str, ...]:
    return tuple(str(item) for item in found.get(name) or ())


def _path(found: Found, name: str) -> Path | None:
    return Path(found[name]) if found.get(name) else None


def _list(options: "Options") -> int:
    from contract_tests.running import choose
    from understudy.contract.reader import read

    for check in choose(read(options.target, options.overlays), options):
        click.echo(f"{check.layer:<9} {check.id}")
    return 0


def _check(options: "Options", found: Found, write_baseline: bool) -> int:
    from contract_tests import deviations, reports
    from contract_tests.running import check

    wanted = reports.wanted(_texts(found, "report"))
    path = Path(found.get("deviations") or BASELINE)
    if found.get("deviations") and not path.is_file() and not write_baseline:
        raise UsageError(f"{path}: The file of deviations is not there.")
    known = deviations.read(path) if path.is_file() else ()
    quiet = int(found.get("quiet", 0))
    with _Bar(bool(quiet or found.get("json"))) as told:
        report = check(options, told)
    fail_on, fail_under = str(found.get("fail-on", "error")), float(found.get("fail-under", 0))
    report = replace(report, fail_on=fail_on, fail_under=fail_under)
    if known:
        report = deviations.accepting(report, known, whole=not (options.only or options.skip or options.quick))
    if write_baseline:
        click.echo(f"{path}: {deviations.write_baseline(report, path)} new entries", err=True)
    reports.write(report, wanted)
    _print(report, found, quiet)
    return 0 if write_baseline and report.ended == "complete" else report.exit_code(fail_on, fail_under)


def _print(report: "Report", found: Found, quiet: int) -> None:
    from contract_tests.reports import plain, terminal

    if found.get("json"):
        click.echo(plain.render(report))
    elif quiet < 2:
        rich = sys.stdout.isatty() and not (found.get("no-color") or os.environ.get("NO_COLOR"))
        click.echo(terminal.coloured(report, shutil.get_terminal_size().columns) if rich else terminal.render(report), nl=False)


class _Bar:
    """Progress on a terminal: one line that is written over; without a terminal a line now and then."""

    def __init__(self, silent: bool) -> None:
        self.silent, self.terminal = silent, sys.stderr.isatty()
        self.layers: set[str] = set()

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self.terminal and not self.silent:
            click.echo("\r\033[K", err=True, nl=False)

    def __call__(self, check: "Check", number: int, total: int) -> None:
        if self.silent:
            return
        if self.terminal:
            click.echo(f"\r\033[K{number}/{total} {check.id}"[:110], err=True, nl=False)
        elif check.layer not in self.layers:
            self.layers.add(check.layer)
            click.echo(f"check {number} of {total}: {check.layer}", err=True)
