"""How checks are run: found twice or not at all, told why not, and never ended by one that fails."""

from collections.abc import Iterator

import pytest

from contract_tests.checks import Check, NotChecked, plan
from contract_tests.findings import Finding, merged
from contract_tests.options import Options
from contract_tests.report import Covered, Report
from contract_tests.running import choose, opened, run_check
from contract_tests.session import Session
from understudy.contract.errors import UsageError
from understudy.contract.reader import backend_names, read


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with opened(Options("savebucks")) as found:
        yield found


def finding(aspect: str = "") -> Finding:
    return Finding("lists.pages", "oracles", "listOffers", "It is so", aspect=aspect)


def outcome_of(session: Session, *rounds: list[Finding], confirm: bool = True):  # type: ignore[no-untyped-def]
    left = iter(rounds)
    return run_check(session, Check("lists.pages", "oracles", "listOffers", lambda _session: next(left), confirm=confirm))


def test_what_shows_once_only_is_not_found(session: Session) -> None:
    assert outcome_of(session, [finding()], []).state == "passed"
    assert outcome_of(session, [finding()], [finding()]).state == "failed"
    assert outcome_of(session, [finding()], confirm=False).state == "failed"


def test_why_something_is_not_checked_is_told(session: Session) -> None:
    def run(_session: Session) -> list[Finding]:
        raise NotChecked("there is no row")

    outcome = run_check(session, Check("lists.pages", "oracles", "listOffers", run))
    assert (outcome.state, outcome.why) == ("not checked", "there is no row")


def test_a_check_that_fails_by_itself_is_told_and_no_finding(session: Session) -> None:
    def run(_session: Session) -> list[Finding]:
        raise KeyError("x")

    outcome = run_check(session, Check("lists.pages", "oracles", "listOffers", run))
    assert outcome.state == "crashed"
    assert outcome.why.startswith("KeyError: 'x'")


def test_the_same_finding_many_times_is_one_with_its_count() -> None:
    found = merged([finding("a"), finding("b"), finding("a")])
    assert [(item.id, item.count) for item in found] == [("lists.pages:listOffers:a", 2), ("lists.pages:listOffers:b", 1)]


@pytest.mark.parametrize("backend", backend_names())
def test_every_check_has_an_id_of_its_own_and_a_rule(backend: str) -> None:
    from contract_tests.rules import rule

    checks = plan(read(backend))
    assert len({item.id for item in checks}) == len(checks)
    for item in checks:
        for name in (item.rule, *item.also):
            rule(name)


def test_names_of_nothing_are_an_error_with_the_closest() -> None:
    with pytest.raises(UsageError, match=r"Did you mean 'lists\.pages'"):
        choose(read("savebucks"), Options("savebucks", only=("lists.page",)))


def test_checks_are_chosen_by_rule_operation_layer_and_finding() -> None:
    contract = read("savebucks")
    for name in ("lists.pages", "listOffers", "lists.pages:listOffers", "lists.pages:listOffers:total", "security"):
        assert choose(contract, Options("savebucks", only=(name,))), name
    assert {item.rule for item in choose(contract, Options("savebucks", only=("lists.pages",)))} == {"lists.pages"}
    assert not [item for item in choose(contract, Options("savebucks", skip=("security",))) if item.layer == "security"]


def report(**changes: object) -> Report:
    from dataclasses import replace

    outcome = outcome_passed()
    empty = Report("x", "X", {}, False, "1", "2026-01-01T00:00:00+00:00", 1.0, (outcome,), (), {"operations": Covered("operations", ("a",), ("b",))})
    return replace(empty, **changes)  # type: ignore[arg-type]


def outcome_passed():  # type: ignore[no-untyped-def]
    from contract_tests.checks import Outcome

    return Outcome(Check("lists.pages", "oracles", "a", lambda _session: []), "passed")


def test_exit_codes_say_how_it_went() -> None:
    warning = Finding("lists.pages", "oracles", "a", "It is so", severity="warning")
    error = Finding("lists.pages", "oracles", "a", "It is so")
    accepted = Finding("lists.pages", "oracles", "a", "It is so", accepted="we know")
    assert report().exit_code() == 0
    assert report(findings=(error,)).exit_code() == 1
    assert report(findings=(error,)).exit_code("never") == 0
    assert report(findings=(warning,)).exit_code() == 0
    assert report(findings=(warning,)).exit_code("warning") == 1
    assert report(findings=(accepted,)).exit_code() == 0
    assert report(outcomes=()).exit_code() == 2
    assert report(ended="unreachable").exit_code() == 3
    assert report(ended="interrupted").exit_code() == 130
    assert report().exit_code("error", 60) == 1
    assert report().exit_code("error", 50) == 0
