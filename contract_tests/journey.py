"""Journeys: whole flows of a guide, written by hand as steps that say in words what must hold. The first broken expectation ends a flow."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Evidence, Exchange
from contract_tests.findings import Clause, Finding
from contract_tests.lab import found, same, short
from contract_tests.people import Person
from contract_tests.provenance import clause_of_response
from contract_tests.realtime.clocks import pass_time
from contract_tests.realtime.lines import Line, Stage
from contract_tests.referee import Complaint, Referee
from contract_tests.rules import rules
from contract_tests.samples import NOBODY, Request
from contract_tests.session import Session
from contract_tests.shapes import payload, row_of, rows_of
from understudy.contract.model import Contract, Operation

__all__ = ["CONTENT", "CREDENTIAL", "OTHERS", "RIGHTS", "Broken", "Flow", "Journey", "Row", "Step", "flows_of", "run"]

LAYER = "journeys"
LAST = 6  # exchanges that a finding shows
NOW, LATER = 29, 55  # phases: of flows, and of those that move the clock
SOON = 60.0  # seconds that a token must be good for
QUIET = (404, 405, 413, 415, 429, 503)  # statuses that need not be documented for each operation
# Statuses that say no. The checks tolerate any refusal of the right kind: which one exactly is for other oracles.
CREDENTIAL = frozenset([400, 401, 403])  # a missing or wrong credential, password, code or signature
RIGHTS = frozenset([401, 403, 404])  # known, but not allowed
OTHERS = frozenset([403, 404])  # somebody else's
CONTENT = frozenset(range(400, 500)) - {401, 405, 415, 429}  # what the request says, or the state


class Broken(Exception):  # noqa: N818 - it is what a journey looks for
    """An expectation of a step that does not hold. about: the operation that broke it, None for the step's; fails: whether it failed, and refused nothing."""

    def __init__(self, what: str, expected: Any, seen: Any, about: Operation | None = None, fails: bool = False) -> None:
        super().__init__(what)
        self.what, self.expected, self.seen, self.about, self.fails = what, expected, seen, about, fails


class Ended(Exception):  # noqa: N818 - it is no error
    """The flow can't go on."""


class Row(dict[str, Any]):
    """An object of an answer; asking for a field that it does not have breaks the step."""

    def __missing__(self, name: str) -> Any:
        raise Broken(f"the answer has no {name}", f"a field {name}", sorted(self))


class Telling(Protocol):
    """A flow as it is written."""

    def __call__(self, journey: "Journey", /) -> None: ...


@dataclass(frozen=True)
class Flow:
    """One flow. slug: its name; subject: the operationId that it is mainly about; clock: whether it moves the target's clock; slow: by more than seconds;
    late: whether it uses up what other checks need; confirm: whether what it finds must show again when it is told a second time."""

    slug: str
    subject: str
    tell: Telling
    clock: bool = False
    slow: bool = False
    late: bool = False
    confirm: bool = True


@dataclass(frozen=True)
class Step:
    """What must hold. on: the operation that is to blame, "" for the last one called; rule: where none fits better; lines: of the guide, where they are not
    those of the operation; inferred: why it should be so although the guide does not say it; apart: whether what follows does not stand on it."""

    words: str
    slug: str
    on: str = ""
    rule: str = "journey.step"
    lines: tuple[int, int] | None = None
    inferred: str | None = None
    apart: bool = False


