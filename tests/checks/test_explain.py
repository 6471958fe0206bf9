"""`understudy explain`: every rule can be asked for."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests import rules
from tests.cli.conftest import run  # noqa: F401  a fixture

Run = Callable[..., Any]


def test_a_rule_is_explained(run: Run) -> None:  # noqa: F811
    ran = run("explain", "agreement.detail")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "agreement.detail: Agreement (N1)"
    rule = rules.rule("agreement.detail")
    assert f"Says: {rule.says}." in ran.out
    assert f"Why: {rule.why}." in ran.out
    assert f"Where to look: {rule.mend}." in ran.out


def test_the_id_of_a_finding_is_explained_by_its_rule(run: Run) -> None:  # noqa: F811
    assert run("explain", "agreement.detail:getEvent:price").out == run("explain", "agreement.detail").out


def test_a_code_of_schemathesis_is_explained_in_its_own_words(run: Run) -> None:  # noqa: F811
    ran = run("explain", "ST103")
    assert ran.code == 0
    assert ran.out.startswith("ST103  Undocumented status code\n")


def test_all_rules_are_listed_by_class(run: Run) -> None:  # noqa: F811
    out = run("explain").out
    assert "Agreement (N1)\nrule" in out
    assert all(f"\n{name} " in out for name in (*rules.rules(), *rules.foreign()))


@pytest.mark.parametrize("name", [None, "agreement.detail", "ST101"])
def test_programs_get_json(run: Run, name: str | None) -> None:  # noqa: F811
    found = json.loads(run("explain", *filter(None, [name]), "--json").out)
    for item in found["rules"] if name is None else [found]:
        assert {"rule", "class", "title", "layer", "says", "why", "mend"} <= item.keys()


def test_an_unknown_rule_is_a_usage_error(run: Run) -> None:  # noqa: F811
    ran = run("explain", "agreement.detial")
    assert (ran.code, ran.err) == (2, "understudy: 'agreement.detial' is no rule. Did you mean 'agreement.detail'?\n")
