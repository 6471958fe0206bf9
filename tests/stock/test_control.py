"""Stock Schemathesis against the control API's own document."""

import subprocess
import sys
from pathlib import Path

import pytest

from ..mock_process import environment, serving

# Bodies of these are free objects whose fields are those of the backend's collections: a document of all backends can't say which.
# The stream of events does not end.
SETTINGS = """
[[operations]]
include-operation-id = [
  "createRow", "changeRow", "replaceRow", "importSnapshot", "emitMessage", "applyScenario", "resetWorld", "createWorld", "setClock", "saveSnapshot",
]
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 409]

[[operations]]
include-operation-id = "streamEvents"
enabled = false
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["eventplatform", "watchparty"])
def test_schemathesis_finds_nothing_in_the_control_api(backend: str, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    with serving(backend, folder=tmp_path) as mock:
        url = next(service["url"] for item in mock.told["backends"] for service in item["services"])
        program = [str(Path(sys.executable).with_name("st")), "--config-file", "schemathesis.toml", "run", f"{url}/__admin/openapi.json"]
        options = ["--phases", "examples,coverage,fuzzing,stateful", "--checks", "all", "-n", "20", "--seed", "20260101", "--no-color"]
        done = subprocess.run([*program, *options], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"\n{done.stdout[-20000:]}\n{done.stderr[-2000:]}"
    assert "No API operations" not in done.stdout
