"""Randomness that is derived: the same values on every Python version."""

import re

from understudy.wire.chance import derive, fresh_seed

GOLDEN = ("7lddpex3", "ebbf00e8-124f-48e1-8cda-3b396313cf87", 296216, 0.690084249469)


def test_derived_values_are_the_same_everywhere() -> None:
    chance = derive("1", "eventplatform", "events", 1, "eventName")
    assert (chance.text(8), chance.uuid(), chance.randrange(10**6), round(chance.random(), 12)) == GOLDEN


def test_the_same_parts_give_the_same_source() -> None:
    assert derive("a", 1).text(20) == derive("a", "1").text(20)


def test_parts_are_kept_apart() -> None:
    assert derive("ab", "c").text(20) != derive("a", "bc").text(20)


def test_one_more_value_of_one_source_changes_no_other() -> None:
    first, second = derive("x", 1), derive("x", 2)
    first.text(100)
    assert second.text(5) == derive("x", 2).text(5)


def test_a_text_has_its_length_and_lower_case_letters_and_digits() -> None:
    assert re.fullmatch(r"[a-z0-9]{500}", derive("t").text(500))


def test_no_length_is_an_empty_text() -> None:
    assert derive("t").text(0) == ""


def test_a_uuid_is_of_version_four() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", derive("u").uuid())


def test_a_fresh_seed_is_never_the_same() -> None:
    assert fresh_seed() != fresh_seed()
