"""What many checks need: findings with their provenance, comparisons, expressions over what the target shows."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from contract_tests.bindings import scope_of
from contract_tests.exchange import Evidence, Exchange
from contract_tests.findings import Clause, Finding
from contract_tests.provenance import clause_of
from contract_tests.rules import rule as rule_of
from understudy.contract.expressions import Compiled, ExpressionError, Scope, compile_expression
from understudy.contract.model import Operation
from understudy.contract.operators import eq

if TYPE_CHECKING:
    from contract_tests.people import Person
    from contract_tests.session import Session

__all__ = ["Unknown", "different", "evaluate", "found", "refused", "short"]

LONGEST = 400  # characters of a value that a title shows
SMALL = 1e-6


class Unknown(Exception):  # noqa: N818 - no error: the target does not show what an expression asks for
    """An expression asks for something that the target does not show."""


def found(
    rule: str, layer: str, operation: Operation, title: str, *, expected: Any = None, seen: Any = None, evidence: Iterable[Evidence] = (),
    aspect: str = "", clause: Clause | None = None, severity: Any = None,
) -> Finding:  # fmt: skip
    """A finding about an operation, with the severity of its clause."""
    clause = clause or clause_of(operation, rule_of(rule).about)
    return Finding(
        rule, layer, operation.id, title, expected, seen, aspect, clause, severity or clause.severity, tuple(evidence), service=operation.service
    )  # fmt: skip


def refused(exchange: Exchange) -> bool:
    """Whether a request was refused as a client's fault."""
    return 400 <= exchange.status < 500


def short(value: Any) -> str:
    """A value as a title shows it."""
    import json

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def same(a: Any, b: Any) -> bool:
    """Equal as JSON values are; numbers within rounding, and instants that are the same moment."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= SMALL * max(1.0, abs(a), abs(b))
    if isinstance(a, str) and isinstance(b, str) and a != b:
        from understudy.contract.functions import time

        first, second = time(a), time(b)
        return first is not None and first == second and len(a) > 9
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    return eq(a, b)


def different(a: Mapping[str, Any], b: Mapping[str, Any], names: Iterable[str] | None = None) -> dict[str, tuple[Any, Any]]:
    """Field -> its two values, of those that both have and that are not the same. Maps inside are compared over what both show."""
    shared = (set(a) & set(b)) if names is None else set(names) & set(a) & set(b)
    return {name: (a[name], b[name]) for name in sorted(shared) if not alike(a[name], b[name])}


def alike(a: Any, b: Any) -> bool:
    """Whether two views of one thing agree, as far as both show it."""
    if isinstance(a, dict) and isinstance(b, dict):
        return all(alike(a[name], b[name]) for name in a.keys() & b.keys())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return same(a, b)


class _Seen:
    """The rows that expressions ask for, as a person sees them: only of collections that are shown whole."""

    def __init__(self, session: "Session", person: "Person | None") -> None:
        self.session, self.person = session, person

    def rows(self, collection: str, field: str | None, value: Any) -> Any:
        found_rows = whole(self.session, collection, self.person)
        if found_rows is None and field is not None:
            found_rows = self._part(collection, field, value)
        if found_rows is None:
            raise Unknown(f"no list shows all of {collection}")
        if field is not None and found_rows and field not in found_rows[0]:
            return found_rows  # a list of those alone, which does not say so in each row
        return [row for row in found_rows if field is None or eq(row.get(field), value)]

    def _part(self, collection: str, field: str, value: Any) -> list[dict[str, Any]] | None:
        """The rows with one value in a field, where a list shows just these: one's own, or those under a parent."""
        known = self.session.contract.collections.get(collection)
        for operation in self.session.lists(known) if known is not None else ():
            words = operation.behavior
            if words.get("where") or words.get("visible") or words.get("roles"):
                continue
            own = words.get("owner") == field and self.person is not None and eq(value, self.person.key)
            spot = scope_of(operation, known).get(field)
            if own and not operation.path_names:
                return [_Shown(row) for row in self.session.list_rows(operation, self.person)]
            if spot is not None and operation.path_names == (spot[1],) and not words.get("owner"):
                return [_Shown(row) for row in self.session.list_rows(operation, self.person, {spot: value})]
        return None

    def virtual(self, collection: str, name: str, row: Mapping[str, Any]) -> Any:
        if name not in row:
            raise Unknown(f"{collection}.{name} is not shown")
        return row[name]

    def held(self, collection: str | None, row: Mapping[str, Any], user: Any) -> Any:
        raise Unknown("what locks hold is not shown")

    def absent(self, name: str) -> Any:
        raise Unknown(f"{name} is not known")

    def random_text(self, length: int) -> str:
        raise Unknown("it is random")

    def random_id(self) -> str:
        raise Unknown("it is random")


class _Shown(dict[str, Any]):
    """A row of which a field that is asked for and not shown is not null but unknown."""

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            raise Unknown(f"{name} is not shown")
        return self[name]

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise Unknown(f"{name} is not shown")
        return super().__getitem__(name)


def whole(session: "Session", collection: str, person: "Person | None") -> list[dict[str, Any]] | None:
    """All rows of a collection, where a list shows them all to somebody."""
    known = session.contract.collections.get(collection)
    if known is None:
        return None
    for operation in session.lists(known):
        limits = ("owner", "where", "visible", "members", "scope", "with")
        if any(operation.behavior.get(word) for word in limits) or operation.path_names:
            continue
        caller = session.caller(operation, person)
        from contract_tests.session import NOTHING

        if caller is not NOTHING:
            return [_Shown(row) for row in session.list_rows(operation, caller)]
    return None


def evaluate(session: "Session", text: Any, person: "Person | None", names: Mapping[str, Any]) -> Any:
    """The value of an expression over what the target shows. Raises Unknown."""
    try:
        compiled: Compiled = compile_expression(text, extra=frozenset(names))
        given = {"now": session.now(), **{name: _shown(value) for name, value in names.items()}}
        if person is not None and "user" not in given:
            given["user"] = _Shown({session.people.key_name: person.key, **({"role": person.role} if person.role else {})})  # the rest of it moves
        return compiled(Scope(_Seen(session, person), given))
    except ExpressionError as error:
        raise Unknown(str(error)) from None


def completed(session: "Session", collection: str | None, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the foreign keys that it shows inside embedded rows only."""
    known = session.contract.collections.get(collection or "")
    found_row = dict(row)
    for field, ref in (known.refs if known else {}).items():
        other, inner = session.contract.collections.get(ref.collection), row.get(str(ref.embed))
        if field not in row and other is not None and isinstance(inner, dict) and other.key in inner:
            found_row[field] = inner[other.key]
    return found_row


def _shown(value: Any) -> Any:
    return _Shown({name: _shown(item) for name, item in value.items()}) if isinstance(value, dict) and not isinstance(value, _Shown) else value
