"""Watches the documents of what is served, and has a change take effect."""

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from watchfiles import awatch

from mock_server.app import Hosted, bound_functions, bound_module, refresh
from mock_server.engine.engine import Engine
from mock_server.engine.plan import Bound
from mock_server.state.clock import wall
from mock_server.steering.reload import reload
from understudy.contract.errors import UnderstudyError
from understudy.contract.model import Contract
from understudy.contract.reader import read, specs_folder
from understudy.contract.scenarios import FILE

STEP = 20  # milliseconds in which changes are gathered: an editor writes more than once
DOCUMENTS = (".yaml", ".yml", ".json")
SHOWN = 20
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """One target, its engine and applications. overlays: files that change its documents."""

    target: str
    overlays: tuple[Path, ...]
    engine: Engine
    hosted: tuple[Hosted, ...]

    def files(self) -> set[Path]:
        """The files that its contract was made of, and those that would be part of it."""
        contract = self.engine.contract
        found = {Path(file) for file in _sources(contract)} | set(self.overlays) | {specs_folder() / "_shared" / FILE}
        if contract.declared:
            found |= {path for path in Path(contract.folder).iterdir() if path.suffix in DOCUMENTS}
            module = bound_module(contract)
            found |= {Path(sys.modules[module].__file__ or "")} if module in sys.modules else set()
        return {path.resolve() for path in found}

    def concerns(self, path: Path) -> bool:
        """Whether a changed file is one of its own, or a new document in its folder."""
        inside = self.engine.contract.declared and path.parent == Path(self.engine.contract.folder).resolve() and path.suffix in DOCUMENTS
        return inside or path in self.files()


def _sources(contract: Contract) -> set[str]:
    bundles = [bundle for service in contract.services for bundle in (service.bundle, service.realtime) if bundle is not None]
    return {bundle.file for bundle in bundles} | {file for bundle in bundles for file, _ in bundle.origins.values()}


async def watch(watched: Sequence[Watched], say: Say) -> None:
    """Reloads whatever changes, until it is cancelled."""
    while True:
        files = {path for item in watched for path in item.files()}
        folders = sorted({path.parent for path in files if path.parent.is_dir()})
        async for changes in awatch(*folders, debounce=STEP * 5, step=STEP, recursive=False, stop_event=None, raise_interrupt=False):
            changed = {Path(name).resolve() for _, name in changes}
            for item in watched:
                if any(item.concerns(path) for path in changed):
                    take_over(item, say)
            if {path.parent for item in watched for path in item.files()} - set(folders):
                break  # a document now refers to a file elsewhere


def take_over(item: Watched, say: Say) -> bool:
    """Reloads one target and says what came of it; a broken document changes nothing."""
    start, engine = wall(), item.engine
    try:
        contract = _read(item)
        unfit = reload(engine, contract, _functions(contract))
    except UnderstudyError as error:
        say(f"{error}\n{engine.contract.name} goes on as it was.")
        return False
    except Exception as error:  # whatever a document may do to the reader: those who watch go on watching
        say(f"{item.target}: {type(error).__name__}: {error}\n{engine.contract.name} goes on as it was.")
        return False
    refresh(item.hosted)
    say(f"Reloaded {contract.name} in {(wall() - start) * 1000:.0f} ms.{_told(unfit)}")
    return True


def _read(item: Watched) -> Contract:
    """The contract as its files say now, on the ports that are bound."""
    contract = read(item.target, item.overlays)
    ports = {service.name: service.port for service in item.engine.contract.services}
    return replace(contract, services=tuple(replace(service, port=ports.get(service.name, service.port)) for service in contract.services))


def _functions(contract: Contract) -> Mapping[str, Bound]:
    """The functions of a backend's own file as it is now. Raises UnderstudyError for one that can't be imported."""
    module = bound_module(contract)
    if module is None or not contract.declared:
        return {}
    try:
        if module in sys.modules:
            importlib.reload(sys.modules[module])
        return bound_functions(contract)
    except Exception as error:  # whatever a file that is being written may raise
        raise UnderstudyError(f"{module}: {type(error).__name__}: {error}") from None


def _told(unfit: Iterable[str]) -> str:
    lines = list(unfit)
    shown = "".join(f"\n  {line}" for line in lines[:SHOWN])
    return f" {len(lines)} no longer fit and are kept:{shown}" if lines else ""
