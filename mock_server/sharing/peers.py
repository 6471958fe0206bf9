"""The processes of one backend ask each other, by Redis' publish and subscribe: for the lines of their logs, and about their sockets."""

import asyncio
import contextlib
import itertools
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mock_server.engine.again import Unavailable
from mock_server.engine.engine import Engine
from mock_server.engine.feed import Feed
from mock_server.engine.problem import Problem, Violation
from mock_server.sharing.link import PATIENCE, Link, key
from mock_server.state.world import World
from mock_server.steering import connections, pushing
from mock_server.steering.connections import Shown
from mock_server.steering.peers import drop, missing
from understudy.wire import jsons

__all__ = ["Peers", "SharedFeed"]

log = logging.getLogger("understudy")
ANSWER = 2.0  # seconds in which a process that is there answers; who does not is left out
OWN = frozenset({"log", "stopping", "reloaded"})  # events that are not told to others: lines are collected, and each process ends and reloads by itself
Asked = Mapping[str, Any]


class SharedFeed(Feed):
    """What happens, for those who look at this process; what was steered here is told to the others as well."""

    __slots__ = ("untold",)

    def __init__(self) -> None:
        super().__init__()
        self.untold: list[tuple[str, str, Any]] = []

    def tell(self, kind: str, world: World, thing: Any = None) -> None:
        """Tells everyone. A line of the log is told once it is collected, for then it has its number."""
        if kind == "log" and not thing.number:
            return
        self.hear(kind, world, thing)
        if kind not in OWN:
            self.untold.append((kind, world.name, thing))

    def hear(self, kind: str, world: World, thing: Any) -> None:
        """Tells those who look at this process."""
        super().tell(kind, world, thing)


