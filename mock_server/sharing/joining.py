"""Joins an engine's worlds to those of other processes."""

from functools import partial

from mock_server.engine.engine import Engine
from mock_server.sharing.lifetimes import let_go
from mock_server.sharing.link import Link
from mock_server.sharing.peers import Peers, SharedFeed
from mock_server.sharing.share import Share
from mock_server.sharing.snapshots import SharedSnapshots
from mock_server.state.world import World
from understudy.wire.chance import derive

__all__ = ["join"]


def join(engine: Engine, link: Link) -> None:
    """Has all worlds of an engine, and those that come, be shared over a link."""
    engine.runtime.shared = engine.runtime.listening = True
    engine.snapshots = SharedSnapshots(engine, link)
    feed = engine.feed = SharedFeed()
    engine.peers = Peers(engine, link, feed)
    engine.join = partial(_join, link)
    engine.worlds.displaced = let_go
    for world in engine.worlds:
        _join(link, engine, world)


def _join(link: Link, engine: Engine, world: World) -> None:
    world.share = Share(engine, world, link)
    world.chance = derive(engine.seed, "world", world.name, link.worker)  # two processes may not give the same ids
