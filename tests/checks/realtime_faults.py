"""Faulty pieces of a mock: each function makes, of a right one, one that has a defect."""

import time
from typing import Any

import jwt

from mock_server.engine import messages
from mock_server.engine.call import Call, Emit
from mock_server.engine.frames import Frame
from mock_server.engine.problem import Problem
from mock_server.engine.realtime import Realtime
from mock_server.state.seats import Ledger
from mock_server.state.store import Row, Unit
from mock_server.state.tokens import Tokens
from understudy.contract.functions import iso


def twice(deliver: Any) -> Any:
    def faulty(self: Realtime, world: Any, recipients: Any, frame: Frame, room: str | None = None, *_mark: str) -> None:
        deliver(self, world, [*recipients, *recipients] if room else recipients, frame, room)

    return faulty


def everywhere(carry: Any) -> Any:
    """Every message goes to every socket of its channel."""

    def faulty(self: Realtime, call: Call, emit: Emit, keys: frozenset[str], _line: Any, _route: int) -> None:
        recipients = [socket for socket in call.world.rooms.sockets.values() if socket.channel in keys]
        if recipients:
            self._deliver(call.world, recipients, Frame(emit.message, self.rendered(call, emit.message, emit.data)), emit.room)

    return faulty


def backwards(deliver: Any) -> Any:
    """Keeps every message back until the next one has gone."""
    kept: list[Any] = []

    def faulty(self: Realtime, world: Any, recipients: Any, frame: Frame, room: str | None = None, *_mark: str) -> None:
        if room is None:
            deliver(self, world, recipients, frame, room)
            return
        kept.append((world, recipients, frame, room))
        if len(kept) == 2:
            for item in reversed(kept):
                deliver(self, *item)
            kept.clear()

    return faulty


def overtaking(deliver: Any) -> Any:
    """Every third message waits until the next one has gone."""
    kept: list[Any] = []
    count = 0

    def faulty(self: Realtime, world: Any, recipients: Any, frame: Frame, room: str | None = None, *_mark: str) -> None:
        nonlocal count
        count += room is not None
        if room is not None and count % 3 == 0:
            kept.append((world, recipients, frame, room))
            return
        deliver(self, world, recipients, frame, room)
        while kept and room is not None:
            deliver(self, *kept.pop())

    return faulty


def every_tenth_lost(deliver: Any) -> Any:
    count = 0

    def faulty(self: Realtime, world: Any, recipients: Any, frame: Frame, room: str | None = None, *_mark: str) -> None:
        nonlocal count
        count += room is not None
        if room is None or count % 10:
            deliver(self, world, recipients, frame, room)

    return faulty


def renamed(deliver: Any) -> Any:
    """What everybody is told has another name."""

    def faulty(self: Realtime, world: Any, recipients: Any, frame: Frame, room: str | None = None, *_mark: str) -> None:
        deliver(self, world, recipients, Frame(f"{frame.name}d", frame.data), room)

    return faulty


def unverified(_verify: Any) -> Any:
    def faulty(_self: Any, token: str, _use: Any, _now: float) -> Any:
        return jwt.decode(token, options={"verify_signature": False}, algorithms=["HS256", "none"])

    return faulty


def of_any_use(verify: Any) -> Any:
    def faulty(self: Tokens, token: str, _use: Any, now: float) -> Any:
        return verify(self, token, self._decode(token)["typ"], now)

    return faulty


def without_rest(close: Any) -> Any:
    """A socket that closes is forgotten by nothing: it stays in its rooms, and its locks stay."""

    def faulty(self: Realtime, socket: Any, world: Any, reason: str) -> None:
        return None

    return faulty


def hanging_up(refuse: Any) -> Any:
    """A message that breaks its schema ends the connection."""

    def faulty(self: Realtime, call: Any, line: Any, name: str, data: Any, problem: Problem) -> Any:
        if problem.status == 400:
            call.socket.hang(1011, "crash")
            return None
        return refuse(self, call, line, name, data, problem)

    return faulty


def silent(_function: Any) -> Any:
    return lambda *_args, **_more: None


def without_checking(stages: Any) -> Any:
    return tuple(stage for stage in stages if stage is not messages.check)


def held_without_asking(_lock: Any) -> Any:
    def faulty(self: Ledger, unit: Unit, row: Row, quantity: int, user: Any, now: float, end: float, new: Any) -> Any:
        holds = self.holds
        hold = {**new, holds.by: row[self.key], holds.user: user, holds.quantity: quantity, holds.expires: iso(end)}
        return unit.put(holds.collection, new["id"], hold)

    return faulty


def remembered(free: Any) -> Any:
    """What is free is looked up ten times a second only."""
    known: dict[Any, tuple[float, int]] = {}

    def faulty(self: Ledger, unit: Unit, row: Row, now: float) -> int:
        at, value = known.get(row[self.key], (0.0, 0))
        if time.monotonic() - at > 0.1:
            at, value = known[row[self.key]] = (time.monotonic(), free(self, unit, row, now))
        return value

    return faulty


def kept(_unlock: Any) -> Any:
    def faulty(self: Ledger, unit: Unit, row: Row, user: Any, now: float) -> Any:
        holds = self.holds
        return next(hold for hold in unit.by(holds.collection, holds.by, row[self.key]) if hold[holds.user] == user)

    return faulty


def for_anybody(spend: Any) -> Any:
    def faulty(self: Ledger, unit: Unit, row: Row, quantity: int, user: Any, lock: Any, now: float) -> Any:
        hold = unit.get(self.holds.collection, lock)
        return spend(self, unit, row, quantity, hold[self.holds.user] if hold else user, lock, now)

    return faulty


def again_and_again(_spend: Any) -> Any:
    def faulty(self: Ledger, unit: Unit, row: Row, quantity: int, _user: Any, _lock: Any, _now: float) -> Any:
        return self._move(unit, row, quantity)

    return faulty


def without_locks(_free: Any) -> Any:
    def faulty(self: Ledger, _unit: Unit, row: Row, _now: float) -> int:
        return int(row[self.capacity.total] - row[self.capacity.reserved])

    return faulty


def checking_last(stages: Any) -> Any:
    return (*(stage for stage in stages if stage is not messages.check), messages.check)


def selling(unlock: Any) -> Any:
    """What a lock held is sold when it is freed."""

    def faulty(self: Ledger, unit: Unit, row: Row, user: Any, now: float) -> Any:
        hold = unlock(self, unit, row, user, now)
        self._move(unit, row, hold[self.holds.quantity])
        return hold

    return faulty
