"""`understudy mock` as a user runs it: a process of its own, asked over real sockets."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import understudy

REPOSITORY = Path(__file__).resolve().parents[1]
PATIENCE = 60  # seconds after which a process that does not answer is taken for hung


class Mock:
    """A running mock. told: what `--json` printed."""

    def __init__(self, process: "subprocess.Popen[str]", told: dict[str, Any]) -> None:
        self.process, self.told = process, told

    def service(self, name: str) -> dict[str, Any]:
        """What was said of a service."""
        return next(service for backend in self.told["backends"] for service in backend["services"] if service["name"] == name)

    def url(self, service: str) -> str:
        """Where a service is."""
        return str(self.service(service)["url"])

    def base(self, service: str) -> str:
        """Where the paths of a service's document begin."""
        return str(self.service(service)["base"])


def environment() -> dict[str, str]:
    """This process's environment without settings, and with the `understudy` that the tests themselves see on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")}
    return {**kept, "PYTHONPATH": str(Path(understudy.__file__).parents[1]), "PYTHONUNBUFFERED": "1"}


def start(arguments: Sequence[str], folder: Path, settings: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Starts `understudy` with some arguments in a folder."""
    command = [sys.executable, "-m", "understudy", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env={**environment(), **(settings or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def run(arguments: Sequence[str], folder: Path, settings: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Runs `understudy` to its end."""
    process = start(arguments, folder, settings)
    out, err = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def stop(process: "subprocess.Popen[str]", by: int = signal.SIGINT) -> tuple[int, str, str]:
    """Ends a process as Ctrl-C does: its exit code, and what it still printed."""
    if process.poll() is None:
        process.send_signal(by)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


@contextlib.contextmanager
def serving(*arguments: str, folder: Path) -> Iterator[Mock]:
    """A mock on free ports (or as the arguments say), stopped afterwards."""
    ports = () if any(item.startswith(("--port", "--single-port")) for item in arguments) else ("--port", "0")
    process = start(["mock", *arguments, *ports, "--json"], folder)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"nothing was started: {stop(process)[2]}")
    try:
        yield Mock(process, json.loads(line))
    finally:
        stop(process)


def ask(url: str, body: Any = None, headers: Mapping[str, str] | None = None, method: str | None = None) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (lower-case names) and body of an answer."""
    data = json.dumps(body).encode() if body is not None else None
    kind = {"content-type": "application/json"} if body is not None else {}
    request = urllib.request.Request(url, data, {**kind, **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()
