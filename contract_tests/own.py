"""Its own mock, where no URL is given: a process of its own, met over the wire like any other target."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from understudy.contract.errors import UsageError

__all__ = ["serving", "starting"]

PATIENCE = 20  # seconds that it may take to end


@contextlib.contextmanager
def starting(target: str, overlays: tuple[Path, ...] = (), seed: str = "understudy") -> Iterator[Callable[[], dict[str, str]]]:
    """Starts a mock of a target on free ports, and gives what waits for it: service -> URL, or UsageError with what it said. It ends with the block."""
    command = [sys.executable, "-m", "understudy", "mock", target, "--port", "0", "--json", "--seed", seed]
    for overlay in overlays:
        command += ["--overlay", str(overlay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True)
    try:
        yield lambda: _told(process, target)
    finally:
        _end(process)


@contextlib.contextmanager
def serving(target: str, overlays: tuple[Path, ...] = (), seed: str = "understudy") -> Iterator[dict[str, str]]:
    """Service -> URL of a mock of a target that is up, stopped at the end of the block. Raises UsageError with what it said."""
    with starting(target, overlays, seed) as urls:
        yield urls()


def _told(process: "subprocess.Popen[str]", target: str) -> dict[str, str]:
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    told: dict[str, Any] = json.loads(line) if line else {}
    if not told:
        raise UsageError(f"The mock of {target} does not start: {process.stderr.read().strip()[:2000]}")
    return {service["name"]: service["url"] for backend in told["backends"] for service in backend["services"]}


def _end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    if process.poll() is None:
        process.kill()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    process.wait()
