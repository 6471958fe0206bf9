"""What was aimed for, beside what was measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.machine import MANY
from benchmarks.parts import http, sockets, startup
from benchmarks.tables import table

Results = Mapping[str, Any]
NOT_HERE = "not measurable here"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound that a figure has to reach: from below, or if `most` from above. measured: the figure, or why there is none."""

    what: str
    bound: float
    measured: Callable[[Results], float | str]
    unit: str = ""
    most: bool = False
    aim: str = ""


def share(request: str, server: str, of: str) -> Callable[[Results], float | str]:
    """One server's rate as a share of another's."""

    def measured(results: Results) -> float | str:
        if "http" not in results:
            return "not measured"
        raw = results["http"]["raw"]
        ours, theirs = http.rate(raw, server, request), http.rate(raw, of, request)
        absent = [name for name, value in ((server, ours), (of, theirs)) if not value]
        return ours / theirs if ours and theirs else f"{NOT_HERE}: {raw['servers'][absent[0]]['title']} gave no figure"

    return measured


def workers(results: Results) -> float | str:
    """Two Redis workers as a multiple of one, which two cores can't show: Redis and the client want one of them."""
    if "http" in results and results["http"]["about"]["machine"]["cores"] < MANY:
        return f"{NOT_HERE}: {results['http']['about']['machine']['cores']} cores, {MANY} are wanted"
    return share("by id", "redis-2", "redis-1")(results)


def locks(clients: int) -> Callable[[Results], float | str]:
    """Lock round trips as a share of Node's."""
    return lambda results: sockets.ratio(results["sockets"]["raw"], clients, "node") if "sockets" in results else "not measured"


def started(key: str) -> Callable[[Results], float | str]:
    """A figure of all five backends' start."""
    return lambda results: startup.middle(results["startup"]["raw"], key) if "startup" in results else "not measured"


TARGETS = (
    Target("by id, of bare uvicorn with the same bytes", 0.7, share("by id", "mock", "bare")),
    Target("list, of bare uvicorn", 0.6, share("list", "mock", "bare")),
    Target("create with token, of bare uvicorn", 0.55, share("create", "mock", "bare")),
    Target("by id, times Prism", 5, share("by id", "mock", "prism")),
    Target("by id, times openapi-backend", 3, share("by id", "mock", "openapi-backend")),
    Target("lock round trips with broadcast, 50 clients, of Node's socket.io", 0.5, locks(50), aim="0.64"),
    Target("lock round trips with broadcast, 500 clients, of Node's socket.io", 0.45, locks(500), aim="0.54"),
    Target("two Redis workers, times one", 1.6, workers),
    Target("start-up of all five backends, parsed documents kept", 1, started("warm"), " s", most=True),
    Target("memory of all five backends", 150, started("memory"), " MB", most=True),
)


def render(results: Results) -> str:
    """One line for each target."""
    return table(["target", "wanted", "measured", ""], [line(item, item.measured(results)) for item in TARGETS])


def line(item: Target, value: float | str) -> list[str]:
    """What was wanted, what was found, and the verdict; a figure is judged as it is, not as it is rounded."""
    wanted = f"{'under' if item.most else 'at least'} {item.bound:g}{item.unit}" + (f" (aim {item.aim})" if item.aim else "")
    if isinstance(value, str):
        verdict, _, why = value.partition(": ")
        return [item.what, wanted, why or "-", verdict]
    met = value < item.bound if item.most else value >= item.bound
    return [item.what, wanted, f"{value:.0f}{item.unit}" if value >= 100 else f"{value:.2f}{item.unit}", "met" if met else "**not met**"]
