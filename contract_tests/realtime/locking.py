"""Locks: made by socket, limited by what there is, spent by REST, and ended by unlocking, by their time, or with their socket."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Evidence, Exchange
from contract_tests.findings import Finding
from contract_tests.realtime.clocks import pass_time
from contract_tests.realtime.counters import Counter, Till, tills
from contract_tests.realtime.lines import LAYER, Line, clause_about
from contract_tests.realtime.scenes import staged
from contract_tests.realtime.sight import Unknown, agrees
from contract_tests.session import Session
from contract_tests.sockets import Heard
from fixtures.instants import seconds as seconds_of
from understudy.contract.functions import time
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]

Step = Callable[[Counter], Iterator[Finding]]
CLEANUP = 2.0  # seconds in which the end of a lock is told
TRUE = 5.0  # seconds by which a lock's end may differ from what is declared
CONSERVES, EXCLUSIVE, LIMIT, REST, SPEND, EXPIRY, TIME, RELEASE, AGREEMENT = (
    "realtime.lock-conserves", "realtime.lock-exclusive", "realtime.lock-limit", "realtime.lock-rest", "realtime.lock-spend",
    "realtime.lock-expiry", "realtime.lock-time", "realtime.cleanup", "realtime.agreement",
)  # fmt: skip


def plan(contract: Contract) -> Iterator[Check]:
    """The checks of every lock that a contract declares."""
    for till in tills(contract):
        for rule, total, step, phase in STEPS:
            yield Check(rule, LAYER, till.subject, partial(_run, till=till, total=total, step=step), phase=phase, also=(AGREEMENT,), wide=True)


def _run(session: Session, till: Till, total: int, step: Step) -> Iterator[Finding]:
    with staged(session) as letters:
        yield from step(Counter(letters, till, total))


def found(counter: Counter, rule: str, title: str, expected: Any, seen: Any, aspect: str = "", line: Line | None = None, *answers: Evidence) -> Finding:
    """A finding about a lock."""
    till = counter.till
    clause = clause_about(till.channel, till.locker.message.name, WORDS.get(rule, ()))
    return counter.letters.stage.finding(rule, till.subject, title, expected, seen, clause=clause, aspect=aspect, line=line, evidence=answers)


WORDS = {EXCLUSIVE: ("one lock",), EXPIRY: ("minutes",), TIME: ("minutes",)}


def _announcement(counter: Counter, since: int, what: str, rule: str, aspect: str = "") -> Iterator[Finding]:
    """The watching line is told, and told truly."""
    name, wanted = counter.till.holds.announce, counter.announced()
    if name is None:
        return
    item = counter.letters.stage.wait(counter.watch, name, since, lambda data: agrees(wanted, data) is None)
    if item is not None:
        return
    last: Heard | None = next(iter(reversed(counter.watch.client.since(since, name))), None)
    if last is None:
        yield found(counter, rule, f"{what} is not told with '{name}'", wanted, None, aspect or "told", counter.watch)
    else:
        clause = clause_about(counter.till.channel, name)
        title = f"after {what} '{name}' says something else: {agrees(wanted, last.data)}"
        push = counter.till.channel.sends[name]
        yield counter.letters.stage.finding(AGREEMENT, push.id, title, wanted, last.data, clause=clause, line=counter.watch)


def _conserves(counter: Counter) -> Iterator[Finding]:
    line, before, mark = counter.line(counter.people[0]), counter.figures(), counter.watch.client.mark()
    if counter.lock(line, 3) is None:
        raise NotChecked("a lock of three of ten is refused (realtime.reply tells more)")
    yield from _announcement(counter, mark, "a lock", CONSERVES, "lock")
    if counter.figures() != before:
        made = found(counter, CONSERVES, "a lock changes the figures that REST shows", before, counter.figures(), "rest", line)
        yield replace(made, severity="warning")
    mark = counter.watch.client.mark()
    if counter.unlock(line) is None:
        yield found(counter, CONSERVES, "one's own lock can't be freed", "it is freed", "refused", "unlock", line)
        return
    yield from _announcement(counter, mark, "the end of a lock", CONSERVES, "unlock")
    after = counter.figures()
    if after != before:
        yield found(counter, CONSERVES, "a lock and its undoing leave other figures", before, after, "", line)
    yield from _all_free(counter, CONSERVES, "a lock and its undoing")


def _all_free(counter: Counter, rule: str, what: str, aspect: str = "") -> Iterator[Finding]:
    """Somebody else can lock all that is left: nothing is held any more."""
    left = counter.total - counter.reserved()
    line = counter.line(counter.people[1])
    if counter.lock(line, left) is None:
        yield found(counter, rule, f"after {what} not all that is left can be locked", f"{left} can be locked", "refused", aspect or "left", line)
    else:
        counter.unlock(line)


def _exclusive(counter: Counter) -> Iterator[Finding]:
    line = counter.line(counter.people[0])
    _needed(counter.lock(line, 1))
    receiver = counter.till.locker
    try:
        declared = counter.letters.verdict(line, receiver, counter.body(line, receiver, 1))
    except Unknown as error:
        raise NotChecked(f"whether a second lock is refused is not known: {error}") from None
    if declared is None:
        raise NotChecked("the contract allows a second lock")
    if counter.lock(line, 1) is not None:
        yield found(counter, EXCLUSIVE, "a second lock of the same account in the same place is made", f"refused: {declared.say}", "it is made", "", line)
        return
    other = counter.line(counter.people[1])
    if counter.lock(other, counter.total - 1) is None:
        yield found(counter, EXCLUSIVE, "a second lock that was refused takes something all the same", f"{counter.total - 1} are left", "less", "left", other)


def _needed(item: Heard | None) -> Heard:
    if item is None:
        raise NotChecked("a lock that should be made is refused (realtime.reply tells more)")
    return item


def _limit(counter: Counter) -> Iterator[Finding]:
    first, second = counter.line(counter.people[0]), counter.line(counter.people[1])
    if counter.lock(first, counter.total + 1) is not None:
        yield found(counter, LIMIT, f"{counter.total + 1} of {counter.total} are locked", "refused", "they are locked", "more", first)
        return
    if counter.lock(first, counter.total - 1) is None:
        yield found(counter, LIMIT, "a lock that was refused takes something all the same", f"{counter.total - 1} can be locked", "refused", "left", first)
        return
    if counter.lock(second, 2) is not None:
        yield found(counter, LIMIT, f"two accounts lock {counter.total + 1} of {counter.total}", "refused", "they are locked", "", second)
    elif counter.lock(second, 1) is None:
        yield found(counter, LIMIT, "the last one can't be locked", "it can be locked", "refused", "last", second)


def _rest(counter: Counter) -> Iterator[Finding]:
    """Six: four are locked, so somebody else may buy two, and then nobody may lock any."""
    till = counter.till
    if not till.buyers:
        raise NotChecked("no operation of REST sells without a lock")
    holder, buyer = counter.people[0], counter.people[1]
    line = counter.line(holder)
    _needed(counter.lock(line, 4))
    for operation in till.buyers:
        before = counter.figures()
        answer = counter.buy(operation, buyer, 3)
        if answer.ok:
            title = f"{operation.id} sells what somebody else has locked"
            yield found(counter, REST, title, "refused", answer.status, operation.id, line, answer)
            return
        if counter.figures() != before:
            title = f"{operation.id} is refused and changes figures all the same"
            yield found(counter, REST, title, before, counter.figures(), f"{operation.id}.left", line, answer)
    yield from _bought(counter, till.buyers[0], line)


def _bought(counter: Counter, operation: Operation, line: Line) -> Iterator[Finding]:
    answer = counter.buy(operation, counter.people[1], 2)
    if not answer.ok:
        title = f"{operation.id} does not sell what nobody has locked"
        yield found(counter, REST, title, "it is sold", answer.status, f"{operation.id}.free", line, answer)
        return
    other = counter.line(counter.people[-1])
    if counter.lock(other, 1) is not None:
        title = f"what {operation.id} has sold is locked"
        yield found(counter, REST, title, "refused", "it is locked", "sold", other, answer)


def _spent(counter: Counter) -> Iterator[Finding]:
    """Wrong ones first: each is refused, and the right one is good still; then it is gone."""
    owner, other = counter.people[0], counter.people[1]
    line = counter.line(owner)
    lock = counter.lock_id(_needed(counter.lock(line, 2)))
    elsewhere = _elsewhere(counter)
    wrong: list[tuple[str, str, Callable[[], Exchange]]] = [
        ("others", "by somebody else", lambda: counter.spend(other, 2, lock)),
        ("more", "for more than it holds", lambda: counter.spend(owner, 3, lock)),
        ("fewer", "for fewer than it holds", lambda: counter.spend(owner, 1, lock)),
        ("unknown", "that was never made", lambda: counter.spend(owner, 2, f"{lock}x")),
    ]
    if elsewhere is not None:
        wrong.insert(1, ("elsewhere", "in another place", lambda: counter.spend(owner, 2, lock, elsewhere)))
    for aspect, what, attempt in wrong:
        answer = attempt()
        if answer.ok:
            yield found(counter, SPEND, f"a lock is spent {what}", "refused", answer.status, aspect, line, answer)
            return
    mark = counter.watch.client.mark()
    answer = counter.spend(owner, 2, lock)
    if not answer.ok:
        yield found(counter, SPEND, "a good lock can't be spent", "it is spent", answer.status, "", line, answer)
        return
    counter.note(owner, 0)
    yield from _sold(counter, line, owner, lock, answer, mark)


def _sold(counter: Counter, line: Line, owner: Any, lock: Any, answer: Exchange, mark: int) -> Iterator[Finding]:
    yield from _announcement(counter, mark, "a lock that was spent", SPEND, "told")
    if counter.reserved() != 2:
        yield found(counter, SPEND, "a lock of two that is spent sells another number", 2, counter.reserved(), "sold", line, answer)
        return
    again = counter.spend(owner, 2, lock)
    if again.ok:
        yield found(counter, SPEND, "a lock is spent twice", "refused", again.status, "twice", line, answer, again)
        return
    yield from _all_free(counter, SPEND, "a lock was spent")


def _elsewhere(counter: Counter) -> Any:
    """The key of another row beside the counter's."""
    key = counter.till.collection.key
    rows = counter.session.rows(counter.till.collection, counter.people[0], counter.scope)
    return next((row[key] for row in rows if str(row.get(key)) != str(counter.key)), None)


