"""One world on many processes. Each has a replica; a call runs on it at the speed of memory, and its commit is checked and put in order by Redis.

Before a call the replica is brought up to date, so what any process has answered is seen by all. A commit fails if something that the call read was
written meanwhile; then the call is run again on what is there now. After some tries it asks for a turn, while which nobody else may commit.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from time import sleep
from typing import Any, TypeVar

from mock_server.engine import replies
from mock_server.engine.again import Again, Unavailable
from mock_server.engine.call import Call
from mock_server.engine.engine import Engine
from mock_server.engine.stages import MOST_REPLIES
from mock_server.sharing import entries, leases
from mock_server.sharing.entries import Entry
from mock_server.sharing.lifetimes import prolong
from mock_server.sharing.limits import SharedThrottle, SharedTokens
from mock_server.sharing.link import Link, key
from mock_server.sharing.log import SharedLog
from mock_server.sharing.tags import EVERYTHING, SharedUnit, field_of, indexed_fields
from mock_server.state.clock import wall
from mock_server.state.faults import Fault
from mock_server.state.rooms import Socket
from mock_server.state.store import Store
from mock_server.state.world import World

__all__ = ["Share"]

T = TypeVar("T")
MOST_ENTRIES = 20_000  # of the log; who is further behind loads everything
MOST_NOTED = 100  # entries of which it is known whom they reached
TRIES = 6  # before a call asks for a turn
TURN = 3000  # milliseconds that a turn lasts at most
SEEDING = 15.0  # seconds to wait for another process that fills a world


class Taken(Again):
    """What fell due was done by another process."""


class SharedStore(Store):
    """Tables whose units remember what they read."""

    __slots__ = ("indexed",)

    def __init__(self, rows: Mapping[str, Any], indexed: Mapping[str, frozenset[str]]) -> None:
        super().__init__(rows)
        self.indexed = indexed

    def begin(self) -> SharedUnit:
        """A transaction for one call."""
        return SharedUnit(self.tables, self.indexed)


class Share:
    """What joins one process's replica of a world to the others. position: the number of the last entry that it has."""

    def __init__(self, engine: Engine, world: World, link: Link) -> None:
        self.engine, self.world, self.link = engine, world, link
        self.position, self.turn, self.up, self.timers, self.told = -1, "", True, 0, b""
        self.indexed = indexed_fields(engine.contract)
        self.most = MOST_ENTRIES
        self.adopt({name: table.rows for name, table in world.store.tables.items()})
        world.throttle, world.tokens = SharedThrottle(self), SharedTokens(self, world.tokens.key)
        self.log = world.log = SharedLog(self, world.log.most, world.log.largest)
        world.faults.tally = self.tally
        self.counting = False  # whether hits of faults may have been counted
        self.spoken = 0  # the number of the last entry by which something was spread
        self.tried: dict[Any, Any] | None = None  # what is not done once more where something is run again
        self.reached: dict[int, int] = {}  # entry of another process -> sockets of this one that its messages reached

    def key(self, *names: str) -> str:
        """A key of this world."""
        return key(self.engine, self.world.name, *names)

    def pattern(self, *names: str) -> str:
        """What Redis finds the keys of this world by, that begin with some names."""
        return re.sub(r"([*?\[\]\\^])", r"\\\1", self.key(*names, "")) + "*"

    @property
    def ready(self) -> bool:
        """Whether the replica has been up to date, and Redis has not been gone since."""
        return self.up and self.position >= 0

    # reading

    def catch_up(self) -> None:
        """Brings the replica up to date. Raises Unavailable; then the world's sockets are closed, so that clients come back for fresh figures."""
        try:
            self._catch_up()
        except Unavailable:
            self.lose()
            raise

    def _catch_up(self) -> None:
        if not self.ready:
            self.load()
            return
        with self.link.asking() as client:
            first, *others = client.xrange(self.key("log"), min=f"{self.position}-0") or [None]
        if first is None or _number(first) != self.position:  # the log was cut, or all is gone
            self.load()
        else:
            self.take(others)

    def take(self, found: Iterable[Any]) -> None:
        """Applies entries of other processes, in their order."""
        for item in found:
            number = _number(item)
            if number > self.position:
                self.position = number
                entry = entries.read(item[1][b"e"])
                if entry.all:
                    self.load()
                    return
                entries.apply(self, entry)

    def load(self) -> None:
        """Takes the whole state over; the first process makes it."""
        self._seed()
        keys = [self.key(name) for name in ("head", "rows", "timers", "meta", "revoked", "replies")]
        number, *parts = self.link.run("load", keys, [])
        entries.replace(self, *(dict(zip(part[::2], part[1::2], strict=True)) for part in parts))
        self.told = entries.dumps(entries.state(self))
        self.position, self.up = number, True
        with self.link.asking() as client:
            client.sadd(f"understudy:{self.engine.contract.name}:worlds", self.world.name)
        prolong(self)

    def _seed(self) -> None:
        """Fills the world if nobody has."""
        with self.link.asking() as client:
            end = wall() + SEEDING
            while not client.hexists(self.key("head"), "seq"):
                if client.set(self.key("seeding"), self.link.worker, nx=True, px=int(SEEDING * 1000)):
                    self.publish_all()
                    client.delete(self.key("seeding"))
                elif wall() > end:
                    raise Unavailable(f"another process does not get done with filling {self.world.name}")
                else:
                    sleep(0.01)

    # writing

    def consistent(self, act: Callable[[], T]) -> T:
        """Does something on the newest state, as often as others come in between. Raises Unavailable."""
        self.catch_up()
        before, self.tried = self.tried, {}
        try:
            return self._until_done(act)
        finally:
            self.tried = before

    def _until_done(self, act: Callable[[], T]) -> T:
        for _ in range(TRIES):
            try:
                return act()
            except Taken:
                raise
            except Again:
                continue
        with self._turn():
            while True:
                try:
                    return act()
                except Taken:
                    raise
                except Again:
                    self.catch_up()

    def once(self, name: Any, act: Callable[[], T]) -> T:
        """What something gives at the first try of what is being done; at a further try that again, as it is no part of what is undone: counts, and dice."""
        if self.tried is None:
            return act()
        if name not in self.tried:
            self.tried[name] = act()
        found: T = self.tried[name]
        return found

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Has nobody else commit, so that a call on what everybody wants comes to its end."""
        head, mine = self.key("head"), self.link.worker
        with self.link.asking() as client:
            while not client.set(f"{head}:turn", mine, nx=True, px=TURN):
                sleep(0.001)
            client.hset(head, "turn", mine)
        self.turn = mine
        try:
            self.catch_up()
            yield
        finally:
            self.turn = ""
            with contextlib.suppress(Unavailable), self.link.asking() as client:
                client.hdel(head, "turn")
                client.delete(f"{head}:turn")

    def commit(self, call: Call) -> None:
        """Publishes what a call did and does it here; its messages still have to go to the sockets of this process. Raises Again, Unavailable."""
        unit = call.store
        assert isinstance(unit, SharedUnit)
        if not (unit.changed or call.timers or call.emits or call.claim):
            return
        call.emits += entries.told(call)
        timers = entries.timers_of(self, call)
        answer = self._send(unit, timers, call.claim, entries.written(self, call, timers))
        entries.settle(self, call, timers)
        self.position = answer
        for index, emit in enumerate(call.emits):
            emit.mark = f"{answer}.{index}"

    def _send(self, unit: SharedUnit, timers: list[entries.Timer], claim: str, entry: Entry) -> int:
        made = list(unit.writes_made())
        rows = [part for name, key, row in made if row is not None for part in (field_of(name, key), entries.dumps(row))]
        gone = [field_of(name, key) for name, key, row in made if row is None]
        setting = [part for item in timers if item.at is not None for part in (item.id, entries.dumps(item.data))]
        cancelled = [item.id for item in timers if item.at is None]
        reads, tags = sorted({*unit.seen, *unit.made_keys()}), sorted(set(unit.written_tags()))
        arguments = [self.position, MOST_ENTRIES, len(reads), *reads, len(tags), *tags, len(rows) // 2, *rows, len(gone), *gone]
        arguments += [len(setting) // 2, *setting, len(cancelled), *cancelled, claim, self.turn, entry.text]
        keys = [self.key(name) for name in ("head", "log", "tags", "rows", "timers")]
        try:
            status, number, others = self.link.run("commit", keys, arguments)
        except Unavailable:
            self.lose()
            raise
        if status == b"reload":
            self.load()
            raise Again
        self.take((identity, dict(zip(fields[::2], fields[1::2], strict=True))) for identity, fields in others)
        if status == b"taken":
            raise Taken
        if status != b"ok":
            raise Again
        return int(number)

    def publish(self, **parts: Any) -> None:
        """Tells the other processes of something that needs no check: revoked tokens, kept replies, the clock, faults, switches. Raises Unavailable."""
        self._tell(Entry(self.link.worker, state=parts))
        with self.link.asking() as client:
            client.hset(self.key("meta"), "state", entries.dumps(entries.state(self)))

    def publish_all(self) -> None:
        """Makes what this process has the state of all. Raises Unavailable."""
        with self.link.asking() as client:
            entries.store_all(client, self)
        self.position = self._tell(Entry(self.link.worker, all=True), EVERYTHING)
        self.adopt({name: table.rows for name, table in self.world.store.tables.items()})

    def _tell(self, entry: Entry, tag: str = "") -> int:
        return int(self.link.run("tell", [self.key(name) for name in ("head", "log", "tags")], [MOST_ENTRIES, entry.text, tag]))

    def steered(self) -> None:
        """After the control API has done something: the others are told of it. Raises Unavailable."""
        if self.position < 0:  # a world that was just made: what it is here it is for all, its rows included
            self.load()
        elif self.world.store is not self.known or any(self.tables.get(name) is not table for name, table in self.world.store.tables.items()):
            self.publish_all()
        elif (now := entries.dumps(entries.state(self))) != self.told:
            self.told = now
            self.publish(**entries.state(self))

    def spread(self, message: str, room: str | None, data: Any) -> str:
        """Has the sockets of other processes be sent a message as it is; returns how it is called in all of them. Raises Unavailable."""
        text = entries.dumps(data).decode()
        emits = [(message, room, route, text, 0) for route, _ in enumerate(self.engine.realtime.routes[message])]
        self.spoken = self._tell(Entry(self.link.worker, emits=emits))
        return f"{self.spoken}.0.0"

    def note(self, reached: int) -> None:
        """How many sockets of this process the messages of an entry reached, for the one that asks."""
        self.reached[self.position] = reached
        if len(self.reached) > MOST_NOTED:
            del self.reached[next(iter(self.reached))]

    def tally(self, fault: Fault) -> int:
        """Counts a hit of a fault in all processes; how many there are. Without Redis those of this one."""
        with contextlib.suppress(Unavailable), self.link.asking() as client:
            return int(client.hincrby(self.key("hits"), fault.nonce, 1))
        return fault.hits + 1

    def count_hits(self) -> None:
        """Has faults know how often they struck in any process, and forgets those that are gone. Raises Unavailable."""
        faults = {fault.nonce: fault for fault in self.world.faults}
        if not faults and not self.counting:
            return
        self.counting = bool(faults)
        with self.link.asking() as client:
            for nonce, hits in client.hgetall(self.key("hits")).items():
                fault = faults.get(nonce.decode())
                if fault is None:
                    client.hdel(self.key("hits"), nonce)
                else:
                    fault.hits = int(hits) if fault.times is None else min(int(hits), fault.times)

    def sweep(self) -> int:
        """Forgets what was written so long ago that every replica has it or loads everything, and says that the world is in use; how many tags are left.
        Raises Unavailable."""
        prolong(self)
        return int(self.link.run("sweep", [self.key("head"), self.key("tags")], [self.most]))

    def adopt(self, rows: Mapping[str, Any]) -> None:
        """Has these rows and no others."""
        serials = {name: table.serial for name, table in self.world.store.tables.items()}
        self.world.store = self.known = SharedStore(rows, self.indexed)
        self.tables = dict(self.known.tables)
        for name, table in self.tables.items():
            table.serial = max(table.serial, serials.get(name, 0)) if self.position >= 0 else table.serial

    def fire(self) -> None:
        """Does what has fallen due, if no other process has."""
        world, fired = self.world, self.engine.fire_one
        with contextlib.suppress(Unavailable):  # what is due waits until Redis is back
            self.catch_up()
            for at, origin in world.timers.due(world.clock.now):
                try:
                    self.consistent(partial(fired, world, at, origin))
                except Taken:
                    continue
                except Unavailable:
                    world.timers.set(at, origin, origin.id)
                    raise

    def promise(self, call: Call, key: tuple[Any, ...]) -> None:
        """Says with the commit that the answer to an idempotency key is being made, so that nobody else makes it."""
        unit = call.store
        assert isinstance(unit, SharedUnit)
        unit.promised = replies.plain_key(key)
        tag = f"~{entries.dumps(unit.promised).decode()}"
        unit.marks.add(tag)
        unit.seen.add(tag)

    def remember(self, call: Call, key: tuple[Any, ...]) -> None:
        """Keeps the answer to an idempotency key for all processes. Raises Unavailable."""
        kept = [[replies.plain_key(key), replies.written((call.request.path, call.request.body), call.reply)]]
        text = entries.dumps(replies.plain_key(key))
        with self.link.asking() as client, client.pipeline(transaction=True) as pipe:
            pipe.hset(self.key("replies"), text, entries.dumps(kept[0][1]))
            pipe.zadd(self.key("kept"), {text: wall()})
            pipe.zpopmin(self.key("kept"), max(0, client.zcard(self.key("kept")) + 1 - MOST_REPLIES))
            *_, oldest = pipe.execute()
            if oldest:
                client.hdel(self.key("replies"), *(name for name, _ in oldest))
        self._tell(Entry(self.link.worker, state={"replies": kept}))

    def entered(self, socket: Socket) -> None:
        """A socket of this process was let in. Raises Unavailable."""
        leases.enter(self, socket)

    def left(self, socket: Socket) -> None:
        """A socket is gone. What can't be told now is told by the end of this process."""
        with contextlib.suppress(Unavailable):
            leases.leave(self, socket)

    def lose(self) -> None:
        """Redis is gone: clients come back when it is there again, and get what is true then."""
        if self.up:
            self.up = False
            self.engine.realtime.abandon(self.world)


def _number(item: Any) -> int:
    return int(item[0].split(b"-")[0])
