"""The machine that measures: its cores and who gets which, its tools, and what is said about it beside the figures."""

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

MANY = 4
TOOLS = {
    "wrk": "apt install wrk",
    "taskset": "apt install util-linux",
    "node": "apt install nodejs",
    "npm": "apt install npm",
    "redis-server": "apt install redis-server",
}


@dataclass(frozen=True, slots=True)
class Cores:
    """Cores as taskset takes them: of a server of one process, of two workers, of Redis, of the client."""

    server: str
    workers: str
    redis: str
    client: str


def count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def cores(number: int) -> Cores:
    """With fewer than four, two workers share the server's core, and Redis has the client's, which wrk leaves idle at the rates that Redis allows."""
    if number >= MANY:
        return Cores("0", "0,1", "2", "3")
    return Cores("0", "0", "1", "1") if number > 1 else Cores("0", "0", "0", "0")


def missing() -> dict[str, str]:
    """Tools that are not here, and what installs them on Debian."""
    return {name: how for name, how in TOOLS.items() if not shutil.which(name)}


def described() -> dict[str, str | int]:
    """What is said about the machine."""
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()) if hasattr(platform, "freedesktop_os_release") else platform.system()
    return {"cores": count(), "system": system, "python": platform.python_version(), "node": node()}


def node() -> str:
    """Node's version, or nothing."""
    return subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v") if shutil.which("node") else ""


def sentence(machine: Mapping[str, str | int]) -> str:
    """The machine in one line."""
    rest = f", Node {machine['node']}" if machine["node"] else ""
    return f"{machine['cores']} cores, {machine['system']}, CPython {machine['python']}{rest}"