def _expiry(counter: Counter) -> Iterator[Finding]:
    line, lifetime = counter.line(counter.people[0]), seconds_of(counter.till.holds.lifetime)
    lock, mark = counter.lock_id(_needed(counter.lock(line, 2))), counter.watch.client.mark()
    pass_time(counter.session, lifetime - 5, "most of a lock's life")
    other = counter.line(counter.people[1])
    if counter.lock(other, counter.total) is not None:
        yield found(counter, EXPIRY, "a lock ends before its time", "it holds still", "what it held is locked by somebody else", "early", other)
        return
    pass_time(counter.session, 6, "the end of a lock")
    counter.note(counter.people[0], 0)
    yield from _announcement(counter, mark, "the end of a lock's time", EXPIRY, "told")
    if counter.till.spender is not None:
        answer = counter.spend(counter.people[0], 2, lock)
        if answer.ok:
            yield found(counter, EXPIRY, "a lock is spent after its time", "refused", answer.status, "spent", line, answer)
            return
    yield from _all_free(counter, EXPIRY, "the end of a lock's time")


def _true(counter: Counter) -> Iterator[Finding]:
    line = counter.line(counter.people[0])
    reply = _needed(counter.lock(line, 1))
    said, wanted = counter.told(counter.till.holds.expires, reply), counter.session.now() + seconds_of(counter.till.holds.lifetime)
    if said is None:
        raise NotChecked("the reply to a lock does not tell its end")
    at = time(said)
    if at is None or abs(at - wanted) > TRUE + counter.letters.stage.lines.slowest:
        off = f"{at - wanted:+.0f} s from what is declared" if at is not None else "no instant"
        yield found(counter, TIME, f"a lock tells an end that is {off}", f"{counter.till.holds.lifetime} from now", said, "", line)


