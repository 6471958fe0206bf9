"""Password hashes."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.wire.passwords import hashed, matches

GOLDEN = "scrypt$understudy$c196749d74393c398b2d20b28c69129bb1d692a34b6c5454340d6a9b8c122051"


def test_the_same_password_and_salt_have_the_same_hash_everywhere() -> None:
    assert hashed("password123", "understudy") == GOLDEN


def test_another_salt_makes_another_hash() -> None:
    assert hashed("password123", "a") != hashed("password123", "b")


def test_a_password_matches_its_hash_and_no_other() -> None:
    assert (matches("password123", GOLDEN), matches("password124", GOLDEN), matches("", GOLDEN)) == (True, False, False)


NO_HASHES = ("", "password123", "scrypt", "scrypt$", "scrypt$a", "scrypt$a$", "md5$a$b", "scrypt$a$\u00e9", "\ud800$a$b", "scrypt$\ud800$b")


@pytest.mark.parametrize("stored", NO_HASHES, ids=ascii)
def test_what_is_no_hash_matches_nothing(stored: str) -> None:
    assert matches("password123", stored) is False


@settings(max_examples=25, deadline=None)
@given(password=st.text(alphabet=st.characters(codec=None)), salt=st.text(max_size=8).filter(lambda text: "$" not in text))
def test_any_text_can_be_a_password(password: Any, salt: str) -> None:
    assert matches(password, hashed(password, salt))
