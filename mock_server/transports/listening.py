"""Hears what other processes do and ask, so that this one's sockets are told at once; says that this one is there, and buries those that are not."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator
from typing import Any

from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from mock_server.engine.again import Unavailable
from mock_server.engine.engine import Engine
from mock_server.sharing import leases
from mock_server.sharing.link import GONE, PATIENCE, Link
from mock_server.state.world import World

log = logging.getLogger("understudy")
SWEEP = 30  # renewals of the lease between two sweeps
PAUSE = 0.2  # seconds until Redis is asked again, if it is gone, or whether there are new worlds
PUBLISHING = 0.25  # seconds after which lines of the log are published, so that little is lost with a process that is killed
AT_ONCE = 200  # lines of a world that are: the more there are, the less often one is written that nobody will read
WATCHING = 0.15  # seconds after which lines are fetched that somebody looks at


class Listener:
    """The tasks of one process and one backend."""

    def __init__(self, engine: Engine, link: Link, say: Callable[[str], None]) -> None:
        self.engine, self.link, self.say = engine, link, say
        self._client = redis.Redis.from_url(link.url, socket_connect_timeout=PATIENCE)
        self._ears = redis.Redis.from_url(link.url, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0))  # a connection that was lost must be known
        self._up = True

    async def run(self) -> None:
        """Runs until it is cancelled."""
        try:
            await asyncio.gather(self._hear(), self._live(), self._converse(), self._publish(), self._watch())
        finally:
            with contextlib.suppress(Unavailable):
                self.engine.peers.flush()
            with contextlib.suppress(*GONE):
                await self._client.aclose()
                await self._ears.aclose()

    async def _hear(self) -> None:
        """Waits for entries of all worlds, and has their replicas take them."""
        while True:
            worlds = {world.share.key("log"): world for world in self.engine.worlds}
            positions: dict[Any, Any] = {name: f"{max(world.share.position, 0)}-0" for name, world in worlds.items()}
            try:
                found: Any = await self._client.xread(positions, block=int(PAUSE * 1000))
            except GONE as error:
                self._tell(False, str(error))
                self._lose()
                await asyncio.sleep(PAUSE)
                continue
            self._tell(True)
            for name, _ in found or ():
                _take(worlds[name.decode()])

    async def _converse(self) -> None:
        """Hears what other processes ask and answer."""
        peers = self.engine.peers
        while True:
            with contextlib.suppress(*GONE):
                async with self._ears.pubsub() as heard:
                    await heard.subscribe(peers.all, peers.mine)
                    async for message in heard.listen():
                        if message["type"] == "message":
                            self._take_in(message["data"])
                        elif message["data"] == 2:  # channels that this process hears
                            peers.ready.set()
            peers.ready.clear()
            await asyncio.sleep(PAUSE)

    def _take_in(self, message: bytes) -> None:
        """Does what another process asks; what goes wrong with it ends nothing else."""
        try:
            self.engine.peers.hear(message)
        except Exception:
            log.exception("%s: what another process asks could not be answered", self.engine.contract.name)

    async def _publish(self) -> None:
        """Publishes the lines of this process' logs, beside its calls."""
        while True:
            with contextlib.suppress(Unavailable):
                self.engine.peers.flush(AT_ONCE)
            await asyncio.sleep(PUBLISHING)

    async def _watch(self) -> None:
        """Fetches the lines of other processes, while somebody looks at what happens."""
        while True:
            with contextlib.suppress(Unavailable):
                await self.engine.peers.fetch()
            await asyncio.sleep(WATCHING)

    def _lose(self) -> None:
        for world in self.engine.worlds:
            world.share.lose()

    def _tell(self, up: bool, why: str = "") -> None:
        if up is not self._up:
            self._up = up
            self.say(f"{self.engine.contract.name}: Redis is there again." if up else f"{self.engine.contract.name}: Redis is gone ({why}); requests get 503.")

    async def _live(self) -> None:
        """Renews the lease of this process, and ends what the sockets of others held that are gone."""
        for turn in itertools.count():
            with contextlib.suppress(Unavailable):
                for world in self.engine.worlds if turn % SWEEP == SWEEP - 1 else ():
                    world.share.sweep()
                leases.renew(self.link, self.engine.contract.name)
                for worker in _gone(self.engine, self.link):
                    count = leases.bury(self.engine, self.link, worker)
                    log.info("%s: process %s is gone, and %d sockets with it", self.engine.contract.name, worker, count)
            await asyncio.sleep(leases.RENEWAL)


def _gone(engine: Engine, link: Link) -> Iterator[str]:
    return leases.dead(link, engine.contract.name)


def _take(world: World) -> None:
    with contextlib.suppress(Unavailable):
        world.share.catch_up()
        if world.timers.first <= world.clock.now:
            world.share.engine.fire(world)
