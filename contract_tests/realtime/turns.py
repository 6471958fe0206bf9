"""Turns: what brings a row from one state to another - a message, a request that moves it, a request that sets a flag."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.realtime.scenes import Scene, send
from contract_tests.realtime.sight import View
from understudy.contract import schemas
from understudy.contract.model import Behavior, Channel, Collection, Contract, Operation, Receiver

__all__ = ["Turn", "target", "ways"]

CONSTANT = re.compile(r"^'(\w+)'$")
FLAG = re.compile(r"\b([a-z]\w*)\.(\w+)\b")
MOVES = ("update", "transition")


@dataclass(frozen=True)
class Turn:
    """One step. operation: that is done; channel, receiver: where it is a message; state: to which it leads; collection: of the row;
    fields: that a request sets; word: the name by which the refused message calls that row."""

    operation: Operation
    collection: Collection
    state: str | None = None
    channel: Channel | None = None
    receiver: Receiver | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    word: str = "row"

    def __str__(self) -> str:
        if self.receiver is not None:
            return f"'{self.receiver.message.name}'"
        return f"{self.operation.id}{''.join(f' {name}: {value}' for name, value in self.fields.items())}"

    def key(self, made: Scene) -> Any:
        """The key of the row; raises Unknown."""
        view = View(made.letters.facts(made.line, made.receiver, made.body))
        known = made.receiver.operation.behavior.get("key") if self.word == "row" else view.withs[self.word].get("key")
        return view.sure(known)

    def take(self, made: Scene) -> bool:
        """Does it to the row of a scene; whether it was taken."""
        return self._say(made) if self.receiver is not None and self.channel is not None else self._ask(made)

    def _say(self, made: Scene) -> bool:
        assert self.receiver is not None
        assert self.channel is not None
        same = self.channel is made.line.channel
        line = made.line if same else made.stage.open(self.channel, made.line.person, made.line.path)
        return send(made.letters, line, self.receiver, made.letters.write(line, self.receiver, made.about, made.other))

    def _ask(self, made: Scene) -> bool:
        """By REST, as who made the row."""
        session, operation = made.session, self.operation
        caller = session.caller(operation, made.line.person)
        request = session.samples.request(operation, caller, {("path", operation.path_names[-1]): self.key(made)})
        return session.perform(operation, caller, request.with_body(**self.fields) if self.fields else request).ok


def target(collection: Collection | None, behavior: Behavior) -> str | None:
    """The state to which an operation moves its row, where that is always the same."""
    if collection is None or collection.states is None or behavior.do not in MOVES:
        return None
    text = str(behavior.get("to") or (behavior.get("set") or {}).get(collection.states.field) or "")
    found = CONSTANT.match(text)
    state = found.group(1) if found else text
    return state if state in collection.states.moves else None


def ways(contract: Contract, channel: Channel, receiver: Receiver) -> list[list[Turn]]:
    """How the row of a message is brought into each state that can be reached; first that nothing is done."""
    found: list[list[Turn]] = [[]]
    view = receiver.operation.behavior.words.get("with") or {}
    words = {"row": receiver.operation.behavior.collection, **{name: word["collection"] for name, word in view.items()}}
    for word, name in words.items():
        collection = contract.collections.get(name or "")
        if collection is not None and collection.states is not None:
            found += _states(collection, list(_movers(contract, channel, collection, word)))
    found += [[turn] for turn in _flags(contract, receiver, words)]
    kept: dict[tuple[str, ...], list[Turn]] = {}
    for way in found:
        kept.setdefault(tuple(map(str, way)), way)
    return list(kept.values())


def _movers(contract: Contract, channel: Channel, collection: Collection, word: str) -> Iterator[Turn]:
    for other in contract.channels:
        for receiver in other.receives.values() if other.opening.path_names == channel.opening.path_names else ():
            behavior = receiver.operation.behavior
            state = target(collection, behavior) if behavior.collection == collection.name else None
            if state is not None:
                yield Turn(receiver.operation, collection, state, other, receiver, word=word)
    for operation in contract.operations:
        state = target(collection, operation.behavior) if operation.behavior.collection == collection.name and operation.path_names else None
        if state is not None and operation.behavior.get("key") in (None, f"path.{operation.path_names[-1]}"):
            yield Turn(operation, collection, state, word=word)


def _states(collection: Collection, movers: list[Turn]) -> list[list[Turn]]:
    """The shortest way to each state."""
    assert collection.states is not None
    first = str(collection.states.initial)
    reached: dict[str, list[Turn]] = {first: []}
    waiting = [first]
    for state in waiting:
        for turn in movers:
            if turn.state is not None and turn.state in collection.states.moves.get(state, ()) and turn.state not in reached:
                reached[turn.state] = [*reached[state], turn]
                waiting.append(turn.state)
    return [way for way in reached.values() if way]


def _flags(contract: Contract, receiver: Receiver, words: Mapping[str, str | None]) -> Iterator[Turn]:
    """Requests that turn a field off or on that a condition looks at."""
    for item in receiver.operation.behavior.get("unless") or ():
        for word, name in FLAG.findall(str(item["when"])):
            collection = contract.collections.get(words.get(word) or "")
            for operation in contract.operations if collection is not None else ():
                if collection is not None and operation.path_names and operation.behavior.do == "update" and operation.behavior.collection == collection.name:
                    yield from (Turn(operation, collection, fields={name: value}, word=word) for value in (False, True) if _is_flag(operation, name))


def _is_flag(operation: Operation, name: str) -> bool:
    media = next((item for kind, item in operation.bodies.items() if schemas.is_json(kind)), None)
    given = schemas.properties(operation.bundle.data, media.schema or {}) if media else {}
    return name in given and schemas.type_of(operation.bundle.data, given[name]) == "boolean"
