"""Parameters and bodies of each kind: as their schema says, or refused with what is wrong."""

from typing import Any

import pytest
import yaml

from mock_server.engine.engine import Engine

from .driver import HERE, Client, engine_of, play

CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load((HERE / "parameters" / "cases.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engine_of(HERE / "parameters" / "document.yaml")


@pytest.mark.parametrize("name", CASES)
def test_a_value_is_what_its_schema_says(engine: Engine, name: str) -> None:
    play(Client(engine, "", checked=False), CASES[name])
