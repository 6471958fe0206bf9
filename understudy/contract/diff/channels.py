"""The channels of two AsyncAPI documents: events that are gone, renamed or elsewhere, and what of the others has changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from understudy.contract.diff.behaviors import compare_behaviors
from understudy.contract.diff.changes import Change, Side, change
from understudy.contract.diff.operations import compare_media, compare_parameters
from understudy.contract.diff.shapes import Way, compare
from understudy.contract.model import Channel, Message, Push, Receiver

__all__ = ["compare_channels"]

ALIKE = 0.6  # how alike two names must be for the one to have become the other


@dataclass(frozen=True, slots=True)
class Event:
    """A message in a channel. id: of its operation; sent: whether clients send it."""

    channel: Channel
    message: Message
    id: str
    pointer: str
    sent: bool
    item: Receiver | Push

    @property
    def way(self) -> Way:
        """Which way its payload goes."""
        return "request" if self.sent else "response"

    @property
    def about(self) -> str:
        """What it is called in sentences."""
        return f"message {self.message.name} {'to' if self.sent else 'from'} {self.channel.address}"

    def side(self, message: Message) -> Side:
        """A payload's schema."""
        return Side(self.channel.bundle, message.schema, message.pointer or self.pointer)


def compare_channels(old: Iterable[Channel], new: Iterable[Channel]) -> Iterator[Change]:
    """The changes of all channels of two contracts."""
    before, after = list(old), list(new)
    pairs = _paired(before, after)
    known = {id(item) for pair in pairs for item in pair}
    for one, other in pairs:
        yield from _channel(one, other)
    yield from (change("channel.removed", True, _name(item), "is gone", item.bundle, item.pointer) for item in before if id(item) not in known)
    yield from (change("channel.added", False, _name(item), "is new", item.bundle, item.pointer) for item in after if id(item) not in known)
    yield from _events(pairs, [item for item in after if id(item) not in known])


def _name(channel: Channel) -> str:
    return f"channel {channel.address}"


def _paired(old: list[Channel], new: list[Channel]) -> list[tuple[Channel, Channel]]:
    pairs: list[tuple[Channel, Channel]] = []
    for key in (lambda item: (item.service, item.address), lambda item: (item.service, item.id), lambda item: item.address):
        paired = {id(item) for pair in pairs for item in pair}
        there = {key(item): item for item in new if id(item) not in paired}
        pairs += [(item, there.pop(key(item))) for item in old if id(item) not in paired and key(item) in there]
    return pairs


def _channel(old: Channel, new: Channel) -> Iterator[Change]:
    """The changes of how a channel is opened."""
    about = _name(old)
    for kind, says in _moves(old, new):
        yield change(kind, True, about, says, new.bundle, new.pointer)
    yield from compare_parameters(old.opening, new.opening, about)
    yield from compare_media(old.opening, new.opening, (old.opening.bodies, new.opening.bodies), "request", about, "auth object", new.pointer)
    yield from _security(old, new, about)
    yield from compare_behaviors(old.opening, new.opening, about)


def _moves(old: Channel, new: Channel) -> Iterator[tuple[str, str]]:
    if old.address != new.address:
        yield "channel.moved", f"is {new.address} now"
    if old.service != new.service:
        yield "channel.moved", f"is at the service {new.service} now, it was at {old.service}"
    if old.raw != new.raw:
        yield "channel.protocol", f"speaks {'plain WebSocket' if new.raw else 'Socket.IO'} now"
        return
    if old.socketio.get("path") != new.socketio.get("path"):
        yield "channel.protocol", f"Socket.IO is at {new.socketio.get('path')} now, it was at {old.socketio.get('path')}"
    lost = [name for name in old.socketio.get("transports") or () if name not in (new.socketio.get("transports") or ())]
    if lost:
        yield "channel.protocol", f"is no longer reached by {', '.join(lost)}"
    if old.raw and old.tag != new.tag and old.receives:
        yield "channel.tag", f"frames name their message in '{new.tag}' now, it was '{old.tag}'"


def _security(old: Channel, new: Channel, about: str) -> Iterator[Change]:
    before, after = [{(item.where, item.name) for item in channel.security} for channel in (old, new)]
    for where, name in sorted(before - after):
        yield change("security.removed", True, about, f"no longer takes a token in {where} {name}", new.bundle, new.pointer)
    for where, name in sorted(after - before):
        says = f"takes a token in {where} {name}" + ("" if before else " now")
        yield change("security.added", not before, about, says, new.bundle, new.pointer)


# Events.


def _of(channel: Channel) -> list[Event]:
    receives = [Event(channel, item.message, item.operation.id, item.operation.pointer, True, item) for item in channel.receives.values()]
    return receives + [Event(channel, item.message, item.id, item.pointer, False, item) for item in channel.sends.values()]


