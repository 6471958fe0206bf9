"""The realtime half of an engine: lets sockets in, takes what they send, and carries what is sent to those who may hear it.

It knows no transport: a socket has a function that takes frames, and one that closes it.
"""

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

import orjson

from mock_server.engine import handshake, interference, locks, media, messages, refusals
from mock_server.engine.again import Again, Unavailable
from mock_server.engine.call import Call, Emit, Reply
from mock_server.engine.entries import LARGE, LARGEST_BODY, OVERHEAD, Heard, sent
from mock_server.engine.frames import Frame
from mock_server.engine.plan import Bound, Plan, Step
from mock_server.engine.planner import make_plan
from mock_server.engine.problem import Problem
from mock_server.engine.runtime import Runtime
from mock_server.engine.stages import commit, finish
from mock_server.engine.views import dumps
from mock_server.state.rooms import Socket
from mock_server.state.world import World
from understudy.contract.errors import suggest
from understudy.contract.expressions import Scope
from understudy.contract.model import Channel, Media, Receiver

log = logging.getLogger("understudy")
ERROR, JSON = "error", "application/json"
RESTART = 1012  # the close code of a server that restarts: clients connect again
T = TypeVar("T")
Told = tuple[str, Callable[[Call, Mapping[str, Any]], Any]]


class Line:
    """One channel, compiled."""

    def __init__(self, runtime: Runtime, channel: Channel, functions: Mapping[str, Bound]) -> None:
        self.channel, self.key = channel, f"{channel.service}/{channel.id}"
        self.plan = make_plan(runtime, channel.opening, None)
        self.opening, self.closing = handshake.opening(self.plan, channel), handshake.closing(self.plan)
        self.plans = {name: make_plan(runtime, item.operation, functions.get(item.operation.id)) for name, item in channel.receives.items()}
        self.schemas = {name: push.message.schema for name, push in channel.sends.items()}
        self.limit = next((rate for rate in self.plan.rates if rate.name == self.plan.operation.id), None)  # of each socket, over all its messages
        self.refused = {plan.operation.id: _refused(channel, self.plan, plan) for plan in (self.plan, *self.plans.values())}

    def reply(self, message: str) -> Receiver:
        """What a message is answered with."""
        return self.channel.receives[message]


def _refused(channel: Channel, opening: Plan, plan: Plan) -> Told | None:
    """The message that a refusal is told with: the operation's own, else the channel's, else one that is called `error`."""
    owner = plan if "refused" in plan.words else opening
    word = owner.words.get("refused")
    if word:
        evaluate = owner.values(word["data"], "refused.data")
        return word["message"], lambda call, said: evaluate(Scope(call, {**call.scope, **said}))
    push = channel.sends.get(ERROR)
    if push is None or push.message.schema is None:
        return None
    media = Media(JSON, push.message.schema, push.message.pointer)
    return ERROR, lambda call, said: refusals.body(plan, call, media, said)


