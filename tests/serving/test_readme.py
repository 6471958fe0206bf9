"""The README's own commands: served, asked by curl, with the effect that it promises."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..mock_process import REPOSITORY, ask, environment, start, stop
from .test_mock import free

BLOCKS = re.findall(r"```sh\n(.*?)```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.DOTALL)
SERVE = next(block for block in BLOCKS if block.startswith("understudy mock eventplatform"))
CURL = next(block for block in BLOCKS if "curl" in block)


def command(block: str) -> list[str]:
    """The arguments of a block's first command."""
    return block.splitlines()[0].partition("#")[0].split()[1:]


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("bash") is None, reason="curl and bash not found")
def test_the_readme_orders_two_seats(tmp_path: Path) -> None:
    offset = free(2) - 3000
    assert command(SERVE) == ["mock", "eventplatform", "--port-offset", "100"]
    process = start(["mock", "eventplatform", "--port-offset", str(offset)], tmp_path)
    assert process.stdout is not None
    try:
        while not process.stdout.readline().startswith("Press Ctrl-C"):
            assert process.poll() is None
        before = json.loads(ask(f"http://localhost:{3000 + offset}/api/events/1/tickets")[2])
        script = CURL.replace("3100", str(3000 + offset))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=True
        )
    finally:
        stop(process)
    order, end = json.JSONDecoder().raw_decode(done.stdout)
    after = json.loads(done.stdout[end:])
    assert (order["eventId"], order["categoryId"], order["quantity"], order["status"]) == (1, 1, 2, "pending")
    seats = [{row["id"]: row["availableSeats"] for row in rows} for rows in (before, after)]
    assert seats[1] == {**seats[0], 1: seats[0][1] - 2}


def test_every_option_that_the_readme_lists_is_one() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    options = set(re.findall(r"`(?:-\w, )?(--[a-z-]+)", text))
    done = subprocess.run([sys.executable, "-m", "understudy", "mock", "-h"], env=environment(), capture_output=True, text=True, timeout=60, check=True)
    assert options
    assert all(option in done.stdout for option in options)
