"""The engine of one backend: takes a request of one of its services through the stages."""

import logging
import traceback
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from functools import partial
from typing import Any

from fixtures.records import Dataset, build
from mock_server.engine import headers, near, refusals, trouble
from mock_server.engine.again import Again, Unavailable
from mock_server.engine.call import Call, Origin, Reply, Request
from mock_server.engine.entries import LARGEST_BODY, OVERHEAD, Exchange, Response
from mock_server.engine.feed import Feed
from mock_server.engine.plan import Bound, Plan
from mock_server.engine.planner import blank_plan, make_plan
from mock_server.engine.preferences import Preferences
from mock_server.engine.problem import Problem
from mock_server.engine.realtime import Realtime
from mock_server.engine.router import Match, Router
from mock_server.engine.runtime import Runtime
from mock_server.engine.selection import named, world_of
from mock_server.engine.stages import finish
from mock_server.engine.views import dumps
from mock_server.state import world as state
from mock_server.state.clock import Clock
from mock_server.state.log import Log
from mock_server.state.snapshots import Snapshot
from mock_server.state.world import World
from mock_server.state.worlds import MOST, Worlds
from understudy.contract.errors import ContractError, suggest
from understudy.contract.model import Contract

log = logging.getLogger("understudy")
OUTBOX = 1000
JSON = (b"content-type", b"application/json")


