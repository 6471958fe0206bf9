"""Steers mocks from tests: a running one by its URL (`Understudy`), or one in this process (`serve`, and pytest's fixture `understudy_mock`)."""

from understudy.testing.client import Understudy
from understudy.testing.errors import MockError
from understudy.testing.parts import Fault
from understudy.testing.results import Applied, ClockState, Delivered, Health, Imported, Line, ScenarioState, Service, SnapshotState, SocketState, WorldState
from understudy.testing.serving import MockFactory, serve

__all__ = [
    "Applied", "ClockState", "Delivered", "Fault", "Health", "Imported", "Line", "MockError", "MockFactory", "ScenarioState", "Service", "SnapshotState",
    "SocketState", "Understudy", "WorldState", "serve",
]  # fmt: skip
