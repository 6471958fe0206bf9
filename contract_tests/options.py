"""What a run is told: the target, who may sign in there, and what it may do."""

from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.checks import LAYERS

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """The options of one run.

    target: a backend's name or a document's path; urls: `service=http://...`, `a,b=http://...`, or one for all services; none: its own mock.
    auth: `[role=]login:password`, or `[role=]bearer:TOKEN`; headers: `Name: value`, sent with every request; sockets: `service=ws://...` where
    they are elsewhere; socket_path: that of Engine.IO; rate: requests a second, 0 for any; time: seconds of the whole run; timeout: seconds of one request;
    wait: seconds for the target to come up; only, skip: beginnings of ids of checks and findings, rules, operations;
    twice: whether findings that can must show in two runs.
    """

    target: str
    urls: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    overlays: tuple[Path, ...] = ()
    sockets: tuple[str, ...] = ()
    socket_path: str | None = None
    insecure: bool = False
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    wait: float = 0.0
    rate: float = 0.0
    time: float = 600.0
    timeout: float = 15.0
    read_only: bool = False
    register: bool = True
    keep: bool = False
    slow: bool = False
    quick: bool = False
    seed: str = "1"
    layers: tuple[str, ...] = LAYERS
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    twice: bool = True

    def again(self) -> tuple[str, ...]:
        """The arguments of the command that reach the same target as the same people."""
        many = {"--url": self.urls, "--auth": self.auth, "--header": self.headers, "--socket-url": self.sockets, "--secret": self.secrets}
        files = {"--overlay": self.overlays, "--ca": filter(None, [self.ca]), "--cert": filter(None, [self.cert]), "--key": filter(None, [self.key])}
        said = [(name, str(value)) for name, values in {**many, **files}.items() for value in values]
        said += [("--socket-path", self.socket_path)] if self.socket_path else []
        flags = [name for name, given in (("--insecure", self.insecure), ("--read-only", self.read_only), ("--no-register", not self.register)) if given]
        seed = [("--seed", self.seed)] if self.seed != "1" else []
        return self.target, *(part for pair in (*said, *seed) for part in pair), *flags
