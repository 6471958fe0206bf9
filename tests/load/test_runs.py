"""Whole runs, small ones: the clean mock is accused of nothing, and each planted defect is told by its verdict."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contract_tests.options import Options
from load.driving import Plan, TargetError, drive, together
from load.slo import parse
from load.story import stories, story_named
from tests.mutants.planting import planted
from tests.mutants.table import mutants
from understudy.contract.errors import UsageError
from understudy.testing import serve

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "load" / "schemas" / "result.json").read_text(encoding="utf-8"))
SEATS = ("seat-rush", "checkout", "abandon", "mixed", "reconnect-storm")
# Defect -> story, users, seconds, parameters -> the verdict that tells it.
DEFECTS = {
    "eventplatform-locks-race-for-the-last-seat": ("seat-rush", 40, 3.0, (), "oversold"),
    "eventplatform-orders-race-for-the-last-seat": ("mixed", 60, 5.0, ("order=1",), "oversold"),
    "eventplatform-orders-ignore-locks": ("mixed", 60, 3.0, ("order=1",), "oversold"),
    "eventplatform-second-lock-in-a-category": ("checkout", 12, 4.0, ("thieves=0.5",), "double-locked"),
    "eventplatform-locks-outlive-their-socket": ("abandon", 12, 5.0, ("period=2.5",), "leaked"),
    "eventplatform-unlock-keeps-the-lock": ("checkout", 10, 4.0, ("leave=0.5",), "leaked"),
    "eventplatform-cancel-keeps-seats": ("checkout", 10, 4.0, ("cancel=1",), "leaked"),
    "eventplatform-release-gives-twice": ("mixed", 20, 5.0, ("again=1", "order=0"), "lost-update"),
    "eventplatform-order-cancelled-twice": ("checkout", 20, 4.0, ("thieves=1", "cancel=0.5"), "lost-update"),
    "eventplatform-lock-spent-by-another-user": ("checkout", 20, 4.0, ("thieves=1",), "stolen"),
    "eventplatform-update-twice": ("seat-rush", 10, 3.0, (), "duplicate-broadcast"),
    "eventplatform-rest-tells-no-room": ("mixed", 10, 7.0, (), "lost-broadcast"),
    "eventplatform-expiry-not-told": ("abandon", 12, 9.0, ("drop=0", "close=0", "expire=1", "period=3"), "lost-broadcast"),
    "platng-orders-race-for-the-last-ticket": ("platng-onsale", 40, 8.0, (), "oversold"),
}


def run(story: str, folder: Path, users: int, seconds: float, *given: str, options: Options | None = None, **more: Any) -> dict[str, Any]:
    return drive(Plan(story_named(story), options or Options("", time=600.0), users, 200.0, seconds, folder, given=given, **more))


def counts(result: Mapping[str, Any]) -> dict[str, int]:
    return {name: verdict["count"] for name, verdict in result["verdicts"].items() if verdict["count"]}


@pytest.mark.parametrize("story", SEATS)
def test_the_clean_mock_is_accused_of_nothing(story: str, tmp_path: Path) -> None:
    result = run(story, tmp_path, 20, 4.0, *(("period=2",) if story == "abandon" else ()))
    assert counts(result) == {}
    assert result["failures"] == []
    assert (result["verdict"], result["exit_code"]) == ("passed", 0)
    assert all(item["judged"] for item in result["verdicts"].values())
    assert sum(step["count"] for step in result["steps"].values()) > 20
    assert [figure["after"] for figure in result["figures"]] == [figure["expected"][0] for figure in result["figures"]]
    jsonschema_rs.validator_for(SCHEMA).validate(json.loads(json.dumps(result)))


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_told_by_its_verdict(name: str, tmp_path: Path) -> None:
    story, users, seconds, given, verdict = DEFECTS[name]
    mutant = mutants()[name]
    with planted(mutant) as server:
        urls = tuple(f"{service}={url}" for service, url in server.urls.items())
        result = run(story, tmp_path, users, seconds, *given, options=Options(mutant.backend, urls=urls, time=600.0))
    assert verdict in counts(result)
    assert result["exit_code"] == 1
    assert result["verdicts"][verdict]["offenders"]


def test_a_race_names_who_was_granted_too_much(tmp_path: Path) -> None:
    with planted(mutants()["eventplatform-locks-race-for-the-last-seat"]) as server:
        urls = tuple(f"{service}={url}" for service, url in server.urls.items())
        result = run("seat-rush", tmp_path, 30, 2.0, "seats=10", options=Options("eventplatform", urls=urls, time=600.0))
    found = result["verdicts"]["oversold"]
    assert found["count"] == 20
    assert len(found["offenders"]) == 20
    assert all("lock-tickets -> " in item["said"] and item["who"] and item["id"] for item in found["offenders"])
    assert max(result["series"]["held"][0]["held"]) == 30


def test_four_workers_are_one_run(tmp_path: Path) -> None:
    result = run("seat-rush", tmp_path, 24, 3.0, "seats=10", processes=4)
    assert (result["run"]["workers"], result["run"]["ended"], counts(result)) == (4, "complete", {})
    assert result["steps"]["unlock"]["count"] % 10 == 0  # each round grants what there is, over all workers
    assert result["steps"]["unlock"]["count"] > 0


def test_two_runs_at_the_same_time_keep_to_their_own_workers(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        folders = [tmp_path / name for name in ("one", "two")]
        results = list(pool.map(lambda folder: run("seat-rush", folder, 10, 4.0, "seats=5", processes=2), folders))
    assert [(result["run"]["workers"], result["run"]["ended"], result["verdict"]) for result in results] == [(2, "complete", "passed")] * 2


def test_a_worker_that_dies_is_named_and_the_run_is_inconclusive(tmp_path: Path) -> None:
    def kill() -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = _workers(tmp_path)
            if len(found) == 3 and (tmp_path / "progress.json").exists():  # the master, and two workers
                os.kill(found[-1], signal.SIGKILL)
                return
            time.sleep(0.2)

    thread = threading.Thread(target=kill)
    thread.start()
    result = run("seat-rush", tmp_path, 20, 6.0, processes=2)
    thread.join()
    assert result["run"]["ended"] == "worker lost"
    assert len(result["run"]["lost"]) == 1
    assert (result["verdict"], result["exit_code"]) == ("inconclusive", 3)


def _workers(folder: Path) -> list[int]:
    """The processes of Locust that work in a folder, the oldest first."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"LOAD_FOLDER={folder}".encode() in (path / "environ").read_bytes() and b"locust" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue
    return sorted(found)


