"""Calls `understudy` inside the test's process, and tells what it printed and how it exited."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from understudy.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a call of the command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    monkeypatch.delenv("UNDERSTUDY_CONFIG", raising=False)

    def call(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        printed = capsys.readouterr()
        return Ran(int(exit_.value.code or 0), printed.out, printed.err)

    return call
