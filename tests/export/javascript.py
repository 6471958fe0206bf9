"""The exported runtime in a Node process, asked by Python."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RUNTIME = HERE.parents[1] / "fixtures" / "runtime"


class Runtime:
    """One Node process; `ask` has it act and gives its answer."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(RUNTIME, folder, dirs_exist_ok=True)
        (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
        command = ["node", str(HERE / "runtime.mjs"), str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, act: str, *given: Any) -> Any:
        """The answer to one act."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([act, *given]) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline() or '{"failure": "node has ended"}')
        assert "failure" not in told, told["failure"]
        return told["answer"]

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(15)
        self._process.stdout.close()


MODULES = HERE.parent / "clients" / "node_modules"


def furnish(folder: Path, msw: str = "msw") -> None:
    """Gives a folder of modules the packages of the tests, and what tells Node that it is of modules. msw: the package that takes the place of msw."""
    packages = folder / "node_modules"
    if not packages.exists():
        packages.mkdir()
        for package in MODULES.iterdir():
            if package.name != "msw":
                (packages / package.name).symlink_to(package)
        (packages / "msw").symlink_to(MODULES / msw)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")


def run_node(folder: Path, program: str, files: dict[str, str], given: str = "") -> str:
    """What a program of this folder prints, with the runtime and further files beside it."""
    shutil.copytree(RUNTIME, folder / "runtime", dirs_exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    furnish(folder)
    return node(folder, program, given)


def node(folder: Path, program: str, given: str = "", interpreter: str = "node") -> str:
    """What a program of this folder prints, run in a folder."""
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, folder / script.name)
    command = [interpreter, program, str(folder)]
    ran = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout
