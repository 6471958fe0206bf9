"""Signatures of webhooks as Stripe makes them: `t=<seconds>,v1=<hex>`, HMAC-SHA256 over `<seconds>.<body>`.

https://docs.stripe.com/webhooks#verify-manually
"""

import hashlib
import hmac

__all__ = ["TOLERANCE", "SignatureError", "sign", "verify"]

TOLERANCE = 300  # seconds
DIGITS = 15


class SignatureError(Exception):
    """A signature that is not good; its text says why."""


def sign(body: bytes, secret: str, at: float) -> str:
    """The value of `stripe-signature` for a body that is sent at an instant (seconds since 1970)."""
    return f"t={int(at)},v1={_digest(body, secret, int(at))}"


def verify(header: str | None, body: bytes, secret: str, now: float, tolerance: float = TOLERANCE) -> None:
    """Raises SignatureError unless one of a header's `v1` signs the body, at an instant no further than tolerance seconds from now."""
    if not header:
        raise SignatureError("there is no signature")
    at, given = _parse(header)
    if not any(hmac.compare_digest(_digest(body, secret, at).encode(), one.encode("utf-8", "surrogatepass")) for one in given):
        raise SignatureError("no v1 signature matches the body")
    if abs(now - at) > tolerance:
        raise SignatureError(f"it was signed {abs(now - at):.0f} seconds from now")


def _parse(header: str) -> tuple[int, list[str]]:
    """The instant and the signatures of a header."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    instants = [value for name, _, value in pairs if name == "t"]
    given = [value for name, _, value in pairs if name == "v1"]
    if not (len(instants) == 1 and instants[0].isascii() and instants[0].isdigit() and len(instants[0]) <= DIGITS):
        raise SignatureError("it has no instant: t=<seconds> is wanted")
    if not given:
        raise SignatureError("it has no v1 signature")
    return int(instants[0]), given


def _digest(body: bytes, secret: str, at: int) -> str:
    return hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
