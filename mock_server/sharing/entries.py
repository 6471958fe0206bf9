"""Entries of a world's log: what one process did, for the others to do as well."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from mock_server.engine import pushes, replies
from mock_server.engine.call import Call, Emit, Origin
from mock_server.engine.stages import MOST_REPLIES
from mock_server.sharing.tags import SharedUnit, field_of
from mock_server.state.store import Key, Row, Table
from mock_server.steering import archives
from understudy.wire import jsons

if TYPE_CHECKING:
    from mock_server.sharing.share import Share

__all__ = ["Entry", "Timer", "apply", "dumps", "read", "replace", "settle", "state", "store_all", "timers_of", "told", "written"]

BATCH = 1000  # rows that are sent at once

Json = dict[str, Any]
Fields = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. all: everything is to be loaded again; rows: collection, key, row or null; timers: id, what archives have of it.

    emits: message, room, route, text, which of its call; state: what of a world is neither rows nor timers.
    """

    by: str
    all: bool = False
    rows: list[tuple[str, Key, Row | None]] = field(default_factory=list)
    timers: list[tuple[str, Json]] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    emits: list[tuple[str, str | None, int, str, int]] = field(default_factory=list)
    state: Json = field(default_factory=dict)

    @property
    def text(self) -> bytes:
        """The entry as it is stored."""
        return dumps({name: getattr(self, name) for name in self.__slots__ if getattr(self, name)})


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that is set, or with no instant cancelled, under an id that is the same in all processes."""

    id: str
    at: float | None
    data: Json
    origin: Origin | None


def dumps(value: Any) -> bytes:
    """JSON."""
    return jsons.dumps(value, str)


def read(text: bytes) -> Entry:
    """An entry as it was stored."""
    return Entry(**jsons.loads(text))


def told(call: Call) -> list[Emit]:
    """The messages that go by themselves for what a call would write."""
    runtime = call.runtime
    if not (call.store.changed and runtime.watched and runtime.listening):
        return []
    return list(pushes.told(call, call.store.changes(runtime.watched)))


def timers_of(share: "Share", call: Call) -> list[Timer]:
    """What a call sets and cancels."""
    found = []
    for at, later, row, name in call.timers:
        share.timers += name is None
        identity = dumps(name).decode() if name is not None else f"{share.link.worker}-{share.timers}"
        origin = Origin(call, later, row) if at is not None else None
        if origin is not None:
            origin.id = identity
        data = archives.timer(at, origin, identity) if at is not None and origin is not None else {}
        found.append(Timer(identity, at, data, origin))
    return found


def written(share: "Share", call: Call, timers: list[Timer]) -> Entry:
    """The entry of a call."""
    unit = call.store
    assert isinstance(unit, SharedUnit)
    cancels = [*(item.id for item in timers if item.at is None), *([call.claim] if call.claim else [])]
    setting = [(item.id, item.data) for item in timers if item.at is not None]
    promised = {"replies": [[unit.promised, _promise(call)]]} if unit.promised is not None else {}
    return Entry(share.link.worker, rows=list(unit.writes_made()), timers=setting, cancels=cancels, emits=list(_emits(share, call)), state=promised)


def _promise(call: Call) -> list[Any]:
    return replies.written((call.request.path, call.request.body), None)


def _emits(share: "Share", call: Call) -> Iterator[tuple[str, str | None, int, str, int]]:
    """The messages for sockets of other processes. They are rendered once, for those of this one too."""
    realtime = share.engine.realtime
    for number, emit in enumerate(call.emits):
        if emit.only is None:
            emit.texts = tuple(realtime.text(call, line, emit.message, emit.data) for _, line in realtime.routes.get(emit.message, ()))
            for route, text in enumerate(emit.texts):
                yield emit.message, emit.room, route, text.decode(), number


def settle(share: "Share", call: Call, timers: list[Timer]) -> None:
    """Does in this process what was published."""
    call.store.commit()
    for item in timers:
        if item.at is None:
            share.world.timers.cancel(item.id)
        else:
            share.world.timers.set(item.at, item.origin, item.id)


def apply(share: "Share", entry: Entry) -> None:
    """Does what another process did."""
    world = share.world
    for collection, key, row in entry.rows:
        table = world.store.tables[collection]
        if row is None:
            table.remove(key)
        else:
            table.put(key, row)
            if isinstance(key, int) and not isinstance(key, bool):
                table.serial = max(table.serial, key)
    for identity, data in entry.timers:
        _set(share, identity, data)
    for identity in entry.cancels:
        world.timers.cancel(identity)
    if entry.emits and entry.by != share.link.worker:
        share.note(sum(_carry(share, *emit) for emit in entry.emits))
    if entry.state:
        become(share, entry.state)


def _carry(share: "Share", message: str, room: str | None, route: int, text: str, number: int) -> int:
    """Hands a message of the entry that is being taken to the sockets of this process; returns how many these are."""
    return share.engine.realtime.carry(share.world, message, room, route, text.encode(), f"{share.position}.{number}.{route}")


def _set(share: "Share", identity: str, data: Json) -> None:
    at, origin, _ = archives.read_timer(share.engine, data)
    origin.id = identity
    share.world.timers.set(at, origin, identity)


def state(share: "Share") -> Json:
    """What of a world is neither rows nor timers: clock, switches, faults, tokens."""
    world = share.world
    faults = [
        {"kind": item.kind, "match": dict(item.match), "settings": dict(item.settings), "id": item.id, "probability": item.probability,
         "until": item.until, "times": item.times, "hits": item.hits, "nonce": item.nonce}
        for item in (*world.faults.requests, *world.faults.sockets)
    ]  # fmt: skip
    return {
        "clock": world.clock.setting, "switches": world.switches, "faults": faults, "generations": world.tokens.generations,
        "key": world.tokens.key,
    }  # fmt: skip


def become(share: "Share", given: Json) -> None:
    """Takes over what of a world is neither rows nor timers."""
    world = share.world
    if "clock" in given and tuple(given["clock"]) != world.clock.setting:
        world.clock.take(tuple(given["clock"]))
    world.switches = given.get("switches", world.switches)
    world.tokens.generations = given.get("generations", world.tokens.generations)
    world.tokens.key = given.get("key", world.tokens.key)
    for identity, end in (given.get("revoke") or {}).items():
        world.tokens.note(identity, end, world.clock.now)
    for key, kept in given.get("replies") or ():
        world.replies[replies.read_key(key)] = replies.read(kept)
        if len(world.replies) > MOST_REPLIES:
            del world.replies[next(iter(world.replies))]
    if "faults" in given:
        hits = {item.nonce: item.hits for item in (*world.faults.requests, *world.faults.sockets)}
        world.faults.clear()
        for item in given["faults"]:
            more = {name: item[name] for name in ("id", "probability", "until", "times", "nonce")}
            world.faults.add(item["kind"], item["match"], item["settings"], **more).hits = max(hits.get(item["nonce"], 0), item["hits"])


def rows_of(tables: Mapping[str, Table]) -> Iterable[tuple[str, Key, Row]]:
    """Every row of some tables."""
    for name, table in tables.items():
        for key, row in table.rows.items():
            yield name, key, row


def replace(share: "Share", rows: Fields, timers: Fields, meta: Fields, revoked: Fields, kept: Fields) -> None:
    """Makes a world what is stored of it."""
    world = share.world
    tables: dict[str, dict[Key, Row]] = {name: {} for name in world.store.tables}
    for name, text in sorted(rows.items(), key=_place):
        collection, _, key = name.partition(b"\0")
        if collection.decode() in tables:
            tables[collection.decode()][jsons.loads(key)] = jsons.loads(text.partition(b" ")[2])
    share.adopt(tables)
    world.timers.replace(())
    for identity, text in timers.items():
        _set(share, identity.decode(), jsons.loads(text))
    if b"state" in meta:
        become(share, jsons.loads(meta[b"state"]))
    world.tokens.revoked = {name.decode(): float(end) for name, end in revoked.items()}
    become(share, {"replies": [[jsons.loads(key), jsons.loads(reply)] for key, reply in kept.items()]})
    world.forget_rendered()


def _place(item: tuple[bytes, bytes]) -> tuple[int, ...]:
    """Where a row stands: the number of the entry that made it, and its place in that."""
    return tuple(map(int, item[1].partition(b" ")[0].split(b".")))


def store_all(client: Any, share: "Share") -> None:
    """Makes what this process has the state of all."""
    rows = {field_of(name, key): b"0.%d %s" % (number, dumps(row)) for number, (name, key, row) in enumerate(rows_of(share.world.store.tables))}
    timers = {}
    for at, origin, name in share.world.timers.entries():
        identity = name if isinstance(name, str) else dumps(name).decode() if name is not None else f"{share.link.worker}-{id(origin)}"
        timers[identity] = dumps(archives.timer(at, origin, identity))
    with client.pipeline(transaction=True) as pipe:
        pipe.delete(share.key("rows"), share.key("timers"), share.key("revoked"), share.key("replies"), share.key("kept"))
        if share.world.tokens.revoked:
            pipe.hset(share.key("revoked"), mapping=share.world.tokens.revoked)
        for part in batched(rows.items(), BATCH):
            pipe.hset(share.key("rows"), mapping=dict(part))
        if timers:
            pipe.hset(share.key("timers"), mapping=timers)
        for number, (key, kept) in enumerate(share.world.replies.items()):
            pipe.hset(share.key("replies"), dumps(replies.plain_key(key)), dumps(replies.written(*kept)))
            pipe.zadd(share.key("kept"), {dumps(replies.plain_key(key)): number})
        pipe.hset(share.key("meta"), "state", dumps(state(share)))
        pipe.execute()


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Items in lists of so many."""
    left = iter(items)
    while part := list(islice(left, size)):
        yield part
