"""Requests per second, latency, start-up and memory of the mock beside its yardstick and its peers."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import plot, wrk
from benchmarks.calm import calm, disturbance, undisturbed
from benchmarks.machine import missing
from benchmarks.peers import PEERS
from benchmarks.processes import NotHereError, ask, resident
from benchmarks.servers import KINDS, Kind, Recorded, Running, placed, serving
from benchmarks.setting import Setting
from benchmarks.tables import table
from benchmarks.traffic import REQUESTS, Prepared, Request, prepare

SETTLED = 1.0  # seconds from the first answer until memory is read
WARM_UP = 1.0
OWN = ("mock", "redis-1", "redis-2")
SHARED = (*OWN, "by-hand")  # those whose share of the yardstick is told


def measure(setting: Setting) -> Any:
    """Each round meets every server once, fresh and alone."""
    for tool in ("wrk", "taskset"):
        if tool in missing():
            raise NotHereError(f"{tool} is wanted ({missing()[tool]})")
    found: dict[str, Any] = {name: described(kind, setting) for name, kind in KINDS.items()}
    with tempfile.TemporaryDirectory(prefix="understudy-http-") as folder:
        recorded, prepared = record(setting, Path(folder))
        for number in range(setting.rounds):
            for name, kind in KINDS.items():
                if "not here" in found[name]:
                    continue
                say = meet(kind, setting, recorded, prepared, found[name])
                print(f"http {number + 1}/{setting.rounds} {kind.title}: {say}", flush=True)
    return {"servers": found, "seconds": setting.seconds, "rounds": setting.rounds, "redis core": setting.cores.redis, "client core": setting.cores.client}


def described(kind: Kind, setting: Setting) -> dict[str, Any]:
    """An empty place for what is found about a server."""
    version = PEERS[kind.peer].version if kind.peer else ""
    return {"title": kind.title, "version": version, "about": kind.about, "cores": placed(kind, setting), "start": [], "memory": [], "requests": {}}


def record(setting: Setting, folder: Path) -> tuple[Recorded, Prepared]:
    """What the mock answers, and its document with all references inside, as some peers read no other."""
    document = folder / "gateway.openapi.json"
    with serving(KINDS["mock"], setting, Recorded({}, document)) as running:
        document.write_bytes(ask(running.port, "/openapi.json").body)
        prepared = prepare(running.port)
        answers = {}
        for item in REQUESTS:
            answer = ask(running.port, f"/api{item.path}", prepared.bodies.get(item.body), prepared.token)
            answers[f"/api{item.bare or item.path}"] = (answer.status, answer.body.decode())
    return Recorded(answers, document), prepared


def meet(kind: Kind, setting: Setting, recorded: Recorded, prepared: Prepared, found: dict[str, Any]) -> str:
    """One round of one server; what it found is added to what is known. Returns what to say about it."""
    if setting.wait:
        calm()
    try:
        with serving(kind, setting, recorded) as running:
            time.sleep(SETTLED)
            found["start"].append(round(running.start, 3))
            found["memory"].append(round(resident(running.pids[0]), 1))
            own = prepare(running.port) if kind.command is KINDS["mock"].command else prepared
            for item in REQUESTS[:-1]:  # Node compiles for some three seconds what is asked for often; orders would go on by themselves
                load(item, kind, running, setting, own, WARM_UP)
            return ", ".join(f"{item.name} {one(item, kind, running, setting, own, found)}" for item in REQUESTS)
    except NotHereError as error:
        found["not here"] = str(error)
        return f"not here: {error}"


def one(item: Request, kind: Kind, running: Running, setting: Setting, prepared: Prepared, found: dict[str, Any]) -> str:
    """One request at one server."""
    answer = ask(running.port, path_of(item, kind), prepared.bodies.get(item.body), prepared.token)
    place = found["requests"].setdefault(item.name, {"status": answer.status, "bytes": len(answer.body), "figures": []})
    if answer.status not in item.good:
        return f"is answered with {answer.status}"
    load(item, kind, running, setting, prepared, WARM_UP)
    figures, others = undisturbed(lambda: load(item, kind, running, setting, prepared, setting.seconds), running.pids, setting.wait)
    wrong = figures.lost + (figures.answered - figures.refused if item.good[0] >= 300 else figures.refused)
    place["figures"].append({**asdict(figures), "wrong": wrong, "others": others})
    return f"{figures.rate:,.0f}/s" + (f" ({wrong} WRONG)" if wrong else "")


def load(item: Request, kind: Kind, running: Running, setting: Setting, prepared: Prepared, seconds: float) -> wrk.Figures:
    """wrk on one request for so many seconds."""
    post = wrk.script(prepared.bodies[item.body], prepared.token) if item.body else ""
    return wrk.run(f"http://127.0.0.1:{running.port}{path_of(item, kind)}", seconds, setting.cores.client, post)


def path_of(item: Request, kind: Kind) -> str:
    """Where a server has a request."""
    return f"{kind.prefix}{(kind.recorded and item.bare) or item.path}"


def rate(raw: Any, server: str, request: str, key: str = "rate") -> float | None:
    """The median of all rounds, if there are any."""
    figures = raw["servers"][server]["requests"].get(request, {}).get("figures", ())
    return median(item[key] for item in figures) if figures else None


def render(raw: Any) -> str:
    """Rates, then latencies, then where everything ran."""
    names = [item.name for item in REQUESTS]
    servers: Mapping[str, Any] = raw["servers"]
    rates = [[title(item), *(cells(raw, name, rate_cell)), *once(item)] for name, item in servers.items()]
    latencies = [[title(item), *cells(raw, name, latency_cell)] for name, item in servers.items() if "not here" not in item]
    where = [[title(item), item["cores"], item["about"], sizes(item)] for item in servers.values()]
    return "\n\n".join(
        (
            "![Requests per second](plots/http.svg)",
            "Requests per second (in brackets: of bare uvicorn's), seconds from the command to the first answer, MB resident a second later "
            "(pages that workers share count for each):",
            table(["server", *names, "start-up", "memory"], rates),
            f"p50 / p99 in ms, {wrk.CONNECTIONS} connections at full load:",
            table(["server", *names], latencies),
            f"Where each ran (wrk: core {raw['client core']}), how it answers, and bytes of the answers ({', '.join(names)}):",
            table(["server", "cores", "how", "bytes"], where),
            f"Medians of {raw['rounds']}, {raw['seconds']:g} s each after four seconds of warming up. In each round each server is started afresh and alone. "
            f"{disturbance(shares(raw))}",
        )
    )


def shares(raw: Any) -> list[float]:
    """What others had of a core during each measurement."""
    requests = [request for server in raw["servers"].values() for request in server["requests"].values()]
    return [item["others"] for request in requests for item in request["figures"]]


def title(item: Any) -> str:
    """A server and its version."""
    return f"{item['title']} {item['version']}".strip()


def cells(raw: Any, server: str, cell: Any) -> list[str]:
    """A cell for each request, or why there is none."""
    item = raw["servers"][server]
    if "not here" in item:
        return [f"not here: {item['not here']}", *[""] * (len(REQUESTS) - 1)]
    return [cell(raw, server, request.name) or f"answers {item['requests'][request.name]['status']}" for request in REQUESTS]


def rate_cell(raw: Any, server: str, request: str) -> str:
    """A rate, beside the yardstick where it is ours, and how many answers were wrong."""
    value, yardstick = rate(raw, server, request), rate(raw, "bare", request)
    if value is None:
        return ""
    wrong = sum(item["wrong"] for item in raw["servers"][server]["requests"][request]["figures"])
    share = f" ({value / yardstick:.2f})" if yardstick and server in SHARED else ""
    return f"{value:,.0f}{share}" + (f", **{wrong} wrong**" if wrong else "")


def latency_cell(raw: Any, server: str, request: str) -> str:
    """Two latencies."""
    p50, p99 = rate(raw, server, request, "p50"), rate(raw, server, request, "p99")
    return "" if p50 is None or p99 is None else f"{p50:.2f} / {p99:.2f}"


def once(item: Any) -> list[str]:
    """Start-up and memory."""
    return [f"{median(item['start']):.2f} s", f"{median(item['memory']):.0f} MB"] if item["start"] and "not here" not in item else ["", ""]


def sizes(item: Any) -> str:
    """The sizes of a server's answers."""
    return ", ".join(f"{found['bytes']:,}" for found in item["requests"].values())


def plots(raw: Any) -> dict[str, str]:
    """One panel for each request."""
    panels = {}
    for request in ("by id", "list", "create", "invalid"):
        found = [plot.Bar(item["title"], rate(raw, name, request), name in OWN) for name, item in raw["servers"].items()]
        panels[request] = [item for item in found if item.value is not None]
    return {"http": plot.bars("Requests per second", panels)}
