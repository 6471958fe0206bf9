"""Stripe's signatures, with Stripe's own library at the other end."""

import json

import pytest
import stripe

from understudy.wire.signatures import SignatureError, sign, verify

SECRET = "whsec_test"
BODY = json.dumps(
    {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1", "name": "Zoë"}}}, ensure_ascii=False
).encode()
NOW = 1_800_000_000.0


def theirs(body: bytes, at: float, secret: str = SECRET) -> str:
    """A header made with Stripe's own code."""
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at)))


def refused(header: str | None, body: bytes = BODY, secret: str = SECRET, now: float = NOW) -> str:
    with pytest.raises(SignatureError) as caught:
        verify(header, body, secret, now)
    return str(caught.value)


def test_stripe_accepts_what_is_signed_here() -> None:
    assert stripe.WebhookSignature.verify_header(BODY.decode(), sign(BODY, SECRET, NOW), SECRET)


def test_stripe_refuses_what_is_signed_with_another_secret() -> None:
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(BODY.decode(), sign(BODY, "whsec_other", NOW), SECRET)


def test_what_stripe_signs_is_accepted() -> None:
    verify(theirs(BODY, NOW), BODY, SECRET, NOW)


def test_one_good_signature_among_several_is_enough() -> None:
    at, good = theirs(BODY, NOW).split(",")
    verify(f"{at},v1={'0' * 64},{good},v0=abc", BODY, SECRET, NOW)


def test_spaces_between_the_parts_are_forgiven() -> None:
    verify(theirs(BODY, NOW).replace(",", ", "), BODY, SECRET, NOW)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299, 300])
def test_a_signature_within_five_minutes_is_accepted(seconds: int) -> None:
    verify(theirs(BODY, NOW + seconds), BODY, SECRET, NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_a_signature_further_away_is_refused(seconds: int) -> None:
    assert refused(theirs(BODY, NOW + seconds)) == f"it was signed {abs(seconds)} seconds from now"


def test_another_body_is_refused() -> None:
    assert refused(theirs(BODY, NOW), BODY + b" ") == "no v1 signature matches the body"


def test_an_instant_that_was_changed_is_refused() -> None:
    assert refused(theirs(BODY, NOW).replace(f"t={int(NOW)}", f"t={int(NOW) + 1}")) == "no v1 signature matches the body"


MALFORMED = [
    None, "", "t=1", "v1=abc", "t=,v1=abc", "t=one,v1=abc", "t=\u0661,v1=abc", "t=-5,v1=abc", "t=1,t=2,v1=abc", "t=1,v0=abc", "\udcff", "t=1,v1=\xff",
    f"t={'9' * 400},v1=abc",
]  # fmt: skip


@pytest.mark.parametrize("header", MALFORMED)
def test_a_malformed_signature_is_refused(header: str | None) -> None:
    assert refused(header)
