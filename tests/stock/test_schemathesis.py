"""Stock Schemathesis against each service: all checks, all phases, by nobody and by an account of each role."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from understudy.contract.model import Contract
from understudy.contract.reader import backend_names, read

from ..mock_process import Mock, ask, environment, serving

EXAMPLES, SEED = 10, 20260101


def roles(contract: Contract) -> dict[str, str]:
    """Role -> the login of the first account that signs in with its password alone."""
    auth = contract.settings["auth"]
    found: dict[str, str] = {}
    for account in contract.settings["accounts"]:
        if "one-time code" not in account.get("note", ""):
            found.setdefault(account[auth.get("role", "role")], account[auth["login"]])
    return found


def cases() -> Iterator[Any]:
    for backend in backend_names():
        contract = read(backend)
        for service in contract.services:
            if service.operations:
                for role, login in {"nobody": None, **roles(contract)}.items():
                    yield pytest.param(backend, service.name, login, id=f"{backend}-{service.name}-{role}")


def token(mock: Mock, backend: str, login: str) -> str:
    """An access token, by the backend's own login over HTTP."""
    contract = read(backend)
    auth = contract.settings["auth"]
    operation = next(item for item in contract.operations if item.behavior.do == "login")
    status, _, body = ask(mock.url(operation.service) + operation.path, {auth["login"]: login, auth["password"]: "password123"})
    assert status == 200, body
    answer = json.loads(body)
    return str(answer.get("data", answer)[auth["access"]["name"]])


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "service", "login"), list(cases()))
def test_schemathesis_finds_nothing(backend: str, service: str, login: str | None, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text("", encoding="utf-8")
    with serving(backend, folder=tmp_path) as mock:
        program = [str(Path(sys.executable).with_name("st")), "--config-file", "schemathesis.toml", "run", f"{mock.url(service)}/openapi.json"]
        options = ["--phases", "examples,coverage,fuzzing,stateful", "--checks", "all", "-n", str(EXAMPLES), "--seed", str(SEED), "--no-color"]
        header = ["-H", f"Authorization: Bearer {token(mock, backend, login)}"] if login else []
        done = subprocess.run([*program, *options, *header], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"\n{done.stdout[-20000:]}\n{done.stderr[-2000:]}"
    assert "No API operations" not in done.stdout
