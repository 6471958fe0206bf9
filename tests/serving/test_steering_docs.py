"""The examples of docs/steering.md, run as they stand there; only the port is another."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args

import pytest

from understudy.testing.words import Criteria, FaultSettings, Kind, Match

from ..mock_process import PATIENCE, REPOSITORY, environment, serving
from .test_mock import free

TEXT = (REPOSITORY / "docs" / "steering.md").read_text(encoding="utf-8")
PLUGIN = () if entry_points(group="pytest11", name="understudy") else ("-p", "understudy.pytest_plugin")  # an installed package brings it
BLOCKS = {kind: re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL) for kind in ("sh", "python", "js", "ts")}
COMMON = {"id", "match", "probability", "ttl", "times"}


def shell(script: str, offset: int, folder: Path) -> "subprocess.CompletedProcess[str]":
    prelude = f'understudy() {{ "{sys.executable}" -m understudy "$@"; }}\n'
    moved = script.replace("OFFSET=100", f"OFFSET={offset}").replace(":3100", f":{3000 + offset}")
    command = ["bash", "-euo", "pipefail", "-c", prelude + moved]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=4 * PATIENCE, check=False)


def test_the_examples_for_the_shell_and_for_javascript(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    requires("curl", None if shutil.which("curl") else "curl not found")
    offset = free(2) - 3000
    with serving("eventplatform", "--port", str(3000 + offset), folder=tmp_path):
        steps, fetching = BLOCKS["sh"]
        done = shell(steps, offset, tmp_path)
        assert done.returncode == 0, done.stderr
        assert "eventplatform  sold-out-event: An event is sold out; 2 rows changed\n" in done.stdout
        assert "eventplatform  2026-11-21T12:00:00.000Z, frozen\n" in done.stdout
        assert "eventplatform  as seeded: 85 rows, " in done.stdout
        assert (tmp_path / "before-checkout.json").stat().st_size > 1000
        assert shell(fetching, offset, tmp_path).returncode == 0
        (tmp_path / "story.mjs").write_text(BLOCKS["js"][0].replace(":3100", f":{3000 + offset}"), encoding="utf-8")
        (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
        told = subprocess.run(["node", "story.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert told.returncode == 0, told.stderr
    assert "[ 503, 200 ] 2\n" in told.stdout
    assert (tmp_path / "understudy.d.ts").read_text(encoding="utf-8").startswith("/** Types of understudy.js")


def test_the_examples_for_pytest(tmp_path: Path) -> None:
    (code,) = BLOCKS["python"]
    (tmp_path / "test_examples.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", *PLUGIN, "-p", "no:cacheprovider", "-W", "error", "test_examples.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert f"{code.count('def test_')} passed" in done.stdout, done.stdout


def test_every_kind_of_fault_is_in_the_table_with_its_fields() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| (?:requests|frames) \|(.*)\|$", TEXT, re.MULTILINE))
    assert set(table) == set(get_args(Kind))
    named = {field for fields in table.values() for field in re.findall(r"`(\w+)`", fields)}
    assert set(FaultSettings.__annotations__) - COMMON <= named
    assert named - {"latency", "request", "response", "part"} <= set(FaultSettings.__annotations__)


@pytest.mark.parametrize(("section", "words"), [("## Log", Criteria), ("`match` of requests", Match)])
def test_every_criterion_is_named(section: str, words: type) -> None:
    part = TEXT[TEXT.index(section) :].partition("\n\n##")[0].partition("\n## Who")[0]
    assert set(words.__annotations__) <= set(re.findall(r"`(\w+)`", part))
