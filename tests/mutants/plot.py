"""What a defect is made of: changes of a contract, of an engine, and of an application."""

import contextlib
import copy
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import orjson

from mock_server.app import create_engine
from mock_server.engine import acts
from mock_server.engine.call import Call, Entity, Request
from mock_server.engine.engine import Engine
from mock_server.engine.entries import Response
from mock_server.engine.frames import Frame
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem
from mock_server.state.rooms import Socket
from mock_server.state.world import World
from understudy.contract.model import Channel, Contract, Operation, Push, Receiver, Service

Application = Callable[[Any, Any, Any], Awaitable[None]]
Cut = Callable[[Call, Any, list[Any], tuple[str, ...], str], tuple[list[Any], Any]]
Wrap = Callable[[Application, Engine, str], Application]


@dataclass(slots=True)
class Asked:
    """A request on its way. operation: None where it leads to none."""

    engine: Engine
    service: str
    request: Request
    world: World
    operation: Operation | None
    path: dict[str, str]


@dataclass(slots=True)
class Sending:
    """A message on its way out. room: None is everyone, or the recipients alone."""

    engine: Engine
    world: World
    recipients: list[Socket]
    frame: Frame
    room: str | None

    def again(self, data: Any = None, name: str | None = None) -> "Sending":
        """The same with other data (a value) or another name."""
        return replace(self, frame=Frame(name or self.frame.name, self.frame.data if data is None else orjson.dumps(data)))

    @property
    def data(self) -> Any:
        """The payload."""
        return orjson.loads(self.frame.data) if self.frame.data else None


class Plot:
    """Gathers what a defect changes, then makes an engine and applications that have it."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._swaps: list[Any] = []
        self._made: list[Callable[[Engine], None]] = []
        self._wraps: list[Wrap] = []

    # the contract

    def words(self, names: str, **words: Any) -> None:
        """Changes words of x-behavior of operations, messages or channels; None takes one away, a function makes it of what it was."""
        for name in names.split():
            before = self.contract
            self._operations(name, lambda operation: _with_words(operation, words))
            self._channels(name, words)
            assert self.contract is not before, f"{name} is nowhere in the contract"

    def operation(self, name: str, **fields: Any) -> None:
        """Changes fields of an operation."""
        self._operations(name, lambda operation: replace(operation, **fields))

    def collection(self, name: str, **fields: Any) -> None:
        """Changes fields of a collection; a function makes one of what it was."""
        found = self.contract.collections[name]
        made = {field: value(getattr(found, field)) if callable(value) else value for field, value in fields.items()}
        self.contract = replace(self.contract, collections={**self.contract.collections, name: replace(found, **made)})

    def setting(self, path: str, value: Any) -> None:
        """Changes a setting of backend.yaml, by its dotted path; None takes it away."""
        settings = copy.deepcopy(dict(self.contract.settings))
        *parents, last = path.split(".")
        place = settings
        for name in parents:
            place = place[name]
        place[last] = value
        if value is None:
            del place[last]
        self.contract = replace(self.contract, settings=settings)

    def _operations(self, name: str, change: Callable[[Operation], Operation]) -> None:
        if any(item.id == name for item in self.contract.operations):
            self._services(lambda service: replace(service, operations=tuple(change(item) if item.id == name else item for item in service.operations)))

    def _channels(self, name: str, words: dict[str, Any]) -> None:
        if any(name in _ids(channel) for channel in self.contract.channels):
            self._services(lambda service: replace(service, channels=tuple(_channel(item, name, words) for item in service.channels)))

    def _services(self, change: Callable[[Service], Service]) -> None:
        self.contract = replace(self.contract, services=tuple(change(service) for service in self.contract.services))

    # the engine

    def swap(self, owner: Any, name: str, value: Any) -> None:
        """Has another thing stand in a module or class while the engine is made: a step's maker, a class."""
        self._swaps.append(patch.object(owner, name, value))

    def made(self, act: Callable[[Engine], None]) -> None:
        """Does something to the engine when it is made."""
        self._made.append(act)

    def worlds(self, act: Callable[[World], None]) -> None:
        """Does something to every world when it is made."""

        def begin(engine: Engine) -> None:
            make = engine.worlds.make

            def made(name: str) -> World:
                world = make(name)
                act(world)
                return world

            engine.worlds.make = made
            act(engine.worlds.default)

        self.made(begin)

    def around(self, change: Callable[[Asked, Callable[[], Response]], Response]) -> None:
        """Wraps what answers requests."""
        self.made(lambda engine: _around(engine, change))

    def answers(self, names: str, change: Callable[[Asked, Response], None]) -> None:
        """Changes the answers of operations."""
        chosen = _chosen(names)

        def changed(asked: Asked, answer: Callable[[], Response]) -> Response:
            response = answer()
            if asked.operation is not None and asked.operation.id in chosen:
                change(asked, response)
            return response

        self.around(changed)

    def requests(self, names: str, change: Callable[[Any], Any]) -> None:
        """Changes the JSON of requests of operations before anybody looks at it."""
        chosen = _chosen(names)

        def changed(asked: Asked, answer: Callable[[], Response]) -> Response:
            if asked.operation is not None and asked.operation.id in chosen:
                with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError):
                    asked.request.body = altered(asked.request.body, change)
            return answer()

        self.around(changed)

    def bodies(self, names: str, change: Callable[[Any], Any], status: int | None = None) -> None:
        """Changes the JSON of answers of operations: good ones, or those of a status. change: may change it in place and return nothing."""

        def changed(_asked: Asked, response: Response) -> None:
            if response.status == status or (status is None and response.status < 300):
                response.body = altered(response.body, change)

        self.answers(names, changed)

    def lists(self, names: str, cut: Cut) -> None:
        """Cuts lists to pages in another way than `pages.cut`."""

        def begin(engine: Engine) -> None:
            for name in names.split():
                _cut_by(engine.plans[name], cut)

        self.made(begin)

    def frames(self, names: str, change: Callable[[Sending], list[Sending]]) -> None:
        """Changes what is sent to sockets: a list of what is sent instead."""
        chosen = _chosen(names)

        def begin(engine: Engine) -> None:
            deliver = engine.realtime._deliver

            def delivered(world: World, recipients: list[Socket], frame: Frame, room: str | None = None, mark: str = "") -> None:
                sending = Sending(engine, world, recipients, frame, room)
                for item in change(sending) if frame.name in chosen else [sending]:
                    deliver(item.world, item.recipients, item.frame, item.room)

            engine.realtime._deliver = delivered  # type: ignore[method-assign]

        self.made(begin)

    def engine(self, seed: str) -> Engine:
        """An engine that has the defect."""
        with contextlib.ExitStack() as stack:
            for swap in self._swaps:
                stack.enter_context(swap)
            engine = create_engine(self.contract, seed)
        for act in self._made:
            act(engine)
        return engine

    # the application

    def wrap(self, wrap: Wrap) -> None:
        """Wraps the application of every service."""
        self._wraps.append(wrap)

    def application(self, app: Application, engine: Engine, service: str) -> Application:
        """An application that has the defect."""
        for wrap in self._wraps:
            app = wrap(app, engine, service)
        return app


