"""`understudy state` and `clock` as a user runs them: against a mock in another process, with a token, quickly."""

import json
import subprocess
import sys
from pathlib import Path

from ..mock_process import environment, run, serving
from .test_mock import free

TOKEN = "a-secret-token"


def test_the_token_is_asked_for_and_taken(tmp_path: Path) -> None:
    offset = free(2) - 3000
    where = ("--port-offset", str(offset))
    with serving("eventplatform", "--admin-token", TOKEN, "--port", str(3000 + offset), folder=tmp_path):
        refused = run(["clock", "show", *where], tmp_path)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "eventplatform: The token that was printed at start is missing or wrong. Send it as 'Authorization: Bearer TOKEN'." in refused.stderr
        assert run(["clock", "show", *where, "--token", TOKEN], tmp_path).returncode == 0
        done = run(["clock", "advance", "5m", *where, "--json"], tmp_path, {"UNDERSTUDY_ADMIN_TOKEN": TOKEN})
        assert json.loads(done.stdout)["backend"] == "eventplatform"


def test_all_services_on_one_port(tmp_path: Path) -> None:
    port = str(free(1))
    with serving("eventplatform", "cliick", "--single-port", port, folder=tmp_path):
        done = run(["state", "show", "--single-port", port], tmp_path)
        assert [line.split()[0] for line in done.stdout.splitlines()] == ["cliick", "eventplatform"]


def test_the_verbs_do_not_bring_the_web_server() -> None:
    code = "import sys; import understudy.cli.state, understudy.cli.clock; print({'fastapi', 'uvicorn', 'faker', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