class Journey:
    """One telling of a flow: who takes part, what they do, and what is seen of it. trail: the evidence so far."""

    def __init__(self, session: Session, flow: Flow, referee: Referee | None = None) -> None:
        self.session, self.flow, self.referee = session, flow, referee or Referee()
        self.stage = Stage(session)
        self.findings: list[Finding] = []
        self.trail: list[Evidence] = []
        self.people: list[Person] = []
        self.last: Operation | None = None
        self.lines: list[Line] = []
        self.undo: list[Callable[[], Any]] = []
        self.step_now: Step | None = None

    # who takes part

    def newcomer(self, role: str | None = None) -> Person:
        """Somebody whom the API itself registers. Raises NotChecked."""
        made = self.session.people.register(role) if self.session.options.register and not self.session.options.read_only else None
        if made is None:
            raise NotChecked("nobody new can be registered")
        self.people.append(made)
        return made

    def account(self, *roles: str, skip: Sequence[Person] = ()) -> Person:
        """Somebody of a role who can sign in already, with a token that is still good. Raises NotChecked."""
        return self.fresh(self.session.people.first(roles, skip))

    def fresh(self, person: Person) -> Person:
        """Somebody, signed in again where their token ends soon."""
        if person.password and _ends(person.token) < self.session.now() + SOON:
            self.session.people.sign_in(person)
        return person

    # steps

    @contextmanager
    def step(self, words: str, slug: str, **more: Any) -> Iterator[Step]:
        """A step: what breaks inside is one finding about it, and the end of the flow unless the step stands apart."""
        outer, step = self.step_now, Step(words, slug, **more)
        self.step_now = step
        try:
            yield step
        except Broken as error:
            self._note(step, error)
        except (TypeError, ValueError, AttributeError, LookupError) as error:  # an answer of another shape; a fault of ours would show on the clean mock
            self._note(step, Broken("an answer has another shape", "the shape of the document", f"{type(error).__name__}: {error}"))
        finally:
            self.step_now = outer

    def _note(self, step: Step, error: Broken) -> None:
        operation = error.about or (self.operation(step.on) if step.on else self.last)
        if operation is None:
            raise NotChecked(f"{step.words}: {error.what}")
        rule = "journey.works" if error.about and (error.fails or step.rule == "journey.step") else step.rule
        clause = self._clause(step, operation)
        self.findings.append(
            found(
                rule, LAYER, operation, f"it does not hold that {step.words}: {error.what}", expected=error.expected, seen=error.seen,
                evidence=self._evidence(), aspect=f"{self.flow.slug}.{step.slug}", clause=clause,
            )
        )  # fmt: skip
        if not step.apart:
            raise Ended

    def _clause(self, step: Step, operation: Operation) -> Clause | None:
        """The step's own clause; None for that of the operation."""
        if step.lines is None and step.inferred is None:
            return None
        guide = str(self.session.contract.settings.get("guide", "")) or None
        return Clause(step.words, guide if step.lines else None, step.lines, step.inferred, operation.place)

    def _evidence(self) -> tuple[Evidence, ...]:
        return (*(line.client.frames() for line in self.lines), *self.trail[-LAST:])

    # what is done

    def operation(self, name: str) -> Operation:
        """An operation of the contract. Raises NotChecked where an overlay has removed it."""
        known = next((item for item in self.session.contract.operations if item.id == name), None)
        if known is None:
            raise NotChecked(f"the contract has no {name}")
        return known

    def call(self, name: str, person: Person | None = None, body: Any = NOBODY, *, broken: bool = False, **more: Any) -> Exchange:
        """Calls an operation; the referee judges both sides. broken: the request is meant to be wrong. more: path, query, headers, media."""
        operation = self.operation(name)
        answer = self.session.call(operation, person, body=body, patient=False, **more)
        self.last = operation
        self.trail.append(answer)
        self._judge(operation, answer, broken)
        if answer.ok and operation.behavior.do == "create":
            self._remember(operation, answer, person, more.get("path") or {})
        return answer

    def _judge(self, operation: Operation, answer: Exchange, broken: bool) -> None:
        prefix = self.session.urls[operation.service].partition("://")[2].partition("/")[2]
        for complaint in self.referee.complaints(operation, answer, f"/{prefix}" if prefix else "", broken):
            if complaint.side == "request":
                raise NotChecked(f"the document wants another request of {operation.id} than the guide: {complaint}")
            if not (complaint.where == "status" and answer.status in QUIET) and not self._told(answer):
                self.findings.append(_misshapen(operation, answer, complaint))

    def _told(self, answer: Exchange) -> bool:
        """Whether the watch over all exchanges has said it already."""
        return any(answer in finding.evidence for finding in self.session.watch.findings)

    def _remember(self, operation: Operation, answer: Exchange, person: Person | None, path: Mapping[str, Any]) -> None:
        collection = self.session.contract.collections.get(operation.behavior.collection or "")
        row = row_of(self.session.contract, operation, answer.json, collection.key) if collection else None
        if collection is not None and row is not None:
            self.session.remember(collection, row, person, Request(path=path))

    def works(self, name: str, person: Person | None = None, body: Any = NOBODY, **more: Any) -> Exchange:
        """A call that must succeed."""
        answer = self.call(name, person, body, **more)
        if not answer.ok:
            fails = not 400 <= answer.status < 500 or answer.status in (405, 415)
            # what a flow may not do at some point is up to the step before as much as to the operation that refuses it
            about = self.last if fails or self.step_now is None or not self.step_now.on else self.operation(self.step_now.on)
            raise Broken(f"{name} {'fails' if fails else 'is refused'}", "success", f"{answer.status} {short(answer.text)}", about, fails)
        return answer

    def row(self, name: str, person: Person | None = None, body: Any = NOBODY, **more: Any) -> Row:
        """The object that a call answers with, out of its envelope."""
        answer = self.works(name, person, body, **more)
        inner = payload(self.session.contract, self.operation(name), answer.json)
        if not isinstance(inner, dict):
            raise Broken(f"{name} answers with no object", "an object", short(answer.text), self.last, True)
        found_row: Row = _seen(inner)
        return found_row

    def rows(self, name: str, person: Person | None = None, **more: Any) -> list[Row]:
        """The rows that a list shows, out of envelope and page."""
        answer = self.works(name, person, **more)
        inner = rows_of(self.session.contract, self.operation(name), answer.json)
        if inner is None:
            raise Broken(f"{name} answers with no list", "a list", short(answer.text), self.last, True)
        return [_seen(item) for item in inner if isinstance(item, dict)]

    def every(self, name: str, person: Person | None = None, path: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of all pages of a list; the first page is judged."""
        first = self.rows(name, person, path=path, query=query)
        operation = self.operation(name)
        if self.session.size_parameter(operation) is None:
            return first
        given = {("path", key): value for key, value in (path or {}).items()}
        return [_seen(item) for item in self.session.list_rows(operation, person, given, query)]

    def refuses(self, kind: frozenset[int], name: str, person: Person | None = None, body: Any = NOBODY, **more: Any) -> Exchange:
        """A call that must be refused as one of a kind."""
        return self.denied(kind, self.call(name, person, body, **{"broken": True, **more}))

    def denied(self, kind: frozenset[int], answer: Exchange) -> Exchange:
        """An answer that must be a refusal of one kind."""
        if answer.status not in kind:
            raise Broken(f"{answer.operation} does not refuse it", f"a refusal ({', '.join(map(str, _usual(kind)))})", f"{answer.status} {short(answer.text)}")
        return answer

    # what must hold

    def holds(self, fact: Any, what: str, expected: Any = None, seen: Any = None) -> None:
        """Something that must be so."""
        if not fact:
            raise Broken(what, expected if expected is not None else what, short(seen))

    def equal(self, seen: Any, expected: Any, what: str) -> None:
        """Two values that must be the same, as JSON values are; keys also as texts."""
        if not (same(seen, expected) or (not isinstance(seen, bool | dict | list) and str(seen) == str(expected))):
            raise Broken(f"{what} differs", expected, short(seen))

    def agree(self, a: Mapping[str, Any], b: Mapping[str, Any], names: Sequence[str], what: str) -> None:
        """Fields that two rows must have the same."""
        for name in names:
            self.equal(_seen(dict(a))[name], _seen(dict(b))[name], f"{name} of {what}")

    def among(self, rows: Sequence[Mapping[str, Any]], name: str, value: Any, what: str) -> Row:
        """The row of a list whose field has a value."""
        found_row = next((row for row in rows if str(row.get(name)) == str(value)), None)
        if found_row is None:
            raise Broken(f"{what} is missing", f"{name} {value}", short([row.get(name) for row in rows]))
        return Row(found_row)

    def absent(self, rows: Sequence[Mapping[str, Any]], name: str, value: Any, what: str) -> None:
        """No row of a list has a value."""
        self.holds(all(str(row.get(name)) != str(value) for row in rows), f"{what} is shown", f"no {name} {value}", [row.get(name) for row in rows])

    # time and sockets

    def wait(self, seconds: float, what: str) -> None:
        """Lets time pass at the target; those of this flow sign in again where that ends their tokens. Raises NotChecked."""
        pass_time(self.session, seconds, what)
        for person in self.people:
            self.fresh(person)

    def line(self, address: str, person: Person | None, path: Mapping[str, Any] | None = None) -> Line:
        """A socket of somebody on a channel. Raises NotChecked where it can't be opened: that is for the realtime checks."""
        channel = next((item for item in self.session.contract.channels if item.address.strip("/") == address.strip("/")), None)
        if channel is None:
            raise NotChecked(f"the contract has no channel {address}")
        line = self.stage.open(channel, person, path)
        self.lines.append(line)
        return line

    def hears(self, line: Line, name: str, since: int = 0, fits: Callable[[Row], Any] | None = None, **fields: Any) -> Row:
        """The message that must arrive at a line after a mark, with some values. Of a raw WebSocket it is the whole frame."""

        def wanted(data: Any) -> bool:
            if not isinstance(data, dict) or not all(same(data.get(key), value) for key, value in fields.items()):
                return False
            try:
                return fits is None or bool(fits(_seen(data)))
            except (Broken, TypeError):
                return False

        heard = self.stage.wait(line, name, since, wanted)
        if heard is None:
            came = [{item.name: item.data} for item in line.client.since(since)]
            raise Broken(f"'{name}' does not arrive", {name: fields}, came or "nothing came")
        self.session.recorder.saw_message(name, line.channel.address)
        said: Row = _seen(heard.data)
        return said

    def asks(self, line: Line, name: str, data: Any, reply: str, **fields: Any) -> Row:
        """Sends a message and returns its reply."""
        mark = line.client.emit(name, data)
        return self.hears(line, reply, mark, **fields)

    def plant(self, collection: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row that no operation of the API makes, made by the target's control API. Raises NotChecked where it has none."""
        if not self.session.steering.steerable:
            raise NotChecked(f"nothing in the API makes {collection}")
        url = f"{next(iter(self.session.urls.values()))}/__admin/state/{collection}"
        answer = self.session.client.send("POST", url, {"content-type": "application/json"}, json.dumps(dict(row)).encode())
        if not answer.ok or not isinstance(answer.json, dict):
            raise NotChecked(f"the control API makes no {collection}: {answer.status} {short(answer.text)}")
        return answer.json

    def afterwards(self, act: Callable[[], Any]) -> None:
        """What puts things right at the end, whether the flow gets there or not; the last first."""
        self.undo.append(act)

    def close(self) -> None:
        """Puts right what was changed for the flow, and closes its sockets."""
        self.stage.close()
        while self.undo:
            self.undo.pop()()


def run(flow: Flow, session: Session, referee: Referee | None = None) -> list[Finding]:
    """Tells a flow; what is broken in it. Raises NotChecked where nothing is, and it could not be told to its end."""
    journey = Journey(session, flow, referee)
    try:
        with journey.step("the flow goes on", "goes-on"):
            flow.tell(journey)
    except Ended:
        pass
    except NotChecked:
        if not journey.findings:
            raise
    finally:
        journey.close()
    return journey.findings


def flows_of(contract: Contract, module: str, flows: Sequence[Flow]) -> Iterator[Check]:
    """The checks of the flows of a module, whose name is that of its backend; none for another contract."""
    if contract.name != module.rpartition(".")[2]:
        return
    referee, known = Referee(), {item.id for item in contract.operations}
    also = tuple(rule for rule in rules() if rule.startswith("journey."))
    for flow in flows:
        if flow.subject in known:
            yield Check(
                "journey.step", LAYER, flow.subject, partial(run, flow, referee=referee), flow.slug, LATER if flow.clock or flow.late else NOW,
                confirm=flow.confirm, slow=flow.slow, also=also, wide=True,
            )  # fmt: skip


def _misshapen(operation: Operation, answer: Exchange, complaint: Complaint) -> Finding:
    return found(
        "journey.shape", LAYER, operation, f"{complaint.where} of the answer {answer.status} is not as documented: {complaint.what}",
        expected="what the document says", seen=f"{answer.status} {short(answer.text)}", evidence=[answer], aspect=f"{answer.status}.{complaint.where}",
        clause=replace(clause_of_response(operation, answer.status)),
    )  # fmt: skip


def _seen(value: Any) -> Any:
    """A value of an answer, its objects as rows."""
    if isinstance(value, dict):
        return Row({name: _seen(item) for name, item in value.items()})
    return [_seen(item) for item in value] if isinstance(value, list) else value


def _usual(kind: frozenset[int]) -> list[int]:
    return sorted(kind & {400, 401, 403, 404, 409, 422})


def _ends(token: str | None) -> float:
    """When a token ends; never where it does not say."""
    try:
        part = (token or "").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return float(claims["exp"])
    except (ValueError, IndexError, KeyError, TypeError):
        return float("inf")
