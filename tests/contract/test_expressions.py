"""What expressions give (tests/vectors/expressions.yaml, shared with the JavaScript runtime), and what is said of those that are none."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.contract import functions
from understudy.contract.expressions import (
    NO_KINDS,
    OVER_ROWS,
    ExpressionError,
    Kinds,
    Scope,
    collections_in,
    compile_expression,
    names_in,
)

FILE = Path(__file__).parents[1] / "vectors" / "expressions.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CASES = [(f"{group}: {vector['expression']}", vector) for group, vectors in VECTORS["vectors"].items() for vector in vectors]
KINDS = Kinds(
    {"row": "orders", "user": "users"},
    {"orders": frozenset({"id", "userId", "quantity"}), "users": frozenset({"id", "name"})},
    {"orders": frozenset({"totalPrice"}), "users": frozenset()},
)


class Given:
    """The source that the vectors describe."""

    def __init__(self, source: dict[str, Any]) -> None:
        self.source = source
        self.asked: list[tuple[str, str | None, Any]] = []

    def rows(self, collection: str, field: str | None, value: Any) -> list[dict[str, Any]]:
        self.asked.append((collection, field, value))
        return [row for row in self.source["rows"][collection] if field is None or row.get(field) == value]

    def absent(self, _name: str) -> None:
        return None

    def virtual(self, _collection: str, name: str, row: dict[str, Any]) -> Any:
        return f"{name} of {row['id']}"

    def held(self, _collection: str | None, row: Any, user: Any) -> int:
        return self.source["held"].get(row["id"], {}).get("all" if user is None else user, 0)

    def random_text(self, length: int) -> str:
        return self.source["random_text"][:length]

    def random_id(self) -> str:
        return self.source["random_id"]


def value_of(expression: Any, names: dict[str, Any] | None = None, kinds: Kinds = NO_KINDS) -> Any:
    return compile_expression(expression, kinds)(Scope(Given(VECTORS["source"]), names or {}))


def same(a: Any, b: Any) -> bool:
    """Equal as JSON."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("vector", [vector for _, vector in CASES], ids=[name for name, _ in CASES])
def test_an_expression_has_the_value_of_its_vector(vector: dict[str, Any]) -> None:
    found = value_of(vector["expression"], vector.get("names"))
    assert same(found, vector["value"]), f"{vector['expression']} gave {found!r}, not {vector['value']!r}"


def test_no_vector_stands_twice() -> None:
    seen = [(vector["expression"], str(vector.get("names"))) for _, vector in CASES]
    assert len(set(seen)) == len(seen) >= 120


@pytest.mark.parametrize("name", sorted({*functions.TABLE, *OVER_ROWS, "held"}))
def test_every_function_has_a_vector(name: str) -> None:
    assert any(f"{name}(" in vector["expression"] for _, vector in CASES)


@pytest.mark.parametrize("value", [5, 2.5, True, False, None])
def test_what_is_no_text_stands_for_itself(value: Any) -> None:
    assert value_of(value) is value


