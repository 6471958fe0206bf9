"""Who is sent a message, and when: every declaration of a backend that sends one, by the message's name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from understudy.contract.model import Channel, Contract

ALONE = "only the socket itself"
EVERYONE = "everyone"
ERROR = "error"  # tells of refusals where nothing else is declared


@dataclass(slots=True)
class Delivery:
    """What is known of one message.

    words: what x-behavior says of it; occasions: what sends it, in words, code in backticks; rooms: as expressions;
    alone: whether there are occasions on which only one socket is told; public: on which everyone is.
    """

    words: Mapping[str, Any] = field(default_factory=dict)
    occasions: dict[str, None] = field(default_factory=dict)
    rooms: dict[str, None] = field(default_factory=dict)
    alone: bool = False
    public: bool = False

    def add(self, occasion: str, room: Any = None, alone: bool = False) -> None:
        """Notes one more reason to send it."""
        self.occasions[occasion] = None
        room = self.words.get("room") if room is None and not alone else room
        if room is not None:
            self.rooms[str(room)] = None
        self.alone, self.public = self.alone or alone, self.public or (room is None and not alone)


def deliveries(contract: Contract) -> dict[str, Delivery]:
    """Message name -> its delivery."""
    pushes = [push for channel in contract.channels for push in channel.sends.values()]
    words = {push.message.name: push.words for push in pushes if push.words}
    found = {push.message.name: Delivery(words.get(push.message.name, {})) for push in pushes}
    for name, *said in _all(contract):
        if name in found:
            found[name].add(*said)
    for delivery in found.values():
        if "whenever" in delivery.words:
            delivery.add(f"any change of a row of `{delivery.words.get('collection')}` by which `{delivery.words['whenever']}`")
    return found


def emitted(words: Any) -> Iterator[Mapping[str, Any]]:
    """Every `emit` inside the words of a behaviour, those of what happens later included."""
    if isinstance(words, Mapping):
        for word, value in words.items():
            yield from value if word == "emit" and isinstance(value, list) else emitted(value)
    elif isinstance(words, list):
        for item in words:
            yield from emitted(item)


Said = tuple[Any, ...]  # a message's name, and what Delivery.add takes


def _all(contract: Contract) -> Iterator[Said]:
    for operation in contract.operations:
        yield from _emits(f"`{operation.method} {operation.path}`", operation.behavior.words)
    for channel in contract.channels:
        yield from _of_channel(channel)
    for collection in contract.collections.values():
        holds = collection.capacity.holds if collection.capacity else None
        if holds is not None and holds.announce:
            yield holds.announce, "a lock that ends by itself"


def _emits(occasion: str, words: Any) -> Iterator[Said]:
    for item in emitted(words):
        yield item["message"], occasion, item.get("room"), item.get("to") == "sender"


def _of_channel(channel: Channel) -> Iterator[Said]:
    words = dict(channel.opening.behavior.words)
    closing = words.pop("closes", {})
    yield from _emits(f"the opening of `{channel.address}`", words)
    yield from _emits(f"the closing of `{channel.address}`", closing)
    refusing = [words.get("refused") or ({"message": ERROR} if ERROR in channel.sends else None)]
    for name, receiver in channel.receives.items():
        yield from _emits(f"`{name}`", receiver.operation.behavior.words)
        refusing.append(receiver.operation.behavior.get("refused"))
        if receiver.reply is not None and not receiver.ack:
            yield receiver.reply.name, f"`{name}`, as its answer", None, True
    yield from ((word["message"], "a refusal", None, True) for word in refusing if word)
