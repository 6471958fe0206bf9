"""What every operation and schema of a backend carries: where it comes from, a name, a tag, a summary, a behaviour."""

import re
from collections.abc import Iterator
from typing import Any

from understudy.contract.rules.fault import Fault, at
from understudy.contract.rules.sources import Sheet, Source, mapping

__all__ = ["EFFECTS", "VERBS", "check"]

EFFECTS = frozenset(
    "collection creates updates removes emit spends roles members owner take give conserves states set after allow unless idempotency".split()  # noqa: SIM905 - words read better than a list of texts
)
_VERBS = """
    accept acknowledge activate add adjust answer apply approve archive assign attach authorize ban block book broadcast buy cancel change charge check
    clear close complete confirm connect copy count create deactivate decline delete deliver deny detach disable disconnect download edit enable end
    estimate expire export extend fetch fill find finish follow freeze get give grant handle import invite issue join kick leave like link list load lock
    login logout make mark merge moderate move mute notify open order patch pause pay ping play poll post preview process publish purchase push put quote
    rate react read receive redeem refresh refund register reject release remind remove rename renew reopen replace reply report request resend reserve
    reset resolve restore resume retry revoke save schedule search see seek send set share show sign skip start stop submit subscribe suspend sync take
    tell toggle track transfer trigger unblock unfollow unlike unlink unlock unmute unsubscribe update upgrade upload use validate verify view vote watch
    withdraw write announce downgrade
"""
VERBS = frozenset(_VERBS.split())


def check(source: Source) -> None:
    """Reports operationIds that stand twice and, for folders with backend.yaml, what operations and schemas lack."""
    seen: dict[str, str] = {}
    for sheet in source.sheets:
        for named, pointer, node in sheet.operations():
            name = node.get("operationId")
            if isinstance(name, str):
                source.faults += _twice(sheet, named, pointer, name, seen)
            if source.backend and sheet.kind == "openapi":
                source.faults += _operation(sheet, named, pointer, node)
            source.faults += _bound(sheet, named, pointer, mapping(node.get("x-behavior")))
        for name, pointer, node in sheet.own("schemas") if source.backend else ():
            if not {"x-guide", "x-inferred"} & set(node):
                source.faults.append(at(sheet.bundle, pointer, f"{name}: a schema says where it comes from: x-guide or x-inferred."))


def _operation(sheet: Sheet, named: str, pointer: str, node: dict[str, Any]) -> Iterator[Fault]:
    if not {"x-guide", "x-inferred"} & set(node):
        yield at(sheet.bundle, pointer, f"{named}: an operation says where it comes from: x-guide or x-inferred.")
    for word, what in (("tags", "a tag"), ("summary", "a summary"), ("operationId", "an operationId"), ("x-behavior", "x-behavior")):
        if not node.get(word):
            yield at(sheet.bundle, pointer, f"{named}: an operation has {what}.")
    name = str(node.get("operationId") or "list")
    if not _is_verb(name):
        yield at(sheet.bundle, f"{pointer}/operationId", f"{named}: operationId '{name}' is no verb in camelCase, such as listEvents or lockTickets.")


def _twice(sheet: Sheet, named: str, pointer: str, name: str, seen: dict[str, str]) -> Iterator[Fault]:
    if name in seen:
        yield at(sheet.bundle, f"{pointer}/operationId", f"{named}: operationId '{name}' is also that of {seen[name]}.")
    seen.setdefault(name, named)


def _is_verb(name: str) -> bool:
    """Whether a name is camelCase and begins with a verb."""
    first = re.match(r"[a-z]+", name)
    return bool(re.fullmatch(r"[a-z]+(?:[A-Z0-9][a-zA-Z0-9]*)*", name)) and first is not None and first.group() in VERBS


def _bound(sheet: Sheet, named: str, pointer: str, words: dict[str, Any]) -> Iterator[Fault]:
    if words.get("do") == "bound" and not EFFECTS & set(words):
        yield at(
            sheet.bundle,
            f"{pointer}/x-behavior/do",
            f"{named}: x-behavior.do: a bound operation declares its effects, at least one of {', '.join(sorted(EFFECTS))}.",
        )