def _events(pairs: list[tuple[Channel, Channel]], added: list[Channel]) -> Iterator[Change]:
    gone: list[Event] = []
    come = [event for channel in added for event in _of(channel)]
    names: dict[int, dict[str, str]] = {}
    same: list[tuple[Event, Event]] = []
    for one, other in pairs:
        before, after = [{(item.sent, item.message.name): item for item in _of(channel)} for channel in (one, other)]
        same += [(item, after[key]) for key, item in before.items() if key in after]
        lost, found = [item for key, item in before.items() if key not in after], [item for key, item in after.items() if key not in before]
        renamed = list(_renamed(lost, found))
        names[id(one)] = {item.message.name: became.message.name for item, became in renamed}
        same += renamed
        gone += [item for item in lost if item not in [pair[0] for pair in renamed]]
        come += [item for item in found if item not in [pair[1] for pair in renamed]]
    for item, became in same:
        yield from _event(item, became, names.get(id(item.channel), {}))
    yield from _left_over(gone, come, added)


def _renamed(lost: list[Event], found: list[Event]) -> Iterator[tuple[Event, Event]]:
    """Which message became which: the same operation, else a name that is much alike."""
    left = list(found)
    for item in lost:
        fitting = [other for other in left if other.sent == item.sent and _likeness(item, other) >= ALIKE]
        if fitting:
            became = max(fitting, key=lambda other, item=item: _likeness(item, other))  # type: ignore[misc]
            left.remove(became)
            yield item, became


def _likeness(one: Event, other: Event) -> float:
    if one.id == other.id and one.id != one.message.name:
        return 2.0
    return SequenceMatcher(None, one.message.name.lower(), other.message.name.lower()).ratio()


def _left_over(gone: list[Event], come: list[Event], added: list[Channel]) -> Iterator[Change]:
    elsewhere = {(item.sent, item.message.name): item for item in come}
    for item in gone:
        moved = elsewhere.pop((item.sent, item.message.name), None)
        if moved:
            yield change("message.moved", True, item.about, f"is in the channel {moved.channel.address} now", moved.channel.bundle, moved.pointer)
            yield from _event(item, moved, {})
        else:
            yield change("message.removed", True, item.about, "is gone", item.channel.bundle, item.pointer)
    for item in elsewhere.values():
        if item.channel not in added:
            yield change("message.added", False, item.about, "is new", item.channel.bundle, item.pointer)


def _event(old: Event, new: Event, names: Mapping[str, str]) -> Iterator[Change]:
    if old.message.name != new.message.name:
        yield change("message.renamed", True, old.about, f"was probably renamed to {new.message.name}", new.channel.bundle, new.message.pointer or new.pointer)
    if old.message.schema is not None and new.message.schema is not None:
        yield from compare(old.side(old.message), new.side(new.message), old.way, old.about, "payload")
    if isinstance(old.item, Receiver) and isinstance(new.item, Receiver):
        yield from _reply(old, new, old.item, new.item, names)
        yield from compare_behaviors(old.item.operation, new.item.operation, old.about)
    elif isinstance(old.item, Push) and isinstance(new.item, Push):
        yield from _room(old, new, old.item, new.item)


def _reply(old: Event, new: Event, one: Receiver, other: Receiver, names: Mapping[str, str]) -> Iterator[Change]:
    place = (new.channel.bundle, f"{new.pointer}/reply")
    if one.reply is None or other.reply is None:
        if one.reply is not other.reply:
            says = "is no longer answered" if one.reply else f"is answered by {_called(other)} now"
            yield change("reply.removed" if one.reply else "reply.added", one.reply is not None, old.about, says, *place)
        return
    if one.ack != other.ack:
        yield change("reply.kind", True, old.about, f"is answered by {_called(other)} instead of {_called(one)}", *place)
    elif not one.ack and names.get(one.reply.name, one.reply.name) != other.reply.name:
        yield change("reply.name", True, old.about, f"is answered by {_called(other)} instead of {_called(one)}", *place)
    if one.ack and other.ack and one.reply.schema is not None and other.reply.schema is not None:
        yield from compare(old.side(one.reply), new.side(other.reply), "response", old.about, "acknowledgement")


def _called(receiver: Receiver) -> str:
    return "an acknowledgement" if receiver.ack or receiver.reply is None else receiver.reply.name


def _room(old: Event, new: Event, one: Push, other: Push) -> Iterator[Change]:
    before, after = one.words.get("room"), other.words.get("room")
    if before != after:
        says = f"goes to the room {after} instead of {before or 'everyone'}" if after else f"goes to everyone instead of the room {before}"
        yield change("message.room", bool(after), old.about, says, new.channel.bundle, f"{new.pointer}/x-behavior/room")
