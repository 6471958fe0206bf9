"""N7: states move only as declared; and what moves by itself does so in its time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from contract_tests.bindings import bindings, place_of
from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import Unknown, evaluate, found, short
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from contract_tests.shapes import row_of
from fixtures.instants import seconds
from understudy.contract import schemas
from understudy.contract.model import Collection, Contract, Operation, States

__all__ = ["plan"]

Row = dict[str, Any]


def plan(contract: Contract) -> Iterator[Check]:
    """For each operation that moves a state: the move, the move again, and moves that are not declared; for what moves later: that it does."""
    for operation in contract.operations:
        collection = contract.collections.get(operation.behavior.collection or "")
        if collection is None or collection.states is None:
            continue
        if operation.behavior.do == "transition":
            yield Check(
                "transitions.moved",
                "oracles",
                operation.id,
                partial(_moved, operation),
                phase=26,
                also=("transitions.repeated", "transitions.undeclared"),
                confirm=False,
            )
        for later in operation.behavior.get("after") or ():
            if later.get("to"):
                yield Check(
                    "transitions.delayed",
                    "oracles",
                    operation.id,
                    partial(_delayed, operation, later),
                    str(later["to"]),
                    50,
                    slow=True,
                    also=("transitions.repeated",),
                    confirm=False,
                )


def _target(session: Session, operation: Operation, request: Request) -> str | None:
    """The state that a request leads to."""
    to = operation.behavior.get("to")
    if not isinstance(to, str):
        return None
    if not to.startswith("("):
        return to
    try:
        value = evaluate(session, to.strip("()") if to.count("(") == 1 else to, None, {"body": request.body or {}})
    except Unknown:
        return None
    return value if isinstance(value, str) else None


def _chooser(operation: Operation) -> str | None:
    """The body field that says the new state."""
    to = operation.behavior.get("to")
    spot = place_of(to.strip("()")) if isinstance(to, str) and to.startswith("(") else None
    return spot[1] if spot is not None and spot[0] == "body" else None


def _moved(operation: Operation, session: Session) -> Iterator[Finding]:
    collection = session.contract.collections[str(operation.behavior.collection)]
    states = collection.states
    assert states is not None
    person = session.people.for_operation(operation)
    tried = 0
    for row in _candidates(session, operation, collection, person):
        state = row.get(states.field)
        if not isinstance(state, str) or state not in states.moves:
            continue
        for to, request in _attempts(session, operation, collection, states, row, person):
            tried += 1
            findings = list(_attempt(session, operation, collection, person, (row, state, to), request))
            yield from findings
            if findings or to in states.moves.get(state, ()):
                break  # the row is in another state now
        if tried >= 4:
            break
    if not tried:
        raise NotChecked(f"no row of {collection.name} is in a state that tells")


def _candidates(session: Session, operation: Operation, collection: Collection, person: Person | None) -> Iterator[Row]:
    """Rows of different states: one made for it first, then one for each state that is shown."""
    states = collection.states
    assert states is not None
    made = session.make(collection, person)
    if made is not None and states.field in made:
        yield made
    seen: set[Any] = {made.get(states.field)} if made else set()
    rows = session.rows(collection, person)
    owner = operation.behavior.get("owner")
    for row in rows:
        if owner and owner in row and person is not None and str(row[owner]) != str(person.key):
            continue
        if row.get(states.field) not in seen:
            seen.add(row.get(states.field))
            yield row
    if not rows and made is None:
        request = session.samples.request(operation, person)
        yield from (dict(request.rows[item.spot]) for item in bindings(session.contract, operation) if item.main and item.spot in request.rows)


def _attempts(session: Session, operation: Operation, collection: Collection, states: States, row: Row, person: Person | None) -> Iterator[tuple[str, Request]]:
    """The moves that an operation can try with a row: those that are not declared first."""
    request = _request(session, operation, collection, row, person)
    chooser = _chooser(operation)
    fixed = _target(session, operation, request) if chooser is None else None
    if fixed is not None:
        yield fixed, request
    elif chooser is not None:
        media = session.samples.media(operation)
        node = schemas.follow(operation.bundle.data, schemas.properties(operation.bundle.data, media.schema if media else {}).get(chooser) or {})
        known = [str(item) for item in node.get("enum") or states.moves]
        state = str(row.get(states.field))
        allowed = set(states.moves.get(state, ()))
        for to in sorted(known, key=lambda item: item in allowed):
            if to != state:
                yield to, request.with_body(**{chooser: to})


def _request(session: Session, operation: Operation, collection: Collection, row: Row, person: Person | None) -> Request:
    from contract_tests.bindings import scope_of

    spot = next((item.spot for item in bindings(session.contract, operation) if item.main), None)
    if spot is None:
        raise NotChecked(f"{operation.id} does not say which row it moves")
    places = {place: row[name] for name, place in scope_of(operation, collection).items() if name in row}
    request = session.samples.request(operation, person, {**places, spot: row[collection.key]})
    return session.samples.agreed(operation, replace(request, rows={**request.rows, spot: row}), person)


def _attempt(
    session: Session, operation: Operation, collection: Collection, person: Person | None, move: tuple[Row, str, str], request: Request
) -> Iterator[Finding]:
    row, state, to = move
    states = collection.states
    assert states is not None
    answer = session.perform(operation, person, request)
    after = _state(session, collection, row, person, answer, operation)
    if to in states.moves.get(state, ()):
        session.recorder.saw_transition(collection.name, state, to)
        if answer.ok and after is not None and after != to:
            yield found(
                "transitions.moved",
                "oracles",
                operation,
                f"{states.field} is not {to} after {operation.id}",
                expected=to,
                seen=after,
                evidence=[answer],
                aspect=f"{state}-{to}",
            )
        if answer.ok:
            yield from _again(session, operation, collection, person, (row, to), request)
        return
    if (answer.ok and not _accepted_again(operation, state, to)) or (after is not None and after != state):
        yield found(
            "transitions.undeclared",
            "oracles",
            operation,
            f"{collection.name} can go from {state} to {to}",
            expected=f"a refusal: from {state} only to {', '.join(states.moves.get(state, ())) or 'nothing'}",
            seen=f"{answer.status}, now {after}",
            evidence=[answer],
            aspect=f"{state}-{to}",
        )


def _accepted_again(operation: Operation, state: str, to: str) -> bool:
    return operation.behavior.get("repeat") == "accept" and state == to


def _again(
    session: Session, operation: Operation, collection: Collection, person: Person | None, moved: tuple[Row, str], request: Request
) -> Iterator[Finding]:
    """The same move once more."""
    _, state = moved
    states = collection.states
    assert states is not None
    if state in states.moves.get(state, ()):
        return
    again = session.perform(operation, person, request)
    accepted = operation.behavior.get("repeat") == "accept"
    if again.ok and not accepted:
        yield found(
            "transitions.repeated",
            "oracles",
            operation,
            f"{operation.id} works a second time on a row that is {state}",
            expected="a refusal",
            seen=again.status,
            evidence=[again],
            aspect=state,
        )
    elif accepted and not again.ok and again.status:
        yield found(
            "transitions.repeated",
            "oracles",
            operation,
            f"{operation.id} refuses a second time what it should accept",
            expected="2xx, with one effect",
            seen=f"{again.status} {short(again.text)}",
            evidence=[again],
            aspect=state,
        )


def _state(session: Session, collection: Collection, row: Row, person: Person | None, answer: Exchange, operation: Operation) -> str | None:
    """The state as it is read now, else as the answer says it."""
    assert collection.states is not None
    key, field = row.get(collection.key), collection.states.field
    later = None
    reader = session.reader(collection)
    if reader is not None:
        from contract_tests.bindings import scope_of

        caller = session.caller(reader, person)
        places = {place: row[name] for name, place in scope_of(reader, collection).items() if name in row}
        spot = next((item.spot for item in bindings(session.contract, reader) if item.main), ("path", reader.path_names[-1]))
        shown = session.perform(reader, caller, session.samples.request(reader, caller, {**places, spot: key}))
        later = row_of(session.contract, reader, shown.json, collection.key) if shown.ok else None
    if later is None:
        rows = session.rows(collection, person, {name: row[name] for name in collection.refs if name in row and name in _parents(session, collection)})
        later = next((item for item in rows if str(item.get(collection.key)) == str(key)), None)
    if later is None and answer.ok:
        later = row_of(session.contract, operation, answer.json, collection.key)
    value = later.get(field) if later else None
    return value if isinstance(value, str) else None


def _parents(session: Session, collection: Collection) -> set[str]:
    from contract_tests.bindings import scope_of

    return {name for operation in session.lists(collection) for name in scope_of(operation, collection)}


def _delayed(operation: Operation, later: Mapping[str, Any], session: Session) -> Iterator[Finding]:
    """What an operation makes moves by itself after its time, and not before."""
    collection = session.contract.collections[str(operation.behavior.collection)]
    states = collection.states
    assert states is not None
    person = session.people.for_operation(operation)
    request = session.samples.request(operation, person)
    row, answer = session.create(operation, person, request)
    if row is None or not isinstance(row.get(states.field), str):
        raise NotChecked(f"{operation.id} answers {answer.status} without {states.field}")
    first, to = str(row[states.field]), str(later["to"])
    if later.get("when") and states.field in str(later["when"]) and f"'{first}'" not in str(later["when"]):
        raise NotChecked(f"what is made is {first}, which does not move by itself")
    delay = seconds(str(later["delay"]))
    session.steering.advance(delay + 0.5, f"{first} to {to} after {later['delay']}")
    after = _state(session, collection, row, person, answer, operation)
    session.recorder.saw_transition(collection.name, first, to)
    if after == to and operation.behavior.do == "transition" and (target := operation.behavior.get("to")) not in states.moves.get(to, ()):
        again = session.perform(operation, person, request)
        if again.ok and operation.behavior.get("repeat") != "accept":
            yield found(
                "transitions.repeated",
                "oracles",
                operation,
                f"{operation.id} works a second time on a row that is {to}",
                expected=f"a refusal: from {to} not to {target}",
                seen=again.status,
                evidence=[answer, again],
                aspect=to,
            )
    if after != to:
        yield found(
            "transitions.delayed",
            "oracles",
            operation,
            f"{collection.name} is not {to} after {later['delay']}",
            expected=to,
            seen=after,
            evidence=[answer],
            aspect=to,
        )