class Peers:
    """The other processes of a backend. ready: whether this one hears them."""

    def __init__(self, engine: Engine, link: Link, feed: SharedFeed) -> None:
        self.engine, self.link, self.feed = engine, link, feed
        self.all, self.mine = f"understudy:{engine.contract.name}:peers", f"understudy:{engine.contract.name}:peers:{link.worker}"
        self.ready = asyncio.Event()
        self.watched: Counter[World | None] = Counter()  # None: every world
        self._numbers = itertools.count(1)
        self._open: dict[int, tuple[dict[str, Any], asyncio.Event]] = {}

    # asking

    async def _ask(self, what: str, world: World | None = None, **given: Any) -> dict[str, Any]:
        """What each other process answers. Raises Unavailable."""
        await self._connected()
        answers: dict[str, Any] = {}
        number, came = next(self._numbers), asyncio.Event()
        self._open[number] = (answers, came)
        try:
            others = self._publish(self.all, {"ask": what, "by": self.link.worker, "number": number, "world": world and world.name, "given": given}) - 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER):
                    while len(answers) < others:
                        came.clear()
                        await came.wait()
        finally:
            del self._open[number]
        if len(answers) < others:
            log.warning("%s: %d of %d other processes do not answer", self.engine.contract.name, others - len(answers), others)
        return answers

    async def _connected(self) -> None:
        """Waits until this process hears the others. Raises Unavailable."""
        try:
            await asyncio.wait_for(self.ready.wait(), PATIENCE)
        except TimeoutError:
            raise Unavailable("the other processes can't be heard") from None

    def _publish(self, channel: str, told: Any) -> int:
        with self.link.asking() as client:
            return int(client.publish(channel, jsons.dumps(told, str)))

    def hear(self, text: bytes) -> None:
        """Takes what another process asks, answers or tells."""
        told = jsons.loads(text)
        if "answer" in told:
            if told["number"] in self._open:
                answers, came = self._open[told["number"]]
                answers[told["by"]] = told["answer"]
                came.set()
        elif told["by"] != self.link.worker:
            with contextlib.suppress(Unavailable):
                self._answer(told) if "ask" in told else self._told(told["events"])

    def _answer(self, told: Asked) -> None:
        world = self.engine.worlds.find(told["world"]) if told["world"] is not None else None
        answer = ANSWERS[told["ask"]](self, world, told["given"]) if world is not None or told["world"] is None else None
        channel = f"{self.all}:{told['by']}"
        self._publish(channel, {"answer": answer, "by": self.link.worker, "number": told["number"]})

    # the log, and what happens

    async def gather(self, *worlds: World) -> None:
        """Has what happened in any process until now be in the logs of some worlds. Raises Unavailable."""
        self.flush()
        await self._ask("flush")
        for world in worlds:
            fresh = world.share.log.collect()
            if self.feed.listeners:
                for stored in fresh:
                    self.feed.hear("log", world, world.share.log.read(stored))

    def flush(self, most: int | None = None) -> None:
        """Publishes the lines that wait. most: at most so many of a world. Raises Unavailable."""
        for world in self.engine.worlds:
            world.share.log.flush(most)

    @contextlib.contextmanager
    def watching(self, world: World, every: bool) -> Iterator[None]:
        """While somebody looks at what happens in a world, or in every one: lines of all processes are fetched as they come."""
        what = None if every else world
        self.watched[what] += 1
        try:
            yield
        finally:
            self.watched[what] -= 1

    async def fetch(self) -> None:
        """Fetches what somebody looks at. Raises Unavailable."""
        self.watched = +self.watched
        if self.watched:
            await self.gather(*(self.engine.worlds if None in self.watched else [world for world in self.watched if world is not None]))

    def announce(self) -> None:
        """Has who looks at another process know what was steered in this one. Raises Unavailable."""
        untold, self.feed.untold = self.feed.untold, []
        if untold:
            self._publish(self.all, {"by": self.link.worker, "events": untold})

    def _told(self, events: Iterable[tuple[str, str, Any]]) -> None:
        for kind, name, thing in events:
            world = self.engine.worlds.find(name)
            if world is not None:
                if kind == "reset":
                    self.engine.realtime.abandon(world)  # as in the process where it was steered
                self.feed.hear(kind, world, thing)

    # worlds

    async def meet(self) -> None:
        """Has the worlds of all processes be known here, and those that have ended by nobody. Raises Unavailable."""
        with self.link.asking() as client:
            names = sorted(name.decode() for name in client.smembers(self._worlds))
            others = [name for name in names if self.engine.worlds.find(name) is None]
            ended = {name for name in others if not client.exists(key(self.engine, name, "head"))}
            if ended:
                client.srem(self._worlds, *ended)
        for name in others:
            if name not in ended and len(self.engine.worlds) < self.engine.worlds.most:
                self.engine.worlds.create(name).share.catch_up()

    async def forget(self, world: World) -> None:
        """Forgets a world in all processes. Raises Unavailable."""
        drop(self.engine, world)
        await self._ask("forget", world)
        with self.link.asking() as client:
            client.srem(self._worlds, world.name)
            for name in client.scan_iter(match=world.share.pattern(), count=1000):
                client.unlink(name)

    @property
    def _worlds(self) -> str:
        return f"understudy:{self.engine.contract.name}:worlds"

    # sockets

    async def sockets(self, world: World) -> list[Shown]:
        """The open sockets of all processes, in the order in which they came. Raises Unavailable."""
        answers = await self._ask("sockets", world)
        found = [*self._sockets(world), *(item for answer in answers.values() for item in answer or ())]
        return sorted(found, key=lambda item: str(item["opened"]))

    def _sockets(self, world: World) -> list[Shown]:
        return [{**connections.shown(self.engine, world, socket), "process": self.link.worker} for socket in world.rooms.sockets.values()]

    async def counted(self, worlds: Iterable[World]) -> dict[str, int]:
        """World -> how many sockets are open in all processes. Raises Unavailable."""
        found = Counter({world.name: len(world.rooms.sockets) for world in worlds})
        for answer in (await self._ask("counted")).values():
            found.update(answer)
        return found

    async def kick(self, world: World, identity: str, code: int, reason: str) -> Shown:
        """Closes a socket, wherever it is. Raises Problem, Unavailable."""
        here = self._kick(world, {"identity": identity, "code": code, "reason": reason})
        if here is not None:
            return here
        for answer in (await self._ask("kick", world, identity=identity, code=code, reason=reason)).values():
            if answer is not None:
                return dict(answer)
        raise await self._missing(world, identity)

    def _kick(self, world: World, given: Asked) -> Shown | None:
        gone = connections.kick(self.engine, world, given["identity"], given["code"], given["reason"])
        return None if gone is None else {**gone, "process": self.link.worker}

    async def _missing(self, world: World, identity: str) -> Problem:
        return missing(identity, (await self.counted([world]))[world.name])

    async def emit(self, world: World, message: str, given: Mapping[str, Any]) -> tuple[int, Any]:
        """Sends a message. Raises Problem, Unavailable."""
        identity = given.get("socket")
        if identity is not None:
            return await self._emit_to(world, message, given, identity)
        count, data = pushing.push(self.engine, world, message, given, None)
        answers = await self._ask("reached", world, number=world.share.spoken)
        return count + sum(answer or 0 for answer in answers.values()), data

    async def _emit_to(self, world: World, message: str, given: Mapping[str, Any], identity: str) -> tuple[int, Any]:
        """Sends a message to one socket, wherever it is."""
        only = world.rooms.sockets.get(identity)
        if only is not None:
            return pushing.push(self.engine, world, message, given, only)
        for answer in (await self._ask("emit", world, message=message, given=dict(given))).values():
            if answer is not None:
                if "refused" in answer:
                    raise _problem(answer["refused"])
                return answer["count"], answer["data"]
        raise await self._missing(world, identity)

    def _emit(self, world: World, given: Asked) -> Any:
        only = world.rooms.sockets.get(given["given"]["socket"])
        if only is None:
            return None
        try:
            count, data = pushing.push(self.engine, world, given["message"], given["given"], only)
        except Problem as problem:
            return {"refused": [problem.status, problem.detail, [[item.pointer, item.rule, item.message] for item in problem.violations]]}
        return {"count": count, "data": data}

    def _reached(self, world: World, given: Asked) -> int:
        """How many sockets of this process an entry of the world's log reached."""
        world.share.catch_up()
        return int(world.share.reached.get(given["number"], 0))


def _problem(told: Any) -> Problem:
    status, detail, violations = told
    return Problem(status, None, detail, violations=tuple(Violation(*item) for item in violations))


# what a process answers: of it, the world that is asked about if it has that, and what was given
ANSWERS: Mapping[str, Any] = {
    "flush": lambda peers, _world, _given: peers.flush(),
    "forget": lambda peers, world, _given: drop(peers.engine, world),
    "sockets": lambda peers, world, _given: peers._sockets(world),
    "counted": lambda peers, _world, _given: {world.name: len(world.rooms.sockets) for world in peers.engine.worlds},
    "kick": Peers._kick, "emit": Peers._emit, "reached": Peers._reached,
}  # fmt: skip
