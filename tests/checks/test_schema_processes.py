"""Schemathesis' processes: how the operations of a service are shared out, and what is told of one that fails."""

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from contract_tests.options import Options
from contract_tests.running import check
from contract_tests.schema.processes import LARGE, Job, parts, processes_of, run
from understudy.contract.reader import read

QUICK = Options("watchparty", quick=True)


@pytest.mark.parametrize("options", [Options("watchparty"), replace(QUICK, rate=5.0)], ids=["default", "with a rate"])
def test_a_service_has_one_process(options: Options) -> None:
    operations = read("watchparty").operations
    assert len(operations) > LARGE
    assert parts(operations, options) == [frozenset(item.id for item in operations)]


def test_a_large_service_has_two_in_a_hurry_and_the_operations_of_a_path_stay_together() -> None:
    operations = read("watchparty").operations
    first, second = parts(operations, QUICK)
    assert first | second == {item.id for item in operations}
    assert not first & second
    assert {item.path for item in operations if item.id in first}.isdisjoint({item.path for item in operations if item.id in second})


def test_a_small_one_has_one_in_a_hurry_too() -> None:
    assert len(parts(read("savebucks").services[1].operations[:LARGE], QUICK)) == 1


def test_a_process_runs_on_its_document_and_its_report_is_read() -> None:
    code = "import pathlib; p = pathlib.Path('report'); p.mkdir(); (p / 'a.ndjson').write_text(pathlib.Path('document.json').read_text() + '\\n{}')"
    done = run(Job([sys.executable, "-c", code], "[1]", "", 20))
    assert (done.lines, done.code) == (["[1]", "{}"], 0)


def test_one_that_takes_too_long_is_stopped() -> None:
    done = run(Job([sys.executable, "-c", "import time; time.sleep(60)"], "", "", 0.2))
    assert (done.lines, done.code, done.said) == ([], 1, "stopped after 0.2 s")


class _Session(SimpleNamespace):
    """As much of a session as the processes need."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def _session(options: Options, *chosen: str) -> Any:
    return _Session(options=options, chosen=frozenset(f"schema.run:{name}" for name in chosen), contract=read("platng"), closing=[])


def _jobs(asked: list[str]) -> Any:
    def jobs(service: Any) -> list[Job]:
        asked.append(service.name)
        return [Job([sys.executable, "-c", f"print('{service.name}')"], "", "", 20)]

    return jobs


def test_in_a_hurry_those_of_all_chosen_services_start_with_the_first() -> None:
    session, asked = _session(QUICK, "auth", "events"), list[str]()
    services = {item.name: item for item in session.contract.services}
    assert processes_of(session).of(services["events"], _jobs(asked))[0].said == "events\n"
    assert sorted(asked) == ["auth", "events"]
    assert processes_of(session).of(services["auth"], _jobs(asked))[0].said == "auth\n"
    assert sorted(asked) == ["auth", "events"]
    session.closing[0]()


def test_else_one_after_the_other() -> None:
    session, asked = _session(Options("platng"), "auth", "events"), list[str]()
    services = {item.name: item for item in session.contract.services}
    processes_of(session).of(services["events"], _jobs(asked))
    assert asked == ["events"]
    session.closing[0]()


def test_a_hurried_run_of_six_services_finds_nothing_at_its_own_mock() -> None:
    report = check(replace(QUICK, target="platng", layers=("schema",)))
    assert [item.id for item in report.findings] == []
    assert {item.state for item in report.outcomes} == {"passed"}
    assert report.covered() > 0.8
