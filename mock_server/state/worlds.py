"""The worlds of one backend by name: made when they are first used, the idle ones dropped when there are too many."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator

from mock_server.state.clock import WallClock, wall
from mock_server.state.world import DEFAULT, World

MOST = 1000
IDLE = 60.0  # real seconds without a call after which a world may be dropped for another
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")


class WorldError(Exception):
    """A world that can't be; its text says why. full: whether there are too many."""

    def __init__(self, text: str, full: bool = False) -> None:
        super().__init__(text)
        self.full = full


class Worlds:
    """The default world, and others. entered, left: told of a world that came or went; displaced: of an idle one before it makes room for another."""

    def __init__(self, make: Callable[[str], World], most: int = MOST, clock: WallClock = wall) -> None:
        self.make, self.most, self._wall = make, most, clock
        self.default = make(DEFAULT)
        self.entered: Callable[[World], None] = _nothing
        self.left: Callable[[World], None] = _nothing
        self.displaced: Callable[[World], None] = _nothing
        self._others: OrderedDict[str, World] = OrderedDict()

    def use(self, name: str) -> World:
        """The world of a name, made if it is not there. Raises WorldError for a name that can't be, or if there are too many."""
        world = self.find(name) or self.create(name)
        if world is not self.default:
            self._others.move_to_end(name)
            world.used = self._wall()
        return world

    def find(self, name: str) -> World | None:
        """The world of a name, if it is there."""
        return self.default if name == DEFAULT else self._others.get(name)

    def create(self, name: str) -> World:
        """A new world. Raises WorldError."""
        if NAME.fullmatch(name) is None:
            raise WorldError(f"'{name[:100]}' is no name of a world. Valid: up to 100 letters, digits, '.', '_', '~' and '-', a letter or digit first.")
        if self.find(name) is not None:
            raise WorldError(f"There is a world '{name}' already.")
        if len(self) >= self.most:
            self._make_room()
        world = self._others[name] = self.make(name)
        world.used = self._wall()
        self.entered(world)
        return world

    def _make_room(self) -> None:
        """Drops the world that was idle for longest; raises WorldError if none is."""
        before = self._wall() - IDLE
        idle = next((world for world in self._others.values() if world.used < before and not world.rooms.sockets), None)
        if idle is None:
            raise WorldError(f"There are {self.most} worlds, all in use within the last minute. Delete some, or raise --worlds.", full=True)
        self.displaced(idle)
        self.drop(idle.name)

    def drop(self, name: str) -> World | None:
        """Forgets a world other than the default one; returns it if it was there."""
        world = self._others.pop(name, None)
        if world is not None:
            self.left(world)
        return world

    def __iter__(self) -> Iterator[World]:
        yield self.default
        yield from self._others.values()

    def __len__(self) -> int:
        return 1 + len(self._others)


def _nothing(_world: World) -> None:
    return None
