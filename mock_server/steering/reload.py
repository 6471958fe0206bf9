"""A changed contract takes effect in a running mock: rows, clocks, tokens and sockets stay."""

from collections.abc import Iterator, Mapping

from mock_server.engine.call import Origin
from mock_server.engine.engine import Engine
from mock_server.engine.locks import Expiry
from mock_server.engine.plan import Bound
from mock_server.state.snapshots import Timer
from mock_server.state.store import Table, seeds
from mock_server.state.world import World
from mock_server.steering.edits import unfit_rows
from understudy.contract.errors import UnderstudyError
from understudy.contract.model import Contract

MOVED = 1012  # the close code of a channel that is there no more


def reload(engine: Engine, contract: Contract, functions: Mapping[str, Bound]) -> list[str]:
    """Has an engine go on with a contract; returns what no longer fits: rows (they are kept), and what was due of operations that are gone.

    Raises UnderstudyError where the contract can't be; then nothing has changed.
    """
    _refuse_other_services(engine.contract, contract)
    fresh = Engine(contract, functions, engine.seed, engine.runtime.mode, engine.clock, engine.start, engine.worlds.most)
    engine.adopt(fresh)
    wrong = [what for world in engine.worlds for what in _settle(engine, world)]
    rows = {name: table.rows for name, table in engine.world.store.tables.items()}
    engine.feed.tell("reloaded", engine.world)
    return [*wrong, *unfit_rows(engine, rows)]


def _refuse_other_services(old: Contract, new: Contract) -> None:
    before, after = ({service.name for service in contract.services} for contract in (old, new))
    if before != after:
        changed = ", ".join(sorted(before ^ after))
        raise UnderstudyError(f"{new.folder}/backend.yaml: The services have changed ({changed}); start the mock again to serve them.")


def _settle(engine: Engine, world: World) -> Iterator[str]:
    """Makes a world fit the engine's contract: new collections are seeded, what is due is that of the new operations, lost channels are closed."""
    tables, now = world.store.tables, float(int(world.clock.now))
    for name, rows in seeds(engine.data, now).items():
        if name not in tables:
            tables[name] = Table(rows)
    world.switches = {**engine.switches, **world.switches}
    world.forget_rendered()
    kept, lost = _rebound(engine, world)
    world.timers.replace(kept)
    for socket in list(world.rooms.sockets.values()):
        if socket.channel not in engine.realtime.lines:
            socket.hang(MOVED, "This channel is gone")
    yield from (f"{world.name}: what was due of {name} is dropped, for that is gone" for name in lost)


def _rebound(engine: Engine, world: World) -> tuple[list[Timer], list[str]]:
    """What is due, by the operations as they are now, and the names of those that are gone."""
    kept: list[Timer] = []
    lost: list[str] = []
    for at, origin, name in world.timers.entries():
        now = _as_now(engine, origin)
        if now is None:
            lost.append(origin.plan.operation.id)
        else:
            kept.append((at, now, name))
    return kept, lost


def _as_now(engine: Engine, origin: Origin) -> Origin | None:
    plan, later = engine.find_plan(origin.plan.operation.id), origin.later
    if plan is None:
        return None
    if isinstance(later, Expiry):
        ledger = engine.runtime.ledgers.get(later.ledger.collection)
        return Origin.of(plan, origin.row, Expiry(ledger), origin.names, origin.request) if ledger is not None else None
    index = origin.plan.due.index(later)
    return Origin.of(plan, origin.row, plan.due[index], origin.names, origin.request) if index < len(plan.due) else None
