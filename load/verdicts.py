"""The verdict: what the ledger says for sure, and what the server's own figures make of it. Exact: what is not sure accuses nobody.

A grant holds for sure from the moment its answer came until the moment at which giving it back was sent; perhaps from when it was asked for until that was
answered. So the sum of what surely holds can exceed what there is only if more was given than there is, whatever the network did in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from load.records import FIELDS, Kind
from load.stage import Stage

__all__ = ["Figure", "Judge", "Listened", "Verdict", "read_records", "without"]

TAKE, GIVE = (Kind.LOCK, Kind.RESERVE, Kind.ORDER, Kind.SPEND), (Kind.UNLOCK, Kind.RELEASE, Kind.CANCEL, Kind.DROP, Kind.EXPIRED, Kind.SPENT)
ROLES = {
    Kind.LOCK: "lock", Kind.RESERVE: "reserve", Kind.ORDER: "order", Kind.SPEND: "spend", Kind.UNLOCK: "unlock", Kind.RELEASE: "release", Kind.CANCEL: "cancel",
    Kind.CHANGE: "send",
}  # fmt: skip
LASTING = (Kind.RESERVE, Kind.ORDER, Kind.SPEND)
MOST = 200  # offending requests that are shown
SETTLED = 2.0  # seconds within which a change is told
Records = Any  # a structured array of FIELDS


@dataclass(frozen=True)
class Figure:
    """What the server says of a stock afterwards. taken: as its requests say; available: as its sockets say, of what is not taken; None where not known."""

    taken: int | None
    available: int | None


@dataclass(frozen=True)
class Listened:
    """What a socket heard of a room. asked, joined: around its joining; left: when it left; updates: how many messages; trail: a checksum of their order."""

    room: str
    asked: float
    joined: float
    left: float
    updates: int
    trail: int
    who: str


@dataclass
class Verdict:
    """One verdict. count: exact; offenders: what shows it."""

    count: int = 0
    judged: bool = True
    why: str = ""
    offenders: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As the result has it."""
        return {"count": int(self.count), "judged": self.judged, "why": self.why, "offenders": self.offenders[:MOST]}


def read_records(data: bytes) -> Records:
    """The records of a ledger, sorted by when they were done; the rest of one that was cut off is left out."""
    dtype = np.dtype(FIELDS)
    found = np.frombuffer(data[: len(data) - len(data) % dtype.itemsize], dtype=dtype)
    return found[np.argsort(found["done"], kind="stable")]


def without(records: Records, lost: Mapping[int, float]) -> Records:
    """The records of a run that lost workers (number -> the moment of its last report): what they had taken is not surely held after that."""
    if not lost:
        return records
    taken = records[np.isin(records["worker"], list(lost)) & np.isin(records["kind"], TAKE) & (records["sure"] == 1)]
    ended = {(int(row["worker"]), bytes(row["id"])) for row in records[np.isin(records["kind"], GIVE)] if row["id"]}
    left = np.array([row for row in taken if (int(row["worker"]), bytes(row["id"])) not in ended], dtype=records.dtype)
    left["kind"], left["sure"] = Kind.DROP, 0
    left["sent"] = left["done"] = [lost[int(row["worker"])] for row in left]
    left["id"] = [row["id"] or b"lost" for row in left]
    found = np.concatenate([records, left])
    return found[np.argsort(found["done"], kind="stable")]


