"""`understudy load` as somebody types it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract_tests import own
from load.driving import cores


def load(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Runs the command in a folder."""
    return subprocess.run([sys.executable, "-m", "understudy", "load", *arguments], cwd=folder, capture_output=True, text=True, timeout=90, check=False)


def test_a_run_says_its_verdict_and_keeps_its_reports(tmp_path: Path) -> None:
    done = load("seat-rush", "--users", "10", "--run-time", "2s", "--set", "seats=5", "--slo", "lock p99<5s", "--out", "out", "--no-color", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("PASSED: No seat was sold twice: 5 seats, lock granted ")
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert result["slos"] == [
        {"text": "lock p99<5s", "value": result["steps"]["lock"]["p99"], "met": True},
        {"text": "all failures<=1%", "value": 0.0, "met": True},
    ]
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"report.html", "result.json", "locust.html", "locust_stats.csv"}
    assert "Reports: out/report.html, out/result.json, out/locust.html" in done.stdout


def test_a_threshold_that_is_not_met_is_exit_code_1(tmp_path: Path) -> None:
    done = load("seat-rush", "--users", "5", "--run-time", "2s", "--slo", "lock p50<1us", "--json", folder=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["verdict"] == "failed"
    assert done.stderr == ""


def test_minus_one_is_a_worker_for_each_core(tmp_path: Path) -> None:
    done = load("seat-rush", "--users", "6", "--run-time", "2s", "--processes", "-1", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run"]["workers"] == cores()


def test_all_stories_are_listed(tmp_path: Path) -> None:
    names = [line.split()[0] for line in load("--list", folder=tmp_path).stdout.splitlines()]
    assert {"seat-rush", "checkout", "abandon", "mixed", "platng-onsale", "reconnect-storm", "browse", "chat", "lock-loop"} == set(names)


def test_help_of_a_story_shows_its_parameters_and_steps(tmp_path: Path) -> None:
    said = load("seat-rush", "--help", folder=tmp_path).stdout
    assert "--set seats=20" in said
    assert "seats in a category (at least 1)" in said
    assert "step unlock" in said
    assert "--set cancel" not in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "Which story? Known are abandon, browse, chat, checkout, lock-loop, mixed, platng-onsale, reconnect-storm, seat-rush."),
        (("seat-rsh",), 2, "There is no story 'seat-rsh'. Did you mean 'seat-rush'?"),
        (("seat-rush", "--set", "seat=3"), 2, "--set seat=3: There is no parameter 'seat'. Did you mean 'seats'?"),
        (("seat-rush", "--set", "seats=none"), 2, "--set seats=none: This is no whole number. seats in a category."),
        (("seat-rush", "--set", "seats=0"), 2, "--set seats=0: It has to be at least 1."),
        (("seat-rush", "--slo", "lck p99<1s"), 2, "There is no step 'lck'. Did you mean 'lock'?"),
        (("seat-rush", "--slo", "oversld=0"), 2, "oversld"),
        (("seat-rush", "--users", "many"), 2, "--users: 'many' is not a whole number of at least 1."),
        (("seat-rush", "--users", "0"), 2, "--users: 0 is not a whole number of at least 1."),
        (("seat-rush", "--spawn-rate", "0"), 2, "--spawn-rate: 0.0 is not a number of at least 0.01."),
        (("seat-rush", "--run-time", "soon"), 2, "--run-time soon: This is no time such as 30s, 5m or 1h."),
        (("seat-rush", "savebucks"), 2, "seat-rush needs lock, unlock, join, which savebucks does not declare. It fits eventplatform."),
        (("seat-rush", "--url", "http://localhost:9"), 3, "does not answer"),
        (("seat-rush", "--prepare", "x"), 2, "Where is the target? Give --target-url"),
    ],
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    done = load(*arguments, folder=tmp_path)
    assert said in done.stderr
    assert done.returncode == code


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    code = "import sys, importlib.util as u; f = u.find_spec; u.find_spec = lambda n, *a: None if n == 'locust' else f(n, *a)\n"
    code += "from understudy.cli.main import main; main(['load', 'seat-rush'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "`understudy load` needs the extra 'load' (locust is missing): python3 -m pip install 'understudy[load]'" in done.stderr


def test_settings_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "understudy.toml").write_text('[load-test]\nusers = 4\nrun-time = "1s"\nset = ["seats=2"]\nout = "kept"\n', encoding="utf-8")
    assert load("seat-rush", "-qq", folder=tmp_path).returncode == 0
    result = json.loads((tmp_path / "kept" / "result.json").read_text(encoding="utf-8"))
    assert (result["run"]["users"], result["parameters"]["seats"]) == (4, 2)


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """The command as a terminal starts it: Ctrl-C reaches its whole group."""
    return subprocess.Popen(
        [sys.executable, "-m", "understudy", "load", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def begun(folder: Path) -> None:
    """Waits until a run is measured."""
    until = time.monotonic() + 30
    while time.monotonic() < until and not (folder / "out" / "progress.json").exists():
        time.sleep(0.1)


def test_ctrl_c_ends_it_with_a_report_of_what_was_seen(tmp_path: Path) -> None:
    process = started(tmp_path, "seat-rush", "--users", "5", "--run-time", "60s", "--set", "period=0.5", "--out", "out")
    begun(tmp_path)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert said.startswith("INCONCLUSIVE: Interrupted; until then no seat was sold twice")
    assert json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))["run"]["ended"] == "interrupted"


def test_a_target_that_dies_is_exit_code_3(tmp_path: Path) -> None:
    with own.serving("eventplatform") as urls:
        given = [part for name, url in urls.items() for part in ("--url", f"{name}={url}")]
        process = started(tmp_path, "seat-rush", "eventplatform", *given, "--users", "5", "--run-time", "4s", "--set", "period=0.5", "--out", "out")
        begun(tmp_path)
    said = process.communicate(timeout=90)[0]
    assert process.returncode == 3
    assert said.startswith("INCONCLUSIVE: The target was not reached")
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert result["run"]["ended"] == "unreachable"
    assert result["failures"]
