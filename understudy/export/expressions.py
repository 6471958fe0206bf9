"""Expressions as JavaScript: `row.price * body.quantity` becomes `(v) => x.mul(x.get(v.row, 'price'), x.get(v.body, 'quantity'))`.

`x` is `runtime/operators.js`, `f` is `runtime/functions.js`.
"""

import re
from collections.abc import Iterable
from typing import Any

from understudy.contract.expressions import NO_KINDS, Dialect, Kinds, write
from understudy.export.literals import literal

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OPERATORS = {"in": "contains"}


class JavaScript(Dialect):
    """The parts of an expression in JavaScript."""

    def constant(self, value: Any) -> str:
        return literal(value)

    def name(self, name: str) -> str:
        return f"v.{name}" if PLAIN.fullmatch(name) else f"v[{literal(name)}]"

    def field(self, base: str, name: str) -> str:
        return f"x.get({base}, {literal(name)})"

    def virtual(self, kind: str, name: str, base: str) -> str:
        return f"v.source.virtual({literal(kind)}, {literal(name)}, {base})"

    def item(self, base: str, key: str) -> str:
        return f"x.at({base}, {key})"

    def mapping(self, pairs: Iterable[tuple[str, str]]) -> str:
        inside = ", ".join(f"[{key}]: {value}" for key, value in pairs)
        return f"({{ {inside} }})" if inside else "({})"

    def operation(self, name: str, left: str, right: str) -> str:
        return f"x.{OPERATORS.get(name, name)}({left}, {right})"

    def same(self, left: str, right: str) -> str:
        return f"{left} === {right}"

    def negated(self, value: str) -> str:
        return f"x.not({value})"

    def all_of(self, parts: list[str]) -> str:
        return f"x.and({_waiting(parts)})"

    def any_of(self, parts: list[str]) -> str:
        return f"x.or({_waiting(parts)})"

    def choice(self, test: str, then: str, other: str) -> str:
        return f"(x.truthy({test}) ? {then} : {other})"

    def call(self, name: str, arguments: list[str], scoped: bool) -> str:
        return f"f.{name}({', '.join(['v', *arguments] if scoped else arguments)})"

    def held(self, kind: str | None, row: str, user: str) -> str:
        return f"v.source.held({literal(kind)}, {row}, {user})"

    def rows(self, collection: str, field: str | None, value: str) -> str:
        return f"v.source.rows({', '.join([literal(collection), *([literal(field), value] if field is not None else [])])})"

    def over(self, name: str, source: str, arguments: list[str]) -> str:
        given = [argument for argument in arguments if argument != "null"]
        return f"x.{name}({', '.join([source, *given])})"

    def of_row(self, value: str) -> str:
        return f"(it) => {value}"


def _waiting(parts: list[str]) -> str:
    """The first part, and functions that give the others."""
    first, *rest = parts
    return ", ".join([first, *(f"() => {part}" for part in rest)])


def script(source: Any, kinds: Kinds = NO_KINDS, extra: frozenset[str] = frozenset()) -> str:
    """The JavaScript of an expression's value, over a scope `v`; of a constant its literal. Raises ExpressionError."""
    return write(source, kinds, extra, JavaScript()) if isinstance(source, str) else literal(source)
