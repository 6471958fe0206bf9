"""How long Redis keeps worlds that nobody serves. The default world stays; all others are made for something that has an end, such as a test."""

from contextlib import suppress
from typing import TYPE_CHECKING

from mock_server.engine.again import Unavailable
from mock_server.state.world import DEFAULT, World

if TYPE_CHECKING:
    from mock_server.sharing.share import Share

__all__ = ["KEPT", "SPARED", "let_go", "prolong"]

KEPT = 7 * 86_400  # real seconds from when a process last said that it has a world
SPARED = 3600  # the same from when one dropped it for another; who else has it says so within the minute
PARTS = ("head", "log", "tags", "rows", "timers", "meta", "revoked", "replies", "kept", "sockets", "hits", "serial", "lines")


def prolong(share: "Share", seconds: int = KEPT) -> None:
    """Has Redis keep a world for so long. Raises Unavailable."""
    if share.world.name == DEFAULT:
        return
    lines = [share.key("lines", "head"), share.key("lines", "from"), share.key("lines", "of", share.link.worker)]
    with share.link.asking() as client, client.pipeline(transaction=True) as pipe:
        for key in [*map(share.key, PARTS), *lines]:
            pipe.expire(key, seconds)
        pipe.execute()


def let_go(world: World) -> None:
    """A process drops a world for another: its lines go to the log of all, and if nobody else has the world it ends."""
    with suppress(Unavailable):
        world.share.log.flush()
        prolong(world.share, SPARED)
