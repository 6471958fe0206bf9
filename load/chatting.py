"""How users chat: each message bears a mark of its own, by which its sender and one other listener notice it."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import gevent

from load.actor import Actor
from load.clients.frames import Broken
from load.clients.sockets import Answer, Plain, SocketIO
from load.clock import now
from load.filling import fill
from load.stage import Call
from load.world import Failed

__all__ = ["enter", "pause", "say", "settle"]

SOON = 1.0  # seconds after which one who does not hear themselves asks whether the message was taken
TOLD = 2.0  # seconds within which what was taken is told, as the verdict has it
QUIET, LONGEST = TOLD + 0.3, 4.5  # seconds without news after which all was told; those that this is waited for at most
LONGEST_RETRY = 60.0  # seconds that a Retry-After is obeyed


class Ear:
    """Listens on somebody's socket for marks. A socket is watched only while there is one to listen for, since most messages are of no interest to it."""

    def __init__(self, socket: SocketIO | Plain) -> None:
        self.socket = socket
        self.expected: dict[bytes, Callable[[float], None]] = {}

    def expect(self, mark: str, heard: Callable[[float], None]) -> None:
        """Calls something, in the event loop, with the moment at which a mark is heard."""
        self.expected[mark.encode()] = heard
        self.socket.watching = self._hear

    def forget(self, mark: str) -> None:
        """Listens for a mark no more."""
        self.expected.pop(mark.encode(), None)

    def _hear(self, payload: bytes, at: float) -> None:
        for mark in [mark for mark in self.expected if mark in payload]:
            self.expected.pop(mark)(at)
        if not self.expected:
            self.socket.watching = None


@dataclass
class Crowd:
    """Those who listen in one process. ears: by room."""

    ears: dict[int, list[Ear]] = field(default_factory=lambda: defaultdict(list))
    numbers: Any = field(default_factory=count)


@dataclass
class Said:
    """One message. room: its number; sent: when it went; done: when it surely was taken; heard: when its sender heard it; refused: it surely was not."""

    mark: str
    room: int
    sent: float
    done: float | None = None
    heard: float | None = None
    refused: bool = False


def crowd_of(me: Actor) -> Crowd:
    """That of somebody's process."""
    if me.world.memory is None:
        me.world.memory = Crowd()
    found: Crowd = me.world.memory
    return found


def room_of(me: Actor) -> int:
    """The number of the room that somebody is in."""
    return me.number % len(me.stage.stocks)


def enter(me: Actor) -> None:
    """Opens a socket and comes into the room, by a message or by that alone. Raises Failed."""
    me.gone()
    parent, begin = me.stage.stocks[room_of(me)].parent, now()
    socket = me.connect(next(iter(me.stage.rooms)))
    join = me.stage.calls.get("join")
    if join is not None and join.reply:
        me.join(parent)
    else:
        me.inside(parent, begin, _inside(me, socket, join))
    me.memory = Ear(socket)
    crowd_of(me).ears[room_of(me)].append(me.memory)


def _values(me: Actor, text: str = "") -> dict[str, Any]:
    return {"@parent": me.stage.stocks[room_of(me)].parent, "@person": me.member.key, "@text": text}


def _inside(me: Actor, socket: SocketIO | Plain, join: Call | None) -> float:
    """Joins by a message without an answer, or by being there; the moment from which on that surely is so: what is answered next tells. Raises Failed."""
    fence, begin, step = me.stage.calls.get("fence"), now(), "join" if join is not None else "connect"
    try:
        if join is not None:
            socket.send(socket.text(join.event, fill(join.body, _values(me))))
        if fence is None:
            return now() + TOLD
        _, found = socket.ask(socket.text(fence.event, fill(fence.body, _values(me))), (fence.reply, "error"), me.stage.timeout)
    except Broken as error:
        raise me.fail(step, "WS", begin, str(error)) from None
    if found is None or found.name != fence.reply:
        raise me.fail(step, "WS", begin, repr(found) if found else f"no answer within {me.stage.timeout:g} s")
    if join is not None:
        me.took(step, "WS", begin, found.at)
    return found.at


