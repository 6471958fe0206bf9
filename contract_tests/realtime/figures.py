"""Whether a message says what is so after the act of which it tells: foretold from what was seen before, and from the declared effects."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.realtime.acts import Act, act_of
from contract_tests.realtime.deeds import Source, sources
from contract_tests.realtime.delivering import listeners
from contract_tests.realtime.letters import Letters
from contract_tests.realtime.lines import LAYER, Line, clause_about
from contract_tests.realtime.scenes import staged
from contract_tests.realtime.sight import UNKNOWN, Expected, Facts, Seen, Unknown, View, agrees, seen
from contract_tests.session import Session
from understudy.contract.model import Channel, Collection, Contract, Push

__all__ = ["plan"]

FIGURES = "realtime.figures"
Row = Mapping[str, Any]


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each message that tells of a change made by a message."""
    for channel in contract.channels:
        for push in channel.sends.values():
            for source in sources(contract, push):
                if _changes(source):
                    run = partial(_foretold, channel=channel, push=push, source=source)
                    yield Check(FIGURES, LAYER, push.id, run, source.name, wide=True)


def _changes(source: Source) -> bool:
    """Whether a message, and not only time or a request, changes rows in a way that can be worked out; what locks do has its own checks."""
    words = source.operation.behavior.words
    by_message = source.operation.method == "RECEIVE" and source.emit.get("to") != "sender" and not source.delay
    changing = words.get("updates") or (source.operation.behavior.do in ("update", "transition") and words.get("set"))
    return bool(by_message and changing and not words.keys() & {"take", "give"})


def _foretold(session: Session, channel: Channel, push: Push, source: Source) -> Iterator[Finding]:
    with staged(session) as letters:
        act = act_of(letters, channel, push, source)
        inside, _ = listeners(letters, channel, push, act)
        if not inside or act.scene is None:
            raise NotChecked(f"nobody can be in the room '{act.expected.room}'")
        told = _after(letters, act, push, [*inside, act.scene.line])
        marks = {id(line): line.client.mark() for line in inside}
        letters.stage.say(act.scene.line, act.scene.receiver, act.scene.body)
        yield from _judged(letters, push, inside, marks, told)


def _after(letters: Letters, act: Act, push: Push, lines: Sequence[Line]) -> list[Expected]:
    """The messages as they must be after the act. Raises NotChecked where nothing of them is known."""
    assert act.scene is not None
    made = act.scene
    view = Foretold(letters.facts(made.line, made.receiver, made.body), lines)
    told = [item for item in view.expected(made.receiver.operation.behavior.get("emit")) if item.message == push.message.name]
    if not told or all(item.data is UNKNOWN for item in told):
        raise NotChecked(f"what '{push.message.name}' must say afterwards is not seen before")
    return told


def _judged(letters: Letters, push: Push, inside: Sequence[Line], marks: Mapping[int, int], told: Sequence[Expected]) -> Iterator[Finding]:
    name = push.message.name
    for line in inside[:1]:
        item = letters.stage.wait(line, name, marks[id(line)])
        if item is None:
            raise NotChecked(f"'{name}' does not come")
        if all(agrees(one.data, item.data) for one in told):
            title = f"'{name}' says what was so before the act, or something else: {agrees(told[0].data, item.data)}"
            clause = clause_about(line.channel, name)
            yield letters.stage.finding(FIGURES, push.id, title, repr(told[0].data), item.data, clause=clause, aspect="before", line=line)


class Foretold(View):
    """What will be seen after a message: rows as they are seen before it, else as messages have shown them, changed as its effects say."""

    def __init__(self, facts: Facts, lines: Sequence[Line]) -> None:
        super().__init__(facts)
        self.before, self.lines = View(facts), lines
        self.unsure = {item["collection"] for word in ("creates", "removes") for item in self.words.get(word) or ()}

    def lookup(self, collection: Collection, key: Any, scope: Mapping[str, Any]) -> Any:
        """A row by its key, as it will be."""
        try:
            found = super().lookup(collection, key, scope)
        except Unknown:
            found = None
        found = found if found is not None else self._recalled(collection, key)
        if found is None:
            raise Unknown(f"{collection.name} {key}")
        return self._changed(collection, found)

    def rows(self, collection: str, field: str | None, value: Any) -> Any:
        """The rows of a collection, as they will be."""
        known = self.contract.collections.get(collection)
        if collection in self.unsure:
            raise Unknown(collection)
        found = super().rows(collection, field, value)
        return found if known is None or field == known.key else [self._changed(known, row) for row in found]

    def own_row(self) -> Any:
        """The row that the message is about, as it will be."""
        try:
            row = dict(super().own_row() or {})
        except Unknown:
            row = {}
        collection = self.contract.collections.get(self.facts.operation.behavior.collection or "")
        return self._set(collection, row, self.words.get("set") or {}) if collection is not None else Seen(row)

    def virtual(self, _collection: str, name: str, row: Any) -> Any:
        """What is computed may be another figure then; raises Unknown."""
        raise Unknown(name)

    def _recalled(self, collection: Collection, key: Any) -> Any:
        """A row as the last message that had it showed it; None where none did."""
        shown = (row for line in self.lines for item in reversed(line.client.heard) for row in _maps(item.data))
        return seen(self.contract, collection, next((row for row in shown if str(row.get(collection.key)) == str(key)), None))

    def _changed(self, collection: Collection, row: Row) -> Any:
        for effect in self.words.get("updates") or ():
            if effect["collection"] == collection.name and self._hits(effect, row):
                row = self._set(collection, row, effect.get("set") or {})
        return row

    def _hits(self, effect: Mapping[str, Any], row: Row) -> bool:
        if "each" in effect:
            raise Unknown(str(effect["each"]))
        self.before.scope["it"] = row
        return all(self.before.sure(effect[word]) for word in ("when", "where") if word in effect)

    def _set(self, collection: Collection, row: Row, words: Mapping[str, Any]) -> Any:
        """A row with other values; those that nobody can know are not seen."""
        values = {name: self.before.value(text) for name, text in words.items()}
        lost = {name for name, value in values.items() if value is UNKNOWN} | {collection.updated, *collection.virtual, *collection.derive}
        return Seen({name: value for name, value in {**row, **values}.items() if name not in lost})


def _maps(value: Any) -> Iterator[Row]:
    """The objects within a payload."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _maps(item)
