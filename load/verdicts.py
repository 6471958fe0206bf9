"""The verdict: what the ledger says for sure, and what the server's own figures make of it. Exact: what is not sure accuses nobody.

A grant holds for sure from the moment its answer came until the moment at which giving it back was sent, and a lock no longer than its time; perhaps from when
it was asked for until that was answered. So the sum of what surely holds can exceed what there is only if more was given than there is, whatever the network
did in between.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from load.records import FIELDS, Kind
from load.stage import Stage

__all__ = ["Figure", "Judge", "Listened", "Verdict", "read_records", "without"]

LASTING, BACK = (Kind.RESERVE, Kind.ORDER, Kind.SPEND), (Kind.RELEASE, Kind.CANCEL)
ENDING = (Kind.UNLOCK, Kind.DROP, Kind.EXPIRED, Kind.SPENT)  # what ends a lock
TAKE, GIVE = (Kind.LOCK, *LASTING), (*BACK, *ENDING)
ROLES = {
    Kind.LOCK: "lock", Kind.RESERVE: "reserve", Kind.ORDER: "order", Kind.SPEND: "spend", Kind.UNLOCK: "unlock", Kind.RELEASE: "release", Kind.CANCEL: "cancel",
    Kind.CHANGE: "send",
}  # fmt: skip
MOST = 200  # offending requests that are shown
SETTLED = 2.0  # seconds within which a change is told
EARLY = 2.0  # seconds before the end of its time from which on a lock does not surely hold
Records = Any  # a structured array of FIELDS


@dataclass(frozen=True)
class Figure:
    """What the server says of a stock afterwards. taken: as its requests say; available: as its sockets say, of what is not taken; None where not known."""

    taken: int | None
    available: int | None


@dataclass(frozen=True)
class Listened:
    """What a socket heard of a room. asked, joined: around its joining; left, ended: until when it surely was there, and when it heard no more;
    updates: how many messages; trail: a checksum of their order."""

    room: str
    asked: float
    joined: float
    left: float
    updates: int
    trail: int
    who: str
    ended: float = 0.0

    @property
    def until(self) -> float:
        """The moment after which it heard no more."""
        return max(self.left, self.ended)


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
    left = taken[np.isinf(_first_after(taken, records[np.isin(records["kind"], GIVE)], by_name=taken["kind"] != Kind.RESERVE))]
    left["kind"], left["sure"] = np.select([left["kind"] == Kind.LOCK, left["kind"] == Kind.RESERVE], [Kind.EXPIRED, Kind.RELEASE], Kind.CANCEL), 0
    left["sent"] = left["done"] = [lost[worker] for worker in left["worker"].tolist()]
    found = np.concatenate([records, left])
    return found[np.argsort(found["done"], kind="stable")]


def _key(*columns: Any) -> Any:
    """One number for each row of some fields: others for others, as good as surely."""
    found = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        found = (found ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        found ^= found >> np.uint64(29)
    return found


def _words(rows: Records) -> list[Any]:
    """The ids of some rows, as four numbers each."""
    return list(np.ascontiguousarray(rows["id"]).view("<u8").reshape(-1, 4).T)


def _first_after(takes: Records, gives: Records, by_name: Any = True) -> Any:
    """Of each grant, when the first thing that ends one of its account, stock and id was sent after it was asked for; inf: never."""
    both = np.concatenate([takes, gives])
    named = np.concatenate([np.broadcast_to(by_name, len(takes)), gives["kind"] != Kind.RELEASE])
    key = _key(both["account"], both["stock"], named, *(word * named for word in _words(both)))
    order = np.lexsort((np.arange(len(both)) >= len(takes), both["sent"], key))
    gave = order >= len(takes)
    following = np.minimum.accumulate(np.where(gave, np.arange(len(order)), len(order))[::-1])[::-1]
    found = np.append(both["sent"][order], np.inf)[following]
    found[np.append(key[order], 0)[following] != key[order]] = np.inf
    ends = np.empty(len(order))
    ends[order] = found
    return ends[: len(takes)]


def _meets(group: Any, begin: Any, end: Any) -> Any:
    """Whether each span, in the order in which they begin, begins before an earlier one of its group has ended."""
    order = np.argsort(group, kind="stable")
    ends, rank = np.unique(end[order], return_inverse=True)
    number = np.cumsum(np.append(0, np.diff(group[order]) != 0)) if len(order) else order
    latest = np.maximum.accumulate(number * (len(ends) + 1) + rank)
    before, same = np.roll(latest, 1), np.append(False, np.diff(number) == 0)[: len(order)]
    found = np.zeros(len(order), bool)
    found[order] = same & (begin[order] < ends[before % (len(ends) + 1)]) & (end[order] > begin[order]) if len(order) else False
    return found


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
        locks, ends = self._locks
        mine = locks["stock"] == number
        locks, ends = locks[mine], np.maximum(ends[mine], locks["done"][mine])
        rows = self._lasting[self._lasting["stock"] == number]
        gives = np.isin(rows["kind"], BACK)
        at = np.concatenate([locks["done"], ends, np.where(gives, rows["sent"], rows["done"])])
        amounts, quantity = locks["quantity"].astype(np.int64), rows["quantity"].astype(np.int64)
        delta = np.concatenate([amounts, -amounts, np.where(gives, -quantity, quantity)])
        known = np.isfinite(at)
        at, delta = at[known], delta[known]
        order = np.lexsort((delta, at))  # at one moment what is given back goes first
        return at[order], np.cumsum(delta[order])

    @cached_property
    def _lasting(self) -> Records:
        """What surely was taken for good, and what may have been given back of that."""
        kinds = self.records["kind"]
        return self.records[(np.isin(kinds, LASTING) & (self.records["sure"] == 1)) | np.isin(kinds, BACK)]

    @cached_property
    def _locks(self) -> tuple[Records, Any]:
        """The locks that surely were granted, by when that was; and until when each surely held."""
        locks = self.sure[self.sure["kind"] == Kind.LOCK]
        ends = np.isin(self.records["kind"], ENDING)
        # of a lock that nobody was told of nobody knows the name
        ends &= (self.records["kind"] != Kind.DROP) | (self.records["sure"] == 1) | (self.records["id"] != b"")
        until = _first_after(locks, self.records[ends])
        return locks, np.minimum(until, locks["sent"] + self.stage.hold - EARLY) if self.stage.hold else until

    def _over(self, number: int, at: float, over: int) -> list[dict[str, Any]]:
        """The latest grants that surely held at a moment, up to so many seats."""
        locks, ends = self._locks
        lasting = self._lasting[self._lasting["stock"] == number]
        taken = lasting[np.isin(lasting["kind"], LASTING)]
        back = _first_after(taken, lasting[np.isin(lasting["kind"], BACK)], by_name=taken["kind"] != Kind.RESERVE)
        mine = (locks["stock"] == number) & (locks["done"] <= at) & (ends > at)
        rows = np.concatenate([locks[mine], taken[(taken["done"] <= at) & (back > at)]])
        rows = rows[np.argsort(-rows["done"], kind="stable")]
        before = np.cumsum(rows["quantity"].astype(np.int64)) - rows["quantity"]
        return [self.shown(row) for row in rows[before < over][:MOST]]

    def double_locked(self) -> Verdict:
        """Locks that somebody was granted in a stock in which they surely held one, and locks that were granted while they surely were held."""
        locks, ends = self._locks
        named = locks["id"] != b""
        twice = _meets(_key(locks["account"], locks["stock"]), locks["done"], ends)
        twice[named] |= _meets(_key(locks["stock"][named], *_words(locks[named])), locks["done"][named], ends[named])
        return Verdict(int(twice.sum()), offenders=[self.shown(row) for row in locks[twice][:MOST]])

    def stolen(self) -> Verdict:
        """Locks that were denied to those who surely held them, each once."""
        rows = self.sure[self.sure["kind"] == Kind.STOLEN]
        _, first = np.unique(_key(rows["account"], rows["stock"], *_words(rows)), return_index=True)
        rows = rows[np.isin(np.arange(len(rows)), first) | (rows["id"] == b"")]
        return Verdict(len(rows), offenders=[self.shown(row) for row in rows[:MOST]])

    # against the server's own figures

    def expected(self, number: int) -> tuple[int, int]:
        """How many of a stock are taken for good when all have left: at least, at most."""
        taken = self.stage.stocks[number].taken
        return taken + int(self._for_good[0][number]), taken + int(self._for_good[1][number])

    @cached_property
    def _for_good(self) -> tuple[Any, Any]:
        """Of each stock: how many more are taken for good, at least and at most."""
        rows = self.records[np.isin(self.records["kind"], (*LASTING, *BACK))]
        gives, sure = np.isin(rows["kind"], BACK), rows["sure"] == 1
        amounts = np.where(gives, -rows["quantity"].astype(np.int64), rows["quantity"])

        def summed(which: Any) -> Any:
            return np.bincount(rows["stock"][which], weights=amounts[which], minlength=len(self.stage.stocks))

        return summed(sure | gives), summed(sure | ~gives)

    def _against_figures(self, name: str, figures: Sequence[Figure]) -> Verdict:
        """Leaked: taken, and nobody has it. Lost update: had, and not counted as taken."""
        found, kept = self._kept() if name == "leaked" else (Verdict(), Counter())
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
                found.count += max(0, count - kept[number])  # what was seen to be kept may be among what is missing now
                seen = f"{taken} of {stock.total} are taken, {least if least == most else f'{least} to {most}'} were given for good"
                seen += f"; {figure.available} can be had" if figure.available is not None else ""
                found.offenders.append({"at": None, "who": "", "stock": stock.label, "quantity": count, "id": "", "said": seen})
        return found

    def _kept(self) -> tuple[Verdict, Counter[int]]:
        """What was still held after it was given back, and how many that are of each stock."""
        rows = self.sure[self.sure["kind"] == Kind.LEAKED]
        kept = Counter[int]()
        for row in rows:
            kept[int(row["stock"])] += int(row["quantity"])
        return Verdict(kept.total(), offenders=[self.shown(row) for row in rows[:MOST]]), kept

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
    def _changes(self) -> dict[str, tuple[Any, Any, Any]]:
        """Room -> moments between which each sure change happened, sorted each by itself, and from when on those that may have happened."""
        rooms: dict[str, list[int]] = {}
        for number, stock in enumerate(self.stage.stocks):
            rooms.setdefault(str(stock.parent), []).append(number)
        tells = np.zeros(256, np.int64)
        for kind in (*TAKE, *GIVE, Kind.CHANGE):
            tells[kind] = self._tells(kind)
        rows = self.records[tells[self.records["kind"]] > 0]
        rows = np.repeat(rows, tells[rows["kind"]])
        late, silent = self._expiring
        perhaps = (rows["sure"] == 0) | ((rows["kind"] == Kind.DROP) & np.isin(_key(rows["account"], rows["stock"], *_words(rows)), late))
        found = {}
        for room, numbers in rooms.items():
            mine = np.isin(rows["stock"], numbers)
            sure = rows[mine & ~perhaps]
            maybe = np.concatenate([rows["sent"][mine & perhaps], silent["sent"][np.isin(silent["stock"], numbers)]])
            found[room] = (np.sort(sure["sent"]), np.sort(sure["done"]), np.sort(maybe))
        return found

    @cached_property
    def _expiring(self) -> tuple[Any, Records]:
        """Keys of locks whose time was over before their end was sent, so that it may have been told before; and what may end without a record of it."""
        locks, _ = self._locks
        until = _first_after(locks, self.records[np.isin(self.records["kind"], ENDING)])
        late = locks[until > locks["sent"] + self.stage.hold - EARLY] if self.stage.hold else locks[:0]
        spent, orders = self.records[self.records["kind"] == Kind.SPENT], self.sure[self.sure["kind"] == Kind.SPEND]
        refused = []  # of these orders the locks may be left, and end some time: which ones does not matter, so it is the first
        for number in range(len(self.stage.stocks)):
            mine = spent[spent["stock"] == number]
            refused.append(mine[: max(0, len(mine) - int((orders["stock"] == number).sum()))])
        return _key(late["account"], late["stock"], *_words(late)), np.concatenate([locks[np.isinf(until)], *refused])

    def _tells(self, kind: Kind) -> int:
        """How many messages to its room a thing brings about."""
        call = self.stage.calls.get(ROLES.get(kind, ""))
        return call.tells if call is not None else int(kind in (Kind.DROP, Kind.EXPIRED))

    @staticmethod
    def between(changes: tuple[Any, Any, Any] | None, item: Listened) -> tuple[int, int]:
        """How many changes surely, and at most, were told to a socket: those between its joining and its leaving."""
        if changes is None:
            return 0, 0
        sent, done, perhaps = changes
        # surely: asked for after it had joined, and answered well before it left
        least = int(np.searchsorted(done, item.left - SETTLED, "right")) - int(np.searchsorted(sent, item.joined, "left"))
        # at most: not answered before it asked to join, and asked for before it left
        most = int(np.searchsorted(sent, item.until, "right")) - int(np.searchsorted(done, item.asked, "left"))
        return max(0, least), max(0, most) + int(np.searchsorted(perhaps, item.until, "right"))

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
        """The sockets that were in their room before anything happened and until all had ended, and heard no more and no less than that."""
        found = []
        for item in self.heard:
            changes = self._changes.get(item.room)
            if changes is None or not len(changes[0]):
                continue
            least, most = self.between(changes, item)
            first = min(float(moments[0]) for moments in (changes[0], changes[2]) if len(moments))
            if item.joined < first and item.left - SETTLED > self._last(item.room, item.left) and least <= item.updates <= most:
                found.append(item)
        return found

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
    """For the chart: how many of each stock surely were held, thinned out to so many points, the most and the fewest of each stretch."""
    found: list[dict[str, Any]] = []
    for number, stock in enumerate(judge.stage.stocks[:12]):
        at, held = judge.held(number)
        if not len(at):
            continue
        edges = np.linspace(0, len(at), min(most // 2, len(at)) + 1, dtype=int)
        stretches = [(start, held[start:end]) for start, end in pairwise(edges) if end > start]
        picks = sorted({int(start + pick) for start, part in stretches for pick in (part.argmax(), part.argmin())})
        found.append(
            {"stock": stock.label, "capacity": stock.total - stock.taken, "at": [judge.at(at[i]) for i in picks], "held": [int(held[i]) for i in picks]}
        )
    return found


def as_listened(rows: Iterable[Sequence[Any]]) -> list[Listened]:
    """What `listened.jsonl` tells."""
    return [Listened(*row) for row in rows]
