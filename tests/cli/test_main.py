"""The command itself: help, versions, errors, exit codes, lazy imports."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from understudy import __version__
from understudy.contract.errors import UsageError
from understudy.settings import MockOptions

HEAVY = ("fastapi", "faker", "uvicorn", "jsonschema_rs", "yaml", "rich", "openapi_spec_validator", "mock_server", "fixtures")


def test_the_command_imports_nothing_heavy() -> None:
    code = f"import sys; import understudy.cli.main; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_help_does_not_import_the_verbs() -> None:
    code = "import sys; from understudy.cli.main import cli; cli.main(['-h'], standalone_mode=False); print('understudy.cli.mock' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "False"


def test_the_version_is_told(run: Callable) -> None:
    assert run("--version").out == f"understudy {__version__}\n"


@pytest.mark.parametrize("arguments", [("-h",), ("--help",), ("mock", "-h"), ("specs", "-h"), ("specs", "lint", "-h"), ("init", "-h")])
def test_help_is_help_only(run: Callable, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert "Usage: understudy" in ran.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("mok",), "understudy: 'mok' is no verb. Did you mean 'mock'? Help: understudy -h\n"),
        (("specs", "lnit"), "understudy: 'lnit' is no verb. Did you mean 'lint'? Help: understudy specs -h\n"),
        (("mock", "--prot", "1"), "understudy: '--prot' is no option of understudy mock. Did you mean '--port'? Help: understudy mock -h\n"),
        (("mock", "--port", "abc"), "understudy: --port: 'abc' is not a whole number from 0 to 65535.\n"),
        (("mock", "--validate", "stric"), "understudy: --validate: 'stric' is not one of on, strict, warn, off. Did you mean 'strict'?\n"),
        (("init",), "understudy: Missing argument 'BACKEND'. Help: understudy init -h\n"),
        (("specs", "routes", "platg"), "understudy: 'platg' is neither a backend nor a document that is there. Did you mean 'platng'?\n"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_the_closest_name(run: Callable, arguments: tuple[str, ...], text: str) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", text)


def test_without_a_verb_help_is_shown_as_a_mistake(run: Callable) -> None:
    ran = run()
    assert ran.code == 2
    assert "Verbs:" in ran.err


def test_mock_hands_its_options_to_the_server(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[MockOptions] = []
    monkeypatch.setattr("mock_server.serve.run", seen.append)
    assert run("mock", "platng", "-p", "4000", "--seed", "7", "--overlay", "a.yaml", "--overlay", "b.yaml", "-vv", "-q", "--json").code == 0
    (options,) = seen
    assert (options.targets, options.port, options.seed, options.verbosity, options.json) == (("platng",), 4000, "7", 1, True)
    assert [str(path) for path in options.overlays] == ["a.yaml", "b.yaml"]
    assert not options.color


def test_an_interrupt_exits_with_130(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_options: MockOptions) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mock_server.serve.run", interrupted)
    assert run("mock", "platng").code == 130


def test_what_the_server_refuses_is_one_line(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_options: MockOptions) -> None:
        raise UsageError("Port 1 is busy.")

    monkeypatch.setattr("mock_server.serve.run", refused)
    ran = run("mock", "platng")
    assert (ran.code, ran.err) == (2, "understudy: Port 1 is busy.\n")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m understudy specs vocabulary | head -1"
    found = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("# The vocabulary\n", "")
