"""The contract's own checks, of exported handlers: of one backend, and of all with TESTS_WHOLE (`tox -e export-checks`)."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from understudy.contract.reader import backend_names

from ...mock_process import run
from .conftest import serving

BACKENDS = backend_names() if os.environ.get("TESTS_WHOLE") else ["savebucks"]


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKENDS)
def test_exported_handlers_keep_the_contract(folder: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    with serving(folder(name), tmp_path / "log") as mock:
        (backend,) = mock.told["backends"]
        urls = [item for service in backend["services"] for item in ("--url", f"{service['name']}={service['url']}")]
        done = run(["check", name, *urls, "--quick", "--skip", "browser", "--seed", "1", "--no-color"], tmp_path)
    assert done.returncode == 0, done.stdout