def say(me: Actor) -> None:
    """Says something, and waits until it was answered, or heard by oneself. Raises Failed."""
    if me.socket is None or not me.socket.is_open:
        enter(me)
    mark = f"mark-{me.world.ledger.worker:04d}{next(crowd_of(me).numbers):08d}"
    said, call = Said(mark, room_of(me), now()), me.stage.calls["send"]
    witness = _witness(me)
    if witness is not None:
        witness.expect(mark, lambda at: me.heard("fan-out", said.sent, at))
    values = _values(me, f"Hello, this is {mark}")
    try:
        (_by_message if call.is_message else _by_request)(me, call, values, said)
    except gevent.GreenletExit:  # the run ends before the answer came
        me.cut_off("send", call.method or "WS", said.sent)
        raise
    finally:
        if not said.refused:
            me.change(said.room, said.sent, said.done or said.sent, mark, sure=said.done is not None)


def _witness(me: Actor) -> Ear | None:
    """Anybody else in the room, each as likely as the other: those who came first are told first."""
    ears = crowd_of(me).ears[room_of(me)]
    while len(ears) > 1:
        found = me.chance.choice(ears)
        if found.socket.is_open:
            if found is not me.memory:
                return found
        else:
            ears.remove(found)
    return None


def _by_request(me: Actor, call: Call, values: Mapping[str, Any], said: Said) -> None:
    answer = me.request(call, values)
    said.sent, said.refused = answer.sent, 400 <= answer.status < 500
    if answer.ok:
        said.done = answer.at
    elif answer.retry:
        me.world.over.wait(min(answer.retry, LONGEST_RETRY))
    else:
        raise Failed(f"send: {answer.status} {answer.error}")


def _by_message(me: Actor, call: Call, values: Mapping[str, Any], said: Said) -> None:
    found = _answer(me, call, values, said)
    me.memory.forget(said.mark)
    at = said.heard if said.heard is not None else found.at if found is not None and found.name == call.reply else None
    if at is not None:
        said.done = said.done or at
        me.took("send", "WS", said.sent, at)
    elif found is not None:
        said.refused = True
        raise me.fail("send", "WS", said.sent, repr(found))
    else:
        raise me.fail("send", "WS", said.sent, "it was taken, and its sender did not hear it" if said.done else f"no answer within {me.stage.timeout:g} s")


def _answer(me: Actor, call: Call, values: Mapping[str, Any], said: Said) -> Answer | None:
    """What answers a message: its reply, or that one hears oneself; None where neither comes. Raises Failed where the socket is gone."""
    socket, names, own = me.socket, (call.reply, call.refusal, "error"), call.reply == next(iter(me.stage.rooms.values())).update
    assert socket is not None

    def hear(at: float) -> None:
        said.heard = at
        socket.answered(Answer(at, call.reply, None))

    if own:
        me.memory.expect(said.mark, hear)
    try:
        said.sent, found = socket.ask(socket.text(call.event, fill(call.body, values)), names, SOON if own else me.stage.timeout)
        return _after_all(me, names, said) if found is None and own and said.heard is None else found
    except Broken as error:
        me.gone()
        raise me.fail("send", "WS", said.sent, str(error)) from None


def _after_all(me: Actor, names: tuple[str, ...], said: Said) -> Answer | None:
    """One does not hear oneself: was it taken? What is answered after it tells. Then there is some time left to hear it. Raises Broken."""
    fence, socket = me.stage.calls.get("fence"), me.socket
    assert socket is not None
    if fence is None:
        return socket.expect(names, me.stage.timeout - SOON)
    _, found = socket.ask(socket.text(fence.event, fill(fence.body, _values(me))), (fence.reply, *names), me.stage.timeout)
    if found is None or found.name != fence.reply:
        return found
    said.done = found.at
    return socket.expect(names, TOLD)


def pause(me: Actor, seconds: float) -> None:
    """Waits, more or less so long; no longer than the run goes on."""
    me.world.over.wait(me.chance.uniform(0.5, 1.5) * seconds)


def settle(me: Actor) -> None:
    """Stays until nothing has come for so long that all was told: only then can what was heard be compared."""
    begin = since = now()
    heard = -1
    while me.socket is not None and me.socket.is_open and now() < min(since + QUIET, begin + LONGEST):
        if me.socket.updates != heard:
            heard, since = me.socket.updates, now()
        gevent.sleep(0.1)
