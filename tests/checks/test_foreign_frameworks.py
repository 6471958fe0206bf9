"""Servers in the manner of two frameworks, each wrong in its own way: what is wrong first is told first, and once."""

import pytest

from contract_tests.options import Options
from contract_tests.report import Report
from contract_tests.running import check

from .foreign import panel, party
from .foreign.web import served


@pytest.fixture(scope="module")
def laravel() -> Report:
    """The admin panel, whose login has other field names and none of whose accounts is known."""
    with served(panel.app()) as url:
        return check(Options("savebucks", urls=(url,), layers=("oracles", "security"), time=60))


@pytest.fixture(scope="module")
def django() -> Report:
    """The watch party, checked by two who can sign in."""
    with served(party.app()) as url:
        auth = tuple(f"{login}:{password}" for login, (password, _) in party.PEOPLE.items())
        return check(Options("watchparty", urls=(url,), auth=auth, layers=("oracles", "security"), time=60))


def test_a_login_with_other_fields_is_a_finding_with_what_it_says(laravel: Report) -> None:
    found = next(item for item in laravel.findings if item.rule == "surface.login")
    assert found.title == "nobody can sign in: a body as documented is called a wrong one"
    assert str(found.seen).startswith("422 ")
    assert "The secret field is required." in str(found.seen)
    assert "password" in found.evidence[-1].script()


def test_what_matters_most_stands_on_top(laravel: Report) -> None:
    assert [item.rule for item in laravel.findings[:2]] == ["surface.service", "surface.login"]


def test_no_check_fails_by_itself(laravel: Report, django: Report) -> None:
    assert [(item.check.id, item.why) for item in (*laravel.outcomes, *django.outcomes) if item.state == "crashed"] == []


def test_those_who_are_given_can_sign_in_where_cookies_are_secure_and_all_is_plain_http(django: Report) -> None:
    assert "surface.login" not in {item.rule for item in django.findings}
    assert not any("can't sign in" in why or "nobody can sign in" in why for why in django.unchecked)


def test_one_missing_header_is_one_finding(django: Report) -> None:
    assert len([item for item in django.findings if "WWW-Authenticate" in item.title]) <= 1
