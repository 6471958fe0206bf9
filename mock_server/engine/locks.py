"""Locks that end by themselves: their time is over, or the socket that made them closed. Both are told in the same way."""

from dataclasses import dataclass
from typing import Any

from mock_server.engine.call import Call
from mock_server.state.seats import Ledger
from mock_server.state.store import Row
from understudy.contract.functions import time


def set_end(call: Call, ledger: Ledger, hold: Row) -> None:
    """Has a lock that was just made end when its time is over."""
    holds = ledger.holds
    end = time(hold[holds.expires])
    assert end is not None
    call.timers.append((end, Expiry(ledger), hold, (holds.collection, hold["id"])))


def forget_end(call: Call, ledger: Ledger, hold: Any) -> None:
    """Has a lock that was given back or spent not end again."""
    call.timers.append((None, None, None, (ledger.holds.collection, hold)))


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of a lock, as a thing that falls due."""

    ledger: Ledger
    names: frozenset[str] = frozenset()
    bound: bool = False

    def fire(self, call: Call) -> None:
        """Ends the lock, unless it is gone or was made to last."""
        hold = call.store.get(self.ledger.holds.collection, call.row["id"]) if call.row else None
        if hold is not None and self.ledger.is_over(hold, call.now):
            end(call, self.ledger, hold)


def end_all(call: Call, socket: str) -> None:
    """Ends the locks that a socket made."""
    for ledger in call.runtime.ledgers.values():
        holds = ledger.capacity.holds
        if holds is None or holds.socket is None:
            continue
        for hold in list(call.store.by(holds.collection, holds.socket, socket)):
            if hold.get(holds.expires) is not None:
                forget_end(call, ledger, hold["id"])
                end(call, ledger, hold)


def end(call: Call, ledger: Ledger, hold: Row) -> None:
    """Ends a lock and tells those who watch what it was on."""
    holds, runtime = ledger.holds, call.runtime
    call.store.remove(holds.collection, hold["id"])
    held = call.store.get(ledger.collection, hold[holds.by])
    if runtime.listening and holds.announce is not None and held is not None:
        call.emits.append(runtime.templates[holds.announce].emit(call, held))
