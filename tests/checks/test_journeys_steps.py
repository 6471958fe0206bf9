"""A journey: its first broken step is one finding that blames the right operation, and what stands on it is not told."""

from collections.abc import Callable, Iterator

import pytest

from contract_tests.checks import NotChecked, plan
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.journey import CONTENT, OTHERS, Broken, Flow, Journey, Row, flows_of, run
from contract_tests.options import Options
from contract_tests.running import opened, run_check
from contract_tests.session import Session
from understudy.contract.reader import read
from understudy.testing import serve

BACKEND = "eventplatform"
KEY = {"id": 1}
BACKENDS = ("platng", "eventplatform", "savebucks", "cliick", "watchparty")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with serve(BACKEND) as mock, opened(Options(BACKEND, urls=tuple(f"{name}={url}" for name, url in mock.urls.items()))) as found:
        yield found


def told(session: Session, tell: Callable[[Journey], object]) -> list[Finding]:
    """What a flow finds."""

    def telling(journey: Journey, /) -> None:
        tell(journey)

    return run(Flow("flow", "getEvent", telling), session)


def test_a_step_that_holds_finds_nothing(session: Session) -> None:
    def tell(journey: Journey) -> None:
        with journey.step("an event is read", "read"):
            journey.equal(journey.row("getEvent", path=KEY)["idEvent"], 1, "idEvent")

    assert told(session, tell) == []


def test_a_broken_step_blames_the_operation_that_it_names(session: Session) -> None:
    def tell(journey: Journey) -> None:
        with journey.step("the event has another name", "named", on="updateEvent", rule="journey.kept"):
            journey.equal(journey.row("getEvent", path=KEY)["eventName"], "Another", "eventName")

    [finding] = told(session, tell)
    assert finding.id == "journey.kept:updateEvent:flow.named"
    assert finding.title == "it does not hold that the event has another name: eventName differs"
    assert (finding.expected, finding.seen) == ("Another", "Summer Music Festival")
    assert (finding.clause.guide, finding.clause.lines, finding.severity) == ("event-platform.md", (236, 250), "error")
    assert [item.operation for item in finding.evidence] == ["getEvent"]


def test_without_a_name_it_blames_the_last_that_was_called(session: Session) -> None:
    def tell(journey: Journey) -> None:
        with journey.step("there are no events", "none"):
            journey.equal(journey.rows("listEvents"), [], "the events")

    [finding] = told(session, tell)
    assert finding.id == "journey.step:listEvents:flow.none"


def test_what_stands_on_a_broken_step_is_not_told(session: Session) -> None:
    told_so_far = []

    def tell(journey: Journey) -> None:
        with journey.step("nothing holds", "first", on="getEvent"):
            journey.holds(False, "it is not so")
        told_so_far.append("second")

    assert [finding.aspect for finding in told(session, tell)] == ["flow.first"]
    assert told_so_far == []


def test_a_step_that_stands_apart_does_not_end_the_flow(session: Session) -> None:
    def tell(journey: Journey) -> None:
        for slug in ("first", "second"):
            with journey.step("nothing holds", slug, on="getEvent", apart=True):
                journey.holds(False, "it is not so")

    assert [finding.aspect for finding in told(session, tell)] == ["flow.first", "flow.second"]


def test_a_field_that_an_answer_does_not_have_breaks_the_step(session: Session) -> None:
    def tell(journey: Journey) -> None:
        with journey.step("an event has a colour", "colour"):
            journey.row("getEvent", path=KEY)["ticketCategories"][0]["colour"]

    [finding] = told(session, tell)
    assert finding.expected == "a field colour"


def test_an_answer_of_another_shape_breaks_the_step_and_nothing_else(session: Session) -> None:
    def tell(journey: Journey) -> None:
        with journey.step("names can be counted", "shape"):
            journey.row("getEvent", path=KEY)["eventName"] + 1

    [finding] = told(session, tell)
    assert "another shape" in finding.title


