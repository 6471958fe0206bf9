"""Schemathesis' processes: one for each service; at --quick two for a large one, and side by side."""

import subprocess
import tempfile
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from contract_tests.options import Options
from contract_tests.session import Session
from understudy.contract.model import Operation, Service

__all__ = ["Ended", "Job", "Processes", "parts", "processes_of"]

LARGE = 12  # operations from which on a service has two processes
LONGEST = 200.0  # seconds for one process, as far as the run has them


@dataclass(frozen=True)
class Job:
    """One process. document, config: the texts of its files; limit: seconds after which it is stopped."""

    command: Sequence[str]
    document: str
    config: str
    limit: float


@dataclass(frozen=True)
class Ended:
    """How a process ended. lines: of its report in NDJSON; code: its own; said: what it printed, where it went wrong."""

    lines: list[str]
    code: int
    said: str


def parts(operations: Iterable[Operation], options: Options) -> list[frozenset[str]]:
    """The ids of operations that go to one process each; those of one path stay together."""
    found = list(operations)
    paths = [[item.id for item in group] for _, group in groupby(sorted(found, key=lambda item: item.path), lambda item: item.path)]
    if not _side_by_side(options) or len(found) <= LARGE:
        return [frozenset(item.id for item in found)]
    return [frozenset(name for path in paths[number::2] for name in path) for number in (0, 1)]


def _side_by_side(options: Options) -> bool:
    """Whether two may run at once: they are in a hurry, and no rate has to be kept together."""
    return options.quick and not options.rate


class Processes:
    """Those of one run. The jobs of all services that are asked for start with the first that is."""

    def __init__(self, session: Session) -> None:
        self._pool = ThreadPoolExecutor(2 if _side_by_side(session.options) else 1)
        self._started: dict[str, list[Future[Ended]]] = {}
        self._next = [item for item in session.contract.services if f"schema.run:{item.name}" in session.chosen] if session.options.quick else []

    def of(self, service: Service, jobs: Callable[[Service], list[Job]]) -> list[Ended]:
        """How those of a service ended. jobs: makes them."""
        for item in (service, *self._next):
            if item.name not in self._started:
                self._started[item.name] = [self._pool.submit(run, job) for job in jobs(item)]
        self._next = []
        return [future.result() for future in self._started.pop(service.name)]

    def close(self) -> None:
        """Starts no more of them."""
        self._pool.shutdown(wait=False, cancel_futures=True)


_PROCESSES: "weakref.WeakKeyDictionary[Session, Processes]" = weakref.WeakKeyDictionary()


def processes_of(session: Session) -> Processes:
    """The processes of a session."""
    found = _PROCESSES.get(session)
    if found is None:
        found = _PROCESSES[session] = Processes(session)
        session.closing.append(found.close)
    return found


def run(job: Job) -> Ended:
    """Runs one in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="understudy-check-") as name:
        folder = Path(name)
        (folder / "document.json").write_text(job.document, encoding="utf-8")
        (folder / "schemathesis.toml").write_text(job.config, encoding="utf-8")
        code, said = _process(job, folder)
        report = next(iter((folder / "report").glob("*.ndjson")), None)
        return Ended(report.read_text(encoding="utf-8").splitlines() if report is not None else [], code, said)


def _process(job: Job, folder: Path) -> tuple[int, str]:
    try:
        done = subprocess.run(
            job.command, cwd=folder, capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=job.limit, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        return 1, f"stopped after {error.timeout:g} s"
    return done.returncode, done.stdout + done.stderr
