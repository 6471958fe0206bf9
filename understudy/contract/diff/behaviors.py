"""What an operation or a collection does, as x-behavior declares it: what was allowed and no longer is."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from understudy.contract.diff.changes import Change, change
from understudy.contract.model import Behavior, Collection, Operation

__all__ = ["compare_behaviors", "compare_collections"]

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
LIFETIME = "5m"
Words = Mapping[str, Any]
Told = Iterator[tuple[str, bool, str]]  # word, whether it breaks, sentence


def compare_behaviors(old: Operation, new: Operation, about: str) -> Iterator[Change]:
    """The changes of what both documents declare; what is inferred says nothing."""
    if not (_declares(old.behavior) and _declares(new.behavior)):
        return
    for test in TESTS:
        for word, breaking, says in test(old.behavior.words, new.behavior.words):
            yield change(f"behavior.{word}", breaking, about, says, new.bundle, f"{new.pointer}/x-behavior/{word}")


def _declares(behavior: Behavior) -> bool:
    return behavior.source in ("declared", "bound")


def _roles(old: Words, new: Words) -> Told:
    before, after = old.get("roles"), new.get("roles")
    if before == after:
        return
    if after is not None and before is None:
        yield "roles", True, f"is for {_listed(after)} only now"
    elif after is None:
        yield "roles", False, "is for every role now"
    else:
        gone, come = [name for name in before or () if name not in after], [name for name in after if name not in (before or ())]
        yield from [("roles", True, f"is no longer for {_listed(gone)}")] if gone else []
        yield from [("roles", False, f"is for {_listed(come)} too")] if come else []


def _listed(names: Any) -> str:
    return ", ".join(map(str, names))


def _rate(old: Words, new: Words) -> Told:
    before, after = _a_second(old.get("rate")), _a_second(new.get("rate"))
    if before != after and after is not None:
        says = f"at most {new['rate']['limit']} in {new['rate']['per']} now"
        yield "rate", before is None or after < before, says + (f", it was {old['rate']['limit']} in {old['rate']['per']}" if before is not None else "")
    elif before != after:
        yield "rate", False, "has no limit of calls any more"


def _a_second(rate: Any) -> float | None:
    return rate["limit"] / _seconds(rate["per"]) if isinstance(rate, dict) and "limit" in rate and _seconds(rate.get("per")) else None


def _seconds(text: Any) -> float:
    return sum(float(number) * SECONDS[unit] for number, unit in DURATION.findall(str(text)))


def _refusals(old: Words, new: Words) -> Told:
    for word in ("unless", "requires"):
        before, after = [[_condition(item) for item in words.get(word) or ()] for words in (old, new)]
        yield from ((word, True, f"is refused in one more case: {item}") for item in after if item not in before)
        yield from ((word, False, f"is no longer refused where {item}") for item in before if item not in after)


def _condition(refusal: Any) -> str:
    return str(refusal.get("when", refusal)) if isinstance(refusal, dict) else str(refusal)


RESTRICTIONS = {"owner": "is for a row's owner only", "allow": "is refused unless it holds", "members": "is for members only", "visible": "shows fewer rows"}


def _restrictions(old: Words, new: Words) -> Told:
    for word, says in RESTRICTIONS.items():
        before, after = old.get(word), new.get(word)
        if before != after:
            yield word, before is None, f"{says} now: {after}" if before is None else f"`{word}` is {after} instead of {before}"


def _verb(old: Words, new: Words) -> Told:
    if old.get("do") != new.get("do"):
        yield "do", True, f"does {new.get('do')} instead of {old.get('do')}"
    if old.get("denied", 404) != new.get("denied", 404):
        yield "denied", True, f"answers {new.get('denied', 404)} for another user's row instead of {old.get('denied', 404)}"
    if old.get("idempotency") and old.get("idempotency") != new.get("idempotency"):
        yield "idempotency", True, f"a call repeated with the same {old['idempotency']} has an effect of its own now"


TESTS: tuple[Callable[[Words, Words], Told], ...] = (_roles, _rate, _refusals, _restrictions, _verb)


def compare_collections(old: Collection, new: Collection) -> Iterator[Change]:
    """The changes of the rows' own rules: states and their moves, locks, what must be unique."""
    if not (old.declared and new.declared):
        return
    for word, breaking, says in (*_states(old, new), *_locks(old, new), *_unique(old, new)):
        yield change(f"collection.{word}", breaking, f"collection {old.name}", says, new.bundle, f"{new.pointer}/x-behavior/{word}")


def _states(old: Collection, new: Collection) -> Told:
    before, after = old.states, new.states
    if before is None or after is None:
        return
    for state, targets in before.moves.items():
        yield from (("states", True, f"{state} can no longer become {target}") for target in targets if target not in after.moves.get(state, ()))
    for state, targets in after.moves.items():
        yield from (("states", False, f"{state} can become {target} too") for target in targets if target not in before.moves.get(state, ()))
    if before.initial != after.initial:
        yield "states", True, f"begins as {after.initial} instead of {before.initial}"


def _locks(old: Collection, new: Collection) -> Told:
    before, after = [item.capacity.holds.lifetime if item.capacity and item.capacity.holds else None for item in (old, new)]
    if before and after and _seconds(before) != _seconds(after):
        yield "capacity", _seconds(after) < _seconds(before), f"a lock lives {after} instead of {before}"


def _unique(old: Collection, new: Collection) -> Told:
    yield from (("unique", True, f"{' and '.join(names)} must be unique now") for names in new.unique if names not in old.unique)
    yield from (("unique", False, f"{' and '.join(names)} need not be unique any more") for names in old.unique if names not in new.unique)
