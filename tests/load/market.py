"""A sale in simulated time: a server that keeps its books, or has one flaw, and the load's own users, with latencies, lost questions and lost answers."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from unittest import mock
from zlib import crc32

import orjson
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from load.actor import Actor
from load.clients.frames import Broken
from load.clients.requests import Response
from load.clients.sockets import Answer
from load.ledger import Ledger
from load.meter import Meter
from load.pace import Start
from load.stage import Call, Member, Room, Stage, Stock
from load.verdicts import Figure, Judge, as_listened, read_records
from load.world import Failed, Lock, World
from understudy.wire.chance import Chance, derive

MESSAGES = ("join", "mine", "lock", "unlock")
REQUESTS = ("spend", "order", "cancel", "reserve", "release")
GIVES = {"lock": "id", "locks": "locks", "row": "id"}
TIMEOUT = 4.0  # seconds that users wait for an answer
OPEN, START = 100.0, 105.0  # when the doors open, and when everybody is inside


@dataclass(frozen=True)
class Terms:
    """How it goes. hold: seconds that a lock lives; loss: share of questions or answers that get lost; slow: of messages that take up to seconds;
    drops: of users who go with a lock in their hands; left: of those who let its time pass; cuts: how often the server closes a socket;
    flaw: the name of what is wrong, once; slack: seats that are given beyond what there is; rush: all lock at one moment, and hold what they got."""

    seed: int = 0
    users: int = 5
    seats: int = 4
    stocks: int = 1
    seconds: float = 30.0
    hold: float = 12.0
    loss: float = 0.0
    slow: float = 0.0
    drops: float = 0.0
    left: float = 0.0
    cuts: int = 0
    flaw: str = ""
    slack: int = 0
    rush: bool = False


@dataclass
class Held:
    owner: int
    stock: int
    quantity: int
    line: Any


@dataclass
class Outcome:
    """What came of it. over: seats of each stock that were given at once beyond what there is; harmed: what the flaw has done, in seats or messages."""

    judge: Judge
    figures: list[Figure]
    over: list[int]
    harmed: int

    def counts(self) -> dict[str, int]:
        """Verdict -> how many, of those that accuse."""
        names = ("oversold", "double-locked", "leaked", "stolen", "lost-update", "lost-broadcast", "duplicate-broadcast", "misordered-broadcast")
        found = {name: self.judge.verdict(name, self.figures) for name in names}
        return {name: int(verdict.count) for name, verdict in found.items() if verdict.count}


class Market:
    """Time, and what happens in it."""

    def __init__(self, terms: Terms) -> None:
        self.terms, self.time = terms, OPEN
        self.chance = derive("market", terms.seed)
        self.events: list[tuple[float, int, Callable[[], Any]]] = []
        self.numbers = count(1)
        self.hub = getcurrent()

    def now(self) -> float:
        return self.time

    def at(self, moment: float, what: Callable[[], Any]) -> None:
        heapq.heappush(self.events, (moment, next(self.numbers), what))

    def run(self) -> None:
        while self.events:
            self.time, _, what = heapq.heappop(self.events)
            what()

    def wait(self) -> Any:
        """Leaves the turn to others, until somebody switches back."""
        return self.hub.switch()

    def sleep(self, seconds: float) -> None:
        self.at(self.time + seconds, getcurrent().switch)
        self.wait()

    def latency(self) -> float:
        return self.chance.uniform(0.1, 1.9) if self.chance.random() < self.terms.slow else self.chance.uniform(0.001, 0.05)

    def is_lost(self) -> bool:
        return self.chance.random() < self.terms.loss


class Server:
    """Sells. Its books are right, but for one flaw."""

    def __init__(self, market: Market) -> None:
        self.market, self.terms = market, market.terms
        self.taken = [0] * self.terms.stocks
        self.over = [0] * self.terms.stocks
        self.locks: dict[str, Held] = {}
        self.orders: dict[str, Held] = {}
        self.reserved: dict[tuple[int, int], int] = {}
        self.room: list[Line] = []
        self.harmed, self.told = 0, 0

    def held(self, stock: int) -> int:
        return sum(lock.quantity for lock in self.locks.values() if lock.stock == stock)

    def has(self, stock: int, quantity: int) -> bool:
        return self.taken[stock] + self.held(stock) + quantity <= self.terms.seats + self.terms.slack

    def is_flawed(self, flaw: str) -> bool:
        """Whether it does now what it does wrong: once."""
        return flaw == self.terms.flaw and not self.harmed

    def answer(self, role: str, body: dict[str, Any], owner: int, line: Any) -> dict[str, Any] | None:
        """The answer; None: refused."""
        found: dict[str, Any] | None = getattr(self, role)(body, owner, line)
        if found is not None and role not in ("join", "mine"):
            self.tell()
        for stock in range(self.terms.stocks):
            self.over[stock] = max(self.over[stock], self.taken[stock] + self.held(stock) - self.terms.seats)
        return found

    def tell(self) -> None:
        """Tells the room that something changed."""
        self.told += 1
        for line in self.room:
            line.hear(f"update {self.told}")

    def join(self, body: Any, owner: int, line: Any) -> dict[str, Any]:
        self.room.append(line)
        return {"success": True}

    def mine(self, body: Any, owner: int, line: Any) -> dict[str, Any]:
        return {"locks": [{"id": name} for name, lock in self.locks.items() if lock.owner == owner]}

    def lock(self, body: Any, owner: int, line: Any) -> dict[str, Any] | None:
        stock, quantity = body["stock"], body["quantity"]
        if any(lock.owner == owner and lock.stock == stock for lock in self.locks.values()) or not self.has(stock, quantity):
            return None
        name = f"lock-{next(self.market.numbers)}"
        self.locks[name] = Held(owner, stock, quantity, line)
        self.market.at(self.market.time + self.terms.hold, lambda: self.end(name))
        return {"success": True, "id": name}

    def end(self, name: str) -> None:
        """A lock's time is over, or its socket is gone."""
        if self.locks.pop(name, None) is not None:
            self.tell()

    def unlock(self, body: Any, owner: int, line: Any) -> dict[str, Any] | None:
        name = next((name for name, lock in self.locks.items() if lock.owner == owner and lock.stock == body["stock"]), None)
        if name is None:
            return None
        if self.is_flawed("leak"):
            lock = self.locks.pop(name)
            self.harmed, self.taken[lock.stock] = lock.quantity, self.taken[lock.stock] + lock.quantity
        else:
            del self.locks[name]
        return {"success": True}

    def spend(self, body: Any, owner: int, line: Any) -> dict[str, Any] | None:
        lock = self.locks.get(body["lock"])
        if lock is None or lock.owner != owner:
            return None
        del self.locks[body["lock"]]
        return self.keep(lock.stock, lock.quantity, owner)

    def order(self, body: Any, owner: int, line: Any) -> dict[str, Any] | None:
        return self.keep(body["stock"], body["quantity"], owner) if self.has(body["stock"], body["quantity"]) else None

    def keep(self, stock: int, quantity: int, owner: int) -> dict[str, Any]:
        name = f"order-{next(self.market.numbers)}"
        self.orders[name] = Held(owner, stock, quantity, None)
        self.taken[stock] += quantity
        return {"id": name}

    def cancel(self, body: Any, owner: int, line: Any) -> dict[str, Any] | None:
        order = self.orders.pop(body["order"], None)
        if order is None:
            return None
        self.taken[order.stock] -= order.quantity
        if self.is_flawed("twice"):
            self.harmed, self.taken[order.stock] = order.quantity, self.taken[order.stock] - order.quantity
        return {"success": True}

    def reserve(self, body: Any, owner: int, line: Any) -> dict[str, Any] | None:
        if not self.has(body["stock"], body["quantity"]):
            return None
        self.taken[body["stock"]] += body["quantity"]
        self.reserved[owner, body["stock"]] = self.reserved.get((owner, body["stock"]), 0) + body["quantity"]
        return {"success": True}

    def release(self, body: Any, owner: int, line: Any) -> dict[str, Any] | None:
        if self.reserved.get((owner, body["stock"]), 0) < body["quantity"]:
            return None
        self.reserved[owner, body["stock"]] -= body["quantity"]
        self.taken[body["stock"]] -= body["quantity"]
        return {"success": True}

    def left(self, line: Any) -> None:
        """A socket is gone."""
        self.room = [item for item in self.room if item is not line]
        for name in [name for name, lock in self.locks.items() if lock.line is line]:
            self.end(name)


class Line:
    """A socket as users have it; what is told comes in order, and so does what is asked."""

    def __init__(self, market: Market, server: Server, owner: int) -> None:
        self.market, self.server, self.owner = market, server, owner
        self.updates, self.trail, self.is_open = 0, 0, True
        self.proved = market.time
        self.ended: float | None = None
        self.room, self.watching = Room("room", False, "", "update"), None
        self._up = self._down = 0.0
        self._wanted: tuple[str, ...] = ()
        self._asker: Any = None
        self._kept: str | None = None

    def hear(self, payload: str) -> None:
        """The server tells something."""
        if self.server.is_flawed("lost") and self.owner == 0:
            self.server.harmed = 1
            return
        if self.server.is_flawed("doubled") and self.owner == 0:
            self.server.harmed = 1
            self._deliver(lambda: self._told(payload))
        if self._kept is not None:  # the one before goes after this one
            kept, self._kept, self.server.harmed = self._kept, None, 1
            self._deliver(lambda: self._told(payload))
            payload = kept
        elif self.server.is_flawed("swapped") and self.owner == 0:
            self._kept = payload
            self.market.at(self.market.time + 0.05, self._keep_no_longer)
            return
        self._deliver(lambda: self._told(payload))

    def _keep_no_longer(self) -> None:
        if self._kept is not None:
            kept, self._kept = self._kept, None
            self._deliver(lambda: self._told(kept))

    def _deliver(self, what: Callable[[], None]) -> None:
        self._down = max(self._down + 1e-6, self.market.time + self.market.latency())
        self.market.at(self._down, lambda: what() if self.is_open else None)

    def _told(self, payload: str) -> None:
        self.updates, self.trail = self.updates + 1, crc32(payload.encode(), self.trail)

    def text(self, event: str, body: Any, *_: Any) -> tuple[str, Any]:
        return event, body

    def ask(self, asked: tuple[str, Any], names: tuple[str, ...], timeout: float) -> tuple[float, Answer | None]:
        if not self.is_open:
            raise Broken("the socket is closed")
        sent, token = self.market.time, object()
        self._wanted, self._asker = names, (getcurrent(), token)
        if not self.market.is_lost():
            self._up = max(self._up + 1e-6, sent + self.market.latency())
            self.market.at(self._up, lambda: self._asked(*asked))
        self.market.at(sent + timeout, lambda: self._switch(token, None))
        found = self.market.wait()
        if isinstance(found, Broken):
            raise found
        self.proved = sent if found is not None else self.proved
        return sent, found

    def _asked(self, role: str, body: Any) -> None:
        if self not in self.server.room and role != "join":
            return
        data = self.server.answer(role, body, self.owner, self)
        if not self.market.is_lost():
            self._deliver(lambda: self._answered(role, data))

    def _answered(self, role: str, data: Any) -> None:
        if self._asker is not None and f"{role}-reply" in self._wanted:
            self._switch(self._asker[1], Answer(self.market.time, f"{role}-reply", data or {"success": False}))

    def _switch(self, token: object, found: Any) -> None:
        if self._asker is not None and self._asker[1] is token:
            asker, self._asker = self._asker[0], None
            asker.switch(found)

    def drop(self) -> None:
        """Their own end of it is gone, and the server notices soon."""
        if self.is_open:
            self.is_open = False
            self._up = max(self._up + 1e-6, self.market.time + self.market.latency())
            self.market.at(self._up, lambda: self.server.left(self))

    close = drop

    def cut(self) -> None:
        """The server closes it, and they notice later."""
        if self.is_open:
            self.server.left(self)
            self.market.at(self.market.time + self.market.latency(), self._cut)

    def _cut(self) -> None:
        self.is_open, self.ended = False, self.market.time
        if self._asker is not None:
            self._switch(self._asker[1], Broken("closed by the server"))


@dataclass
class Desk:
    """Requests as users send them."""

    market: Market
    server: Server
    owner: int
    _asker: Any = field(default=None)

    def send(self, service: str, method: str, path: str, query: Any = None, headers: Any = None, body: bytes = b"") -> Response:
        sent, self._asker = self.market.time, (getcurrent(), object())
        asker = self._asker
        if not self.market.is_lost():
            self.market.at(sent + self.market.latency(), lambda: self._asked(path[1:], orjson.loads(body), asker))
        self.market.at(sent + TIMEOUT, lambda: self._answered(asker, None))
        found = self.market.wait()
        if found is None:
            return Response(sent, self.market.time, 0, b"", "no answer in time")
        return Response(sent, self.market.time, found[0], orjson.dumps(found[1]))

    def _asked(self, role: str, body: Any, asker: Any) -> None:
        data = self.server.answer(role, body, self.owner, None)
        if not self.market.is_lost():
            self.market.at(self.market.time + self.market.latency(), lambda: self._answered(asker, (200, data) if data else (409, {})))

    def _answered(self, asker: Any, found: Any) -> None:
        if self._asker is asker:
            self._asker = None
            asker[0].switch(found)

    def close(self) -> None:
        pass


def stage_of(terms: Terms) -> Stage:
    body = {"stock": "@stock", "quantity": "@quantity", "lock": "@lock", "order": "@order"}
    told = {role: int(role not in ("join", "mine")) for role in (*MESSAGES, *REQUESTS)}
    calls = {
        role: Call(role, channel="room", event=role, body=body, reply=f"{role}-reply", constants={"success": True}, gives=GIVES, tells=told[role])
        for role in MESSAGES
    }
    calls |= {role: Call(role, "api", "POST", f"/{role}", body=body, gives=GIVES, tells=told[role]) for role in REQUESTS}
    calls["mine"] = Call("mine", channel="room", event="mine", body=body, reply="mine-reply", gives=GIVES)
    members = tuple(Member(f"user{number}", number) for number in range(terms.users))
    stocks = tuple(Stock(number, 7, f"category {number}", terms.seats, 0) for number in range(terms.stocks))
    return Stage("any", "any", "Any", True, {"api": "http://localhost"}, members, calls, stocks=stocks, hold=terms.hold, timeout=TIMEOUT)


