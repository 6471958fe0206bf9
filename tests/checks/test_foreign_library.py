"""A document that nobody here has seen, and a server that nobody here has written: what is inferred is proved before anybody is accused."""

import pytest

from contract_tests.options import Options
from contract_tests.report import Report
from contract_tests.running import check

from .foreign import library
from .foreign.web import served

KEY = f"X-Library-Key: {library.KEY}"
LAYERS = ("oracles", "security")
# What is wrong -> the check that meets it, and the rules by which it is told.
WRONG = {
    "lost-writes": ("readback.created:books_create", {"readback.created", "readback.listed"}),
    "blind-filter": ("lists.filter:books_index:genre", {"lists.filter"}),
    "wrong-total": ("lists.pages:books_index", {"lists.pages"}),
    "zombie": ("readback.deleted:books_destroy", {"readback.deleted"}),
    "open-doors": ("tokens.missing", {"tokens.missing"}),
    "no-limit": ("lists.pages:books_index", {"lists.pages"}),
    "html-errors": ("errors.path", {"errors.path", "errors.shape"}),
    "truncates": ("readback.created:books_create", {"readback.created", "readback.listed"}),
    "patch-clears": ("readback.updated:books_update", {"readback.partial"}),
    "no-creates": ("surface.operation:books_create", {"surface.operation"}),
    "shape": ("surface.schema:books_index:200.total", {"surface.schema"}),
}


def met(flaw: str = "", headers: tuple[str, ...] = (KEY,), **options: object) -> Report:
    with served(library.app(flaw)) as url:
        return check(Options(str(library.DOCUMENT), urls=(url,), headers=headers, layers=LAYERS, time=60, **options))  # type: ignore[arg-type]


def test_a_server_that_is_right_is_clean_and_nearly_all_of_it_is_checked() -> None:
    report = met()
    assert [item.id for item in report.findings] == []
    assert report.covered() == 1.0
    assert sum(item.state == "not checked" for item in report.outcomes) <= 2
    assert report.exit_code("warning") == 0


def test_all_that_can_be_deleted_is() -> None:
    report = met(only=("readback",))
    assert any(item.startswith("books ") for item in report.created)
    assert [item for item in report.left if not item.startswith("loans ")] == []


def test_what_is_made_is_kept_where_that_is_asked_for() -> None:
    assert any(item.startswith("books ") for item in met(only=("readback.created:books_create",), keep=True).left)


@pytest.mark.parametrize("flaw", library.FLAWS)
def test_each_flaw_is_told_as_a_warning_by_its_rule(flaw: str) -> None:
    only, rules = WRONG[flaw]
    report = met(flaw, only=(only,))
    assert {item.rule for item in report.findings} <= rules
    assert [item.severity for item in report.findings] in (["warning"], ["warning", "warning"])
    assert report.exit_code() == 0
    assert report.exit_code("warning") == 1


def test_nobody_is_accused_of_what_a_premise_is_lacking_for() -> None:
    """Nothing can be created: what creating would show is not checked, and says why."""
    report = met("no-creates", quick=True)
    assert [item.rule for item in report.findings] == ["surface.operation"]
    assert any("crashes" in why for why in report.unchecked)


def test_without_its_key_one_thing_is_told() -> None:
    report = met(headers=())
    assert [item.id for item in report.findings] == ["surface.service:api"]
    assert "--header" in str(report.findings[0].expected)


def test_a_key_may_also_be_given_as_a_credential() -> None:
    report = met(headers=(), auth=(f"bearer:{library.KEY}",), only=("tokens.missing", "surface.operation:books_index"))
    assert report.findings == ()
    assert {item.state for item in report.outcomes} == {"passed"}


def test_a_finding_is_replayed_with_what_reaches_the_target() -> None:
    report = met("zombie", only=("readback.deleted:books_destroy",))
    assert report.command[0] == str(library.DOCUMENT)
    assert report.command[1:2] == ("--url",)
    assert report.command[3:] == ("--header", KEY)
