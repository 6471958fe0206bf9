"""How many of a stock can be had by socket, as the server itself says: one is locked for a moment, and the answer tells how many are left."""

from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.realtime.lines import ANYONE, lines_of
from contract_tests.session import Session
from contract_tests.sockets import Unopened
from load.filling import fill
from load.stage import Stage, Stock

__all__ = ["available"]

PATIENCE = 5.0


def available(session: Session, stage: Stage, stock: Stock) -> int | None:
    """How many are free, locks counted; None where the sockets do not say."""
    lock, join = stage.calls.get("lock"), stage.calls.get("join")
    if lock is None or not lock.channel or "available" not in lock.gives:
        return None
    channel = next(item for item in session.contract.channels if item.id == lock.channel)
    for person in session.people.everyone:
        try:
            line = lines_of(session).connect(channel, person, {}, token=ANYONE)
        except (Unopened, NotChecked):
            continue
        try:
            values = {"@stock": stock.key, "@parent": stock.parent, "@quantity": 1, "@person": person.key}
            if join is not None:
                line.client.wait(join.reply, since=line.client.emit(join.event, fill(join.body, values)), seconds=PATIENCE)
            found = line.client.wait(lock.reply, since=line.client.emit(lock.event, fill(lock.body, values)), seconds=PATIENCE)
            return _left(found.data if found else None, lock.gives["available"], stage)
        finally:
            line.client.close()
    return None


def _left(data: Any, field: str, stage: Stage) -> int | None:
    """What an answer says is left, and the one that was locked; 0 where nothing can be locked."""
    if not isinstance(data, dict):
        return None
    granted = all(data.get(name) == value for name, value in stage.calls["lock"].constants.items())
    if granted and isinstance(data.get(field), int):
        return int(data[field]) + 1
    return 0 if not granted else None