class User:
    """Somebody in the sale."""

    def __init__(self, market: Market, server: Server, world: World, number: int) -> None:
        self.market, self.server, self.terms = market, server, market.terms
        self.me = Actor(world, number, Chance(market.chance.getrandbits(64)))
        self.me.requests = Desk(market, server, number)  # type: ignore[assignment]
        self.until = START + self.terms.seconds

    def live(self) -> None:
        while self.market.time < self.until:
            try:
                self.turn()
            except Failed:
                self.market.sleep(0.2)
        self.market.sleep(self.until + self.terms.hold + 8 - self.market.time)  # all is quiet; what was left is over
        self.me.leave()

    def turn(self) -> None:
        me, chance = self.me, self.me.chance
        if me.socket is None or not me.socket.is_open:
            me.gone()
            me.socket = Line(self.market, self.server, me.number)  # type: ignore[assignment]
            me.join(7)
        if self.market.time < START:  # all are there before anything happens
            self.market.sleep(START - self.market.time)
        at, quantity = chance.randrange(self.terms.stocks), 1 if self.terms.rush else chance.randint(1, 2)
        if self.terms.rush:
            self.rush()
        elif (dice := chance.random()) < 0.5:
            self.with_lock(at, quantity)
        elif dice < 0.75:
            self.with_order(at, quantity)
        elif me.reserve(at, quantity):
            self.market.sleep(chance.random())
            me.release(at, quantity)
        self.market.sleep(chance.random())

    def rush(self) -> None:
        lock = self.me.lock(0)
        self.market.sleep(self.terms.hold / 3)
        if lock is not None:
            self.me.unlock(lock)
        self.market.sleep(self.until - self.market.time)

    def with_lock(self, at: int, quantity: int) -> None:
        me, chance = self.me, self.me.chance
        lock = me.lock(at, quantity)
        if lock is None:
            return
        self.market.sleep(chance.random() * chance.choice((0.5, 4, 1.3 * self.terms.hold if self.terms.left else 1)))
        me.mine()
        if chance.random() < self.terms.drops:
            me.drop()
        elif chance.random() < self.terms.left:
            return  # nobody gives it back until its time is over
        else:
            self.give_up(lock)

    def give_up(self, lock: Lock) -> None:
        if self.me.chance.random() < 0.5:
            self.me.unlock(lock)
        elif (order := self.me.spend(lock)) is not None and self.me.chance.random() < 0.7:
            self.me.cancel(order)

    def with_order(self, at: int, quantity: int) -> None:
        order = self.me.order(at, quantity)
        self.market.sleep(self.me.chance.random())
        if order is not None and self.me.chance.random() < 0.8:
            self.me.cancel(order)


def _cut(user: User) -> None:
    """The server closes somebody's socket, if they have one just now."""
    if user.me.socket is not None:
        user.me.socket.cut()  # type: ignore[union-attr]


def simulate(terms: Terms) -> Outcome:
    """The whole sale, and who is to judge it."""
    market, stage, ledger = Market(terms), stage_of(terms), Ledger()
    server = Server(market)
    world = World(stage, Meter(), ledger, Start(), None, lambda **_: None)
    users = [User(market, server, world, number) for number in range(terms.users)]
    for user in users:
        market.at(OPEN, greenlet(user.live).switch)
    for _ in range(terms.cuts):
        market.at(START + market.chance.random() * terms.seconds, lambda: _cut(market.chance.choice(users)))
    with mock.patch("load.actor.now", market.now), mock.patch("load.world.now", market.now), mock.patch("load.actor.gevent.sleep", market.sleep):
        market.run()
    told = ledger.drain()
    judge = Judge(stage, read_records(told.get("records", b"")), as_listened(told.get("listened", ())), told.get("said", ()), OPEN)
    figures = [Figure(server.taken[number], terms.seats - server.taken[number] - server.held(number)) for number in range(terms.stocks)]
    return Outcome(judge, figures, server.over, server.harmed)
