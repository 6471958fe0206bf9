"""Planted defects of the mock: what one is, and how it is planted and served.

A mutant changes the contract before the engine is made, wraps what the engine does, or wraps the application. Production code stays as it is.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from mock_server.app import host
from mock_server.banner import describe
from mock_server.options import MockOptions
from mock_server.ports import contracts_of
from mock_server.running import Bound
from mock_server.serve import bind
from understudy.contract.model import Contract
from understudy.testing.server import Server

from .plot import Plot
from .site import Site

CLASSES = ("S", *(f"N{number}" for number in range(1, 17)), "N18")  # N17 is proved by the export's own test
LAYERS = ("schema", "oracles", "journeys", "realtime", "security", "capacity")
Plant = Callable[[Plot], None]
Proof = Callable[[Site], bool]
MUTANTS: "dict[str, Mutant]" = {}


@dataclass(slots=True)
class Mutant:
    """One defect. classes: of oracles.md, that may rightly name it; layer: that should find it; about: operations, messages; lines: of the guide."""

    name: str
    classes: tuple[str, ...]
    layer: str
    about: tuple[str, ...]
    lines: str
    says: str
    plant: Plant
    shows: Proof = field(default=lambda _site: False)

    @property
    def backend(self) -> str:
        """The backend, with which the name begins."""
        return self.name.partition("-")[0]

    @property
    def guide(self) -> str:
        """The guide's file and lines that it breaks."""
        return f"{contract(self.backend).settings['guide']}:{self.lines}"

    def shown(self, proof: Proof) -> Proof:
        """Takes the function that shows the defect by hand."""
        self.shows = proof
        return proof


def mutant(name: str, classes: str, layer: str, about: str, lines: str, says: str) -> Callable[[Plant], Mutant]:
    """Makes a mutant of a function that plants it. classes, about: several are parted by blanks."""

    def made(plant: Plant) -> Mutant:
        assert name not in MUTANTS, f"two mutants are called {name}"
        MUTANTS[name] = found = Mutant(name, tuple(classes.split()), layer, tuple(about.split()), lines, says, plant)
        return found

    return made


@cache
def contract(backend: str) -> Contract:
    """A backend's true contract, on ports that are picked when they are bound."""
    return next(iter(contracts_of(options_of(backend))))


def options_of(backend: str) -> MockOptions:
    """How a mutant is served."""
    return MockOptions(targets=(backend,), port=0, json=True)


class Planted(Server):
    """A backend with a defect on ports of its own, served by a thread of this process."""

    def __init__(self, plot: Plot, options: MockOptions) -> None:
        self._plot = plot
        with _made_by(plot, options):
            super().__init__(options)
        self.urls = dict(self._engine.places)

    @property
    def described(self) -> str:
        """What `understudy mock --json` would print."""
        return describe(self._bound, MockOptions(json=True))

    def site(self, world: str | None = None) -> Site:
        """A client, of a world if one is named."""
        return Site(contract(self._engine.contract.name), self.urls, world)


@contextlib.contextmanager
def _made_by(plot: Plot, options: MockOptions) -> Iterator[None]:
    """Has the server that is made meanwhile host the defect."""
    engine = plot.engine(options.seed)

    def hosted(*_given: Any, **_more: Any) -> Any:
        return host(engine)

    def bound(items: Any, given: MockOptions) -> list[Bound]:
        found = zip(bind(items, given), items, strict=True)
        return [replace(item, app=plot.application(item.app, engine, own.service.name)) for item, own in found]

    with contextlib.ExitStack() as stack:
        for name, stand_in in (("contracts_of", lambda _options: ()), ("create_apps", hosted), ("bind", bound)):
            stack.enter_context(_swapped(Server.__init__.__globals__, name, stand_in))
        yield


@contextlib.contextmanager
def _swapped(names: dict[str, Any], name: str, value: Any) -> Iterator[None]:
    before, names[name] = names[name], value
    try:
        yield
    finally:
        names[name] = before


@contextlib.contextmanager
def served(backend: str, plant: Plant | None = None) -> Iterator[Planted]:
    """A backend with a defect, or without one."""
    plot = Plot(contract(backend))
    if plant is not None:
        plant(plot)
    server = Planted(plot, options_of(backend))
    try:
        yield server
    finally:
        server.stop()
        server.join()


def planted(defect: Mutant) -> contextlib.AbstractContextManager[Planted]:
    """A served mock with a defect: all services of its backend on free ports, for as long as the context lasts."""
    return served(defect.backend, defect.plant)
