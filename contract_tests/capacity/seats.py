"""N5 and N6: what is taken is counted, what is given back is free again, and never is more given than there is; judged on state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from contract_tests.bindings import ITEM, place_of
from contract_tests.burst import burst
from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import found, short
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from contract_tests.shapes import row_of
from contract_tests.stock import Taking, amount, binding_of, free, stock_row, takings
from understudy.contract.model import Contract, Operation

__all__ = ["plan"]

CROWD = 24  # requests that are released together
FEW = 7  # things that they are for
Row = dict[str, Any]


@dataclass
class Scene:
    """What a check of a taking stands on: who takes, the request, and the row that is taken from."""

    session: Session
    taking: Taking
    person: Person | None
    request: Request
    key: Any
    scope: Mapping[str, Any]

    def row(self) -> Row:
        """What is taken from, as it is now."""
        return stock_row(self.session, self.taking.collection, self.key, self.person, self.scope)

    def take(self, quantity: int, person: Person | None = None) -> Exchange:
        """Takes so many."""
        session, operation = self.session, self.taking.operation
        request = self.taking.sized(self.request, quantity)
        if operation.behavior.do == "create":
            return session.create(operation, person or self.person, request, patient=False)[1]
        return session.perform(operation, person or self.person, request, patient=False)


def plan(contract: Contract) -> Iterator[Check]:
    """For each operation that takes: counting, overselling one after the other and together, undoing, and what gives back by itself."""
    for taking in takings(contract):
        name, operation = taking.operation.id, taking.operation
        yield Check("capacity.counted", "capacity", name, partial(_counted, taking), phase=30, confirm=False)
        yield Check("capacity.oversold", "capacity", name, partial(_oversold, taking), phase=30, also=("capacity.whole",), confirm=False)
        yield Check("capacity.race", "capacity", name, partial(_race, taking), phase=35, confirm=False)
        if taking.hold == "keep":
            yield Check("capacity.reservation", "capacity", name, partial(_reservation, taking, contract), phase=32, confirm=False)
        for later in operation.behavior.get("after") or ():
            if later.get("give"):
                yield Check("capacity.expiry", "capacity", name, partial(_expiry, taking, later), phase=50, slow=True, confirm=False)
        for undo in _undoing(contract, name):
            yield Check("conservation.undone", "oracles", undo.id, partial(_undone, taking, undo), name, 31, confirm=False)


def _undoing(contract: Contract, name: str) -> Iterator[Operation]:
    for operation in contract.operations:
        conserved = operation.behavior.get("conserves") or ()
        if name in ([conserved] if isinstance(conserved, str) else conserved):
            yield operation


def _scene(session: Session, taking: Taking, fresh: bool = True) -> Scene:
    """A scene on a row of its own where the API can make one. Raises NotChecked."""
    person = session.people.for_operation(taking.operation)
    binding = binding_of(session.contract, taking)
    given = _fresh(session, taking) if fresh else {}
    request = session.samples.request(taking.operation, person, given)
    row = request.rows.get(binding.spot)
    if row is None:
        raise NotChecked(f"there is no {taking.collection.name} to take from")
    places = {"path": request.path, "body": request.body or {}, "query": request.query}
    scope = {name: places[where].get(spot) for name, (where, spot) in binding.scope.items()}
    scene = Scene(session, taking, person, request, row[taking.collection.key], {name: value for name, value in scope.items() if value is not None})
    scene.row()
    return scene


def _fresh(session: Session, taking: Taking) -> dict[Any, Any]:
    """The place of a parent of what is taken that was made for this check, so that nobody else is disturbed."""
    binding = binding_of(session.contract, taking)
    for field, spot in binding.scope.items():
        ref = taking.collection.refs.get(field)
        parent = session.contract.collections.get(ref.collection) if ref else None
        made = session.make(parent, None) if parent is not None else None
        if made is not None and parent is not None and parent.key in made:
            return {spot: made[parent.key]}
    return {}


def _counted(taking: Taking, session: Session) -> Iterator[Finding]:
    scene = _scene(session, taking)
    before = amount(taking.collection, scene.row())
    answer = scene.take(2)
    if not answer.ok or before is None:
        raise NotChecked(f"{taking.operation.id} answers {answer.status}: {short(answer.text)}")
    after = amount(taking.collection, scene.row())
    if after is None or after[1] - before[1] != 2 or after[0] != before[0]:
        yield found(
            "capacity.counted",
            "capacity",
            taking.operation,
            f"taking 2 of {taking.collection.name} is not counted as 2",
            expected=f"{before[1] + 2} of {before[0]} taken",
            seen=f"{after[1]} of {after[0]} taken" if after else "nothing",
            evidence=[answer],
        )
    _told(session, taking, answer)
    yield from _said(scene, answer)


def _told(session: Session, taking: Taking, answer: Exchange) -> None:
    session.recorder.saw(taking.operation, answer, {})


def _said(scene: Scene, answer: Exchange) -> Iterator[Finding]:
    """What the answer says is left agrees with what is shown."""
    said = row_of(scene.session.contract, scene.taking.operation, answer.json) or {}
    row = scene.row()
    for name in scene.taking.collection.derive:
        if name in said and name in row and said[name] != row[name]:
            yield found(
                "capacity.counted",
                "capacity",
                scene.taking.operation,
                f"{name} in the answer is not what is shown afterwards",
                expected=row[name],
                seen=said[name],
                evidence=[answer],
                aspect=name,
            )


def _oversold(taking: Taking, session: Session) -> Iterator[Finding]:
    """More than is left is refused, and changes nothing."""
    scene = _scene(session, taking)
    left = free(taking.collection, scene.row())
    answer = scene.take(left + 1)
    after = free(taking.collection, scene.row())
    if answer.ok or after != left:
        yield found(
            "capacity.oversold",
            "capacity",
            taking.operation,
            f"more of {taking.collection.name} can be taken than is left",
            expected=f"a refusal of {left + 1} where {left} are left, and {left} left afterwards",
            seen=f"{answer.status}, {after} left",
            evidence=[answer],
        )
    yield from _nothing(scene, after)
    yield from _whole(scene)
    if left <= 5000 and not answer.ok:
        answer = scene.take(left)
        if answer.status and not answer.ok and after == left:
            yield found(
                "capacity.oversold",
                "capacity",
                taking.operation,
                f"the last of {taking.collection.name} can't be taken",
                expected=f"all {left} that are left",
                seen=f"{answer.status} {short(answer.text)}",
                evidence=[answer],
                aspect="last",
            )


def _nothing(scene: Scene, left: int) -> Iterator[Finding]:
    """Nothing, and less than nothing, can't be taken."""
    taking = scene.taking
    for quantity in (0, -2):
        answer = scene.take(quantity)
        after = free(taking.collection, scene.row())
        if answer.ok or after != left:
            yield found(
                "capacity.oversold",
                "capacity",
                taking.operation,
                f"{quantity} of {taking.collection.name} can be taken",
                expected=f"a refusal, and {left} left",
                seen=f"{answer.status}, {after} left",
                evidence=[answer],
                aspect="nothing" if quantity == 0 else "negative",
            )


