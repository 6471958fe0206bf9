"""What goes wrong on purpose in a world: declared faults, each with what it hits, how often and for how long."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from understudy.contract.errors import suggest
from understudy.wire.chance import Chance, derive, fresh_seed

REQUEST = frozenset({"latency", "status", "rate", "reset", "truncate", "break"})
SOCKET = frozenset({"drop", "delay", "duplicate", "reorder", "kick"})
MOST = 1000
Facts = Callable[[str], Any]


class FaultError(Exception):
    """A fault that can't be; its text says why."""


@dataclass(slots=True)
class Fault:
    """One fault. match: name -> what a request or frame must have of it, `*` for any part of a text; settings: of its kind.

    until: the instant at which it ends, on the world's clock; times: how often it strikes at most; hits: how often it did;
    nonce: tells it from an earlier one of its id; tally: counts a hit where several processes do, and gives their number.
    """

    id: str
    kind: str
    match: Mapping[str, Any]
    settings: Mapping[str, Any]
    chance: Chance
    probability: float = 1.0
    until: float | None = None
    times: int | None = None
    hits: int = 0
    nonce: str = ""
    tally: "Callable[[Fault], int] | None" = None

    def strikes(self, facts: Facts, now: float) -> bool:
        """Whether it hits this time; one that may is counted, and its die is cast. facts: what is known of what it may hit."""
        if self.is_over(now) or not all(_fits(wanted, facts(name)) for name, wanted in self.match.items()):
            return False
        if self.probability < 1 and self.chance.random() >= self.probability:
            return False
        if self.tally is None:
            self.hits += 1
            return True
        hits = self.tally(self)
        self.hits = hits if self.times is None else min(hits, self.times)
        return hits == self.hits

    def is_over(self, now: float) -> bool:
        """Whether its time has passed, or it struck as often as it may."""
        return (self.until is not None and now >= self.until) or (self.times is not None and self.hits >= self.times)

    def wait(self) -> float:
        """Seconds by which it delays: `ms` (one second if nothing is said), evenly from `min` to `max`, or log-normal around `median` with `sigma`."""
        given = self.settings
        if "median" in given:
            return float(given["median"]) * self.chance.lognormvariate(0, float(given.get("sigma", 0.5))) / 1000
        if "max" in given:
            return self.chance.uniform(float(given.get("min", 0)), float(given["max"])) / 1000
        return float(given.get("ms", 1000)) / 1000


def _fits(wanted: Any, found: Any) -> bool:
    """Whether a fact is what was asked for: one of several, a text with `*`, or the same as text."""
    if isinstance(found, tuple):
        return any(_fits(wanted, item) for item in found)
    if isinstance(wanted, list):
        return any(_fits(item, found) for item in wanted)
    return found is not None and fnmatchcase(str(found), str(wanted))


@dataclass(slots=True)
class Faults:
    """The faults of one world, in the order in which they were declared. requests, sockets: those that hit the one or the other."""

    seed: str = ""
    requests: list[Fault] = field(default_factory=list)
    sockets: list[Fault] = field(default_factory=list)
    count: int = 0
    tally: Callable[[Fault], int] | None = None  # what counts the hits of all processes, where there are several

    def add(self, kind: str, match: Mapping[str, Any], settings: Mapping[str, Any], **more: Any) -> Fault:
        """Declares a fault; `id` names it, and replaces one of that name. Raises FaultError."""
        if kind not in REQUEST | SOCKET:
            raise FaultError(f"'{kind}' is no kind of fault.{suggest(kind, REQUEST | SOCKET)}")
        if len(self) >= MOST:
            raise FaultError(f"There are {MOST} faults already. Remove some.")
        self.count += 1
        identity = str(more.pop("id", None) or f"fault-{self.count}")
        self.remove(identity)
        nonce = more.pop("nonce", None) or (fresh_seed()[:12] if self.tally is not None else "")
        fault = Fault(identity, kind, match, settings, derive(self.seed, "fault", identity), nonce=nonce, tally=self.tally, **more)
        (self.requests if kind in REQUEST else self.sockets).append(fault)
        return fault

    def remove(self, identity: str) -> bool:
        """Takes a fault away; False if there is none of that id."""
        before = len(self)
        self.requests = [item for item in self.requests if item.id != identity]
        self.sockets = [item for item in self.sockets if item.id != identity]
        return len(self) < before

    def clear(self) -> None:
        """Takes all away."""
        self.requests, self.sockets, self.count = [], [], 0

    def sweep(self, now: float) -> None:
        """Takes those away whose time has passed, so that a world without any costs nothing again."""
        self.requests = [item for item in self.requests if not item.is_over(now)]
        self.sockets = [item for item in self.sockets if not item.is_over(now)]

    def __iter__(self) -> Iterator[Fault]:
        yield from self.requests
        yield from self.sockets

    def __len__(self) -> int:
        return len(self.requests) + len(self.sockets)
