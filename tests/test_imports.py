"""Imports go one way (architecture, "Where things are"): read from the syntax tree of every file, imports inside functions included."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("understudy", "fixtures", "mock_server", "contract_tests", "load")

# A floor may use what stands below it in this list, and itself. The longest beginning of a module's name says where it belongs.
FLOORS = (
    "understudy.wire",
    "understudy.contract",
    "fixtures",
    "mock_server.state",
    "mock_server.engine",
    "mock_server.steering",
    "mock_server.sharing",
    "mock_server.transports",
    "mock_server.control",
    "mock_server.console",  # a page over the control API; it knows nothing of a service's own pages
    "mock_server.pages",
    "mock_server.app",
    "understudy.testing",
    "understudy.cli",
)
# What stands beside the stairs: it may use these floors, and itself.
BESIDE = {
    "understudy": (),
    "understudy.guides": ("understudy.contract", "understudy.wire"),
    # Its answers are those of the engine, asked without a server; it is a door to nothing else of the mock.
    "understudy.export": ("understudy.contract", "understudy.wire", "fixtures", "mock_server.state", "mock_server.engine", "mock_server.app"),
    "understudy.errors": (),
    "contract_tests": ("understudy.contract", "understudy.wire", "fixtures"),
    "load": ("understudy.contract", "understudy.wire", "fixtures", "contract_tests"),  # its stage is prepared and judged through a session with the target
    "mock_server.backends": ("understudy.contract", "understudy.wire", "fixtures", "mock_server.state", "mock_server.engine"),
    "mock_server": (),
}
DOORS = ("understudy.cli", "understudy.settings", "understudy.pytest_plugin", "understudy.__main__")  # these may use anything
HOSTED = ("app", "serve", "banner", "options", "ports", "running", "storage", "watching", "workers")
HOSTS = tuple(f"mock_server.{name}" for name in HOSTED)  # one floor: who hosts the applications


def files() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted(path for path in (ROOT / room).rglob("*.py") if "vendor" not in path.parts)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """The modules that a file imports; of `from a import b`, both a and a.b where that is a module of ours."""
    module = module_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            source = ".".join(filter(None, (base, node.module)))
            for alias in node.names:
                yield (f"{source}.{alias.name}" if is_ours(f"{source}.{alias.name}") else source), node.lineno


def is_ours(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return module.split(".")[0] in ROOMS and (path.with_suffix(".py").is_file() or path.is_dir())


def home(module: str) -> str:
    """The floor, or the place beside the stairs, that a module belongs to."""
    if any(within(module, host) for host in HOSTS):
        return "mock_server.app"
    places = [place for place in (*FLOORS, *BESIDE, *DOORS) if within(module, place)]
    return max(places, key=len, default="")


def allowed(place: str) -> tuple[str, ...]:
    if place in DOORS:
        return (*FLOORS, *BESIDE, *DOORS)
    if place in BESIDE:
        return (place, "understudy", *BESIDE[place])
    return (*FLOORS[: FLOORS.index(place) + 1], "understudy")


def wrong_imports(path: Path) -> Iterator[str]:
    module = module_of(path)
    place = home(module)
    for name, line in imported(path):
        if name.split(".")[0] not in ROOMS:
            continue
        if home(name) not in allowed(place):
            yield f"{path.relative_to(ROOT)}:{line}: {place} may not import {name}"


def test_every_module_has_its_place() -> None:
    assert [str(path.relative_to(ROOT)) for path in files() if not home(module_of(path))] == []


@pytest.mark.parametrize("path", list(files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_what_stands_below_it_alone(path: Path) -> None:
    assert list(wrong_imports(path)) == []


def test_the_wire_uses_nothing_but_itself() -> None:
    assert allowed("understudy.wire") == ("understudy.wire", "understudy")


PUBLIC_ENGINE = {"mock_server.engine"}


@pytest.mark.parametrize("path", sorted((ROOT / "mock_server" / "backends").glob("*.py")), ids=lambda path: path.stem)
def test_a_backends_file_uses_the_engines_public_names_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and within(node.module, "mock_server.engine"):
            from mock_server import engine

            assert node.module in PUBLIC_ENGINE, f"line {node.lineno}: import from mock_server.engine, not {node.module}"
            assert {alias.name for alias in node.names} <= set(engine.__all__)


@pytest.mark.parametrize("room", ["understudy/wire", "understudy/contract", "fixtures", "mock_server/state", "mock_server/engine"])
def test_what_is_pure_knows_no_web_framework(room: str) -> None:
    web = {"fastapi", "starlette", "uvicorn", "socketio", "engineio", "websockets", "asyncio", "httptools", "click"}
    met = {(path.name, name) for path in (ROOT / room).rglob("*.py") for name, _ in imported(path) if name.split(".")[0] in web}
    assert met == set()


def test_standard_modules_are_no_modules_of_ours() -> None:
    assert not set(ROOMS) & sys.stdlib_module_names


# The rule itself is tried on files that break it.


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("understudy/wire", "import understudy.contract.errors"),
        ("understudy/wire", "from fixtures import values"),
        ("understudy/contract", "from fixtures.records import build"),
        ("understudy/contract", "from understudy import cli"),
        ("understudy/contract", "def late():\n    from mock_server.state import clock"),
        ("fixtures", "if 0:\n    import mock_server.state.store"),
        ("mock_server/state", "from mock_server import engine"),
        ("mock_server/engine", "from mock_server.transports.http import DocumentApp"),
        ("mock_server/engine", "from mock_server.backends import platng"),
        ("mock_server/transports", "import mock_server.app"),
        ("mock_server/backends", "from mock_server.transports import http"),
        ("contract_tests", "from mock_server.state.clock import Clock"),
        ("load", "import mock_server"),
        ("load", "from understudy.testing import serve"),
        ("contract_tests", "import load.verdicts"),
    ],
)
def test_an_import_against_the_rule_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, text: str) -> None:
    for path in files():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / place / "planted.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert len(list(wrong_imports(path))) == 1


def test_imports_downstairs_are_seen() -> None:
    path = ROOT / "mock_server" / "engine" / "engine.py"
    assert any(within(name, "mock_server.state") for name, _ in imported(path))
