"""Several processes on the same sockets: started, restarted where one dies, stopped together."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from mock_server.state.clock import wall
from understudy.contract.errors import UsageError

__all__ = ["supervise"]

SOON = 2.0  # seconds; a worker that dies within these of its start would die again


Work = Callable[[int, bool], None]


def supervise(work: Work, count: int, quiet: bool) -> None:
    """Runs so many processes until Ctrl-C or SIGTERM. work: what each does, given its number and whether it takes the place of one that died.

    Raises UsageError where processes can't be forked.
    """
    if not hasattr(os, "fork"):
        raise UsageError("--workers needs a system that can fork processes; start several mocks with the same --state instead.")
    Supervisor(work, count).run()
    if not quiet:
        print("\nStopped.", file=sys.stderr)


class Supervisor:
    """The parent of the workers. workers: process id -> number and start."""

    def __init__(self, work: Work, count: int) -> None:
        self.work, self.count, self.stopping = work, count, False
        self.workers: dict[int, tuple[int, float]] = {}

    def run(self) -> None:
        """Starts the workers and waits until all have ended."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._stop)
        for number in range(self.count):
            self._start(number, again=False)
        while self.workers:
            try:
                pid, status = os.wait()
            except InterruptedError:
                continue
            self._ended(pid, status)

    def _start(self, number: int, again: bool) -> None:
        pid = os.fork()
        if pid == 0:
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, signal.SIG_DFL)
            code = 1
            try:
                self.work(number, again)
                code = 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        self.workers[pid] = (number, wall())

    def _ended(self, pid: int, status: int) -> None:
        number, started = self.workers.pop(pid)
        if self.stopping:
            return
        why = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit code {os.WEXITSTATUS(status)}"
        if os.WIFEXITED(status) and wall() - started < SOON:
            print(f"Worker {number} ended at once ({why}).", file=sys.stderr, flush=True)
            self._stop()
        else:
            print(f"Worker {number} ended ({why}); another one takes its place.", file=sys.stderr, flush=True)
            self._start(number, again=True)

    def _stop(self, *_signal: object) -> None:
        self.stopping = True
        for pid in self.workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
