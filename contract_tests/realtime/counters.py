"""A counter of our own: a new row with capacity, locked by sockets and sold by REST, and what its figures must be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.people import Person
from contract_tests.realtime import props
from contract_tests.realtime.letters import Letters, Place, place, put
from contract_tests.realtime.lines import Line
from contract_tests.realtime.scenes import keys_of
from contract_tests.realtime.sight import Facts, Seen, View, templates
from contract_tests.samples import Request
from contract_tests.session import Session
from contract_tests.sockets import Heard
from understudy.contract.model import Channel, Collection, Contract, Holds, Operation, Receiver

__all__ = ["Counter", "Till", "tills"]


@dataclass(frozen=True)
class Till:
    """What a contract says of locks on one collection. buyers: operations that sell without a lock; spender: the one that spends one."""

    channel: Channel
    collection: Collection
    holds: Holds
    locker: Receiver
    unlocker: Receiver | None
    buyers: tuple[Operation, ...]
    spender: Operation | None

    @property
    def subject(self) -> str:
        """The operation that locks."""
        return self.locker.operation.id


def tills(contract: Contract) -> Iterator[Till]:
    """All locks by socket that a contract declares."""
    for channel in contract.channels:
        for receiver in channel.receives.values():
            move = _move(receiver.operation, "take", ("lock",))
            collection = contract.collections.get(str(move["of"])) if move else None
            if collection is None or collection.capacity is None or collection.capacity.holds is None:
                continue
            of = collection.name
            unlocker = next((item for item in channel.receives.values() if _move(item.operation, "give", ("lock",), of)), None)
            buyers = tuple(item for item in contract.operations if _move(item, "take", (None, "keep", "use"), of) and item.method == "POST")
            spender = next((item for item in contract.operations if _move(item, "take", ("spend",), of)), None)
            yield Till(channel, collection, collection.capacity.holds, receiver, unlocker, buyers, spender)


def _move(operation: Operation, word: str, holds: tuple[str | None, ...], of: str | None = None) -> Mapping[str, Any] | None:
    moves = operation.behavior.get(word) or []
    every = [moves] if isinstance(moves, Mapping) else moves
    return next((move for move in every if move.get("hold") in holds and (of is None or move["of"] == of) and "each" not in move), None)


class Counter:
    """One new row, of which there is `total`. people: who may lock and buy; watch: a line that hears of every change."""

    def __init__(self, letters: Letters, till: Till, total: int) -> None:
        self.letters, self.till, self.total = letters, till, total
        self.session: Session = letters.session
        self.people = [person for person in self.session.people.everyone if person.token or person.cookies]
        if len(self.people) < 2:
            raise NotChecked("it takes two people who can sign in")
        self.row = dict(props.category(self.session, till.collection, total, None))
        self.key = self.row[till.collection.key]
        letters.ours.add(str(self.key))
        self.about = keys_of(till.collection, self.row)
        self.scope = {name: self.row[name] for name in till.collection.refs if name in self.row}
        self.watch = self.watching()

    def watching(self) -> Line:
        """A line of the last person in the room of the row. Raises NotChecked."""
        line = self.letters.stage.open(self.till.channel, self.people[-1])
        room = self.room()
        if room is None or not self.letters.enter(line, room, self.about):
            raise NotChecked(f"nobody can be in the room '{room}'")
        return line

    def line(self, person: Person) -> Line:
        """A new line of somebody."""
        return self.letters.stage.open(self.till.channel, person)

    # what is known

    def _view(self, person: Person | None = None) -> View:
        row = self.seen()
        facts = Facts(self.session, self.till.locker.operation, person or self.people[0], row=row, held=self.letters.holding)
        return View(facts)

    def seen(self) -> Mapping[str, Any]:
        """The row as REST shows it. Raises NotChecked."""
        rows = self.session.rows(self.till.collection, self.people[0], self.scope)
        found = next((row for row in rows if str(row.get(self.till.collection.key)) == str(self.key)), None)
        if found is None:
            raise NotChecked(f"{self.till.collection.name} {self.key} is not seen by REST")
        return {**self.scope, **found}

    def figures(self) -> dict[str, Any]:
        """The numbers of the row as REST shows it."""
        return {name: value for name, value in self.seen().items() if isinstance(value, int | float) and not isinstance(value, bool)}

    def reserved(self) -> int:
        """How many REST says are sold or reserved."""
        capacity = self.till.collection.capacity
        assert capacity is not None
        return int(self.seen().get(capacity.reserved) or 0)

    def room(self) -> str | None:
        """The room that hears of changes."""
        template = templates(self.session.contract).get(self.till.holds.announce or "", {})
        return str(self._view().sure(template["room"])) if "room" in template else None

    def announced(self) -> Any:
        """What a message about the row must say now, with UNKNOWN in it."""
        template = templates(self.session.contract).get(self.till.holds.announce or "", {})
        return self._view().value(template["data"]) if "data" in template else Seen()

    # what is done

    def body(self, line: Line, receiver: Receiver, quantity: int | None = None) -> Any:
        """The message that locks or unlocks."""
        body = self.letters.write(line, receiver, self.about)
        at = self._quantity(receiver)
        return put(body, at, quantity) if at is not None and quantity is not None else body

    def _quantity(self, receiver: Receiver) -> Place | None:
        for word in ("take", "give"):
            move = receiver.operation.behavior.get(word)
            if isinstance(move, Mapping):
                return place(move.get("quantity"))
        return None

    def lock(self, line: Line, quantity: int) -> Heard | None:
        """Locks so many: the good reply, None if it was refused. Raises NotChecked where nothing comes."""
        return self._say(line, self.till.locker, quantity)

    def unlock(self, line: Line) -> Heard | None:
        """Frees somebody's lock: the good reply, None if it was refused."""
        if self.till.unlocker is None:
            raise NotChecked("no message frees a lock")
        return self._say(line, self.till.unlocker, None)

    def _say(self, line: Line, receiver: Receiver, quantity: int | None) -> Heard | None:
        letters, body = self.letters, self.body(line, receiver, quantity)
        mark = letters.stage.say(line, receiver, body)
        found = letters.stage.heard(line, lambda item: self.answers(line, receiver, body, item), mark)
        if found is None:
            raise NotChecked(f"'{receiver.message.name}' is not answered")
        if letters.is_refusal(line, receiver, found):
            return None
        self.note(line.person, quantity or 0)
        return found

    def answers(self, line: Line, receiver: Receiver, body: Any, item: Heard) -> bool:
        """Whether something that came answers a message of a line."""
        return item.ack is None and (self.letters.is_reply(line, receiver, body, item) or self.letters.is_refusal(line, receiver, item))

    def note(self, person: Person | None, quantity: int) -> None:
        """Keeps count of what somebody has locked."""
        self.letters.held[str(self.key), str(person.key if person else "")] = quantity

    def told(self, field: str, reply: Heard) -> Any:
        """What a reply to a lock says of the hold: `id`, or the field of its end."""
        template = self.till.locker.operation.behavior.get("reply") or {}
        name = next((name for name, text in template.items() if text == f"hold.{field}"), None)
        return reply.data.get(name) if name and isinstance(reply.data, dict) else None

    def lock_id(self, reply: Heard) -> Any:
        """The key of a lock. Raises NotChecked."""
        holds = self.session.contract.collections.get(self.till.holds.collection)
        found = self.told(holds.key if holds else "id", reply)
        if found is None:
            raise NotChecked("the reply to a lock does not tell its key")
        return found

    def request(self, operation: Operation, quantity: int, lock: Any = None, key: Any = None) -> Request:
        """A request that buys so many. lock: that is spent."""
        from contract_tests.bindings import bindings

        keys = {**self.about, self.till.collection.name: self.key if key is None else key}
        given = {item.spot: keys[item.collection.name] for item in bindings(self.session.contract, operation) if item.collection.name in keys}
        request = self.session.samples.request(operation, self.people[0], given)
        move = _move(operation, "take", (None, "keep", "use", "spend")) or {}
        fields = {}
        for word, value in (("quantity", quantity), ("lock", lock), ("key", keys[self.till.collection.name])):
            at = place(move.get(word))
            if at is not None and value is not None and len(at) == 1:
                fields[at[0]] = value
        return request.with_body(**fields)

    def buy(self, operation: Operation, person: Person, quantity: int, lock: Any = None, key: Any = None) -> Exchange:
        """Buys so many by REST."""
        request = self.request(operation, quantity, lock, key)
        if operation.behavior.do == "create":
            return self.session.create(operation, person, request)[1]
        return self.session.perform(operation, person, request)

    def spend(self, person: Person, quantity: int, lock: Any, key: Any = None) -> Exchange:
        """Spends a lock by REST. Raises NotChecked."""
        if self.till.spender is None:
            raise NotChecked("no operation spends a lock")
        return self.buy(self.till.spender, person, quantity, lock, key)
