"""The expressions of x-behavior: a whitelisted subset of Python's expression grammar (docs/expressions.md).

An expression is parsed by Python's own parser, checked node by node, written out again as Python over a `Scope`, and compiled
once. Absent is null and nothing raises: the helpers in `operators` and `functions` see to that.
"""

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from understudy.contract import functions, operators
from understudy.contract.errors import suggest

Row = dict[str, Any]

NAMES = frozenset(
    [
        "row",
        "old",
        "body",
        "path",
        "query",
        "header",
        "user",
        "socket",
        "token",
        "hold",
        "now",
        "address",
        "service",
        "it",
        "spent",
        "rows",
        "item",
        "items",
        "data",
        "message",
        "pagination",
        "page",
        "limit",
        "total",
        "pages",
        "next",
        "previous",
        "base",
        "status",
        "title",
        "code",
        "detail",
        "field",
        "rule",
        "violations",
        "field_errors",
        "access",
        "refresh",
        "expires_in",
        "n",
        "url",
    ]
)
CONSTANTS = {"true": True, "false": False, "null": None}
# least and most arguments
OVER_ROWS = {"count": (1, 2), "exists": (1, 2), "first": (1, 2), "rows": (1, 2), "sum": (2, 3), "map": (2, 2), "filter": (1, 2), "top": (2, 3)}
ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
}
ORDER: dict[type[ast.cmpop], str] = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.In: "in"}


class ExpressionError(Exception):
    """An expression that is no expression of ours; its text says which part and what is valid."""


class Source(Protocol):
    """Where an expression finds the rows of collections and the things that only the engine knows."""

    def rows(self, collection: str, field: str | None, value: Any) -> Any:
        """The rows of a collection, those with one value in a field if a field is given."""

    def virtual(self, collection: str, name: str, row: Row) -> Any:
        """A field of a row that is not stored: derived, children, or an embedded row."""

    def held(self, collection: str | None, row: Row, user: Any) -> Any:
        """How much of a row with capacity locks hold."""

    def absent(self, name: str) -> Any:
        """The value of a name that is made only when it is asked for."""

    def random_text(self, length: int) -> str:
        """A fresh text of letters and digits."""

    def random_id(self) -> str:
        """A fresh UUID."""


class Scope(dict[str, Any]):
    """The names of one evaluation, and the source of rows."""

    __slots__ = ("source",)

    def __init__(self, source: Source | None, names: Mapping[str, Any]) -> None:
        super().__init__(names)
        self.source = source

    def __missing__(self, name: str) -> Any:
        return None if self.source is None else self.source.absent(name)


@dataclass(frozen=True, slots=True)
class Kinds:
    """What the compiler knows of rows.

    names: expression name -> collection; stored: collection -> its stored fields; virtual: collection -> its computed fields.
    """

    names: Mapping[str, str]
    stored: Mapping[str, frozenset[str]]
    virtual: Mapping[str, frozenset[str]]


NO_KINDS = Kinds({}, {}, {})
Compiled = Callable[[Scope], Any]


def compile_expression(source: Any, kinds: Kinds = NO_KINDS, extra: frozenset[str] = frozenset()) -> Compiled:
    """A function from a Scope to the value of an expression; a number, boolean or null is a constant.

    Raises ExpressionError with the part that is wrong and the closest valid name.
    """
    if not isinstance(source, str):
        return lambda _scope, value=source: value  # type: ignore[misc]
    try:
        return _evaluator(write(source, kinds, extra))
    except (RecursionError, MemoryError, SyntaxError):
        raise ExpressionError(f"'{source[:40]}...' is nested too deeply.") from None


def write(source: str, kinds: Kinds = NO_KINDS, extra: frozenset[str] = frozenset(), dialect: "Dialect | None" = None) -> str:
    """An expression as code of a dialect, Python's if none is given. Raises ExpressionError."""
    writer = Writer(source, kinds, extra, dialect or Dialect())
    return writer.write(writer.tree, None)


def names_in(source: Any) -> frozenset[str]:
    """The names and the called functions that stand in an expression, or in those of a template."""
    if not isinstance(source, str):
        return frozenset(name for part in _parts(source) for name in names_in(part))
    return frozenset(node.id for node in ast.walk(parse(source)) if isinstance(node, ast.Name))


