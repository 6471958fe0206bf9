"""What tests of exports need: the command in this process, and the compiler of TypeScript."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from understudy.cli.main import main

MODULES = Path(__file__).parents[1] / "clients" / "node_modules"
TSC = MODULES / ".bin" / "tsc"
OPTIONS = {
    "strict": True, "noUncheckedIndexedAccess": True, "noEmit": True, "skipLibCheck": False, "target": "es2022", "module": "nodenext",
    "moduleResolution": "nodenext", "lib": ["es2022", "dom", "dom.iterable", "dom.asynciterable"], "types": [],
}  # fmt: skip
PATIENCE = 120


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


@pytest.fixture
def compile_(tmp_path: Path, requires: Callable[..., None]) -> Callable[..., str]:
    """Call with files (name -> text): what the compiler says of them."""
    requires("node")
    if not (TSC.exists() and (MODULES / "msw").is_dir()):
        requires("node", "typescript or msw is not installed: npm --prefix tests/clients install --no-package-lock --no-audit --no-fund")

    def run(files: dict[str, str], **options: Any) -> str:
        (tmp_path / "node_modules").symlink_to(MODULES)
        for name, text in {**files, "package.json": '{"type": "module"}'}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        settings = {"compilerOptions": {**OPTIONS, **options}, "files": list(files)}
        (tmp_path / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
        ran = subprocess.run([str(TSC), "-p", "."], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
        return ran.stdout + ran.stderr

    return run
