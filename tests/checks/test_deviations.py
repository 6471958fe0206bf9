"""Known deviations: accepted with a reason, until a day, and told when they are over."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contract_tests import rules
from contract_tests.deviations import Deviation, accepting, apply, read, write_baseline
from contract_tests.ranking import ranked
from tests.checks.made import HOSTILE, finding, report
from understudy.contract.errors import ContractError, UsageError

TODAY = date(2026, 10, 6)
RULE = "agreement.detail"  # one that is there
GOOD = f'[[deviation]]\nrule = "{RULE}"\noperation = "getEvent"\nreason = "goes with v2"\n'


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "deviations.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_entries_are_read_with_their_lines(tmp_path: Path) -> None:
    path = written(tmp_path, f'# ours\n{GOOD}\n[[deviation]]\nrule = "ST103"\nsubject = "payOrder"\naspect = "201"\nreason = "b"\nexpires = 2026-12-31\n')
    assert read(path) == (
        Deviation(RULE, "goes with v2", "getEvent", None, None, str(path), 2),
        Deviation("ST103", "b", "payOrder", "201", date(2026, 12, 31), str(path), 7),
    )


def test_a_date_may_be_a_text_and_an_empty_file_has_no_entries(tmp_path: Path) -> None:
    assert read(written(tmp_path, GOOD + 'expires = "2027-02-28"\n'))[0].expires == date(2027, 2, 28)
    assert read(written(tmp_path, "")) == ()


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (GOOD.replace("reason", "raeson"), 4, "'raeson' is no word of a deviation. Did you mean 'reason'?"),
        (GOOD.replace('reason = "goes with v2"\n', ""), 1, "'reason' is missing."),
        (GOOD.replace("goes with v2", " "), 4, "'reason' is a text that says something, not ' '."),
        (GOOD.replace("detail", "detial"), 2, f"'agreement.detial' is no rule. Did you mean '{RULE}'?"),
        (GOOD + "expires = 5\n", 5, "'expires' is a date such as 2027-03-31, not 5."),
        (GOOD + 'expires = "2027-02-30"\n', 5, "'expires' is a date such as 2027-03-31, not '2027-02-30'."),
        (GOOD + 'subject = "x"\n', 5, "'operation' and 'subject' are the same; give one."),
        (GOOD + GOOD.replace("rule", "rul"), 6, "'rul' is no word of a deviation. Did you mean 'rule'?"),
        ("[[deviations]]\n", 1, "'deviations' is no word here. Did you mean 'deviation'?"),
        ("[deviation]\nrule = 'a'\n", 1, "Each entry begins with [[deviation]]."),
        (GOOD + "reason\n", 5, "This is no valid TOML: Expected '=' after a key in a key/value pair (at line 5, column 7)."),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ContractError) as told:
        read(path)
    assert str(told.value) == f"{path}:{line}: {what}"


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "deviations.toml"
    if content:
        path.write_bytes(content)
    with pytest.raises(ContractError, match=r"deviations\.toml: "):
        read(path)


@pytest.mark.parametrize(
    ("entry", "accepted"),
    [
        (Deviation(RULE, "r"), "r"),
        (Deviation(RULE, "r", "getEvent"), "r"),
        (Deviation(RULE, "r", "getEvent", "price"), "r"),
        (Deviation(RULE, "r", "getEvent", "price", TODAY), "r"),
        (Deviation(RULE, "r", expires=date(2026, 10, 5)), None),
        (Deviation(RULE, "r", "getOrder"), None),
        (Deviation(RULE, "r", "getEvent", "name"), None),
        (Deviation("lists.total", "r", "getEvent"), None),
    ],
)
def test_a_deviation_accepts_what_it_is_about(entry: Deviation, accepted: str | None) -> None:
    found, _ = apply([finding(RULE, "getEvent", aspect="price")], [entry], TODAY)
    assert found[0].accepted == accepted


def test_a_finding_of_many_subjects_is_accepted_where_each_is() -> None:
    many = finding(RULE, "getEvent", subjects=("getEvent", "getOrder"))
    one, other = Deviation(RULE, "one", "getEvent"), Deviation(RULE, "other", "getOrder")
    assert apply([many], [one], TODAY)[0][0].accepted is None
    assert apply([many], [one, other], TODAY)[0][0].accepted == "one"


def test_an_entry_that_meets_nothing_is_told_unless_only_a_part_was_checked() -> None:
    entry = Deviation(RULE, "r", "getEvent", "price", None, "deviations.toml", 3)
    assert apply([], [entry], TODAY)[1] == ("deviations.toml:3: agreement.detail of getEvent (price) was not found any more: the entry can go.",)
    assert apply([], [entry], TODAY, whole=False)[1] == ()


def test_an_entry_that_is_over_is_told_with_its_reason() -> None:
    entry = Deviation(RULE, "until v2", expires=date(2026, 1, 1), file="deviations.toml", line=3)
    assert apply([finding(RULE)], [entry], TODAY)[1] == ("deviations.toml:3: agreement.detail was accepted until 2026-01-01 only: until v2",)
    assert apply([finding(RULE)], [entry, Deviation(RULE, "again")], TODAY)[1] == ()


def test_a_baseline_accepts_all_that_was_found(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    found = [
        finding(RULE, "getEvent", aspect="price"),
        finding("ST103", "payOrder", subjects=("payOrder", "getOrder")),
        finding("ST101", "x", accepted="known"),
    ]
    assert write_baseline(report(*found), path) == 3
    assert path.read_text().splitlines()[1:8] == [
        "", "[[deviation]]", f'rule = "{RULE}"', 'operation = "getEvent"', 'aspect = "price"', 'reason = "baseline of 2026-10-06"', "",
    ]  # fmt: skip
    again, stale = apply(found[:2], read(path), TODAY)
    assert ([item.counts for item in again], stale) == ([False, False], ())


def test_a_baseline_leaves_what_the_file_says(tmp_path: Path) -> None:
    mine = f"# by hand\n{GOOD}"
    path = written(tmp_path, mine.rstrip("\n"))
    assert write_baseline(report(finding(RULE, "getEvent"), finding(RULE, "getOrder")), path) == 1
    assert path.read_text().startswith(mine)
    assert [item.reason for item in read(path)] == ["goes with v2", "baseline of 2026-10-06"]
    assert write_baseline(report(finding(RULE, "getEvent"), finding(RULE, "getOrder")), path) == 0


def test_a_baseline_renews_what_is_over(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + "expires = 2026-01-01\n")
    assert write_baseline(report(finding(RULE, "getEvent")), path) == 1
    assert apply([finding(RULE, "getEvent")], read(path), TODAY)[1] == ()


def test_hostile_subjects_are_written_as_toml(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    subject = HOSTILE.replace("\ud800", "") + '\\"""\n[[deviation]]\t'
    assert write_baseline(report(finding(RULE, subject), finding(RULE, "\ud800")), path) == 2
    assert tomllib.loads(path.read_text(encoding="utf-8"))["deviation"][0]["operation"] == subject


def test_a_wrong_file_is_not_added_to(tmp_path: Path) -> None:
    path = written(tmp_path, "nonsense")
    with pytest.raises(ContractError):
        write_baseline(report(finding(RULE)), path)
    assert path.read_text() == "nonsense"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="The baseline can't be written"):
        write_baseline(report(finding(RULE)), tmp_path / "no" / "deviations.toml")


def test_a_report_is_ranked_anew_with_what_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    words = rules.rule(RULE)
    monkeypatch.setattr(rules, "rules", lambda: {RULE: replace(words, groups=True)})
    one, other = finding(RULE, "getEvent"), finding(RULE, "getOrder")
    made = replace(report(one, other), findings=ranked([one, other]))
    assert [item.subjects for item in made.findings] == [("getEvent", "getOrder")]
    found = accepting(made, [Deviation(RULE, "known", "getOrder"), Deviation(RULE, "gone", "payOrder", file="d.toml")])
    assert [(item.subject, item.accepted) for item in found.findings] == [("getEvent", None), ("getOrder", "known")]
    assert found.stale == ("d.toml: agreement.detail of payOrder was not found any more: the entry can go.",)
    assert accepting(replace(made, ended="interrupted"), [Deviation(RULE, "gone", "payOrder")]).stale == ()
