"""wrk: one thread, 32 connections, and what it says."""

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONNECTIONS = 32
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Figures:
    """Requests per second, milliseconds that half and 99 of 100 took at most; how many were answered, refused (not 2xx or 3xx) and lost."""

    rate: float
    p50: float
    p99: float
    answered: int
    refused: int
    lost: int


def parse(text: str) -> Figures:
    """The figures in what wrk prints with --latency."""
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Figures(
        float(_found(r"Requests/sec:\s+([\d.]+)", text)[0]),
        _milliseconds(text, "50"),
        _milliseconds(text, "99"),
        int(_found(r"(\d+) requests in", text)[0]),
        int(_found(r"Non-2xx or 3xx responses: (\d+)", text, "0")[0]),
        sum(map(int, lost.groups())) if lost else 0,
    )


def _milliseconds(text: str, percent: str) -> float:
    number, unit = _found(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", text)
    return float(number) * UNITS[unit]


def _found(pattern: str, text: str, default: str = "") -> tuple[str, ...]:
    found = re.search(pattern, text, re.MULTILINE)
    if not found and not default:
        raise ValueError(f"wrk did not say {pattern!r}:\n{text}")
    return found.groups() if found else (default,)


def script(body: Any, token: str) -> str:
    """The script that makes wrk post a body."""
    lines = ['wrk.method = "POST"', 'wrk.headers["Content-Type"] = "application/json"']
    lines += [f'wrk.headers["Authorization"] = "Bearer {token}"'] if token else []
    return "\n".join([*lines, f"wrk.body = [[{json.dumps(body)}]]", ""])


def run(url: str, seconds: float, core: str, post: str = "") -> Figures:
    """Asks for so many seconds; post: a script."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        Path(file.name).write_text(post, encoding="utf-8")
        command = [
            "taskset",
            "-c",
            core,
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{max(round(seconds), 1)}s",
            "--latency",
            *(["-s", file.name] if post else []),
            url,
        ]
        return parse(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
