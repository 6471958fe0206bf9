"""Every notation has a snippet (`snippets/*.md`) and what is read of it (`*.yaml`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.guides import extract, ledger
from understudy.guides.facts import Facts

SNIPPETS = sorted((Path(__file__).parent / "snippets").glob("*.md"))
SPECS = Path(__file__).resolve().parents[2] / "specs"
LEDGERS = sorted(SPECS.glob("*/guide.yaml"))


def told(facts: Facts) -> set[tuple[object, ...]]:
    return {(fact.section, fact.name, fact.of, fact.way, fact.port, fact.lines) for fact in facts}


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_a_snippet_gives_what_its_file_expects(snippet: Path) -> None:
    expected = ledger.load(snippet.with_suffix(".yaml").read_text(encoding="utf-8"))
    found = extract(snippet.read_text(encoding="utf-8"), snippet.name)
    assert told(found) - told(expected) == set()
    assert told(expected) - told(found) == set()
    assert found.length == expected.length


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_a_guide_that_is_cut_off_anywhere_is_still_read(snippet: Path) -> None:
    text = snippet.read_text(encoding="utf-8")
    for end in range(0, len(text), 7):
        cut = extract(text[:end], snippet.name)
        assert all(1 <= line <= cut.length for fact in cut for line in fact.lines)


def test_an_empty_guide_names_nothing() -> None:
    assert extract("", "empty.md") == Facts("empty.md", 0, ())


def test_windows_line_ends_change_nothing() -> None:
    text = SNIPPETS[0].read_text(encoding="utf-8")
    assert told(extract(text.replace("\n", "\r\n"), "code.md")) == told(extract(text, "code.md"))


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.parent.name)
def test_the_committed_ledger_is_what_the_guide_gives(path: Path, guides: Path) -> None:
    committed = ledger.read(path.parent)
    fresh = extract((guides / committed.guide).read_text(encoding="utf-8"), committed.guide)
    kept = ledger.keep(fresh, committed)
    assert ledger.dump(kept) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.parent.name)
def test_a_ledger_names_every_operation_once_and_each_with_a_line_of_the_guide(path: Path) -> None:
    facts = ledger.read(path.parent)
    names = [(fact.name, fact.port) for fact in facts.section("operations")]
    assert names
    assert len(names) == len(set(names))
    assert all(1 <= line <= facts.length for fact in facts for line in fact.lines)


COUNTS = {"platng": 34, "eventplatform": 20, "savebucks": 19, "cliick": 36, "watchparty": 29}


@pytest.mark.parametrize(("backend", "count"), COUNTS.items(), ids=COUNTS)
def test_a_guide_has_as_many_operations_as_a_reader_counts(backend: str, count: int) -> None:
    assert len(ledger.read(SPECS / backend).section("operations")) == count