def _whole(scene: Scene) -> Iterator[Finding]:
    """A request for several things of which one is not there takes none of them."""
    taking, session = scene.taking, scene.session
    items, item = place_of(taking.move.get("each")), ITEM.match(str(taking.move.get("quantity")))
    key = ITEM.match(str(taking.move.get("key")))
    rows = [row for row in session.rows(taking.collection, scene.person, scene.scope) if str(row.get(taking.collection.key)) != str(scene.key)]
    if items is None or item is None or key is None or not rows:
        return
    other = rows[0]
    lines = [{key.group(1): scene.key, item.group(1): 1}, {key.group(1): other[taking.collection.key], item.group(1): free(taking.collection, other) + 1}]
    before = amount(taking.collection, scene.row())
    answer = session.perform(taking.operation, scene.person, scene.request.with_body(**{items[1]: lines}), patient=False)
    after = amount(taking.collection, scene.row())
    if not answer.ok and after != before:
        yield found(
            "capacity.whole",
            "capacity",
            taking.operation,
            "a refused request for several things has taken some of them",
            expected=_taken(before),
            seen=_taken(after),
            evidence=[answer],
        )


def _taken(figures: tuple[int, int] | None) -> str:
    """How many are taken of how many there are, in words."""
    return f"{figures[1]} of {figures[0]} taken" if figures is not None else "nothing that is shown"


