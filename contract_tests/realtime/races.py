"""Many at the same moment, on connections opened beforehand: no more is locked or sold than there is. The state decides, not what was answered."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.people import Person
from contract_tests.realtime.counters import Counter, Till, tills
from contract_tests.realtime.lines import LAYER, Line, clause_about
from contract_tests.realtime.scenes import staged
from contract_tests.session import Session
from contract_tests.sockets import Heard
from understudy.contract.model import Contract

__all__ = ["plan"]

RACE = "realtime.lock-race"
TOTAL, EACH = 5, 2  # of which two people get two each, and nobody else does
TABS = 5  # of each person
ROUNDS = 2
ENOUGH = 4  # people
SPENDERS = 8  # requests that spend one lock


@dataclass(frozen=True)
class Lock:
    """A lock that a server says it made. quantity: that was asked for."""

    line: Line
    reply: Heard
    quantity: int


def plan(contract: Contract) -> Iterator[Check]:
    """Three races for every lock that a contract declares."""
    for till in tills(contract):
        for aspect, race in (("", _sockets), ("rest", _across), ("spend", _spending)):
            if aspect and not till.buyers and till.spender is None:
                continue
            yield Check(RACE, LAYER, till.subject, partial(_rounds, till=till, race=race), aspect, phase=30, confirm=False)


def _rounds(session: Session, till: Till, race: Callable[[Counter], Iterator[Finding]]) -> Iterator[Finding]:
    for _ in range(1 if session.options.quick else ROUNDS):
        with staged(session) as letters:
            findings = list(race(Counter(letters, till, TOTAL)))
        if findings:
            yield from findings
            return


def released(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Does all at the same moment; what each gave, None where it failed."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        results[index] = act()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def _crowd(counter: Counter) -> list[Person]:
    """Enough people; new ones where there are too few."""
    people = counter.people[:ENOUGH]
    while len(people) < ENOUGH:
        made = counter.session.people.register() if counter.session.options.register else None
        if made is None:
            break
        people.append(made)
    return people


def _emitting(counter: Counter, line: Line, quantity: int) -> Callable[[], int]:
    """Sends the lock of a line; its payload is made beforehand."""
    body = counter.body(line, counter.till.locker, quantity)
    return lambda: line.client.emit(counter.till.locker.message.name, body)


def _made(counter: Counter, lines: Sequence[Line], marks: Sequence[int | None], quantity: int) -> list[Lock]:
    """The locks that were made, by the replies that came."""
    letters, locker, found = counter.letters, counter.till.locker, []
    for line, mark in zip(lines, marks, strict=True):
        item = letters.stage.heard(line, partial(counter.answers, line, locker, None), mark or 0)
        if item is not None and not letters.is_refusal(line, locker, item):
            found.append(Lock(line, item, quantity))
    return found


def _sockets(counter: Counter) -> Iterator[Finding]:
    lines = [counter.line(person) for person in _crowd(counter) for _ in range(TABS)]
    marks = released([_emitting(counter, line, EACH) for line in lines])
    locks = _made(counter, lines, marks, EACH)
    yield from _counted(counter, locks, 0)
    owners = [str(lock.line.person.key) for lock in locks if lock.line.person]
    if _one_each(counter) and len(set(owners)) < len(owners):
        yield _finding(counter, "one account gets several locks in the same place at the same moment", "one", len(owners), locks, "several")


def _one_each(counter: Counter) -> bool:
    """Whether the contract allows an account one lock in a place."""
    return any("held(" in str(item["when"]) and "user" in str(item["when"]) for item in counter.till.locker.operation.behavior.get("unless") or ())


def _across(counter: Counter) -> Iterator[Finding]:
    """Half by socket, half by REST."""
    operation = next(iter(counter.till.buyers), None)
    if operation is None:
        raise NotChecked("no operation of REST sells without a lock")
    people = _crowd(counter)
    half = max(1, len(people) // 2)
    lines = [counter.line(person) for person in people[:half] for _ in range(TABS - 1)]
    buyers = [person for person in people[half:] for _ in range(TABS - 1)]
    request = counter.request(operation, EACH)
    acts: list[Callable[[], Any]] = [_emitting(counter, line, EACH) for line in lines]
    acts += [partial(counter.session.perform, operation, person, request, patient=False) for person in buyers]
    results = released(acts)
    locks = _made(counter, lines, results[: len(lines)], EACH)
    answers = [item for item in results[len(lines) :] if isinstance(item, Exchange)]
    yield from _counted(counter, locks, EACH * sum(1 for item in answers if item.ok))


def _counted(counter: Counter, locks: Sequence[Lock], bought: int) -> Iterator[Finding]:
    """All that was promised is taken together, then spent: REST tells in the end how much was sold."""
    promised = sum(lock.quantity for lock in locks) + bought
    if promised > counter.total:
        title = f"{promised} of {counter.total} are locked{' or sold' if bought else ''} by {len(locks)} sockets at the same moment"
        yield _finding(counter, title, f"at most {counter.total}", promised, locks)
        return
    if counter.till.spender is not None:
        for lock in locks:
            assert lock.line.person is not None
            counter.spend(lock.line.person, lock.quantity, counter.lock_id(lock.reply))
    if counter.reserved() > counter.total:
        yield _finding(counter, f"{counter.reserved()} of {counter.total} are sold after a race", f"at most {counter.total}", counter.reserved(), locks)
    elif not locks and not bought:
        yield _finding(counter, f"of {counter.total} nobody gets any when many ask at the same moment", "somebody does", 0, locks, "none")


def _finding(counter: Counter, title: str, expected: Any, seen: Any, locks: Sequence[Lock], aspect: str = "") -> Finding:
    till, stage = counter.till, counter.letters.stage
    clause = clause_about(till.channel, till.locker.message.name)
    evidence = stage.evidence(counter.watch, *(lock.line for lock in locks[:3]))
    return stage.finding(RACE, till.subject, title, expected, seen, clause=clause, aspect=aspect, evidence=evidence, service=till.channel.service)


def _spending(counter: Counter) -> Iterator[Finding]:
    """One lock, spent by many requests at the same moment."""
    if counter.till.spender is None:
        raise NotChecked("no operation spends a lock")
    owner = counter.people[0]
    line = counter.line(owner)
    reply = counter.lock(line, EACH)
    if reply is None:
        raise NotChecked("a lock that should be made is refused")
    request = counter.request(counter.till.spender, EACH, counter.lock_id(reply))
    session, spender = counter.session, counter.till.spender
    answers = released([partial(session.perform, spender, owner, request, patient=False) for _ in range(SPENDERS)])
    good = [item for item in answers if isinstance(item, Exchange) and item.ok]
    sold = counter.reserved()
    if sold != EACH or len(good) != 1:
        title = f"one lock of {EACH}, spent by {SPENDERS} requests at the same moment, is spent {len(good)} times and sells {sold}"
        yield _finding(counter, title, f"once, {EACH}", f"{len(good)} times, {sold}", [Lock(line, reply, EACH)], "spend")
