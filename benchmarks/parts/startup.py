"""All five backends by one command: seconds until every service answers, with the parsed documents kept from before and without, and memory."""

import json
import sys
import tempfile
import time
from statistics import median
from typing import Any

from benchmarks.calm import calm
from benchmarks.processes import PAUSE, Started, ask, resident, started
from benchmarks.setting import Setting
from benchmarks.tables import table

SETTLED = 1.0
COMMAND = [sys.executable, "-m", "understudy", "mock", "--port", "0", "--json"]


def measure(setting: Setting) -> Any:
    """Each round starts without parsed documents, then with those that the first start kept."""
    found: dict[str, Any] = {"cold": [], "warm": [], "memory": [], "services": 0, "core": setting.cores.server, "rounds": setting.rounds}
    start(setting.cores.server, "")  # once for Python to compile its modules
    for number in range(setting.rounds):
        if setting.wait:
            calm()
        with tempfile.TemporaryDirectory(prefix="understudy-startup-") as cache:
            found["cold"].append(start(setting.cores.server, cache)[0])
            seconds, memory, found["services"] = start(setting.cores.server, cache)
        found["warm"].append(seconds)
        found["memory"].append(memory)
        print(f"startup {number + 1}/{setting.rounds}: {found['cold'][-1]} s, then {seconds} s, {memory} MB", flush=True)
    return found


def start(core: str, cache: str) -> tuple[float, float, int]:
    """Seconds until all answer, MB, and how many services there are."""
    with started(COMMAND, core, {"XDG_CACHE_HOME": cache} if cache else {}) as server:
        urls = announced(server)
        for url in urls:
            ask(int(url.rpartition(":")[2]), "/")
        seconds = server.passed()
        time.sleep(SETTLED)
        return round(seconds, 3), round(resident(server.process.pid), 1), len(urls)


def announced(server: Started) -> list[str]:
    """The URLs of all services, from the line that the mock prints when it serves."""
    while server.passed():
        for line in server.printed():
            if line.startswith("{") and line.endswith("}"):
                return [service["url"] for backend in json.loads(line)["backends"] for service in backend["services"]]
        time.sleep(PAUSE)
    return []


def middle(raw: Any, key: str) -> float:
    """The median of all rounds."""
    return float(median(raw[key]))


def render(raw: Any) -> str:
    """Three figures."""
    rows = [
        ["until all answer, documents parsed anew", f"{middle(raw, 'cold'):.2f} s"],
        ["until all answer, parsed documents kept from before", f"{middle(raw, 'warm'):.2f} s"],
        ["memory a second later", f"{middle(raw, 'memory'):.0f} MB"],
    ]
    head = f"all five backends, {raw['services']} services"
    return f"{table([head, 'median'], rows)}\n\nMedians of {raw['rounds']}, on core {raw['core']} alone; `understudy mock`."


def plots(raw: Any) -> dict[str, str]:
    """None: three figures need no picture."""
    return {}
