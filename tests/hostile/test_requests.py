"""Ten thousand hostile requests leave the mock alive and right, and get no trace of how it is made."""

import asyncio
import os
import time
from collections import Counter
from itertools import count

import pytest

from understudy.wire.chance import derive

from .arena import STATUS, Arena, check_log, suspicious
from .attacks import series
from .wires import QUIET, exchange

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "10000"))
ROUND = 1000  # requests after which the mock must prove itself
AT_ONCE = 40
SHOWN = 5
LENGTH = 8  # requests on one connection, where they may follow each other
LONGEST = 3.0  # seconds that people may wait for proof that it lives, times ten of what it takes


@pytest.mark.parametrize(("ports", "share"), [("mock", 0.8), ("single", 0.2)])
def test_hostile_requests_neither_stop_the_mock_nor_get_a_trace(ports: str, share: float, seed: str, request: pytest.FixtureRequest) -> None:
    arena: Arena = request.getfixturevalue(ports)
    numbers, sent, statuses = count(), 0, Counter[bytes]()
    arena.prove()
    while sent < REQUESTS * share:
        arena.arm()
        sent += asyncio.run(_storm(arena, f"{seed} {ports}", numbers, statuses))
        began = time.monotonic()
        arena.prove()
        assert time.monotonic() - began < LONGEST
        check_log(arena.said())
    print(f"seed {seed}: {sent} requests to {ports}: {dict(sorted(statuses.items()))}, {arena.memory() >> 20} MiB")
    assert {b"200", b"400", b"401", b"404", b"405", b"413", b"414", b"431"} <= set(statuses), "the attacks do not reach far enough"


async def _storm(arena: Arena, seed: str, numbers: "count[int]", statuses: Counter[bytes]) -> int:
    """A round of attacks, some connections at a time; returns how many requests it had."""
    sent, found = 0, list[str]()

    async def attack() -> None:
        nonlocal sent
        while sent < ROUND:
            number = next(numbers)
            target, parts = series(derive(seed, number), arena.targets, arena.others, LENGTH)
            sent += len(parts)
            answer = await exchange(target.place, b"".join(parts), QUIET if len(parts) == 1 else 10.0)
            statuses.update(STATUS.findall(answer))
            allowed = target if len(parts) == 1 else None
            wrong = suspicious(allowed, answer)
            if wrong is not None:
                found.append(f"seed {seed!r}, series {number}, {target.method} {target.path}: {wrong}\nsent {b''.join(parts)[:6000]!r}\ngot {answer[-2000:]!r}")

    await asyncio.gather(*(attack() for _ in range(AT_ONCE)))
    assert not found, f"{len(found)} findings\n" + "\n\n".join(found[:SHOWN])
    return sent
