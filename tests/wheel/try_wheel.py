"""The wheel, as somebody else gets it: built here, installed alone in an empty environment, used from an empty folder.

Run by `tox -e wheel`, which provides `build`. Ends with `N passed, 0 failed`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback
import urllib.error
import urllib.request
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 120
OPERATIONS = 138  # those of the guides; what was inferred comes on top
PACKAGES = ("understudy", "mock_server", "contract_tests", "load", "fixtures")
EXTRAS = {"check": "check", "load": "load"}  # verb -> the extra that it needs


def build(into: Path) -> Path:
    """Builds the wheel of this checkout."""
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(into), str(REPOSITORY)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)
    (wheel,) = into.glob("*.whl")
    return wheel


def install(wheel: Path, into: Path) -> Path:
    """Makes an empty environment with the wheel and what its core needs; returns the folder of its programs."""
    venv.create(into, with_pip=True)
    programs = into / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)], check=True, timeout=900)
    return programs


class Installed:
    """`understudy` as it was installed, in a folder that holds nothing."""

    def __init__(self, programs: Path, folder: Path, wheel: Path) -> None:
        self.wheel = wheel
        self.programs, self.folder = programs, folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("UNDERSTUDY_", "PYTHON", "VIRTUAL_ENV"))}
        self.environment = {**kept, "PATH": os.pathsep.join([str(programs), kept.get("PATH", "")])}

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs it to its end."""
        command = [str(self.programs / "understudy"), *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs the environment's Python to its end."""
        command = [str(self.programs / "python"), *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Starts it."""
        command = [str(self.programs / "understudy"), *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def get(url: str) -> bytes:
    """The body at a URL."""
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        body: bytes = answer.read()
        return body


def test_it_says_its_version(installed: Installed) -> None:
    done = installed.run("--version")
    assert re.fullmatch(r"understudy \d+\.\d+\S*\n", done.stdout), done


def test_it_comes_from_the_environment_and_not_from_the_checkout(installed: Installed) -> None:
    for package in (name for name in PACKAGES if (REPOSITORY / name / "__init__.py").is_file()):
        code = f"import {package}; print({package}.__path__[0])"
        done = subprocess.run(
            [installed.programs / "python", "-c", code], cwd=installed.folder, env=installed.environment, capture_output=True, text=True, check=True
        )
        assert "site-packages" in done.stdout, done.stdout


def test_only_the_core_is_installed(installed: Installed) -> None:
    done = subprocess.run([installed.programs / "python", "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True)
    names = {item["name"].lower() for item in json.loads(done.stdout)}
    assert not names & {"schemathesis", "openapi-core", "locust", "redis", "pytest"}, names


def test_every_operation_came_along(installed: Installed) -> None:
    done = installed.run("specs", "routes")
    assert done.returncode == 0, done.stderr
    (count,) = re.findall(r"^all: (\d+) operations", done.stdout, re.MULTILINE)
    assert int(count) >= OPERATIONS, count


def test_the_documents_are_sound(installed: Installed) -> None:
    done = installed.run("specs", "lint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_serves_data_and_the_page_over_it(installed: Installed) -> None:
    process = installed.start("mock", "--port", "0", "--json")
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        urls = {service["name"]: service["url"] for backend in told["backends"] for service in backend["services"]}
        assert len(told["backends"]) == 5
        assert json.loads(get(f"{urls['gateway']}/api/events/1"))["idEvent"] == 1
        assert b".swagger-ui" in get(f"{urls['gateway']}/docs/swagger-ui.css")
        assert json.loads(get(f"{urls['gateway']}/openapi.json"))["openapi"] == "3.1.0"
        assert get(f"{urls['realtime']}/socket.io/?EIO=4&transport=polling").startswith(b'0{"sid"')
        assert b"new WebSocket(" in get(f"{urls['realtime']}/docs/realtime/realtime.js")
        console = get(f"{urls['gateway']}/__admin/ui").decode()
        assert b"export async function listen" in get(f"{urls['gateway']}/__admin/{re.findall(r'ui/[0-9a-f]+/stream[.]js', console)[0]}")
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, 130), said


def test_it_serves_a_document_of_this_folder(installed: Installed) -> None:
    (installed.folder / "own.yaml").write_text(
        "openapi: 3.0.3\ninfo: {title: Own, version: '1'}\npaths: {/notes: {get: {responses: {'200': {description: Notes}}}}}\n", encoding="utf-8"
    )
    process = installed.start("mock", "own.yaml", "--port", "0", "--json")
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        get(f"{told['backends'][0]['services'][0]['url']}/notes")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        (installed.folder / "own.yaml").unlink()


def test_a_running_mock_is_steered(installed: Installed) -> None:
    process = installed.start("mock", "eventplatform", "--port", "0", "--json")
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["backends"][0]["services"][0]["url"]
        done = installed.run("state", "scenario", "sold-out-event", "--url", url)
        assert done.stdout.startswith("eventplatform  sold-out-event: "), done
        assert installed.run("clock", "advance", "5m", "--url", url).returncode == 0
        assert b"export class Understudy" in get(f"{url}/__admin/client.js")
        assert b"export class Understudy" in get(f"{url}/__admin/client.d.ts")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


USE = """
from understudy.testing import Understudy, serve

with serve("eventplatform") as mock:
    assert isinstance(mock, Understudy)
    with mock.fresh() as world:
        world.clock.advance("5m")
    print(mock.health().backend, sorted(mock.urls))
"""
TEST = """
def test_it(understudy_mock):
    assert understudy_mock("eventplatform").state.counts()["orders"] == 12
"""


def test_a_mock_is_served_in_a_test_s_process(installed: Installed) -> None:
    done = installed.python("-c", USE)
    assert done.stdout == "eventplatform ['gateway', 'realtime']\n", done
    done = installed.python("-c", "import understudy, pathlib; print((pathlib.Path(understudy.__file__).parent / 'py.typed').is_file())")
    assert done.stdout == "True\n", done


def test_pytest_finds_the_fixture(installed: Installed) -> None:
    """After the look at what is installed: it brings pytest, which the wheel itself does not."""
    subprocess.run([installed.programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pytest"], check=True, timeout=600)
    (installed.folder / "test_it.py").write_text(TEST, encoding="utf-8")
    done = installed.python("-m", "pytest", "-p", "no:cacheprovider", "-W", "error", "test_it.py")
    (installed.folder / "test_it.py").unlink()
    assert "1 passed" in done.stdout, done
    assert "understudy" in done.stdout.partition("plugins:")[2].partition("\n")[0], done


def test_a_backend_can_be_copied(installed: Installed) -> None:
    done = installed.run("init", "platng")
    assert done.returncode == 0, done.stderr
    assert list(installed.folder.rglob("overlay.yaml"))


def test_a_backend_is_exported_for_the_browser(installed: Installed) -> None:
    ran = installed.run("export", "msw", "cliick", "--out", "mocks")
    assert ran.returncode == 0, ran.stderr
    assert {"handlers.js", "handlers.d.ts", "twins.js", "runtime"} <= {item.name for item in (installed.folder / "mocks").iterdir()}
    assert not any("fixtures/exported" in line for line in installed.python("-m", "pip", "show", "--files", "understudy").stdout.splitlines())


def test_a_verb_without_its_extra_says_how_to_get_it(installed: Installed) -> None:
    known = installed.run("-h").stdout
    for verb, extra in EXTRAS.items():
        if re.search(rf"^\s+{verb}\s", known, re.MULTILINE):
            done = installed.run(verb, "platng")
            assert done.returncode == 2, done
            assert re.search(rf"pip install .*understudy\[{extra}\]", done.stderr), done.stderr
            assert "Traceback" not in done.stderr


def test_it_stresses_its_own_mock(installed: Installed) -> None:
    """With the extra of the load alone: it brings what it needs itself."""
    program = [installed.programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{installed.wheel}[load]"]
    subprocess.run(program, check=True, timeout=900)
    done = installed.run("load", "seat-rush", "--users", "5", "--run-time", "2s", "--out", "out")
    assert done.returncode == 0, done
    assert "PASSED: No seat was sold twice" in done.stdout, done
    assert "</html>" in (installed.folder / "out" / "report.html").read_text(encoding="utf-8")


def test_it_checks_its_own_mock(installed: Installed) -> None:
    """Last: it brings the extra, after which this is no longer the core alone."""
    program = [installed.programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{installed.wheel}[check]"]
    subprocess.run(program, check=True, timeout=900)
    done = installed.run("check", "savebucks", "--quick", "--report", "html=report.html", "--report", "json=report.json")
    assert done.returncode == 0, done
    assert "PASSED" in done.stdout, done
    report = json.loads((installed.folder / "report.json").read_text(encoding="utf-8"))
    assert not report["findings"], report["findings"]
    assert "</html>" in (installed.folder / "report.html").read_text(encoding="utf-8")
    told = installed.run("explain", "capacity.race")
    assert "capacity.race" in told.stdout, told


TESTS: Sequence[Callable[[Installed], None]] = [found for name, found in list(globals().items()) if name.startswith("test_")]


def main() -> int:
    """Builds, installs, tries; the number of failures."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="understudy-wheel-") as made:
        folder = Path(made)
        wheel = build(folder / "dist")
        print(f"built {wheel.name}, {wheel.stat().st_size // 1024} kB", flush=True)
        programs = install(wheel, folder / "environment")
        print(f"installed it alone in an empty environment, Python {sys.version.split()[0]}", flush=True)
        (folder / "empty").mkdir()
        installed = Installed(programs, folder / "empty", wheel)
        for test in TESTS:
            name = test.__name__.removeprefix("test_").replace("_", " ")
            try:
                test(installed)
            except Exception:
                failed += 1
                print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
            else:
                print(f"passed {name}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