def test_arrivals_come_at_their_rate_and_latencies_count_from_them(tmp_path: Path) -> None:
    result = run("checkout", tmp_path, 30, 5.0, "think=0.05", rate=20.0)
    assert result["run"]["model"] == "open"
    assert 60 <= result["steps"]["lock"]["count"] + result["steps"]["lock"]["failures"] <= 150
    assert counts(result) == {}


def test_what_warms_up_is_not_counted(tmp_path: Path) -> None:
    result = run("seat-rush", tmp_path, 5, 2.0, "period=0.5", warm_up=2.0)
    assert len(result["series"]["at"]) <= 2
    assert result["steps"]["lock"]["count"] <= 25


def test_a_target_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="does not answer"):
        run("seat-rush", tmp_path, 5, 2.0, options=Options("eventplatform", urls=("http://localhost:9",), time=600.0))


def test_an_event_that_is_there_can_be_used(tmp_path: Path) -> None:
    with serve("eventplatform") as mock:
        urls = tuple(f"{name}={url}" for name, url in mock.urls.items())
        result = run("seat-rush", tmp_path, 5, 2.0, "event=1", options=Options("eventplatform", urls=urls, time=600.0))
        with pytest.raises(UsageError, match="--set event=99999: events 99999 is not there, or has no ticketCategories"):
            run("seat-rush", tmp_path, 5, 2.0, "event=99999", options=Options("eventplatform", urls=urls, time=600.0))
    assert counts(result) == {}
    assert "others may change its figures" in result["warnings"][0]
    assert result["figures"][0]["total"] == 100