def _parts(template: Any) -> Iterable[Any]:
    """The values of a template: of a map or a list."""
    return template.values() if isinstance(template, Mapping) else template if isinstance(template, list) else ()


def collections_in(source: Any) -> frozenset[str]:
    """The collections whose rows an expression, or those of a template, look at."""
    if not isinstance(source, str):
        return frozenset(name for part in _parts(source) for name in collections_in(part))
    calls = (node for node in ast.walk(parse(source)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args)
    return frozenset(
        node.args[0].value
        for node in calls
        if isinstance(node.func, ast.Name) and node.func.id in OVER_ROWS and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    )


@lru_cache(maxsize=4096)
def parse(source: str) -> ast.expr:
    """The syntax tree of an expression."""
    try:
        return ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = getattr(error, "offset", None)
        raise ExpressionError(f"'{source}' is no expression{f' (at character {at})' if at else ''}. A text needs quotes: \"'text'\".") from None


@lru_cache(maxsize=8192)
def _evaluator(code: str) -> Compiled:
    namespace = {**operators.NAMESPACE, **{f"f_{name}": function for name, function in functions.TABLE.items()}}
    result: Compiled = eval(f"lambda v: {code}", namespace)  # the code is written by Writer from checked nodes only
    return result


class Dialect:
    """How an expression is written in Python. Another language writes the same parts in its own way."""

    def constant(self, value: Any) -> str:
        return repr(value)

    def name(self, name: str) -> str:
        return f"v[{name!r}]"

    def field(self, base: str, name: str) -> str:
        return f"_get({base}, {name!r})"

    def virtual(self, kind: str, name: str, base: str) -> str:
        return f"v.source.virtual({kind!r}, {name!r}, {base})"

    def item(self, base: str, key: str) -> str:
        return f"_at({base}, {key})"

    def mapping(self, pairs: Iterable[tuple[str, str]]) -> str:
        return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"

    def operation(self, name: str, left: str, right: str) -> str:
        return f"_{name}({left}, {right})"

    def same(self, left: str, right: str) -> str:
        """Equality with a text."""
        return f"({left} == {right})"

    def negated(self, value: str) -> str:
        return f"(not {value})"

    def all_of(self, parts: list[str]) -> str:
        return "(" + " and ".join(parts) + ")"

    def any_of(self, parts: list[str]) -> str:
        return "(" + " or ".join(parts) + ")"

    def choice(self, test: str, then: str, other: str) -> str:
        return f"({then} if {test} else {other})"

    def call(self, name: str, arguments: list[str], scoped: bool) -> str:
        return f"f_{name}({', '.join(['v', *arguments] if scoped else arguments)})"

    def held(self, kind: str | None, row: str, user: str) -> str:
        return f"v.source.held({kind!r}, {row}, {user})"

    def rows(self, collection: str, field: str | None, value: str) -> str:
        return f"v.source.rows({collection!r}, {field!r}, {value})"

    def over(self, name: str, source: str, arguments: list[str]) -> str:
        return f"_{name}({', '.join([source, *arguments])})"

    def of_row(self, value: str) -> str:
        return f"lambda it: {value}"


class Writer:
    """Checks an expression and writes it out in a dialect. `item` is the collection of `it` where it is a name of an enclosing loop."""

    def __init__(self, source: str, kinds: Kinds, extra: frozenset[str], dialect: Dialect) -> None:
        self.source, self.kinds, self.extra, self.dialect = source, kinds, extra, dialect
        self.tree = parse(source)
        self.in_loop = False

    def write(self, node: ast.expr, item: str | None) -> str:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise ExpressionError(f"'{ast.unparse(node)}' in '{self.source}' is not allowed in an expression (docs/expressions.md).")
        result: str = method(node, item)
        return result

    def kind(self, node: ast.expr, item: str | None) -> str | None:
        """The collection that a node is a row of, if that is known."""
        if isinstance(node, ast.Name):
            return item if node.id == "it" and self.in_loop else self.kinds.names.get(node.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "first":
            return self._collection(node)
        return None

    def _constant(self, node: ast.Constant, _item: str | None) -> str:
        plain = node.value is None or isinstance(node.value, str | int | float)
        if not plain or (isinstance(node.value, float) and not math.isfinite(node.value)):
            raise ExpressionError(f"'{ast.unparse(node)}' in '{self.source}' is no JSON value.")
        return self.dialect.constant(node.value)

    def _name(self, node: ast.Name, _item: str | None) -> str:
        if node.id in CONSTANTS:
            return self.dialect.constant(CONSTANTS[node.id])
        if node.id == "it" and self.in_loop:
            return "it"
        if node.id not in NAMES and node.id not in self.kinds.names and node.id not in self.extra:
            hint = suggest(node.id, NAMES | set(self.kinds.names) | self.extra)
            raise ExpressionError(f"'{node.id}' in '{self.source}' is no name here.{hint}")
        return self.dialect.name(node.id)

    def _attribute(self, node: ast.Attribute, item: str | None) -> str:
        base, kind = self.write(node.value, item), self.kind(node.value, item)
        if kind is not None and kind in self.kinds.stored:
            if node.attr in self.kinds.virtual[kind]:
                return self.dialect.virtual(kind, node.attr, base)
            if node.attr not in self.kinds.stored[kind]:
                hint = suggest(node.attr, self.kinds.stored[kind] | self.kinds.virtual[kind])
                raise ExpressionError(f"'{node.attr}' in '{self.source}' is no field of {kind}.{hint}")
        return self.dialect.field(base, node.attr)

    def _subscript(self, node: ast.Subscript, item: str | None) -> str:
        return self.dialect.item(self.write(node.value, item), self.write(node.slice, item))

    def _list(self, node: ast.List, item: str | None) -> str:
        return "[" + ", ".join(self.write(element, item) for element in node.elts) + "]"

    def _dict(self, node: ast.Dict, item: str | None) -> str:
        if any(key is None for key in node.keys):
            raise ExpressionError(f"'**' in '{self.source}' is not allowed; use merge(a, b).")
        if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in node.keys):
            raise ExpressionError(f"The names of a map in '{self.source}' are texts in quotes.")
        pairs = zip(node.keys, node.values, strict=True)
        return self.dialect.mapping((self.write(key, item), self.write(value, item)) for key, value in pairs if key is not None)

    def _binop(self, node: ast.BinOp, item: str | None) -> str:
        if type(node.op) not in ARITHMETIC:
            raise ExpressionError(f"The operator in '{ast.unparse(node)}' is not allowed. Valid: + - * / // %.")
        return self.dialect.operation(ARITHMETIC[type(node.op)], self.write(node.left, item), self.write(node.right, item))

    def _unaryop(self, node: ast.UnaryOp, item: str | None) -> str:
        value = self.write(node.operand, item)
        if isinstance(node.op, ast.Not):
            return self.dialect.negated(value)
        if isinstance(node.op, ast.USub):
            return self.dialect.operation("sub", self.dialect.constant(0), value)
        raise ExpressionError(f"The operator in '{ast.unparse(node)}' is not allowed. Valid: not, -.")

    def _boolop(self, node: ast.BoolOp, item: str | None) -> str:
        parts = [self.write(value, item) for value in node.values]
        return self.dialect.all_of(parts) if isinstance(node.op, ast.And) else self.dialect.any_of(parts)

    def _ifexp(self, node: ast.IfExp, item: str | None) -> str:
        return self.dialect.choice(self.write(node.test, item), self.write(node.body, item), self.write(node.orelse, item))

    def _compare(self, node: ast.Compare, item: str | None) -> str:
        parts, left = [], node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            parts.append(self._comparison(left, operator, right, item))
            left = right
        return parts[0] if len(parts) == 1 else self.dialect.all_of(parts)

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, item: str | None) -> str:
        a, b = self.write(left, item), self.write(right, item)
        if isinstance(operator, ast.Eq | ast.NotEq):
            text = any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (left, right))
            equal = self.dialect.same(a, b) if text else self.dialect.operation("eq", a, b)
            return equal if isinstance(operator, ast.Eq) else self.dialect.negated(equal)
        if isinstance(operator, ast.NotIn):
            return self.dialect.negated(self.dialect.operation("in", a, b))
        if type(operator) not in ORDER:
            raise ExpressionError(f"The comparison in '{self.source}' is not allowed. Valid: == != < <= > >= in, not in.")
        return self.dialect.operation(ORDER[type(operator)], a, b)

    def _call(self, node: ast.Call, item: str | None) -> str:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise ExpressionError(f"'{ast.unparse(node)}' in '{self.source}' is no call of a function of ours with plain arguments.")
        name = node.func.id
        if name in OVER_ROWS:
            return self._over_rows(name, node, item)
        if name == "held":
            return self._held(node, item)
        if name not in functions.TABLE:
            raise ExpressionError(f"'{name}' in '{self.source}' is no function.{suggest(name, [*functions.TABLE, *OVER_ROWS, 'held'])}")
        arguments = [self.write(argument, item) for argument in node.args]
        if not functions.accepts(name, len(node.args)):
            raise ExpressionError(f"'{ast.unparse(node)}' in '{self.source}' has the wrong number of arguments.")
        return self.dialect.call(name, arguments, name in functions.NEED_SCOPE)

    def _held(self, node: ast.Call, item: str | None) -> str:
        if not 1 <= len(node.args) <= 2:
            raise ExpressionError(f"held takes a row and perhaps a user, not '{ast.unparse(node)}'.")
        user = self.write(node.args[1], item) if len(node.args) == 2 else self.dialect.constant(None)
        return self.dialect.held(self.kind(node.args[0], item), self.write(node.args[0], item), user)

    def _collection(self, node: ast.Call) -> str | None:
        first = node.args[0] if node.args else None
        return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None

    def _over_rows(self, name: str, node: ast.Call, item: str | None) -> str:
        """`count('orders', it.userId == user.id and ...)`: an equality with a field of `it` becomes a look-up in an index."""
        least, most = OVER_ROWS[name]
        if not least <= len(node.args) <= most:
            raise ExpressionError(f"'{ast.unparse(node)}' in '{self.source}' has the wrong number of arguments.")
        collection = self._collection(node)
        if collection is not None and self.kinds.stored and collection not in self.kinds.stored:
            raise ExpressionError(f"'{collection}' in '{self.source}' is no collection.{suggest(collection, self.kinds.stored)}")
        condition = node.args[-1] if name not in ("map", "top") and len(node.args) == most else None
        field, value = self._index(condition, collection, item)
        source = self.dialect.rows(collection, field, value) if collection is not None else self.dialect.over("list", self.write(node.args[0], item), [])
        if name == "top":
            limit = self.write(node.args[2], item) if len(node.args) == 3 else "10"
            return self.dialect.over("top", source, [self._of_row(node.args[1], collection), limit])
        values = [self._of_row(argument, collection) for argument in node.args[1:]]
        if name == "sum" and len(node.args) == 2:
            values.append(self.dialect.constant(None))
        return self.dialect.over(name, source, values or [self.dialect.constant(None)])

    def _of_row(self, node: ast.expr, collection: str | None) -> str:
        before, self.in_loop = self.in_loop, True
        try:
            return self.dialect.of_row(self.write(node, collection))
        finally:
            self.in_loop = before

    def _index(self, condition: ast.expr | None, collection: str | None, item: str | None) -> tuple[str | None, str]:
        """The first `it.field == value` of a conjunction whose value does not look at `it`."""
        if condition is None or collection is None:
            return None, self.dialect.constant(None)
        parts = condition.values if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And) else [condition]
        for part in parts:
            if not (isinstance(part, ast.Compare) and len(part.ops) == 1 and isinstance(part.ops[0], ast.Eq)):
                continue
            for mine, other in ((part.left, part.comparators[0]), (part.comparators[0], part.left)):
                if self._is_field(mine, collection) and "it" not in names_in(ast.unparse(other)):
                    assert isinstance(mine, ast.Attribute)
                    return mine.attr, self.write(other, item)
        return None, self.dialect.constant(None)

    def _is_field(self, node: ast.expr, collection: str) -> bool:
        plain = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "it"
        return plain and isinstance(node, ast.Attribute) and node.attr not in self.kinds.virtual.get(collection, frozenset())
