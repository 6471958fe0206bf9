"""A user of a load run: what they can do, each step timed, and each thing that they are granted kept in the ledger."""

from collections.abc import Callable, Mapping
from typing import Any

import gevent
import orjson

from load.clients.frames import Broken
from load.clients.requests import Requests, Response
from load.clients.sockets import ACK, Answer, Plain, SocketIO, socket_of
from load.clock import now
from load.filling import fill, fill_path, find_row
from load.records import Kind
from load.stage import Call, Stage, Stock
from load.witness import Witness
from load.world import Failed, Lock, Order, World
from understudy.wire.chance import Chance

__all__ = ["Actor"]

CLOSE_TO_END = 2.0  # seconds before its end from which on a lock may be gone
JOINING = 5.0  # seconds that joining a room may take
LONG = 1.0  # seconds without an answer that are a failure when the run ends
NOTICED = 5.0  # seconds within which a server notices that a connection is gone
REFUSALS = (400, 404, 409, 422, 429)


class Actor:
    """One user. number: of their account in the stage; chance: their own dice, of the run's seed; stage: that of their backend, where a run has several."""

    def __init__(self, world: World, number: int, chance: Chance, stage: Stage | None = None) -> None:
        self.world, self.stage, self.chance = world, stage or world.stage, chance
        self.turn, self.number = number, number % len(self.stage.members)
        self.member = self.stage.members[self.number]
        self.parameters = self.stage.parameters
        self.requests = Requests(self.stage.urls, self.stage.timeout, self.stage.insecure, self.stage.ca)
        self.socket: SocketIO | Plain | None = None
        self.locks: list[Lock] = []
        self.joined: tuple[str, tuple[float, float]] | None = None
        self.witness: Witness | None = None
        self.kept = False  # whether something was kept for good, where a story wants that once
        self.memory: Any = None  # what a story keeps in mind for them
        self._due: float | None = None
        self._round = -1

    @property
    def is_spare(self) -> bool:
        """Whether there is no account left for them: one account's locks are one user's, so they only look on."""
        return bool(self.stage.checking) and self.turn >= len(self.stage.members)

    # time

    def begin(self) -> None:
        """Begins an iteration: in an open model when somebody arrives."""
        self._due = self.world.arrivals.take() if self.world.arrivals is not None else None

    def round(self) -> tuple[int, float]:
        """The next round of the story's `period`: its number, and the moment at which it begins for everybody, which is waited for."""
        self._round, at = self.world.start.rounds(float(self.parameters["period"]), self._round)
        return self._round, at

    def due(self, at: float) -> None:
        """The next step was to begin at a moment: it counts from there, whatever kept it."""
        self._due = at

    def think(self, seconds: float) -> None:
        """Waits as people do: more or less so long."""
        gevent.sleep(self.chance.uniform(0.5, 1.5) * seconds)

    def took(self, step: str, kind: str, sent: float, at: float, size: int = 0, failure: str = "") -> None:
        """Times a step (monotonic seconds): from the moment at which it was due, where that is earlier; failure: why it counts as failed."""
        begin, self._due = (self._due if self._due is not None and self._due < sent else sent), None
        self.world.meter.took(step, begin, at, bool(failure))
        if failure:
            self.world.failures[step, failure[:200]] += 1
        exception = Failed(failure) if failure else None
        self.world.fire(request_type=kind, name=step, response_time=(at - begin) * 1000, response_length=size, exception=exception, context={})

    def heard(self, step: str, sent: float, at: float) -> None:
        """Times what was noticed, in the event loop: it was sent at a moment, and begun by nobody's turn."""
        self.world.meter.took(step, sent, at, False)
        self.world.fire(request_type="WS", name=step, response_time=(at - sent) * 1000, response_length=0, exception=None, context={})

    def fail(self, step: str, kind: str, sent: float, why: str) -> Failed:
        """Times a step that failed; what is to be raised."""
        self.took(step, kind, sent, now(), 0, why)
        return Failed(f"{step}: {why}")

    def cut_off(self, step: str, kind: str, sent: float) -> None:
        """The run ended while an answer was waited for: that counts where it was long in coming."""
        waited = now() - sent
        if waited > LONG:
            self.took(step, kind, sent, now(), 0, f"no answer in {waited:.0f} s, when the run ended")

    # sockets

    def connect(self, channel: str, step: str = "connect") -> SocketIO | Plain:
        """Opens a socket. Raises Failed."""
        room, sent = self.stage.rooms[channel], now()
        socket = socket_of(room, self.member.handshakes[channel], self.world.tls)
        try:
            at = socket.open(self.stage.timeout)
            if room.greeting and socket.expect((room.greeting,), self.stage.timeout) is None:
                raise Broken(f"no '{room.greeting}' within {self.stage.timeout:g} s")
        except Broken as error:
            raise self.fail(step, "WS", sent, str(error)) from None
        self.took(step, "WS", sent, at)
        self.socket = socket
        return socket

    def join(self, parent: Any) -> None:
        """Joins the room of something. Where that is not answered it counts as failed, and what the room is told is not listened for."""
        call, socket = self.stage.calls["join"], self.socket
        if socket is None:
            raise Failed("join: there is no socket")
        values = {"@parent": parent, "@person": self.member.key}
        begin = now()
        try:
            sent, found = socket.ask(socket.text(call.event, fill(call.body, values)), (call.reply, call.refusal, "error"), min(JOINING, self.stage.timeout))
        except Broken as error:
            self.gone()
            raise self.fail("join", "WS", begin, str(error)) from None
        if found is None or found.name != call.reply:
            said = f"{found.name}: {_short(found.data)}" if found is not None else f"no answer within {min(JOINING, self.stage.timeout):g} s"
            self.took("join", "WS", sent, now(), 0, said)
            return
        self.took("join", "WS", sent, found.at)
        self.inside(parent, sent, found.at)
        socket.watching = self.witness = Witness.of(self.number, socket.room)

    def inside(self, parent: Any, asked: float, at: float) -> None:
        """They are in a room: it was asked for, and surely so from a moment on. What they hear counts from here."""
        assert self.socket is not None
        self.joined = (str(parent), (asked, at))
        self.socket.updates, self.socket.trail = 0, 0

    def change(self, at: int, sent: float, done: float, name: str, sure: bool = True) -> None:
        """Keeps that something happened in a room, which all in it are told. at: the room's number among the stocks."""
        self._note(Kind.CHANGE, at, 1, sent, done, name, sure)

    def _ask(self, call: Call, values: Mapping[str, Any], keep: Callable[[float], None] = lambda _: None) -> tuple[float, Answer]:
        """Sends a message and waits for its answer. keep: what is to be kept where none comes. Raises Failed."""
        if self.socket is None or not self.socket.is_open:
            self.gone()
            raise Failed(f"{call.name}: there is no socket")
        sent = now()
        names = (call.reply, call.refusal, "error")
        try:
            sent, found = self.socket.ask(self.socket.text(call.event, fill(call.body, values), self._acks and call.name == "lock"), names, self.stage.timeout)
        except Broken as error:
            keep(sent)
            self.gone()
            raise self.fail(call.name, "WS", sent, str(error)) from None
        except gevent.GreenletExit:  # the run ends before the answer came
            keep(sent)
            self.cut_off(call.name, "WS", sent)
            raise
        if found is None:
            keep(sent)
            failed = self.fail(call.name, "WS", sent, f"no answer within {self.stage.timeout:g} s")
            self.drop()  # an answer that comes late would be taken for the next one's
            raise failed
        if found.name != call.reply and found.name != call.refusal:
            keep(sent)
            raise self.fail(call.name, "WS", sent, f"{found.name}: {_short(found.data)}")
        return sent, found

    def gone(self) -> None:
        """The socket is gone: its locks come free, and what it heard is kept. The server may have cut it off before anybody noticed here."""
        if self.socket is None:
            return
        self._listened()
        at = now()
        for lock in self.locks:
            if lock.socket is self.socket:
                self._note(Kind.DROP, lock.at, lock.quantity, lock.surely_until(at), at + NOTICED, lock.name)
        self.locks = [lock for lock in self.locks if lock.socket is not self.socket]
        self.socket, self.joined = None, None

    def _listened(self) -> None:
        if self.socket is not None and self.joined is not None:
            room, joined = self.joined
            ended = self.socket.ended
            left = now() if ended is None else self.socket.proved
            self.world.ledger.listened(room, joined, left, self.socket.updates, self.socket.trail, self.member.login, now() if ended is None else ended)

    def drop(self) -> None:
        """Cuts the socket off, as a page does whose network is gone."""
        socket = self.socket
        self.gone()
        if socket is not None:
            socket.drop()

    def depart(self) -> None:
        """Closes the socket with a farewell, as a page does that is closed."""
        socket = self.socket
        self.gone()
        if socket is not None:
            socket.close()

    def leave(self) -> None:
        """Closes everything."""
        self.depart()
        self.requests.close()

    def wrong(self, step: str, why: str) -> None:
        """Notes an answer that is wrong though it looks right: as a failure of a step."""
        at = now()
        self.took(step, "CHECK", at, at, 0, why)

    # what is few

    def _note(self, kind: Kind, at: int, quantity: int, sent: float, done: float, name: str = "", sure: bool = True, said: str = "") -> None:
        self.world.ledger.note(kind, self.number, at, quantity, sent, done, name, sure, said)

    def _values(self, at: int, quantity: int = 1) -> dict[str, Any]:
        stock: Stock = self.stage.stocks[at]
        return {"@stock": stock.key, "@parent": stock.parent, "@quantity": quantity, "@person": self.member.key}

    def lock(self, at: int, quantity: int = 1) -> Lock | None:
        """Locks some of a stock by message; None where it is refused as declared. Raises Failed."""
        call = self.stage.calls["lock"]
        sent, found = self._ask(call, self._values(at, quantity), lambda sent: self._perhaps_locked(at, quantity, sent))
        self.took("lock", "WS", sent, found.at)
        if not _granted(call, found.data):
            self.world.refused["lock"] += 1
            self._acknowledged("lock", sent)
            return None
        name = str(found.data.get(call.gives.get("lock", ""), ""))
        self._note(Kind.LOCK, at, quantity, sent, found.at, name, said=f"{call.event} -> {_short(found.data)}")
        lock = Lock(name, at, quantity, sent + (self.stage.hold or 1e9) - CLOSE_TO_END, self.socket, str(found.data.get(call.gives.get("ends", ""), "")))
        self.locks.append(lock)
        self.world.offered.append(lock)
        left = found.data.get(call.gives.get("available", ""))
        if self.witness is not None and isinstance(left, int):
            self.witness.look_for(self.stage.stocks[at].key, left, sent, lambda told: self.heard("told", sent, told))
        self._acknowledged("lock", sent)
        return lock

    def _acknowledged(self, step: str, sent: float) -> None:
        """Times the acknowledgement of a message that was answered, where the story asks for them."""
        if not self._acks or self.socket is None:
            return
        try:
            found = self.socket.expect((ACK,), self.stage.timeout)
        except Broken:
            return self.gone()
        failure = "" if found is not None else f"no acknowledgement within {self.stage.timeout:g} s"
        self.took(f"{step} ack", "WS", sent, found.at if found is not None else now(), 0, failure)

    @property
    def _acks(self) -> bool:
        return bool(self.parameters.get("acks")) and isinstance(self.socket, SocketIO)

    def _perhaps_locked(self, at: int, quantity: int, sent: float) -> None:
        """No answer came: it may be locked, and then it is free again when the socket is gone."""
        self._note(Kind.LOCK, at, quantity, sent, sent, sure=False)
        self._note(Kind.DROP, at, quantity, sent, sent, sure=False)

    def unlock(self, lock: Lock) -> bool:
        """Gives a lock up. A refusal of what surely is one's own is a theft. Raises Failed."""
        call, sure = self.stage.calls["unlock"], lock.is_sure
        sent, found = self._ask(call, self._values(lock.at, lock.quantity), lambda sent: self._perhaps_ended(lock, sent))
        self._forget(lock)
        self.took("unlock", "WS", sent, found.at)
        if _granted(call, found.data):
            self._note(Kind.UNLOCK, lock.at, lock.quantity, sent, found.at, lock.name)
            return True
        self._denied(lock, sure, sent, f"{call.event} -> {_short(found.data)}")
        return False

    def _perhaps_ended(self, lock: Lock, sent: float) -> None:
        """No answer came: the lock may have ended, by that or with its socket."""
        self._forget(lock)
        self._note(Kind.UNLOCK, lock.at, lock.quantity, lock.surely_until(sent), now() + NOTICED, lock.name, sure=False)

    def _forget(self, lock: Lock) -> None:
        self.locks = [item for item in self.locks if item is not lock]

    def free(self) -> None:
        """Gives up what is left of a turn before, where that was refused for a while. Raises Failed."""
        for lock in list(self.locks):
            self.unlock(lock)

    def _denied(self, lock: Lock, sure: bool, sent: float, said: str) -> None:
        """What was ours is refused: stolen, where nothing else can have ended it and the server does not list it any more. Raises Failed."""
        sure, at = sure and lock.is_sure, now()
        self._note(Kind.EXPIRED, lock.at, lock.quantity, lock.surely_until(sent), at, lock.name, sure=False)
        if self._is_listed(lock):  # refused for another reason, such as a limit of messages: it is ours still
            self.locks.append(lock)
        elif sure and lock.is_sure:
            self._note(Kind.STOLEN, lock.at, lock.quantity, sent, at, lock.name, said=said)

    def _is_listed(self, lock: Lock) -> bool:
        """Whether the server lists a lock as one's own, once its limit of messages can't be what refused; False where it lists none. Raises Failed."""
        if "mine" not in self.stage.calls or self.socket is None:
            return False
        gevent.sleep(self.socket.room.rate[1] * 1.2 if self.socket.room.rate else 0.05)
        return any(lock.name in map(str, row.values()) for row in self.mine())

    def abuse(self, role: str, at: int, quantity: int = 1, lock: "Lock | None" = None, order: "Order | None" = None) -> bool:
        """Asks for what is not one's right: True where it is granted, which is not kept, so that the figures show it. Raises Failed."""
        values = {**self._values(at, quantity), "@lock": lock.name if lock else "", "@order": order.key if order else ""}
        answer = self._call(role, values)
        if answer is not None:  # a room may be told of it
            self._note(Kind.EXPIRED, at, 0, answer.sent, answer.at, sure=False)
        return answer is not None

    def still_held(self, lock: Lock, until: float = 0.0) -> None:
        """Looks until a moment whether the server still lists a lock that was given back: then it leaks. Raises Failed."""
        asked = now()
        while any(lock.name in map(str, row.values()) for row in self.mine()):
            if now() >= until:
                self._note(Kind.LEAKED, lock.at, lock.quantity, asked, now(), lock.name, said="it is listed after it was given back")
                return
            gevent.sleep(0.2)

    def expire(self, lock: Lock) -> None:
        """A lock's time is over, as the target's clock says: it was not counted on any more since `until`, and everybody has been told by now."""
        self._forget(lock)
        self._note(Kind.EXPIRED, lock.at, lock.quantity, lock.until, now(), lock.name)

    @property
    def can_move_time(self) -> bool:
        """Whether the target has a control API, whose clock can be moved."""
        return bool(self.stage.control)

    def advance(self, seconds: float) -> None:
        """Lets the target's time pass. Raises Failed."""
        self._control("POST", "/__admin/clock/advance", orjson.dumps({"seconds": seconds}))

    def target_time(self) -> str:
        """What time it is at the target, RFC 3339: two of the same form can be compared. Raises Failed."""
        return str((self._control("GET", "/__admin/clock", b"").json or {}).get("now", ""))

    def _control(self, method: str, path: str, body: bytes) -> Response:
        service = next(name for name, url in self.stage.urls.items() if url == self.stage.control)
        answer = self.requests.send(service, method, path, headers={"content-type": "application/json"}, body=body)
        if not answer.ok:
            raise Failed(f"{path}: {answer.status} {answer.error}")
        return answer

    def reserve(self, at: int, quantity: int = 1) -> bool:
        """Reserves by request; False where it is refused as declared. Raises Failed."""
        return self._taken("reserve", Kind.RESERVE, at, quantity) is not None

    def release(self, at: int, quantity: int = 1) -> bool:
        """Gives back what was reserved. Raises Failed."""
        answer = self._call("release", self._values(at, quantity), lambda sent: self._note(Kind.RELEASE, at, quantity, sent, sent, sure=False))
        if answer is None:
            return False
        self._note(Kind.RELEASE, at, quantity, answer.sent, answer.at)
        return True

    def order(self, at: int, quantity: int = 1) -> Order | None:
        """Orders by request. Raises Failed."""
        return self._taken("order", Kind.ORDER, at, quantity)

    def spend(self, lock: Lock) -> Order | None:
        """Orders what is locked. A refusal of what surely is one's own is a theft. Raises Failed."""
        sure, begin = lock.is_sure, now()
        self._forget(lock)
        values = {**self._values(lock.at, lock.quantity), "@lock": lock.name}
        self._note(Kind.SPENT, lock.at, lock.quantity, lock.surely_until(begin), begin, lock.name)  # from here on it is not surely a lock any more
        found = self._taken("spend", Kind.SPEND, lock.at, lock.quantity, values)
        if found is None:
            self._denied(lock, sure, begin, "the order with the lock is refused")
        return found

    def _taken(self, role: str, kind: Kind, at: int, quantity: int, values: Mapping[str, Any] | None = None) -> Order | None:
        call = self.stage.calls[role]
        answer = self._call(role, values or self._values(at, quantity), lambda sent: self._note(kind, at, quantity, sent, sent, sure=False))
        if answer is None:
            return None
        row = find_row(answer.json, call.gives.get("row", "id"))
        key = row.get(call.gives.get("row", "id"))
        self._note(kind, at, quantity, answer.sent, answer.at, str(key or ""), said=f"{call.method} {call.path} -> {answer.status} {_short(dict(row))}")
        return Order(key, at, quantity, row)

    def confirm(self, order: Order, **wrong: Any) -> bool:
        """Pays for an order, with what its answer showed. wrong: fields that are to be other ones. Raises Failed."""
        values = {**self._values(order.at, order.quantity), "@order": order.key, **{f"@row.{name}": value for name, value in {**order.row, **wrong}.items()}}
        return self._call("confirm", values) is not None

    def cancel(self, order: Order) -> bool:
        """Takes an order back. Raises Failed."""
        values = {**self._values(order.at, order.quantity), "@order": order.key}
        answer = self._call("cancel", values, lambda sent: self._note(Kind.CANCEL, order.at, order.quantity, sent, sent, str(order.key), sure=False))
        if answer is None:
            return False
        self._note(Kind.CANCEL, order.at, order.quantity, answer.sent, answer.at, str(order.key))
        return True

    def mine(self) -> list[Mapping[str, Any]]:
        """One's own locks, as the server lists them. What surely holds and is not there is stolen. Raises Failed."""
        call = self.stage.calls["mine"]
        held = [lock for lock in self.locks if lock.is_sure]
        sent, found = self._ask(call, {"@person": self.member.key})
        self.took("mine", "WS", sent, found.at)
        rows = (found.data or {}).get(call.gives.get("locks", "locks")) or []
        known = {str(value) for row in rows for value in row.values()}
        for lock in held:
            if lock.name not in known:
                self._note(Kind.STOLEN, lock.at, lock.quantity, sent, found.at, lock.name, said=f"{call.event} -> {_short(found.data)}")
        return list(rows)

    def _call(self, role: str, values: Mapping[str, Any], keep: Callable[[float], None] = lambda _: None) -> Response | None:
        """Sends the request of a role; None where it is refused as declared. keep: what is to be kept where no answer comes. Raises Failed."""
        begin = now()
        try:
            answer = self.request(self.stage.calls[role], values, role)
        except gevent.GreenletExit:  # the run ends before the answer came
            keep(begin)
            self.cut_off(role, self.stage.calls[role].method, begin)
            raise
        if answer.status == 0 or answer.status >= 500:
            keep(answer.sent)
        if answer.ok:
            return answer
        if answer.status in REFUSALS:
            return None
        raise Failed(f"{role}: {answer.status} {answer.error}")

    def request(self, call: Call, values: Mapping[str, Any], step: str = "", refusals: tuple[int, ...] = REFUSALS) -> Response:
        """Sends any request, and times it as a step, by default that of its name. refusals: statuses that are no failure."""
        step = step or call.name
        body = fill(call.body, values)
        headers = {**self.member.headers.get(call.service, {}), **call.headers}
        if body is not None:
            headers["content-type"] = call.media
        content = orjson.dumps(body) if body is not None else b""
        answer = self.requests.send(call.service, call.method, fill_path(call.path, values), fill(dict(call.query), values), headers, content)
        failure = answer.error if answer.status == 0 else "" if answer.ok or answer.status in refusals else f"{answer.status} {answer.body[:120]!r}"
        if not answer.ok and not failure:
            self.world.refused[step] += 1
        self.took(step, call.method, answer.sent, answer.at, len(answer.body), failure)
        return answer


def _granted(call: Call, data: Any) -> bool:
    return isinstance(data, dict) and all(data.get(name) == value for name, value in call.constants.items())


def _short(value: Any) -> str:
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= 160 else f"{text[:160]}..."
