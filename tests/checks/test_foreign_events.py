"""An event platform in Node that follows half of the guide: all that is wrong with it is told, each thing once, and nothing else."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests import report
from contract_tests.options import Options
from contract_tests.running import check

from ..clients.conftest import packages  # noqa: F401 - the fixture

SCRIPT = Path(__file__).parent / "foreign" / "event_platform.mjs"
PATIENCE = 20  # seconds that it may take to end


@pytest.fixture(scope="module")
def platform(packages: None) -> Iterator[tuple[str, ...]]:  # noqa: F811
    """Its URLs: REST, and Socket.IO at another port."""
    process = subprocess.Popen(["node", SCRIPT.name], cwd=SCRIPT.parent, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ports = json.loads(process.stdout.readline())
    yield f"gateway=http://127.0.0.1:{ports['rest']}", f"realtime=http://127.0.0.1:{ports['live']}"
    process.terminate()
    process.wait(PATIENCE)
    process.stdout.close()


def met(urls: tuple[str, ...], **options: object) -> report.Report:
    return check(Options("eventplatform", urls=urls, **{"socket_path": "/sockets/", "time": 120.0, **options}))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def seen(platform: tuple[str, ...]) -> report.Report:
    """A run of all that is asked for over HTTP."""
    return met(platform, layers=("oracles", "security", "browser"), quick=True)


def rules_at(found: report.Report, rule: str) -> set[str]:
    return {subject for item in found.findings for known, subject, _ in (*item.symptoms, (item.rule, item.subject, "")) if known == rule}


def test_it_goes_on_to_the_end_and_crashes_nowhere(seen: report.Report) -> None:
    assert seen.ended == "complete"
    assert [item.why for item in seen.outcomes if item.state == "crashed"] == []
    assert seen.exit_code() == 1


def test_accounts_are_made_where_the_demo_accounts_are_not_there(seen: report.Report) -> None:
    assert seen.notes == ("login answered 401 to user@example.com and 3 more",)
    assert sum(item.startswith("account ") for item in seen.created) >= 4


def test_each_thing_is_said_once(seen: report.Report) -> None:
    assert len(seen.findings) < 50
    assert sum(len(item.symptoms) or 1 for item in seen.findings) > 100


def test_a_missing_route_is_told_first_and_once(seen: report.Report) -> None:
    first = seen.findings[0]
    assert (first.rule, first.subject, first.title) == ("surface.operation", "listUpcomingEvents", "there is no GET /api/events/upcoming")
    assert [item.id for item in seen.findings if item.subject == "listUpcomingEvents"] == [first.id]
    assert "its route is missing" in seen.unchecked


def test_what_is_not_guarded_is_told(seen: report.Report) -> None:
    assert rules_at(seen, "ownership.row") == {"getOrder", "cancelOrder", "updateEvent", "deleteEvent"}
    assert rules_at(seen, "tokens.role") == {"listAllOrders", "listOrdersByEvent"}


@pytest.mark.parametrize("field", ["idEvent", "createdBy", "userId"])
def test_an_id_that_is_a_text_is_one_finding_for_all_its_answers(seen: report.Report, field: str) -> None:
    about = [item for item in seen.findings if item.rule == "surface.schema" and item.aspect.endswith(field)]
    assert len(about) == 1
    assert len(about[0].subjects) > 1
    assert str(about[0].expected).startswith("type: integer")


def test_what_changes_nothing_back_is_told(seen: report.Report) -> None:
    assert rules_at(seen, "conservation.undone") == {"cancelOrder"}
    assert rules_at(seen, "transitions.repeated") == {"cancelOrder"}


def test_without_cors_there_is_one_finding_of_it(seen: report.Report) -> None:
    assert sum(item.rule.startswith("browser.") for item in seen.findings) == 1


def test_its_sockets_are_found_at_their_own_port_and_path(platform: tuple[str, ...]) -> None:
    found = met(platform, only=("realtime.connect", "realtime.reply:heartbeat"), timeout=2.0)
    assert [item.check.id for item in found.outcomes if item.state in ("passed", "failed")]
    assert "realtime.connect" not in {item.rule for item in found.findings}
    elsewhere = met(platform, only=("realtime.connect",), socket_path=None, timeout=2.0)
    assert {item.rule for item in elsewhere.findings} == {"realtime.connect"}


@pytest.mark.parametrize(
    "rule", ["ownership.row", "surface.schema", "errors.shape", "conservation.undone", "surface.crash", "surface.status", "readback.failed"]
)
def test_a_finding_is_replayed_alone(platform: tuple[str, ...], seen: report.Report, rule: str) -> None:
    finding = next(item for item in seen.findings if item.rule == rule)
    again = met(platform[:1], only=(finding.id,), layers=("oracles", "security", "browser"))
    assert {item.rule for item in again.findings} == {rule}
    assert rules_at(again, rule) & set(finding.every_subject)
