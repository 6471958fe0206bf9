"""Declared messages, pushed by hand."""

from collections.abc import Mapping
from typing import Any

import orjson

from mock_server.engine import violations
from mock_server.engine.call import NO_REQUEST, Call
from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.state.rooms import Socket
from mock_server.state.world import World
from mock_server.steering import edits
from understudy.contract.errors import suggest
from understudy.contract.model import Channel, Message


def push(engine: Engine, world: World, name: str, given: Mapping[str, Any], only: Socket | None) -> tuple[int, Any]:
    """Sends a message; returns how many sockets get it, and its payload. given: data, row and room, each only where it is. Raises Problem."""
    channel, message = _message(engine, name, only)
    if "row" in given and "data" not in given:
        return _of_row(engine, world, name, given, only)
    data = given["data"] if "data" in given else next(iter(message.examples), {})
    _check(engine, channel, message, data)
    room = given.get("room")
    return _pushed(engine, world, name, data, only, room), data


def _message(engine: Engine, name: str, only: Socket | None) -> tuple[Channel, Message]:
    """The message, as the channel of the socket (or the first that has it) says it."""
    lines = engine.realtime.lines
    channels = [lines[only.channel].channel] if only is not None else [line.channel for line in lines.values()]
    for channel in channels:
        if name in channel.sends:
            return channel, channel.sends[name].message
    raise Problem(404, None, f"There is no message '{name}' that is sent.{suggest(name, [known for channel in channels for known in channel.sends])}")


def _of_row(engine: Engine, world: World, name: str, given: Mapping[str, Any], only: Socket | None) -> tuple[int, Any]:
    """A message made of a row, as its document says."""
    template = engine.runtime.templates.get(name)
    if template is None or not template.collection:
        raise Problem(409, None, f"The document does not say how '{name}' is made of a row. Give 'data'.")
    call = Call(engine.runtime, NO_REQUEST, engine.any_plan(), {}, world)
    row = edits.row_of(world, engine.contract.collections[template.collection], str(given["row"]))
    emit = template.emit(call, row)
    room = given.get("room", emit.room)
    data = orjson.loads(engine.realtime.rendered(call, name, emit.data))
    return _pushed(engine, world, name, data, only, room), data


def _pushed(engine: Engine, world: World, name: str, data: Any, only: Socket | None, room: str | None) -> int:
    """Sends a message to a socket, or to a room in all processes; returns how many sockets of this one got it."""
    mark = world.share.spread(name, room, data) if only is None and world.share is not None else ""
    return engine.realtime.push(world, name, data, [only] if only is not None else list(world.rooms.members(room)), room, mark)


def _check(engine: Engine, channel: Channel, message: Message, data: Any) -> None:
    """Raises Problem for a payload that its schema does not admit."""
    if message.pointer is None:
        return
    validator = engine.runtime.validator(channel.bundle, message.pointer, requests=False)
    wrong = [item for error in validator.iter_errors(data) for item in violations.explain(error, "/body/data")]
    if wrong:
        raise Problem(400, None, wrong[0].message, violations=tuple(wrong))
