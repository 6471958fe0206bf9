"""The checks as plain pytest."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from ..mock_process import environment, serving

PATIENCE = 300


def pytest_run(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False)


def checks(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return pytest_run("-p", "contract_tests.plugin", "--pyargs", "contract_tests", *arguments, folder=folder)


def test_each_check_is_a_test_with_a_case_in_junit(tmp_path: Path) -> None:
    done = checks("--target", "savebucks", "--only", "agreement.detail", "--junitxml", "x.xml", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    cases = ElementTree.parse(tmp_path / "x.xml").getroot().iter("testcase")
    assert "test_contract[agreement.detail:listUsers]" in {case.get("name") for case in cases}


def test_it_runs_under_xdist(tmp_path: Path) -> None:
    done = checks("--target", "savebucks", "--only", "lists.pages", "--only", "lists.sort", "-n", "2", "-q", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_findings_fail_and_what_is_not_checked_is_skipped(tmp_path: Path) -> None:
    with serving("savebucks", folder=tmp_path) as mock:
        asked = ("--target", "eventplatform", "--url", mock.url("api"), "--only", "errors.path", "--only", "surface.operation", "-q", "-rs")
        done = checks(*asked, folder=tmp_path)
    assert done.returncode == 1, done.stdout
    assert "event-platform.md" in done.stdout
    assert "skipped" in done.stdout


def test_a_missing_target_ends_with_three(tmp_path: Path) -> None:
    done = checks("--target", "savebucks", "--url", "http://127.0.0.1:9", "--only", "lists.pages", folder=tmp_path)
    assert done.returncode == 3, done.stdout
    assert "127.0.0.1:9" in done.stdout + done.stderr


def test_mistakes_end_before_anything_is_collected(tmp_path: Path) -> None:
    done = checks("--target", "savebucks", "--only", "lists.page", folder=tmp_path)
    assert done.returncode == 4
    assert "Did you mean 'lists.pages'?" in done.stderr
    done = checks(folder=tmp_path)
    assert done.returncode == 4
    assert "--target: which backend" in done.stderr


def test_a_suite_of_somebody_s_own_does_not_meet_the_options(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("def pytest_addoption(parser):\n    parser.addoption('--target'); parser.addoption('--url')\n", encoding="utf-8")
    (tmp_path / "test_own.py").write_text("def test_own(request):\n    assert request.config.getoption('--url') == 'x'\n", encoding="utf-8")
    done = pytest_run("--url", "x", "-q", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
