"""What declared faults do to the frames of a socket, in both directions: drop, delay, duplicate, reorder, or close the socket."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from mock_server.engine.frames import Frame
from mock_server.engine.runtime import Runtime
from mock_server.engine.trouble import of_account
from mock_server.state.faults import Fault
from mock_server.state.rooms import Socket

KICKED = 4000  # the close code of a socket that a fault closes, unless the fault names one
LONGEST_HELD = 1.0  # seconds that a frame waits for one to overtake it
Pass = Callable[[], None]


def inward(runtime: Runtime, socket: Socket, message: str, receive: Callable[[tuple[str, ...]], None]) -> tuple[str, ...] | None:
    """Lets a message in as often and as late as the faults say. Returns the faults of one that never comes, None where it does."""
    struck = list(_struck(runtime, socket, message, "in"))
    ids = tuple(fault.id for fault in struck)
    return None if _through(runtime, socket, struck, partial(receive, ids), "in") else ids


def outward(runtime: Runtime, socket: Socket, frame: Frame) -> tuple[str, ...]:
    """Delivers a frame as often and as late as the faults say. Returns their ids."""
    struck = list(_struck(runtime, socket, frame.name, "out"))
    _through(runtime, socket, struck, partial(socket.deliver, frame), "out")
    return tuple(fault.id for fault in struck)


def _struck(runtime: Runtime, socket: Socket, message: str, direction: str) -> Iterator[Fault]:
    world = socket.world
    now, over = world.clock.now, False
    for fault in world.faults.sockets:
        if fault.strikes(partial(_fact, runtime, socket, message, direction), now):
            yield fault
        over = over or fault.is_over(now)
    if over:
        world.faults.sweep(now)


def _fact(runtime: Runtime, socket: Socket, message: str, direction: str, name: str) -> Any:
    """What is known of a frame by the name that a match has for it."""
    service, _, channel = socket.channel.partition("/")
    known = {"message": message, "direction": direction, "socket": socket.id, "channel": (channel, socket.channel), "service": service}
    if name != "user":
        return known.get(name)
    auth = runtime.auth
    row = socket.world.store.begin().get(auth["collection"], socket.account) if auth and socket.account is not None else None
    return (socket.account, *((of_account(runtime, row) or ())[1:])) if socket.account is not None else None


def _through(runtime: Runtime, socket: Socket, struck: list[Fault], act: Pass, direction: str) -> bool:
    """Does what is to be done with a frame that some faults struck; False if it is lost."""
    kinds = {fault.kind: fault for fault in struck}
    if "kick" in kinds:
        given = kinds["kick"].settings
        socket.hang(int(given.get("code", KICKED)), str(given.get("reason", "Kicked by a fault")))
        return False
    if "drop" in kinds:
        return False
    copies = 1 + (int(kinds["duplicate"].settings.get("copies", 1)) if "duplicate" in kinds else 0)
    delay = sum(fault.wait() for fault in struck if fault.kind == "delay")
    if "reorder" in kinds and not socket.held.get(direction):
        socket.held[direction] = [partial(_repeat, act, copies)]
        runtime.later(LONGEST_HELD, partial(_release, socket, direction))
    elif delay:
        runtime.later(delay, partial(_repeat, act, copies))
    else:
        _repeat(act, copies)
        _release(socket, direction)
    return True


def _repeat(act: Pass, times: int) -> None:
    for _ in range(times):
        act()


def _release(socket: Socket, direction: str) -> None:
    """Lets the frame go that waited for one to overtake it."""
    for act in socket.held.pop(direction, ()):
        act()
