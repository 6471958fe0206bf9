"""What steering costs, beside one request of the same engine: reset, snapshots, worlds, reloading.

    python -m benchmarks.steering [--rows 10000] [--repeats 30]

No network. Each figure is a median in milliseconds and, so that machines can be compared, a multiple of `GET /api/events/1`.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from fixtures.records import build
from mock_server.app import bound_functions, create_engine
from mock_server.engine import Request
from mock_server.engine.engine import Engine
from mock_server.steering import snapshots
from mock_server.steering.reload import reload
from understudy.contract.model import Contract
from understudy.contract.reader import read

BACKEND = "eventplatform"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()
    engine = engine_of(options.rows)
    print(f"{sum(map(len, engine.data.rows.values()))} rows")
    unit = median(lambda: ask(engine), 2000)
    for name, act in acts(engine).items():
        found = median(act, options.repeats)
        print(f"{name:<52} {found:9.3f} ms  {found / unit:9.1f} requests")


def engine_of(rows: int) -> Engine:
    """An engine with so many rows, spread as a real platform's are."""
    contract = read(BACKEND)
    engine = create_engine(contract)
    engine.data = build(contract, "1", {"events": rows // 4, "ticketCategories": rows // 10 * 7, "orders": rows // 20})
    engine.reset(engine.world)
    return engine


def ask(engine: Engine, path: str = "/api/events/1", world: str | None = None) -> None:
    headers = {b"host": b"localhost", **({b"x-understudy-world": world.encode()} if world else {})}
    assert engine.handle("gateway", Request("GET", path, headers=headers, host="localhost")).status == 200


def acts(engine: Engine) -> dict[str, Callable[[], object]]:
    """What is measured, by what it is called."""
    ask(engine, "/api/events")
    snapshots.save(engine, engine.world, "s")
    names = iter(range(10**9))

    def reset_and_read() -> None:
        engine.reset(engine.world)
        ask(engine)

    def restore_and_read() -> None:
        snapshots.restore(engine, engine.world, "s")
        ask(engine)

    return {
        "a request": lambda: ask(engine),
        "a request of another world": lambda: ask(engine, world="other"),
        "reset": lambda: engine.reset(engine.world),
        "reset, and a request that reads two collections": reset_and_read,
        "save a snapshot": lambda: snapshots.save(engine, engine.world, "s"),
        "restore a snapshot": lambda: snapshots.restore(engine, engine.world, "s"),
        "restore, and a request": restore_and_read,
        "a new world": lambda: engine.worlds.create(f"w{next(names)}"),
        "a reload of the documents": lambda: reload(engine, contract_now(), bound_functions(engine.contract)),
    }


def contract_now() -> Contract:
    """The contract, read again."""
    return read(BACKEND)


def median(act: Callable[[], object], repeats: int) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
