"""What a call costs as collections grow, from 100 to 100,000 records."""

from collections.abc import Mapping
from typing import Any

from benchmarks.curves import curves
from benchmarks.setting import Setting
from benchmarks.tables import table


def measure(setting: Setting) -> Any:
    """Engines without a network."""
    from benchmarks import growth  # only here: what renders results needs no engine

    return growth.measure(setting.rounds)


def render(raw: Any) -> str:
    """One line for each act, and what memory there is to a record and the log."""
    sizes = sorted(next(iter(raw["acts"].values())), key=int)
    rows = [[name, *(f"{found[size]:,.1f}" for size in sizes), f"{found[sizes[-1]] / found[sizes[0]]:.1f}"] for name, found in raw["acts"].items()]
    memory = ", ".join(f"{name} {value:,.0f} bytes" for name, value in raw["bytes"].items())
    log = ", ".join(f"{int(calls):,}: {value / 2**20:.1f} MB" for calls, value in raw["log"].items())
    body = table(["act, µs", *(f"{int(size):,}" for size in sizes), "times"], rows)
    return f"![Cost by number of records](plots/growth.svg)\n\n{body}\n\nMemory: {memory}.\n\nThe log after so many calls: {log}."


def plots(raw: Any) -> dict[str, str]:
    """One panel for each collection; acts are named `backend collection: act`."""
    panels: dict[str, dict[str, Mapping[int, float]]] = {}
    for name, found in raw["acts"].items():
        subject, _, act = name.partition(": ")
        panels.setdefault(subject, {})[act] = {int(size): value for size, value in found.items()}
    return {"growth": curves("Microseconds of a call by records in its collection", panels)}
