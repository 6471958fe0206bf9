"""A story: what the users of a run do. Stories are found in `load/stories`, never listed."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from load.parameters import Parameter
from load.slo import VERDICTS
from understudy.contract.errors import UsageError, suggest

if TYPE_CHECKING:
    from load.actor import Actor

__all__ = ["SALES", "SEATS", "VERDICTS", "Story", "stories", "story_named"]

SEATS = VERDICTS
SALES = ("oversold", "leaked", "lost-update")


def nothing(_actor: "Actor") -> None:
    """What a user does who has nothing to do."""


@dataclass(frozen=True)
class Story:
    """One story.

    says: one sentence; steps: what is timed, and what it is; stage: the module of `load.staging` that prepares it; needs: roles that a contract must have;
    arrive, act: what a user does once, and again and again; leave: before they go, when the run is over; verdicts: that apply;
    users, spawn_rate, run_time (seconds): by default; several: whether it runs over all backends that fit.
    """

    name: str
    says: str
    steps: Mapping[str, str]
    stage: str
    needs: tuple[str, ...]
    act: Callable[["Actor"], None]
    arrive: Callable[["Actor"], None] = nothing
    leave: Callable[["Actor"], None] = nothing
    parameters: tuple[Parameter, ...] = ()
    verdicts: tuple[str, ...] = ()
    users: int = 50
    spawn_rate: float = 50.0
    run_time: float = 30.0
    several: bool = False


def stories() -> dict[str, Story]:
    """Name -> story."""
    package = importlib.import_module("load.stories")
    modules = [importlib.import_module(f"load.stories.{item.name}") for item in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name)]
    return {module.STORY.name: module.STORY for module in modules if hasattr(module, "STORY")}


def story_named(name: str) -> Story:
    """The story of a name. Raises UsageError."""
    known = stories()
    if name not in known:
        raise UsageError(f"There is no story '{name}'.{suggest(name, list(known))} Known are {', '.join(sorted(known))}.")
    return known[name]
