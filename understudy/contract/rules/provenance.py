"""What every operation and schema of a backend carries: where it comes from, a name, a tag, a summary, a behaviour."""

import re
from collections.abc import Iterator
from typing import Any

from understudy.contract.rules.fault import Fault, at
from understudy.contract.rules.sources import Sheet, Source

__all__ = ["EFFECTS", "VERBS", "check"]

EFFECTS = frozenset(
    "collection creates updates removes emit spends roles members owner take give conserves states set after allow unless with idempotency".split()
)
VERBS = frozenset(
    "accept acknowledge activate add adjust answer apply approve archive assign attach authorize ban block book broadcast buy cancel change charge check "
    "clear close complete confirm connect copy count create deactivate decline delete deliver deny detach disable disconnect download edit enable end "
    "estimate expire export extend fetch fill find finish follow freeze get give grant handle import invite issue join kick leave like link list load "
    "lock login logout make mark merge moderate move mute notify open order patch pause pay ping play poll post preview process publish purchase push put "
    "quote rate react read receive redeem refresh refund register reject release remind remove rename renew reopen replace reply report request resend "
    "reserve reset resolve restore resume retry revoke save schedule search see seek send set share show sign skip start stop submit subscribe suspend sync "
    "take tell toggle track transfer trigger unblock unfollow unlike unlink unlock unmute unsubscribe update upgrade upload use validate verify view vote "
    "watch withdraw write announce downgrade".split()
)


def check(source: Source) -> None:
    """Reports what operations and schemas lack; only for folders with backend.yaml."""
    seen: dict[str, str] = {}
    for sheet in source.sheets:
        for named, pointer, node in sheet.operations():
            if sheet.kind == "openapi":
                source.faults += _operation(sheet, named, pointer, node)
                source.faults += _id(sheet, named, pointer, node.get("operationId"), seen)
            source.faults += _bound(sheet, named, pointer, node.get("x-behavior") or {})
        for name, pointer, node in sheet.own("schemas"):
            if not {"x-guide", "x-inferred"} & set(node):
                source.faults.append(at(sheet.bundle, pointer, f"{name}: a schema says where it comes from: x-guide or x-inferred."))


def _operation(sheet: Sheet, named: str, pointer: str, node: dict[str, Any]) -> Iterator[Fault]:
    if not {"x-guide", "x-inferred"} & set(node):
        yield at(sheet.bundle, pointer, f"{named}: an operation says where it comes from: x-guide or x-inferred.")
    for word, what in (("tags", "a tag"), ("summary", "a summary"), ("operationId", "an operationId"), ("x-behavior", "x-behavior")):
        if not node.get(word):
            yield at(sheet.bundle, pointer, f"{named}: an operation has {what}.")


def _id(sheet: Sheet, named: str, pointer: str, name: Any, seen: dict[str, str]) -> Iterator[Fault]:
    if not isinstance(name, str):
        return
    if name in seen:
        yield at(sheet.bundle, f"{pointer}/operationId", f"{named}: operationId '{name}' is also that of {seen[name]}.")
    seen.setdefault(name, named)
    first = re.match(r"[a-z]+", name)
    if not re.fullmatch(r"[a-z]+(?:[A-Z0-9][a-zA-Z0-9]*)*", name) or first is None or first.group() not in VERBS:
        yield at(sheet.bundle, f"{pointer}/operationId", f"{named}: operationId '{name}' is no verb in camelCase, such as listEvents or lockTickets.")


def _bound(sheet: Sheet, named: str, pointer: str, words: dict[str, Any]) -> Iterator[Fault]:
    if words.get("do") == "bound" and not EFFECTS & set(words):
        yield at(sheet.bundle, f"{pointer}/x-behavior/do", f"{named}: x-behavior.do: a bound operation declares its effects, at least one of {', '.join(sorted(EFFECTS))}.")