def test_what_was_made_is_unmade(tmp_path: Path) -> None:
    with serve("eventplatform") as mock:
        before = len(mock.state("events").list())
        urls = tuple(f"{name}={url}" for name, url in mock.urls.items())
        run("seat-rush", tmp_path, 3, 1.0, options=Options("eventplatform", urls=urls, time=600.0))
        assert len(mock.state("events").list()) == before


def test_a_backend_that_a_story_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"seat-rush needs lock, unlock, join, which savebucks does not declare. It fits eventplatform."):
        run("seat-rush", tmp_path, 3, 1.0, options=Options("savebucks", time=600.0))


def test_nobody_who_can_sign_in_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nobody can sign in at the target"):
        run("seat-rush", tmp_path, 3, 1.0, options=Options("eventplatform", auth=("nobody@example.com:wrong-password",), register=False, time=600.0))


def test_fewer_accounts_than_users_are_fewer_users(tmp_path: Path) -> None:
    auth = ("user@example.com:password123", "second@example.com:password123")
    result = run("seat-rush", tmp_path, 10, 2.0, options=Options("eventplatform", auth=auth, register=False, time=600.0))
    assert result["run"]["users"] == 2
    assert "only 2 accounts for 10 users" in result["warnings"][0]
    assert counts(result) == {}


def test_every_story_is_told(tmp_path: Path) -> None:
    assert set(SEATS) < set(stories())
    for name, story in stories().items():
        assert story.name == name
        assert story.says.endswith(".")
        assert story.steps


def test_the_locustfile_runs_by_itself(tmp_path: Path) -> None:
    with serve("eventplatform") as mock:
        urls = " ".join(f"{name}={url}" for name, url in mock.urls.items())
        command = [sys.executable, "-m", "locust", "-f", "load/locustfile.py", "--story", "seat-rush", "--target-url", urls, "--set-parameters", "seats=5"]
        command += ["--accounts", "10", "--users", "10", "--spawn-rate", "100", "--headless", "--run-time", "4s", "--stop-timeout", "5", *together(2)]
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "PASSED: No seat was sold twice: 5 seats" in done.stdout


def test_acknowledgements_and_broadcasts_are_timed(tmp_path: Path) -> None:
    result = run("lock-loop", tmp_path, 12, 2.0, "acks=true", "lockers=2")
    steps = result["steps"]
    assert steps["lock ack"]["count"] == steps["lock"]["count"] > 10
    assert 0 < steps["told"]["count"] <= steps["lock"]["count"]
    assert steps["told"]["p50"] < 1000


def test_an_acknowledgement_that_never_comes_is_a_failure(tmp_path: Path) -> None:
    with planted(mutants()["eventplatform-acknowledgements-missing"]) as server:
        urls = tuple(f"{service}={url}" for service, url in server.urls.items())
        result = run("seat-rush", tmp_path, 4, 3.0, "acks=true", options=Options("eventplatform", urls=urls, time=600.0, timeout=1.0))
    assert result["steps"]["lock ack"]["count"] == 0
    assert {item["message"] for item in result["failures"]} == {"no acknowledgement within 1 s"}
    assert result["exit_code"] == 1  # more than 1 % of the steps


def test_failures_are_fine_where_that_is_said(tmp_path: Path) -> None:
    with planted(mutants()["eventplatform-acknowledgements-missing"]) as server:
        urls = tuple(f"{service}={url}" for service, url in server.urls.items())
        options = Options("eventplatform", urls=urls, time=600.0, timeout=1.0)
        result = run("seat-rush", tmp_path, 4, 3.0, "acks=true", options=options, slos=(parse("all failures<90%"),))
    assert [item["text"] for item in result["slos"]] == ["all failures<90%"]
    assert result["exit_code"] == 0


def test_what_runs_inside_locust_needs_nothing_of_the_checks() -> None:
    code = "import locust, load.running, sys; from load.story import stories; stories()\n"
    code += "print(sorted({name.partition('.')[0] for name in sys.modules} & {'contract_tests', 'mock_server', 'fixtures', 'matplotlib', 'numpy'}))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