def _race(taking: Taking, session: Session) -> Iterator[Finding]:
    """Requests that are released together on connections opened beforehand: never more is taken than there is."""
    scene = _scene(session, taking)
    left = free(taking.collection, scene.row())
    if left > FEW:
        first = scene.take(left - FEW)
        if not first.ok:
            raise NotChecked(f"all but {FEW} can't be taken beforehand: {first.status} {short(first.text)}")
        left = FEW
    people = _crowd(session, scene)
    before = amount(taking.collection, scene.row())
    answers = burst(session, taking.operation, [(people[number % len(people)], taking.sized(scene.request, 1)) for number in range(CROWD)])
    good = [item for item in answers if item.ok]
    for answer, person in zip(answers, (people[number % len(people)] for number in range(CROWD)), strict=True):
        _remember(session, taking, answer, person)
    after = amount(taking.collection, scene.row())
    assert before is not None
    taken = after[1] - before[1] if after else -1
    if len(good) > left or taken > left or taken != len(good) or (after is not None and after[1] > after[0]):
        yield found(
            "capacity.race",
            "capacity",
            taking.operation,
            f"{CROWD} requests at once take more of {taking.collection.name} than there is, or lose count",
            expected=f"{left} granted, {left} counted",
            seen=f"{len(good)} granted, {taken} counted",
            evidence=(good or answers)[-1:],
        )


def _remember(session: Session, taking: Taking, answer: Exchange, person: Person | None) -> None:
    collection = session.contract.collections.get(taking.operation.behavior.collection or "")
    row = row_of(session.contract, taking.operation, answer.json, collection.key) if answer.ok and collection else None
    if row is not None and collection is not None and taking.operation.behavior.do == "create":
        session.remember(collection, row, person)


def _crowd(session: Session, scene: Scene) -> list[Person | None]:
    roles = scene.taking.operation.behavior.get("roles") or ()
    people: list[Person | None] = [item for item in session.people.everyone if not roles or item.role in roles]
    return people or [None]


def _undone(taking: Taking, undo: Operation, session: Session) -> Iterator[Finding]:
    """An act and its undo leave the figures as they were."""
    scene = _scene(session, taking)
    for other in session.people.everyone[1:3]:  # what others have taken meanwhile is not given back with it
        if not (roles := taking.operation.behavior.get("roles") or ()) or other.role in roles:
            scene.take(4, other)
    before = amount(taking.collection, scene.row())
    answer = scene.take(3)
    if not answer.ok:
        raise NotChecked(f"{taking.operation.id} answers {answer.status}: {short(answer.text)}")
    between = amount(taking.collection, scene.row())
    back = _undo(scene, undo, answer, 3)
    after = amount(taking.collection, scene.row())
    if not back.ok:
        yield found(
            "conservation.undone",
            "oracles",
            undo,
            f"{undo.id} does not undo {taking.operation.id}",
            expected="2xx",
            seen=f"{back.status} {short(back.text)}",
            evidence=[answer, back],
            aspect=f"{taking.operation.id}.refused",
        )
    elif after != before:
        yield found(
            "conservation.undone",
            "oracles",
            undo,
            f"{taking.operation.id} and {undo.id} do not leave {taking.collection.name} as it was",
            expected=_taken(before),
            seen=f"{_taken(after)}, and {_taken(between)} in between",
            evidence=[answer, back],
            aspect=taking.operation.id,
        )