class Judge:
    """Judges one run. said: what was asked and answered at some moments; begin: the moment that counts as 0 s."""

    def __init__(self, stage: Stage, records: Records, listened: Sequence[Listened], said: Iterable[tuple[float, str]] = (), begin: float = 0.0) -> None:
        self.stage, self.records, self.heard, self.begin = stage, records, listened, begin
        self.said = {round(at, 6): text for at, text in said}
        self.sure = records[records["sure"] == 1]

    def verdict(self, name: str, figures: Sequence[Figure]) -> Verdict:
        """That of a name in `load.story.VERDICTS`."""
        judges = {
            "oversold": self.oversold, "double-locked": self.double_locked, "stolen": self.stolen, "lost-broadcast": self.lost,
            "duplicate-broadcast": self.repeated, "misordered-broadcast": self.misordered,
        }  # fmt: skip
        return judges[name]() if name in judges else self._against_figures(name, figures)

    # what was given

    def oversold(self) -> Verdict:
        """Seats that were given beyond what there is, at the worst moment of each stock."""
        found = Verdict()
        for number, stock in enumerate(self.stage.stocks):
            at, held = self.held(number)
            over = int(held.max(initial=0)) - (stock.total - stock.taken)
            if over > 0:
                found.count += over
                found.offenders += self._over(number, float(at[int(held.argmax())]), over)
        return found

    def held(self, number: int) -> tuple[Any, Any]:
        """Moments, and how many of a stock surely were held from then on."""
        rows = self.sure[self.sure["stock"] == number]
        kinds, quantity = rows["kind"], rows["quantity"].astype(np.int64)
        took, gave = np.isin(kinds, TAKE), np.isin(kinds, GIVE)
        unsure = self.records[
            (self.records["stock"] == number) & (self.records["sure"] == 0) & np.isin(self.records["kind"], GIVE) & (self.records["id"] != b"")
        ]
        at = np.concatenate([rows["done"][took], rows["sent"][gave], unsure["sent"]])
        delta = np.concatenate([quantity[took], -quantity[gave], -unsure["quantity"].astype(np.int64)])
        order = np.lexsort((delta, at))  # at one moment what is given back goes first
        return at[order], np.cumsum(delta[order])

    def _over(self, number: int, at: float, over: int) -> list[dict[str, Any]]:
        """The latest grants that surely held at a moment, up to so many seats."""
        rows = self.sure[(self.sure["stock"] == number) & (self.sure["done"] <= at)]
        ended = {(row["account"], row["id"]) for row in rows if row["kind"] in GIVE}
        held = [row for row in rows if row["kind"] in TAKE and (row["account"], row["id"]) not in ended]
        found: list[dict[str, Any]] = []
        for row in reversed(held):
            if over <= 0:
                break
            over -= int(row["quantity"])
            found.append(self.shown(row))
        return found

    def double_locked(self) -> Verdict:
        """Locks that somebody was granted in a stock in which they surely held one, and locks that were granted twice."""
        found = Verdict()
        open_locks: dict[tuple[int, int], tuple[float, bytes]] = {}
        seen: dict[bytes, Any] = {}
        ends = self._ends()
        for row in self.sure[self.sure["kind"] == Kind.LOCK]:
            key, name = (int(row["account"]), int(row["stock"])), bytes(row["id"])
            before = open_locks.get(key)
            twice = bool(name) and name in seen
            if twice or (before is not None and row["done"] < before[0]):
                found.count += 1
                found.offenders.append(self.shown(row))
            if name:
                seen[name] = row
            open_locks[key] = (ends.get(name, float("inf")) if name else float("inf"), name)
        return found

    def _ends(self) -> dict[bytes, float]:
        """Lock -> the moment at which its end was sent at the earliest."""
        found: dict[bytes, float] = {}
        for row in self.records[np.isin(self.records["kind"], (Kind.UNLOCK, Kind.DROP, Kind.EXPIRED, Kind.SPENT))]:
            name = bytes(row["id"])
            found[name] = min(found.get(name, float("inf")), float(row["sent"]))
        return found

    def stolen(self) -> Verdict:
        """Locks that were denied to those who surely held them."""
        rows = self.sure[self.sure["kind"] == Kind.STOLEN]
        return Verdict(len(rows), offenders=[self.shown(row) for row in rows[:MOST]])

    # against the server's own figures

    def expected(self, number: int) -> tuple[int, int]:
        """How many of a stock are taken for good when all have left: at least, at most."""
        stock = self.stage.stocks[number]
        mine = self.records["stock"] == number
        lasting, back = np.isin(self.records["kind"], LASTING) & mine, np.isin(self.records["kind"], (Kind.RELEASE, Kind.CANCEL)) & mine
        sure = self.records["sure"] == 1
        quantity = self.records["quantity"].astype(np.int64)
        kept = int(quantity[lasting & sure].sum() - quantity[back & sure].sum())
        return stock.taken + kept - int(quantity[back & ~sure].sum()), stock.taken + kept + int(quantity[lasting & ~sure].sum())

    def _against_figures(self, name: str, figures: Sequence[Figure]) -> Verdict:
        """Leaked: taken, and nobody has it. Lost update: had, and not counted as taken."""
        found = self._kept() if name == "leaked" else Verdict()
        known = [(number, figure) for number, figure in enumerate(figures) if figure.taken is not None]
        if len(known) < len(self.stage.stocks):
            return found if found.count else Verdict(judged=False, why="the server does not show how many are taken")
        for number, figure in known:
            least, most = self.expected(number)
            taken = int(figure.taken or 0)
            stock = self.stage.stocks[number]
            locked = max(0, stock.total - taken - figure.available) if figure.available is not None else 0
            free = max(0, (figure.available if figure.available is not None else 0) - (stock.total - taken))
            count = max(0, taken - most) + locked if name == "leaked" else max(0, least - taken) + free
            if count:
                found.count += count
                seen = f"{taken} of {stock.total} are taken, {least if least == most else f'{least} to {most}'} were given for good"
                seen += f"; {figure.available} can be had" if figure.available is not None else ""
                found.offenders.append({"at": None, "who": "", "stock": stock.label, "quantity": count, "id": "", "said": seen})
        return found

    def _kept(self) -> Verdict:
        """What is still held after it was given back."""
        rows = self.sure[self.sure["kind"] == Kind.LEAKED]
        return Verdict(int(rows["quantity"].sum()), offenders=[self.shown(row) for row in rows[:MOST]])

    # what was told

    def lost(self) -> Verdict:
        """Messages that did not come to somebody who was in the room."""
        return self._told(lambda item, least, most: max(0, least - item.updates), "came")

    def repeated(self) -> Verdict:
        """Messages that came more often than anything happened."""
        return self._told(lambda item, least, most: max(0, item.updates - most), "came")

    def _told(self, count: Any, word: str) -> Verdict:
        found, changes = Verdict(), self._changes
        if not self.heard:
            return Verdict(judged=False, why="nobody listened")
        for item in self.heard:
            least, most = self.between(changes.get(item.room), item)
            wrong = count(item, least, most)
            if wrong:
                found.count += wrong
                said = f"{item.updates} {word}, {least if least == most else f'{least} to {most}'} changes happened"
                found.offenders.append({"at": self.at(item.left), "who": item.who, "stock": item.room, "quantity": wrong, "id": "", "said": said})
        return found

    @cached_property
    def _changes(self) -> dict[str, tuple[Any, Any, Any, Any]]:
        """Room -> moments between which each sure change happened, sorted each by itself, and the same of those that may have happened."""
        rooms: dict[str, list[int]] = {}
        for number, stock in enumerate(self.stage.stocks):
            rooms.setdefault(str(stock.parent), []).append(number)
        tells = [kind for kind in (*TAKE, *GIVE, Kind.CHANGE) if self._tells(kind)]
        found = {}
        for room, numbers in rooms.items():
            rows = self.records[np.isin(self.records["stock"], numbers) & np.isin(self.records["kind"], tells)]
            sure, perhaps = rows[(rows["sure"] == 1)], rows[(rows["sure"] == 0)]
            found[room] = (np.sort(sure["sent"]), np.sort(sure["done"]), np.sort(perhaps["sent"]), np.sort(perhaps["done"]))
        return found

    def _tells(self, kind: Kind) -> bool:
        call = self.stage.calls.get(ROLES.get(kind, ""))
        return bool(call.tells) if call is not None else kind in (Kind.DROP, Kind.EXPIRED)

    @staticmethod
    def between(changes: tuple[Any, Any, Any, Any] | None, item: Listened) -> tuple[int, int]:
        """How many changes surely, and at most, were told to a socket: those between its joining and its leaving."""
        if changes is None:
            return 0, 0
        sent, done, maybe_sent, _ = changes
        # surely: asked for after it had joined, and answered well before it left
        least = int(np.searchsorted(done, item.left - SETTLED, "right")) - int(np.searchsorted(sent, item.joined, "left"))
        # at most: not answered before it asked to join, and asked for before it left
        most = int(np.searchsorted(sent, item.left, "right")) - int(np.searchsorted(done, item.asked, "left"))
        return max(0, least), max(0, most) + len(maybe_sent)

    def misordered(self) -> Verdict:
        """Sockets that heard the same messages as others of their room, in another order."""
        found = Verdict()
        alike: dict[tuple[str, int], list[Listened]] = {}
        for item in self._whole():
            alike.setdefault((item.room, item.updates), []).append(item)
        for (room, updates), items in alike.items():
            trails = [item.trail for item in items]
            usual = max(set(trails), key=trails.count)
            if trails.count(usual) * 2 <= len(items) and len(items) > 1:
                return Verdict(judged=False, why="each socket is told something else, so their order can't be compared")
            for item in items:
                if item.trail != usual:
                    found.count += 1
                    said = f"{updates} messages came in another order than to {trails.count(usual)} others"
                    found.offenders.append({"at": self.at(item.left), "who": item.who, "stock": room, "quantity": 1, "id": "", "said": said})
        return found if self.heard else Verdict(judged=False, why="nobody listened")

    def _whole(self) -> list[Listened]:
        """The sockets that were in their room before anything happened and until all had ended."""
        changes = self._changes
        spans = {room: (float(sent[0]), float(done[-1])) for room, (sent, done, *_) in changes.items() if len(sent)}
        return [
            item for item in self.heard if item.room in spans and item.joined < spans[item.room][0] and item.left - SETTLED > self._last(item.room, item.left)
        ]

    def _last(self, room: str, left: float) -> float:
        """The last change of a room before somebody left."""
        sent, done, *_ = self._changes[room]
        at = int(np.searchsorted(sent, left, "right"))
        return float(done[at - 1]) if at else 0.0

    # words

    def at(self, moment: float) -> float:
        """Seconds since the run began."""
        return round(float(moment) - self.begin, 4)

    def shown(self, row: Any) -> dict[str, Any]:
        """A record for a person."""
        name = bytes(row["id"]).rstrip(b"\0").decode("utf-8", "replace")
        kind = Kind(int(row["kind"]))
        said = next((text for at, text in self.said.items() if abs(at - float(row["done"])) < 1e-5), ROLES.get(kind, kind.name.lower()))
        return {
            "at": self.at(row["done"]), "who": self.stage.members[int(row["account"])].login, "stock": self.stage.stocks[int(row["stock"])].label,
            "quantity": int(row["quantity"]), "id": name, "said": said,
        }  # fmt: skip


def held_over_time(judge: Judge, most: int = 400) -> list[dict[str, Any]]:
    """For the chart: how many of each stock surely were held, thinned out to so many points, the highest of each stretch kept."""
    found: list[dict[str, Any]] = []
    for number, stock in enumerate(judge.stage.stocks[:12]):
        at, held = judge.held(number)
        if not len(at):
            continue
        edges = np.linspace(0, len(at), min(most, len(at)) + 1, dtype=int)
        picks = [int(start + held[start:end].argmax()) for start, end in pairwise(edges) if end > start]
        found.append(
            {"stock": stock.label, "capacity": stock.total - stock.taken, "at": [judge.at(at[i]) for i in picks], "held": [int(held[i]) for i in picks]}
        )
    return found


def as_listened(rows: Iterable[Sequence[Any]]) -> list[Listened]:
    """What `listened.jsonl` tells."""
    return [Listened(*row) for row in rows]
