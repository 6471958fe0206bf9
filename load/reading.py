"""How users read: each picks from what their account could read when the stage was prepared."""

from collections.abc import Sequence
from dataclasses import dataclass

from load.actor import Actor
from load.stage import Call, Stage

__all__ = ["DETAILS", "LISTS", "Choices", "choices", "read", "role_of"]

LISTS, DETAILS = "list", "detail"
LONGEST = 60.0  # seconds that a Retry-After is obeyed


@dataclass(frozen=True)
class Choices:
    """What an account reads: for each operation its requests. One of the two may be empty."""

    lists: Sequence[Sequence[Call]]
    details: Sequence[Sequence[Call]]


def role_of(member: int, kind: str, number: int) -> str:
    """The name of a call in a stage: whose it is, of which kind, and which one."""
    return f"{member}/{kind}/{number}"


def choices(stage: Stage, member: int) -> Choices:
    """Those of an account, by its number in the stage."""
    found: dict[str, dict[str, list[Call]]] = {LISTS: {}, DETAILS: {}}
    for role, call in stage.calls.items():
        whose, kind, _ = role.split("/")
        if whose == str(member):
            found[kind].setdefault(call.name, []).append(call)
    return Choices(*(list(kind.values()) for kind in found.values()))


def read(me: Actor, found: Choices, lists: float) -> None:
    """Reads something: any operation, and any of its requests. lists: the share of lists, where there is more. Who is told to wait waits. Raises Failed."""
    operations = found.lists if me.chance.random() < lists else found.details
    answer = me.request(me.chance.choice(me.chance.choice(operations or found.lists or found.details)), {}, refusals=(429,))
    if answer.retry:
        me.world.over.wait(min(answer.retry, LONGEST))
