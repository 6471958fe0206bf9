"""Drives a run: the stage is prepared, Locust runs in a process of its own, and the result is made of what it left behind."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contract_tests import own
from contract_tests.checks import NotChecked
from contract_tests.client import TimeOver
from contract_tests.options import Options
from contract_tests.session import Session
from contract_tests.target import Unreachable, service_urls, socket_urls
from load.clock import now
from load.judging import result_of
from load.parameters import read as read_parameters
from load.slo import Slo
from load.stage import Stage
from load.staging.kinds import kind_of
from load.story import Story
from load.transcript import PROGRESS, RUN
from understudy.contract.errors import UnderstudyError, UsageError
from understudy.contract.model import Contract
from understudy.contract.reader import backend_names, read

__all__ = ["Plan", "TargetError", "cores", "drive", "judge", "prepare", "prepared"]

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
GRACE = 5.0  # seconds that a turn may take to its end when the run is over
LATEST = 60.0  # seconds that users may be late
PATIENCE = 90.0  # seconds that Locust may take to end after that
Told = Callable[[Mapping[str, Any]], None]


class TargetError(UnderstudyError):
    """The target is not reached."""

    exit_code = 3


@dataclass(frozen=True)
class Plan:
    """What is to be run. options: the target; users, spawn_rate (a second), run_time, warm_up (seconds); rate: arrivals a second, 0 for a closed model;
    processes: workers, 0 for none; given: `name=value`; folder: for what is kept; web: with Locust's page instead of a run of its own."""

    story: Story
    options: Options
    users: int
    spawn_rate: float
    run_time: float
    folder: Path
    warm_up: float = 0.0
    rate: float = 0.0
    processes: int = 0
    given: tuple[str, ...] = ()
    slos: tuple[Slo, ...] = ()
    web: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def workers(self) -> int:
        """How many processes have users."""
        return max(1, self.processes)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def backend_for(story: Story, named: str, overlays: tuple[Path, ...] = ()) -> Contract:
    """The contract of a backend that has what a story needs; the first of those that are shipped, where none is named. Raises UsageError."""
    fits = kind_of(story.stage).fits
    if named:
        contract = read(named, overlays)
        if not fits(contract, story.needs):
            raise UsageError(f"{story.name} needs {_needs(story)}, which {contract.name} does not declare. It fits {', '.join(fitting(story)) or 'none'}.")
        return contract
    name = next(iter(fitting(story)), None)
    if name is None:
        raise UsageError(f"{story.name} fits none of the shipped backends: name one that declares {_needs(story)}.")
    return read(name, overlays)


def fitting(story: Story) -> Iterator[str]:
    """The shipped backends that have what a story needs."""
    fits = kind_of(story.stage).fits
    yield from (name for name in backend_names() if fits(read(name), story.needs))


def _needs(story: Story) -> str:
    return ", ".join(story.needs) or story.stage


@contextlib.contextmanager
def session_with(contract: Contract, options: Options) -> Iterator[Session]:
    """A session with the target, or with its own mock where no URL is given. Raises Unreachable, UsageError."""
    with contextlib.ExitStack() as held:
        served = None if options.urls else held.enter_context(own.serving(options.target, options.overlays))
        urls = service_urls(contract, options.urls) if served is None else served
        session = Session(contract, options, urls, socket_urls(contract, options, urls), served is not None)
        held.callback(session.close)
        session.client.wait_for(urls)
        yield session


def prepared(sessions: Sequence[Session], plan: Plan) -> Stage:
    """The stage of a plan, over all its targets, written into its folder beside the options. Raises UsageError."""
    parts = [_part(session, plan) for session in sessions]
    stage = parts[0] if len(parts) == 1 else Stage.together(parts)
    plan.folder.mkdir(parents=True, exist_ok=True)
    stage.write(plan.folder / "stage.json")
    options = {"rate": plan.rate, "warm_up": plan.warm_up, "workers": plan.workers, "run_time": 0.0 if plan.web else plan.run_time}
    (plan.folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
    return stage


def _part(session: Session, plan: Plan) -> Stage:
    """The stage at one target."""
    values = read_parameters(plan.story.parameters, plan.given)
    try:
        stage = kind_of(plan.story.stage).prepare(session, values, plan.users, plan.story.needs)
    except NotChecked as error:
        raise UsageError(f"{plan.story.name} can't be prepared at the target: {error}.") from None
    return replace(stage, story=plan.story.name, warnings=(*stage.warnings, *_unmoved(stage, values)))


def _unmoved(stage: Stage, values: Mapping[str, Any]) -> Iterator[str]:
    """What a story leaves out where the target's clock can't be moved."""
    if values.get("expire") and not stage.control:
        yield f"no lock is left until its time is over: that takes {stage.hold:g} s, and the target has no clock that can be moved"


def drive(plan: Plan, told: Told = lambda _: None) -> dict[str, Any]:
    """Runs a plan; the result, as `load/schemas/result.json` describes it. Raises UsageError; a target that is not reached is told in the result."""
    with _sessions(plan) as sessions, contextlib.ExitStack() as held:
        for session in sessions:
            held.callback(_clean, session, session.options)
        stage = prepared(sessions, plan)
        plan = replace(plan, users=min(plan.users, len(stage.members))) if stage.checking else plan  # one account's locks are one user's
        ended = _run_locust(plan, told)
        return _result(plan, stage, sessions[0], ended)


def prepare(plan: Plan) -> Stage:
    """Prepares a stage, and runs nothing; what was made stays, until it is judged. Raises UsageError, TargetError."""
    with _sessions(plan) as sessions:
        return prepared(sessions, plan)


def judge(plan: Plan) -> dict[str, Any]:
    """The result of a run that lies in the plan's folder; what was made for it is unmade. Raises UsageError, TargetError."""
    stage = Stage.read(plan.folder / "stage.json")
    with _sessions(plan) as sessions:
        result = _result(plan, stage, sessions[0], "")
        for request in stage.undo if not plan.options.keep else ():
            sessions[0].client.send(request["method"], request["url"], request["headers"], patient=False)
        return result


@contextlib.contextmanager
def _sessions(plan: Plan) -> Iterator[list[Session]]:
    """Sessions with the targets of a plan. Raises TargetError where one is not reached."""
    with contextlib.ExitStack() as held:
        options = [(contract, replace(plan.options, target=plan.options.target or contract.name)) for contract in _targets(plan)]
        try:
            sessions = [held.enter_context(session_with(contract, given)) for contract, given in options]
        except Unreachable as error:
            raise TargetError(str(error)) from None
        yield sessions


def _targets(plan: Plan) -> list[Contract]:
    """The contracts of the backends that a plan runs on: all that fit, where a story goes over several and none is named."""
    options = plan.options
    if not plan.story.several or options.target or options.urls:
        return [backend_for(plan.story, options.target, options.overlays)]
    return [read(name) for name in fitting(plan.story)] or [backend_for(plan.story, "")]


def _result(plan: Plan, stage: Stage, session: Session, ended: str) -> dict[str, Any]:
    known = {"rate": plan.rate}
    session.client.deadline = now() + 60
    try:
        return result_of(plan.folder, plan.story, stage, known, session, plan.slos, ended)
    except Unreachable:
        return result_of(plan.folder, plan.story, stage, known, None, plan.slos, "unreachable")


def _clean(session: Session, options: Options) -> list[str]:
    """Unmakes what was made; what is left."""
    if options.keep or session.own:
        return list(dict.fromkeys(session.created))
    session.client.deadline = now() + 20
    try:
        return list(session.clean())
    except (TimeOver, Unreachable):
        return list(dict.fromkeys(session.created))


def command(plan: Plan) -> list[str]:
    """Locust's command line."""
    found = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--users", str(plan.users), "--spawn-rate", f"{plan.spawn_rate:g}"]
    found += ["--stop-timeout", f"{GRACE:g}", "--loglevel", "WARNING", "--only-summary", "--html", str(plan.folder / "locust.html")]
    found += ["--csv", str(plan.folder / "locust"), "--reset-stats"] if not plan.web else []
    found += together(plan.processes) if plan.processes > 1 else []
    if plan.web:
        return [*found, "--web-host", "127.0.0.1", "--web-port", str(plan.web), "--run-time", f"{plan.run_time:g}s"]
    whole = plan.users / plan.spawn_rate + plan.warm_up + plan.run_time + LATEST  # the run ends by itself; this is for one that never begins
    return [*found, "--headless", "--run-time", f"{round(whole)}s"]


def together(processes: int) -> list[str]:
    """What has so many processes be one run. They meet at a port of their own: at Locust's usual one they would meet those of any other run on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = str(bound.getsockname()[1])
    return ["--processes", str(processes), "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]


def _run_locust(plan: Plan, told: Told) -> str:
    """Runs it; how it ended, where that is not by itself. Raises UsageError where it left nothing behind."""
    for name in (RUN, PROGRESS):
        (plan.folder / name).unlink(missing_ok=True)
    environment = {**os.environ, **plan.environment, "LOAD_FOLDER": str(plan.folder.resolve()), "PYTHONPATH": _python_path()}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command(plan), env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        ended = _wait(process, plan, told)
        if not (plan.folder / RUN).exists():
            said.seek(0)
            raise UsageError(f"Locust ended with {process.returncode} and left nothing behind: {said.read().strip()[-1500:]}")
    return ended


def _wait(process: "subprocess.Popen[bytes]", plan: Plan, told: Told) -> str:
    try:
        while process.poll() is None:
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                told(json.loads((plan.folder / PROGRESS).read_text(encoding="utf-8")))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
        return ""
    except KeyboardInterrupt:  # Locust has got it too, and ends its users
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        if process.poll() is None:
            process.kill()
        return "interrupted"


def _python_path() -> str:
    """Where this package lies, for Locust's processes: it may be used from its checkout."""
    here = str(Path(__file__).resolve().parents[1])
    return os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
