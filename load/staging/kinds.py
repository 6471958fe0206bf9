"""The kinds of stages, a module each: `fits(contract, needs)` and `prepare(session, values, users, needs)`."""

import importlib
from collections.abc import Mapping
from typing import Any, Protocol, cast

from contract_tests.session import Session
from load.stage import Stage
from understudy.contract.model import Contract

__all__ = ["Kind", "kind_of"]


class Kind(Protocol):
    """A module that prepares stages."""

    def fits(self, contract: Contract, needed: tuple[str, ...]) -> bool:
        """Whether a contract has what is needed."""

    def prepare(self, session: Session, values: Mapping[str, Any], users: int, needed: tuple[str, ...]) -> Stage:
        """The stage at a target. Raises UsageError, NotChecked."""


def kind_of(name: str) -> Kind:
    """That of a name."""
    return cast(Kind, importlib.import_module(f"load.staging.{name}"))