def _undo(scene: Scene, undo: Operation, answer: Exchange, quantity: int) -> Exchange:
    """Takes an act back: the same thing by its key and quantity, or the row that it made."""
    session = scene.session
    if undo.behavior.get("give") and undo.behavior.do == "give":
        giving = Taking(undo, scene.taking.collection, undo.behavior.get("give"))
        binding = binding_of(session.contract, giving)
        request = session.samples.request(undo, scene.person, {binding.spot: scene.key})
        return session.perform(undo, scene.person, giving.sized(request, quantity))
    collection = session.contract.collections[str(undo.behavior.collection)]
    row = row_of(session.contract, scene.taking.operation, answer.json, collection.key)
    if row is None:
        raise NotChecked(f"{scene.taking.operation.id} does not answer with what it made")
    from contract_tests.bindings import bindings

    spot = next((item.spot for item in bindings(session.contract, undo) if item.main), ("path", undo.path_names[-1]))
    return session.perform(undo, scene.person, session.samples.request(undo, scene.person, {spot: row[collection.key]}))


def _reservation(taking: Taking, contract: Contract, session: Session) -> Iterator[Finding]:
    """Only what one holds oneself can be given back."""
    undo = next(_undoing(contract, taking.operation.id), None)
    if undo is None or undo.behavior.do != "give":
        raise NotChecked("nothing gives a reservation back")
    scene = _scene(session, taking)
    answer = scene.take(2)
    if not answer.ok or scene.person is None:
        raise NotChecked(f"{taking.operation.id} answers {answer.status}")
    before = amount(taking.collection, scene.row())
    stranger = session.people.others(scene.person)
    for person, quantity, what in ((stranger, 2, "what somebody else holds"), (scene.person, 3, "more than one holds")):
        back = _undo(Scene(session, taking, person, scene.request, scene.key, scene.scope), undo, answer, quantity)
        after = amount(taking.collection, scene.row())
        if after != before or back.ok:
            yield found(
                "capacity.reservation",
                "capacity",
                undo,
                f"{what} can be given back",
                expected=f"a refusal, and {_taken(before)}",
                seen=f"{back.status}, and {_taken(after)}",
                evidence=[answer, back],
                aspect="other" if person is stranger else "more",
            )
            before = after
    final = _undo(scene, undo, answer, 2)
    if final.ok and amount(taking.collection, scene.row()) is not None:
        twice = _undo(scene, undo, answer, 2)
        if twice.ok:
            yield found(
                "capacity.reservation",
                "capacity",
                undo,
                "a reservation can be given back twice",
                expected="a refusal",
                seen=twice.status,
                evidence=[final, twice],
                aspect="twice",
            )


def _expiry(taking: Taking, later: Mapping[str, Any], session: Session) -> Iterator[Finding]:
    """What is taken and not kept is free again after its time."""
    from fixtures.instants import seconds

    scene = _scene(session, taking)
    before = amount(taking.collection, scene.row())
    answer = scene.take(2)
    if not answer.ok:
        raise NotChecked(f"{taking.operation.id} answers {answer.status}")
    delay = seconds(str(later["delay"]))
    session.steering.advance(delay * 0.9, f"waiting for {later['delay']}")
    early = amount(taking.collection, scene.row())
    session.steering.advance(delay * 0.1 + 1, f"waiting for {later['delay']}")
    after = amount(taking.collection, scene.row())
    if after != before:
        yield found(
            "capacity.expiry",
            "capacity",
            taking.operation,
            f"what is taken is not free again after {later['delay']}",
            expected=_taken(before),
            seen=_taken(after),
            evidence=[answer],
            aspect="late",
        )
    if early is not None and before is not None and early[1] == before[1]:
        yield found(
            "capacity.expiry",
            "capacity",
            taking.operation,
            f"what is taken is free again before {later['delay']}",
            expected=f"{before[1] + 2} taken",
            seen=_taken(early),
            evidence=[answer],
            aspect="early",
        )
