"""Situations that can be brought about: `scenarios.yaml` of a backend, and those that fit every backend."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from understudy.contract import documents
from understudy.contract.errors import ContractError
from understudy.contract.vocabulary import faults

__all__ = ["FILE", "read_scenarios"]

FILE = "scenarios.yaml"
Scenario = Mapping[str, Any]


def read_scenarios(*folders: Path) -> Mapping[str, Scenario]:
    """The scenarios in some folders by name; a later folder's replaces an earlier one's. Raises ContractError."""
    found: dict[str, Scenario] = {}
    for folder in folders:
        path = folder / FILE
        if path.is_file():
            found.update(_read(path))
    return MappingProxyType(found)


def _read(path: Path) -> dict[str, Scenario]:
    data = documents.load(path)
    if not isinstance(data, dict):
        raise ContractError(str(path), 1, "A map of names to scenarios is expected.")
    for name, words in data.items():
        for pointer, what in faults("behavior", "scenario", words):
            raise ContractError(str(path), documents.line_of(str(path), documents.pointer_of(name) + pointer), f"{name}: {what}")
    return data