class Engine:
    """One backend, ready to answer. start: the instant at which its worlds begin, None for now; most_worlds: how many there may be."""

    def __init__(
        self, contract: Contract, functions: Mapping[str, Bound] | None = None, seed: str = "1", mode: str = "on", clock: Callable[[], Clock] = Clock,
        start: float | None = None, most_worlds: int = MOST,
    ) -> None:  # fmt: skip
        self.contract, self.seed, self.clock, self.start = contract, seed, clock, start
        self.runtime = Runtime(contract)
        self.runtime.mode = mode
        self.runtime.functions = dict(functions or {})
        self.runtime.send = self._send
        self.runtime.request = self._request
        self.data: Dataset = build(contract, seed)
        self.feed = Feed()
        self.outbox: deque[Any] = deque(maxlen=OUTBOX)
        self.join: Callable[[Engine, World], None] | None = None  # joins new worlds to their replicas in other processes
        self.peers: Any = None  # the other processes of the backend, where there are some
        self.worlds = Worlds(self._make_world, most_worlds)
        self.snapshots: MutableMapping[str, Snapshot] = {}
        self.places: dict[str, str] = {}  # service -> the URL at which it is served, known once it is
        self.runtime.operations = self.plans = self._plans()
        self.realtime = Realtime(self.runtime, self.runtime.functions, self.keep, self.fire)
        self.routers = {
            service.name: Router((plan.operation.method, plan.operation.path, plan) for plan in self.plans.values() if plan.operation.service == service.name)
            for service in contract.services
        }

    @property
    def world(self) -> World:
        """The default world."""
        return self.worlds.default

    @world.setter
    def world(self, world: World) -> None:
        self.worlds.default = world

    @property
    def log(self) -> Log:
        """The log of the default world."""
        return self.worlds.default.log

    @property
    def switches(self) -> dict[str, bool]:
        """The named settings as worlds begin with them."""
        return dict(self.contract.settings.get("switches") or {})

    def _make_world(self, name: str) -> World:
        clock = self.clock()
        if self.start is not None:
            clock.reset(self.start)
        world = state.create(name, self.data, self.seed, self.switches, clock)
        if self.join is not None:
            self.join(self, world)
        return world

    def world_of(self, request: Request) -> World:
        """The world of a request. Raises Problem."""
        return world_of(request, self.worlds)

    def reset(self, world: World, now: float | None = None) -> None:
        """A world as seeded; its sockets are closed, as by a restart. now: the instant at which it begins again."""
        self.realtime.abandon(world)
        state.reset(world, self.data, self.seed, self.switches, self.start if now is None else now)
        self.feed.tell("reset", world)

    def adopt(self, other: "Engine") -> None:
        """Goes on with the contract of another engine of the same services; worlds, log and listeners stay its own."""
        runtime, count = self.runtime, self.realtime.count
        self.contract, self.data, self.runtime = other.contract, other.data, other.runtime
        self.plans, self.routers, self.realtime = other.plans, other.routers, other.realtime
        self.runtime.send, self.runtime.request = self._send, self._request
        self.runtime.later, self.runtime.listening = runtime.later, runtime.listening
        self.realtime.keep, self.realtime.fire, self.realtime.count = self.keep, self.fire, count

    def keep(self, world: World, entry: Any) -> None:
        """Adds a line to a world's log."""
        world.log.append(entry)
        if self.feed.listeners:
            self.feed.tell("log", world, entry)

    def _plans(self) -> dict[str, Plan]:
        functions = self.runtime.functions
        operations = [*self.contract.operations, *(item.operation for channel in self.contract.channels for item in channel.receives.values())]
        bound = {operation.id for operation in operations if operation.behavior.source == "bound"}
        later = {item["call"] for operation in operations for item in operation.behavior.get("after") or () if "call" in item}
        for name in functions:
            if name not in bound | later:
                raise ContractError(
                    f"mock_server/backends/{self.contract.name}.py", 0, f"'{name}' is bound to no operation with 'do: bound'.{suggest(name, bound | later)}"
                )
        return {operation.id: make_plan(self.runtime, operation, functions.get(operation.id)) for operation in self.contract.operations}

    def handle(self, service: str, request: Request, now: float | None = None, world: World | None = None) -> Response:
        """The answer to a request of a service. now, world: the instant and the world in which it comes, where the mock itself sends it."""
        try:
            world = world_of(request, self.worlds) if world is None else world
            if world.share is not None:
                return world.share.consistent(partial(self._handle, service, request, now, world))  # type: ignore[no-any-return]
        except Problem as problem:
            return self._problem_outside(service, request, problem, self.world)
        except Unavailable as error:
            return self._problem_outside(service, request, refusals.unavailable(self.runtime, error), self.world)
        return self._handle(service, request, now, world)

    def _handle(self, service: str, request: Request, now: float | None, world: World) -> Response:
        """One try of a request."""
        match = self.routers[service].find(request.path)
        found = match.methods.get(request.method) if match is not None else None
        if found is None or match is None:
            return self._unrouted(service, request, match, world)
        plan, names = found
        if now is None and world.timers.first <= world.clock.now:
            self.fire(world)
        call = Call(self.runtime, request, plan, dict(zip(names, match.values)) if names else {}, world, now)  # noqa: B905 - of one length by construction
        asked = Preferences(plan, request) if b"prefer" in request.headers or b"__" in request.query else None
        stage: Callable[[Call], Any] | None = None
        refusal, crash = None, None
        hit = trouble.strike(call) if world.faults.requests or world.share is not None else None
        try:
            if hit is not None and hit.problem is not None:
                stage = trouble.strike
                raise hit.problem
            for stage in plan.stages if asked is None else asked.stages(call):
                stage(call)
            reply = call.reply
            assert reply is not None
            response = Response(reply.status or 200, headers.finished(call), reply.value)
        except Problem as problem:
            refusal, response = problem.with_traceback(None), self._refused(call, problem)  # the log keeps it, and not what its frames hold
        except (Again, Unavailable):
            raise
        except Exception:  # whatever a behaviour does wrong is a 500 in the backend's own envelope
            crash, response = self._crashed(call, stage)
        if hit is not None:
            hit.spoil(call, response)
        preferred = asked.tell(response) if asked is not None else ""
        if len(request.body) > LARGEST_BODY:
            request.body = request.body[:LARGEST_BODY]
        size = OVERHEAD + len(request.body) + len(response.body)
        ids = hit.ids if hit is not None else ()
        user = call.user
        line = Exchange(call.now, service, request, response, plan, stage, call.violations, crash, refusal, user, ids, preferred, 0, size)
        world.log.append(line)
        if self.feed.listeners:
            self.feed.tell("log", world, line)
        call.scope.source = None  # the scope looks back at the call; without this its memory waits for the garbage collector
        return response

    def methods(self, match: Match[Plan]) -> list[str]:
        """The methods of a path, as `Allow` lists them."""
        return sorted({*match.methods, "OPTIONS", *(["HEAD"] if "GET" in match.methods else [])})

    def _unrouted(self, service: str, request: Request, match: Match[Plan] | None, world: World) -> Response:
        if match is None:
            return self._problem_outside(service, request, near.missed(self, service, request), world)
        allow = ", ".join(self.methods(match))
        if request.method == "OPTIONS":
            return Response(200, [(b"allow", allow.encode()), (b"content-length", b"0")], b"")
        if request.method == "HEAD" and "GET" in match.methods:
            answer = self.handle(service, request.as_get())
            return Response(answer.status, [*answer.headers, (b"content-length", b"%d" % len(answer.body))], b"", answer.delay, answer.kept)
        return self._problem_outside(service, request, Problem(405, "method", name=request.method, headers={"Allow": allow}), world)

    def _problem_outside(self, service: str, request: Request, problem: Problem, world: World) -> Response:
        """A refusal of a request that leads to no operation: in the backend's envelope too."""
        call = Call(self.runtime, request, self.any_plan(service), {}, world)
        response = self._refused(call, problem)
        self.keep(world, Exchange(call.now, service, request, response, None, None, call.violations, problem=problem.with_traceback(None), size=OVERHEAD))
        return response

    def any_plan(self, service: str = "") -> Plan:
        """A plan for a call that leads to no operation: of the service, if it has one."""
        every = [*self.plans.values(), *(line.plan for line in self.realtime.lines.values())]
        return next((plan for plan in every if plan.operation.service == service), every[0] if every else blank_plan(self.runtime, "no operation"))

    def find_plan(self, name: str) -> Plan | None:
        """The plan of an operation, a message or the opening of a channel, by its id."""
        lines = self.realtime.lines.values()
        others = {plan.operation.id: plan for line in lines for plan in (line.plan, *line.plans.values())}
        return self.plans.get(name) or others.get(name)

    def refuse(self, service: str, request: Request, problem: Problem) -> Response:
        """A refusal that the transport itself makes, such as a body over the limit."""
        return self._problem_outside(service, request, problem, self.worlds.find(named(request)) or self.world)

    def _refused(self, call: Call, problem: Problem) -> Response:
        runtime = self.runtime
        if problem.status == 400 and problem.kind == "syntax":
            problem.status = call.plan.invalid
        if problem.status == 401 and runtime.auth:
            problem.headers.setdefault("WWW-Authenticate", runtime.auth.get("hint", "Bearer"))
        call.violations = [*problem.violations, *call.violations]
        broken = bool(problem.violations) and problem.status == call.plan.invalid
        said = refusals.said(runtime, problem)
        call.scope.update(said)
        template = runtime.invalid_template if broken else runtime.error_template
        own = None if self.contract.declared else refusals.documented(call.plan, problem.status)
        body = refusals.body(call.plan, call, own, said) if own is not None else refusals.without_absent(template(call.scope))
        media = "application/json" if own is None or "*" in own.type else own.type
        call.reply = Reply(dumps(body), problem.status, dict(problem.headers), media)
        return Response(problem.status, headers.finished(call), call.reply.value)

    def _crashed(self, call: Call, stage: Callable[[Call], Any] | None) -> tuple[str, Response]:
        text = traceback.format_exc()
        log.error("%s %s failed in %s\n%s", call.request.method, call.request.path, stage.__name__ if stage else "route", text)
        call.emits, call.timers, call.violations = [], [], []
        return text, self._refused(call, Problem(500, "crash"))

    def fire(self, world: World) -> None:
        """Does what has fallen due, in order, each at its own instant."""
        if world.share is not None:
            world.share.fire()
            return
        for at, origin in world.timers.due(world.clock.now):
            self.fire_one(world, at, origin)

    def fire_one(self, world: World, at: float, origin: Origin) -> None:
        """Does one thing that has fallen due."""
        call = self._call_of(world, at, origin)
        try:
            origin.later.fire(call)
            finish(call)
        except (Again, Unavailable):
            raise
        except Problem as problem:
            log.info("%s: what was due later is refused: %s", origin.plan.operation.id, problem)
            self._let_go(world, at, origin)
        except Exception:
            log.exception("%s: what was due later failed", origin.plan.operation.id)
            self._let_go(world, at, origin)
        call.scope.source = None

    def _call_of(self, world: World, at: float, origin: Origin) -> Call:
        names = origin.names or {}
        call = Call(self.runtime, origin.request, origin.plan, names.get("path") or {}, world, at)
        call.row, call.user, call.body, call.claim = origin.row, names.get("user"), names.get("body"), origin.id
        if names:
            call.scope.update(names)
            self._current(call)
        return call

    def _let_go(self, world: World, at: float, origin: Origin) -> None:
        """What can't be done is not tried again, by no process."""
        if world.share is not None:
            finish(self._call_of(world, at, origin))

    def _current(self, call: Call) -> None:
        """The rows that expressions name, as they are now."""
        for name, collection in call.plan.names.items():
            row = call.scope.get(name)
            if isinstance(row, dict) and name not in ("row", "old"):
                key = row.get(self.contract.collections[collection].key)
                call.scope[name] = call.store.get(collection, key) or row

    def _request(self, call: Call, service: str, request: Request) -> Response:
        """The answer to a request that a behaviour sends to its own backend, at its own instant."""
        return self.handle(service, request, call.now, call.world)

    def _send(self, call: Call) -> None:
        """Keeps the messages of a call, and carries them to the sockets."""
        self.outbox.extend(call.emits)
        self.realtime.send(call)
