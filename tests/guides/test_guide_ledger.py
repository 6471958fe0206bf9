"""The file guide.yaml."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from understudy.contract.errors import ContractError
from understudy.guides import extract, ledger
from understudy.guides.facts import Fact, Facts, merge

GUIDE = "# Boats\n\n`GET /boats?page=1` and `DELETE /boats/7`, which may answer 404 Not Found.\n"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    facts = extract(GUIDE, "boats.md")
    ledger.write(tmp_path, facts)
    assert ledger.read(tmp_path) == facts


def test_a_fact_is_one_line_of_yaml() -> None:
    text = ledger.dump(extract(GUIDE, "boats.md"))
    assert "  - {name: GET /boats, lines: [3]}\n" in text
    assert "  - {name: page, of: GET /boats, lines: [3]}\n" in text


def test_the_header_says_what_may_be_edited() -> None:
    head = ledger.dump(extract(GUIDE, "boats.md")).split("guide:")[0]
    assert "understudy specs extract" in head
    assert "`out: reason`" in head


def test_extracting_again_keeps_reasons_of_entries_that_still_exist(tmp_path: Path) -> None:
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "boats.md").write_text(GUIDE, encoding="utf-8")
    first = ledger.refresh(tmp_path, tmp_path / "guides", "boats.md")
    outed = replace(first, items=tuple(replace(fact, out="not ours") for fact in first))
    ledger.write(tmp_path, outed)
    (tmp_path / "guides" / "boats.md").write_text("\n\n`GET /boats` and `GET /harbours`.\n", encoding="utf-8")
    second = ledger.refresh(tmp_path, tmp_path / "guides", "boats.md")
    assert [(fact.name, fact.out) for fact in second] == [("GET /boats", "not ours"), ("GET /harbours", "")]


def test_the_guide_is_the_one_that_backend_yaml_names(boats: Path, tmp_path: Path) -> None:
    (tmp_path / "boats.md").write_text(GUIDE, encoding="utf-8")
    assert ledger.refresh(boats, tmp_path).guide == "boats.md"


def test_a_backend_without_a_guide_says_where_to_name_it(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"backend\.yaml: names no guide. Write `guide: FILE\.md`"):
        ledger.refresh(tmp_path, tmp_path)


def test_sightings_of_one_event_from_both_sides_are_one_fact() -> None:
    one, other = (Fact("events", "tick", (line,), way=way) for line, way in ((9, "client"), (4, "server")))
    assert merge([one, other]) == (Fact("events", "tick", (4, 9), way="both"),)


def test_a_section_lists_its_facts_in_the_guides_order() -> None:
    facts = Facts("boats.md", 9, merge([Fact("ports", "2", (7,)), Fact("ports", "1", (8,)), Fact("events", "e", (9,))]))
    assert [fact.name for fact in facts.section("ports")] == ["2", "1"]


def test_a_misspelt_key_is_named_with_the_closest_one(tmp_path: Path) -> None:
    (tmp_path / "guide.yaml").write_text("guide: b.md\nlines: 1\nports:\n  - {name: '1', lines: [1], outt: no}\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"guide\.yaml: ports: 1: 'outt' is no key\. Did you mean 'out'\?"):
        ledger.read(tmp_path)
