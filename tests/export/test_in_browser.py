"""Recorded traffic by `fetch` in Chromium: a service worker hands it to the handlers, and what comes back is what the mock had said."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mock_server.engine.call import Request
from understudy.contract.model import Contract
from understudy.contract.reader import backend_names, read
from understudy.export import folder, msw

from .javascript import HERE, furnish
from .traffic import SEED, Traffic

STEPS, SESSIONS = 60, 2
FORBIDDEN = ("cookie", "origin")


class Page(Traffic):
    """Requests as a page can send them."""

    def _send(self, service: str, request: Request) -> None:
        if request.method != "HEAD":  # at which the page would end the session
            super()._send(service, request)

    def _credentials(self, operation: Any) -> dict[bytes, bytes]:
        return {name: value for name, value in super()._credentials(operation).items() if name.decode() not in FORBIDDEN}


def recorded(contract: Contract, number: int) -> dict[str, Any]:
    page = Page(contract, number)
    page.share = 0.0
    return page.run(STEPS)


def module(name: str, twins: bool) -> str:
    own = f"import {{ twins as {name}Twins }} from './{name}/twins.js';" if twins else f"const {name}Twins = {{}};"
    return f"""{own}
import {{ contract as {name}Contract }} from './{name}/contract.js';
import {{ fixtures as {name}Fixtures }} from './{name}/fixtures.js';
import * as {name}Mock from './{name}/runtime/mock.js';
import * as {name}Operations from './{name}/operations.js';
backends.{name} = {{ contract: {name}Contract, operations: {name}Operations, fixtures: {name}Fixtures, twins: {name}Twins, mock: {name}Mock }};
"""


def test_a_page_is_answered_as_the_mock_answers(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    requires("chromium")
    names = backend_names()
    for name in names:
        folder.write(tmp_path / name, msw.files(read(name), SEED))
    furnish(tmp_path)
    modules = [module(name, (tmp_path / name / "twins.js").exists()) for name in names]
    (tmp_path / "backends.js").write_text("export const backends = {};\n" + "".join(modules), encoding="utf-8")
    sessions = [recorded(read(name), number) for name in names for number in range(SESSIONS)]
    (tmp_path / "sessions.js").write_text(f"export const sessions = {json.dumps(sessions)};", encoding="utf-8")
    for script in (HERE / "inpage.mjs", HERE / "replaying.mjs", HERE / "sockets" / "browser.mjs"):
        shutil.copy(script, tmp_path)
    command = ["node", "browser.mjs", str(shutil.which("chromium")), "inpage.mjs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert isinstance(told, list), told
    others = [item for part in told for item in part["differing"] if "prefer" not in item["step"]["headers"] and "__code=" not in item["step"]["query"]]
    assert not others, json.dumps(others[0], indent=1)[:3000]
    assert sum(part["total"] for part in told) >= STEPS * len(sessions)
