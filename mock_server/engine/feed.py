"""What happens in a backend, told to whoever looks: the console, and programs that wait for something."""

from collections.abc import Callable
from typing import Any

from mock_server.state.world import World

Listener = Callable[[str, World, Any], None]


class Feed:
    """The listeners of one backend. Without any, telling costs one look at an empty list."""

    __slots__ = ("listeners",)

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def tell(self, kind: str, world: World, thing: Any = None) -> None:
        """Tells everyone. kind: such as exchange, frame, state, clock, fault, world; thing: what it is about, not yet rendered."""
        for listener in self.listeners:
            listener(kind, world, thing)
