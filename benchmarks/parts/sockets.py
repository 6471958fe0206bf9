"""Lock round trips over Socket.IO, each told to every client of the room: the mock, stock python-socketio, Node's socket.io."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks import plot
from benchmarks.calm import disturbance
from benchmarks.machine import count
from benchmarks.peers import PEERS
from benchmarks.processes import NotHereError
from benchmarks.setting import Setting
from benchmarks.sockets import LOCKERS, SATURATED, undisturbed
from benchmarks.tables import table

TITLES = {"ours": "Understudy", "stock": "python-socketio", "node": f"Node's socket.io {PEERS['socket.io'].version}"}


def measure(setting: Setting) -> Any:
    """Each round meets every server once, fresh, with every number of clients."""
    found: dict[str, Any] = {str(clients): {name: [] for name in TITLES} for clients in setting.clients}
    absent: dict[str, str] = {}
    with client_alone():
        for number in range(setting.rounds):
            for clients, name in ((clients, name) for clients in setting.clients for name in TITLES if name not in absent):
                try:
                    found[str(clients)][name].append(asdict(undisturbed(name, clients, setting.seconds, setting.wait, setting.peers)))
                    say = f"{found[str(clients)][name][-1]['trips']:,.0f}/s"
                except (NotHereError, SystemExit) as error:  # the latter: it refused or lost something, so that its figure is worth nothing
                    say = absent[name] = f"{error}"
                print(f"sockets {number + 1}/{setting.rounds} {clients} clients, {TITLES[name]}: {say}", flush=True)
    return {"clients": found, "not here": absent, "seconds": setting.seconds, "rounds": setting.rounds}


@contextmanager
def client_alone() -> Iterator[None]:
    """This process, which is the client, on core 1, with as many sockets as it may have."""
    before = os.sched_getaffinity(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.sched_setaffinity(0, {1} if count() > 1 else {0})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def middle(raw: Any, clients: int, name: str, key: str = "trips") -> float | None:
    """The median of all rounds, if there are any."""
    found = raw["clients"].get(str(clients), {}).get(name)
    return median(item[key] for item in found) if found else None


def ratio(raw: Any, clients: int, name: str) -> float | str:
    """Our round trips as a share of another's, or why there is none."""
    ours, theirs = middle(raw, clients, "ours"), middle(raw, clients, name)
    if name in raw["not here"]:
        return f"not measurable here: {TITLES[name]} gave no figure"
    return ours / theirs if ours and theirs else "not measured"


def render(raw: Any) -> str:
    """One line for each number of clients and server."""
    rows = [row(raw, int(clients), name) for clients in raw["clients"] for name in TITLES]
    text = (
        f"{LOCKERS} clients lock and unlock, each answer is also broadcast to all clients of the room. Medians of {raw['rounds']}, {raw['seconds']:g} s each; "
        "each round has a fresh server on core 0, the client has core 1. Memory store, without the rate limit of messages. "
        f"{disturbance([item['others'] for found in raw['clients'].values() for items in found.values() for item in items])}"
    )
    columns = ["clients", "server", "round trips/s", "of Node's", "of python-socketio's", "deliveries/s", "p50 / p99 of a lock, ms", "CPU server / client"]
    return f"![Lock round trips per second](plots/sockets.svg)\n\n{table(columns, rows)}\n\n{text}"


def row(raw: Any, clients: int, name: str) -> list[object]:
    """One server among so many clients."""
    if name in raw["not here"]:
        return [clients, TITLES[name], f"not here: {raw['not here'][name]}", "", "", "", "", ""]
    trips, deliveries, p50, p99, server, client = (
        middle(raw, clients, name, key) or 0 for key in ("trips", "deliveries", "middle", "slow", "server", "client")
    )
    shares = [f"{value:.2f}" if isinstance(value := ratio(raw, clients, other), float) and name == "ours" else "" for other in ("node", "stock")]
    limit = " **(the client is the limit)**" if client > SATURATED else ""
    return [clients, TITLES[name], f"{trips:,.0f}", *shares, f"{deliveries:,.0f}", f"{p50:.1f} / {p99:.1f}", f"{server:.0%} / {client:.0%}{limit}"]


def plots(raw: Any) -> dict[str, str]:
    """One panel for each number of clients."""
    panels = {}
    for clients in raw["clients"]:
        found = [plot.Bar(title, middle(raw, int(clients), name), name == "ours") for name, title in TITLES.items()]
        panels[f"{clients} clients"] = [item for item in found if item.value is not None]
    return {"sockets": plot.bars("Lock round trips per second, each broadcast to all clients", panels)}
