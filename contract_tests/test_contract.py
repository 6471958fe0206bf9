"""Every check of the contract that `--target` names, as one test each (see plugin.py)."""

import pytest

from contract_tests.checks import Check
from contract_tests.plugin import run
from contract_tests.session import Session

__all__: list[str] = []


def test_contract(understudy_check: Check, understudy_session: Session, pytestconfig: pytest.Config) -> None:
    """The target keeps what the check is about."""
    run(understudy_check, understudy_session, pytestconfig)
