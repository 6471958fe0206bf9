"""Lock round trips over Socket.IO with their broadcast, memory of idle sockets and many expiries: the mock against stock python-socketio and Node.

    python -m benchmarks.sockets [--clients 50 500] [--rounds 5] [--seconds 5] [--peers stock ours node] [--only locks memory expiry]

A round trip is a lock or an unlock that has been answered; each is also told to every client of the event's room (a delivery). Ten clients lock.
The server has one core, this client the other; every round meets a fresh server; rounds of the servers are interleaved, medians are printed.
"""

import argparse
import asyncio
import gc
import os
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.calm import DISTURBED, TRIES, WAITING, busy, calm
from benchmarks.sockets_client import Asker, Listener, Locker, Tally, close, connect
from benchmarks.sockets_servers import Server, serving
from mock_server.running import new_loop

LOCKERS, USERS, CATEGORIES = 10, 12, (1, 2)
WARM_UP, PATIENCE = 1.0, 50
IDLE, IDLE_ROUNDS = 1000, 3
CYCLES, WARM_CYCLES, WINDOW, PARTS = 3000, 20, 20, 5
SATURATED = 0.9


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found: rates per second, milliseconds, CPU as a share of one core."""

    trips: float
    deliveries: float
    middle: float
    slow: float
    server: float
    client: float
    others: float


def run(work: Any) -> Any:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(work)


async def lock_and_unlock(server: Server, clients: int, seconds: float) -> Round:
    """Ten lockers among so many clients of one room."""
    tally = Tally()
    lockers = [Locker(server.port, number + 1, tally) for number in range(LOCKERS)]
    listeners = [Listener(server.port, number % USERS + 1, tally) for number in range(clients - LOCKERS)]
    sockets = await connect([*lockers, *listeners])
    gc.freeze()
    tally.running = True
    for number, locker in enumerate(lockers):
        locker.start(CATEGORIES[number % len(CATEGORIES)])
    await asyncio.sleep(WARM_UP)
    found = await watch(server, tally, seconds)
    tally.running = False
    await drain(tally, clients)
    complete(server, tally, clients)
    await close(sockets)
    return found


async def drain(tally: Tally, clients: int) -> None:
    """Waits for what is still under way, for a while."""
    for _ in range(PATIENCE):
        await asyncio.sleep(0.1)
        if tally.unlocks == len(tally.locks) and tally.updates >= 2 * tally.unlocks * clients:
            return


async def watch(server: Server, tally: Tally, seconds: float) -> Round:
    """Counts for so many seconds."""
    locks, unlocks, updates = len(tally.locks), tally.unlocks, tally.updates
    since, all_busy, own, theirs = time.perf_counter(), busy(), time.process_time(), server.cpu()
    await asyncio.sleep(seconds)
    passed = time.perf_counter() - since
    all_busy, own, theirs = (busy() - all_busy) / passed, (time.process_time() - own) / passed, (server.cpu() - theirs) / passed
    trips = (len(tally.locks) - locks + tally.unlocks - unlocks) / passed
    times = sorted(tally.locks[locks:]) or [float("nan")]
    middle, slow = (1000 * times[int(len(times) * share)] for share in (0.5, 0.99))
    return Round(trips, (tally.updates - updates) / passed, middle, slow, theirs, own, max(all_busy - own - theirs, 0))


def complete(server: Server, tally: Tally, clients: int) -> None:
    """Figures of a server that refuses or loses something are worth nothing."""
    expected = (len(tally.locks) + tally.unlocks) * clients
    if tally.refused:
        raise SystemExit(f"{server.name} refused: {tally.refused[0].decode()}")
    if not tally.locks or tally.closed or tally.updates != expected:
        raise SystemExit(f"{server.name}: {tally.updates} broadcasts arrived instead of {expected}, {tally.closed} sockets were closed.")


async def idle(server: Server) -> float:
    """kB of the server's memory per socket that has joined a room and waits."""
    tally = Tally()
    await close(await connect(Listener(server.port, number % USERS + 1, tally) for number in range(IDLE // 10)))
    before = server.resident()
    sockets = await connect(Listener(server.port, number % USERS + 1, tally) for number in range(IDLE))
    await asyncio.sleep(1)
    used = server.resident() - before
    await close(sockets)
    return used / IDLE


async def expire(server: Server) -> list[tuple[int, int, float]]:
    """Locks everything again and again and lets it expire: (expiries so far, kB resident, median of a lock in ms) for parts of the run."""
    tally, parts = Tally(), []
    askers = [Asker(server.port, number + 1, tally) for number in range(USERS)]
    sockets = await connect(askers)
    each = USERS * len(CATEGORIES)
    for cycle in range(1, CYCLES + WARM_CYCLES + 1):
        times = [await asker.lock(category) for asker in askers for category in CATEGORIES]
        await asyncio.to_thread(server.advance, 301)
        parts.append((cycle * each, server.resident(), 1000 * statistics.median(times)))
    await asyncio.sleep(1)
    expected = 2 * each * (CYCLES + WARM_CYCLES) * USERS
    if tally.updates != expected:
        raise SystemExit(f"{server.name}: {tally.updates} broadcasts arrived instead of {expected}.")
    await close(sockets)
    return parts[WARM_CYCLES:]


def measure_locks(sizes: Sequence[int], rounds: int, seconds: float, peers: Sequence[str]) -> None:
    print("| clients | server | round trips/s | spread | deliveries/s | p50 / p99 of a lock, ms | CPU server / client / others | times stock |")
    print("|---|---|---|---|---|---|---|---|")
    for clients in sizes:
        found: dict[str, list[Round]] = {peer: [] for peer in peers}
        for _ in range(rounds):
            for peer in peers:
                found[peer].append(undisturbed(peer, clients, seconds))
        stock = statistics.median(item.trips for item in found["stock"]) if "stock" in found else None
        for peer, items in found.items():
            print(row(clients, peer, items, stock), flush=True)


def undisturbed(peer: str, clients: int, seconds: float, patient: bool = True, folder: Path | None = None) -> Round:
    """A round; one during which other processes had much of the two cores is repeated, and the least disturbed counts. Not patient: the first one counts."""
    tries: list[Round] = []
    while not tries or (patient and WAITING.left and tries[-1].others > DISTURBED and len(tries) < TRIES):
        if patient:
            calm()
        with serving(peer, folder) as server:
            tries.append(run(lock_and_unlock(server, clients, seconds)))
    return min(tries, key=lambda item: item.others)


def row(clients: int, peer: str, items: Sequence[Round], stock: float | None) -> str:
    names = [field.name for field in fields(Round)]
    trips, deliveries, middle, slow, server, client, others = (statistics.median(getattr(item, name) for item in items) for name in names)
    rates = [item.trips for item in items]
    spread = f"{(max(rates) - min(rates)) / trips:.0%}"
    ratio = f"{trips / stock:.2f}" if stock and peer != "stock" else "-"
    limit = " **(the client is the limit)**" if client > SATURATED else ""
    cells = (
        clients,
        peer,
        f"{trips:,.0f}",
        spread,
        f"{deliveries:,.0f}",
        f"{middle:.1f} / {slow:.1f}",
        f"{server:.0%} / {client:.0%} / {others:.0%}{limit}",
        ratio,
    )
    return f"| {' | '.join(map(str, cells))} |"


def measure_memory(peers: Sequence[str]) -> None:
    print(f"\n| server | kB per idle socket, of {IDLE:,} in a room |\n|---|---|")
    found: dict[str, list[float]] = {peer: [] for peer in peers}
    for _ in range(IDLE_ROUNDS):
        for peer in peers:
            with serving(peer) as server:
                found[peer].append(run(idle(server)))
    for peer, values in found.items():
        print(f"| {peer} | {statistics.median(values):.1f} |", flush=True)


def measure_expiry() -> None:
    with serving("ours") as server:
        parts = run(expire(server))
    print("\n| expiries before | resident, MB | median of a lock, ms |\n|---|---|---|")
    for number in range(PARTS):
        start = (len(parts) - WINDOW) * number // (PARTS - 1)
        part = parts[start : start + WINDOW]
        middle = statistics.median(item[2] for item in part)
        print(f"| {part[0][0]:,} | {part[-1][1] / 1024:.1f} | {middle:.2f} |")
    half = parts[len(parts) // 2]
    print(f"\nThe second half, {parts[-1][0] - half[0]:,} expiries: {parts[-1][1] - half[1]:+,} kB resident.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, nargs="+", default=[50, 500])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--peers", nargs="+", choices=["stock", "ours", "node"], default=["stock", "ours"])
    parser.add_argument("--only", nargs="+", choices=["locks", "memory", "expiry"], default=["locks", "memory", "expiry"])
    options = parser.parse_args()
    os.sched_setaffinity(0, {1})
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if "locks" in options.only:
        measure_locks(options.clients, options.rounds, options.seconds, options.peers)
    if "memory" in options.only:
        measure_memory(options.peers)
    if "expiry" in options.only and "ours" in options.peers:
        measure_expiry()
