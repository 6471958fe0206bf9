"""What others may build on. A name that comes, goes or is renamed changes this file, and the changelog."""

import ast
import importlib
from pathlib import Path

import pytest

from mock_server import engine
from understudy import testing

ROOT = Path(__file__).resolve().parents[1]

ENGINE = """
    Call Emit Entity Problem Reply Request Upload Violation change create find find_account issue me missing remove session unauthorized
"""
PUBLIC = {
    "understudy.contract.errors": "ContractError UnderstudyError UsageError suggest",
    "understudy.contract.reader": "FREE_PORT METHODS backend_names read read_backend read_document specs_folder",
    "understudy.contract.model": """
        Behavior Capacity Channel Child Collection Contract EMPTY Holds Json Media Members Message Operation Parameter Place Push Receiver Ref Response Schema
        Security Service Source States
    """,
    "understudy.contract.overlays": "ACTION_WORDS Overlay apply load_all refuse_unused",
    "understudy.contract.vocabulary": "faults schema validator",
    "understudy.wire.chance": "ALPHABET Chance derive fresh_seed",
    "understudy.wire.passwords": "BLOCK COST PARALLEL hashed matches",
    "fixtures.records": "DEMO_PASSWORD Dataset INFERRED_COUNT LEFT_OUT Row TRIES Undated YEAR_9000 build",
    "fixtures.instants": "Instant UNITS at has_instant seconds",
    "understudy.wire.files": "PRIVATE write",
    "understudy.testing.client": "COOKIE DEFAULT HEADER Understudy Worlds",
    "understudy.testing.durations": "Duration seconds",
    "understudy.testing.errors": "MockError NoMockError",
    "understudy.testing.results": """
        Applied ClockState Delivered Health INSTANTS Imported Line Row ScenarioState Service SnapshotState SocketState T WorldState read
    """,
    "understudy.testing.serving": "MockFactory Scenarios serve",
    "understudy.testing.words": "Criteria FaultSettings Kind Match Texts",
    "mock_server.ports": "HIGHEST addresses_of contracts_of host_of",
    "mock_server.running": "BACKLOG Bound Running applications new_loop",
    "mock_server.app": "Hosted PAGES bound_functions bound_module create_apps create_engine host refresh single twins_text",
    "mock_server.state.clock": "Clock WallClock wall",
    "mock_server.state.faults": "Facts Fault FaultError Faults MOST REQUEST SOCKET",
    "mock_server.state.log": "Entry LARGEST Log MOST",
    "mock_server.state.rooms": "Deliver Hang NOBODY Rooms Socket",
    "mock_server.state.seats": "CapacityError HoldError Ledger",
    "mock_server.state.snapshots": "Snapshot Timer restore take",
    "mock_server.state.store": "FEW Store Tally Unit seeds",
    "mock_server.state.table": "BITS Key MASK MOST_INDEXES MOST_SEEN Name Row Rows SIZE Table View",
    "mock_server.state.throttle": "Allowance SWEEP Throttle",
    "mock_server.state.timers": "Entry MOST_DEAD MOST_LANES NEVER Timers",
    "mock_server.state.tokens": "CACHE TokenError Tokens Use",
    "mock_server.state.world": "DEFAULT PREFIX World create reset",
    "mock_server.state.worlds": "IDLE MOST NAME WorldError Worlds",
}


TESTING = """
    Applied ClockState Delivered Fault Health Imported Line MockError MockFactory ScenarioState Service SnapshotState SocketState Understudy WorldState serve
"""


def test_tests_of_others_may_use_these_names() -> None:
    assert sorted(testing.__all__) == TESTING.split()
    assert all(hasattr(testing, name) for name in testing.__all__)


def public_names(module: str) -> set[str]:
    """What a module defines itself, on its first level and without an underscore."""
    tree = ast.parse(ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return {name for name in found if not name.startswith("_")}


def test_a_backends_own_file_may_use_these_names_of_the_engine() -> None:
    assert sorted(engine.__all__) == ENGINE.split()


def test_every_public_name_of_the_engine_is_there() -> None:
    assert all(hasattr(engine, name) for name in engine.__all__)


@pytest.mark.parametrize("module", PUBLIC)
def test_a_module_has_these_public_names(module: str) -> None:
    assert public_names(module) == set(PUBLIC[module].split())


@pytest.mark.parametrize("module", PUBLIC)
def test_what_is_public_says_what_it_is(module: str) -> None:
    loaded = importlib.import_module(module)
    things = [getattr(loaded, name) for name in PUBLIC[module].split()]
    assert [thing.__name__ for thing in things if getattr(thing, "__module__", "") == module and not thing.__doc__] == []