def _cleanup(counter: Counter) -> Iterator[Finding]:
    """Two tabs of one account: either frees the lock, only the end of the one that made it does so by itself."""
    first, second = counter.line(counter.people[0]), counter.line(counter.people[0])
    _needed(counter.lock(first, 2))
    if counter.till.unlocker is not None:
        mark = counter.watch.client.mark()
        if counter.unlock(second) is None:
            yield found(counter, RELEASE, "another socket of the same account can't free a lock", "it is freed", "refused", "tab", second)
            return
        yield from _announcement(counter, mark, "a lock freed by another socket of its account", RELEASE, "tab")
        _needed(counter.lock(first, 2))
    if counter.till.holds.socket is None:
        return
    second.client.close()
    counter.letters.fence(first)
    other = counter.line(counter.people[1])
    if counter.lock(other, counter.total) is not None:
        yield found(counter, RELEASE, "a lock ends when another socket of its account closes", "it holds still", "it is gone", "other", other)
        return
    mark = counter.watch.client.mark()
    counter.note(counter.people[0], 0)
    first.client.drop()
    yield from _announcement(counter, mark, "a lock whose socket closed", RELEASE, "told")
    yield from _all_free(counter, RELEASE, "the socket of a lock closed")


STEPS: tuple[tuple[str, int, Step, int], ...] = (
    (CONSERVES, 10, _conserves, 20), (EXCLUSIVE, 4, _exclusive, 20), (LIMIT, 4, _limit, 20), (REST, 6, _rest, 20), (SPEND, 10, _spent, 20),
    (TIME, 4, _true, 20), (RELEASE, 10, _cleanup, 20), (EXPIRY, 10, _expiry, 50),
)  # fmt: skip
