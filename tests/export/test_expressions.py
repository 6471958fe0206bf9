"""Expressions mean in JavaScript what they mean in Python: the same vectors, run by Node over the exported runtime."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.contract.expressions import NO_KINDS, ExpressionError
from understudy.export.expressions import script

from .javascript import HERE, run_node

VECTORS = yaml.safe_load((HERE.parent / "vectors" / "expressions.yaml").read_text("utf-8"))
EVERY = [vector for group in VECTORS["vectors"].values() for vector in group]


def written(vector: dict[str, Any]) -> str:
    names = vector.get("names") or {}
    return f"[(v) => {script(vector['expression'], NO_KINDS, frozenset(names))}, {json.dumps(names)}]"


def test_every_vector_has_its_value_in_javascript(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    module = ["import * as f from './runtime/functions.js';", "import * as x from './runtime/operators.js';"]
    module += [f"export const source = {json.dumps(VECTORS['source'])};", "export const vectors = [", *(f"{written(vector)}," for vector in EVERY), "];"]
    found = json.loads(run_node(tmp_path, "evaluate.mjs", {"vectors.js": "\n".join(module)}))
    wrong = [(vector["expression"], value, vector["value"]) for vector, value in zip(EVERY, found, strict=True) if not same(value, vector["value"])]
    assert not wrong
    assert len(found) > 350


def same(one: Any, two: Any) -> bool:
    """Equal as JSON values: true is not 1."""
    return json.dumps(plain(one), sort_keys=True) == json.dumps(plain(two), sort_keys=True)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("row.price * body.quantity", "x.mul(x.get(v.row, 'price'), x.get(v.body, 'quantity'))"),
        ("user.role == 'admin' and not row.closed", "x.and(x.get(v.user, 'role') === 'admin', () => x.not(x.get(v.row, 'closed')))"),
        (
            "count('orders', it.userId == user.id)",
            "x.count(v.source.rows('orders', 'userId', x.get(v.user, 'id')), (it) => x.eq(x.get(it, 'userId'), x.get(v.user, 'id')))",
        ),
        ("'it\\'s' if row.a else \"</script>\"", "(x.truthy(x.get(v.row, 'a')) ? 'it\\'s' : '</script>')"),
        ("iso(now + 300)", "f.iso(x.add(v.now, 300))"),
        ("random_text(8)", "f.random_text(v, 8)"),
        ("{'__proto__': 1}", "({ ['__proto__']: 1 })"),
    ],
)
def test_what_is_written_can_be_read(source: str, wanted: str) -> None:
    assert script(source) == wanted


def test_a_wrong_expression_is_refused_before_anything_is_written() -> None:
    with pytest.raises(ExpressionError, match="Did you mean 'row'"):
        script("rwo.price")