def altered(body: bytes, change: Callable[[Any], Any]) -> bytes:
    """A JSON text after a change of its value."""
    value = orjson.loads(body)
    after = change(value)
    return orjson.dumps(value if after is None else after)


def _chosen(names: str) -> "frozenset[str] | Everything":
    return Everything() if names == "*" else frozenset(names.split())


class Everything:
    """A set that has all there is."""

    def __contains__(self, _name: object) -> bool:
        return True


def _cut_by(plan: Plan, cut: Cut) -> None:
    listed = next(step for step in plan.steps if step.__qualname__.startswith("_list."))
    whole: Any = acts.act(_without_pages(plan))
    pager = plan.pager

    def run(call: Call) -> None:
        whole(call)
        assert call.reply is not None
        rows = [item.row for item in call.reply.value]
        chosen, call.reply.page = cut(call, pager, rows, plan.sort, plan.collection.key if plan.collection else "id")
        call.reply.value = [Entity(plan.collection.name if plan.collection else "", row) for row in chosen]

    plan.steps = tuple(run if step is listed else step for step in plan.steps)


def _without_pages(plan: Plan) -> Plan:
    """The same, answered whole."""
    other = copy.copy(plan)
    other.pager = None
    return other


def _around(engine: Engine, change: Callable[[Asked, Callable[[], Response]], Response]) -> None:
    handle = engine.handle

    def handled(service: str, request: Request, now: float | None = None, world: World | None = None) -> Response:
        asked = _asked(engine, service, request, world)
        return change(asked, lambda: handle(service, request, now, world))

    engine.handle = handled  # type: ignore[method-assign]


def _asked(engine: Engine, service: str, request: Request, world: World | None) -> Asked:
    match = engine.routers[service].find(request.path)
    found = match.methods.get(request.method) if match is not None else None
    operation = found[0].operation if found is not None else None
    path = dict(zip(found[1], match.values, strict=False)) if found is not None and match is not None else {}
    return Asked(engine, service, request, world or _world_of(engine, request), operation, path)


def _world_of(engine: Engine, request: Request) -> World:
    """The world of a request; the default one where the request is about to be refused for its world."""
    try:
        return engine.world_of(request)
    except Problem:
        return engine.world


def _with_words(operation: Operation, words: dict[str, Any]) -> Operation:
    behavior = operation.behavior
    made = _merged(behavior.words, words)
    return replace(operation, behavior=replace(behavior, words=made, do=made.get("do", behavior.do), collection=made.get("collection", behavior.collection)))


def _merged(before: Any, words: dict[str, Any]) -> dict[str, Any]:
    made = dict(before)
    for word, value in words.items():
        made[word] = value(copy.deepcopy(before.get(word))) if callable(value) else value
        if made[word] is None:
            del made[word]
    return made


def _ids(channel: Channel) -> Iterator[str]:
    yield channel.id
    yield from (item.operation.id for item in channel.receives.values())
    yield from (push.id for push in channel.sends.values())


def _channel(channel: Channel, name: str, words: dict[str, Any]) -> Channel:
    if name == channel.id:
        return replace(channel, opening=_with_words(channel.opening, words))

    def receiver(item: Receiver) -> Receiver:
        return replace(item, operation=_with_words(item.operation, words)) if item.operation.id == name else item

    def push(item: Push) -> Push:
        return replace(item, words=_merged(item.words, words)) if item.id == name else item

    receives = {message: receiver(item) for message, item in channel.receives.items()}
    return replace(channel, receives=receives, sends={message: push(item) for message, item in channel.sends.items()})