def test_a_call_that_is_refused_is_up_to_the_step_one_that_fails_to_itself(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def tell(journey: Journey) -> None:
        with journey.step("the new event can be read", "read", on="createEvent", rule="journey.kept"):
            journey.row("getEvent", path={"id": 99999})

    assert [finding.id for finding in told(session, tell)] == ["journey.kept:createEvent:flow.read"]
    honest = session.client.send
    monkeypatch.setattr(session.client, "send", lambda *given, **more: _failed(honest(*given, **more)))
    assert [finding.id for finding in told(session, tell)] == ["journey.works:getEvent:flow.read"]


def _failed(answer: Exchange) -> Exchange:
    from dataclasses import replace

    return replace(answer, status=503)


@pytest.mark.parametrize("kind", [CONTENT, OTHERS])
def test_a_refusal_must_be_of_its_kind(session: Session, kind: frozenset[int]) -> None:
    def tell(journey: Journey) -> None:
        with journey.step("an event is not shown", "hidden"):
            journey.refuses(kind, "getEvent", path=KEY, broken=False)

    [finding] = told(session, tell)
    assert str(finding.expected).startswith("a refusal")
    assert str(finding.seen).startswith("200")


def test_what_the_guide_does_not_say_is_a_warning_and_other_lines_can_be_cited(session: Session) -> None:
    def tell(journey: Journey) -> None:
        with journey.step("it is so", "inferred", on="getEvent", inferred="it is ours", apart=True):
            journey.holds(False, "it is not")
        with journey.step("it is so", "cited", on="getEvent", lines=(10, 12), apart=True):
            journey.holds(False, "it is not")

    inferred, cited = told(session, tell)
    assert (inferred.severity, str(inferred.clause)) == ("warning", "inferred: it is ours")
    assert (cited.severity, str(cited.clause)) == ("error", "event-platform.md:10-12")


def test_a_flow_that_lacks_something_says_what_and_keeps_what_it_found(session: Session) -> None:
    def nothing(journey: Journey) -> None:
        raise NotChecked("no clock")

    def something(journey: Journey) -> None:
        with journey.step("nothing holds", "first", on="getEvent", apart=True):
            journey.holds(False, "it is not so")
        raise NotChecked("no clock")

    with pytest.raises(NotChecked, match="no clock"):
        told(session, nothing)
    assert len(told(session, something)) == 1


def test_an_expectation_outside_of_steps_breaks_the_flow(session: Session) -> None:
    [finding] = told(session, lambda journey: journey.row("getEvent", path={"id": 99999}))
    assert finding.id == "journey.works:getEvent:flow.goes-on"


def test_what_was_changed_is_put_right_whatever_happens(session: Session) -> None:
    done: list[int] = []

    def tell(journey: Journey) -> None:
        journey.afterwards(lambda: done.append(1))
        journey.afterwards(lambda: done.append(2))
        raise NotChecked("something")

    with pytest.raises(NotChecked):
        told(session, tell)
    assert done == [2, 1]


def test_a_row_tells_which_field_it_lacks() -> None:
    with pytest.raises(Broken, match="the answer has no name"):
        Row({"id": 1})["name"]


def test_an_operation_that_an_overlay_has_removed_is_a_reason(session: Session) -> None:
    with pytest.raises(NotChecked, match="the contract has no createShop"):
        told(session, lambda journey: journey.call("createShop"))


def test_flows_are_those_of_their_own_contract() -> None:
    contract = read(BACKEND)
    assert list(flows_of(contract, "platng", [Flow("flow", "getEvent", lambda journey: None)])) == []
    assert [check.id for check in flows_of(contract, BACKEND, [Flow("flow", "getEvent", lambda journey: None)])] == ["journey.step:getEvent:flow"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_has_flows_about_its_own_operations(backend: str) -> None:
    contract = read(backend)
    checks = plan(contract, ["journeys"])
    assert len(checks) >= 10
    assert {check.subject for check in checks} <= {operation.id for operation in contract.operations}


def test_a_read_only_run_tells_why_a_flow_was_not_told(session: Session) -> None:
    with opened(Options(BACKEND, urls=tuple(f"{name}={url}" for name, url in session.urls.items()), read_only=True)) as careful:
        outcome = run_check(careful, plan(careful.contract, ["journeys"])[0])
    assert (outcome.state, outcome.why) == ("not checked", "the run is read-only")