WRONG = {
    "rwo.price": "'rwo' in 'rwo.price' is no name here. Did you mean 'row'?",
    "pending": "'pending' in 'pending' is no name here. Did you mean 'spent'?",
    "cuont('orders')": "'cuont' in 'cuont('orders')' is no function. Did you mean 'count'?",
    "heldd(row)": "'heldd' in 'heldd(row)' is no function. Did you mean 'held'?",
    "row.quantiy": "'quantiy' in 'row.quantiy' is no field of orders. Did you mean 'quantity'?",
    "user.nam": "'nam' in 'user.nam' is no field of users. Did you mean 'name'?",
    "first('orders').totalPrise": "'totalPrise' in 'first('orders').totalPrise' is no field of orders. Did you mean 'totalPrice'?",
    "count('orders', it.userID == 1)": "'userID' in 'count('orders', it.userID == 1)' is no field of orders. Did you mean 'userId'?",
    "count('order')": "'order' in 'count('order')' is no collection. Did you mean 'orders'?",
    "1 +": "'1 +' is no expression. A text needs quotes: \"'text'\".",
    "": "'' is no expression",
    "summer festival": "'summer festival' is no expression",
    "row.id ** 2": "The operator in 'row.id ** 2' is not allowed. Valid: + - * / // %.",
    "row.id & 2": "The operator in 'row.id & 2' is not allowed. Valid: + - * / // %.",
    "~row.id": "The operator in '~row.id' is not allowed. Valid: not, -.",
    "+row.id": "The operator in '+row.id' is not allowed. Valid: not, -.",
    "row is null": "The comparison in 'row is null' is not allowed. Valid: == != < <= > >= in, not in.",
    "lambda x: 1": "'lambda x: 1' in 'lambda x: 1' is not allowed in an expression (docs/expressions.md).",
    "[x for x in row]": "'[x for x in row]' in '[x for x in row]' is not allowed",
    "f'{row}'": "is not allowed in an expression",
    "(1, 2)": "'(1, 2)' in '(1, 2)' is not allowed",
    "{1, 2}": "'{1, 2}' in '{1, 2}' is not allowed",
    "row[0:2]": "'0:2' in 'row[0:2]' is not allowed",
    "(row := 1)": "is not allowed in an expression",
    "[*row]": "'*row' in '[*row]' is not allowed",
    "await row": "is no",
    "row.id()": "'row.id()' in 'row.id()' is no call of a function of ours with plain arguments.",
    "round(2.5, digits=1)": "'round(2.5, digits=1)' in 'round(2.5, digits=1)' is no call of a function of ours with plain arguments.",
    "round(1, 2, 3)": "'round(1, 2, 3)' in 'round(1, 2, 3)' has the wrong number of arguments.",
    "random_text()": "'random_text()' in 'random_text()' has the wrong number of arguments.",
    "count()": "'count()' in 'count()' has the wrong number of arguments.",
    "count('orders', true, true)": "has the wrong number of arguments.",
    "sum('orders')": "'sum('orders')' in 'sum('orders')' has the wrong number of arguments.",
    "top('orders')": "'top('orders')' in 'top('orders')' has the wrong number of arguments.",
    "map([1])": "'map([1])' in 'map([1])' has the wrong number of arguments.",
    "held()": "held takes a row and perhaps a user, not 'held()'.",
    "b'x'": "'b'x'' in 'b'x'' is no JSON value.",
    "1j": "'1j' in '1j' is no JSON value.",
    "...": "is no JSON value.",
    "1e999": "is no JSON value.",
    "{**row}": "'**' in '{**row}' is not allowed; use merge(a, b).",
    "{row: 1}": "The names of a map in '{row: 1}' are texts in quotes.",
    "{[1]: 2}": "The names of a map in '{[1]: 2}' are texts in quotes.",
    "__import__('os')": "'__import__' in '__import__('os')' is no function.",
    "(" * 300 + ")" * 300: "is no expression",
    "1" + "+1" * 20000: "is no expression",
    "not " * 400 + "1": "is n",
}


