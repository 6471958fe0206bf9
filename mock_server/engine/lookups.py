"""Which rows a condition can be looked up for in an index, so that the others need not be gone through.

Of `row.status == query.status and row.isActive and time(row.date) > now`, the first part is a value of a field, the second a value computed of the row
alone, and the third is left to be asked of each row.
"""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mock_server.engine.call import Call
from mock_server.state.indexes import Computed, Term, is_plain
from mock_server.state.store import Row
from understudy.contract.expressions import CONSTANTS, OVER_ROWS, Scope, names_in, parse
from understudy.contract.functions import NEED_SCOPE, TABLE

if TYPE_CHECKING:
    from mock_server.engine.plan import Plan

Evaluate = Callable[[Any], Any]
CHANGING = NEED_SCOPE | {"held"} | OVER_ROWS.keys()  # what may be different from one row to the next


@dataclass(frozen=True, slots=True)
class Split:
    """A condition in parts. terms: what is looked up, each with what makes the wanted value; rest: what is left of it, None for nothing."""

    terms: tuple[tuple[Term, Evaluate], ...]
    rest: str | None


def split(plan: "Plan", source: Any, word: str) -> Split:
    """A condition on `row`, a row of the plan's collection."""
    terms: list[tuple[Term, Evaluate]] = []
    left = []
    for part in _parts(source):
        found = _equality(plan, part, "row", word) or _computed(plan, part, word)
        if found is None:
            left.append(ast.unparse(part))
        else:
            terms.append(found)
    return Split(tuple(terms), " and ".join(f"({text})" for text in left) or None) if isinstance(source, str) else Split((), source)


def _parts(source: Any) -> list[ast.expr]:
    if not isinstance(source, str):
        return []
    tree = parse(source)
    return tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]


def _equality(plan: "Plan", part: ast.expr, name: str, word: str, collection: str | None = None) -> tuple[str, Evaluate] | None:
    """`row.field == value`, where the value does not depend on the row."""
    if not (isinstance(part, ast.Compare) and len(part.ops) == 1 and isinstance(part.ops[0], ast.Eq)):
        return None
    known = collection or (plan.collection.name if plan.collection else "")
    for mine, other in ((part.left, part.comparators[0]), (part.comparators[0], part.left)):
        field, text = _field(plan, mine, name, known), ast.unparse(other)
        if field is not None and not names_in(text) & {name, *CHANGING}:
            return field, plan.compile(text, word, {name: known})
    return None


def _field(plan: "Plan", node: ast.expr, name: str, collection: str) -> str | None:
    """The stored field that `row.field` or `row['field']` is."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
        return None if node.attr in plan.runtime.virtual_names.get(collection, ()) else node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name and isinstance(node.slice, ast.Constant):
        return node.slice.value if isinstance(node.slice.value, str) else None
    return None


def _computed(plan: "Plan", part: ast.expr, word: str) -> tuple[Computed, Evaluate] | None:
    """A condition that looks at stored fields of the row and nothing else."""
    assert plan.collection is not None
    name, text, fields = plan.collection.name, ast.unparse(part), set()
    functions = TABLE.keys() - NEED_SCOPE
    inner = {id(node.value) for node in ast.walk(part) if isinstance(node, ast.Attribute | ast.Subscript)}
    called = {id(node.func) for node in ast.walk(part) if isinstance(node, ast.Call)}
    for node in ast.walk(part):
        if isinstance(node, ast.Name) and node.id == "row" and id(node) not in inner:
            return None
        if isinstance(node, ast.Name) and not (node.id == "row" or node.id in CONSTANTS or (id(node) in called and node.id in functions)):
            return None
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "row":
            field = _field(plan, node, "row", name)
            if field is None:
                return None
            fields.add(field)
    key = (name, text)
    if key not in plan.runtime.computed:
        plan.runtime.computed[key] = Computed(frozenset(fields), _truth(plan.compile(text, word)))
    return plan.runtime.computed[key], _true


def _truth(condition: Evaluate) -> Callable[[Row], bool]:
    return lambda row: bool(condition(Scope(None, {"row": row})))


def _true(_scope: Any) -> bool:
    return True


def candidates(plan: "Plan", collection: str, where: Any, word: str) -> Callable[[Call], Iterable[Row]]:
    """The rows among which those are that a condition on `it` holds for, in the order they were made."""
    known = [found for part in _parts(where) if (found := _equality(plan, part, "it", word, collection)) is not None]
    if not known:
        return lambda call: call.store.all(collection)
    key = plan.runtime.contract.collections[collection].key
    by_key = next((evaluate for field, evaluate in known if field == key), None)

    def look(call: Call) -> Iterable[Row]:
        if by_key is not None and (row := call.store.get(collection, by_key(call.scope))) is not None:
            return (row,)
        values = {field: evaluate(call.scope) for field, evaluate in known}
        if call.store.has_written(collection) or not all(map(is_plain, values.values())):
            return call.store.all(collection)
        return () if by_key is not None else call.store.matching(collection, values)

    return look
