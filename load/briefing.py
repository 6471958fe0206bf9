"""How a process of Locust learns what is to be run: from a folder that is prepared, by having one prepared, or from the master."""

import json
import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gevent.event import Event
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from load.stage import Stage
from load.story import Story, story_named

__all__ = ["Briefing", "add_arguments"]

TELL = "understudy-stage"
PATIENCE = 20.0  # seconds that a master may take to tell
log = logging.getLogger("understudy")


def add_arguments(parser: Any) -> None:
    """What `locust -f load/locustfile.py` takes besides Locust's own."""
    group = parser.add_argument_group("understudy", "What is run, where no folder has been prepared (`understudy load --help` has it all)")
    group.add_argument("--story", default="seat-rush", help="The story; `understudy load --list` has them")
    group.add_argument("--backend", default="", help="A backend or a document; by default the first that fits the story")
    group.add_argument("--target-url", default="", help="[SERVICE=]URL, several with blanks between them")
    group.add_argument("--set-parameters", default="", help="NAME=VALUE of the story, several with blanks between them")
    group.add_argument("--accounts", type=int, default=100, help="How many accounts are to be there, for as many users")
    group.add_argument("--count-from", default="0s", help="How long it warms up before anything is counted")


class Briefing:
    """What one process knows of the run. folder: where it is kept, None for a worker that was told by the master."""

    def __init__(self) -> None:
        named = os.environ.get("LOAD_FOLDER")
        self.folder = Path(named) if named else None
        self.given = bool(named)
        self.stage: Stage | None = None
        self.options: dict[str, Any] = {}
        self._told = Event()

    @property
    def story(self) -> Story:
        """The story that is run."""
        assert self.stage is not None
        return story_named(self.stage.story)

    def read(self, environment: Environment) -> None:
        """Learns it, where this process can by itself; a worker without a folder is told by the master when a run begins."""
        if isinstance(environment.runner, WorkerRunner):
            environment.runner.register_message(TELL, lambda environment, msg, **_: self._take(msg.data))
            if not self.given:
                return
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="understudy-load-"))
            _prepare(environment.parsed_options, self.folder)
        stage, options = (json.loads((self.folder / name).read_text(encoding="utf-8")) for name in ("stage.json", "options.json"))
        self._take({"stage": stage, "options": options})

    def _take(self, data: dict[str, Any]) -> None:
        self.options.update(data["options"])
        if self.stage is None:
            self.stage = Stage.of(data["stage"])
        self._told.set()

    def tell(self, runner: MasterRunner) -> None:
        """Tells the workers, before the first user is sent for: each knows then how many they are."""
        stage = None if self.given else json.loads(json.dumps(asdict(self.wait()), default=str))
        runner.send_message(TELL, {"stage": stage, "options": {**self.options, "workers": runner.worker_count}})

    def wait(self) -> Stage:
        """The stage, once it is known. Raises TimeoutError."""
        if not self._told.wait(PATIENCE) or self.stage is None:
            raise TimeoutError(f"The master has not told what is to be run within {PATIENCE:g} s: is it the same locustfile?")
        return self.stage

    def judge(self, environment: Environment) -> None:
        """Has the verdict made and printed, where nobody else does that; its exit code is Locust's."""
        if not self.given and self.folder is not None:
            done = subprocess.run([sys.executable, "-m", "understudy", "load", "--judge", str(self.folder)], check=False, env=_plain())
            environment.process_exit_code = done.returncode


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}


def _prepare(options: Any, folder: Path) -> None:
    """Has the stage prepared, in a process of its own: what is used for that must not meet Locust's patches. Ends this one with what it said."""
    command = [sys.executable, "-m", "understudy", "load", options.story, *([options.backend] if options.backend else []), "--prepare", str(folder)]
    for url in options.target_url.split() or ([options.host] if options.host else []):
        command += ["--url", url]
    for text in options.set_parameters.split():
        command += ["--set", text]
    command += ["--users", str(options.accounts), "--warm-up", options.count_from]
    done = subprocess.run(command, check=False, env=_plain(), stderr=subprocess.PIPE, text=True)
    if done.returncode:
        log.error(done.stderr.strip())
        raise SystemExit(done.returncode)
