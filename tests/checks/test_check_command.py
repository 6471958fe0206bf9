"""`understudy check` as a user runs it: a process of its own, its exit codes, files and errors."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..mock_process import environment, run, serving, start
from .foreign import library
from .foreign.web import served


def test_its_own_mock_passes_and_the_reports_are_written(tmp_path: Path) -> None:
    done = run(
        ["check", "savebucks", "--quick", "--layer", "oracles", "--report", "json=a/r.json", "--report", "junit=r.xml", "--report", "html=r.html"], tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED" in done.stdout
    report = json.loads((tmp_path / "a" / "r.json").read_text(encoding="utf-8"))
    assert report["findings"] == []
    assert (tmp_path / "r.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert "</html>" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_running_target_is_met_at_its_urls(tmp_path: Path) -> None:
    with serving("savebucks", folder=tmp_path) as mock:
        urls = ["--url", f"api={mock.url('api')}", "--url", f"admin={mock.url('admin')}"]
        done = run(["check", "savebucks", *urls, "--only", "agreement.detail", "--json"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["target"]["urls"]["api"] == mock.url("api")


def test_one_url_with_a_prefix_is_that_of_all_services(tmp_path: Path) -> None:
    with serving("platng", "--single-port", "0", folder=tmp_path) as mock:
        urls = [part for name in ("auth", "events") for part in ("--url", f"{name}={mock.url(name)}")]
        done = run(["check", "platng", *urls, "--only", "lists.pages:listEvents"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_findings_are_told_with_the_guide_and_end_with_one(tmp_path: Path) -> None:
    with serving("savebucks", folder=tmp_path) as mock:  # the event platform's contract at another backend: nothing of it is there
        done = run(["check", "eventplatform", "--url", mock.url("api"), "--layer", "oracles", "--layer", "security"], tmp_path)
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert "curl -i" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_target_that_is_not_there_is_three(tmp_path: Path) -> None:
    done = run(["check", "savebucks", "--url", "http://127.0.0.1:9"], tmp_path)
    assert done.returncode == 3
    assert "127.0.0.1:9" in done.stdout + done.stderr


def test_nothing_tested_is_two(tmp_path: Path) -> None:
    done = run(["check", "savebucks", "--read-only", "--only", "readback.deleted"], tmp_path)
    assert done.returncode == 2, done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "What shall be checked? Name a backend"),
        (["check", "savebuck"], "savebucks"),
        (["check", "savebucks", "--url", "apo=http://localhost:1"], "There is no service 'apo'. Did you mean 'api'?"),
        (["check", "savebucks", "--url", "localhost:1"], "is no URL such as http://localhost:3000"),
        (["check", "savebucks", "--only", "list.pages"], "Did you mean 'lists.pages'?"),
        (["check", "savebucks", "--layer", "oracle"], "oracles"),
        (["check", "savebucks", "--report", "htm=x"], "Did you mean 'html'?"),
        (["check", "savebucks", "--wait", "long"], "--wait: 'long' is not a number of at least 0"),
        (["check", "savebucks", "--fail-on", "errors"], "error, warning, never"),
        (["check", "savebucks", "--deviations", "none.toml"], "none.toml: The file of deviations is not there"),
    ],
)
def test_mistakes_are_told_with_what_is_valid(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = run(arguments, tmp_path)
    assert done.returncode == 2
    assert said in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_settings_and_the_environment_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "understudy.toml").write_text('[check]\ntarget = "savebucks"\nonly = ["agreement.detail"]\n', encoding="utf-8")
    done = run(["check", "--list"], tmp_path)
    assert {line.split()[1].split(":")[0] for line in done.stdout.splitlines()} == {"agreement.detail"}
    done = run(["check", "--list"], tmp_path, {"UNDERSTUDY_ONLY": "lists.pages lists.sort"})
    assert {line.split()[1].split(":")[0] for line in done.stdout.splitlines()} == {"lists.pages", "lists.sort"}


def test_an_interrupt_still_writes_the_report(tmp_path: Path) -> None:
    process = start(["check", "watchparty", "--report", "json=r.json"], tmp_path)
    assert process.stderr is not None
    process.stderr.readline()  # the first layer is being checked
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["verdict"]["exit_code"] == 130


def test_a_baseline_accepts_what_is_known(tmp_path: Path) -> None:
    with serving("savebucks", folder=tmp_path) as mock:
        asked = ["check", "eventplatform", "--url", mock.url("api"), "--layer", "oracles"]
        assert run([*asked, "--write-baseline"], tmp_path).returncode == 0
        assert "[[deviation]]" in (tmp_path / "deviations.toml").read_text(encoding="utf-8")
        done = run(asked, tmp_path)
    assert done.returncode == 0, done.stdout


def test_without_its_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['schemathesis'] = None; from understudy.cli.main import main; main(['check', 'savebucks'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "schemathesis is missing" in done.stderr
    assert "pip install 'understudy[check]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_twice_quiet_leaves_the_exit_code_alone(tmp_path: Path) -> None:
    done = run(["check", "savebucks", "--url", "http://127.0.0.1:9", "-q", "-q"], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


def test_the_command_under_a_finding_does_it_again(tmp_path: Path) -> None:
    with served(library.app("zombie")) as url:
        asked = ["check", str(library.DOCUMENT), "--url", url, "-H", f"X-Library-Key: {library.KEY}", "--fail-on", "warning"]
        found = json.loads(run([*asked, "--only", "readback", "--json"], tmp_path).stdout)["findings"]
        first = next(item for item in found if item["id"] == "readback.deleted:books_destroy:again")
        done = run([*asked, "--only", first["id"]], tmp_path)
    assert done.returncode == 1, done.stdout
    again = next(line for line in done.stdout.splitlines() if line.strip().startswith("again"))
    assert shlex.split(again)[1:] == ["understudy", *asked[:4], "--header", asked[5], "--only", first["id"]]
    assert "0 errors, 1 warning" in done.stdout
