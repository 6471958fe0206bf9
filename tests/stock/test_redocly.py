"""Redocly's linter, of npm, over every shipped document."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ..mock_process import REPOSITORY

REDOCLY = "@redocly/cli@2.77.0"
DOCUMENTS = sorted(str(path) for kind in ("openapi", "asyncapi") for path in REPOSITORY.glob(f"specs/*/*.{kind}.yaml"))


@pytest.fixture
def redocly(requires: Callable[..., None], tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs redocly in an empty folder; skips without Node, or where npm can't be reached."""
    requires("node")
    settings = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["npx", "--yes", REDOCLY, *arguments], cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=300, check=False)

    if (probe := run("--version")).returncode != 0:
        requires("node", f"npx can't fetch {REDOCLY}: {probe.stderr.strip()[-200:]}")
    return run


@pytest.mark.slow
def test_redocly_finds_no_error_in_any_document(redocly: Callable[..., "subprocess.CompletedProcess[str]"]) -> None:
    assert len(DOCUMENTS) > 10
    done = redocly("lint", *DOCUMENTS, "--config", str(REPOSITORY / "redocly.yaml"), "--format", "stylish")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
