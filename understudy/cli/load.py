"""`understudy load`: stress where things are few, and an exact verdict."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from understudy.contract.errors import UsageError
from understudy.settings import merge

if TYPE_CHECKING:
    from load.driving import Plan
    from load.story import Story

__all__ = ["command"]

TABLE = "load-test"
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
Found = Mapping[str, Any]


class Stories(click.Command):
    """A command whose help names the stories, or one of them with its parameters."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What is known of stories."""
        from load.parameters import shown
        from load.story import stories

        named = next((item for item in sys.argv[1:] if item in stories()), None)
        for name, story in stories().items():
            if named in (None, name):
                with formatter.section(f"{name}: {story.says}" if named else name):
                    rows = [(f"--set {key}", text) for key, text in shown(story.parameters)]
                    formatter.write_dl(rows + [(f"step {key}", text) for key, text in story.steps.items()]) if named else formatter.write_text(story.says)


@click.command("load", cls=Stories)
@click.argument("story", required=False)
@click.argument("target", required=False, metavar="[BACKEND|DOCUMENT]")
@click.option("--url", multiple=True, metavar="[SERVICE=]URL", help="Where a service is; without a name, all of them. Without any, its own mock is stressed.")
@click.option(
    "--auth", multiple=True, metavar="[ROLE=]LOGIN:PASSWORD", help="Who may sign in. Default: demo accounts, and as many new ones as there are users."
)
@click.option("-H", "--header", multiple=True, metavar="NAME:VALUE", help="A header of every request.")
@click.option("--socket-url", multiple=True, metavar="[SERVICE=]URL", help="Where its sockets are, if elsewhere.")
@click.option("--socket-path", metavar="PATH", help="The path of Socket.IO. Default: as the document says.")
@click.option("--overlay", multiple=True, metavar="FILE", help="OpenAPI Overlay that changes the documents.")
@click.option("--insecure", is_flag=True, help="Certificates are not verified.")
@click.option("--ca", metavar="FILE", help="The certificates that are trusted.")
@click.option("--wait", metavar="SECONDS", help="How long the target may take to come up.")
@click.option("--timeout", metavar="SECONDS", help="How long a step may take. Default: 15.")
@click.option("--users", metavar="NUMBER", help="How many users. Default: the story's.")
@click.option("--spawn-rate", metavar="NUMBER", help="Users that come in a second. Default: the story's.")
@click.option("--run-time", metavar="TIME", help="How long it is measured, such as 30s, 5m, 1h. Default: the story's.")
@click.option("--warm-up", metavar="TIME", help="How long before that is not counted. Default: 0s.")
@click.option("--rate", metavar="NUMBER", help="Arrivals a second (open model). Default: each user goes on as soon as they are done.")
@click.option("--processes", metavar="NUMBER", help="Worker processes of the generator; -1: one a core. Default: 1.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the story.")
@click.option("--slo", multiple=True, metavar="TEXT", help="What must hold, such as 'lock p99<200ms' or 'oversold=0'.")
@click.option("--out", metavar="FOLDER", help="Where result.json, report.html and Locust's own reports are kept. Default: a new folder under load-results.")
@click.option("--web", metavar="PORT", help="Locust's page instead of a run of its own; the verdict comes when it is closed.")
@click.option("--seed", metavar="TEXT", help="What random values are made from.")
@click.option("--no-register", is_flag=True, help="No accounts are made.")
@click.option("--keep", is_flag=True, help="What was made is not deleted at the end.")
@click.option("--prepare", metavar="FOLDER", hidden=True, help="Prepares a stage in a folder, and runs nothing: what the locustfile calls.")
@click.option("--judge", metavar="FOLDER", hidden=True, help="Makes the verdict of what lies in a folder: what the locustfile calls.")
@click.option("--list", "as_list", is_flag=True, help="Lists the stories.")
@click.option("--config", metavar="FILE", help="Settings file instead of the understudy.toml found upward.")
@click.option("-q", "--quiet", count=True, help="Less output: twice, the exit code alone.")
@click.option("--json", is_flag=True, help="Output for programs: the JSON result.")
@click.option("--no-color", is_flag=True, help="Plain output (as NO_COLOR).")
def command(story: str | None, target: str | None, as_list: bool, prepare: str | None, judge: str | None, **flags: Any) -> int:
    """Stress a backend with a story, and learn exactly what it gave away that it should not have.

    Exit codes: 0 clean, 1 a verdict or an --slo is broken, 2 usage or nothing ran, 3 the target is not reached or a worker was lost, 130 interrupted.
    Every flag can be set in [load-test] of understudy.toml and as UNDERSTUDY_<FLAG>. `understudy load STORY --help` shows the story's parameters.
    """
    from load.story import stories, story_named

    _need_extra()
    if as_list:
        for name, item in stories().items():
            click.echo(f"{name:<16} {item.says}")
        return 0
    if judge:
        return _judge(Path(judge))
    if not story:
        raise UsageError(f"Which story? Known are {', '.join(sorted(stories()))}.")
    given = {"set" if name == "given" else name.replace("_", "-"): value for name, value in flags.items()}
    found = merge({**given, "target": target}, os.environ, Path.cwd(), TABLE)
    return _prepare(story_named(story), found, Path(prepare)) if prepare else _run(story_named(story), found)


def _need_extra() -> None:
    """Says how to get what the load stands on, where it is missing. Locust itself is only looked for: it runs in a process of its own."""
    from importlib.util import find_spec

    missing = next((name for name in ("locust", "numpy", "matplotlib", "httpx2", "websockets") if find_spec(name) is None), None)
    if missing:
        raise UsageError(f"`understudy load` needs the extra 'load' ({missing} is missing): python3 -m pip install 'understudy[load]'")


