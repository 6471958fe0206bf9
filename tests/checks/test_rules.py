"""The rules: what is wrong with one is told with file and line; Schemathesis' codes are rules too."""

from pathlib import Path

import pytest

from contract_tests import rules
from contract_tests.ranking import foremost, grouped, ranked
from contract_tests.rules import Class, Rule
from tests.checks.made import finding
from understudy.contract.errors import ContractError, UsageError

CLASSES = {"N1": Class("N1", "Agreement", 50), "N12": Class("N12", "Errors", 30)}
GOOD = "lists.same: {class: N1, says: a, why: b, mend: c}\n"


def read(tmp_path: Path, text: str) -> dict[str, Rule]:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return rules.read(path, CLASSES)


def test_a_rule_is_read_with_its_classes_weight(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD) == {"lists.same": Rule("lists.same", "N1", "a", "b", "c", (), "", 50, False)}


def test_a_rule_may_say_more(tmp_path: Path) -> None:
    more = "a.b: {class: N12, says: a, why: b, mend: c, about: [rate, limit], layer: oracles, weight: 99, groups: true}\n"
    assert read(tmp_path, more)["a.b"] == Rule("a.b", "N12", "a", "b", "c", ("rate", "limit"), "oracles", 99, True)
    assert read(tmp_path, GOOD.replace("}", ", about: rate limit}"))["lists.same"].about == ("rate", "limit")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: {class: N1, says: a, why: b, mend: c, sayz: d}", 2, "a: 'sayz' is no word of a rule. Did you mean 'says'?"),
        ("a: {class: N1, says: a, why: b}", 2, "a: 'mend' is missing."),
        ("a: {class: N21, says: a, why: b, mend: c}", 2, "a: 'N21' is no class. Did you mean 'N1'?"),
        ("a:\n  class: N1\n  says: a\n  why: b\n  mend: 5", 6, "a: 'mend' is a text, not 5."),
        ("a:\n  class: N1\n  says: a\n  why: b\n  mend: c\n  weight: 101", 7, "a: 'weight' is a whole number from 0 to 100, not 101."),
        ("a: {class: N1, says: a, why: b, mend: c, groups: 1}", 2, "a: 'groups' is true or false, not 1."),
        ("a: {class: N1, says: a, why: b, mend: c, about: [1]}", 2, "a: 'about' is a text or a list of texts, not [1]."),
        ("a: text", 2, "a: a rule is a mapping of words."),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(ContractError) as told:
        read(tmp_path, f"# a comment\n{text}\n")
    assert str(told.value) == f"{tmp_path / 'rules.yaml'}:{line}: {what}"


def test_a_file_without_rules_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, "# nothing yet\n") == {}
    with pytest.raises(ContractError, match="The rules are a mapping of name to words"):
        read(tmp_path, "- a\n")


def test_the_shipped_rules_and_classes_are_sound() -> None:
    assert rules.rules()
    weights = [owner.weight for owner in rules.classes().values()]
    assert weights == sorted(weights, reverse=True)
    assert {owner.name for owner in rules.classes().values()} == {"S", *(f"N{number}" for number in range(1, 19))}


def test_an_unknown_rule_names_the_closest(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"^'agreement.detial' is no rule. Did you mean 'agreement.detail'\?$"):
        rules.rule("agreement.detial")
    assert rules.described("no.such").says == "no.such"


def test_schemathesis_codes_are_rules() -> None:
    code = rules.rule("ST101")
    assert (code.name, code.class_, code.says) == ("ST101", "S", "Server error")
    assert code.why.startswith("5xx status")
    assert code.weight > rules.rule("ST103").weight
    assert rules.rule("st101") == code
    assert len(rules.foreign()) > 20


def test_a_code_that_schemathesis_does_not_have_is_no_rule() -> None:
    with pytest.raises(UsageError, match="'ST999' is no rule"):
        rules.rule("ST999")


def test_without_schemathesis_its_codes_are_known_by_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules.sys, "executable", "/nowhere/python")
    rules.foreign.cache_clear()
    try:
        assert rules.rule("ST103").says == "Schemathesis' ST103"
        assert rules.explained("ST103") == ""
    finally:
        rules.foreign.cache_clear()


# Which finding stands first.


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "says: a, why: b, mend: c"
    text = f"cause: {{class: N12, {words}, weight: 95}}\neffect: {{class: N12, {words}}}\nalike: {{class: N1, {words}, groups: true}}\n"
    found = read(tmp_path, text)
    monkeypatch.setattr(rules, "rules", lambda: found)
    monkeypatch.setattr(rules, "foreign", dict)


@pytest.mark.usefixtures("own")
def test_errors_stand_before_warnings_causes_before_effects_and_accepted_ones_last() -> None:
    found = [
        finding("cause", "a", accepted="known"),
        finding("cause", "b", severity="warning"),
        finding("effect", "c"),
        finding("effect", "d", count=9),
        finding("alike", "e"),
        finding("cause", "f"),
    ]
    assert [item.subject for item in ranked(found)] == ["f", "e", "d", "c", "b", "a"]
    assert ranked(reversed(found)) == ranked(found)


@pytest.mark.usefixtures("own")
def test_symptoms_of_one_cause_are_one_finding() -> None:
    found = [
        finding("alike", "getEvent", seen="no message at /api/events/17, 2026-01-02T03:04:05Z", severity="warning"),
        finding("alike", "getOrder", seen="no message at /api/orders/9f1b2c3d-0000-4000-8000-000000000000, 2026-01-02T03:05:06.7Z", count=2),
        finding("alike", "getUser", seen="an HTML page"),
    ]
    one, other = grouped(found)
    assert (one.subject, one.subjects, one.count, one.severity) == ("getOrder", ("getOrder", "getEvent"), 3, "error")
    assert (other.subject, other.subjects, other.count) == ("getUser", (), 1)


@pytest.mark.usefixtures("own")
def test_texts_inside_json_do_not_tell_of_another_cause_and_its_numbers_and_words_do() -> None:
    bodies = [
        '404 {"statusCode": 400, "error": "Event not found"}',
        '404 {"statusCode": 400, "error": "No \\"order\\""}',
        '404 {"statusCode": 401, "error": "x"}',
    ]
    found = grouped(finding("alike", name, seen=body) for name, body in zip("abc", [*bodies], strict=True))
    assert [item.subjects for item in found] == [("a", "b"), ()]
    assert len(grouped([finding("alike", "a", seen={"error": "x"}), finding("alike", "b", seen={"message": "x"})])) == 2


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("changed", [{"seen": 404}, {"service": "auth"}, {"aspect": "405"}, {"accepted": "known"}, {"expected": {"message": "text"}}])
def test_another_cause_is_another_finding(changed: dict) -> None:
    assert len(grouped([finding("alike", "a", seen=500), finding("alike", "b", **{"seen": 500, **changed})])) == 2


@pytest.mark.usefixtures("own")
def test_a_rule_that_does_not_group_keeps_its_subjects_apart() -> None:
    assert len(grouped([finding("effect", "a"), finding("effect", "b"), finding("effect", "a")])) == 2


@pytest.mark.usefixtures("own")
def test_the_foremost_are_of_different_rules_as_long_as_there_are_any() -> None:
    found = ranked([*(finding("cause", str(number)) for number in range(6)), finding("effect", "e"), finding("alike", "a")])
    assert [item.id for item in foremost(found)] == ["cause:0", "cause:1", "cause:2", "alike:a", "effect:e"]