class Realtime:
    """The sockets of one backend."""

    def __init__(self, runtime: Runtime, functions: Mapping[str, Bound], keep: Callable[[World, Any], None], fire: Callable[[World], None]) -> None:
        self.runtime, self.keep, self.fire = runtime, keep, fire
        self.lines = {line.key: line for line in (Line(runtime, channel, functions) for channel in runtime.contract.channels)}
        self.routes: dict[str, list[tuple[frozenset[str], Line]]] = {}
        for line in self.lines.values():
            for name in line.schemas:
                self._route(name, line)
        self.count = 0

    def _route(self, name: str, line: Line) -> None:
        """Channels that send a message of one schema share what is rendered for it."""
        routes = self.routes.setdefault(name, [])
        for index, (keys, other) in enumerate(routes):
            if other.schemas[name] is line.schemas[name]:
                routes[index] = (keys | {line.key}, other)
                return
        routes.append((frozenset([line.key]), line))

    def open(self, socket: Socket, world: World, auth: Any = None) -> Callable[[], None]:
        """Lets a socket in, or raises Problem. Returns what is to be called once the client knows that it is in: it sends what its opening sends."""
        return self._consistent(world, partial(self._open, socket, world, auth))

    def _open(self, socket: Socket, world: World, auth: Any) -> Callable[[], None]:
        """One try of an opening."""
        line = self.lines[socket.channel]
        self._catch_up(world)
        call = self._call(line.plan, socket, world)
        world.rooms.add(socket)
        try:
            if media.is_deep(auth):
                auth = None
                raise Problem(400, None, media.TOO_DEEP, rule="depth")
            handshake.prepare(call, auth)
            self._take(call, line.opening)
        except Exception as error:
            world.rooms.drop(socket)
            if isinstance(error, Again | Unavailable):
                raise
            problem = error if isinstance(error, Problem) else self._crashed(call)
            self._heard(call, "open", auth, problem)
            raise problem from None
        socket.query = call.query
        if world.share is not None:
            world.share.entered(socket)
        self.count += 1
        self.runtime.listening = True
        self._heard(call, "open", auth, None)
        return lambda: self.runtime.send(call)

    def _catch_up(self, world: World) -> None:
        """What has fallen due happens before anything else does."""
        if world.timers.first <= world.clock.now:
            self.fire(world)

    def _take(self, call: Call, steps: tuple[Step, ...]) -> None:
        """Takes steps and commits; messages wait."""
        listening, self.runtime.listening = self.runtime.listening, True
        try:
            for step in steps:
                step(call)
            commit(call)
        finally:
            self.runtime.listening = listening

    def take(self, socket: Socket, name: str, data: Any, size: int = 0, broken: Problem | None = None, answer: Callable[[Any], None] | None = None) -> None:
        """Receives a message, if the world's faults let it through, when they do. answer: takes what an acknowledgement carries."""

        def receive(faults: tuple[str, ...] = ()) -> None:
            acknowledged = self.receive(socket, socket.world, name, data, size, broken, faults)
            if answer is not None:
                answer(acknowledged)

        if socket.world.faults.sockets:
            ids = interference.inward(self.runtime, socket, name, receive)
            if ids is not None:
                service = socket.channel.partition("/")[0]
                self.keep(socket.world, Heard(socket.world.clock.now, service, socket.channel, socket.id, name, data, None, (), faults=ids))
        else:
            receive()

    def receive(self, socket: Socket, world: World, name: str, data: Any, size: int = 0, broken: Problem | None = None, faults: tuple[str, ...] = ()) -> Any:
        """Does what a message of a socket asks for. size: of its frame, as far as the transport knows; broken: why the frame could not be read.

        Returns what an acknowledgement carries: JSON that can stand inside other JSON, or None.
        """
        if socket.id not in world.rooms.sockets:
            return None
        try:
            return self._consistent(world, partial(self._receive, socket, world, name, data, size, broken, faults))
        except Problem as problem:  # state can't be reached, and the socket is closed
            log.info("%s: %s", name, problem.detail)
            return None

    def _receive(self, socket: Socket, world: World, name: str, data: Any, size: int, broken: Problem | None, faults: tuple[str, ...]) -> Any:
        """One try of a message."""
        self._catch_up(world)
        line = self.lines[socket.channel]
        plan = line.plans.get(name, line.plan)
        call = self._call(plan, socket, world)
        if media.may_be_deep(size) and media.is_deep(data):
            data, broken = None, Problem(400, None, media.TOO_DEEP, rule="depth")
        call.body = call.scope["body"] = data
        kept = data if size <= LARGEST_BODY else LARGE
        try:
            self._count(line, call)
            if broken is not None or name not in line.plans:
                raise broken or _unknown(line, name)
            for stage in messages.STAGES:
                stage(call)
        except Problem as problem:
            return self._refuse(call, line, name, kept, problem)
        except (Again, Unavailable):
            raise
        except Exception:  # whatever a behaviour does wrong is told in the backend's own words
            return self._refuse(call, line, name, kept, self._crashed(call))
        self._heard(call, name, kept, None, size, faults)
        return self._answered(call, line.reply(name))

    def close(self, socket: Socket, world: World, reason: str) -> None:
        """Forgets a socket: what it locked comes free, and what its channel says of closing is done. Once is enough."""
        if not world.rooms.drop(socket):
            return
        line = self.lines[socket.channel]
        self.count -= 1
        self.runtime.listening = self.count > 0 or self.runtime.shared
        world.throttle.forget((line.key, socket.id))
        self._catch_up(world)
        for steps in ((_end_locks,), line.closing):  # apart, so that locks come free whatever the rest does
            try:
                self._consistent(world, partial(self._ended, line, socket, world, steps))
            except Exception:
                log.exception("closing %s failed", line.key)
        if world.share is not None:
            world.share.left(socket)
        self._heard(self._call(line.plan, socket, world), "close", reason, None)

    def bury(self, socket: Socket, world: World) -> None:
        """Does what follows from the end of a socket of another process, which is gone."""
        line = self.lines[socket.channel]
        for steps in ((_end_locks,), line.closing):
            self._consistent(world, partial(self._ended, line, socket, world, steps))
        world.share.left(socket)

    def _ended(self, line: Line, socket: Socket, world: World, steps: tuple[Step, ...]) -> None:
        """One try of what follows from a closed socket."""
        call = self._call(line.plan, socket, world)
        messages.identify(call)
        for step in steps:
            step(call)
        finish(call)

    def _consistent(self, world: World, act: Callable[[], T]) -> T:
        """Does something on the newest state. Raises Problem where that can't be reached."""
        if world.share is None:
            return act()
        try:
            return world.share.consistent(act)  # type: ignore[no-any-return]
        except Unavailable as error:
            raise refusals.unavailable(self.runtime, error) from None

    def refusal(self, socket: Socket, problem: Problem) -> Frame | None:
        """The message that tells of a refused opening, where the channel has one."""
        line = self.lines[socket.channel]
        return self._told(self._call(line.plan, socket, socket.world), line, problem)

    def _told(self, call: Call, line: Line, problem: Problem) -> Frame | None:
        told = line.refused[call.plan.operation.id]
        return Frame(told[0], dumps(told[1](call, refusals.said(self.runtime, problem)))) if told else None

    def send(self, call: Call) -> None:
        """Carries the messages of a call to the sockets of their rooms, each rendered once."""
        for emit in call.emits:
            for route, (keys, line) in enumerate(self.routes.get(emit.message, ())):
                self._carry(call, emit, keys, line, route)

    def _carry(self, call: Call, emit: Emit, keys: frozenset[str], line: Line, route: int) -> None:
        members = call.world.rooms.members(emit.room) if emit.only is None else (emit.only,)
        recipients = [socket for socket in members if socket.channel in keys]
        if recipients:
            text = self.text(call, line, emit.message, emit.data) if emit.texts is None else emit.texts[route]
            self._deliver(call.world, recipients, Frame(emit.message, text), emit.room, f"{emit.mark}.{route}" if emit.mark else "")

    def _deliver(self, world: World, recipients: list[Socket], frame: Frame, room: str | None = None, mark: str = "") -> None:
        """Hands a frame to sockets, through the world's faults if it has any, and notes it."""
        faults: dict[str, None] = {}
        if world.faults.sockets:
            for socket in recipients:
                faults.update(dict.fromkeys(interference.outward(self.runtime, socket, frame)))
        else:
            for socket in recipients:
                socket.deliver(frame)
        self.keep(world, sent(world.clock.now, frame.name, room, frame.data, recipients, tuple(faults), mark))

    def push(self, world: World, message: str, data: Any, recipients: Iterable[Socket], room: str | None = None, mark: str = "") -> int:
        """Sends a message as it is to those of some sockets whose channel has it; returns how many these are."""
        having = [socket for socket in recipients if message in self.lines[socket.channel].schemas]
        if having:
            self._deliver(world, having, Frame(message, dumps(data)), room, mark)
        return len(having)

    def abandon(self, world: World) -> None:
        """Closes all sockets of a world as a restart would: nothing is done for them, clients connect again."""
        for socket in list(world.rooms.sockets.values()):
            world.rooms.drop(socket)
            self.count -= 1
            socket.hang(RESTART, "The backend restarts")
        self.runtime.listening = self.count > 0 or self.runtime.shared

    def rendered(self, call: Call, message: str, data: Any) -> bytes:
        """A payload as the first channel that has the message sends it."""
        return self.text(call, self.routes[message][0][1], message, data)

    def carry(self, world: World, message: str, room: str | None, route: int, text: bytes, mark: str) -> int:
        """Hands a message that another process rendered to the sockets of this one; returns how many these are. mark: what it is called in all of them."""
        keys, _ = self.routes[message][route]
        recipients = [socket for socket in world.rooms.members(room) if socket.channel in keys]
        if recipients:
            self._deliver(world, recipients, Frame(message, text), room, mark)
        return len(recipients)

    def text(self, call: Call, line: Line, message: str, data: Any) -> bytes:
        """A payload as a channel sends it."""
        return dumps(line.plan.views.project(line.schemas[message] or {}, data, call))

    def _call(self, plan: Plan, socket: Socket, world: World) -> Call:
        call = Call(self.runtime, socket.request, plan, dict(socket.path), world)
        call.socket = socket
        call.query.update(socket.query)
        return call

    def _count(self, line: Line, call: Call) -> None:
        limit, socket = line.limit, call.socket
        if limit is None or socket is None or (limit.switch is not None and not call.world.switches.get(limit.switch, False)):
            return
        if call.world.throttle.count((line.key, socket.id), limit.limit, limit.window, call.now).wait:
            raise Problem(429, "throttled")

    def _answered(self, call: Call, receiver: Receiver) -> Any:
        """Sends the reply, then what else is to be sent."""
        reply: Reply | None = call.reply
        data = reply.value if reply is not None else b""
        if reply is not None and receiver.reply is not None and not receiver.ack and call.socket is not None:
            self._deliver(call.world, [call.socket], Frame(receiver.reply.name, data))
        if call.emits:
            self.runtime.send(call)
        call.scope.source = None
        return orjson.Fragment(data) if data else None

    def _refuse(self, call: Call, line: Line, name: str, data: Any, problem: Problem) -> Any:
        """Tells the sender why; nothing was changed."""
        call.violations = [*problem.violations, *call.violations]
        self._heard(call, name, data, problem)
        frame = self._told(call, line, problem)
        if frame is None or call.socket is None:
            return None
        self._deliver(call.world, [call.socket], frame)
        return orjson.Fragment(frame.data)

    def _crashed(self, call: Call) -> Problem:
        text = traceback.format_exc()
        log.error("%s failed\n%s", call.plan.operation.id, text)
        return Problem(500, "crash", name=text)

    def _heard(self, call: Call, message: str, data: Any, problem: Problem | None, size: int = 0, faults: tuple[str, ...] = ()) -> None:
        socket, said = call.socket, refusals.said(self.runtime, problem)["detail"] if problem else None
        assert socket is not None
        crash = problem.name if problem is not None and problem.kind == "crash" else None
        told = call.now, call.plan.operation.service, socket.channel, socket.id, message, data, said, tuple(call.violations), crash
        self.keep(call.world, Heard(*told, call.user, faults, size=OVERHEAD + min(size, LARGEST_BODY)))


def _end_locks(call: Call) -> None:
    assert call.socket is not None
    locks.end_all(call, call.socket.id)


def _unknown(line: Line, name: str) -> Problem:
    known = line.channel.receives
    return Problem(404, None, f"There is no message '{name}'.{suggest(name, known)}", field="message", rule="unknown")
