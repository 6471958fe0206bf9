"""The house's habits: small files, short functions, no backend by name in code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from understudy.contract.reader import backend_names

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("understudy", "fixtures", "mock_server", "contract_tests", "load", "tests", "benchmarks")
LONGEST_FILE, LONGEST_FUNCTION = 500, 60
CODE = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if not {"vendor", "node_modules"} & set(path.parts))
OURS = [path for path in CODE if path.relative_to(ROOT).parts[0] not in ("tests", "benchmarks")]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_file_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_function_is_too_long(path: Path) -> None:
    assert {function: lines for function, lines in functions(path) if lines > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", OURS, ids=name)
def test_no_backend_is_named_in_code(path: Path) -> None:
    """A backend's name stands in `mock_server/backends/<name>.py`, its journeys, its stories, its documents, in tests and in what is written for people."""
    if path.parent.name in ("backends", "journeys", "stories") and path.stem.partition("_")[0] in backend_names():
        return
    words = re.compile(rf"\b({'|'.join(backend_names())})\b")
    assert [(line, text) for line, text in texts(path) if words.search(text)] == []


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts and names of a file's code, without its docstrings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name | ast.Attribute):
            yield node.lineno, node.id if isinstance(node, ast.Name) else node.attr


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*/*.yaml")), ids=name)
def test_no_document_passes_about_a_thousand_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 1000


@pytest.mark.parametrize("path", OURS, ids=name)
def test_every_file_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