def _prepare(story: "Story", found: Found, folder: Path) -> int:
    """Prepares a stage, and keeps how the target is reached beside it, for the verdict."""
    from load.driving import prepare

    plan = plan_of(story, {**found, "out": str(folder), "run-time": ""})
    if not plan.options.urls:
        raise UsageError("Where is the target? Give --target-url (or --host) to Locust, or use `understudy load`, which starts a mock of its own.")
    prepare(replace(plan, web=1))
    asked = folder / "asked.json"
    asked.touch(mode=0o600)
    asked.write_text(json.dumps({"story": story.name, "found": {**found, "out": str(folder)}}), encoding="utf-8")
    return 0


def _judge(folder: Path) -> int:
    """The verdict of a run that Locust was started for by hand."""
    from load.driving import judge
    from load.story import story_named

    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    return _told(judge(plan_of(story_named(asked["story"]), asked["found"])), folder, asked["found"])


def _run(story: "Story", found: Found) -> int:
    from load.driving import drive

    plan = plan_of(story, found)
    if plan.web:
        click.echo(f"Locust's page: http://127.0.0.1:{plan.web} (once the stage is prepared); the verdict comes when it is ended with Ctrl-C", err=True)
    with _Line(bool(found.get("quiet") or found.get("json"))) as told:
        result = drive(plan, told)
    return _told(result, plan.folder, found)


def _told(result: dict[str, Any], folder: Path, found: Found) -> int:
    """Writes the reports, prints the result; the exit code."""
    from load.reports.files import write

    quiet = int(found.get("quiet") or 0)
    written = write(result, folder)
    if found.get("json"):
        click.echo((folder / "result.json").read_text(encoding="utf-8"))
    elif quiet < 2:
        from load.reports import terminal

        color = sys.stdout.isatty() and not (found.get("no-color") or os.environ.get("NO_COLOR"))
        click.echo(terminal.render(result, color), nl=False)
        click.echo(f"Reports: {', '.join(str(path) for path in written)}")
    return int(result["exit_code"])


def plan_of(story: "Story", found: Found) -> "Plan":
    """The plan of a run from its settings. Raises UsageError."""
    from contract_tests.options import Options
    from load.driving import Plan, cores
    from load.slo import check, parse

    processes = int(_number(found, "processes", 1, -1))
    slos = tuple(parse(text) for text in _texts(found, "slo"))
    for item in slos:
        if not (item.step and story.several):  # the steps of such a story are those of the documents
            check(item, story.steps, story.verdicts)
    options = Options(
        target=str(found.get("target") or ""), urls=_texts(found, "url"), auth=_texts(found, "auth"), headers=_texts(found, "header"),
        sockets=_texts(found, "socket-url"), socket_path=found.get("socket-path"), overlays=tuple(map(Path, _texts(found, "overlay"))),
        insecure=bool(found.get("insecure")), ca=Path(found["ca"]) if found.get("ca") else None, wait=_number(found, "wait", 0), time=86400.0,
        timeout=_number(found, "timeout", 15, 0.1), register=not found.get("no-register"), keep=bool(found.get("keep")), seed=str(found.get("seed", "1")),
    )  # fmt: skip
    return Plan(
        story, options, int(_number(found, "users", story.users, 1)), _number(found, "spawn-rate", story.spawn_rate, 0.01),
        _seconds(found, "run-time", story.run_time), _folder(found, story.name), _seconds(found, "warm-up", 0.0), _number(found, "rate", 0),
        cores() if processes == -1 else processes, _texts(found, "set"), slos, int(_number(found, "web", 0)),
    )  # fmt: skip


def _texts(found: Found, name: str) -> tuple[str, ...]:
    return tuple(str(item) for item in found.get(name) or ())


def _number(found: Found, name: str, default: float, least: float = 0) -> float:
    text = found.get(name)
    if text is None:
        return float(default)
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"--{name} {text}: This is no number.") from None
    if value < least:
        raise UsageError(f"--{name} {text}: It has to be at least {least:g}.")
    return value


def _seconds(found: Found, name: str, default: float) -> float:
    text = str(found.get(name) or "").strip()
    if not text:
        return default
    unit = UNITS.get(text[-1])
    try:
        value = float(text[:-1] if unit else text) * (unit or 1.0)
    except ValueError:
        raise UsageError(f"--{name} {text}: This is no time such as 30s, 5m or 1h.") from None
    return value


def _folder(found: Found, story: str) -> Path:
    if found.get("out"):
        return Path(found["out"])
    home = Path("load-results")
    home.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{story}-", dir=home))


class _Line:
    """Progress: one line that is written over on a terminal, else a line every ten seconds."""

    def __init__(self, silent: bool) -> None:
        self.silent, self.terminal, self.last = silent, sys.stderr.isatty(), -10.0

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *_: object) -> None:
        if self.terminal and not self.silent:
            click.echo("\r\033[K", err=True, nl=False)

    def __call__(self, progress: Mapping[str, Any]) -> None:
        seconds = progress.get("seconds")
        if self.silent or (not self.terminal and (seconds is None or seconds - self.last < 10)):
            return
        self.last = seconds or 0.0
        steps = "  ".join(f"{step} {count}/s{f' p99 {p99:.0f} ms' if p99 else ''}" for step, (count, p99) in progress["steps"].items())
        at = "users arrive" if seconds is None else f"{max(0.0, seconds):.0f} s" if seconds >= 0 else "warm-up"
        text = f"{at}  {progress['granted']:,} records  {steps}  {progress['failures']} failures"
        width = shutil.get_terminal_size().columns
        click.echo(f"\r\033[K{text[: width - 1]}" if self.terminal else text, err=True, nl=not self.terminal)
