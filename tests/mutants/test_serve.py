"""The command that serves one mutant."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..mock_process import REPOSITORY, ask, environment, stop
from .serve import main
from .table import mutants

SCRIPT = Path(__file__).with_name("serve.py")


def test_the_list_has_every_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(mutants())


def test_an_unknown_name_is_refused_with_the_closest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["platng-price-as-txt"]) == 2
    assert "Did you mean 'platng-price-as-text'?" in capsys.readouterr().err


def test_a_mutant_is_served_until_it_is_stopped() -> None:
    command = [sys.executable, str(SCRIPT), "platng-price-as-text"]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert set(told["urls"]) == {service["name"] for service in told["backends"][0]["services"]}
        body = json.loads(ask(f"{told['urls']['events']}/api/v1/events/123")[2])
        assert isinstance(body["data"]["tickets"][0]["price"], str)
    finally:
        code, _, err = stop(process)
    assert (code, err) == (0, "\nStopped.\n")
