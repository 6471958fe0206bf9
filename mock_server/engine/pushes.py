"""Messages made of rows, as their send operations declare: what each is about, who gets it, what it says, and when it goes by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mock_server.engine.call import Call, Emit, Entity
from mock_server.state.store import Row
from understudy.contract.errors import ContractError
from understudy.contract.model import Channel, Push

if TYPE_CHECKING:
    from mock_server.engine.runtime import Runtime

Evaluate = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Template:
    """How a message is made of a row of a collection."""

    message: str
    collection: str
    room: Evaluate | None
    data: Evaluate | None
    whenever: Evaluate | None

    def room_of(self, call: Call, row: Row) -> str | None:
        """The room that a message about a row goes to."""
        return None if self.room is None else self._about(call, row, self.room)

    def data_of(self, call: Call, row: Row) -> Any:
        """The payload about a row."""
        return Entity(self.collection, row) if self.data is None else self._about(call, row, self.data)

    def emit(self, call: Call, row: Row) -> Emit:
        """The message about a row."""
        return Emit(self.message, self.room_of(call, row), self.data_of(call, row))

    def changed(self, call: Call, old: Row | None, new: Row) -> Emit | None:
        """The message that goes by itself when a row is made or changed, if it does."""
        assert self.whenever is not None
        return self.emit(call, new) if self._about(call, new, self.whenever, old) else None

    def _about(self, call: Call, row: Row, evaluate: Evaluate, old: Row | None = None) -> Any:
        scope = call.scope
        before = scope.get("row"), scope.get("old")
        scope["row"], scope["old"] = row, old
        try:
            return evaluate(scope)
        finally:
            scope["row"], scope["old"] = before


def templates(runtime: "Runtime") -> dict[str, Template]:
    """The templates of a contract's messages, by name."""
    found: dict[str, Template] = {}
    for channel in runtime.contract.channels:
        for push in channel.sends.values():
            if push.words:
                _refuse_second(channel, push, found)
                found[push.message.name] = _template(runtime, channel, push)
    return found


def _refuse_second(channel: Channel, push: Push, found: dict[str, Template]) -> None:
    if push.message.name in found:
        place = channel.bundle.place(f"{push.pointer}/x-behavior")
        raise ContractError(*place, f"{push.id}: x-behavior: another operation says already how '{push.message.name}' is made.")


def _template(runtime: "Runtime", channel: Channel, push: Push) -> Template:
    words = push.words
    place = partial(channel.bundle.place, f"{push.pointer}/x-behavior")
    names = {"row": words["collection"], "old": words["collection"]} if "collection" in words else {}
    made: dict[str, Any] = dict.fromkeys(("room", "data", "whenever"))
    for word in made.keys() & words.keys():
        made[word] = runtime.values(words[word], names, place, f"{push.id}: x-behavior.{word}", mark=word == "data")
    return Template(push.message.name, words.get("collection", ""), **made)


def by_themselves(found: dict[str, Template]) -> dict[str, tuple[Template, ...]]:
    """The messages that go by themselves, by the collection whose changes they tell of."""
    watched: dict[str, tuple[Template, ...]] = {}
    for template in found.values():
        if template.whenever is not None:
            watched[template.collection] = (*watched.get(template.collection, ()), template)
    return watched


def told(call: Call, changes: list[tuple[str, Row | None, Row]]) -> Iterator[Emit]:
    """The messages that tell of changes by themselves."""
    for collection, old, new in changes:
        for template in call.runtime.watched[collection]:
            emit = template.changed(call, old, new)
            if emit is not None:
                yield emit
