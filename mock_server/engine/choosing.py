"""The rows that a list is about: by owner, scope, conditions and filters, in its order. Indexes find what they can; the rest is asked of each row."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from mock_server.engine import guards, lookups
from mock_server.engine.answers import texts
from mock_server.engine.call import Call
from mock_server.engine.plan import Plan
from mock_server.state.indexes import Term
from mock_server.state.ordering import sort_rows
from mock_server.state.selection import Listed, Rows, Sifted
from mock_server.state.store import Row
from understudy.contract.expressions import ExpressionError, names_in

Applies = Callable[[Call], bool] | None
Evaluate = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition of a list. applies: whether a call has it, None for always; split: what of it is looked up; rest: the rest; whole: all of it."""

    applies: Applies
    terms: tuple[tuple[Term, Evaluate], ...]
    rest: Evaluate | None
    whole: Evaluate


def chosen(plan: Plan, sort: tuple[str, ...]) -> Callable[[Call], Rows]:
    """The rows of a list, in an order."""
    sifted, key = sifting(plan, sort), plan.collection.key if plan.collection else ""

    def choose(call: Call) -> Rows:
        found = sifted(call)
        return found.listed(sort, key) if isinstance(found, Sifted) else found

    return choose


def sifting(plan: Plan, sort: tuple[str, ...]) -> Callable[[Call], Rows | Sifted]:
    """The rows of a list, in an order; what no index tells of them is not yet asked."""
    collection, inside, filters = plan.collection, _inside(plan), _filters(plan)
    assert collection is not None
    name, key = collection.name, collection.key

    def choose(call: Call) -> Rows | Sifted:
        applied = [item for item in filters if item.applies is None or item.applies(call)]
        terms = [*inside(call), *((term, evaluate(call.scope)) for item in applied for term, evaluate in item.terms)]
        found = call.store.select(name, terms, sort)
        if found is None:
            return Listed(sort_rows(_fitting(candidates_(call), [item.whole for item in applied], call), sort), sort, key)
        rest = [item.rest for item in applied if item.rest is not None]
        return Sifted(found, partial(_fitting, conditions=rest, call=call)) if rest else found

    candidates_ = candidates(plan)
    return choose


def _fitting(rows: Iterable[Row], conditions: Iterable[Evaluate], call: Call) -> list[Row]:
    found, scope = list(rows), call.scope
    for condition in conditions:
        kept = []
        for row in found:
            scope["row"] = row
            if condition(scope):
                kept.append(row)
        found = kept
    return found


def counts(plan: Plan) -> bool:
    """Whether an answer may say how many rows there are."""
    settings = plan.runtime.settings
    try:
        names = {name for text in texts([plan.words, settings.get("envelope"), settings.get("headers"), plan.service.settings]) for name in names_in(text)}
    except ExpressionError:  # a text that is no expression; perhaps the others don't tell all either
        return True
    return bool(names & {"total", "pages"})


def _inside(plan: Plan) -> Callable[[Call], list[tuple[Term, Any]]]:
    """Owner and scope: fields, each with the value that it must have."""
    owner, inside = plan.words.get("owner"), guards.scope(plan)

    def values(call: Call) -> list[tuple[Term, Any]]:
        wanted: dict[str, Any] = inside(call) if inside is not None else {}
        return list({**({owner: guards.me(call)} if owner is not None else {}), **wanted}.items())

    return values


def candidates(plan: Plan) -> Callable[[Call], Iterable[Row]]:
    """The rows of owner and scope."""
    assert plan.collection is not None
    name, inside = plan.collection.name, _inside(plan)

    def found(call: Call) -> Iterable[Row]:
        wanted = inside(call)
        if not wanted:
            return call.store.all(name)
        (first, value), *rest = wanted
        rows = call.store.by(name, str(first), value)
        return [row for row in rows if all(row.get(str(field)) == other for field, other in rest)] if rest else rows

    return found


def conditions(plan: Plan) -> list[tuple[Applies, Evaluate]]:
    """What rows must fulfil: always, or where a query parameter is given."""
    return [(item.applies, item.whole) for item in _filters(plan)]


def _filters(plan: Plan) -> list[Filter]:
    return [
        *(_filter(plan, None, plan.words[word], word) for word in ("where", "visible") if word in plan.words),
        *(_filter(plan, _given(name), condition, f"filters.{name}") for name, condition in _declared(plan)),
        *(
            Filter(_given(name), (), contains, contains)
            for name, fields in (plan.words.get("search") or {}).items()
            for contains in [_contains(name, tuple(fields))]
        ),
    ]


def _declared(plan: Plan) -> Iterator[tuple[str, Any]]:
    filters = plan.words.get("filters") or {}
    return iter({name: f"row['{name}'] == query['{name}']" for name in filters}.items() if isinstance(filters, list) else filters.items())


def _filter(plan: Plan, applies: Applies, source: Any, word: str) -> Filter:
    whole, found = plan.compile(source, word), lookups.split(plan, source, word)
    rest = None if found.rest is None else whole if not found.terms else plan.compile(found.rest, word)
    return Filter(applies, found.terms, rest, whole)


def _given(name: str) -> Callable[[Call], bool]:
    return lambda call: call.query.get(name) not in (None, "")


def _contains(name: str, fields: tuple[str, ...]) -> Evaluate:
    def fits(scope: Any) -> bool:
        row, wanted = scope["row"], str(scope["query"][name]).lower()
        return any(wanted in str(row.get(field) or "").lower() for field in fields)

    return fits