@pytest.mark.parametrize("expression", WRONG, ids=lambda text: text[:40] or "nothing")
def test_what_is_no_expression_is_refused_with_the_part_and_what_is_valid(expression: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_expression(expression, KINDS)
    assert WRONG[expression] in str(refused.value)


def test_a_name_that_the_caller_adds_is_known() -> None:
    assert compile_expression("category.price", extra=frozenset({"category"}))(Scope(None, {"category": {"price": 3}})) == 3


def test_a_computed_field_is_asked_of_the_source() -> None:
    assert value_of("row.totalPrice", {"row": {"id": 9}}, KINDS) == "totalPrice of 9"


def test_a_computed_field_of_a_found_row_is_asked_of_the_source() -> None:
    assert value_of("first('orders', it.id == 2).totalPrice", {}, KINDS) == "totalPrice of 2"


@pytest.mark.parametrize(
    ("expression", "asked"),
    [
        ("count('orders', it.userId == user.id)", ("orders", "userId", 7)),
        ("count('orders', user.id == it.userId)", ("orders", "userId", 7)),
        ("count('orders', it.quantity > 1 and it.userId == 7)", ("orders", "userId", 7)),
        ("sum('orders', it.quantity, it.userId == 7)", ("orders", "userId", 7)),
        ("count('orders', it.userId == 7 or it.id == 1)", ("orders", None, None)),
        ("count('orders', it.userId == it.id)", ("orders", None, None)),
        ("count('orders', it.totalPrice == 3)", ("orders", None, None)),
        ("sum('orders', it.userId == 7)", ("orders", None, None)),
    ],
)
def test_an_equality_with_a_stored_field_is_looked_up_in_an_index(expression: str, asked: tuple[Any, ...]) -> None:
    source = Given(VECTORS["source"])
    compile_expression(expression, KINDS)(Scope(source, {"user": {"id": 7}}))
    assert source.asked[0] == asked


def test_the_names_in_an_expression_are_told() -> None:
    assert names_in("count('orders', it.userId == user.id) + body.n") == {"count", "it", "user", "body"}


def test_the_collections_an_expression_looks_at_are_told() -> None:
    assert collections_in("count('orders') + sum(body.items, it) + len(rows('users'))") == {"orders", "users"}


def test_what_a_template_looks_at_is_what_its_expressions_do() -> None:
    template = {"a": "count('orders')", "b": ["user.id", {"c": "first('users', it.id == row.id).name"}]}
    assert collections_in(template) == {"orders", "users"}
    assert names_in(template) == {"count", "user", "first", "it", "row"}


@pytest.mark.parametrize("asked", [names_in, collections_in])
def test_a_number_names_nothing(asked: Any) -> None:
    assert asked(5) == frozenset()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6)
    | st.sampled_from(["a", "paid", "2027-01-15T08:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "scrypt$a$b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "id"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
ATOMS = st.sampled_from(
    ["row", "body", "row.a", "body.b", "row['id']", "1", "0", "2.5", "'a'", "''", "true", "null", "[]", "{}", "{'a': row}", "[row, body]", "now"]
)
BINARY = st.sampled_from(["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"])
ARITY = {name: range(low, high + 1) for name, (low, high) in OVER_ROWS.items()} | {
    name: [number for number in range(4) if functions.accepts(name, number)] for name in functions.TABLE if "password" not in name and name != "random_text"
}


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = [(name, number) for name, numbers in ARITY.items() for number in numbers]
    return st.sampled_from(pairs).flatmap(lambda pair: st.lists(inner, min_size=pair[1], max_size=pair[1]).map(lambda parts: f"{pair[0]}({', '.join(parts)})"))


EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, BINARY, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})")
        | inner.map(lambda part: f"(not {part})")
        | inner.map(lambda part: f"(-{part})")
        | st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[{parts[1]}]")
        | inner.map(lambda part: f"({part}).a")
        | st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})")
        | _calls(inner)
    ),
    max_leaves=8,
)


class Nothing(Given):
    def rows(self, collection: str, field: str | None, value: Any) -> list[dict[str, Any]]:
        return []

    def held(self, _collection: str | None, _row: Any, _user: Any) -> int:
        return 0


def _values(found: Any) -> Iterator[Any]:
    yield found
    if isinstance(found, dict | list):
        for item in found.values() if isinstance(found, dict) else found:
            yield from _values(item)


@settings(max_examples=400, deadline=None)
@given(expression=EXPRESSIONS, row=JSON, body=JSON)
def test_no_expression_over_any_json_raises_and_each_gives_json(expression: str, row: Any, body: Any) -> None:
    found = value_of_any(expression, {"row": row, "body": body, "now": 1800000000.0})
    for value in _values(found):
        assert value is None or isinstance(value, bool | int | str | dict | list) or (isinstance(value, float) and value - value == 0)


def value_of_any(expression: str, names: dict[str, Any]) -> Any:
    return compile_expression(expression)(Scope(Nothing(VECTORS["source"]), names))


LETTERS = [*"row.a()[]{}'+-*/%<=>!&|~^@:,; \n01e\\\"#fb", "lambda ", " if ", " else ", " not ", " in ", " and "]


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=30) | st.lists(st.sampled_from(LETTERS), max_size=25).map("".join))
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_any_text_is_an_expression_or_refused_with_a_sentence(text: str) -> None:
    with suppress(ExpressionError):
        compile_expression(text)
