"""The exports in the repository are what the command writes, and what is written keeps its promises: small, with no dependency but msw, whole."""

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from understudy.contract.reader import backend_names, read

from .javascript import HERE, MODULES, RUNTIME, furnish, node

EXPORTED = HERE.parents[1] / "fixtures" / "exported"
SIZE = 60_000  # bytes of the runtime, minified and gzipped


@pytest.mark.parametrize("backend", backend_names())
def test_an_export_in_the_repository_is_what_its_command_writes(backend: str, run: Callable[..., object], tmp_path: Path) -> None:
    made = json.loads((EXPORTED / backend / "understudy.json").read_text("utf-8"))["made"]
    assert made == f"understudy export msw {backend} --runtime ../../runtime"
    run(*made.split()[1:], "--out", str(tmp_path / backend))
    for file in sorted((tmp_path / backend).iterdir()):
        kept = (EXPORTED / backend / file.name).read_text("utf-8")
        assert kept == file.read_text("utf-8"), f"run: {made} --out fixtures/exported/{backend}"
    assert {item.name for item in (EXPORTED / backend).iterdir()} == {item.name for item in (tmp_path / backend).iterdir()}


def test_nothing_is_imported_but_msw_and_what_lies_beside() -> None:
    for file in [*RUNTIME.glob("*.js"), *EXPORTED.glob("*/*.js")]:
        for name in re.findall(r"^(?:import|export)\b[^;]*?\bfrom '([^']+)'", file.read_text("utf-8"), re.MULTILINE):
            assert name == "msw" or (file.parent / name).is_file(), f"{file.name} imports {name}"


def test_of_msw_only_names_are_imported_that_its_versions_2_and_3_have() -> None:
    for file in RUNTIME.glob("*.js"):
        for names in re.findall(r"import \{([^}]*)\} from 'msw'", file.read_text("utf-8")):
            assert {name.strip() for name in names.split(",")} <= {"http", "HttpResponse", "ws"}


def test_nothing_of_node_is_used() -> None:
    for file in RUNTIME.glob("*.js"):
        assert not re.search(r"\b(Buffer|process|require|__dirname)\b[.(]|'node:", file.read_text("utf-8")), file.name


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory, requires: Callable[..., None]) -> Callable[[str], str]:
    requires("node")
    folder = tmp_path_factory.mktemp("bundled")
    furnish(folder)

    def bundle(source: str) -> str:
        return node(folder, "bundle.mjs", source)

    return bundle


def test_the_runtime_is_small(bundled: Callable[[str], str]) -> None:
    size = len(gzip.compress(bundled(f"export {{ createMock }} from '{RUNTIME}/mock.js'").encode(), 9))
    assert size < SIZE


def test_only_the_operations_that_are_imported_end_up_in_a_bundle(bundled: Callable[[str], str]) -> None:
    handlers = f"{EXPORTED}/eventplatform/handlers.js"
    one = bundled(f"import {{ createHandlersOf, listEvents }} from '{handlers}'; export const found = createHandlersOf([listEvents])")
    whole = bundled(f"export {{ createHandlers }} from '{handlers}'")
    assert "/api/events" in one
    assert "/api/orders/with-lock" in whole
    assert "/api/orders/with-lock" not in one


def test_every_operation_has_a_handler_and_every_channel_its_door(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    furnish(tmp_path)
    shutil.copytree(EXPORTED, tmp_path / "fixtures" / "exported")
    shutil.copytree(RUNTIME, tmp_path / "fixtures" / "runtime")
    for backend in backend_names():
        contract = read(backend)
        found = json.loads(node(tmp_path, "handlers.mjs", f"{tmp_path}/fixtures/exported/{backend}/handlers.js"))
        assert found["operations"] == [operation.id for operation in contract.operations]
        assert found["handled"] == len(contract.operations)
        assert found["sockets"] >= len({channel.service for channel in contract.channels})


def test_the_exports_are_typed(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("node")
    furnish(tmp_path)
    (tmp_path / "exported").symlink_to(EXPORTED)
    texts = [f"import {{ createHandlers as {name} }} from './exported/{name}/handlers.js';\n{name}({{ seed: 1 }}).reset();\n" for name in backend_names()]
    (tmp_path / "all.ts").write_text("".join(texts), encoding="utf-8")
    flags = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--preserveSymlinks"]
    ran = subprocess.run([str(MODULES / ".bin" / "tsc"), *flags, "all.ts"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout
