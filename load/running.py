"""What Locust is told: its users, what they share, and how workers tell the master what they saw. Imported by the locustfile alone, after Locust."""

import os
import socket
import ssl
from typing import Any, cast

import gevent
from locust import User, constant, events, task
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from load.actor import Actor
from load.briefing import Briefing, add_arguments
from load.clock import now
from load.ledger import Ledger
from load.meter import Meter
from load.pace import Arrivals, Start
from load.stage import Stage
from load.story import Story
from load.transcript import Transcript
from load.world import Failed, World
from understudy.wire.chance import derive

__all__ = ["install"]

EVERY = 1.0  # seconds from one report of a worker to the next
SOON = 0.7  # seconds from the last user's arrival to the start
CLOCKS = 7  # questions for the master's clock, of which the quickest answer counts
LAG = 0.05  # seconds that a greenlet sleeps to see how late it wakes up
ENDING = 40.0  # seconds that workers may take to end their users
GO, RECORDS, CLOCK, END = "understudy-go", "understudy-records", "understudy-clock", "understudy-end"


class Run:
    """One process of a run: a worker, the master, or both in one."""

    def __init__(self, briefing: Briefing) -> None:
        self.briefing = briefing
        self.world: World | None = None
        self.transcript: Transcript | None = None
        self.environment: Environment | None = None
        self.acting = 0
        self.lags: list[float] = []
        self.greenlets: list[Any] = []

    @property
    def stage(self) -> Stage:
        """The stage, which is waited for."""
        return self.briefing.wait()

    @property
    def story(self) -> Story:
        """The story."""
        return self.briefing.story

    @property
    def options(self) -> dict[str, Any]:
        """How it is run: rate, warm_up, run_time, workers."""
        return self.briefing.options

    # what each process does

    def begin(self, environment: Environment) -> None:
        """A run starts: everything is new."""
        self.environment = environment
        self.acting = 0
        runner = environment.runner
        if isinstance(runner, MasterRunner):
            self.briefing.tell(runner)
        if not isinstance(runner, WorkerRunner):
            assert self.briefing.folder is not None
            self.transcript = Transcript(self.briefing.folder, self.stage)
            self.transcript.expect([item.id for item in runner.clients.all] if isinstance(runner, MasterRunner) else [])
        if not isinstance(runner, MasterRunner):
            self._open_world(environment)

    def _open_world(self, environment: Environment) -> None:
        number = max(0, getattr(environment.runner, "worker_index", 0))
        start = Start()
        ledger = Ledger(number, off=bool(os.environ.get("LOAD_LEDGER_OFF")))
        rate = float(self.options.get("rate") or 0) / self._workers()
        arrivals = Arrivals(rate, derive("load", f"{self.stage.seed}/{number}"), start) if rate else None
        self.world = World(self.stage, Meter(), ledger, start, arrivals, environment.events.request.fire, _tls(self.stage))
        if isinstance(environment.runner, WorkerRunner):
            for _ in range(CLOCKS):
                environment.runner.send_message(CLOCK, {"asked": now(), "host": socket.gethostname()})
        self.greenlets = [gevent.spawn(self._report, environment), gevent.spawn(self._watch_lag)]

    def _run_time(self) -> float:
        """Seconds that are measured; 0: until somebody stops it."""
        return float(self.options.get("run_time") or 0)

    def _workers(self) -> int:
        return max(1, int(self.options.get("workers") or 1))

    def _report(self, environment: Environment) -> None:
        while True:
            gevent.sleep(EVERY)
            self._send(environment)

    def _send(self, environment: Environment, last: bool = False) -> None:
        """Tells the master what is new."""
        world = self.world
        if world is None:
            return
        data: dict[str, Any] = world.ledger.drain()
        data |= {"cells": world.meter.drain(), "refused": dict(world.refused), "failures": [[*key, count] for key, count in world.failures.items()]}
        world.refused.clear()
        world.failures.clear()
        data |= {"lag": max(self.lags, default=0.0), "cpu": environment.runner.current_cpu_usage if environment.runner else 0, "total": world.ledger.total}
        data |= {
            "late": world.arrivals.late if world.arrivals else 0,
            "at": now() + world.ledger.ahead,
            "last": last,
            "index": world.ledger.worker,
            "users": environment.runner.user_count if environment.runner else 0,
        }
        self.lags.clear()
        if isinstance(environment.runner, WorkerRunner):
            environment.runner.send_message(RECORDS, data)
        elif self.transcript is not None:
            self.transcript.take("local", data)

    def _watch_lag(self) -> None:
        while True:
            before = now()
            gevent.sleep(LAG)
            self.lags.append(now() - before - LAG)

    def user(self) -> Actor:
        """The next user of this process: accounts are dealt out over the workers, users over the parts of a stage."""
        assert self.world is not None
        assert self.environment is not None
        worker, workers = max(0, getattr(self.environment.runner, "worker_index", 0)), self._workers()
        number, self.acting = worker + self.acting * workers, self.acting + 1
        parts = self.stage.parts or (self.stage,)
        return Actor(self.world, number // len(parts), derive("load", f"{self.stage.seed}/{number}"), parts[number % len(parts)])

    def go(self, at: float) -> None:
        """All users are there: from this moment of the master's clock the run counts."""
        if self.transcript is not None:
            self.transcript.began(at, float(self.options.get("warm_up") or 0))
            if self._run_time() and self.environment is not None and self.environment.runner is not None:
                left = at + float(self.options.get("warm_up") or 0) + self._run_time() - now()
                gevent.spawn_later(left, self.environment.runner.quit)
        if self.world is not None:
            begin = at - self.world.ledger.ahead
            self.world.meter.begin = begin + float(self.options.get("warm_up") or 0)
            self.world.meter.end = self.world.meter.begin + (self._run_time() or 1e12)
            self.world.start.give(begin)
            gevent.spawn_later(max(0.0, self.world.meter.begin - now()), self._warm)

    def _warm(self) -> None:
        if self.environment is not None and float(self.options.get("warm_up") or 0) > 0:
            self.environment.stats.reset_all()

    def stop(self, environment: Environment) -> None:
        """The run is over in this process."""
        gevent.killall(self.greenlets, block=False)
        self._send(environment, last=True)

    def end_workers(self, environment: Environment) -> None:
        """Has the workers end their users, and waits for their last words: Locust itself may be gone before they come."""
        runner, transcript = environment.runner, self.transcript
        if not isinstance(runner, MasterRunner) or transcript is None:
            return
        runner.send_message(END)
        until = now() + ENDING
        while now() < until:
            alive = [item.id for item in runner.clients.all if item.state != STATE_MISSING]
            if all(transcript.has_ended(name) for name in alive):
                return
            gevent.sleep(0.05)

    def finish(self, environment: Environment) -> None:
        """The run is over in all of them: what they told is kept."""
        if self.transcript is not None:
            self.transcript.close(environment)

    # messages between master and workers

    def listen(self, environment: Environment) -> None:
        """Registers them."""
        runner = environment.runner
        if isinstance(runner, MasterRunner):
            runner.register_message(RECORDS, self._on_records)
            runner.register_message(CLOCK, self._on_clock_asked)
        elif isinstance(runner, WorkerRunner):
            runner.register_message(GO, lambda environment, msg, **_: self.go(msg.data["at"]))
            runner.register_message(CLOCK, self._on_clock_told)
            runner.register_message(END, lambda environment, **_: environment.runner.stop(), concurrent=True)

    def _on_records(self, environment: Environment, msg: Any, **_: Any) -> None:
        if self.transcript is not None:
            self.transcript.take(msg.node_id, msg.data)

    def _on_clock_asked(self, environment: Environment, msg: Any, **_: Any) -> None:
        assert isinstance(environment.runner, MasterRunner)
        environment.runner.send_message(CLOCK, {**msg.data, "now": now(), "here": socket.gethostname()}, client_id=msg.node_id)

    def _on_clock_told(self, environment: Environment, msg: Any, **_: Any) -> None:
        """The master's clock against this one; on one machine they are the same."""
        if self.world is None or msg.data["host"] == msg.data["here"]:
            return
        at, asked = now(), msg.data["asked"]
        blur, ledger = (at - asked) / 2, self.world.ledger
        if ledger.blur == 0.0 or blur < ledger.blur:
            ledger.blur, ledger.ahead = blur, msg.data["now"] - (asked + at) / 2

    def all_there(self, environment: Environment) -> None:
        """All users are there: the master says when it begins."""
        runner, at = environment.runner, now() + SOON
        if isinstance(runner, MasterRunner):
            runner.send_message(GO, {"at": at})
        if not isinstance(runner, WorkerRunner):
            self.go(at)


def _tls(stage: Stage) -> ssl.SSLContext | None:
    if not any(item["uri"].startswith("wss") for member in stage.members[:1] for item in member.handshakes.values()):
        return None
    context = ssl.create_default_context(cafile=stage.ca or None)
    if stage.insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def user_class(run: Run) -> type[User]:
    """The users of a story."""

    class StoryUser(User):
        """Somebody in a story."""

        wait_time = constant(0)

        def on_start(self) -> None:
            """They arrive; who can't tries again with each turn."""
            self.actor = run.user()
            if not self.actor.is_spare:
                self._try(run.story.arrive)

        @task
        def act(self) -> None:
            """One turn, once everybody is there."""
            self.actor.world.start.sleep_until(self.actor.world.start.wait())
            if self.actor.is_spare:
                gevent.sleep(1.0)
                return
            self.actor.begin()
            self._try(run.story.act)

        def on_stop(self) -> None:
            """They leave; what they heard is kept, whatever happens."""
            try:
                self._try(run.story.leave)
            finally:
                self.actor.leave()

        def _try(self, what: Any) -> None:
            try:
                what(self.actor)
            except Failed:
                gevent.sleep(0.2)

    return StoryUser


def install() -> tuple[Run, type[User]]:
    """The run of this process, its listeners and its users."""
    run = Run(Briefing())
    add = cast(Any, events)
    add.init_command_line_parser.add_listener(lambda parser, **_: add_arguments(parser))
    add.init.add_listener(lambda environment, **_: run.briefing.read(environment))
    add.init.add_listener(lambda environment, **_: run.listen(environment))
    add.test_start.add_listener(lambda environment, **_: run.begin(environment))
    add.spawning_complete.add_listener(lambda **_: run.all_there(run.environment) if run.environment is not None else None)
    add.test_stopping.add_listener(lambda environment, **_: run.end_workers(environment))
    add.test_stopping.add_listener(lambda **_: run.world.over.set() if run.world is not None else None)
    add.test_stop.add_listener(lambda environment, **_: _stopped(run, environment))
    return run, user_class(run)


def _stopped(run: Run, environment: Environment) -> None:
    if not isinstance(environment.runner, MasterRunner):
        run.stop(environment)
    if not isinstance(environment.runner, WorkerRunner):
        run.finish(environment)
        run.briefing.judge(environment)
