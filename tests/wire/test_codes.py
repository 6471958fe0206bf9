"""One-time codes, with pyotp and the vectors of RFC 6238 at the other end."""

import base64
from datetime import UTC, datetime

import pyotp
import pytest

from understudy.wire.codes import accepts, code

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = 1_800_000_010.0
RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(at: int, expected: str) -> None:
    assert code(RFC, at) == expected


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_the_codes_of_an_authenticator_are_accepted_one_step_around(step: int) -> None:
    theirs = pyotp.TOTP(SECRET).at(datetime.fromtimestamp(NOW + 30 * step, UTC))
    assert accepts(SECRET, theirs, NOW)


@pytest.mark.parametrize("step", [-2, 2, 100])
def test_a_code_of_another_time_is_refused(step: int) -> None:
    assert not accepts(SECRET, code(SECRET, NOW, step), NOW)


def test_a_narrower_window_admits_only_the_step_itself() -> None:
    assert not accepts(SECRET, code(SECRET, NOW, 1), NOW, window=0)


def test_the_authenticator_accepts_what_is_made_here() -> None:
    assert pyotp.TOTP(SECRET).verify(code(SECRET, NOW), for_time=datetime.fromtimestamp(NOW, UTC))


@pytest.mark.parametrize("given", ["", "12345", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "\udcff"])
def test_what_is_no_code_is_refused(given: str) -> None:
    assert not accepts(SECRET, given, NOW)
